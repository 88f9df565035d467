"""The module of clients/examples/tryton when its server is away, and its two jobs: the one that tells
what waits, and the one of every night."""
import contextlib
import re
import signal
import sqlite3
import threading
import time
import unittest

from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
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
        self.tryton.call("ir.cron", "run_once", [self.job("evaluate_waiting")])
        self.assertEqual(self.shown(party)["score"], 72)
        self.assertEqual([e.score for e in self.evaluations(party)], [72, 68])

    def test_an_answer_that_was_lost_is_no_second_evaluation(self):
        # As after a crash between the server's answer and its being written here.
        party = self.company()
        with contextlib.closing(sqlite3.connect(self.tryton.database)) as database, database:
            lost = database.execute("UPDATE party_score SET state = 'waiting', score = NULL "
                                    "WHERE party = ?", [party])
            self.assertEqual(lost.rowcount, 1)
        self.tryton.call("ir.cron", "run_once", [self.job("evaluate_waiting")])
        self.assertEqual((self.shown(party)["state"], self.shown(party)["score"]), ("scored", 68))
        self.assertEqual(len(self.evaluations(party)), 1)

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
        left = self.scoring.ListReevaluationDue(
            scoring_pb.ListReevaluationDueRequest(page_size=1000), metadata=self.metadata,
            timeout=20).due_accounts
        self.assertEqual({(due.account_id, due.worker_id) for due in left},
                         {(foreign, ""), (f"party-{bare}", "")}, "given back")
        self.assertEqual(self.shown(bare)["state"], "incomplete")


if __name__ == "__main__":
    unittest.main()
