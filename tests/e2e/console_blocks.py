"""Reads the ```console blocks of a document.

A line that starts with "$ ", or with "# " where root types it, is a command, which goes on after a
backslash, within quotes and to the end of a here-document; the lines up to the next command are its
output. "..." stands for anything: within a line, or as a line of its own for any number of lines. A
command without output shown only has to succeed.

As a program, for scripts:
  console_blocks.py list DOCUMENT           prints the commands, each ended by a zero byte
  console_blocks.py check DOCUMENT INDEX    fails unless standard input is what that command prints
"""
import pathlib
import re
import shlex
import sys

PROMPTS = ("$ ", "# ")


def goes_on(command):
    if here := re.search(r"<<'?(\w+)'?", command):
        return not command.endswith("\n" + here[1])
    try:
        shlex.split(command)
    except ValueError:  # A quote is open, or nothing follows a backslash.
        return True
    return command.endswith("\\")


def console_commands(text):
    """(command, lines of output) of every console block."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        lines = block.splitlines()
        while lines:
            line = lines.pop(0)
            if not line.startswith(PROMPTS):
                raise AssertionError(f"output without a command: {line!r}")
            command = line[2:]
            while goes_on(command):
                command += "\n" + lines.pop(0)
            output = []
            while lines and not lines[0].startswith(PROMPTS):
                output.append(lines.pop(0))
            while output and not output[-1].strip():
                output.pop()
            yield command, output


def pattern_of(output):
    """What the lines of output match, "..." being anything, and a space one that breaks no line too."""
    parts = []
    for line in output:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(map(re.escape, line.rstrip().split("..."))) + r"[ \t]*(?:\n|\Z)")
    return re.compile("".join(parts).replace(r"\ ", "[ \u00a0]") + r"\s*\Z")


def main(action, document, index=None):
    commands = list(console_commands(pathlib.Path(document).read_text()))
    if action == "list":
        sys.stdout.write("".join(command + "\0" for command, _ in commands))
        return 0
    command, output = commands[int(index)]
    printed = sys.stdin.read()
    if not output or pattern_of(output).match(printed):
        return 0
    shown = "\n".join(output)
    print(f"$ {command}\nprinted:\n{printed}\nwhile the document shows:\n{shown}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
