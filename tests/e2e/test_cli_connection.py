"""How the command line reaches a server, with keys and certificates, and how it fails."""
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from auth_support import create_key, id_of
from certificates import Authority
from cli_support import (CLI, CONFLICT, DENIED, FAILED, INVALID, NOT_FOUND, OK, UNAVAILABLE, USAGE,
                         CliTest, environment, tiermark)
from server import Server

WORKER = "worker.crm.example"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class ErrorTest(CliTest):
    server_arguments = ()

    def test_every_field_at_fault_is_said(self):
        done = self.run_cli("evaluate", " a", "--country", "co", "--fact", "employees=-1",
                            expect=INVALID)
        for field in ["account_id", "facts.country", "facts.employees"]:
            self.assertIn(f"\n  {field}: ", done.stderr)
        self.assertIn("  (INVALID_ARGUMENT, INVALID_FIELDS)\n", done.stderr)
        self.assertEqual(done.stdout, "")
        error = json.loads(self.run_cli("evaluate", " a", "--country", "co", "--json",
                                        expect=INVALID).stderr)
        self.assertEqual((error["code"], error["reason"]), ("INVALID_ARGUMENT", "INVALID_FIELDS"))
        self.assertEqual([violation["field"] for violation in error["fieldViolations"]],
                         ["account_id", "facts.country"])

    def test_exit_codes(self):
        for expect, arguments in [
                (OK, ["version"]), (OK, ["--help"]), (OK, ["evaluate", "--help"]),
                (USAGE, []), (USAGE, ["nonsense"]), (USAGE, ["get"]), (USAGE, ["key"]),
                (USAGE, ["get", "a", "--json=maybe"]), (USAGE, ["get", "a", "--no-such-flag"]),
                (USAGE, ["evaluate", "a", "--mrr", "USD:1"]), (USAGE, ["list", "--limit", "-1"]),
                (USAGE, ["get", "a", "--server", "nowhere"]),
                (NOT_FOUND, ["get", "a"]), (NOT_FOUND, ["show", "evl-0000000000001"]),
                (INVALID, ["show", "no-id"]), (INVALID, ["evaluate", "a", "--facts", "/nowhere"]),
                (INVALID, ["get", "a", "--ca-file", "/nowhere"]),
                (CONFLICT, ["evaluate", "a", "--country", "CO"])]:
            with self.subTest(arguments):
                done = self.run_cli(*arguments, expect=expect)
                self.assertEqual(bool(done.stderr), expect != OK, done.stderr)

    def test_a_server_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            done = tiermark("get", "a", "--deadline", "300ms",
                            "--server", f"127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(done.returncode, UNAVAILABLE)

    def test_a_server_that_is_not_there(self):
        done = tiermark("get", "a", "--server", f"127.0.0.1:{free_port()}", "--deadline", "2s")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("(UNAVAILABLE)", done.stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([CLI, "playbook"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=environment(self.server))
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("cannot be written", done.stderr)

    def test_version(self):
        self.assertRegex(self.text("version"), r"^tiermark \d+\.\d+\.\d+\n$")
        self.assertRegex(self.object("version")["version"], r"^\d+\.\d+\.\d+$")


class KeyTest(CliTest):
    server_arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.administrator = create_key(cls.server)
        cls.viewer = create_key(cls.server, "viewer")
        cls.server.start()

    def test_a_key_from_the_environment_or_a_file(self):
        self.run_cli("list", expect=DENIED)
        self.run_cli("list", TIERMARK_KEY=self.viewer)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"{self.viewer}\n")
            file.flush()
            self.run_cli("list", "--key-file", file.name, TIERMARK_KEY="tmk_wrong")
        done = self.run_cli("list", expect=DENIED, TIERMARK_KEY="tmk_wrong")
        self.assertIn("UNAUTHENTICATED", done.stderr)
        self.assertNotIn("tmk_wrong", done.stderr)

    def test_streams_carry_it_too(self):
        self.run_cli("watch", "--limit", "1", expect=DENIED)
        self.objects("model", "simulate", "account-segmentation@1",
                     TIERMARK_KEY=self.administrator)

    def test_a_role_too_low(self):
        done = self.run_cli("key", "list", expect=DENIED, TIERMARK_KEY=self.viewer)
        self.assertIn("ROLE_TOO_LOW", done.stderr)

    def test_create_list_and_revoke(self):
        mine = {"TIERMARK_KEY": self.administrator}
        done = self.run_cli("key", "create", "--name", "plugin", "--role", "scorer", "--expires",
                            "2100-01-01", **mine)
        secret = done.stdout.strip()
        self.assertRegex(secret, r"^tmk_\S+$", "alone on standard output")
        self.assertNotIn(secret, done.stderr)
        self.run_cli("list", TIERMARK_KEY=secret)
        printed = self.text("key", "list", **mine)
        self.assertRegex(printed, rf"\n{id_of(secret)}  Scorer +Good +\S+ +2100-01-01T\S+ .*plugin\n")
        self.assertNotIn(secret, printed)
        self.assertEqual(self.text("key", "revoke", id_of(secret), **mine),
                         f"revoked {id_of(secret)}, plugin\n")
        self.assertIn("revokeTime", self.object("key", "revoke", id_of(secret), **mine)["apiKey"])
        self.run_cli("list", expect=DENIED, TIERMARK_KEY=secret)
        self.assertRegex(self.text("key", "list", **mine), rf"\n{id_of(secret)}  Scorer +Revoked ")
        self.assertEqual(len(self.objects("key", "list", "--limit", "2", **mine)), 2)
        self.run_cli("key", "revoke", "0000000000000000", expect=NOT_FOUND, **mine)
        created = self.object("key", "create", "--name", "b", "--role", "viewer", **mine)
        self.assertRegex(created["secret"], r"^tmk_\S+$")


class TlsTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder)
        cls.stranger = Authority(cls.folder, "stranger")
        cls.clients = Authority(cls.folder, "clients")
        pair = cls.authority.issue("server", ["DNS:tiermark.example"])
        cls.server = Server(f"--tls-certificate={pair.certificate}", f"--tls-key={pair.key}",
                            f"--tls-client-ca={cls.clients.root}")
        cls.addClassCleanup(cls.server.close)
        cls.administrator = create_key(cls.server)
        create_key(cls.server, "viewer", certificate_name=WORKER)
        cls.server.start()
        cls.name = ["--server-name", "tiermark.example"]
        cls.roots = ["--ca-file", str(cls.authority.root)]

    def test_with_the_authority_and_a_key(self):
        self.run_cli("list", *self.roots, *self.name, TIERMARK_KEY=self.administrator)
        self.run_cli("list", *self.name, TIERMARK_KEY=self.administrator,
                     TIERMARK_CA_FILE=str(self.authority.root))
        self.run_cli("list", *self.roots, *self.name, expect=DENIED)
        self.objects("model", "simulate", "account-segmentation@1", *self.roots, *self.name,
                     TIERMARK_KEY=self.administrator)

    def test_a_certificate_that_stands_for_a_key(self):
        pair = self.clients.issue("worker", [f"DNS:{WORKER}"], WORKER)
        mine = ["--certificate-file", str(pair.certificate), "--certificate-key-file",
                str(pair.key)]
        self.run_cli("list", *self.roots, *self.name, *mine)
        self.run_cli("key", "list", *self.roots, *self.name, *mine, expect=DENIED)
        self.run_cli("list", *self.roots, *self.name, *mine[:2], expect=USAGE)

    def test_who_is_not_vouched_for_is_not_spoken_to(self):
        quick = ["--deadline", "3s"]
        for refused in [["--ca-file", str(self.stranger.root), *self.name],
                        self.roots,  # Of another name than 127.0.0.1.
                        ["--tls", *self.name],  # The system's authorities do not know it.
                        ["--plaintext"]]:
            with self.subTest(refused):
                self.run_cli("list", *refused, *quick, expect=UNAVAILABLE,
                             TIERMARK_KEY=self.administrator)


if __name__ == "__main__":
    unittest.main()
