"""The custom coded action of clients/examples/hubspot, called as HubSpot calls it, against the real
server."""
import copy
import datetime
import http.server
import json
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest

import grpc

from auth_support import bearer, create_key
from cli_support import key_by
from server import Server, clean_environment
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "clients" / "examples" / "hubspot"
LIMIT_SECONDS = 20  # HubSpot's.
# Fails as HubSpot shows it: by what was thrown.
CALLER = """
const { main } = require(process.argv[1]);
main(JSON.parse(process.argv[2]), (result) => console.log(JSON.stringify(result)))
  .catch((error) => { console.error(error.message); process.exitCode = 1; });
"""
TEXT = (FOLDER / "README.md").read_text()
EVENT, OUTPUT = map(json.loads, re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))


def start(event, url, key):
    secrets = {"TIERMARK_URL": url, "TIERMARK_KEY": key}
    return subprocess.Popen(
        ["node", "-e", CALLER, str(FOLDER / "action.js"), json.dumps(event)],
        env=clean_environment(**{name: value for name, value in secrets.items() if value}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class HubspotTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server, cls.hung = Server(), Server()
        for server in (cls.server, cls.hung):
            cls.addClassCleanup(server.close)
        admin = create_key(cls.server)
        cls.server.start()
        cls.key = key_by(re.search(r"`(tiermark key create [^`]+)`", TEXT)[1], cls.server, admin)
        cls.url = f"http://{cls.server.http_address}/"
        # This takes as long as an action may, so it goes on beside the other tests.
        cls.hung.start()
        cls.hung.process.send_signal(signal.SIGSTOP)
        cls.addClassCleanup(cls.hung.process.send_signal, signal.SIGCONT)
        cls.hung_since = time.monotonic()
        cls.hung_call = start(EVENT, f"http://{cls.hung.http_address}", None)
        cls.hung_end = []
        cls.hung_watch = threading.Thread(
            target=lambda: cls.hung_end.append((cls.hung_call.communicate(timeout=60),
                                                time.monotonic())))
        cls.hung_watch.start()
        cls.addClassCleanup(cls.hung_watch.join)

    def setUp(self):
        channel = grpc.insecure_channel(self.server.address)
        self.addCleanup(channel.close)
        self.scoring, self.accounts = ScoringServiceStub(channel), AccountServiceStub(channel)
        self.metadata = [("authorization", bearer(self.key))]

    def event(self, **inputs):
        """A company of its own for each test."""
        event = copy.deepcopy(EVENT)
        event["object"]["objectId"] = self._testMethodName
        event["callbackId"] = f"ap-{self._testMethodName}-{time.monotonic_ns()}"
        event["inputFields"].update(inputs)
        return event

    def run_action(self, event, url=None, key=None):
        """(exit code, what it called back with, what it threw)."""
        process = start(event, self.url if url is None else url, self.key if key is None else key)
        out, error = process.communicate(timeout=60)
        return process.returncode, json.loads(out) if out else None, error.strip()

    def outputs(self, event):
        code, result, error = self.run_action(event)
        self.assertEqual((code, error), (0, ""))
        return result["outputFields"]

    def facts(self):
        return self.accounts.GetAccount(
            accounts_pb.GetAccountRequest(account_id=f"hubspot-{self._testMethodName}"),
            metadata=self.metadata, timeout=20).account.facts

    def scores(self):
        return [e.score for e in self.scoring.ListEvaluations(
            scoring_pb.ListEvaluationsRequest(account_id=f"hubspot-{self._testMethodName}"),
            metadata=self.metadata, timeout=20).evaluations]

    def test_the_example_of_the_readme(self):
        code, result, error = self.run_action(EVENT)
        self.assertEqual((code, error), (0, ""))
        shown, given = copy.deepcopy(OUTPUT["outputFields"]), result["outputFields"]
        self.assertEqual(set(shown), set(given))
        self.assertEqual(set(re.findall(r"^\| `(\w+)` \| (?:enumeration|string|number|date)\b", TEXT,
                                        re.MULTILINE)), set(given))
        due = datetime.datetime.fromtimestamp(given.pop("reevaluation_date") / 1000,
                                              datetime.timezone.utc)
        self.assertEqual((due.hour, due.minute), (0, 0))
        self.assertGreater(due.date(), datetime.date.today())
        shown.pop("reevaluation_date")
        self.assertTrue(given.pop("action").startswith(shown.pop("action").removesuffix("...")))
        self.assertEqual(shown, given)

    def test_every_input_of_the_table_is_its_fact(self):
        inputs = dict(expansion_countries="MX; CL", first_meeting_date=1772582400000,
                      lifecyclestage="customer")
        event = self.event(**inputs)
        table = re.findall(r"^\| `(\w+)` \|.*\| `(\w+)` \|$", TEXT, re.MULTILINE)
        self.assertEqual({name for name, _ in table}, set(event["inputFields"]))
        self.outputs(event)
        facts = self.facts()
        self.assertEqual({field.name for field, _ in facts.ListFields()} - {"created_date"},
                         {fact for _, fact in table})
        self.assertEqual(facts.lifecycle_stage, facts_pb.LIFECYCLE_STAGE_CLIENT)
        self.assertEqual((list(facts.expansion_countries), facts.first_meeting_date.day,
                          facts.potential_mrr[0].amount.units, facts.potential_mrr[0].amount.nanos),
                         (["MX", "CL"], 4, 24_000, 500_000_000))

    def test_an_empty_property_is_unknown_and_an_input_left_out_is_not(self):
        self.outputs(self.event())
        event = self.event(past_due_cases="")
        del event["inputFields"]["industry_reference"]
        outputs = self.outputs(event)
        self.assertEqual(outputs, {"status": "incomplete",
                                   "message": "facts.past_due_cases: is unknown"})
        # The server keeps what it was told, although it is no score.
        self.assertFalse(self.facts().HasField("past_due_cases"))
        self.assertEqual(self.facts().industry_reference, facts_pb.INDUSTRY_REFERENCE_RECOGNIZED)
        self.assertEqual(self.scores(), [68])

    def test_what_is_known_of_a_new_company_is_kept_while_facts_are_missing(self):
        self.assertEqual(self.outputs(self.event(past_due_cases=""))["status"], "incomplete")
        self.assertEqual(self.facts().display_name, EVENT["inputFields"]["name"])
        # A score comes of the missing one alone.
        event = self.event()
        event["inputFields"] = {"past_due_cases": "120000"}
        self.assertEqual(self.outputs(event)["score"], 68)

    def test_zero_is_a_number(self):
        self.assertEqual(self.outputs(self.event(past_due_cases=0))["score"], 52)

    def test_what_is_malformed_is_named(self):
        outputs = self.outputs(self.event(past_due_cases="-1", country_code="Colombia"))
        self.assertEqual(outputs["status"], "refused")
        self.assertIn("facts.past_due_cases: ", outputs["message"])
        self.assertIn("facts.country: ", outputs["message"])

    def test_an_execution_tried_again_is_one_evaluation(self):
        event = self.event()
        self.assertEqual(self.outputs(event), self.outputs(event))
        self.assertEqual(self.scores(), [68])
        # Another execution is another.
        self.outputs(self.event())
        self.assertEqual(self.scores(), [68, 68])

    def test_a_server_that_comes_back_is_waited_for(self):
        self.server.stop()
        process = start(self.event(), self.url, self.key)
        time.sleep(1)
        self.assertIsNone(process.poll())
        self.server.start(f"--http-listen={self.server.http_address}",
                          f"--grpc-listen={self.server.address}")
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, error), (0, ""))
        self.assertEqual(json.loads(out)["outputFields"]["score"], 68)

    def test_a_wrong_key_or_address_fails_at_once(self):
        begin = time.monotonic()
        code, result, error = self.run_action(self.event(), key="tmk_nobody")
        self.assertEqual((code, result), (1, None))
        self.assertRegex(error, "^Tiermark: unauthenticated: ")
        self.assertNotIn("tmk_nobody", error)
        code, _, error = self.run_action(self.event(), url=f"{self.url}healthz")
        self.assertEqual(code, 1)
        self.assertRegex(error, "404")
        code, _, error = self.run_action(self.event(), url=False)
        self.assertEqual((code, error), (1, "the secret TIERMARK_URL is not chosen for this action"))
        self.assertLess(time.monotonic() - begin, 15)

    def test_a_key_goes_to_no_address_but_https(self):
        for url in ("http://tiermark.example", "HTTP://127.0.0.1.example:80/", "http://127.example/",
                    "tiermark.example.com"):
            with self.subTest(url):
                begin = time.monotonic()
                code, result, error = self.run_action(self.event(), url=url)
                self.assertEqual((code, result), (1, None))
                self.assertRegex(error, "^TIERMARK_URL is not an https:// address$")
                self.assertLess(time.monotonic() - begin, 4)
        # The server's own machine is no network, by any of its names.
        for name in ("localhost", "127.0.0.1"):
            url = self.url.replace("127.0.0.1", name)
            self.assertEqual(self.run_action(self.event(), url=url)[0], 0, name)

    def test_a_redirect_takes_the_key_nowhere(self):
        seen = []

        class Redirect(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                seen.append(self.path)
                self.send_response(307)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Redirect) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                code, _, error = self.run_action(
                    self.event(), url=f"http://127.0.0.1:{server.server_port}")
            finally:
                server.shutdown()
                thread.join()
        self.assertEqual((code, seen), (1, ["/tiermark.v1.ScoringService/EvaluateAccount"]))
        self.assertEqual(error, "Tiermark's address answered 307 without JSON")

    def test_zz_a_server_that_hangs_fails_within_the_limit(self):
        self.hung_watch.join(60)
        [((out, error), end)] = self.hung_end
        self.assertEqual((self.hung_call.returncode, out), (1, ""))
        self.assertRegex(error, "^no answer from Tiermark: ")
        self.assertLess(end - self.hung_since, LIMIT_SECONDS)


if __name__ == "__main__":
    unittest.main()
