"""What the front lets through and what it keeps out, call by call."""
import http.client
import json
import pathlib
import re
import socket
import ssl
import tempfile
import time
import unittest

import grpc
from google.protobuf.duration_pb2 import Duration

import attacks
from front import CONFIGURATION, Certificates
from front_support import DEADLINE_SECONDS, FrontTest, health
from support import fintech
from tiermark import Client
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import admin_service_pb2, model_service_pb2, scoring_service_pb2
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub

Code = grpc.StatusCode

GET_ACCOUNT = "/tiermark.v1.AccountService/GetAccount"


class Calls(FrontTest):
    def setUp(self):
        opened = self.channel()
        self.addCleanup(opened.close)
        self.grpc_channel = opened

    def test_grpc_unary_and_streams_pass(self):
        client = Client(channel=self.grpc_channel, deadline=DEADLINE_SECONDS)
        answer = client.evaluate_account(account_id="passes", facts=fintech())
        self.assertEqual(answer.evaluation.score, 16)
        found = AccountServiceStub(self.grpc_channel).ExportAccounts(
            accounts_pb.ExportAccountsRequest(), timeout=DEADLINE_SECONDS)
        self.assertIn("passes", str(list(found)))
        messages = (accounts_pb.ImportAccountsRequest(accounts=[
            accounts_pb.ImportedAccount(account_id=f"imported-{i}", facts=fintech())])
            for i in range(3))
        answers = list(AccountServiceStub(self.grpc_channel).ImportAccounts(
            messages, timeout=DEADLINE_SECONDS))
        self.assertEqual(len(answers), 3)

    def test_errors_of_tiermarkd_arrive_whole(self):
        with self.assertRaises(grpc.RpcError) as caught:
            AccountServiceStub(self.grpc_channel).GetAccount(
                accounts_pb.GetAccountRequest(account_id="nobody"), timeout=DEADLINE_SECONDS)
        self.assertEqual(caught.exception.code(), Code.NOT_FOUND)
        self.assertIn("grpc-status-details-bin", dict(caught.exception.trailing_metadata()))

    def test_health_passes(self):
        self.assertEqual(health(self.grpc_channel), b"\x08\x01")

    def test_json_passes(self):
        status, text = self.post(GET_ACCOUNT, {"accountId": "known"})
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(text)["account"]["accountId"], "known")
        status, text = self.post(GET_ACCOUNT, {"accountId": "nobody"})
        self.assertEqual(status, 404)
        self.assertEqual(json.loads(text)["code"], "not_found")

    def test_healthz_passes(self):
        self.assertEqual(self.https("GET", "/healthz")[0], 200)

    def test_all_else_is_not_there(self):
        for path in ("/metrics", "/", "/readyz", "/openapi.json", "/tiermark.v1.X", "/healthz/../metrics",
                     "/tiermark.v1.ScoringService/../metrics", "/tiermark.v1.ScoringService/A/B",
                     "/%74iermark.v1.ScoringService/A", "/grpc.health.v1.Health/Check"):
            with self.subTest(path):
                self.assertEqual(self.post(path)[0], 404)
                self.assertIn(self.https("GET", path)[0], (404, 405))
        self.assertEqual(self.https("GET", "/tiermark.v1.ScoringService/EvaluateAccount")[0], 405)
        self.assertEqual(self.https("POST", "/healthz")[0], 405)

    def test_reflection_is_not_there(self):
        for name in ("v1alpha", "v1"):
            call = self.grpc_channel.stream_stream(
                f"/grpc.reflection.{name}.ServerReflection/ServerReflectionInfo")
            # A client that is still sending when it is refused may see its call cancelled instead.
            self.assertIn(self.code_of(lambda: list(call(iter([b""]), timeout=DEADLINE_SECONDS))),
                          (Code.UNIMPLEMENTED, Code.CANCELLED))

    def test_oversize_headers_and_bodies_are_refused(self):
        self.assertEqual(self.post(GET_ACCOUNT, {"accountId": "known"}, x="y" * 7000)[0], 200)
        self.assertEqual(self.post("/tiermark.v1.A/B", x="y" * 9000)[0], 431)
        self.assertEqual(self.post("/tiermark.v1.A/B", **{f"x{i}": "y" for i in range(70)})[0], 400)
        # What does not fit the buffer is not read to its end.
        try:
            self.assertEqual(self.post("/tiermark.v1.A/B", x="y" * 17000)[0], 400)
        except (ConnectionError, ssl.SSLError):
            pass
        connection = self.https_connection()
        connection.putrequest("POST", "/tiermark.v1.A/B")
        connection.putheader("content-length", str(4 * 2**20 + 1))
        connection.putheader("content-type", "application/json")
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()

    def test_oversize_metadata_is_refused_before_tiermarkd(self):
        self.get(self.grpc_channel, metadata=[("x-a", "y" * 4000)])
        before = len(self.server.log())
        for size in (9_000, 20_000):
            self.assertNotEqual(self.code_of(lambda: self.get(
                self.grpc_channel, metadata=[("x-a", "y" * size)])), Code.OK)
        self.assertEqual(len(self.server.log()), before)
        self.get(self.grpc_channel)

    def test_grpc_over_http_1_is_refused(self):
        self.assertEqual(self.post(GET_ACCOUNT,
                                   content_type="application/grpc")[0], 400)

    def _handshake(self, context):
        host, port = self.front.address.split(":")
        with socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as wrapped:
                return wrapped.version()

    def test_old_tls_is_refused(self):
        versions = {}
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2,
                        ssl.TLSVersion.TLSv1_3):
            context = self.front.certificates.context()
            # Debian's OpenSSL offers the old ones at this level only.
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            try:
                versions[version] = self._handshake(context)
            except (ssl.SSLError, ConnectionError) as error:
                versions[version] = type(error)
        self.assertEqual(list(versions.values())[2:], ["TLSv1.2", "TLSv1.3"])
        for refused in list(versions.values())[:2]:
            self.assertNotIsInstance(refused, str)

    def test_plaintext_on_the_tls_port_is_refused(self):
        for start in (attacks.preface(), b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"):
            host, port = self.front.address.split(":")
            with socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS) as raw:
                raw.sendall(start)
                # What TLS itself says of it, at most.
                answer = b""
                try:
                    while more := raw.recv(4096):
                        answer += more
                except ConnectionError:
                    pass
                self.assertLessEqual(len(answer), 7, answer)

    def test_secrets_are_not_logged(self):
        self.post("/tiermark.v1.A/B?key=canary-query", authorization="canary-header")
        self.get(self.grpc_channel, metadata=[("authorization", "canary-metadata")])
        time.sleep(0.3)
        log = self.front.log()
        self.assertIn("/tiermark.v1.A/B", log)
        self.assertNotIn("canary", log)

    def test_every_client_stream_is_known_to_the_front(self):
        """Or its messages would have to come within the time that a request has."""
        listed = re.search(r"acl client_streams path_end (.*)", CONFIGURATION.read_text()).group(1)
        served = [f"/{method.name}" for module in (accounts_pb, admin_service_pb2,
                                                   model_service_pb2, scoring_service_pb2)
                  for service in module.DESCRIPTOR.services_by_name.values()
                  for method in service.methods if method.client_streaming]
        self.assertEqual(sorted(listed.split()), sorted(served))


class Busy(FrontTest):
    settings = {"source_calls": 5, "source_calls_10s": 100}

    def test_an_address_has_so_many_calls_at_a_time(self):
        with self.channel() as channel:
            watch = AccountServiceStub(channel).WatchAccounts
            streams = [watch(accounts_pb.WatchAccountsRequest()) for _ in range(5)]
            for stream in streams:
                next(stream)
            self.assertEqual(self.code_of(lambda: self.get(channel)), Code.RESOURCE_EXHAUSTED)
            self.assertEqual(self.post("/tiermark.v1.A/B")[0], 429)
            streams[0].cancel()
            time.sleep(0.2)
            self.get(channel)
            for stream in streams[1:]:
                stream.cancel()
        time.sleep(0.2)
        with self.channel() as channel:
            codes = [self.code_of(lambda: self.get(channel)) for _ in range(150)]
        self.assertEqual(codes[0], Code.OK)
        self.assertEqual(codes[-1], Code.RESOURCE_EXHAUSTED)
        self.assertEqual(set(codes), {Code.OK, Code.RESOURCE_EXHAUSTED})


class Scans(FrontTest):
    settings = {"source_refused_10s": 10}

    def test_who_is_refused_too_often_is_cut_off(self):
        seen = []
        for i in range(20):
            try:
                seen.append(self.post(f"/scan/{i}")[0])
            except (ConnectionError, ssl.SSLError, http.client.HTTPException):
                seen.append(None)
        self.assertEqual(seen[:10], [404] * 10)
        self.assertEqual(seen[-5:], [None] * 5)


class Times(FrontTest):
    """With times that a test can wait for."""

    settings = {"client_timeout": "2s", "request_timeout": "2s", "idle_timeout": "2s",
                "server_timeout": "6s"}

    def test_streams_with_slow_heartbeats_live(self):
        with self.channel() as channel:
            stream = AccountServiceStub(channel).WatchAccounts(
                accounts_pb.WatchAccountsRequest(heartbeat=Duration(seconds=4)))
            start = time.monotonic()
            for _ in range(3):
                next(stream)
            self.assertGreater(time.monotonic() - start, 7)
            stream.cancel()

    def test_a_channel_that_was_idle_calls_again(self):
        with self.channel() as channel:
            self.get(channel)
            time.sleep(3)
            self.get(channel)


class ClientCertificates(FrontTest):
    asks_for_certificates = True

    def test_only_a_client_with_a_certificate_is_served(self):
        with self.channel(self.front.certificates.client) as channel:
            self.assertEqual(health(channel), b"\x08\x01")
        with self.channel() as channel:
            self.assertEqual(self.code_of(lambda: health(channel)), Code.UNAVAILABLE)

    def test_a_certificate_of_another_authority_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            stranger = Certificates(pathlib.Path(folder)).client
            with self.channel(stranger) as channel:
                self.assertEqual(self.code_of(lambda: health(channel)), Code.UNAVAILABLE)


class ServerDrains(FrontTest):
    def test_a_server_that_stops_gets_no_calls_and_the_next_does(self):
        with self.channel() as channel:
            self.get(channel)
            self.server.stop()
            time.sleep(2.5)
            self.assertEqual(self.code_of(lambda: self.get(channel)), Code.UNAVAILABLE)
            self.server.start(f"--grpc-listen={self.server.address}")
            self.await_backend()
            self.get(channel)


class FrontDrains(FrontTest):
    def test_a_front_that_stops_lets_open_calls_end(self):
        with self.channel() as channel:
            stream = AccountServiceStub(channel).WatchAccounts(
                accounts_pb.WatchAccountsRequest(heartbeat=Duration(seconds=1)))
            next(stream)
            self.front.stop_gently()
            for _ in range(2):
                next(stream)
            stream.cancel()
        self.assertEqual(self.front.process.wait(DEADLINE_SECONDS), 0)


if __name__ == "__main__":
    unittest.main()
