"""Callers that call too much: told when to come back, over each front end, and nobody else hurt."""
import time
import unittest

from auth_support import (EXHAUSTED, RPCS, UNAUTHENTICATED, GrpcCaller, all_callers, bearer,
                          create_key, id_of)
from server import Server
from support import facts, fintech
from tiermark.v1 import scoring_service_pb2 as scoring_pb

RATE = 5
BURST = 2 * RATE  # What comes in two seconds may be used at once.
READ = RPCS["GetExchangeRates"]


class LimitTest(unittest.TestCase):
    flag = None

    @classmethod
    def setUpClass(cls):
        if cls.flag is None:
            raise unittest.SkipTest("the flags are tried below")

    def setUp(self):
        """Each test has buckets that are full."""
        self.server = Server(f"{self.flag}={RATE}")
        self.addCleanup(self.server.close)
        self.key, self.same_tenant, self.elsewhere = (
            create_key(self.server, tenant=tenant) for tenant in ("first", "first", "second"))
        self.server.start()
        self.callers = all_callers(self.server)
        for caller in self.callers:
            self.addCleanup(caller.close)

    def use_up(self, caller, secret, rpc=READ, request=None):
        """The first refusal; before it there was as much as there should be, about."""
        started, served = time.monotonic(), 0
        while time.monotonic() < started + 10:
            outcome = caller.call(rpc, request, bearer(secret))
            if not outcome.ok:
                came_since = RATE * (time.monotonic() - started)
                self.assertGreaterEqual(served, BURST)
                self.assertLessEqual(served, BURST + came_since + 1)
                return outcome
            served += 1
        self.fail("was never refused")

    def assert_limited(self, outcome):
        self.assertEqual((outcome.code, outcome.reason), (EXHAUSTED, "RATE_LIMITED"))
        self.assertGreater(outcome.retry_delay, 0)
        self.assertLessEqual(outcome.retry_delay, 1 / RATE)
        if outcome.http_status is not None:
            self.assertEqual(outcome.http_status, 429)
            self.assertEqual(outcome.headers.get("retry-after"), "1")

    def assert_served(self, secret, times=BURST):
        for number in range(times):
            outcome = self.callers[number % 3].call(READ, authorization=bearer(secret))
            self.assertTrue(outcome.ok, outcome.error)


class KeyRateTest(LimitTest):
    flag = "--key-rate"

    def test_refused_over_every_front_end_with_when_to_come_back(self):
        self.use_up(self.callers[0], self.key)
        for caller in self.callers:
            limited = [o for o in (caller.call(READ, authorization=bearer(self.key))
                                   for _ in range(3)) if not o.ok]
            self.assertGreaterEqual(len(limited), 2)
            for outcome in limited:
                self.assert_limited(outcome)
        time.sleep(limited[-1].retry_delay)
        self.assertTrue(self.callers[0].call(READ, authorization=bearer(self.key)).ok)

    def test_other_keys_are_not_hurt(self):
        self.use_up(self.callers[1], self.key)
        self.assert_served(self.same_tenant)
        self.assert_served(self.elsewhere)

    def test_secrets_that_are_wrong_take_nothing_from_their_key(self):
        for number in range(3 * BURST):
            outcome = self.callers[number % 3].call(
                READ, authorization=bearer(f"tmk_{id_of(self.key)}_wrong"))
            self.assertEqual(outcome.code, UNAUTHENTICATED)
        self.assert_served(self.key)

    def test_large_requests_cost_what_their_size_does(self):
        large = scoring_pb.BatchEvaluateAccountsRequest(requests=[
            scoring_pb.EvaluateAccountRequest(
                account_id=str(i), facts=fintech(expectations="x" * 1_000)) for i in range(12)])
        rpc, served = RPCS["BatchEvaluateAccounts"], 0
        for _ in range(BURST):
            served += self.callers[0].call(rpc, large, bearer(self.key)).ok
        # Each costs four: one, and one for each 4 KiB.
        self.assertLessEqual(served, 3)
        self.assertGreaterEqual(served, 2)

    def test_messages_of_a_stream_count_like_calls(self):
        stream = self.callers[0].channel.stream_stream(
            RPCS["StreamEvaluateAccounts"].path,
            scoring_pb.StreamEvaluateAccountsRequest.SerializeToString,
            scoring_pb.StreamEvaluateAccountsResponse.FromString)
        messages = iter([scoring_pb.StreamEvaluateAccountsRequest(requests=[
            scoring_pb.EvaluateAccountRequest(account_id="a", facts=facts(employees=i + 1))])
            for i in range(10 * BURST)])
        answered = 0
        with self.assertRaises(Exception) as ended:
            for _ in stream(messages, metadata=[("authorization", bearer(self.key))]):
                answered += 1
        self.assertEqual(ended.exception.code(), EXHAUSTED)
        self.assertGreaterEqual(answered, BURST)
        self.assertLess(answered, 5 * BURST)


class TenantRateTest(LimitTest):
    flag = "--tenant-rate"

    def test_a_tenants_keys_share_what_it_has(self):
        self.use_up(self.callers[0], self.key)
        outcome = self.callers[1].call(READ, authorization=bearer(self.same_tenant))
        self.assert_limited(outcome)

    def test_another_tenant_is_not_hurt(self):
        self.use_up(self.callers[2], self.key)
        self.assert_served(self.elsewhere)


class UnlimitedTest(unittest.TestCase):
    def test_without_the_flags_nobody_is_limited(self):
        server = Server()
        self.addCleanup(server.close)
        secret = create_key(server)
        server.start()
        caller = GrpcCaller(server.address)
        self.addCleanup(caller.close)
        for _ in range(300):
            self.assertTrue(caller.call(READ, authorization=bearer(secret)).ok)


if __name__ == "__main__":
    unittest.main()
