"""What goes with the command line: the manual page and the completions. test_documents.py runs what
its README shows."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from cli_support import CLI, environment, tiermark

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README = ROOT / "clients" / "cli" / "README.md"
DOCUMENTS = pathlib.Path(os.environ.get("TIERMARK_CLI_DOCUMENTS", "build/dev/clients/cli"))
ON_PATH = f"{pathlib.Path(CLI).resolve().parent}{os.pathsep}{os.environ['PATH']}"
COMMAND_SECONDS = 60


class ReadmeTest(unittest.TestCase):
    def test_exit_codes_are_those_of_the_manual(self):
        listed = re.findall(r"^\| (\d) \| (\w+)", README.read_text(), re.MULTILINE)
        manual = re.findall(r"^\.TP\n\\fB(\d)\\fR\n(.*)$", (DOCUMENTS / "tiermark.1").read_text(),
                            re.MULTILINE)
        self.assertEqual([code for code, _ in listed], [code for code, _ in manual])
        self.assertEqual([int(code) for code, _ in manual], list(range(9)))


class ManualTest(unittest.TestCase):
    def test_it_is_well_formed(self):
        page = DOCUMENTS / "tiermark.1"
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)],
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        # It has no date: the program's version says which one it is about.
        faults = [line for line in done.stdout.splitlines() if "missing date" not in line]
        self.assertEqual(faults, [])

    def test_it_reads_as_a_page(self):
        done = subprocess.run(["mandoc", "-T", "ascii", str(DOCUMENTS / "tiermark.1")],
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        text = re.sub(".\b", "", done.stdout)
        for part in ["tiermark - score business accounts", "evaluate ACCOUNT", "--past-due-cases N",
                     "EXIT STATUS", "TIERMARK_KEY", "release ACCOUNTS..."]:
            self.assertIn(part, text)

    def test_what_was_built_is_what_the_program_prints(self):
        for name, words in [("tiermark.1", ["manual"]), ("tiermark.bash", ["completion", "bash"]),
                            ("_tiermark", ["completion", "zsh"])]:
            self.assertEqual((DOCUMENTS / name).read_text(), tiermark(*words).stdout)


class BashTest(unittest.TestCase):
    COMPLETE = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tiermark
        printf '%s\\n' "${COMPREPLY[@]}"
    """

    def complete(self, *words):
        done = subprocess.run(["bash", "--norc", "-euc", self.COMPLETE, "bash",
                               str(DOCUMENTS / "tiermark.bash"), "tiermark", *words],
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_completes(self):
        for words, expected in [
                (["ev"], ["evaluate"]),
                (["model", ""], ["list", "show", "validate", "diff", "simulate", "publish"]),
                (["--json", "--server", "x", "key", "cr"], ["create"]),
                (["evaluate", "a", "--industry-ref"], ["--industry-reference"]),
                (["evaluate", "a", "--industry-reference", "m"], ["market-leader"]),
                (["evaluate", "a", "--industry-reference", "=", "m"], ["market-leader"]),
                (["evaluate", "a", "--industry-reference", "="],
                 ["market-leader", "recognized", "emerging", "none"]),
                (["list", "--segment", "strategic,c"], ["strategic,commercial"]),
                (["evaluate", "a", "--mrr", "USD", ":", "5", "--stage", "l"], ["lead"]),
                (["model", "list", "--key-f"], ["--key-file"]),
                (["playbook", "e"], ["enterprise"]),
                (["completion", ""], ["bash", "zsh"]),
                (["get", ""], [])]:
            with self.subTest(words):
                self.assertEqual(self.complete(*words), expected)

    def test_completes_files(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "model.textproto").touch()
            for words in [["model", "validate"], ["evaluate", "a", "--facts"],
                          ["model", "list", "--ca-file"]]:
                self.assertEqual(self.complete(*words, f"{folder}/mo"), [f"{folder}/model.textproto"])


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh here")
class ZshTest(unittest.TestCase):
    def test_it_is_well_formed(self):
        done = subprocess.run(["zsh", "-f", "-n", str(DOCUMENTS / "_tiermark")],
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def type(self, keys, expected, sourced):
        """What is typed to a shell that completes, until it has printed what is expected."""
        with tempfile.TemporaryDirectory() as folder:
            if sourced:
                load = f"autoload -U compinit; compinit -u -D; source {DOCUMENTS / '_tiermark'}\n"
            else:
                shutil.copy(DOCUMENTS / "_tiermark", folder)
                load = f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D\n"
            child, terminal = pty.fork()
            if child == 0:
                os.execvpe("zsh", ["zsh", "-f", "-i"], environment(PATH=ON_PATH, TERM="dumb"))
            printed = ""
            try:
                os.write(terminal, load.encode())
                # Keys that come while it still loads would be taken for text.
                time.sleep(2)
                os.write(terminal, keys.encode())
                end = time.monotonic() + 20
                while time.monotonic() < end and expected not in printed:
                    if select.select([terminal], [], [], 1)[0]:
                        printed += os.read(terminal, 65536).decode(errors="replace")
            finally:
                os.kill(child, 9)
                os.waitpid(child, 0)
                os.close(terminal)
            self.assertIn(expected, printed)

    def test_completes_when_sourced(self):
        self.type("tiermark vers\t\n", tiermark("version").stdout.strip(), sourced=True)

    def test_completes_from_fpath(self):
        self.type("tiermark completion ba\t | head -n 1\n", "# bash completion for tiermark",
                  sourced=False)


if __name__ == "__main__":
    unittest.main()
