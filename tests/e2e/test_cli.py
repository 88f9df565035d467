"""Every command of the command line against the real server, for people and for programs."""
import json
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

from cli_support import (CLI, CONFLICT, DIFFERENT, INVALID, NOT_FOUND, USAGE, CliTest,
                         environment)
from tiermark import Client

BANK = ["--country", "CO", "--mrr", "USD:60000", "--past-due-cases", "500000",
        "--industry-reference", "market-leader", "--countries", "CO,PE,EC,CL,MX"]
FINTECH = ["--country", "CO", "--mrr", "USD:1000", "--past-due-cases", "2000",
           "--industry-reference", "emerging", "--countries", "CO"]
DEMO_CLIENT = "altiverra-bank-co"


class AccountTest(CliTest):
    def test_evaluate(self):
        printed = self.text("evaluate", "bank", *BANK)
        self.assertIn("Score       100 (100.00)\nSegment     Strategic\nMovement    First\n", printed)
        self.assertRegex(printed, r"\nPotential MRR +100 +40 % +40\.00 +60,000 USD +50 000 USD or more\n")
        self.assertRegex(printed, r"\nDo +\w.*\nDue next +\d{4}-\d\d-\d\dT")
        answer = self.object("evaluate", "bank")
        self.assertEqual(answer["evaluation"]["score"], 100)
        self.assertEqual(answer["evaluation"]["movement"], "MOVEMENT_UNCHANGED")
        self.assertTrue(answer["recommendedAction"])

    def test_evaluate_merges_what_a_file_and_flags_say(self):
        self.object("evaluate", "merged", *FINTECH, "--owner", "ana", "--fact", "custom.tier=gold")
        facts = {"pastDueCases": 600_000, "custom": {"seats": {"int64": 5}}}
        self.object("evaluate", "merged", "--facts", "-", "--fact", "budget=USD:5000.50",
                    given=json.dumps(facts))
        kept = self.object("get", "merged")["facts"]
        self.assertEqual((kept["pastDueCases"], kept["ownerId"]), (600_000, "ana"))
        self.assertEqual(kept["budget"], {"currencyCode": "USD", "units": "5000", "nanos": 500_000_000})
        self.assertEqual(kept["custom"], {"tier": {"text": "gold"}, "seats": {"int64": "5"}})
        self.object("evaluate", "merged", "--clear", "owner_id,budget")
        kept = self.object("get", "merged")["facts"]
        self.assertNotIn("ownerId", kept)
        self.assertNotIn("budget", kept)
        self.assertEqual(kept["pastDueCases"], 600_000)
        self.object("evaluate", "merged", *FINTECH, "--replace")
        self.assertNotIn("custom", self.object("get", "merged")["facts"])

    def test_evaluate_by_another_model_and_dry(self):
        self.object("evaluate", "dry", *FINTECH)
        answer = self.object("evaluate", "dry", "--model", "lead-scoring", "--model-version", "1",
                             "--dry-run")
        self.assertEqual(answer["evaluation"]["model"]["modelId"], "lead-scoring")
        self.assertNotIn("evaluationId", answer["evaluation"])
        self.assertIn("Grade", self.text("evaluate", "dry", "--model", "lead-scoring"))
        self.assertIn("not kept", self.text("evaluate", "dry", "--dry-run"))

    def test_evaluate_again_with_its_request_id_is_the_first_answer(self):
        first, again = (self.object("evaluate", "twice", *FINTECH, "--request-id", "r-1")
                        for _ in range(2))
        self.assertEqual(first, again)

    def test_missing_facts_are_all_named(self):
        done = self.run_cli("evaluate", "missing", "--country", "CO", expect=CONFLICT)
        for field in ["potential_mrr", "past_due_cases", "industry_reference", "operating_countries"]:
            self.assertIn(f"\n  facts.{field}: ", done.stderr)
        self.assertIn("FACTS_MISSING", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_estimate(self):
        known = [flag for flag in BANK if flag not in ("--past-due-cases", "500000")]
        self.assertIn("Score    80 to 100\nSegment  Strategic, whatever is unknown\n"
                      "Unknown  past_due_cases\n", self.text("estimate", *known))
        self.assertEqual(self.object("estimate", *known)["minScore"], 80)
        self.assertIn("\nOne of ", self.text("estimate", *FINTECH[:2]))
        self.assertEqual(self.object("estimate", DEMO_CLIENT)["minScore"],
                         self.object("estimate", DEMO_CLIENT)["maxScore"])
        self.run_cli("estimate", expect=USAGE)

    def test_get(self):
        printed = self.text("get", DEMO_CLIENT)
        self.assertIn("Name          Banco Altiverra Colombia\n", printed)
        self.assertRegex(printed, r"\naccount-segmentation +1 +\d+ ")
        account = self.object("get", DEMO_CLIENT, "--as-of", "2024-02-29")
        self.assertEqual(account["activity"]["activityDate"], {"year": 2024, "month": 2, "day": 29})

    def test_list(self):
        rows = self.rows("list", "--segment", "strategic", "--limit", "3")
        self.assertEqual(len(rows), 3)
        self.assertTrue(all(" Strategic " in row for row in rows))
        self.assertRegex(rows[0], r" [\d,]+ USD  \w")
        everybody = self.objects("list", "--limit", "0")
        self.assertGreater(len(everybody), 200)
        self.assertEqual(len({account["accountId"] for account in everybody}), len(everybody))
        chosen = [account["accountId"] for account in everybody
                  if account["activity"]["status"] == "ACTIVITY_STATUS_ACTIVE"
                  and account["facts"].get("pastDueCases", 0) >= 1000]
        self.assertTrue(chosen)
        found = self.objects("list", "--where", "activity=active", "--fact", "past_due_cases>=1000",
                             "--limit", "0", "--order", "account-id")
        self.assertEqual([account["accountId"] for account in found], sorted(chosen))

    def test_lists_are_never_cut_in_silence(self):
        for arguments, cut in [(["--limit", "2"], True), (["--limit", "0"], False)]:
            done = self.run_cli("list", "--segment", "enterprise", *arguments)
            self.assertEqual("--limit 0 lists all" in done.stderr, cut)
        pages = self.objects("list", "--limit", "0")
        self.assertEqual(len(self.rows("list", "--limit", str(len(pages)))), len(pages))
        self.assertEqual(self.run_cli("list", "--limit", str(len(pages))).stderr, "")

    def test_due_claim_and_release(self):
        due = self.objects("due", "--limit", "5", "--country", "CO", "--reason", "event,quarterly")
        self.assertEqual(len(due), 5)
        row = self.rows("due", "--limit", "1", "--country", "CO", "--reason", "event,quarterly")[0]
        self.assertTrue(row.startswith(due[0]["accountId"]), row)
        self.assertGreaterEqual(len(self.objects("due", "--limit", "0", "--within", "90d")),
                                len(self.objects("due", "--limit", "0")))
        self.assertEqual(self.rows("due", "--as-of", "2001-01-01"), [])
        claim = ["claim", "--worker", "cli-1", "--lease", "5m", "--country", "CO", "--segment",
                 "strategic,enterprise"]
        mine = self.objects(*claim, "--max", "2")
        self.assertEqual([account["workerId"] for account in mine], ["cli-1"] * 2)
        [row] = self.rows(*claim, "--max", "1")
        self.assertIn(" cli-1 ", row)
        ids = [account["accountId"] for account in mine]
        self.assertEqual(self.text("release", "--worker", "cli-1", ids[0], "nobody"),
                         f"released 1 of 2\n{ids[0]}\n")
        self.assertEqual(self.object("release", "--worker", "cli-1", ids[1]),
                         {"releasedAccountIds": [ids[1]]})

    def test_playbook(self):
        self.assertIn("Segment    Enterprise\n", self.text("playbook", "enterprise"))
        self.assertEqual(self.object("playbook", "smb")["playbook"]["segment"], "SEGMENT_SMB")
        printed = self.text("playbook", "--account", DEMO_CLIENT)
        self.assertRegex(printed, r"\nDo +\w")
        self.assertRegex(printed, r"\nAdvice +\w")
        self.assertEqual(len(self.objects("playbook")), 4)
        self.assertEqual(self.text("playbook").count("Segment "), 4)
        self.run_cli("playbook", "smb", "--account", "a", expect=USAGE)


class PastTest(CliTest):
    def setUp(self):
        self.account = self.id().rpartition(".")[2]
        self.first = self.object("evaluate", self.account, *FINTECH)["evaluation"]["evaluationId"]
        self.last = self.object("evaluate", self.account, *BANK)["evaluation"]["evaluationId"]

    def test_history_lists_and_charts(self):
        printed = self.text("history", self.account)
        table, chart = printed.split("\n\n")
        self.assertRegex(table.splitlines()[1], rf" 100  Strategic  Upgrade +{self.last}$")
        self.assertRegex(table.splitlines()[2], rf" 16  SMB +First +{self.first}$")
        lines = chart.splitlines()
        self.assertEqual(lines[0], "account-segmentation")
        self.assertRegex(lines[1], r"^100 ┤ *●")
        self.assertRegex(lines[3], r"^ 80 ┤.* Strategic$")
        self.assertRegex(lines[11], r"^  0 ┤.* SMB$")
        ascii_only = self.text("history", self.account, LC_ALL="C")
        self.assertTrue(ascii_only.isascii())
        self.assertNotIn("┤", self.text("history", self.account, "--no-chart"))

    def test_history_of_a_time_and_a_model(self):
        self.object("evaluate", self.account, "--model", "lead-scoring")
        self.assertEqual(len(self.objects("history", self.account)), 3)
        self.assertEqual(self.text("history", self.account).count("100 ┤"), 2)
        [only] = self.objects("history", self.account, "--model", "lead-scoring")
        self.assertEqual(only["model"]["modelId"], "lead-scoring")
        self.assertEqual(self.objects("history", self.account, "--to", "2001-01-01"), [])
        self.assertEqual(len(self.objects("history", self.account, "--from", "2001-01-01",
                                          "--limit", "1")), 1)

    def test_show(self):
        self.assertIn("Score       16 (16.00)\n", self.text("show", self.first))
        self.assertEqual(self.object("show", self.first)["evaluation"]["facts"]["country"], "CO")

    def test_compare(self):
        printed = self.text("compare", self.first, self.last)
        self.assertIn("Difference  +84.00\n", printed)
        self.assertRegex(printed, r"\nFacts +\+34\.00  potential_mrr +potential-mrr 6\.00 to 40\.00\n")
        answer = self.object("compare", self.first, self.last)
        self.assertEqual(sum(part["hundredths"] for part in answer["parts"]), 8400)

    def test_replay(self):
        self.assertEqual(self.text("replay", self.first), "identical: 16.00 SMB\n")
        self.assertTrue(self.object("replay", self.last)["identical"])

    def test_movements(self):
        rows = self.rows("movements", "--from", "2026-01-01", "--to", "2028-12-31", "--movement",
                         "first", "--limit", "0")
        self.assertTrue(any(row.startswith(self.account) for row in rows))
        moved = self.objects("movements", "--from", "2026-01-01", "--to", "2028-12-31")
        self.assertTrue(moved)
        self.assertLessEqual({move["movement"] for move in moved},
                             {"MOVEMENT_UPGRADE", "MOVEMENT_DOWNGRADE"})
        self.run_cli("movements")

    def test_summary(self):
        summary = self.object("summary", "--by", "segment,country", "--country", "CO,MX")
        rows = self.rows("summary", "--by", "segment,country", "--country", "CO,MX")
        self.assertEqual(len(rows), len(summary["groups"]) + 1)
        self.assertRegex(rows[-1], rf"^all +{summary['total']['accounts']} ")
        self.assertRegex(self.text("summary"), r"(?m)^strategic +\d+ +\d+\.\d\d +[\d,]+ USD ")


class ModelTest(CliTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def model(self, name="model.textproto", base="account-segmentation@1", **changes):
        text = self.text("model", "show", base, "--text")
        for before, after in changes.values():
            self.assertIn(before, text)
            text = text.replace(before, after)
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def test_list_and_show(self):
        rows = self.rows("model", "list")
        self.assertTrue(any(re.match(r"lead-scoring +1  Active ", row) for row in rows), rows)
        self.assertEqual({model["modelId"] for model in self.objects("model", "list", "lead-scoring")},
                         {"lead-scoring"})
        self.assertEqual(self.objects("model", "list", "--state", "draft"), [])
        printed = self.text("model", "show", "account-segmentation@1")
        self.assertRegex(printed, r"\nPotential MRR +40 %  potential_mrr ")
        self.assertRegex(printed, r"\nStrategic +80  Strategic ")
        self.assertEqual(self.object("model", "show", "risk-profile")["info"]["version"], 1)
        self.assertTrue(self.text("model", "show", "lead-scoring", "--methodology")
                        .startswith("# Lead scoring"))
        self.run_cli("model", "show", "no-such-model", expect=NOT_FOUND)

    def test_validate_tells_every_fault_with_its_place(self):
        sound = self.model()
        self.assertEqual(self.text("model", "validate", sound), f"{sound}: sound\n")
        bad = self.model("bad.textproto", weight=("weight_percent: 40", "weight_percent: 35"),
                         fact=('fact: "past_due_cases"', 'fact: "cases"'))
        faults = self.text("model", "validate", bad, expect=INVALID).splitlines()
        self.assertEqual(len(faults), 2, faults)
        for fault in faults:
            self.assertRegex(fault, rf"^{re.escape(bad)}:\d+:\d+: criteria\S*: \w")
        answer = self.object("model", "validate", bad, expect=INVALID)
        self.assertEqual(len(answer["faults"]), 2)
        text = '{"model_id": "x",\n "method": "WEIGTED"}'
        self.assertRegex(self.text("model", "validate", "-", given=text, expect=INVALID),
                         r"^-:2:\d+: ")

    def test_simulate_publish_and_diff(self):
        file = self.model(band=("min_score: 60", "min_score: 70"))
        done = self.run_cli("model", "simulate", file, "--movers", "2")
        printed = done.stdout
        self.assertRegex(printed, r"\nMoved +[1-9]\d*\n")
        self.assertRegex(printed, r"\nFROM \\ TO +Strategic +Enterprise +Commercial +SMB")
        self.assertRegex(printed, r"\nEnterprise +Commercial +[1-9]\d* +[\d,]+ USD\n")
        self.assertIn("the bands moved", printed)
        self.assertEqual(self.objects("model", "list", "--state", "draft"), [],
                         "the draft of a simulated file is dropped")
        *progress, result = self.objects("model", "simulate", file)
        self.assertTrue(all("progress" in message for message in progress))
        self.assertIn("movedAccounts", result["result"])
        self.assertIn("could be published", self.text("model", "publish", file, "--dry-run"))
        tried = self.object("model", "publish", file, "--dry-run", "--mark-moved")
        self.assertEqual(tried["info"]["modelId"], "account-segmentation")
        self.assertEqual(self.objects("model", "list", "--state", "draft"), [],
                         "the draft of a file whose publishing was tried is dropped")
        self.assertEqual(self.text("model", "publish", file, "--mark-moved"),
                         "published account-segmentation version 2\n")
        self.assertEqual(self.text("model", "diff", "account-segmentation@1",
                                   "account-segmentation", expect=DIFFERENT),
                         "Enterprise begins at 70 instead of 60\n")
        self.assertEqual(self.text("model", "diff", "account-segmentation@1",
                                   "account-segmentation@1"), "they do not differ\n")
        self.assertEqual(len(self.object("model", "diff", "account-segmentation@1",
                                         "account-segmentation@2", expect=DIFFERENT)["differences"]), 1)
        self.assertIn("Against     account-segmentation version 2\n",
                      self.text("model", "simulate", "account-segmentation@1"))

    def test_an_unsound_file_is_refused_with_its_faults(self):
        file = self.model(weight=("weight_percent: 40", "weight_percent: 35"))
        for command in ["simulate", "publish"]:
            done = self.run_cli("model", command, file, expect=INVALID)
            self.assertIn("add up to 100", done.stderr)


class ProgramsTest(CliTest):
    """What programs read is JSON on both streams."""

    def test_notes(self):
        done = self.run_cli("list", "--limit", "2", "--json")
        self.assertEqual(json.loads(done.stderr), {"note": "the first 2; --limit 0 lists all"})

    def test_a_command_line_that_is_wrong(self):
        for arguments in (["list", "--limit", "x"], ["lst"], ["get"]):
            done = self.run_cli(*arguments, "--json", expect=USAGE)
            self.assertEqual(json.loads(done.stderr)["code"], "INVALID_ARGUMENT")
        self.assertIn("Usage", self.text("list", "--help", "--json"))

    def test_limits_within_a_page(self):
        """Lists are cut where it was asked for, and say so, wherever that is in a page."""
        total = len(self.objects("list", "--limit", "0"))
        for limit in (1, total - 1, total, total + 1):
            done = self.run_cli("list", "--limit", str(limit), "--json")
            self.assertEqual(len(done.stdout.splitlines()), min(limit, total))
            self.assertEqual(done.stderr != "", limit < total)


class WatchTest(CliTest):
    def start(self, *arguments):
        process = subprocess.Popen([CLI, "watch", *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=environment(self.server))
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def cursor(self):
        """That of the latest change, found by making one."""
        watching = self.start("--json", "--limit", "1", "--cursor", self.first_cursor())
        printed, _ = watching.communicate(timeout=30)
        return json.loads(printed)["cursor"]

    def first_cursor(self):
        with Client(self.server.address) as client:
            cursor = client.list_account_changes(latest=True).next_cursor
        self.object("evaluate", "watched", *FINTECH)
        return cursor

    def test_changes_come_as_they_happen(self):
        cursor = self.cursor()
        watching = self.start("--json", "--cursor", cursor)
        for cases in [3000, 4000]:
            self.object("evaluate", "watched", "--past-due-cases", str(cases))
        changes = [json.loads(watching.stdout.readline()) for _ in range(2)]
        self.assertTrue(all(change["accountId"] == "watched" for change in changes))
        self.assertEqual(len({change["cursor"] for change in changes}), 2)

    def test_ctrl_c_ends_it_with_the_cursor_to_go_on_from(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with self.subTest(number):
                watching = self.start("--cursor", self.cursor())
                self.object("evaluate", "watched", "--past-due-cases", "5000")
                line = watching.stdout.readline()
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\S+Z  watched  ")
                watching.send_signal(number)
                _, said = watching.communicate(timeout=30)
                self.assertEqual(watching.returncode, 0, said)
                [cursor] = re.findall(r"^go on with --cursor (\S+)$", said, re.MULTILINE)
                self.object("evaluate", "watched", "--past-due-cases", "6000")
                again = self.start("--cursor", cursor, "--limit", "1")
                printed, _ = again.communicate(timeout=30)
                self.assertIn("  watched  ", printed)

    def test_it_goes_on_when_the_server_comes_back(self):
        watching = self.start("--json", "--cursor", self.cursor())
        self.object("evaluate", "watched", "--past-due-cases", "7000")
        before = json.loads(watching.stdout.readline())
        address = self.server.address
        self.server.stop()
        self.server.start(f"--grpc-listen={address}")
        self.assertEqual(self.server.address, address)
        made = self.object("evaluate", "watched-too", *FINTECH)["evaluation"]["evaluationId"]
        seen = []
        while not seen or seen[-1].get("evaluated", {}).get("evaluationId") != made:
            seen.append(json.loads(watching.stdout.readline()))
        self.assertNotIn(before["cursor"], [change["cursor"] for change in seen])

    def test_a_cursor_that_is_none_is_refused(self):
        self.run_cli("watch", "--cursor", "nonsense", expect=INVALID)


if __name__ == "__main__":
    unittest.main()
