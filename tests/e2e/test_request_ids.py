"""Request ids: the first answer again, also after a restart and a kill; another body is refused."""
import unittest

from support import (EXISTS, ServerTest, bank, evaluate_request, facts, fintech, numbers,
                     upsert_request)
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb

OTHER_WRITES = 8  # More than an account's state remembers, so that the log is searched too.


class RequestIdTest(ServerTest):
    def own(self, suffix):
        """A request id that no other test uses."""
        return f"{self.account()[-50:]}-{suffix}"

    def writes(self, account_id):
        """(RPC name, request with an id, the same id with another body)."""
        event = accounts_pb.ReportAccountEventRequest(
            account_id=account_id, request_id=self.own("event"), note="first",
            type=reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER)
        other_event = accounts_pb.ReportAccountEventRequest()
        other_event.CopyFrom(event)
        other_event.note = "second"
        return [
            ("EvaluateAccount",
             evaluate_request(account_id, bank(), request_id=self.own("evaluate")),
             evaluate_request(account_id, fintech(), request_id=self.own("evaluate"))),
            ("UpsertAccount",
             upsert_request(account_id, facts(past_due_cases=900_000),
                            request_id=self.own("upsert")),
             upsert_request(account_id, facts(past_due_cases=900_001),
                            request_id=self.own("upsert"))),
            ("ReportAccountEvent", event, other_event)]

    def rpc(self, name):
        return getattr(self.scoring if name == "EvaluateAccount" else self.accounts, name)

    def check_repeats(self, again):
        """Writes, does `again`, and repeats each write."""
        writes = self.writes(self.account())
        answers = [self.rpc(name)(request) for name, request, _ in writes]
        for number in range(OTHER_WRITES):
            self.evaluate(self.account(), facts(past_due_cases=number),
                          request_id=self.own(number))
        before = self.known(self.account())
        again()
        for (name, request, other), answer in zip(writes, answers):
            with self.subTest(name):
                self.assertEqual(self.rpc(name)(request), answer)
                self.refused(self.rpc(name), other, EXISTS, "REQUEST_ID_REUSED")
        self.assertEqual(self.known(self.account()), before)

    def test_repeats_at_once(self):
        self.check_repeats(lambda: None)

    def test_repeats_after_a_restart(self):
        self.check_repeats(self.restart)

    def test_repeats_after_a_kill(self):
        self.check_repeats(lambda: self.restart(kill=True))

    def test_an_id_whose_call_failed_is_free(self):
        self.error_of(self.scoring.EvaluateAccount,
                      evaluate_request(self.account(), facts(), request_id=self.own("r")))
        answer = self.evaluate(self.account(), bank(), request_id=self.own("r"))
        self.assertEqual(answer.evaluation.score, 100)

    def test_scope_is_the_rpc(self):
        self.evaluate(self.account(), bank(), request_id=self.own("same"))
        changed = self.upsert(self.account(), facts(past_due_cases=1),
                              request_id=self.own("same"))
        self.assertTrue(changed.changed)
        [result] = self.client.batch_evaluate_accounts(requests=[
            evaluate_request(self.account(), request_id=self.own("same"))]).results
        self.assertEqual(result.response.evaluation.score, 80)

    def test_an_id_without_effect_is_free(self):
        self.upsert(self.account(), bank())
        same = self.upsert(self.account(), bank(), request_id=self.own("r"))
        other = self.upsert(self.account(), fintech(), request_id=self.own("r"))
        self.assertEqual((same.changed, other.changed), (False, True))

    def test_without_an_id_each_call_is_one_more(self):
        for _ in range(2):
            self.scoring.EvaluateAccount(evaluate_request(self.account(), bank()))
        self.assertEqual(len(self.known(self.account())[1]), 2)

    def test_items_of_a_batch_and_a_stream_carry_their_own(self):
        items = [evaluate_request(self.account(), bank(), request_id=self.own("a")),
                 evaluate_request(self.account(), fintech(), request_id=self.own("b")),
                 evaluate_request(self.account(), bank(), request_id=self.own("a")),
                 evaluate_request(self.account(), fintech(), request_id=self.own("a"))]

        def batch():
            return self.client.batch_evaluate_accounts(requests=items).results

        def stream():
            return next(self.client.stream_evaluate_accounts(
                iter([scoring_pb.StreamEvaluateAccountsRequest(requests=items)]))).results

        for way in (batch, stream):
            with self.subTest(way.__name__):
                first, again = way(), way()
                self.assertEqual(first[2].response, first[0].response)
                self.assertEqual(first[3].error.code, EXISTS.value[0])
                self.assertEqual([r.response for r in again], [r.response for r in first])
        self.assertEqual(len(self.known(self.account())[1]), 4, "two by batch, two by stream")

    def test_repeated_answer_keeps_custom_facts_and_movement(self):
        given = bank(custom=numbers("key_", 30))
        self.evaluate(self.account(), fintech())
        first = self.evaluate(self.account(), given, request_id=self.own("r"))
        self.evaluate(self.account(), fintech())
        again = self.evaluate(self.account(), given, request_id=self.own("r"))
        self.assertEqual(again, first)


if __name__ == "__main__":
    unittest.main()
