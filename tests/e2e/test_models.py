"""Models as data, through the running server: drafted, tried, published, explained, and kept."""
import time
import unittest

from support import INVALID, NOT_FOUND, PRECONDITION, ServerTest, bank, fintech, mrr
from tiermark.v1 import admin_service_pb2 as admin_pb
from tiermark.v1 import dimensions_pb2 as dimensions_pb
from tiermark.v1 import evaluation_pb2 as evaluation_pb
from tiermark.v1 import model_service_pb2 as models_pb
from tiermark.v1 import policy_pb2 as policy_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1 import segment_pb2 as segment_pb
from tiermark.v1 import simulation_pb2 as simulation_pb
from tiermark.v1.admin_service_pb2_grpc import AdminServiceStub
from tiermark.v1.model_service_pb2_grpc import ModelServiceStub

SEGMENTATION = "account-segmentation"
MODEL_CHANGED = reevaluation_pb.REEVALUATION_REASON_MODEL_CHANGED


class ModelTest(ServerTest):
    @classmethod
    def connect(cls):
        super().connect()
        cls.models = ModelServiceStub(cls.channel)
        cls.admin = AdminServiceStub(cls.channel)

    def active(self):
        return self.client.get_model(model_id=SEGMENTATION)

    def draft(self, change, **fields):
        """Keeps the active segmentation model, changed, as a draft."""
        model = self.active().model
        change(model)
        return self.client.create_draft(model=model, **fields).info.draft_id

    def publish(self, change, **fields):
        return self.client.publish_model(draft_id=self.draft(change), **fields).info

    def simulate(self, **fields):
        """The result, and all movers that were sent on the way."""
        movers, result, progress = [], None, 0
        for message in self.client.simulate_model(simulation_pb.SimulateModelRequest(**fields)):
            progress += message.HasField("progress")
            movers.extend(message.movers.movers)
            if message.HasField("result"):
                result = message.result
        self.assertGreaterEqual(progress, 1)
        return result, movers

    def await_marking(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            marking = self.active().info.marking
            if marking.HasField("finish_time"):
                return marking
            time.sleep(0.02)
        self.fail("accounts are not marked in time")

    def reasons(self, account_id):
        return [due.reason for due in self.get(account_id).due]


def cases_for_nothing(model):
    """The bank goes from Strategic to Enterprise; the fintech stays SMB."""
    model.criteria[0].weight_percent, model.criteria[1].weight_percent = 20, 40
    for tier in model.criteria[1].numeric_tiers.tiers:
        tier.points = 0


class LifeOfAModelTest(ModelTest):
    def test_from_draft_to_the_accounts_it_moves(self):
        for i in range(6):
            self.evaluate(self.account(f"-bank-{i}"), bank())
            self.evaluate(self.account(f"-fintech-{i}"), fintech())
        draft_id = self.draft(cases_for_nothing)
        compared = self.client.compare_models(
            **{"from": models_pb.ModelSelector(model_id=SEGMENTATION),
               "to": models_pb.ModelSelector(draft_id=draft_id)}).differences
        self.assertEqual(compared[0].message, "weight of Potential MRR: 40 % → 20 %")

        result, movers = self.simulate(draft_id=draft_id, stream_movers=True)
        self.assertEqual((result.accounts, result.moved_accounts), (12, 6))
        self.assertEqual([(c.from_segment, c.to_segment, c.accounts, c.mrr.units)
                          for c in result.cells],
                         [(segment_pb.SEGMENT_STRATEGIC, segment_pb.SEGMENT_ENTERPRISE, 6, 360_000),
                          (segment_pb.SEGMENT_SMB, segment_pb.SEGMENT_SMB, 6, 6_000)])
        self.assertEqual(movers[0].message, "Potential MRR gives 20 instead of 40")
        said = {mover.account_id for mover in movers}

        info = self.client.publish_model(draft_id=draft_id, mark_moved_accounts=True).info
        self.assertEqual((info.version, info.state), (2, models_pb.MODEL_STATE_ACTIVE))
        marking = self.await_marking()
        self.assertEqual((marking.accounts_done, marking.accounts_marked), (12, 6))
        due = {account.account_id for account in self.client.iterate_reevaluation_due(
            reasons=[MODEL_CHANGED])}
        self.assertEqual(due, said)
        for i in range(6):
            for kind in ("bank", "fintech"):
                account_id = self.account(f"-{kind}-{i}")
                evaluation = self.evaluate(account_id).evaluation
                self.assertEqual(evaluation.model.version, 2)
                moved = evaluation.movement != evaluation_pb.MOVEMENT_UNCHANGED
                self.assertEqual(moved, account_id in said)
                self.assertNotIn(MODEL_CHANGED, self.reasons(account_id))


class VersionsTest(ModelTest):
    def test_an_evaluation_replays_ten_versions_on_and_after_a_crash(self):
        first = self.evaluate(self.account(), bank()).evaluation
        kept = self.client.get_evaluation(evaluation_id=first.evaluation_id).evaluation
        for i in range(10):
            def change(model, bound=36 + i):
                model.bands[2].min_score = bound
            self.assertEqual(self.publish(change).version, i + 2)
        self.restart(kill=True)
        self.assertEqual(self.active().info.version, 11)
        self.assertEqual(self.client.get_evaluation(evaluation_id=first.evaluation_id).evaluation,
                         kept)
        self.assertTrue(self.client.replay_evaluation(evaluation_id=first.evaluation_id).identical)
        self.assertEqual(self.evaluate(self.account()).evaluation.model.version, 11)
        states = [(m.version, m.state) for m in self.client.iterate_models(model_id=SEGMENTATION)]
        self.assertEqual(states[0], (11, models_pb.MODEL_STATE_ACTIVE))
        self.assertEqual(len(states), 11)
        self.assertTrue(all(state == models_pb.MODEL_STATE_RETIRED for _, state in states[1:]))

    def test_a_points_model_of_ones_own_is_published_and_retired(self):
        info = self.client.create_draft(text_proto="""
            model_id: "fit" display_name: "Fit" method: SCORING_METHOD_POINTS
            criteria {
              criterion_id: "countries" display_name: "Countries" fact: "countries"
              distinct_count_tiers {
                tiers { at_least: 3 points: 80 } tiers { points: -10 }
              }
            }
            bands { band_id: "good" display_name: "Good" min_score: 50 grade: "A" }
            bands { band_id: "poor" display_name: "Poor" min_score: 0 grade: "B" }""").info
        self.client.publish_model(draft_id=info.draft_id)
        self.assertEqual(
            self.evaluate(self.account(), bank(), model_id="fit").evaluation.grade, "A")
        self.client.retire_model(model_id="fit")
        request = scoring_pb.EvaluateAccountRequest(account_id=self.account(), model_id="fit")
        self.refused(self.scoring.EvaluateAccount, request, PRECONDITION, "MODEL_RETIRED")
        self.assertEqual(self.evaluate(self.account(), None, model_id="fit",
                                       model_version=1).evaluation.grade, "A")


class TextTest(ModelTest):
    def test_both_texts_are_taken_back(self):
        for text_format, field in ((models_pb.MODEL_TEXT_FORMAT_TEXT_PROTO, "text_proto"),
                                   (models_pb.MODEL_TEXT_FORMAT_JSON, "json")):
            for model_id in (SEGMENTATION, "lead-scoring", "risk-profile"):
                with self.subTest(model_id=model_id, field=field):
                    told = self.client.get_model(model_id=model_id, text_format=text_format)
                    checked = self.client.check_model(**{field: told.text})
                    self.assertEqual((len(checked.faults), len(checked.warnings)), (0, 0))
                    drafted = self.client.create_draft(validate_only=True, **{field: told.text})
                    told.model.version = 0
                    self.assertEqual(drafted.model, told.model)

    def test_faults_are_told_where_they_are(self):
        text = self.client.get_model(
            model_id=SEGMENTATION, text_format=models_pb.MODEL_TEXT_FORMAT_TEXT_PROTO).text
        faulty = text.replace("weight_percent: 40", "weight_percent: 400")
        line = 1 + faulty[:faulty.index("weight_percent: 400")].count("\n")
        [fault] = self.client.check_model(text_proto=faulty).faults
        self.assertEqual((fault.field, fault.line), ("criteria[0].weight_percent", line))
        self.invalid(self.models.CreateDraft, models_pb.CreateDraftRequest(text_proto=faulty),
                     "text_proto.criteria[0].weight_percent")
        for json in ('{"model_id": "a", "model_id": "b"}', '{"model_id": "a",}', "{'model_id': 1}",
                     "[" * 100_000, '{"model_id": "\ud800"}'.encode("utf-8", "ignore").decode()):
            with self.subTest(json[:30]):
                self.assertTrue(self.client.check_model(json=json).faults)

    def test_more_faults_than_trailers_hold_are_all_told(self):
        model = self.active().model
        for criterion in model.criteria:
            criterion.fact = "unheard_of"
        del model.bands[:]
        for i in range(100):
            model.bands.add(band_id=f"b{i}", display_name="", min_score=i, segment=1)
        faults = self.client.check_model(model=model).faults
        self.assertGreater(len(faults), 200)

    def test_warnings_come_with_the_draft(self):
        def change(model):
            cases_for_nothing(model)
        warnings = self.client.get_model(draft_id=self.draft(change)).warnings
        self.assertEqual([w.field for w in warnings], ["criteria[1]", "bands[0]"])


class MethodologyTest(ModelTest):
    def test_every_model_is_told(self):
        for model_id in (SEGMENTATION, "lead-scoring", "risk-profile"):
            answer = self.client.get_methodology(model_id=model_id)
            self.assertTrue(answer.markdown.startswith("# "))
            model = self.client.get_model(model_id=model_id).model
            for criterion in model.criteria:
                self.assertIn(criterion.display_name, answer.markdown)

    def test_it_follows_the_model(self):
        before = self.client.get_methodology(model_id=SEGMENTATION).markdown
        after = self.client.get_methodology(draft_id=self.draft(cases_for_nothing)).markdown
        self.assertNotEqual(before, after)


class ExchangeRatesTest(ModelTest):
    def test_evaluations_name_the_version_that_they_used(self):
        pesos = bank(potential_mrr=[mrr("CO", 240_000_000, "COP")])
        self.refused(self.scoring.EvaluateAccount, scoring_pb.EvaluateAccountRequest(
            account_id=self.account(), facts=pesos), PRECONDITION, "EXCHANGE_RATE_MISSING")
        rates = policy_pb.ExchangeRates(reference_currency="USD", rates=[
            policy_pb.ExchangeRate(currency_code="COP", rate="0.00025")])
        self.client.update_exchange_rates(exchange_rates=rates, expected_version=1)
        first = self.evaluate(self.account(), pesos).evaluation
        self.assertEqual((first.score, first.exchange_rates_version), (100, 2))
        rates.rates[0].rate = "0.000125"
        self.client.update_exchange_rates(exchange_rates=rates)
        self.restart(kill=True)
        second = self.evaluate(self.account()).evaluation
        self.assertEqual((second.exact_score, second.exchange_rates_version), (9_400, 3))
        self.assertTrue(self.client.replay_evaluation(evaluation_id=first.evaluation_id).identical)
        self.assertEqual(self.client.get_exchange_rates(version=2).exchange_rates.rates[0].rate,
                         "0.00025")

    def test_rates_that_are_none(self):
        self.invalid(self.admin.UpdateExchangeRates, admin_pb.UpdateExchangeRatesRequest(
            exchange_rates=policy_pb.ExchangeRates(reference_currency="USD", rates=[
                policy_pb.ExchangeRate(currency_code="EUR", rate="0"),
                policy_pb.ExchangeRate(currency_code="eur", rate="1")])),
            "exchange_rates.rates[0].rate", "exchange_rates.rates[1].currency_code")


class KilledWhileMarkingTest(ModelTest):
    ACCOUNTS = 6_000

    def test_marking_goes_on_until_it_is_through(self):
        """SIGKILL again and again while accounts are marked: in the end all that move are due."""
        for first in range(0, self.ACCOUNTS, 500):
            self.client.batch_evaluate_accounts(requests=[
                scoring_pb.EvaluateAccountRequest(
                    account_id=f"account-{i}", facts=fintech() if i % 3 == 0 else bank())
                for i in range(first, first + 500)], deadline=60)
        self.publish(cases_for_nothing, mark_moved_accounts=True)
        kills = 0
        while kills < 8 and not self.active().info.marking.HasField("finish_time"):
            self.restart(kill=True)
            kills += 1
        self.assertGreater(kills, 0, "it was through before it could be killed")
        # Others go on meanwhile.
        self.assertEqual(self.evaluate("another", bank()).evaluation.model.version, 2)
        self.await_marking()
        due = {account.account_id for account in self.client.iterate_reevaluation_due(
            reasons=[MODEL_CHANGED], page_size=1_000, deadline=60)}
        self.assertEqual(due, {f"account-{i}" for i in range(self.ACCOUNTS) if i % 3 != 0})


class CancelTest(ModelTest):
    def test_a_simulation_that_is_cancelled_ends_and_leaves_the_server_well(self):
        self.evaluate(self.account(), bank())
        draft_id = self.draft(cases_for_nothing)
        for _ in range(20):
            stream = self.models.SimulateModel(simulation_pb.SimulateModelRequest(draft_id=draft_id))
            next(stream)
            stream.cancel()
        result, _ = self.simulate(draft_id=draft_id)
        self.assertEqual(result.accounts, 1)

    def test_faults_of_the_request(self):
        with self.assertRaises(Exception) as caught:
            list(self.models.SimulateModel(simulation_pb.SimulateModelRequest(
                max_movers=-1, filter=dimensions_pb.AccountFilter(min_score=101))))
        self.assertEqual(caught.exception.code(), INVALID)
        with self.assertRaises(Exception) as caught:
            list(self.models.SimulateModel(simulation_pb.SimulateModelRequest(draft_id="x.1")))
        self.assertEqual(caught.exception.code(), NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
