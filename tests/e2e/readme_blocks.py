"""Reads the ```console blocks of a README.

A line that starts with "$ " is a command, which goes on after a backslash and within quotes, and the
lines up to the next command are its output. "..." stands for anything: within a line, or as a line of
its own for any number of lines. A command without output shown only has to succeed.

As a program, for scripts:
  readme_blocks.py list README           prints the commands, each ended by a zero byte
  readme_blocks.py check README INDEX    fails unless standard input is what that command prints
"""
import pathlib
import re
import shlex
import sys


def goes_on(command):
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
            if not line.startswith("$ "):
                raise AssertionError(f"output without a command: {line!r}")
            command = line[2:]
            while goes_on(command):
                command += "\n" + lines.pop(0)
            output = []
            while lines and not lines[0].startswith("$ "):
                output.append(lines.pop(0))
            while output and not output[-1].strip():
                output.pop()
            yield command, output


def pattern_of(output):
    """What the lines of output match, "..." being anything."""
    parts = []
    for line in output:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*?".join(map(re.escape, line.rstrip().split("..."))) + r"[ \t]*(?:\n|\Z)")
    return re.compile("".join(parts) + r"\s*\Z")


def main(action, readme, index=None):
    commands = list(console_commands(pathlib.Path(readme).read_text()))
    if action == "list":
        sys.stdout.write("".join(command + "\0" for command, _ in commands))
        return 0
    command, output = commands[int(index)]
    printed = sys.stdin.read()
    if not output or pattern_of(output).match(printed):
        return 0
    shown = "\n".join(output)
    print(f"$ {command}\nprinted:\n{printed}\nwhile the README shows:\n{shown}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
