"""What nobody should send to the HTTP port: refused at once, and nobody else is hurt."""
import gzip
import itertools
import json
import os
import resource
import threading
import time
import unittest

from http_socket import Connection, ask, request
from server import Server

EVALUATE = "/tiermark.v1.ScoringService/EvaluateAccount"
EXPORT = "/tiermark.v1.AccountService/ExportAccounts"
UPSERT = "/tiermark.v1.AccountService/UpsertAccount"
MIB = 1 << 20
BODY_MAX = MIB
BATCH_MAX = 4 * MIB
HEAD_MAX = 16 << 10


def resident_mib(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / MIB


def error_of(answer):
    return json.loads(answer.body)


def upsert(account_id):
    return json.dumps({"accountId": account_id, "facts": {"country": "MX"}}).encode()


class AttackTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.address = cls.server.http_address

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def ask(self, body=b"", path=EVALUATE, **headers):
        return ask(self.address, request(path, body, **headers))

    def assert_serves(self):
        self.assertEqual(ask(self.address, request("/healthz", method="GET")).status, 200)

    def assert_stored(self, account_id, stored):
        answer = self.ask(json.dumps({"accountId": account_id}).encode(),
                          "/tiermark.v1.AccountService/GetAccount")
        self.assertEqual(answer.status, 200 if stored else 404)


class JsonTest(AttackTest):
    def test_json_that_others_would_take(self):
        good = {"accountId": "strict", "facts": {"country": "MX"}}
        text = json.dumps(good)
        for name, bad in {
            "trailing comma": text.replace("}}", ",}}"),
            "single quotes": text.replace('"', "'"),
            "comment": text.replace("{", "{/* x */", 1),
            "name without quotes": text.replace('"facts"', "facts"),
            "name given twice": text.replace('"facts"', '"accountId": "other", "facts"'),
            "both names of a field": text.replace('"facts"', '"account_id": "other", "facts"'),
            "unknown field": text.replace('"facts"', '"fact"'),
            "something behind it": text + "x",
            "two values": text + text,
            "cut off": text[:-1],
            "byte order mark": "\ufeff" + text,
            "not a number": text.replace('"MX"', "NaN"),
            "empty": "",
            "null": "null",
            "an array": "[]",
        }.items():
            with self.subTest(name):
                answer = self.ask(bad.encode(), UPSERT)
                self.assertEqual(answer.status, 400)
                self.assertEqual(error_of(answer)["code"], "invalid_argument")
        for name, bad in {"no UTF-8": b"\xff", "lone surrogate": b"\\ud800",
                          "control character": b"\x01", "overlong": b"\xc0\xaf"}.items():
            with self.subTest(name):
                answer = self.ask(text.encode().replace(b"strict", b"strict" + bad), UPSERT)
                self.assertEqual(answer.status, 400)
        self.assert_stored("strict", False)
        self.assertEqual(self.ask(text.encode(), UPSERT).status, 200)
        self.assert_stored("strict", True)

    def test_depth_is_refused_without_work(self):
        for opening in (b"[", b'{"facts":', b'{"a":['):
            with self.subTest(opening):
                body = opening * 100_000
                before = resident_mib(self.server.process.pid)
                started = time.monotonic()
                answer = self.ask(body)
                took = time.monotonic() - started
                self.assertEqual(answer.status, 400)
                self.assertEqual(error_of(answer)["details"][0]["debug"]["reason"],
                                 "MALFORMED_JSON")
                # Generous: the machine may be busy. What would recurse or grow takes seconds.
                self.assertLess(took, 1)
                self.assertLess(resident_mib(self.server.process.pid) - before, 16)

    def test_faults_are_told_by_field_and_not_by_value(self):
        body = json.dumps({"accountId": 7, "facts": {"pastDueCases": "CANARY", "country": ["X"],
                                                     "colour": "CANARY"}}).encode()
        answer = self.ask(body)
        self.assertEqual(answer.status, 400)
        self.assertNotIn(b"CANARY", answer.body)
        bad = next(detail for detail in error_of(answer)["details"]
                   if detail["type"] == "google.rpc.BadRequest")
        fields = {violation["field"] for violation in bad["debug"]["fieldViolations"]}
        self.assertEqual(fields, {"account_id", "facts.past_due_cases", "facts.country",
                                  "facts.colour"})


class SizeTest(AttackTest):
    def padded(self, account_id, size):
        body = upsert(account_id)
        return body[:-1] + b" " * (size - len(body)) + b"}"

    def test_bodies_at_their_limit(self):
        self.assertEqual(self.ask(self.padded("at-limit", BODY_MAX), UPSERT).status, 200)
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                body = self.padded("over-limit", BODY_MAX + 1)
                if chunked:
                    data = request(UPSERT, b"", content_length=None, transfer_encoding="chunked")
                    data += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
                else:
                    data = request(UPSERT, body)
                answer = ask(self.address, data)
                self.assertEqual(answer.status, 413)
                self.assertTrue(answer.closed)
                self.assertEqual(error_of(answer)["code"], "resource_exhausted")
        self.assert_stored("over-limit", False)

    def test_a_body_too_long_is_refused_before_it_is_sent(self):
        for length in (BODY_MAX + 1, 10**12, 2**63):
            answer = ask(self.address, request(UPSERT, content_length=str(length)))
            self.assertIn(answer.status, (400, 413))

    def test_a_gigabyte_of_zeros(self):
        bomb = gzip.compress(b"\0" * (64 * MIB), 9) * 16
        self.assertLess(len(bomb), 2 * MIB)
        path = "/tiermark.v1.ScoringService/BatchEvaluateAccounts"
        before = resident_mib(self.server.process.pid)
        for body in (bomb, gzip.compress(b" " * (BATCH_MAX + 1))):
            started = time.monotonic()
            answer = self.ask(body, path, content_encoding="gzip")
            self.assertEqual(answer.status, 413)
            self.assertLess(time.monotonic() - started, 1)
        self.assertLess(resident_mib(self.server.process.pid) - before, 16)

    def test_gzip(self):
        zipped = gzip.compress(upsert("zipped"))
        self.assertEqual(self.ask(zipped, UPSERT, content_encoding="gzip").status, 200)
        self.assert_stored("zipped", True)
        for bad in (zipped[:-1], zipped + b"x", upsert("zipped"), b"\x1f\x8b"):
            answer = self.ask(bad, UPSERT, content_encoding="gzip")
            self.assertEqual(answer.status, 400)
        answer = self.ask(b"{}", "/tiermark.v1.ScoringService/ListSegmentPlaybooks",
                          accept_encoding="gzip")
        self.assertEqual(answer.headers["content-encoding"], "gzip")
        self.assertIn("playbooks", json.loads(gzip.decompress(answer.body)))

    def test_heads_at_their_limit(self):
        size = HEAD_MAX - len(request("/healthz", method="GET", x_long="")) - 64
        data = request("/healthz", method="GET", x_long="x" * size)
        self.assertEqual(ask(self.address, data).status, 200)
        for data in (request("/healthz", method="GET", x_long="x" * HEAD_MAX),
                     request("/" + "x" * HEAD_MAX, method="GET"),
                     request("/healthz", method="GET",
                             **{f"x_{i}": "x" * 8 for i in range(2_000)})):
            answer = ask(self.address, data)
            self.assertEqual(answer.status, 431)
            self.assertTrue(answer.closed)

    def test_endless_heads(self):
        for piece in (b"x", b"x-more: more\r\n", b"\r\n"):
            with self.subTest(piece), Connection(self.address) as connection:
                connection.send(b"GET /" if piece == b"x" else b"GET / HTTP/1.1\r\n")
                for _ in itertools.repeat(None, 4_096):
                    if not connection.send(piece * 64):
                        break
                answer = connection.answer()
                self.assertTrue(answer is None or answer.status >= 400)
        self.assert_serves()


class FramingTest(AttackTest):
    def test_lengths_that_contradict(self):
        body = upsert("smuggled")
        by_length = request(UPSERT, body)
        head = request(UPSERT, b"", content_length=None, transfer_encoding="chunked")
        chunked = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        length = b"content-length: %d\r\n" % len(body)
        for name, data in {
            "length and chunks": chunked.replace(b"transfer", length + b"transfer"),
            "chunks and length": chunked.replace(b"\r\n\r\n", b"\r\n" + length + b"\r\n", 1),
            "two lengths": by_length.replace(length, length + b"content-length: 1\r\n"),
            "negative": by_length.replace(length, b"content-length: -1\r\n"),
            "plus": by_length.replace(length, b"content-length: +%d\r\n" % len(body)),
            "hexadecimal": by_length.replace(length, b"content-length: 0x%x\r\n" % len(body)),
            "bad chunk": head + b"zz\r\n" + body,
            "chunk too long": head + b"f" * 17 + b"\r\n",
            "space before colon": by_length.replace(b"host:", b"host :"),
            "line without colon": by_length.replace(b"host: ", b"host "),
            "bare line feeds": by_length.replace(b"\r\n", b"\n"),
            "no version": by_length.replace(b" HTTP/1.1", b""),
            "version 3": by_length.replace(b"HTTP/1.1", b"HTTP/3.0"),
            "NUL": by_length.replace(b"host: ", b"host: \0"),
            "space in target": by_length.replace(b"UpsertAccount", b"Upsert Account"),
        }.items():
            with self.subTest(name):
                answer = ask(self.address, data)
                self.assertGreaterEqual(answer.status, 400)
                self.assertTrue(answer.closed)
                self.assert_stored("smuggled", False)

    def test_chunks_of_every_size_are_put_together(self):
        body = upsert("chunked")
        for size in (1, 2, 7, len(body)):
            data = request(UPSERT, b"", content_length=None, transfer_encoding="chunked")
            for i in range(0, len(body), size):
                piece = body[i:i + size]
                data += b"%x\r\n%s\r\n" % (len(piece), piece)
            self.assertEqual(ask(self.address, data + b"0\r\n\r\n").status, 200)

    def test_many_requests_on_one_connection(self):
        with Connection(self.address) as connection:
            self.assertTrue(connection.send(request(UPSERT, upsert("piped")) * 50))
            for _ in range(50):
                self.assertEqual(connection.answer().status, 200)
        with Connection(self.address) as connection:
            for byte in request(UPSERT, upsert("slow")):
                connection.send(bytes([byte]))
            self.assertEqual(connection.answer().status, 200)

    def test_a_refused_body_is_not_read_as_a_request(self):
        inner = request(UPSERT, upsert("inner"))
        with Connection(self.address) as connection:
            connection.send(request(UPSERT, inner, content_type="text/plain"))
            answer = connection.answer()
            self.assertEqual(answer.status, 415)
            self.assertTrue(answer.closed)
            self.assertIsNone(connection.answer())
        self.assert_stored("inner", False)

    def test_expect(self):
        body = upsert("expected")
        with Connection(self.address) as connection:
            connection.send(request(UPSERT, b"", content_length=str(len(body)),
                                    expect="100-continue"))
            self.assertEqual(connection.answer().status, 100)
            connection.send(body)
            self.assertEqual(connection.answer().status, 200)
        for refused, status in ((request(UPSERT, b"", content_length=str(2 * BODY_MAX),
                                         expect="100-continue"), 413),
                                (request("/nothing", b"", content_length="10",
                                         expect="100-continue"), 404),
                                (request(UPSERT, b"", content_length="10",
                                         expect="a miracle"), 400)):
            answer = ask(self.address, refused)
            self.assertEqual(answer.status, status)
            self.assertTrue(answer.closed)

    def test_a_stream_has_one_message(self):
        def envelope(message, flags=0):
            return bytes([flags]) + len(message).to_bytes(4, "big") + message

        # The codes are the protocol's.
        for code, body in (("unimplemented", b""), ("unimplemented", envelope(b"{}") * 2),
                           ("invalid_argument", envelope(b"{}")[:-1]),
                           ("invalid_argument", b"\0\xff\xff\xff\xff{}"),
                           ("invalid_argument", envelope(b"{}", 0x80)),
                           ("internal", envelope(gzip.compress(b"{}"), 1))):
            with self.subTest(body):
                answer = self.ask(body, EXPORT, content_type="application/connect+json")
                self.assertEqual(answer.status, 200)
                end = json.loads(answer.body[5:])
                self.assertEqual(answer.body[0], 2)
                self.assertEqual(end["error"]["code"], code)


class BrowserTest(AttackTest):
    def test_rebinding_and_foreign_pages(self):
        body = upsert("foreign")
        for headers in ({"host": "evil.example"}, {"host": "127.0.0.1.evil.example:8080"},
                        {"origin": "https://evil.example"}, {"origin": "null"}):
            answer = self.ask(body, UPSERT, **headers)
            self.assertEqual(answer.status, 403)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(self.ask(body, UPSERT, host=None).status, 400)
        for content_type in ("text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=x", None):
            self.assertEqual(self.ask(body, UPSERT, content_type=content_type).status, 415)
        self.assert_stored("foreign", False)

    def test_pages_are_not_for_foreign_pages_either(self):
        answer = ask(self.address, request("/openapi.json", method="GET", host="evil.example"))
        self.assertEqual(answer.status, 403)


class CrowdTest(AttackTest):
    """Many connections at a time, in the short form of what the front is tried with."""

    CROWD = int(os.environ.get("TIERMARK_HTTP_CROWD", "400"))

    def call_times(self, seconds):
        times = []
        end = time.monotonic() + seconds
        with Connection(self.address) as connection:
            while time.monotonic() < end:
                started = time.monotonic()
                connection.send(request(UPSERT, upsert("healthy")))
                self.assertEqual(connection.answer().status, 200)
                times.append(time.monotonic() - started)
        return sorted(times)

    def test_idle_and_slow_clients_hurt_nobody(self):
        alone = self.call_times(2)
        before = resident_mib(self.server.process.pid)
        crowd = [Connection(self.address, timeout=30) for _ in range(self.CROWD)]
        going = threading.Event()
        going.set()
        slow = request(UPSERT, upsert("slow"), x_padding="x" * 8_000)

        def drip():
            for i in range(len(slow)):
                for connection in crowd[::2]:
                    connection.send(slow[i:i + 1])
                if not going.wait(0) or not going.is_set():
                    return
                time.sleep(0.2)

        dripper = threading.Thread(target=drip)
        dripper.start()
        beside = self.call_times(3)
        grown = resident_mib(self.server.process.pid) - before
        going.clear()
        dripper.join()
        # Each has its buffers; a body or a head is not there yet.
        self.assertLess(grown, 0.1 * self.CROWD + 16)
        self.assertLess(beside[len(beside) // 2], 10 * alone[len(alone) // 2] + 0.01)
        # Those who never come to an end are cut off, ten seconds after they came.
        deadline = time.monotonic() + 15
        self.assertTrue(all(connection.ended() for connection in crowd[:20]))
        self.assertLess(time.monotonic(), deadline)
        for connection in crowd:
            connection.close()
        self.assert_serves()


class DrainTest(unittest.TestCase):
    def test_a_stream_ends_and_an_idle_connection_closes(self):
        with Server() as server:
            body = b"\0\0\0\0\x02{}"
            path = "/tiermark.v1.AccountService/WatchAccounts"
            with Connection(server.http_address) as stream, \
                    Connection(server.http_address) as idle:
                stream.send(request(path, body, content_type="application/connect+json"))
                idle.send(request("/healthz", method="GET"))
                self.assertEqual(idle.answer().status, 200)
                time.sleep(0.3)
                started = time.monotonic()
                self.assertEqual(server.stop(), 0)
                self.assertLess(time.monotonic() - started, 8)
                answer = stream.answer()
                self.assertEqual(answer.status, 200)
                end = answer.body[answer.body.rindex(b"\x02\0"):]
                self.assertEqual(json.loads(end[5:])["error"]["code"], "unavailable")
                self.assertTrue(idle.ended())


if __name__ == "__main__":
    unittest.main()
