"""TLS on both ports: what is spoken, files that change, and certificates that stand for keys."""
import http.client
import os
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading
import time
import unittest
import warnings

import grpc

from auth_support import (DENIED, RPCS, UNAUTHENTICATED, UNAVAILABLE, GrpcCaller, HttpCaller,
                          bearer, create_key, id_of)
from certificates import Authority
from server import Server

LOCAL_NAMES = ["DNS:localhost", "IP:127.0.0.1"]
WORKER = "worker.crm.example"
REFUSED = (OSError, http.client.HTTPException)

# The server looks at its files each second.
SEEN_SECONDS = 3
STAYS_SECONDS = 2.2


class TlsTest(unittest.TestCase):
    """A server with TLS, and an authority for it and another one for its clients."""

    requires_certificates = False

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder)
        cls.clients = Authority(cls.folder, "clients")
        cls.used = cls.authority.issue("used", LOCAL_NAMES)
        shutil.copy(cls.clients.root, cls.folder / "client-roots.pem")
        flags = ["--tls-require-client-certificate"] if cls.requires_certificates else []
        cls.server = Server(f"--tls-certificate={cls.used.certificate}",
                            f"--tls-key={cls.used.key}",
                            f"--tls-client-ca={cls.folder / 'client-roots.pem'}", *flags)
        cls.addClassCleanup(cls.server.close)
        cls.administrator = create_key(cls.server)
        cls.viewer = create_key(cls.server, "viewer", certificate_name=WORKER)
        cls.server.start()
        cls.addresses = [cls.server.address, cls.server.http_address]

    def grpc(self, client=None, roots=None):
        roots = (roots or self.authority.root).read_bytes()
        certificate, key = client.bytes if client is not None else (None, None)
        caller = GrpcCaller(self.server.address,
                            grpc.ssl_channel_credentials(roots, key, certificate))
        self.addCleanup(caller.close)
        return caller

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.authority.root)
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        return context

    def https(self, client=None):
        caller = HttpCaller(self.server.http_address, context=self.context(client))
        self.addCleanup(caller.close)
        return caller

    def both(self, client=None):
        return [self.grpc(client), self.https(client)]

    def assert_unreachable(self, client, authorization):
        """Neither front end lets it connect."""
        rpc = RPCS["ListAccounts"]
        self.assertEqual(self.grpc(client).call(rpc, authorization=authorization).code,
                         UNAVAILABLE)
        with self.assertRaises(REFUSED):
            self.https(client).call(rpc, authorization=authorization)

    def connect(self, address, context):
        """A connection after its handshake."""
        host, port = address.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout=5)
        if address == self.server.address:
            context.set_alpn_protocols(["h2"])
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise

    def serial(self, address):
        with self.connect(address, self.context()) as connection:
            return connection.getpeercert()["serialNumber"]


class ProtocolTest(TlsTest):
    def test_plaintext_is_refused(self):
        rpc, authorization = RPCS["ListAccounts"], bearer(self.administrator)
        plain = GrpcCaller(self.server.address)
        self.addCleanup(plain.close)
        self.assertEqual(plain.call(rpc, authorization=authorization).code, UNAVAILABLE)
        for path in ("/healthz", rpc.path):
            connection = http.client.HTTPConnection(self.server.http_address, timeout=5)
            with self.assertRaises(REFUSED):
                connection.request("POST", path, b"{}", {"content-type": "application/json"})
                connection.getresponse()
            connection.close()

    @staticmethod
    def only(context, version):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            # The maximum first where it is below the minimum that the context came with.
            if version < context.minimum_version:
                context.minimum_version = version
            context.maximum_version = version
            context.minimum_version = version
        # The client itself would not speak the old ones otherwise.
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        return context

    def assert_shut_out(self, address, context, alert):
        """By the server, that is: it says so, or as gRPC does, hangs up."""
        with self.assertRaises(ssl.SSLError) as refused:
            self.connect(address, context)
        if not isinstance(refused.exception, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            self.assertEqual(refused.exception.reason, alert, repr(refused.exception))

    def test_only_tls_1_2_and_1_3_are_spoken(self):
        for address in self.addresses:
            for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                with self.subTest(version.name, address=address):
                    self.assert_shut_out(address, self.only(self.context(), version),
                                         "TLSV1_ALERT_PROTOCOL_VERSION")
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(version.name, address=address):
                    with self.connect(address, self.only(self.context(), version)) as connection:
                        self.assertEqual(connection.version(), version.name.replace("v1_", "v1."))

    def test_ciphers_without_authentication_of_their_own_are_refused(self):
        for address in self.addresses:
            context = self.only(self.context(), ssl.TLSVersion.TLSv1_2)
            context.set_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384@SECLEVEL=0")
            self.assert_shut_out(address, context, "SSLV3_ALERT_HANDSHAKE_FAILURE")

    def test_the_certificate_is_the_servers(self):
        other = self.clients.root
        self.assertEqual(self.grpc(roots=other).call(RPCS["ListAccounts"]).code, UNAVAILABLE)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.connect(self.server.http_address, ssl.create_default_context(cafile=other))


class ClientCertificateTest(TlsTest):
    """Certificates are asked for, and may be left out."""

    def assert_is_viewer(self, caller, authorization=None):
        self.assertTrue(caller.call(RPCS["ListAccounts"], authorization=authorization).ok)
        refused = caller.call(RPCS["ListApiKeys"], authorization=authorization)
        self.assertEqual((refused.code, refused.reason), (DENIED, "ROLE_TOO_LOW"))

    def assert_refused(self, caller, authorization=None):
        refused = caller.call(RPCS["ListAccounts"], authorization=authorization)
        self.assertEqual((refused.code, refused.reason), (UNAUTHENTICATED, "KEY_NOT_ACCEPTED"))

    def test_a_certificate_stands_for_its_key(self):
        for file_name, names, common_name in (
                ("dns", [f"DNS:{WORKER}"], None),
                ("one-of-many", ["DNS:other.example", f"DNS:{WORKER}"], "whatever"),
                ("common-name", [], WORKER)):
            client = self.clients.issue(file_name, names, common_name)
            for caller in self.both(client):
                with self.subTest(file_name, front=caller.label):
                    self.assert_is_viewer(caller)

    def test_other_names_stand_for_nothing(self):
        for file_name, names, common_name in (
                ("unknown", ["DNS:unknown.example"], None),
                # A certificate's common name is nobody's where it has other names.
                ("beside", ["DNS:unknown.example"], WORKER),
                ("part", [f"DNS:sub.{WORKER}"], None),
                ("any", ["DNS:*.crm.example"], None),
                ("longer", [f"DNS:{WORKER}.evil.example"], None),
                ("mail", [f"email:a@{WORKER}"], None)):
            client = self.clients.issue(file_name, names, common_name)
            for caller in self.both(client):
                with self.subTest(file_name, front=caller.label):
                    self.assert_refused(caller)

    def test_certificates_of_others_are_refused(self):
        for issuer in (self.authority, Authority(self.folder, "stranger")):
            client = issuer.issue("forged", [f"DNS:{WORKER}"])
            for authorization in (None, bearer(self.administrator)):
                self.assert_unreachable(client, authorization)

    def test_without_a_certificate_a_key_is_needed(self):
        for caller in self.both():
            self.assert_refused(caller)
            self.assert_is_viewer(caller, bearer(self.viewer))
            self.assertTrue(
                caller.call(RPCS["ListApiKeys"], authorization=bearer(self.administrator)).ok)

    def test_of_a_certificate_and_a_key_the_key_counts(self):
        client = self.clients.issue("with-key", [f"DNS:{WORKER}"])
        create = RPCS["CreateApiKey"]
        for caller in self.both(client):
            made = caller.call(create, create.request(display_name=caller.label, role=1),
                               bearer(self.administrator)).answer
            self.assertEqual(made.api_key.creator_api_key_id, id_of(self.administrator))
            for bad in (bearer(self.administrator[:-1]), "Bearer x", "Basic abc"):
                self.assert_refused(caller, bad)

    def test_a_revoked_key_takes_its_certificate_along(self):
        name = "leaving.example"
        self.server.stop()
        secret = create_key(self.server, "viewer", certificate_name=name)
        self.server.start()
        client = self.clients.issue("leaving", [f"DNS:{name}"])
        callers = self.both(client)
        for caller in callers:
            self.assert_is_viewer(caller)
        revoke = RPCS["RevokeApiKey"]
        self.assertTrue(callers[0].call(revoke, revoke.request(api_key_id=id_of(secret)),
                                        bearer(self.administrator)).ok)
        # Also over the connections that stand.
        for caller in callers + self.both(client):
            self.assert_refused(caller)


class RequiredCertificateTest(TlsTest):
    requires_certificates = True

    def test_nobody_comes_in_without(self):
        self.assert_unreachable(None, None)
        self.assert_unreachable(None, bearer(self.administrator))

    def test_a_certificate_of_a_key_is_enough(self):
        for caller in self.both(self.clients.issue("worker", [f"DNS:{WORKER}"])):
            self.assertTrue(caller.call(RPCS["ListAccounts"]).ok)

    def test_another_certificate_needs_a_key(self):
        for caller in self.both(self.clients.issue("nameless", ["DNS:nobody.example"])):
            self.assertEqual(caller.call(RPCS["ListAccounts"]).code, UNAUTHENTICATED)
            self.assertTrue(
                caller.call(RPCS["ListAccounts"], authorization=bearer(self.viewer)).ok)


class Connecting(threading.Thread):
    """Connects again and again, and notes which certificate it is shown."""

    def __init__(self, test, address):
        super().__init__(daemon=True)
        self._test, self._address, self._stop_now = test, address, threading.Event()
        self.serials, self.failures = [], []

    def run(self):
        while not self._stop_now.wait(0.02):
            try:
                self.serials.append(self._test.serial(self._address))
            except OSError as failure:
                self.failures.append(failure)

    def await_serial(self, serial):
        """Goes on until it was shown that one too, which is a moment."""
        end = time.monotonic() + SEEN_SECONDS
        while serial not in self.serials and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        self._stop_now.set()
        self.join()


class ReloadTest(TlsTest):
    def setUp(self):
        self.threads = [Connecting(self, address) for address in self.addresses]
        self.standing = self.both()
        for caller in self.standing:
            self.assert_serves(caller)
        for thread in self.threads:
            thread.start()
            self.addCleanup(thread.stop)

    def assert_serves(self, caller):
        self.assertTrue(
            caller.call(RPCS["ListAccounts"], authorization=bearer(self.viewer)).ok)

    def replace(self, source, target):
        """As certificate tools do it: the file is whole at every moment."""
        beside = target.with_suffix(".new")
        shutil.copy(source, beside)
        os.replace(beside, target)

    def serials(self):
        return [self.serial(address) for address in self.addresses]

    def await_change(self, before):
        """The serial number that both ports show instead, after at most SEEN_SECONDS."""
        end = time.monotonic() + SEEN_SECONDS
        while time.monotonic() < end:
            now = self.serials()
            if before not in now and len(set(now)) == 1:
                return now[0]
            time.sleep(0.05)
        self.fail("the new certificate is not in use in time")

    def assert_stays(self, before):
        time.sleep(STAYS_SECONDS)
        self.assertEqual(self.serials(), [before] * 2)

    def test_changed_files_are_used_and_half_written_ones_are_not(self):
        [first] = set(self.serials())
        second, third = (self.authority.issue(name, LOCAL_NAMES) for name in ("second", "third"))
        self.replace(second.key, self.used.key)
        self.replace(second.certificate, self.used.certificate)
        second_serial = self.await_change(first)

        # The other half of the pair is not there yet, and then it is cut off.
        self.replace(third.certificate, self.used.certificate)
        self.assert_stays(second_serial)
        whole = third.key.read_bytes()
        self.used.key.write_bytes(whole[:len(whole) // 2])
        self.assert_stays(second_serial)
        self.used.key.write_bytes(whole)
        third_serial = self.await_change(second_serial)

        for thread in self.threads:
            thread.await_serial(third_serial)
            thread.stop()
            self.assertEqual(thread.failures, [])
            order = [s for i, s in enumerate(thread.serials) if s not in thread.serials[:i]]
            self.assertEqual(order, [first, second_serial, third_serial])
            # Once there, it does not go back.
            self.assertEqual(thread.serials, sorted(thread.serials, key=order.index))
        for caller in self.standing:
            self.assert_serves(caller)
        self.assertIn("changed TLS files are not valid", self.server.log())
        for line in whole.decode().splitlines()[1:-1]:
            self.assertNotIn(line, self.server.log())

    def test_roots_of_clients_change_too(self):
        old, new = self.clients, Authority(self.folder, "new-clients")
        of_old, of_new = (authority.issue(name, [f"DNS:{WORKER}"])
                          for authority, name in ((old, "of-old"), (new, "of-new")))
        for caller in self.both(of_old):
            self.assertTrue(caller.call(RPCS["ListAccounts"]).ok)
        roots = self.folder / "client-roots.pem"
        self.replace(new.root, roots)
        time.sleep(STAYS_SECONDS)
        self.assert_unreachable(of_old, None)
        for caller in self.both(of_new):
            self.assertTrue(caller.call(RPCS["ListAccounts"]).ok)


if __name__ == "__main__":
    unittest.main()
