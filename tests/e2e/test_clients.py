"""The Python and C++ clients: the code of their READMEs, and what they repeat."""
import concurrent.futures
import contextlib
import io
import os
import pathlib
import re
import subprocess
import time
import unittest

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from support import ServerTest, bank
from tiermark import Client, TiermarkError
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import account_service_pb2_grpc, scoring_service_pb2_grpc
from tiermark.v1 import scoring_service_pb2 as scoring_pb

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README_ADDRESS = "127.0.0.1:50051"


class ReadmeTest(ServerTest):
    def run_python(self):
        text = (ROOT / "clients" / "python" / "README.md").read_text()
        code, _ = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.assertIn(README_ADDRESS, code)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code.replace(README_ADDRESS, self.server.address), "README.md", "exec"),
                 {})
        return printed.getvalue()

    def test_python(self):
        printed = self.run_python()
        self.assertIn("100 SEGMENT_STRATEGIC\n", printed)
        self.assertIn("INVALID_ARGUMENT INVALID_FIELDS\n  facts.past_due_cases ", printed)
        [evaluation] = self.known("readme-bank")[1]
        self.assertIn(f"{evaluation.evaluation_id} 100\n", printed)

    def test_cpp(self):
        done = subprocess.run([os.environ["TIERMARK_CPP_README"], self.server.address],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("16 SEGMENT_SMB\n", done.stdout)
        self.assertIn("INVALID_FIELDS\nfacts.past_due_cases: ", done.stdout)
        [evaluation] = self.known("readme-fintech")[1]
        self.assertIn(f"{evaluation.evaluation_id} 16\n", done.stdout)


class CppTest(ServerTest):
    def test_against_the_server(self):
        done = subprocess.run([os.environ["TIERMARK_CPP_TEST"]], timeout=120,
                              env={**os.environ, "TIERMARK_ADDRESS": self.server.address},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


def failure(code, reason, retry_delay=None):
    """What aborts a call with details, as the server does."""
    details = [Any(), Any()] if retry_delay else [Any()]
    details[0].Pack(error_details_pb2.ErrorInfo(reason=reason, domain="tiermark"))
    if retry_delay:
        details[1].Pack(error_details_pb2.RetryInfo(retry_delay=retry_delay))
    status = status_pb2.Status(code=code.value[0], message="not now", details=details)
    return code, (("grpc-status-details-bin", status.SerializeToString()),)


class Fails(scoring_service_pb2_grpc.ScoringServiceServicer,
            account_service_pb2_grpc.AccountServiceServicer):
    """A service that fails as it is told, and then answers."""

    def __init__(self):
        self.failures, self.requests = [], []

    def _answer(self, request, context, answer):
        self.requests.append(request)
        if self.failures:
            code, trailers = self.failures.pop(0)
            context.set_trailing_metadata(trailers)
            context.abort(code, "not now")
        return answer

    def EvaluateAccount(self, request, context):
        return self._answer(request, context, scoring_pb.EvaluateAccountResponse())

    def BatchEvaluateAccounts(self, request, context):
        return self._answer(request, context, scoring_pb.BatchEvaluateAccountsResponse())

    def ClaimReevaluations(self, request, context):
        return self._answer(request, context, scoring_pb.ClaimReevaluationsResponse())

    def GetAccount(self, request, context):
        return self._answer(request, context, accounts_pb.GetAccountResponse())


class RepeatTest(unittest.TestCase):
    """The Python wrapper against a service that fails on purpose."""

    def setUp(self):
        self.service = Fails()
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        scoring_service_pb2_grpc.add_ScoringServiceServicer_to_server(self.service, server)
        account_service_pb2_grpc.add_AccountServiceServicer_to_server(self.service, server)
        self.port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(0).wait())
        self.client = Client(f"127.0.0.1:{self.port}")
        self.addCleanup(self.client.close)

    def test_a_claim_is_repeated_only_when_nothing_was_claimed(self):
        full = failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "WRITE_QUEUE_FULL",
                       Duration(nanos=1_000_000))
        self.service.failures = [full]
        self.client.claim_reevaluations(worker_id="w")
        self.assertEqual(len(self.service.requests), 2)
        for lost in (failure(grpc.StatusCode.UNKNOWN, "COMMIT_UNKNOWN"),
                     (grpc.StatusCode.UNAVAILABLE, ())):
            self.service.requests.clear()
            self.service.failures = [lost]
            with self.assertRaises(TiermarkError):
                self.client.claim_reevaluations(worker_id="w")
            self.assertEqual(len(self.service.requests), 1)

    def test_other_machines_are_spoken_to_by_tls(self):
        elsewhere = f"ipv4:127.0.0.1:{self.port}"  # Not by its name of this machine.
        with Client(elsewhere, deadline=1) as client, self.assertRaises(TiermarkError):
            client.get_account(account_id="a")
        self.assertEqual(self.service.requests, [])
        with Client(elsewhere, tls=False) as client:
            client.get_account(account_id="a")
        self.assertEqual(len(self.service.requests), 1)

    def test_unavailable_is_repeated_with_the_same_request_id(self):
        self.service.failures = [failure(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")] * 2
        self.client.evaluate_account(account_id="a")
        ids = [r.request_id for r in self.service.requests]
        self.assertEqual(len(ids), 3)
        self.assertEqual(len(set(ids)), 1)
        self.assertTrue(ids[0])
        self.client.evaluate_account(account_id="a")
        self.assertNotEqual(self.service.requests[-1].request_id, ids[0])

    def test_a_given_request_id_is_kept(self):
        self.client.evaluate_account(account_id="a", request_id="mine")
        self.assertEqual(self.service.requests[0].request_id, "mine")

    def test_items_of_a_batch_get_ids_of_their_own(self):
        items = [scoring_pb.EvaluateAccountRequest(account_id="a", request_id=r)
                 for r in ("", "mine", "")]
        self.client.batch_evaluate_accounts(requests=items)
        first, mine, last = (r.request_id for r in self.service.requests[0].requests)
        self.assertEqual((mine, items[0].request_id), ("mine", ""))
        self.assertTrue(first and last and first != last)

    def test_unknown_commits_are_repeated_and_other_unknowns_are_not(self):
        self.service.failures = [failure(grpc.StatusCode.UNKNOWN, "COMMIT_UNKNOWN")]
        self.client.evaluate_account(account_id="a")
        self.assertEqual(len(self.service.requests), 2)
        self.service.failures = [failure(grpc.StatusCode.UNKNOWN, "OTHER")]
        with self.assertRaises(TiermarkError):
            self.client.get_account(account_id="a")
        self.assertEqual(len(self.service.requests), 3)

    def test_overload_waits_as_long_as_it_is_told(self):
        self.service.failures = [failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                                         Duration(nanos=300_000_000))]
        started = time.monotonic()
        self.client.get_account(account_id="a")
        self.assertGreaterEqual(time.monotonic() - started, 0.3)

    def test_refusals_are_not_repeated(self):
        for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND,
                     grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS,
                     grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED):
            self.service.requests.clear()
            self.service.failures = [failure(code, "NO")]
            with self.assertRaises(TiermarkError) as caught:
                self.client.evaluate_account(account_id="a")
            self.assertEqual((caught.exception.code, caught.exception.reason), (code, "NO"))
            self.assertEqual(len(self.service.requests), 1)

    def test_gives_up_in_the_end(self):
        self.service.failures = [failure(grpc.StatusCode.UNAVAILABLE, "DOWN")] * 99
        with self.assertRaises(TiermarkError):
            self.client.get_account(account_id="a")
        self.assertEqual(len(self.service.requests), 5)
        started = time.monotonic()
        with self.assertRaises(TiermarkError):
            self.client.get_account(account_id="a", deadline=0.2)
        self.assertLess(time.monotonic() - started, 1)


class RestartTest(ServerTest):
    def test_a_client_outlives_a_restart_of_its_server(self):
        # On a port of its own, so that the server comes back where it was.
        port = self.server.address
        with Client(port) as client:
            client.evaluate_account(account_id="a", facts=bank())
            self.server.stop()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(client.get_account, account_id="a", deadline=20)
                self.server.start(f"--grpc-listen={port}")
                self.assertEqual(answer.result().account.scores[0].score, 100)


if __name__ == "__main__":
    unittest.main()
