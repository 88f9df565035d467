"""Runs tiermark, the command line, as people and programs do."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from server import Server, clean_environment

CLI = os.environ.get("TIERMARK_CLI", "build/dev/clients/cli/tiermark")
RUN_SECONDS = 60

OK, FAILED, USAGE, NOT_FOUND, INVALID, DENIED, UNAVAILABLE, CONFLICT, DIFFERENT = range(9)


def environment(server=None, **more):
    """Nothing of the caller's own settings; text as a terminal of today has it."""
    if server is not None:
        more.setdefault("TIERMARK_SERVER", server.address)
    return clean_environment(**{"LC_ALL": "C.UTF-8", **more})


def tiermark(*arguments, server=None, given="", **more):
    """The finished run."""
    return subprocess.run([CLI, *arguments], input=given, capture_output=True, text=True,
                          timeout=RUN_SECONDS, env=environment(server, **more))


def key_by(command, server, admin):
    """The key that a document's command makes on a server that serves, by the secret of an
    administrator's key, which the document has in me.key."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "me.key").write_text(admin)
        path = os.pathsep.join([str(pathlib.Path(CLI).resolve().parent), os.environ["PATH"]])
        done = subprocess.run(["bash", "-euc", command], cwd=folder, capture_output=True, text=True,
                              timeout=RUN_SECONDS, env=environment(server, PATH=path))
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode} {done.stderr}")
    return done.stdout.strip()


class CliTest(unittest.TestCase):
    """Each class has a server with the demonstration's accounts."""

    server_arguments = ("--demo",)
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.server_arguments)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def run_cli(self, *arguments, expect=OK, **more):
        done = tiermark(*arguments, server=self.server, **more)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def text(self, *arguments, **more):
        """What a command prints for people."""
        return self.run_cli(*arguments, **more).stdout

    def objects(self, *arguments, **more):
        """What it prints for programs: JSON objects, one a line."""
        printed = self.text(*arguments, "--json", **more)
        return [json.loads(line) for line in printed.splitlines()]

    def object(self, *arguments, **more):
        [only] = self.objects(*arguments, **more)
        return only

    def rows(self, *arguments, **more):
        """The lines of a table, without that of the names."""
        names, *rows = self.text(*arguments, **more).splitlines()
        self.assertRegex(names, "^[A-Z ]+$")
        return rows
