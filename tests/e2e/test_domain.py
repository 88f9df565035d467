"""Every capability beside scoring, once through the running server, as its callers use it."""
import datetime
import queue
import threading
import unittest

from google.protobuf.duration_pb2 import Duration

from support import NOT_FOUND, ServerTest, bank, date, facts, fintech, mrr, usd
from tiermark import TiermarkError
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import activity_pb2 as activity_pb
from tiermark.v1 import dimensions_pb2 as dimensions_pb
from tiermark.v1 import evaluation_pb2 as evaluation_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import lifecycle_pb2 as lifecycle_pb
from tiermark.v1 import segment_pb2 as segment_pb


def today(days=0):
    day = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)
    return date(day.year, day.month, day.day)


def invoice(transaction_id, days, state=activity_pb.TRANSACTION_STATE_ISSUED):
    return activity_pb.Transaction(transaction_id=transaction_id, issue_date=today(days),
                                   amount=usd(100), state=state)


class ActivityTest(ServerTest):
    def test_a_client_goes_to_sleep_and_comes_back(self):
        account = self.account()
        self.upsert(account, bank(lifecycle_stage=facts_pb.LIFECYCLE_STAGE_CLIENT))
        answer = self.client.record_transactions(
            account_id=account, transactions=[invoice("t1", -200)])
        self.assertEqual(answer.created, 1)
        self.assertEqual(answer.activity.status, activity_pb.ACTIVITY_STATUS_SLEEPING_AWAY)
        self.assertTrue(answer.activity.advice)
        # What is announced is what comes.
        then = self.client.get_account(account_id=account,
                                       as_of_date=answer.activity.next_change_date).account
        self.assertEqual(then.activity.status, answer.activity.next_status)
        answer = self.client.record_transactions(account_id=account,
                                                 transactions=[invoice("t2", 0)])
        self.assertEqual(answer.activity.status, activity_pb.ACTIVITY_STATUS_ACTIVE)
        found = self.client.list_accounts(filter=dimensions_pb.AccountFilter(dimensions=[
            dimensions_pb.DimensionCondition(dimension=dimensions_pb.DIMENSION_ACTIVITY,
                                             values=["ACTIVE"])]))
        self.assertIn(account, [a.account_id for a in found.accounts])

    def test_a_lost_account_is_never_due_until_it_is_reopened(self):
        account = self.account()
        self.upsert(account, fintech())
        self.assertTrue(self.get(account).due)
        self.client.set_account_standing(account_id=account, standing=lifecycle_pb.STANDING_LOST)
        lost = self.get(account)
        self.assertFalse(lost.due)
        self.assertEqual(lost.activity.status, activity_pb.ACTIVITY_STATUS_LOST)
        self.client.set_account_standing(account_id=account, standing=lifecycle_pb.STANDING_OPEN)
        self.assertTrue(self.get(account).due)
        changes = self.client.list_lifecycle_changes(account_id=account).changes
        self.assertEqual([c.standing for c in changes],
                         [lifecycle_pb.STANDING_OPEN, lifecycle_pb.STANDING_LOST])

    def test_a_stage_behind_its_invoices_is_noticed(self):
        account = self.account()
        self.upsert(account, fintech())
        answer = self.client.record_transactions(account_id=account,
                                                 transactions=[invoice("t1", -1)])
        self.assertEqual([n.code for n in answer.notices], ["STAGE_BEHIND_INVOICES"])
        self.client.set_lifecycle_stage(account_id=account, stage=facts_pb.LIFECYCLE_STAGE_CLIENT)
        self.assertFalse([n for n in self.evaluate(account).evaluation.notices
                          if n.code == "STAGE_BEHIND_INVOICES"])


class PortfolioTest(ServerTest):
    def test_a_group_a_summary_and_the_moves_of_a_day(self):
        self.evaluate("p-bank", bank(parent_id="holding"))
        self.evaluate("p-fintech", fintech(parent_id="holding", country="PE",
                                           potential_mrr=[mrr("PE", 1_000), mrr("CO", 9)]))
        group = self.client.get_account_group(parent_id="holding")
        self.assertEqual((group.accounts, list(group.countries)), (2, ["CO", "PE"]))
        self.assertEqual(group.best_segment, segment_pb.SEGMENT_STRATEGIC)
        self.assertEqual([(m.currency_code, m.units) for m in group.potential_mrr],
                         [("USD", 61_000)])
        summary = self.client.summarize_portfolio(
            filter=dimensions_pb.AccountFilter(parent_ids=["holding"]),
            group_by=[dimensions_pb.DIMENSION_COUNTRY, dimensions_pb.DIMENSION_SEGMENT])
        self.assertEqual(sorted(tuple(g.values) for g in summary.groups),
                         [("CO", "STRATEGIC"), ("PE", "SMB")])
        self.assertEqual((summary.total.accounts, summary.total.mean_score), (2, 6_200))
        self.evaluate("p-fintech", bank())
        moves = list(self.client.iterate_segment_movements(
            start_date=today(), end_date=today(),
            movements=[evaluation_pb.MOVEMENT_FIRST]))
        self.assertEqual({m.account_id: m.to_segment for m in moves}["p-fintech"],
                         segment_pb.SEGMENT_STRATEGIC, "net, within the day")

    def test_points_models_keep_scores_of_their_own(self):
        account = self.account()
        answer = self.evaluate(account, facts(employees=3, specific_request_made=True),
                               model_id="lead-scoring")
        self.assertTrue(answer.evaluation.grade)
        self.assertLess(min(c.points for c in answer.evaluation.criteria), 0)
        self.assertEqual(self.get(account).segment, segment_pb.SEGMENT_UNSPECIFIED)
        self.assertEqual(self.get(account).scores[0].model_id, "lead-scoring")


class DecisionsTest(ServerTest):
    def test_policy_playbook_and_override(self):
        self.evaluate("o-fintech", fintech())
        policy = self.client.get_policy().policy
        policy.home_country, policy.high_value_mrr = "PE", "500"
        self.client.update_policy(policy=policy, expected_version=policy.version)
        customer = self.get("o-fintech").dimensions.customer_type
        self.assertEqual((customer.origin, customer.value),
                         (dimensions_pb.CUSTOMER_ORIGIN_INTERNATIONAL,
                          dimensions_pb.CUSTOMER_VALUE_HIGH))

        playbook = self.client.get_segment_playbook(segment=segment_pb.SEGMENT_STRATEGIC).playbook
        playbook.prospect_action = "Call the chairwoman."
        edited = self.client.update_segment_playbook(
            playbook=playbook, expected_version=playbook.version).playbook
        self.assertEqual(edited.version, playbook.version + 1)
        answer = self.client.override_segment(
            account_id="o-fintech", segment=segment_pb.SEGMENT_STRATEGIC, reason="A beachhead.",
            author="ana")
        self.assertEqual(answer.recommended_action, "Call the chairwoman.")
        known = self.get("o-fintech")
        self.assertEqual((known.segment, known.effective_segment),
                         (segment_pb.SEGMENT_SMB, segment_pb.SEGMENT_STRATEGIC))
        self.restart()
        self.assertEqual(
            self.client.get_segment_playbook(account_id="o-fintech").recommended_action,
            "Call the chairwoman.")
        self.assertEqual(self.client.clear_override(account_id="o-fintech").segment,
                         segment_pb.SEGMENT_SMB)

    def test_claims_are_leases(self):
        for i in range(3):
            self.upsert(self.account(str(i)), fintech())
        ours = {a.account_id for a in self.client.claim_reevaluations(
            worker_id="w1", max_accounts=2).due_accounts}
        theirs = {a.account_id for a in self.client.claim_reevaluations(
            worker_id="w2").due_accounts}
        self.assertEqual((len(ours), ours & theirs), (2, set()))
        released = self.client.release_reevaluations(worker_id="w1", account_ids=sorted(ours))
        self.assertEqual(set(released.released_account_ids), ours)

    def test_estimate_compare_and_replay(self):
        account = self.account()
        estimate = self.client.estimate_score(facts=fintech(potential_mrr=None))
        self.assertEqual((estimate.min_score, estimate.max_score), (10, 50))
        first = self.evaluate(account, fintech()).evaluation
        second = self.evaluate(account, facts(past_due_cases=500_000)).evaluation
        compared = self.client.compare_evaluations(from_evaluation_id=first.evaluation_id,
                                                   to_evaluation_id=second.evaluation_id)
        self.assertEqual(compared.exact_difference, 1_600)
        self.assertEqual([(list(p.facts), p.hundredths) for p in compared.parts],
                         [(["past_due_cases"], 1_600)])
        replayed = self.client.replay_evaluation(evaluation_id=first.evaluation_id)
        self.assertTrue(replayed.identical)


class FeedTest(ServerTest):
    def test_a_watcher_sees_what_happens_and_goes_on_after_a_restart(self):
        seen = queue.Queue()

        def watch(**fields):
            stream = self.client.watch_accounts(accounts_pb.WatchAccountsRequest(
                heartbeat=Duration(seconds=1), **fields))

            def run():
                try:
                    for message in stream:
                        for change in message.changes:
                            seen.put(change)
                except Exception:  # Cancelled, or the server went.
                    pass
            threading.Thread(target=run, daemon=True).start()
            return stream

        start = self.client.list_account_changes(latest=True).next_cursor
        stream = watch(cursor=start)
        self.upsert("f-1", fintech())
        self.assertEqual(seen.get(timeout=20).facts.created, True)
        self.evaluate("f-1")
        last = seen.get(timeout=20)
        self.assertTrue(last.evaluated.evaluation_id)
        stream.cancel()
        self.restart()
        self.client.delete_account(account_id="f-1")
        watch(cursor=last.cursor)
        self.assertTrue(seen.get(timeout=20).HasField("deleted"))
        # Of the erased account nothing but its end is told any more.
        changes = self.client.list_account_changes(cursor=start).changes
        self.assertEqual([c.WhichOneof("change") for c in changes], ["deleted"])

    def test_an_erased_account_is_gone(self):
        account = self.account()
        first = self.evaluate(account, fintech(), request_id="first").evaluation
        self.client.delete_account(account_id=account)
        self.assertIsNone(self.known(account))
        for call in (lambda: self.client.get_evaluation(evaluation_id=first.evaluation_id),
                     lambda: self.evaluate(account, fintech(), request_id="first")):
            with self.assertRaises(TiermarkError) as raised:
                call()
            self.assertEqual(raised.exception.code, NOT_FOUND)
        self.assertEqual(raised.exception.reason, "ACCOUNT_ERASED")

    def test_what_is_exported_can_be_imported(self):
        imported = accounts_pb.ImportAccountsRequest(accounts=[
            accounts_pb.ImportedAccount(account_id=f"i-{i}", facts=fintech(), evaluate=i % 2 == 0)
            for i in range(500)])
        imported.accounts[7].facts.past_due_cases = -1
        results = next(iter(self.client.import_accounts(iter([imported])))).results
        self.assertEqual(len(results), 500)
        self.assertEqual([r.index for r in results if r.HasField("error")], [7])
        self.assertEqual(results[0].imported.score, 16)
        exported = {}
        for message in self.client.export_accounts(accounts_pb.ExportAccountsRequest(
                filter=dimensions_pb.AccountFilter(segments=[segment_pb.SEGMENT_SMB]))):
            exported.update((a.account_id, a) for a in message.accounts)
        self.assertEqual(len([a for a in exported if a.startswith("i-")]), 250)
        self.assertEqual(exported["i-2"].facts, fintech())

    def test_a_cursor_of_elsewhere_is_refused(self):
        self.invalid(self.accounts.ListAccountChanges,
                     accounts_pb.ListAccountChangesRequest(cursor="nonsense"), "cursor")


if __name__ == "__main__":
    unittest.main()
