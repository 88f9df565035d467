"""kill -9 during concurrent writes, again and again: what was acknowledged is there, once.

Workers write evaluations with request ids and keep every answer. After each kill they send what
was not answered again, as a careful caller does. Then every evaluation that the store lists must be
one that was answered, and the other way round: none lost, none doubled for its request id.

TIERMARK_CRASH_KILLS: how often, 50 unless given. TIERMARK_CRASH_SEED: repeats a run's choices.
"""
import collections
import os
import random
import sqlite3
import threading
import time
import unittest

import grpc

from server import Server
from support import bank, evaluate_request
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub

KILLS = int(os.environ.get("TIERMARK_CRASH_KILLS", "50"))
SEED = int(os.environ.get("TIERMARK_CRASH_SEED", random.randrange(1 << 32)))
ACCOUNTS, WORKERS, BATCH_ITEMS = 30, 6, 10
# Enough for checkpoints to fall among the kills, and over soon all the same.
ROUND_SECONDS = (0.05, 0.6)
OLD_ANSWERS_REPEATED = 20
CALL_SECONDS = 20


class Answer:
    """One acknowledged evaluation: what was sent, by which RPC, and the whole answer."""

    def __init__(self, request, batched, response):
        self.request, self.batched, self.response = request, batched, response

    @property
    def evaluation_id(self):
        return self.response.evaluation.evaluation_id


def call(stub, requests, batched):
    """Sends the requests and is their answers; raises when any is left without one."""
    if not batched:
        return [stub.EvaluateAccount(requests[0], timeout=CALL_SECONDS)]
    results = stub.BatchEvaluateAccounts(
        scoring_pb.BatchEvaluateAccountsRequest(requests=requests), timeout=CALL_SECONDS).results
    errors = [r.error for r in results if r.WhichOneof("outcome") != "response"]
    if errors:
        raise AssertionError(f"refused: {errors[0]}")
    return [r.response for r in results]


class Worker(threading.Thread):
    """Writes until its server is gone; `unanswered` is what it then was waiting for."""

    def __init__(self, number, address, name, rng):
        super().__init__(daemon=True)
        self._stub = ScoringServiceStub(grpc.insecure_channel(address))
        self._name, self._rng = f"{name}-{number}", rng
        self.batched = number == 0
        self.answers, self.unanswered, self.fault = [], [], None

    def run(self):
        sent = 0
        while True:
            requests = []
            for _ in range(BATCH_ITEMS if self.batched else 1):
                sent += 1
                requests.append(evaluate_request(
                    f"account-{self._rng.randrange(ACCOUNTS)}",
                    bank(past_due_cases=self._rng.randrange(1_000_000)),
                    request_id=f"{self._name}-{sent}"))
            try:
                responses = call(self._stub, requests, self.batched)
            except grpc.RpcError as error:
                self.unanswered = requests
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    self.fault = error
                return
            except AssertionError as error:
                self.fault = error
                return
            self.answers += [Answer(q, self.batched, r) for q, r in zip(requests, responses)]


class KillTest(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(SEED)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.answers = []
        self.restart_seconds = []

    def test_no_acknowledged_evaluation_is_lost_or_doubled(self):
        print(f"TIERMARK_CRASH_SEED={SEED} TIERMARK_CRASH_KILLS={KILLS}", flush=True)
        self.server.start()
        for number in range(KILLS):
            with self.subTest(kill=number):
                self.check_round(number)
        self.check_whole_history(self.stub())
        self.assertEqual(self.server.stop(), 0)
        self.check_file()
        print(f"{len(self.answers)} evaluations, {KILLS} kills, serving again after "
              f"{max(self.restart_seconds):.2f} s at most", flush=True)

    def stub(self):
        return ScoringServiceStub(grpc.insecure_channel(self.server.address))

    def check_round(self, number):
        workers = [Worker(i, self.server.address, f"r{number}",
                          random.Random(self.rng.getrandbits(64))) for i in range(WORKERS)]
        for worker in workers:
            worker.start()
        time.sleep(self.rng.uniform(*ROUND_SECONDS))
        self.server.kill()
        for worker in workers:
            worker.join(CALL_SECONDS + 5)
            self.assertFalse(worker.is_alive(), "a worker hangs")
            self.assertIsNone(worker.fault)
        started = time.monotonic()
        self.server.start()
        self.restart_seconds.append(time.monotonic() - started)

        stub, fresh = self.stub(), []
        for worker in workers:
            for answer in worker.answers:
                self.assert_repeats(stub, answer)
            fresh += worker.answers
            if worker.unanswered:
                responses = call(stub, worker.unanswered, worker.batched)
                fresh += [Answer(q, worker.batched, r)
                          for q, r in zip(worker.unanswered, responses)]
        for answer in self.rng.sample(self.answers,
                                      min(OLD_ANSWERS_REPEATED, len(self.answers))):
            self.assert_repeats(stub, answer)
        self.answers += fresh
        newest = collections.Counter(a.request.account_id for a in fresh)
        for account_id, count in newest.items():
            page = stub.ListEvaluations(scoring_pb.ListEvaluationsRequest(
                account_id=account_id, page_size=min(count, 1_000)), timeout=CALL_SECONDS)
            mine = {a.evaluation_id for a in fresh if a.request.account_id == account_id}
            listed = [e.evaluation_id for e in page.evaluations]
            self.assertLessEqual(set(listed), mine, "an evaluation that nobody was told of")
            self.assertEqual(len(listed), min(count, 1_000))

    def assert_repeats(self, stub, answer):
        """The same request gets the first answer, whole."""
        # By the same RPC, which is part of a request id's scope.
        [again] = call(stub, [answer.request], answer.batched)
        self.assertEqual(again, answer.response)

    def check_whole_history(self, stub):
        told = collections.defaultdict(dict)
        for answer in self.answers:
            told[answer.request.account_id][answer.evaluation_id] = answer
        self.assertEqual(sum(map(len, told.values())), len(self.answers),
                         "two request ids were told the same evaluation")
        for account_id, answers in told.items():
            listed, request = [], scoring_pb.ListEvaluationsRequest(account_id=account_id,
                                                                    page_size=1_000)
            while True:
                page = stub.ListEvaluations(request, timeout=CALL_SECONDS)
                listed += page.evaluations
                request.page_token = page.next_page_token
                if not page.next_page_token:
                    break
            self.assertEqual(len(listed), len(answers))
            self.assertEqual({e.evaluation_id for e in listed}, set(answers))
            for evaluation in listed:
                self.assertEqual(evaluation, answers[evaluation.evaluation_id].response.evaluation)
            times = [e.evaluate_time.ToNanoseconds() for e in listed]
            self.assertEqual(times, sorted(times, reverse=True))

    def check_file(self):
        connection = sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True)
        try:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(connection.execute("PRAGMA foreign_key_check").fetchall(), [])
        finally:
            connection.close()


if __name__ == "__main__":
    unittest.main()
