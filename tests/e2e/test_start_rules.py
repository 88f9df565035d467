"""Where the server may listen, beyond loopback above all, and how the first key is made."""
import pathlib
import shutil
import tempfile
import unittest

import server as server_module
from auth_support import RPCS, UNAUTHENTICATED, HttpCaller, bearer, create_key
from certificates import Authority
from server import Server, StartError

USAGE, UNAVAILABLE = 64, 69
# Listened on for as long as it takes to see that it is.
EVERYWHERE = "0.0.0.0:0"


class StartRulesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-start-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        authority = Authority(cls.folder)
        pair = authority.issue("server", ["IP:127.0.0.1"])
        cls.tls = [f"--tls-certificate={pair.certificate}", f"--tls-key={pair.key}"]
        cls.pair, cls.root = pair, authority.root

    def made(self, *arguments, key=False):
        """A server that does not serve yet."""
        made = Server(*arguments)
        self.addCleanup(made.close)
        if key:
            made.secret = create_key(made)
        return made

    def serves(self, *arguments, key=False):
        with self.made(*arguments, key=key) as served:
            self.assertEqual(served.stop(), 0)

    def refused(self, made, code):
        """What it says; nobody could connect meanwhile, for it never said it was ready."""
        with self.assertRaises(StartError) as caught:
            made.start()
        self.assertEqual(made.process.returncode, code)
        return str(caught.exception)

    def test_without_tls_nothing_beyond_loopback(self):
        for flag in ("--grpc-listen", "--http-listen"):
            listen = f"{flag}={EVERYWHERE}"
            for more in ([], ["--require-keys"]):
                with self.subTest(flag, more=more):
                    self.assertIn(flag[2:], self.refused(self.made(listen, *more, key=True), USAGE))
                    checked = server_module.run("--check-config", listen, *more)
                    self.assertEqual(checked.returncode, USAGE)
                    self.assertIn("tls-certificate", checked.stderr)

    def test_with_tls_but_without_a_key_it_says_how_to_make_one(self):
        for flag in ("--grpc-listen", "--http-listen"):
            with self.subTest(flag):
                said = self.refused(self.made(f"{flag}={EVERYWHERE}", *self.tls), USAGE)
                self.assertIn("tiermarkd key create", said)

    def test_with_both_it_serves(self):
        for flag in ("--grpc-listen", "--http-listen"):
            with self.subTest(flag):
                self.serves(f"{flag}={EVERYWHERE}", *self.tls, key=True)

    def test_with_keys_required_none_has_to_be_there(self):
        self.serves(f"--grpc-listen={EVERYWHERE}", *self.tls, "--require-keys")

    def test_it_serves_when_told_that_it_is_meant(self):
        listen = [f"--grpc-listen={EVERYWHERE}", f"--http-listen={EVERYWHERE}",
                  "--allow-insecure-remote"]
        self.serves(*listen)
        self.serves(*listen, *self.tls)

    def test_on_loopback_neither_is_needed(self):
        self.serves()
        self.serves(*self.tls)

    def test_half_of_the_tls_flags_is_a_fault(self):
        for flags, named in (([self.tls[0]], "tls-key"), ([self.tls[1]], "tls-certificate"),
                             ([f"--tls-client-ca={self.root}"], "tls-client-ca"),
                             (["--tls-require-client-certificate", *self.tls], "tls-client-ca")):
            with self.subTest(flags):
                self.assertIn(named, self.refused(self.made(*flags), USAGE))

    def test_what_is_empty_takes_no_flag_away(self):
        """As in a container whose variables are there but not set."""
        required = "--tls-require-client-certificate"
        for more, environment in (([], {"TIERMARK_TLS_CLIENT_CA": ""}),
                                  (["--tls-client-ca="], {})):
            checked = server_module.run(*more, required, "--check-config", *self.tls,
                                        **environment)
            self.assertEqual(checked.returncode, USAGE)
            self.assertEqual(checked.stderr,
                             "tls-require-client-certificate: needs tls-client-ca\n")

    def test_tls_files_that_cannot_be_used_are_faults(self):
        other = Authority(self.folder, "others").issue("other", ["IP:127.0.0.1"])
        absent = self.folder / "absent.pem"
        for certificate, key, named in ((self.pair.certificate, other.key, "other.key"),
                                        (absent, self.pair.key, "absent.pem"),
                                        (self.pair.certificate, self.pair.certificate,
                                         "server.pem")):
            with self.subTest(named):
                made = self.made(f"--tls-certificate={certificate}", f"--tls-key={key}")
                self.assertIn(named, self.refused(made, USAGE))


class KeyCommandTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.close)

    def run_command(self, *arguments):
        return server_module.run(f"--store=sqlite:{self.server.store}", "key", "create",
                                 *arguments)

    def test_the_secret_alone_goes_to_standard_output(self):
        done = self.run_command("--name=CRM")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^tmk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$")
        self.assertNotIn(done.stdout.strip(), done.stderr)
        self.assertIn("administrator of tenant default", done.stderr)

    def test_faults_are_listed_and_nothing_is_created(self):
        for arguments, named in (
                ([], "--name"), (["--name="], "name:"), (["--name=" + "x" * 201], "name:"),
                (["--name=x", "--role=owner"], "role:"),
                (["--name=x", "--tenant=No Such"], "tenant:"),
                (["--name=x", "--tenant="], "tenant:"),
                (["--name=x", "--expire-days=-1"], "expire-days:"),
                (["--name=x", "--expire-days=36501"], "expire-days:"),
                (["--name=x", "--no-such-flag"], "no-such-flag")):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
                self.assertIn(named, done.stderr)
        with self.server:
            caller = HttpCaller(self.server.http_address)
            self.addCleanup(caller.close)
            self.assertTrue(caller.call(RPCS["ListAccounts"]).ok, "there is no key still")

    def test_names_that_no_caller_could_read_are_refused(self):
        """They would be in every list of keys."""
        for name in (b"\xff", b"caf\xe9", b"a\nb", b"\x01", b"\xc2\x85"):
            for flag in (b"--name=", b"--certificate-name="):
                with self.subTest(name, flag=flag):
                    done = self.run_command("--name=good", flag + name)
                    self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        secret = create_key(self.server)
        with self.server:
            caller = HttpCaller(self.server.http_address)
            self.addCleanup(caller.close)
            listed = caller.call(RPCS["ListApiKeys"], authorization=bearer(secret)).answer
            self.assertEqual(len(listed.api_keys), 1)

    def test_a_store_that_is_served_is_left_alone(self):
        with self.server:
            done = self.run_command("--name=x")
            self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))

    def test_a_key_can_be_made_to_expire(self):
        secret = create_key(self.server, expire_days=1)
        with self.server:
            caller = HttpCaller(self.server.http_address)
            self.addCleanup(caller.close)
            [key] = caller.call(RPCS["ListApiKeys"],
                                authorization=bearer(secret)).answer.api_keys
            self.assertEqual(key.expire_time.seconds - key.create_time.seconds, 86_400)
            self.assertEqual(caller.call(RPCS["ListAccounts"]).code, UNAUTHENTICATED)


if __name__ == "__main__":
    unittest.main()
