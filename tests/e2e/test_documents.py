"""The documents: every command that one shows is run somewhere, and what it prints is what is shown.

console_blocks.py says how a document is read. Here those run that need no more than a server with the
demonstration's accounts; what installs or serves is left to the proof in a bare Debian.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from cli_support import CLI, environment
from console_blocks import console_commands, pattern_of
from server import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NOT_RUN = re.compile(r"^(\./dev\b|build/\S*tiermarkd\b)")
ADDRESS = re.compile(r"\b127\.0\.0\.1:50051\b")
HTTP_ADDRESS = re.compile(r"\b127\.0\.0\.1:8080\b")
COMMAND_SECONDS = 60
RUN_HERE = ["README.md", "docs/tour.md", "clients/cli/README.md"]
# What runs the code of the other documents.
RUN_BY = {
    "clients/cases/README.md": ["tests/clients/client_support.py"],
    "clients/cpp/README.md": ["clients/cpp/CMakeLists.txt", "tests/clients/test_cpp.py"],
    "clients/examples/hubspot/README.md": ["tests/e2e/test_hubspot.py"],
    "clients/examples/salesforce/README.md": ["tests/e2e/test_salesforce.py"],
    "clients/examples/tryton/README.md": ["tests/e2e/test_tryton.py"],
    "clients/go/README.md": ["tests/clients/test_go.py"],
    "clients/python/README.md": ["tests/clients/test_python.py"],
    "clients/typescript/README.md": ["tests/clients/test_typescript.py"],
    "deploy/haproxy/README.md": [".ci/bare-root"],
    "docs/operations.md": [".ci/bare-root"],
    "docs/performance.md": ["bench/CMakeLists.txt"],
}


class ReaderTest(unittest.TestCase):
    def test_commands_and_output_are_told_apart(self):
        text = ("```console\n$ one \\\n  two\nout\n\n$ three\n```\nno\n```sh\n$ not\n```\n"
                "```console\n$ four '{\n}' x\na\n...\nb\n```\n"
                "```console\n# cat >f <<'TEXT'\n$ in\nTEXT\n# five\n```\n")
        self.assertEqual(list(console_commands(text)),
                         [("one \\\n  two", ["out"]), ("three", []),
                          ("four '{\n}' x", ["a", "...", "b"]),
                          ("cat >f <<'TEXT'\n$ in\nTEXT", []), ("five", [])])

    def test_dots_match_anything(self):
        for output, text, same in [
                (["a ... c"], "a b c\n", True), (["a ... c"], "a b d\n", False),
                (["a", "...", "d"], "a\nb\nc\nd\n", True), (["a", "...", "d"], "a\nd\n", True),
                (["a", "..."], "a\nb\nc\n", True), (["..."], "", True),
                (["a"], "a\nb\n", False), (["a.c"], "abc\n", False), (["a"], "a  \n", True),
                (["1 000"], "1\u00a0000\n", True)]:
            with self.subTest(output=output, text=text):
                self.assertEqual(pattern_of(output).match(text) is not None, same)


class DocumentsTest(unittest.TestCase):
    maxDiff = None

    def assert_shown(self, document):
        """A person's terminal, in a folder of their own; the server is the one next door."""
        run = 0
        path = os.pathsep.join([str(pathlib.Path(CLI).resolve().parent),
                                os.environ.get("TIERMARK_TOOLS", ""), os.environ["PATH"]])
        with Server("--demo") as server, tempfile.TemporaryDirectory() as folder:
            for command, output in console_commands((ROOT / document).read_text()):
                if NOT_RUN.match(command):
                    continue
                run += 1
                with self.subTest(command):
                    meant = ADDRESS.sub(server.address, command)
                    meant = HTTP_ADDRESS.sub(server.http_address, meant)
                    done = subprocess.run(["bash", "-euo", "pipefail", "-c", meant], cwd=folder,
                                          env=environment(server, PATH=path), capture_output=True,
                                          text=True, timeout=COMMAND_SECONDS)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    if output and pattern_of(output).match(done.stdout) is None:
                        self.assertEqual(done.stdout, "\n".join(output) + "\n")
        self.assertGreater(run, 3, f"{document} shows next to no commands")

    def test_readme(self):
        self.assert_shown("README.md")

    def test_tour(self):
        self.assert_shown("docs/tour.md")

    def test_command_line(self):
        self.assert_shown("clients/cli/README.md")

    def test_all_code_is_run_somewhere(self):
        for document in self.documents():
            name = str(document.relative_to(ROOT))
            if name in RUN_HERE or "```" not in document.read_text():
                continue
            with self.subTest(name):
                self.assertIn(name, RUN_BY, "nothing runs what this document shows")
                for runner in RUN_BY[name]:
                    self.assertTrue((ROOT / runner).exists(), runner)

    def test_no_file_of_a_client_is_longer_than_they_say(self):
        """docs/adr/0021-clients-are-thin.md."""
        for folder in ("cpp/tiermark", "go", "python/tiermark", "typescript/src"):
            files = [path for path in (ROOT / "clients" / folder).iterdir()
                     if path.suffix in {".cc", ".h", ".go", ".py", ".ts"} and
                     not path.name.endswith("_test.go") and path.name != "generate.py"]
            self.assertTrue(files, folder)
            for path in files:
                with self.subTest(str(path)):
                    self.assertLessEqual(len(path.read_text().splitlines()), 150)

    def test_links_lead_somewhere(self):
        for document in self.documents():
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
                with self.subTest(document=str(document), link=link):
                    self.assertTrue((document.parent / link).exists())

    @staticmethod
    def documents():
        """Those of the project, and none that were built or fetched."""
        skipped = {"build", ".tools", ".git", "node_modules", "var"}
        for folder, folders, files in os.walk(ROOT):
            folders[:] = sorted(set(folders) - skipped)
            yield from (pathlib.Path(folder) / name for name in sorted(files)
                        if name.endswith(".md"))


if __name__ == "__main__":
    unittest.main()
