"""The module of clients/examples/tryton in a real Tryton against a real tiermarkd: a company's score
on its page, changes of its facts, and the keys that it calls with."""
import contextlib
import datetime
import re
import signal
import sqlite3
import threading
import time
import unittest
from decimal import Decimal

from auth_support import create_key
from certificates import Authority
from server import Server
from tiermark import Client
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tryton_case import SALESPERSON, SHOWN, TrytonCase
from tryton_support import PLUGIN, Fault


class TrytonTest(TrytonCase):
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
        facts = self.facts(party)
        given = {field.name for field, _ in facts.ListFields()}
        table = re.findall(r"^\| `(\w+)` \|", (PLUGIN / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(set(table) - {"target", "key_file", "tls", "ca_file", "timeout", "prefix",
                                       "batch"}, given)
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

    def test_what_is_said_counts_also_while_facts_are_missing(self):
        party = self.company(industry_reference=None)
        self.assertEqual(self.facts(party).past_due_cases, 120_000)
        self.assertEqual(len(self.evaluations(party)), 0)
        self.save(party, past_due_cases=None, first_meeting_date=datetime.date(2026, 3, 4))
        facts = self.facts(party)
        self.assertFalse(facts.HasField("past_due_cases"))
        self.assertEqual(facts.first_meeting_date.day, 4)
        # And again, as it was before: told once more, not taken for a repetition.
        self.save(party, past_due_cases=120_000)
        self.assertEqual(self.facts(party).past_due_cases, 120_000)

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

    def test_a_key_that_is_exchanged_counts_at_once(self):
        good = self.key_file.read_text()
        self.key_file.write_text("tmk_nobody")
        try:
            self.assertEqual(self.shown(self.company())["state"], "waiting")
        finally:
            self.key_file.write_text(good)
        self.assertEqual(self.shown(self.company())["state"], "scored")

    def test_tls_is_as_the_configuration_says(self):
        for tls, state in (("true", "waiting"), ("false", "scored")):
            with self.subTest(tls):
                self.tryton.restart(tls=tls)
                try:
                    self.assertEqual(self.shown(self.company())["state"], state)
                finally:
                    self.tryton.restart(tls="")

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
                    self.run_job("evaluate_due")
                    told = list(client.iterate_evaluations(account_id=f"crm1-{party}"))
                self.assertEqual([e.score for e in told], [68, 68])
            finally:
                del self.tryton.environment["TIERMARK_KEY"]
                self.tryton.restart(target=self.server.address, key_file=self.key_file, ca_file="",
                                    prefix="")


if __name__ == "__main__":
    unittest.main()
