"""The HTTP endpoint as people reach it without any library: plain curl, and buf curl by the
protos."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from server import Server, run
from test_tools import BANK, tool

PROTOS = pathlib.Path(__file__).resolve().parent.parent.parent / "protos"
MIB = 1 << 20
EVALUATE = "tiermark.v1.ScoringService/EvaluateAccount"
BATCH = "tiermark.v1.ScoringService/BatchEvaluateAccounts"


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def run_tool(self, *arguments, code=0):
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done


class CurlTest(HttpTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def curl(self, rpc, request, *options, server=None):
        """Status, headers in lower case, the answer, and what curl told of the connection."""
        if not isinstance(request, bytes):
            request = json.dumps(request).encode()
        body, head = self.folder / "body", self.folder / "head"
        body.write_bytes(request)
        done = self.run_tool(
            "curl", "--silent", "--show-error", "--verbose", "--dump-header", head, "--header",
            "content-type: application/json", "--data-binary", f"@{body}", *options,
            f"http://{(server or self.server).http_address}/{rpc}")
        # Of several heads, as with 100 Continue, the last.
        status, *lines = head.read_text().strip().split("\n\n")[-1].splitlines()
        headers = dict(re.split(r":\s*", line, 1) for line in lines)
        return (int(status.split()[1]), {k.lower(): v for k, v in headers.items()},
                json.loads(done.stdout), done.stderr)

    def test_evaluates(self):
        status, headers, answer, _ = self.curl(EVALUATE, BANK, "--header", "x-request-id: call-7")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        self.assertEqual(headers["x-request-id"], "call-7")
        self.assertEqual((answer["evaluation"]["score"], answer["evaluation"]["segment"]),
                         (100, "SEGMENT_STRATEGIC"))
        status, _, answer, _ = self.curl("tiermark.v1.AccountService/GetAccount",
                                         {"accountId": BANK["account_id"]})
        self.assertEqual((status, answer["account"]["facts"]["pastDueCases"]), (200, 500_000))

    def test_every_field_at_fault_is_told(self):
        status, headers, error, _ = self.curl(
            EVALUATE, {"accountId": " x", "facts": {"pastDueCases": -1}})
        self.assertEqual((status, headers["content-type"]), (400, "application/json"))
        self.assertEqual(error["code"], "invalid_argument")
        details = {detail["type"]: detail["debug"] for detail in error["details"]}
        self.assertEqual(details["google.rpc.ErrorInfo"]["reason"], "INVALID_FIELDS")
        self.assertEqual(
            sorted(v["field"] for v in details["google.rpc.BadRequest"]["fieldViolations"]),
            ["account_id", "facts.past_due_cases"])

    def test_unknown_account(self):
        status, _, error, _ = self.curl("tiermark.v1.AccountService/GetAccount",
                                        {"accountId": "nobody"})
        self.assertEqual((status, error["code"]), (404, "not_found"))

    def test_what_is_no_json(self):
        status, _, error, _ = self.curl(EVALUATE, b"{'account_id': 'x'}")
        self.assertEqual((status, error["code"]), (400, "invalid_argument"))

    def test_compressed(self):
        rpc = "tiermark.v1.ScoringService/ListSegmentPlaybooks"
        _, headers, plain, _ = self.curl(rpc, {})
        self.assertNotIn("content-encoding", headers)
        status, headers, answer, _ = self.curl(rpc, {}, "--compressed")
        self.assertEqual((status, headers["content-encoding"]), (200, "gzip"))
        self.assertEqual(answer, plain)

    def batch(self, bytes_about):
        """As JSON that is laid out widely, as some tools write it."""
        items = [{"account_id": f"batch-{i}", "facts": BANK["facts"]} for i in range(500)]
        text = json.dumps({"requests": items}, indent=1)
        per_space = len(json.dumps({"requests": items}, indent=2)) - len(text)
        text = json.dumps({"requests": items}, indent=1 + (bytes_about - len(text)) // per_space)
        self.assertTrue(0.9 * bytes_about < len(text) <= bytes_about, len(text))
        return text.encode()

    def test_a_large_request_waits_for_its_invitation(self):
        # Beyond 1 MiB curl waits by itself.
        status, _, answer, told = self.curl(BATCH, self.batch(2 * MIB))
        self.assertEqual((status, len(answer["results"])), (200, 500))
        self.assertTrue(all(r["response"]["evaluation"]["score"] == 100
                            for r in answer["results"]))
        self.assertIn("HTTP/1.1 100 Continue", told)

    def test_what_is_too_large_is_not_sent(self):
        status, headers, error, told = self.curl(BATCH, self.batch(5 * MIB))
        self.assertEqual((status, error["code"]), (413, "resource_exhausted"))
        self.assertNotIn("100 Continue", told)
        self.assertEqual(headers["connection"], "close")

    def test_what_is_too_large_is_refused_while_it_is_sent(self):
        status, _, error, _ = self.curl(BATCH, self.batch(5 * MIB), "--header", "expect:")
        self.assertEqual((status, error["code"]), (413, "resource_exhausted"))

    def test_keys(self):
        with Server() as server:
            server.stop()
            made = run(f"--store=sqlite:{server.store}", "key", "create", "--name=curl",
                       "--role=scorer")
            self.assertEqual(made.returncode, 0, made.stderr)
            key = ["--header", f"authorization: Bearer {made.stdout.strip()}"]
            server.start()
            status, headers, error, _ = self.curl(EVALUATE, BANK, server=server)
            self.assertEqual((status, error["code"]), (401, "unauthenticated"))
            self.assertEqual(headers["www-authenticate"], "Bearer")
            status, _, answer, _ = self.curl(EVALUATE, BANK, *key, server=server)
            self.assertEqual((status, answer["evaluation"]["score"]), (200, 100))
            status, _, error, _ = self.curl("tiermark.v1.AdminService/GetPolicy", {}, *key,
                                            server=server)
            self.assertEqual((status, error["code"]), (403, "permission_denied"))


class BufCurlTest(HttpTest):
    def buf_curl(self, rpc, request, code=0):
        return self.run_tool(tool("buf"), "curl", "--protocol", "connect", "--schema", PROTOS,
                             "--data", json.dumps(request),
                             f"http://{self.server.http_address}/{rpc}", code=code)

    def messages(self, text):
        """The JSON objects of a stream, which follow one another."""
        messages, decoder = [], json.JSONDecoder()
        while text := text.lstrip():
            message, end = decoder.raw_decode(text)
            messages.append(message)
            text = text[end:]
        return messages

    def test_unary(self):
        answer = json.loads(self.buf_curl(EVALUATE, BANK).stdout)
        self.assertEqual(answer["evaluation"]["score"], 100)

    def test_error(self):
        # buf's exit code is eight times the error's.
        done = self.buf_curl(EVALUATE, {"account_id": " x"}, code=8 * 3)
        error = json.loads(done.stderr)
        self.assertEqual(error["code"], "invalid_argument")
        self.assertIn("google.rpc.BadRequest", [detail["type"] for detail in error["details"]])

    def test_server_stream(self):
        given = [f"export-{i}" for i in range(3)]
        for account_id in given:
            self.buf_curl(EVALUATE, {**BANK, "account_id": account_id})
        messages = self.messages(
            self.buf_curl("tiermark.v1.AccountService/ExportAccounts", {}).stdout)
        exported = [a["accountId"] for m in messages for a in m.get("accounts", [])]
        self.assertLessEqual(set(given), set(exported))

    def test_error_of_a_stream(self):
        done = self.buf_curl("tiermark.v1.AccountService/ExportAccounts",
                             {"resume_token": "none"}, code=8 * 3)
        self.assertEqual(json.loads(done.stderr)["code"], "invalid_argument")


if __name__ == "__main__":
    unittest.main()
