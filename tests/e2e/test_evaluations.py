"""GetEvaluation and ListEvaluations: the past."""
import unittest

from google.protobuf.timestamp_pb2 import Timestamp

from fact_faults import BAD_IDS
from support import INVALID, NOT_FOUND, ServerTest, bank, facts, fintech
from server import Server
from tiermark import Client
from tiermark.v1 import scoring_service_pb2 as scoring_pb


def instant(seconds, nanos=0):
    return Timestamp(seconds=seconds, nanos=nanos)


def just_after(timestamp):
    after = Timestamp()
    after.FromNanoseconds(timestamp.ToNanoseconds() + 1_000)
    return after


class GetEvaluationTest(ServerTest):
    def test_as_it_was_with_its_facts(self):
        first = self.evaluate(self.account(), bank()).evaluation
        self.evaluate(self.account(), fintech())
        stored = self.client.get_evaluation(evaluation_id=first.evaluation_id).evaluation
        self.assertEqual(stored.facts, bank())
        stored.ClearField("facts")
        self.assertEqual(stored, first)

    def test_ids_of_other_things_are_not_found(self):
        evaluation_id = self.evaluate(self.account(), bank()).evaluation.evaluation_id
        # The next place in the log holds a change of facts.
        self.upsert(self.account(), facts(past_due_cases=1))
        self.evaluate(self.account(), fintech())
        following = self.client.list_evaluations(account_id=self.account()).evaluations[0]
        self.assertNotEqual(following.evaluation_id, evaluation_id)
        event_id = self.client.report_account_event(account_id=self.account(),
                                                    type=1).event.event_id
        error = self.error_of(self.scoring.GetEvaluation,
                              scoring_pb.GetEvaluationRequest(evaluation_id=event_id))
        self.assertIn(error.code, (INVALID, NOT_FOUND))

    def test_malformed_ids(self):
        for evaluation_id in ["", " ", "x", "a\0b", "-1", "é", "a" * 10_000, "9" * 40]:
            with self.subTest(evaluation_id[:20]):
                self.invalid(self.scoring.GetEvaluation,
                             scoring_pb.GetEvaluationRequest(evaluation_id=evaluation_id),
                             "evaluation_id")

    def test_of_another_store_is_not_found(self):
        with Server() as other, Client(other.address) as client:
            for _ in range(300):
                last = client.evaluate_account(account_id="a", facts=bank()).evaluation
        self.refused(self.scoring.GetEvaluation,
                     scoring_pb.GetEvaluationRequest(evaluation_id=last.evaluation_id),
                     NOT_FOUND, "EVALUATION_NOT_FOUND")


class ListEvaluationsTest(ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = []
        for number in range(57):
            cls.client.evaluate_account(account_id="noise", facts=fintech())
            given = bank(past_due_cases=number * 10_000)
            cls.made.append(cls.client.evaluate_account(account_id="a", facts=given).evaluation)
        cls.made.reverse()

    def list(self, **fields):
        return list(self.client.iterate_evaluations(account_id="a", **fields))

    def test_newest_first_without_facts(self):
        self.assertEqual(self.list(), self.made)

    def test_pages_of_any_size_are_the_same_list(self):
        for page_size in (1, 2, 7, 56, 57, 58, 1_000, 1_001):
            with self.subTest(page_size):
                self.assertEqual(self.list(page_size=page_size), self.made)

    def test_page_sizes(self):
        page = self.client.list_evaluations(account_id="a")
        self.assertEqual(len(page.evaluations), 50)
        rest = self.client.list_evaluations(account_id="a", page_token=page.next_page_token)
        self.assertEqual((len(rest.evaluations), rest.next_page_token), (7, ""))

    def test_later_evaluations_do_not_disturb_the_pages(self):
        self.client.evaluate_account(account_id="b", facts=bank())
        for _ in range(3):
            self.client.evaluate_account(account_id="b", facts=bank())
        page = self.client.list_evaluations(account_id="b", page_size=2)
        self.client.evaluate_account(account_id="b", facts=bank())
        rest = self.client.list_evaluations(account_id="b", page_token=page.next_page_token)
        ids = [e.evaluation_id for p in (page, rest) for e in p.evaluations]
        self.assertEqual(len(set(ids)), 4)

    def test_by_time_from_start_on_and_before_end(self):
        newest, oldest = self.made[5], self.made[20]
        self.assertEqual(self.list(start_time=oldest.evaluate_time,
                                   end_time=newest.evaluate_time), self.made[6:21])
        self.assertEqual(self.list(start_time=just_after(oldest.evaluate_time)),
                         self.made[:20])
        self.assertEqual(self.list(end_time=just_after(newest.evaluate_time), page_size=4),
                         self.made[5:])
        self.assertEqual(self.list(start_time=newest.evaluate_time,
                                   end_time=newest.evaluate_time), [])

    def test_by_model(self):
        self.assertEqual(self.list(model_id="account-segmentation"), self.made)
        self.assertEqual(self.list(model_id="another-model"), [])

    def test_account_without_evaluations_and_unknown_account(self):
        self.upsert(self.account(), bank())
        self.assertEqual(len(self.client.list_evaluations(account_id=self.account()).evaluations),
                         0)
        self.refused(self.scoring.ListEvaluations,
                     scoring_pb.ListEvaluationsRequest(account_id=self.account("-unknown")),
                     NOT_FOUND, "ACCOUNT_NOT_FOUND")

    def test_token_of_another_query_is_refused(self):
        def request(**fields):
            return scoring_pb.ListEvaluationsRequest(**{"account_id": "a", **fields})

        token = self.scoring.ListEvaluations(request(page_size=2)).next_page_token
        self.scoring.ListEvaluations(request(page_size=9, page_token=token))
        for other in (dict(account_id="noise"), dict(model_id="account-segmentation"),
                      dict(start_time=instant(0)), dict(end_time=instant(2_000_000_000))):
            self.invalid(self.scoring.ListEvaluations, request(page_token=token, **other),
                         "page_token")
        # Nor is a token of another list.
        accounts = self.client.list_accounts(page_size=1).next_page_token
        self.invalid(self.scoring.ListEvaluations, request(page_token=accounts), "page_token")

    def test_bad_requests(self):
        for fields, paths in [
                (dict(page_size=-1), ["page_size"]), (dict(page_token="none"), ["page_token"]),
                (dict(model_id="No Model"), ["model_id"]),
                (dict(start_time=instant(0, -1)), ["start_time"]),
                (dict(start_time=instant(0, 1_000_000_000)), ["start_time"]),
                (dict(end_time=instant(253_402_300_800)), ["end_time"]),
                (dict(start_time=instant(-62_135_596_801)), ["start_time"]),
                (dict(end_time=instant(2**63 - 1), start_time=instant(-2**63)),
                 ["start_time", "end_time"]),
                (dict(start_time=instant(100), end_time=instant(99)), ["end_time"]),
                (dict(account_id="", page_size=-1, page_token="x", model_id="?"),
                 ["account_id", "page_size", "page_token", "model_id"])]:
            with self.subTest(fields=fields):
                request = scoring_pb.ListEvaluationsRequest(**{"account_id": "a", **fields})
                self.invalid(self.scoring.ListEvaluations, request, *paths)
        for why, bad in BAD_IDS.items():
            with self.subTest(why):
                self.invalid(self.scoring.ListEvaluations,
                             scoring_pb.ListEvaluationsRequest(account_id=bad), "account_id")


if __name__ == "__main__":
    unittest.main()
