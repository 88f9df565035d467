"""EvaluateAccount: scores, their explanation, and that they last."""
import re
import unittest

from support import ServerTest, bank, date, facts, fintech, mrr, usd
from tiermark.v1 import evaluation_pb2 as evaluation_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import segment_pb2 as segment_pb


class EvaluateTest(ServerTest):
    def test_bank_is_100_strategic_also_after_a_restart(self):
        self._check_and_restart(bank(), 100, 10_000, segment_pb.SEGMENT_STRATEGIC)

    def test_fintech_is_16_smb_also_after_a_restart(self):
        self._check_and_restart(fintech(), 16, 1_600, segment_pb.SEGMENT_SMB)

    def _check_and_restart(self, given, score, exact, segment):
        answer = self.evaluate(self.account(), given)
        evaluation = answer.evaluation
        self.assertEqual((evaluation.score, evaluation.exact_score, evaluation.segment),
                         (score, exact, segment))
        before = self.known(self.account())
        self.restart()
        self.assertEqual(self.known(self.account()), before)
        stored = self.client.get_evaluation(evaluation_id=evaluation.evaluation_id).evaluation
        self.assertEqual(stored.facts, given)
        stored.ClearField("facts")
        self.assertEqual(stored, evaluation)
        latest = self.get(self.account()).scores[0]
        self.assertEqual((latest.score, latest.segment, latest.evaluation_id),
                         (score, segment, evaluation.evaluation_id))

    def test_answer_explains_itself(self):
        evaluation = self.evaluate(self.account(), fintech()).evaluation
        explained = [(c.criterion_id, c.fact.name, c.points, c.weight_percent, c.contribution)
                     for c in evaluation.criteria]
        self.assertEqual(explained, [
            ("potential-mrr", "potential_mrr", 15, 40, 600),
            ("past-due-portfolio-size", "past_due_cases", 20, 20, 400),
            ("industry-reference", "industry_reference", 30, 20, 600),
            ("geographic-expansion", "countries", 0, 20, 0)])
        self.assertEqual(evaluation.exact_score, sum(c[-1] for c in explained))
        money, cases, industry, countries = evaluation.criteria
        self.assertEqual(money.fact.value.money, usd(1_000))
        self.assertEqual(cases.fact.value.int64, 2_000)
        self.assertEqual(list(countries.fact.items), ["CO"])
        self.assertEqual(countries.fact.value.int64, 1)
        for criterion in evaluation.criteria:
            self.assertTrue(criterion.display_name)
            self.assertTrue(criterion.tier_label)
        self.assertTrue(industry.fact.HasField("value"))
        self.assertEqual(evaluation.model.model_id, "account-segmentation")
        self.assertEqual(evaluation.model.version, 1)
        self.assertRegex(evaluation.model.digest, "^[0-9a-f]{64}$")
        self.assertEqual(evaluation.exchange_rates_version, 1)
        self.assertEqual((evaluation.band.band_id, evaluation.band.display_name), ("smb", "SMB"))

    def test_zero_is_given_in_full(self):
        # 0 differs from unknown, in answers too: optional scalars are always set.
        given = fintech(potential_mrr=[mrr("CO", 0)], past_due_cases=0,
                        industry_reference=facts_pb.INDUSTRY_REFERENCE_NONE)
        evaluation = self.evaluate(self.account(), given).evaluation
        self.assertTrue(evaluation.HasField("score"))
        self.assertTrue(evaluation.HasField("exact_score"))
        self.assertEqual(evaluation.score, 0)
        for criterion in evaluation.criteria:
            for name in ("points", "weight_percent", "contribution"):
                self.assertTrue(criterion.HasField(name), name)

    def test_distance_and_single_fact_changes_reach_the_next_segment(self):
        evaluation = self.evaluate(self.account(), fintech()).evaluation
        up = evaluation.to_next_segment
        # 35 is reached by an exact score of 34.50.
        self.assertEqual((up.segment, up.hundredths), (segment_pb.SEGMENT_COMMERCIAL, 1_850))
        self.assertFalse(evaluation.HasField("to_lower_segment"))
        self.assertTrue(up.changes)
        for index, change in enumerate(up.changes):
            self.assertTrue(change.message)
            given = self._changed(fintech(), change)
            reached = self.evaluate(self.account(f"-{index}"), given).evaluation
            self.assertEqual(reached.segment, segment_pb.SEGMENT_COMMERCIAL, change)

    def _changed(self, given, change):
        if change.fact == "potential_mrr":
            given.potential_mrr[0].amount.CopyFrom(change.at_least.money)
        elif change.fact == "past_due_cases":
            given.past_due_cases = change.at_least.int64
        elif change.fact == "industry_reference":
            name = change.one_of.values[0]
            given.industry_reference = facts_pb.IndustryReference.Value(
                f"INDUSTRY_REFERENCE_{name}")
        elif change.fact == "countries":
            given.operating_countries[:] = ["CO", "PE", "EC", "CL", "MX",
                                            "AR"][:change.at_least.int64]
        else:
            self.fail(f"names an unknown fact: {change}")
        return given

    def test_strategic_has_a_way_down_and_none_up(self):
        evaluation = self.evaluate(self.account(), bank()).evaluation
        self.assertFalse(evaluation.HasField("to_next_segment"))
        down = evaluation.to_lower_segment
        # From 100.00 down to 79.49, the nearest that rounds to 79.
        self.assertEqual((down.segment, down.hundredths), (segment_pb.SEGMENT_ENTERPRISE, 2_051))
        self.assertFalse(down.changes)

    def test_only_local_mrr_counts_and_each_other_is_noticed(self):
        given = fintech(potential_mrr=[mrr("PE", 900_000), mrr("CO", 1_000), mrr("CL", 800_000)])
        evaluation = self.evaluate(self.account(), given).evaluation
        self.assertEqual(evaluation.exact_score, 1_600)
        left_out = [n.message for n in evaluation.notices if n.code == "NON_LOCAL_MRR_LEFT_OUT"]
        for country in ("PE", "CL"):
            self.assertTrue(any(country in message for message in left_out), left_out)

    def test_money_is_exact_at_the_tier(self):
        below = fintech(potential_mrr=[mrr("CO", 1_999, nanos=999_999_999)])
        at = fintech(potential_mrr=[mrr("CO", 2_000)])
        self.assertEqual(self.evaluate(self.account("-below"), below).evaluation.exact_score, 1_600)
        self.assertEqual(self.evaluate(self.account("-at"), at).evaluation.exact_score, 2_200)

    def test_movement_follows_the_last_evaluation(self):
        first = self.evaluate(self.account(), fintech()).evaluation
        self.assertEqual(first.movement, evaluation_pb.MOVEMENT_FIRST)
        self.assertFalse(first.HasField("previous_score"))
        up = self.evaluate(self.account(), bank()).evaluation
        self.assertEqual(up.movement, evaluation_pb.MOVEMENT_UPGRADE)
        self.assertEqual((up.previous_segment, up.previous_score, up.previous_evaluation_id),
                         (segment_pb.SEGMENT_SMB, 16, first.evaluation_id))
        same = self.evaluate(self.account()).evaluation
        self.assertEqual(same.movement, evaluation_pb.MOVEMENT_UNCHANGED)
        down = self.evaluate(self.account(), fintech()).evaluation
        self.assertEqual(down.movement, evaluation_pb.MOVEMENT_DOWNGRADE)
        times = [e.evaluate_time.ToNanoseconds() for e in (first, up, same, down)]
        self.assertEqual(times, sorted(times))

    def test_named_model_and_version_score_the_same(self):
        evaluation = self.evaluate(self.account(), fintech()).evaluation
        for model_version in (0, 1):
            named = self.evaluate(self.account(), model_id="account-segmentation",
                                  model_version=model_version).evaluation
            self.assertEqual(named.model, evaluation.model)
            self.assertEqual(named.exact_score, evaluation.exact_score)

    def test_action_suits_the_stage(self):
        prospect = self.evaluate(self.account(), bank())
        self.assertEqual(prospect.recommended_action, prospect.playbook.prospect_action)
        client = self.evaluate(self.account(), facts(
            lifecycle_stage=facts_pb.LIFECYCLE_STAGE_CLIENT))
        self.assertEqual(client.recommended_action, client.playbook.client_action)
        self.assertNotEqual(client.playbook.client_action, client.playbook.prospect_action)
        self.assertEqual(client.playbook.segment, segment_pb.SEGMENT_STRATEGIC)
        self.assertEqual(client.evaluation.playbook_version, client.playbook.version)

    def test_evaluation_ids_are_distinct_and_opaque(self):
        ids = [self.evaluate(self.account(), fintech()).evaluation.evaluation_id
               for _ in range(5)]
        self.assertEqual(len(set(ids)), 5)
        for evaluation_id in ids:
            self.assertTrue(re.fullmatch(r"[!-~]{1,64}", evaluation_id), evaluation_id)

    def test_evaluate_date_is_the_day_of_evaluate_time(self):
        evaluation = self.evaluate(self.account(), fintech()).evaluation
        day = evaluation.evaluate_time.ToDatetime()
        self.assertEqual(evaluation.evaluate_date, date(day.year, day.month, day.day))


class ValidateOnlyTest(ServerTest):
    def test_answers_as_the_call_would_and_writes_nothing(self):
        answer = self.evaluate(self.account(), bank(), validate_only=True)
        self.assertEqual((answer.evaluation.score, answer.evaluation.evaluation_id), (100, ""))
        self.assertIsNone(self.known(self.account()))
        stored = self.evaluate(self.account(), bank())
        for kind in (answer, stored):
            for name in ("evaluation_id", "evaluate_time"):
                kind.evaluation.ClearField(name)
        self.assertEqual(answer, stored)

    def test_of_a_known_account_leaves_it_as_it_was(self):
        self.evaluate(self.account(), fintech())
        before = self.known(self.account())
        answer = self.evaluate(self.account(), bank(), validate_only=True)
        self.assertEqual(answer.evaluation.movement, evaluation_pb.MOVEMENT_UPGRADE)
        self.assertEqual(answer.evaluation.evaluation_id, "")
        self.assertEqual(self.known(self.account()), before)

    def test_records_no_request_id(self):
        self.evaluate(self.account(), fintech())
        self.evaluate(self.account(), bank(), validate_only=True, request_id=self.account())
        written = self.evaluate(self.account(), bank(), request_id=self.account())
        self.assertTrue(written.evaluation.evaluation_id)


if __name__ == "__main__":
    unittest.main()
