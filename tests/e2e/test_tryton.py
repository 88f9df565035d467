"""The module of clients/examples/tryton in a real Tryton against a real tiermarkd: a company's score
on its page, changes of its facts, a server that is away, and the nightly job."""
import contextlib
import datetime
import pathlib
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
from decimal import Decimal

import grpc

from auth_support import bearer, create_key
from certificates import Authority
from server import BINARY, Server
from tiermark import Client
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub
from tryton_support import PLUGIN, Fault, Tryton, readme_blocks, replaced

SHOWN = ["state", "message", "score", "segment", "movement", "action", "due_time", "due_reason",
         "evaluate_time", "next_step"]
SALESPERSON = "paola"


def key_file(server, path):
    """As the README says: the key that Tryton calls with."""
    command = replaced(readme_blocks("sh")[1], {
        "tiermarkd ": f"{BINARY} ", "sqlite:/var/lib/tiermark/tiermark.db": f"sqlite:{server.store}",
        "/etc/tryton/tiermark.key": path})
    subprocess.run(["bash", "-euc", command], check=True, timeout=30)
    return path


class TrytonTest(unittest.TestCase):
    """One server and one Tryton; each test has companies of its own."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.key_file = key_file(cls.server, cls.folder / "tiermark.key")
        cls.metadata = [("authorization", bearer(create_key(cls.server, "administrator")))]
        cls.viewer = create_key(cls.server, "viewer")
        cls.server.start()
        cls.tryton = Tryton({"target": cls.server.address, "key_file": cls.key_file, "timeout": 4,
                             "batch": 2})
        cls.addClassCleanup(cls.tryton.close)
        cls.tryton.start()
        channel = grpc.insecure_channel(cls.server.address,
                                        (("grpc.max_reconnect_backoff_ms", 100),))
        cls.addClassCleanup(channel.close)
        cls.scoring, cls.accounts = ScoringServiceStub(channel), AccountServiceStub(channel)
        call = cls.tryton.call
        cls.countries = dict(zip(
            ("CO", "PE", "EC", "CL", "MX"),
            call("country.country", "create", [
                {"code": "CO", "name": "Colombia"}, {"code": "PE", "name": "Peru"},
                {"code": "EC", "name": "Ecuador"}, {"code": "CL", "name": "Chile"},
                {"code": "MX", "name": "Mexico"}])))
        [cls.usd] = call("currency.currency", "create", [
            {"name": "US Dollar", "code": "USD", "symbol": "$"}])
        call("res.user", "create", [
            {"name": "Paola Jiménez", "login": SALESPERSON, "password": "Kq7-plant/forest"}])
        cls.tryton.login(SALESPERSON, "Kq7-plant/forest")

    def setUp(self):
        if self.server.process.poll() is not None:
            self.server.start(f"--grpc-listen={self.server.address}")

    def company(self, **changes):
        """The enterprise of the README: 68. Values of None leave a field out."""
        values = {
            "name": self._testMethodName, "scored": True, "past_due_cases": 120_000,
            "industry_reference": "recognized",
            "addresses": [["create", [{"country": self.countries["CO"], "city": "Bogotá"}]]],
            "potential_mrr": [["create", [{"country": self.countries["CO"],
                                           "amount": Decimal("24000.50"), "currency": self.usd}]]],
            "operating_countries": [["add", [self.countries[c] for c in ("CO", "PE", "EC")]]],
            **changes}
        [party] = self.tryton.call("party.party", "create", [
            {name: value for name, value in values.items() if value is not None}], user=SALESPERSON)
        return party

    def save(self, party, **values):
        self.tryton.call("party.party", "write", [party], values, user=SALESPERSON)

    def shown(self, party):
        """What the page shows of the score, by short names."""
        [read] = self.tryton.call("party.party", "read", [party],
                                  [f"tiermark_{name}" for name in SHOWN] + ["score_criteria"],
                                  user=SALESPERSON)
        return {name.replace("tiermark_", ""): value for name, value in read.items()}

    def evaluations(self, party):
        """Those that the server has, the newest first; none when it does not know the account."""
        try:
            return self.scoring.ListEvaluations(
                scoring_pb.ListEvaluationsRequest(account_id=f"party-{party}"),
                metadata=self.metadata, timeout=20).evaluations
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)
            return []

    def report_event(self, account_id):
        """What makes an account due, as another system would tell it."""
        self.accounts.ReportAccountEvent(accounts_pb.ReportAccountEventRequest(
            account_id=account_id,
            type=reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER),
            metadata=self.metadata, timeout=20)

    def due(self):
        return [due.account_id for due in self.scoring.ListReevaluationDue(
            scoring_pb.ListReevaluationDueRequest(page_size=1000),
            metadata=self.metadata, timeout=20).due_accounts]

    def job(self, method):
        [cron] = self.tryton.call("ir.cron", "search", [["method", "=", f"party.score|{method}"]])
        return cron

    # The page.

    def test_a_new_company_shows_its_score(self):
        shown = self.shown(self.company())
        self.assertEqual({name: shown[name] for name in (
            "state", "message", "score", "segment", "movement", "due_reason", "next_step")}, {
                "state": "scored", "message": "", "score": 68, "segment": "enterprise",
                "movement": "First score", "due_reason": "Monthly, as a new account",
                "next_step": "50\N{NO-BREAK SPACE}000 USD potential MRR or more would make this account Strategic"})
        self.assertIn("senior account executive", shown["action"])
        self.assertGreater(shown["due_time"], datetime.datetime.utcnow())
        # Whoever only looks at a page that shows minutes must not be asked to save it.
        self.assertEqual((shown["due_time"].second, shown["evaluate_time"].second), (0, 0))
        criteria = self.tryton.call(
            "party.score.criterion", "read", shown["score_criteria"],
            ["name", "fact", "tier", "points", "weight", "contribution"], user=SALESPERSON)
        self.assertEqual(
            [tuple(c[name] for name in ("name", "fact", "points", "weight", "contribution"))
             for c in criteria],
            [("Potential MRR", "24\N{NO-BREAK SPACE}000.5 USD", 70, 40, Decimal(28)),
             ("Past-due portfolio size", "120\N{NO-BREAK SPACE}000", 80, 20, Decimal(16)),
             ("Industry reference", "Recognized", 60, 20, Decimal(12)),
             ("Geographic expansion", "CO, EC, PE", 60, 20, Decimal(12))])
        self.assertEqual(criteria[3]["tier"], "3 countries")

    def test_every_fact_of_the_table_arrives(self):
        party = self.company(
            name="Banco & Söhne", lifecycle_stage="client",
            first_meeting_date=datetime.date(2026, 3, 4),
            expansion_countries=[["add", [self.countries["MX"]]]])
        account = self.accounts.GetAccount(
            accounts_pb.GetAccountRequest(account_id=f"party-{party}"), metadata=self.metadata,
            timeout=20).account
        given = {field.name for field, _ in account.facts.ListFields()}
        table = re.findall(r"^\| `(\w+)` \|", (PLUGIN / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(set(table) - {"target", "key_file", "ca_file", "timeout", "prefix", "batch"},
                         given)
        facts = account.facts
        self.assertEqual((facts.display_name, facts.country, list(facts.operating_countries),
                          list(facts.expansion_countries), facts.first_meeting_date.month),
                         ("Banco & Söhne", "CO", ["CO", "EC", "PE"], ["MX"], 3))
        [mrr] = facts.potential_mrr
        self.assertEqual((mrr.country, mrr.amount.units, mrr.amount.nanos), ("CO", 24_000, 5 * 10**8))

    def test_the_views_have_the_score(self):
        for kind, names in (("form", SHOWN), ("tree", ["score", "segment", "due_time"])):
            view = self.tryton.call("party.party", "fields_view_get", None, kind, user=SALESPERSON)
            for name in names:
                self.assertIn(f'<field name="tiermark_{name}"', view["arch"])
        found = self.company()
        self.assertEqual(
            self.tryton.call("party.party", "search", [
                ["tiermark_segment", "=", "enterprise"], ["tiermark_score", ">=", 60],
                ["id", "=", found]], user=SALESPERSON), [found])

    def test_parties_that_are_not_scored_are_left_alone(self):
        party = self.company(scored=None)
        self.assertEqual(self.evaluations(party), [])
        self.assertIsNone(self.shown(party)["state"])
        self.save(party, scored=True)
        self.assertEqual(self.shown(party)["score"], 68)

    def test_nobody_writes_a_score_by_hand(self):
        party = self.company()
        [score] = self.tryton.call("party.score", "search", [["party", "=", party]],
                                   user=SALESPERSON)
        for user in (SALESPERSON, "admin"):
            with self.assertRaisesRegex(Fault, "not allowed|access"):
                self.tryton.call("party.score", "write", [score], {"score": 100}, user=user)
        self.assertEqual(self.shown(party)["score"], 68)

    def test_a_company_is_deleted_with_its_score(self):
        party = self.company()
        self.tryton.call("party.party", "delete", [party], user=SALESPERSON)
        self.assertEqual(self.tryton.call("party.score", "search", [["party", "=", party]]), [])
        self.assertEqual(len(self.evaluations(party)), 1)

    def test_a_copy_is_an_account_of_its_own(self):
        [copy] = self.tryton.call("party.party", "copy", [self.company()], user=SALESPERSON)
        self.assertEqual((self.shown(copy)["score"], len(self.evaluations(copy))), (68, 1))

    # Changes.

    def test_a_changed_fact_is_scored_again(self):
        party = self.company()
        self.save(party, past_due_cases=2_000, industry_reference="none")
        shown = self.shown(party)
        self.assertEqual((shown["score"], shown["segment"], shown["movement"]),
                         (44, "commercial", "Down from Enterprise, 68"))
        self.assertEqual([e.score for e in self.evaluations(party)], [44, 68])

    def test_a_changed_line_is_scored_again(self):
        party = self.company()
        [line] = self.tryton.call("party.potential_mrr", "search", [["party", "=", party]],
                                  user=SALESPERSON)
        self.tryton.call("party.potential_mrr", "write", [line], {"amount": Decimal(50_000)},
                         user=SALESPERSON)
        self.assertEqual(self.shown(party)["segment"], "strategic")
        self.tryton.call("party.potential_mrr", "delete", [line], user=SALESPERSON)
        self.assertEqual(self.shown(party)["state"], "incomplete")

    def test_a_save_that_changes_no_fact_is_no_evaluation(self):
        party = self.company()
        self.save(party, past_due_cases=120_000, contact_mechanisms=[
            ["create", [{"type": "email", "value": "info@banco.example"}]]])
        self.assertEqual(len(self.evaluations(party)), 1)

    def test_what_is_missing_is_named_as_on_the_page(self):
        party = self.company()
        self.save(party, past_due_cases=None, industry_reference=None)
        shown = self.shown(party)
        self.assertEqual(shown["state"], "incomplete")
        self.assertEqual(shown["message"].splitlines(),
                         ["Past-due Cases: is unknown", "Industry Reference: is unknown"])
        self.assertEqual(shown["score"], 68, "what it was stays to be seen")
        self.save(party, past_due_cases=0, industry_reference="none")
        self.assertEqual((self.shown(party)["state"], self.shown(party)["message"]), ("scored", ""))

    def test_what_is_refused_names_the_field(self):
        party = self.company(name="x" * 300)
        shown = self.shown(party)
        self.assertEqual(shown["state"], "refused")
        self.assertIn("facts.display_name: ", shown["message"])

    def test_a_change_during_a_call_has_the_last_word(self):
        party = self.company()
        first = threading.Thread(target=self.save, args=[party], kwargs={"past_due_cases": 600_000})
        second = threading.Thread(target=self.save, args=[party], kwargs={"past_due_cases": 0})
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            first.start()
            self.await_value(party, 600_000)
            # The second is saved while the first call hangs: that holds no lock.
            second.start()
            self.await_value(party, 0)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        first.join(20)
        second.join(20)
        shown = self.shown(party)
        self.assertEqual((shown["state"], shown["score"]), ("scored", 52))
        self.assertEqual(self.evaluations(party)[0].score, 52)

    def test_what_changed_unseen_during_a_call_is_told_after_it(self):
        party = self.company()
        first = threading.Thread(target=self.save, args=[party], kwargs={"past_due_cases": 600_000})
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            first.start()
            self.await_value(party, 600_000)
            # By nobody whose save would be told: another program that writes the database.
            with contextlib.closing(sqlite3.connect(self.tryton.database)) as database, database:
                database.execute("UPDATE party_party SET past_due_cases = 0 WHERE id = ?", [party])
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        first.join(20)
        shown = self.shown(party)
        self.assertEqual((shown["state"], shown["score"]), ("scored", 52))
        self.assertEqual([e.score for e in self.evaluations(party)], [52, 72, 68])

    def test_many_saves_at_once_end_with_the_score_of_the_last(self):
        party, log = self.company(), len(self.tryton.log())

        def save(numbers):
            for number in numbers:
                self.save(party, past_due_cases=number)

        savers = [threading.Thread(target=save, args=[range(first, first + 10)])
                  for first in (1_000, 50_000)]
        for saver in savers:
            saver.start()
        for saver in savers:
            saver.join(60)
        self.save(party, past_due_cases=120_001)
        self.assertEqual((self.shown(party)["state"], self.shown(party)["score"]), ("scored", 68))
        self.assertNotRegex(self.tryton.log()[log:], "was not scored|ERROR|CRITICAL")

    def await_value(self, party, past_due_cases):
        for _ in range(100):
            [read] = self.tryton.call("party.party", "read", [party], ["past_due_cases"])
            if read["past_due_cases"] == past_due_cases:
                return
            time.sleep(0.01)
        self.fail(f"{past_due_cases} was not saved")

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

    # Keys.

    def test_a_key_that_may_not_is_waited_for(self):
        for name, key, code in (("viewer", self.viewer, "PERMISSION_DENIED"),
                                ("unknown", "tmk_nobody", "UNAUTHENTICATED")):
            with self.subTest(name):
                (self.folder / name).write_text(key)
                self.tryton.restart(key_file=self.folder / name)
                try:
                    shown = self.shown(self.company())
                finally:
                    self.tryton.restart(key_file=self.key_file)
                self.assertEqual(shown["state"], "waiting")
                self.assertIn(code, shown["message"])
                self.assertNotIn(key, shown["message"] + self.tryton.log())

    def test_calls_beyond_loopback_go_over_tls(self):
        # With the other settings too: a key from the environment, and another prefix.
        authority = Authority(self.folder)
        pair = authority.issue("server", ["IP:127.0.0.1"])
        with Server(f"--tls-certificate={pair.certificate}", f"--tls-key={pair.key}") as server:
            server.stop()
            secret = create_key(server, "scorer")
            server.start()
            self.tryton.environment["TIERMARK_KEY"] = secret
            self.tryton.restart(target=server.address, key_file="", ca_file=authority.root,
                                prefix="crm1-")
            try:
                party = self.company()
                with Client(server.address, key=secret, ca_file=authority.root) as client:
                    client.report_account_event(
                        account_id=f"crm1-{party}",
                        type=reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER)
                    self.tryton.call("ir.cron", "run_once", [self.job("evaluate_due")])
                    told = list(client.iterate_evaluations(account_id=f"crm1-{party}"))
                self.assertEqual([e.score for e in told], [68, 68])
            finally:
                del self.tryton.environment["TIERMARK_KEY"]
                self.tryton.restart(target=self.server.address, key_file=self.key_file, ca_file="",
                                    prefix="")


if __name__ == "__main__":
    unittest.main()
