"""The module of clients/examples/tryton when its server is away, and its two jobs: the one that tells
what waits, and the one of every night."""
import contextlib
import re
import signal
import sqlite3
import threading
import time
import unittest
from decimal import Decimal

from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import admin_service_pb2 as admin_pb
from tiermark.v1.admin_service_pb2_grpc import AdminServiceStub
from tryton_case import TrytonCase
from tryton_support import PLUGIN, Fault


class TrytonJobsTest(TrytonCase):
    # A server that is away.

    def test_a_save_while_the_server_is_down_is_told_later_and_once(self):
        party = self.company()
        self.server.stop()
        begin = time.monotonic()
        self.save(party, past_due_cases=600_000)
        self.assertLess(time.monotonic() - begin, 5)
        [read] = self.tryton.call("party.party", "read", [party], ["past_due_cases"])
        self.assertEqual(read["past_due_cases"], 600_000)
        shown = self.shown(party)
        self.assertEqual((shown["state"], shown["score"]), ("waiting", 68))
        self.assertEqual(shown["message"],
                         "Tiermark does not answer. It is asked again every few minutes.")
        self.server.start(f"--grpc-listen={self.server.address}")
        self.tryton.call("ir.cron", "write", [self.job("evaluate_waiting")], {"next_call": None})
        self.tryton.run_scheduler()
        shown = self.shown(party)
        self.assertEqual((shown["state"], shown["score"], shown["message"]), ("scored", 72, ""))
        self.assertEqual([e.score for e in self.evaluations(party)], [72, 68])

    def test_a_save_waits_for_a_server_that_hangs_no_longer_than_its_timeout(self):
        party = self.company()
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            self.save(party, past_due_cases=600_000)
            self.assertLess(time.monotonic() - begin, 12)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.shown(party)["state"], "waiting")
        self.run_job("evaluate_waiting")
        self.assertEqual(self.shown(party)["score"], 72)
        self.assertEqual([e.score for e in self.evaluations(party)], [72, 68])

    def test_a_save_of_many_waits_for_a_server_that_hangs_once(self):
        parties = [self.company(name=f"many {i}") for i in range(4)]
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            self.tryton.call("party.party", "write", parties, {"past_due_cases": 600_000})
            self.assertLess(time.monotonic() - begin, 8)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.assertEqual({self.shown(party)["state"] for party in parties}, {"waiting"})
        self.run_job("evaluate_waiting")
        self.assertEqual({self.shown(party)["score"] for party in parties}, {72})

    def test_an_answer_that_was_lost_is_no_second_evaluation(self):
        # As after a crash between the server's answer and its being written here.
        party = self.company()
        with contextlib.closing(sqlite3.connect(self.tryton.database)) as database, database:
            lost = database.execute("UPDATE party_score SET state = 'waiting', score = NULL "
                                    "WHERE party = ?", [party])
            self.assertEqual(lost.rowcount, 1)
        self.run_job("evaluate_waiting")
        self.assertEqual((self.shown(party)["state"], self.shown(party)["score"]), ("scored", 68))
        self.assertEqual(len(self.evaluations(party)), 1)

    def test_a_currency_without_a_rate_is_waited_for(self):
        [gbp] = self.tryton.call("currency.currency", "create", [
            {"name": "Pound", "code": "GBP", "symbol": "£"}])
        party = self.company(potential_mrr=[["create", [
            {"country": self.countries["CO"], "amount": Decimal(24_000), "currency": gbp}]]])
        shown = self.shown(party)
        self.assertEqual(shown["state"], "waiting")
        self.assertIn("GBP", shown["message"])
        self.assertEqual(self.facts(party).past_due_cases, 120_000)
        # Nor do others wait with it.
        self.server.stop()
        other = self.company(name="behind it")
        self.come_back()
        self.run_job("evaluate_waiting")
        self.assertEqual((self.shown(party)["state"], self.shown(other)["state"]),
                         ("waiting", "scored"))
        AdminServiceStub(self.channel).UpdateExchangeRates(admin_pb.UpdateExchangeRatesRequest(
            exchange_rates={"reference_currency": "USD", "rates": [
                {"currency_code": "USD", "rate": "1"}, {"currency_code": "GBP", "rate": "1"}]}),
            metadata=self.metadata, timeout=20)
        self.run_job("evaluate_waiting")
        self.assertEqual((self.shown(party)["state"], self.shown(party)["score"]), ("scored", 68))

    def test_a_server_that_is_away_is_asked_once(self):
        self.server.stop()
        first, second = self.company(name="first"), self.company(name="second")
        log = len(self.tryton.log())
        self.run_job("evaluate_waiting")
        self.assertEqual(self.tryton.log()[log:].count("was not scored"), 1)
        self.come_back()
        self.run_job("evaluate_waiting")
        self.assertEqual((self.shown(first)["score"], self.shown(second)["score"]), (68, 68))

    def test_a_deactivated_company_is_scored_like_others(self):
        self.server.stop()
        party = self.company(active=False)
        self.come_back()
        self.run_job("evaluate_waiting")
        self.assertEqual((self.shown(party)["state"], self.shown(party)["score"]), ("scored", 68))
        self.report_event(f"party-{party}")
        self.run_job("evaluate_due")
        self.assertEqual(len(self.evaluations(party)), 2)

    def test_a_fact_that_raises_leaves_its_own_company_waiting_alone(self):
        names = ("before", "raising", "behind")
        with self.tryton.amended("facts.py", self.raising()):
            self.server.stop()
            parties = [self.company(name=name) for name in names]
            self.come_back()
            with self.fault():
                self.run_job("evaluate_waiting")
                self.assertEqual([self.shown(party)["state"] for party in parties],
                                 ["scored", "waiting", "scored"])
            self.run_job("evaluate_waiting")
            self.assertEqual(self.shown(parties[1])["state"], "scored")
            for party in parties:
                self.report_event(f"party-{party}")
            with self.fault():
                self.run_job("evaluate_due")
        self.assertEqual([len(self.evaluations(party)) for party in parties], [2, 1, 2])
        self.assertEqual(self.due()[f"party-{parties[1]}"], "", "given back")
        self.assertGreaterEqual(self.tryton.log().count("ValueError: a fault of facts.py"), 2)
        self.run_job("evaluate_due")
        self.assertEqual(len(self.evaluations(parties[1])), 2)

    def come_back(self):
        """The server, and a Tryton that has not yet seen it away and pauses."""
        self.server.start(f"--grpc-listen={self.server.address}")
        self.tryton.restart()

    def raising(self, how="raise ValueError('a fault of facts.py')"):
        """A fact of a company called so raises within `fault`, or does something else."""
        return ("import os\n\n\ndef _raising(party):\n"
                f"    if party.name == 'raising' and os.path.exists('{self.folder}/fault'):\n"
                f"        {how}\n"
                "    return party.name\n\n\n"
                "FACTS['display_name'] = _raising\n")

    @contextlib.contextmanager
    def fault(self):
        (self.folder / "fault").touch()
        try:
            yield
        finally:
            (self.folder / "fault").unlink()

    # The nightly job.

    def test_the_schedule_is_as_the_readme_says(self):
        jobs = self.tryton.call(
            "ir.cron", "read", [self.job("evaluate_waiting"), self.job("evaluate_due")],
            ["interval_number", "interval_type", "hour", "minute"])
        self.assertEqual(
            [(j["interval_number"], j["interval_type"], j["hour"], j["minute"]) for j in jobs],
            [(5, "minutes", None, None), (1, "days", 2, 30)])
        readme = (PLUGIN / "README.md").read_text()
        self.assertIn("every five minutes", readme)
        self.assertIn("at 02:30", readme)

    def test_the_scheduler_evaluates_what_is_due(self):
        party = self.company()
        self.report_event(f"party-{party}")
        self.assertIn(f"party-{party}", self.due())
        self.tryton.call("ir.cron", "write", [self.job("evaluate_due")], {"next_call": None})
        self.tryton.run_scheduler()
        self.assertNotIn(f"party-{party}", self.due())
        self.assertEqual(len(self.evaluations(party)), 2)
        self.assertEqual(self.shown(party)["movement"], "Before: Enterprise, 68")

    def test_two_jobs_share_the_list_and_take_each_account_once(self):
        parties = [self.company(name=f"shared {i}") for i in range(16)]
        for party in parties:
            self.report_event(f"party-{party}")
        # Two that no job can settle: one of another system, and one whose facts are gone.
        foreign, bare = "other-1", self.company(name="bare")
        self.save(bare, past_due_cases=None)
        self.report_event(f"party-{bare}")
        self.accounts.UpsertAccount(accounts_pb.UpsertAccountRequest(
            account_id=foreign, facts={"display_name": "x"}), metadata=self.metadata, timeout=20)
        job, start = self.job("evaluate_due"), threading.Barrier(2)
        log = len(self.tryton.log())
        faults = []

        def work():
            start.wait()
            try:
                self.tryton.call("ir.cron", "run_once", [job])
            except Fault as fault:
                faults.append(fault)

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        self.assertEqual(faults, [])
        for party in parties:
            self.assertEqual(len(self.evaluations(party)), 2, f"party-{party}")
        done = [int(n) for n in re.findall(r"evaluated (\d+) due accounts",
                                           self.tryton.log()[log:])]
        self.assertEqual((len(done), sum(done)), (2, 16))
        self.assertTrue(all(done), "both had a share")
        left = self.due()
        self.assertLessEqual({foreign, f"party-{bare}"}, set(left))
        self.assertFalse({f"party-{party}" for party in parties} & set(left))
        self.assertEqual(set(left.values()), {""}, "given back")
        self.assertEqual(self.shown(bare)["state"], "incomplete")

    def test_a_lease_that_ends_during_the_job_brings_no_account_twice(self):
        with self.tryton.amended("score.py", "_LEASE_SECONDS = 1\n"), \
                self.tryton.amended("facts.py", self.raising("__import__('time').sleep(2)")):
            slow, last = self.company(name="raising"), self.company(name="last")
            foreign = ["other-2", "other-3", "other-4"]
            for account in foreign:
                self.accounts.UpsertAccount(accounts_pb.UpsertAccountRequest(
                    account_id=account, facts={"display_name": "x"}), metadata=self.metadata,
                    timeout=20)
            # Claimed by two, those of others first.
            for account in (*foreign[:2], f"party-{slow}", foreign[2], f"party-{last}"):
                self.report_event(account)
            with self.fault():
                self.run_job("evaluate_due")
        self.assertEqual([len(self.evaluations(party)) for party in (slow, last)], [2, 2])
        self.assertEqual({self.due()[account] for account in foreign}, {""}, "given back")

    def test_two_databases_leave_each_other_their_accounts(self):
        other = self.tryton.twin(prefix="crm2-")
        self.addCleanup(other.close)
        other.start()
        own, companies = {}, 6
        for tryton, prefix in ((self.tryton, "party-"), (other, "crm2-")):
            for i in range(companies):
                [party] = tryton.call("party.party", "create", [
                    {**self.enterprise(), "name": f"{prefix}{i}"}])
                own[f"{prefix}{party}"] = 2
        for pair in zip(list(own)[:companies], list(own)[companies:]):
            for account in pair:
                self.report_event(account)
        jobs = [threading.Thread(target=tryton.call, args=["ir.cron", "run_once", [
            self.job("evaluate_due")]]) for tryton in (self.tryton, other)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(60)
        self.assertEqual({self.due().get(account, "") for account in own}, {""}, "none is held")
        # What one of them held while the other came to its end is for the next night.
        for tryton in (self.tryton, other):
            tryton.call("ir.cron", "run_once", [self.job("evaluate_due")])
        self.assertEqual({account: len(self.evaluations_of(account)) for account in own}, own)
        self.assertFalse(set(own) & set(self.due()))


if __name__ == "__main__":
    unittest.main()
