"""Every command of README.md, run against a demo server; what it prints is what is shown.

readme_blocks.py says how the README is read. Commands start from the top of the checkout; those that
install or serve are not run here, as the proof in a bare Debian runs them.
"""
import os
import pathlib
import re
import subprocess
import unittest

from readme_blocks import console_commands, pattern_of
from server import Server, clean_environment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NOT_RUN = re.compile(r"^(sudo |apt|git clone|cd |\./dev\b|docker |build/\S*tiermarkd\b)")
ADDRESS = re.compile(r"\b(?:127\.0\.0\.1|localhost):50051\b")
HTTP_ADDRESS = re.compile(r"\b(?:127\.0\.0\.1|localhost):8080\b")
COMMAND_SECONDS = 60


class ExtractorTest(unittest.TestCase):
    def test_commands_and_output_are_told_apart(self):
        text = ("```console\n$ one \\\n  two\nout\n\n$ three\n```\nno\n```sh\n$ not\n```\n"
                "```console\n$ four '{\n}' x\na\n...\nb\n```\n")
        self.assertEqual(list(console_commands(text)),
                         [("one \\\n  two", ["out"]), ("three", []),
                          ("four '{\n}' x", ["a", "...", "b"])])

    def test_dots_match_anything(self):
        for output, text, same in [
                (["a ... c"], "a b c\n", True), (["a ... c"], "a b d\n", False),
                (["a", "...", "d"], "a\nb\nc\nd\n", True), (["a", "...", "d"], "a\nd\n", True),
                (["a", "..."], "a\nb\nc\n", True), (["..."], "", True),
                (["a"], "a\nb\n", False), (["a.c"], "abc\n", False), (["a"], "a  \n", True)]:
            with self.subTest(output=output, text=text):
                self.assertEqual(pattern_of(output).match(text) is not None, same)


class ReadmeTest(unittest.TestCase):
    maxDiff = None

    def test_commands_print_what_is_shown(self):
        commands = list(console_commands((ROOT / "README.md").read_text()))
        self.assertTrue(commands, "README.md shows no commands")
        path = os.pathsep.join([os.environ.get("TIERMARK_TOOLS", ""), os.environ["PATH"]])
        run = 0
        with Server("--demo") as server:
            environment = clean_environment(
                PATH=path, PYTHONPATH=os.environ.get("PYTHONPATH", ""))
            for command, output in commands:
                if NOT_RUN.match(command):
                    continue
                run += 1
                with self.subTest(command):
                    meant = ADDRESS.sub(server.address, command)
                    meant = HTTP_ADDRESS.sub(server.http_address, meant)
                    done = subprocess.run(
                        ["bash", "-euo", "pipefail", "-c", meant], cwd=ROOT, env=environment, capture_output=True, text=True,
                        timeout=COMMAND_SECONDS)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    if output and pattern_of(output).match(done.stdout) is None:
                        self.assertEqual(done.stdout, "\n".join(output) + "\n")
        self.assertGreater(run, 0, "no command of README.md was run")


if __name__ == "__main__":
    unittest.main()
