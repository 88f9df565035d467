"""Bad facts, masks and ids: every fault by its path, at each RPC that takes facts, and nothing
written."""
import unittest

import fact_faults
from support import (EXISTS, INVALID, NOT_FOUND, PRECONDITION, ServerTest, bank, evaluate_request,
                     facts, fintech, mrr, numbers, upsert_request)
from google.protobuf.field_mask_pb2 import FieldMask
from tiermark import TiermarkError
from tiermark.v1 import scoring_service_pb2 as scoring_pb


class BadFactsTest(ServerTest):
    def setUp(self):
        self.stored = self.account("-known")
        self.evaluate(self.stored, bank())
        self.before = self.known(self.stored)

    def assert_nothing_written(self):
        self.assertEqual(self.known(self.stored), self.before)
        self.assertIsNone(self.known(self.account("-unknown")))

    def ways(self, given, **fields):
        """Each RPC that takes facts, for a known and for an unknown account."""
        for account_id in (self.stored, self.account("-unknown")):
            yield self.scoring.EvaluateAccount, evaluate_request(account_id, given, **fields)
            yield self.scoring.EvaluateAccount, evaluate_request(account_id, given,
                                                                 validate_only=True, **fields)
            yield self.accounts.UpsertAccount, upsert_request(account_id, given, **fields)

    def test_bad_facts_are_refused_with_every_path(self):
        for name, given, paths in fact_faults.bad_facts():
            with self.subTest(name):
                for call, request in self.ways(given):
                    self.invalid(call, request, *paths)
                self.assert_nothing_written()

    def test_lists_that_are_too_long_are_refused(self):
        for name, given, path in fact_faults.too_long_country_lists():
            with self.subTest(name):
                for call, request in self.ways(given):
                    error = self.refused(call, request, INVALID, "INVALID_FIELDS")
                    self.assertIn(path, dict(error.field_violations))
                self.assert_nothing_written()

    def test_more_faults_than_an_answer_holds_are_still_told(self):
        # A client takes 8 KiB of trailers unless told otherwise: beyond it, it sees no reason.
        given = facts(operating_countries=["ZZ"] * 250, expansion_countries=["ZZ"] * 250,
                      potential_mrr=[mrr("zz", -1, "zzz")] * 64, financial_products=[""] * 64)
        for call, request in self.ways(given):
            error = self.refused(call, request, INVALID, "INVALID_FIELDS")
            self.assertGreater(len(error.field_violations), 20)
            self.assertIn("more", error.message)
        self.assert_nothing_written()

    def test_facts_inside_the_bounds_are_kept_as_given(self):
        for number, (name, given) in enumerate(fact_faults.good_facts()):
            with self.subTest(name):
                account_id = self.account(f"-{number}")
                self.upsert(account_id, given)
                self.assertEqual(self.get(account_id).facts, given)

    def test_bad_masks_are_refused_with_every_path(self):
        for name, given, mask, paths in fact_faults.bad_masks():
            with self.subTest(name):
                for call, request in self.ways(given, update_mask=mask):
                    self.invalid(call, request, *paths)
                self.assert_nothing_written()

    def test_faults_of_all_parts_are_listed_at_once(self):
        request = evaluate_request(" ", facts(past_due_cases=-1, country="CO"),
                                   update_mask=FieldMask(paths=["past_due_cases", "no_such"]),
                                   model_id="Not A Model", model_version=-1, request_id="a" * 65)
        self.invalid(self.scoring.EvaluateAccount, request, "account_id", "facts.past_due_cases",
                     "facts.country", "update_mask.paths[1]", "model_id", "model_version",
                     "request_id")

    def test_an_item_of_a_batch_or_stream_fails_alone_with_the_same_paths(self):
        faults = [f for f in fact_faults.bad_facts() if "100000" not in f[0]][::7]
        items = []
        for number, (_, given, _) in enumerate(faults):
            items.append(evaluate_request(self.account(f"-good-{number}"), fintech()))
            items.append(evaluate_request(self.account(f"-bad-{number}"), given))
        batch = self.scoring.BatchEvaluateAccounts(
            scoring_pb.BatchEvaluateAccountsRequest(requests=items)).results
        [streamed] = self.scoring.StreamEvaluateAccounts(
            iter([scoring_pb.StreamEvaluateAccountsRequest(requests=items)]))
        for results in (batch, streamed.results):
            self.assertEqual(len(results), len(items))
            for number, (name, _, paths) in enumerate(faults):
                with self.subTest(name):
                    good, bad = results[2 * number], results[2 * number + 1]
                    self.assertEqual(good.response.evaluation.score, 16)
                    self.assertEqual((bad.index, bad.account_id),
                                     (2 * number + 1, self.account(f"-bad-{number}")))
                    self.assert_item_error(bad, INVALID, "INVALID_FIELDS", paths)
                    self.assertIsNone(self.known(bad.account_id))

    def assert_item_error(self, result, code, reason, paths=None):
        self.assertEqual(result.WhichOneof("outcome"), "error")
        error = TiermarkError(code, result.error.message, result.error.SerializeToString())
        self.assertEqual(result.error.code, code.value[0])
        self.assert_error(error, code, reason, paths)


class MissingTest(ServerTest):
    ALL = ["facts.country", "facts.potential_mrr", "facts.past_due_cases",
           "facts.industry_reference", "facts.operating_countries"]

    def missing(self, request, *paths):
        for validate_only in (False, True):
            request.validate_only = validate_only
            self.refused(self.scoring.EvaluateAccount, request, PRECONDITION, "FACTS_MISSING",
                         paths)

    def test_missing_facts_are_all_listed_and_nothing_is_written(self):
        for names in (["past_due_cases"], ["industry_reference"], ["potential_mrr"],
                      ["operating_countries"],
                      ["past_due_cases", "industry_reference", "operating_countries"]):
            with self.subTest(names):
                given = fintech(**{name: None for name in names})
                self.missing(evaluate_request(self.account(), given),
                             *[f"facts.{name}" for name in names])
                self.assertIsNone(self.known(self.account()))
        self.missing(evaluate_request(self.account(), facts()), *self.ALL)
        self.assertIsNone(self.known(self.account()))

    def test_mrr_of_other_countries_is_no_local_one(self):
        self.missing(evaluate_request(self.account(), fintech(potential_mrr=[mrr("PE", 9_000)])),
                     "facts.potential_mrr")

    def test_clearing_a_needed_fact_fails_and_keeps_it(self):
        self.evaluate(self.account(), bank())
        before = self.known(self.account())
        self.missing(evaluate_request(self.account(),
                                      update_mask=FieldMask(paths=["past_due_cases"])),
                     "facts.past_due_cases")
        self.assertEqual(self.known(self.account()), before)

    def test_a_synced_account_without_facts_misses_them_all(self):
        self.upsert(self.account(), facts(display_name="Nothing yet"))
        self.missing(evaluate_request(self.account()), *self.ALL)

    def test_currency_without_a_rate_is_named(self):
        request = evaluate_request(self.account(), fintech(potential_mrr=[mrr("CO", 1, "COP")]))
        error = self.refused(self.scoring.EvaluateAccount, request, PRECONDITION,
                             "EXCHANGE_RATE_MISSING")
        self.assertIn("COP", str(error))
        self.assertIsNone(self.known(self.account()))

    def test_too_many_custom_facts_after_the_merge(self):
        self.upsert(self.account(), facts(custom=numbers("a", 40)))
        before = self.known(self.account())
        more = facts(custom=numbers("b", 40))
        self.invalid(self.accounts.UpsertAccount, upsert_request(self.account(), more),
                     "facts.custom")
        self.invalid(self.scoring.EvaluateAccount, evaluate_request(self.account(), more),
                     "facts.custom")
        self.assertEqual(self.known(self.account()), before)


class UnknownTest(ServerTest):
    def test_unknown_account_without_facts_is_not_found(self):
        for fields in ({}, {"validate_only": True}, {"request_id": self.account()},
                       {"update_mask": FieldMask(paths=["country"])}):
            self.refused(self.scoring.EvaluateAccount, evaluate_request(self.account(), **fields),
                         NOT_FOUND, "ACCOUNT_NOT_FOUND")
        self.assertIsNone(self.known(self.account()))

    def test_unknown_model_or_version_is_not_found(self):
        self.evaluate(self.account("-known"), bank())
        for model_id, version in [("no-such-model", 0), ("no-such-model", 1),
                                  ("account-segmentation", 2),
                                  ("account-segmentation", 2**31 - 1)]:
            for account_id in (self.account(), self.account("-known")):
                before = self.known(account_id)
                self.refused(self.scoring.EvaluateAccount,
                             evaluate_request(account_id, bank(), model_id=model_id,
                                              model_version=version),
                             NOT_FOUND, "MODEL_NOT_FOUND")
                self.assertEqual(self.known(account_id), before)

    def test_model_is_named_well(self):
        for model_id in ("Account-Segmentation", "a b", "-a", "a-", "a--b", "a_b", "a" * 65, "é",
                         "a\0"):
            with self.subTest(model_id):
                self.invalid(self.scoring.EvaluateAccount,
                             evaluate_request(self.account(), bank(), model_id=model_id),
                             "model_id")
        self.invalid(self.scoring.EvaluateAccount,
                     evaluate_request(self.account(), bank(), model_version=1), "model_version")
        self.invalid(self.scoring.EvaluateAccount,
                     evaluate_request(self.account(), bank(), model_id="account-segmentation",
                                      model_version=-1), "model_version")
        self.assertIsNone(self.known(self.account()))

    def test_request_id_is_printable_and_short(self):
        for request_id in ("a" * 65, "a\0", "a\nb", "\x7f"):
            with self.subTest(request_id):
                self.invalid(self.scoring.EvaluateAccount,
                             evaluate_request(self.account(), bank(), request_id=request_id),
                             "request_id")
                self.invalid(self.accounts.UpsertAccount,
                             upsert_request(self.account(), bank(), request_id=request_id),
                             "request_id")
        self.assertIsNone(self.known(self.account()))
        self.evaluate(self.account(), bank(), request_id="~ " * 32)

    def test_reused_request_id_is_refused(self):
        self.evaluate(self.account(), bank(), request_id=self.account())
        before = self.known(self.account())
        self.refused(self.scoring.EvaluateAccount,
                     evaluate_request(self.account(), fintech(), request_id=self.account()),
                     EXISTS, "REQUEST_ID_REUSED")
        self.assertEqual(self.known(self.account()), before)


if __name__ == "__main__":
    unittest.main()
