"""BatchEvaluateAccounts and StreamEvaluateAccounts."""
import unittest

import grpc

from support import (INVALID, NOT_FOUND, PRECONDITION, ServerTest, bank, evaluate_request, facts,
                     fintech)
from tiermark import TiermarkError
from tiermark.v1 import scoring_service_pb2 as scoring_pb

ITEMS_MAX = 500


def batch(items):
    return scoring_pb.BatchEvaluateAccountsRequest(requests=items)


def message(items):
    return scoring_pb.StreamEvaluateAccountsRequest(requests=items)


class BatchTest(ServerTest):
    def items(self, count):
        return [evaluate_request(self.account(f"-{i}"), bank() if i % 2 else fintech())
                for i in range(count)]

    def assert_scores(self, results, items):
        self.assertEqual([r.index for r in results], list(range(len(items))))
        self.assertEqual([r.account_id for r in results], [i.account_id for i in items])
        self.assertEqual([r.response.evaluation.score for r in results],
                         [100 if i % 2 else 16 for i in range(len(items))])

    def test_up_to_500_are_answered_in_order_and_kept(self):
        items = self.items(ITEMS_MAX)
        results = self.scoring.BatchEvaluateAccounts(batch(items)).results
        self.assert_scores(results, items)
        self.assertTrue(results[0].HasField("index"))
        self.restart()
        known = self.client.batch_get_accounts(account_ids=[i.account_id for i in items])
        self.assertFalse(known.unknown_account_ids)
        self.assertEqual([a.scores[0].evaluation_id for a in known.accounts],
                         [r.response.evaluation.evaluation_id for r in results])

    def test_none_or_more_than_500_are_refused(self):
        self.invalid(self.scoring.BatchEvaluateAccounts, batch([]), "requests")
        items = self.items(ITEMS_MAX + 1)
        self.invalid(self.scoring.BatchEvaluateAccounts, batch(items), "requests")
        self.assertIsNone(self.known(items[0].account_id))

    def test_items_fail_alone_each_with_its_status(self):
        items = [evaluate_request(self.account(), bank()),
                 evaluate_request("", bank()),
                 evaluate_request(self.account("-unknown")),
                 evaluate_request(self.account("-missing"), facts(country="CO")),
                 evaluate_request(self.account("-model"), bank(), model_id="no-such-model"),
                 evaluate_request(self.account(), fintech())]
        results = self.scoring.BatchEvaluateAccounts(batch(items)).results
        expected = [None, (INVALID, "INVALID_FIELDS"), (NOT_FOUND, "ACCOUNT_NOT_FOUND"),
                    (PRECONDITION, "FACTS_MISSING"), (NOT_FOUND, "MODEL_NOT_FOUND"), None]
        for result, fault in zip(results, expected):
            if fault is None:
                self.assertEqual(result.WhichOneof("outcome"), "response")
            else:
                error = TiermarkError(fault[0], result.error.message,
                                      result.error.SerializeToString())
                self.assertEqual((result.error.code, error.reason), (fault[0].value[0], fault[1]))
        # Of one account in the order given: each sees the one before.
        self.assertEqual(results[5].response.evaluation.previous_evaluation_id,
                         results[0].response.evaluation.evaluation_id)

    def test_validate_only_items_write_nothing(self):
        items = [evaluate_request(self.account(), bank(), validate_only=True)]
        [result] = self.scoring.BatchEvaluateAccounts(batch(items)).results
        self.assertEqual(result.response.evaluation.score, 100)
        self.assertIsNone(self.known(self.account()))


class StreamTest(ServerTest):
    def test_messages_are_answered_in_order(self):
        messages = [message([evaluate_request(self.account(f"-{m}-{i}"), bank())
                             for i in range(1 + 37 * m)]) for m in range(10)]
        answers = list(self.scoring.StreamEvaluateAccounts(iter(messages)))
        self.assertEqual(len(answers), len(messages))
        for sent, answer in zip(messages, answers):
            self.assertEqual([r.account_id for r in answer.results],
                             [r.account_id for r in sent.requests])
            self.assertEqual([r.index for r in answer.results], list(range(len(sent.requests))))
            self.assertTrue(all(r.response.evaluation.score == 100 for r in answer.results))

    def test_an_empty_stream_ends_well(self):
        self.assertEqual(list(self.scoring.StreamEvaluateAccounts(iter([]))), [])

    def test_a_bad_item_fails_alone_and_the_stream_goes_on(self):
        messages = [message([evaluate_request("", bank()), evaluate_request(self.account())]),
                    message([evaluate_request(self.account(), bank())])]
        first, second = self.scoring.StreamEvaluateAccounts(iter(messages))
        self.assertEqual([r.error.code for r in first.results],
                         [INVALID.value[0], NOT_FOUND.value[0]])
        self.assertEqual(second.results[0].response.evaluation.score, 100)

    def test_a_message_of_none_or_too_many_ends_the_stream(self):
        many = [evaluate_request(self.account("-many"), bank())] * (ITEMS_MAX + 1)
        for bad in ([], many):
            with self.subTest(len(bad)):
                good = [evaluate_request(self.account(f"-{len(bad)}"), bank())]
                answers = self.scoring.StreamEvaluateAccounts(
                    iter([message(good), message(bad), message(good)]))
                self.assertEqual(next(answers).results[0].response.evaluation.score, 100)
                with self.assertRaises(grpc.RpcError) as caught:
                    list(answers)
                self.assert_error(TiermarkError.of(caught.exception), INVALID, "INVALID_FIELDS",
                                  ["requests"])
                self.assertEqual(len(self.known(self.account(f"-{len(bad)}"))[1]), 1)
        self.assertIsNone(self.known(self.account("-many")))

    def test_cancelling_leaves_the_server_well(self):
        def endless():
            number = 0
            while True:
                number += 1
                yield message([evaluate_request(self.account(f"-{number}"), bank())])

        answers = self.scoring.StreamEvaluateAccounts(endless())
        for _ in range(20):
            next(answers)
        answers.cancel()
        self.assertEqual(self.evaluate(self.account(), bank()).evaluation.score, 100)


if __name__ == "__main__":
    unittest.main()
