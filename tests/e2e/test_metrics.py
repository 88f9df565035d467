"""What Prometheus finds at /metrics, who may look, and whether the dashboard and the alerts fit it."""
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

import grpc

from server import Server, run
from support import DEADLINE_SECONDS, bank, mrr
from tiermark import Client, TiermarkError
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool", path=os.pathsep.join(
    [os.environ.get("TIERMARK_TOOLS", ""), os.environ.get("PATH", "")]))
EVALUATE = "tiermark.v1.ScoringService/EvaluateAccount"
CANARY, CANARY_FIGURE = "Xylophone-Canary", 734_915_286
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_METRIC = re.compile(r"\b(?:tiermark|process)_[a-z0-9_]+\b")
_SAMPLE = re.compile(r'^([a-z_]+)(\{[^}]*\})? (\S+)$')


def promtool(*arguments, **more):
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr


def get(server, path="/metrics", method="GET", tls=None, **headers):
    """Status, headers and text of a request to the server's HTTP port."""
    if tls is None:
        connection = http.client.HTTPConnection(server.http_address, timeout=DEADLINE_SECONDS)
    else:
        connection = http.client.HTTPSConnection(server.http_address, context=tls,
                                                 timeout=DEADLINE_SECONDS)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v
                                                  for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def samples(text):
    """Values by name with labels, as they stand."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = _SAMPLE.match(line).groups()
            found[name + (labels or "")] = float(value)
    return found


def names(text):
    """The metrics that are there, with the parts of histograms."""
    return {_SAMPLE.match(line).group(1) for line in text.splitlines()
            if line and not line.startswith("#")}


def post(server, rpc, message, **headers):
    connection = http.client.HTTPConnection(server.http_address, timeout=DEADLINE_SECONDS)
    try:
        connection.request("POST", "/" + rpc, json.dumps(message),
                           {"content-type": "application/json",
                            **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class ScrapeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--log-level=debug")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.client = Client(cls.server.address)
        cls.addClassCleanup(cls.client.close)

    def scrape(self):
        status, headers, text = get(self.server)
        self.assertEqual(status, 200, text)
        self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return text

    def grown(self, name, work):
        """By how much the metric grows while `work` is done."""
        before = samples(self.scrape()).get(name, 0)
        work()
        return samples(self.scrape()).get(name, 0) - before

    @unittest.skipIf(PROMTOOL is None, "promtool is not there")
    def test_promtool_finds_nothing_to_say(self):
        self.client.evaluate_account(account_id="linted", facts=bank())
        code, said = promtool("check", "metrics", input=self.scrape())
        self.assertEqual((code, said), (0, ""))

    def test_help_and_type_stand_before_each_metric(self):
        text = self.scrape()
        for name in names(text):
            base = re.sub("_(bucket|sum|count)$", "", name)
            self.assertTrue(f"# TYPE {name} " in text or f"# TYPE {base} histogram" in text, name)
            self.assertTrue(f"# HELP {name} " in text or f"# HELP {base} " in text, name)

    def test_calls_over_both_front_ends_count(self):
        calls = f'tiermark_calls_total{{rpc="{EVALUATE}",code="OK"}}'
        self.assertEqual(self.grown(calls, lambda: self.client.evaluate_account(
            account_id="counted", facts=bank())), 1)
        body = {"accountId": "counted"}
        self.assertEqual(self.grown(calls, lambda: self.assertEqual(
            post(self.server, EVALUATE, body)[0], 200)), 1)
        duration = f'tiermark_call_duration_seconds_count{{rpc="{EVALUATE}"}}'
        self.assertEqual(self.grown(duration, lambda: post(self.server, EVALUATE, body)), 1)
        invalid = f'tiermark_calls_total{{rpc="{EVALUATE}",code="INVALID_ARGUMENT"}}'
        self.assertEqual(self.grown(invalid, lambda: self.assertEqual(
            post(self.server, EVALUATE, {"accountId": " "})[0], 400)), 1)

    def test_streams_and_their_messages_count(self):
        rpc = "tiermark.v1.AccountService/ExportAccounts"
        self.client.evaluate_account(account_id="exported", facts=bank())

        def export():
            with grpc.insecure_channel(self.server.address) as channel:
                list(AccountServiceStub(channel).ExportAccounts(
                    accounts_pb.ExportAccountsRequest(), timeout=DEADLINE_SECONDS))
        self.assertGreater(
            self.grown(f'tiermark_stream_messages_total{{rpc="{rpc}"}}', export), 0)
        self.assertEqual(
            self.grown(f'tiermark_calls_total{{rpc="{rpc}",code="OK"}}', export), 1)

    def test_writes_and_reads_show_in_the_store(self):
        def write():
            self.client.evaluate_account(account_id="written", facts=bank())
        for name in ("tiermark_store_group_writes_count", "tiermark_store_group_writes_sum",
                     "tiermark_store_commit_duration_seconds_count",
                     "tiermark_store_flush_duration_seconds_count"):
            self.assertEqual(self.grown(name, write), 1, name)
        self.assertGreater(self.grown("tiermark_store_wal_bytes", write), 0)
        self.assertGreater(self.grown("tiermark_store_page_cache_hits_total", lambda: [
            self.client.get_account(account_id="written") for _ in range(3)]), 0)
        now = samples(self.scrape())
        self.assertGreater(now["tiermark_store_disk_free_bytes"], 0)
        self.assertEqual(now["tiermark_store_readers"], 4)

    def test_this_process_is_the_one_described(self):
        now = samples(self.scrape())
        pid = self.server.process.pid
        # The connection of the scrape may be closed by now.
        self.assertLess(abs(now["process_open_fds"] - len(os.listdir(f"/proc/{pid}/fd"))), 5)
        version = run("--version").stdout.split()[1]
        self.assertEqual(now[f'tiermark_build_info{{version="{version}"}}'], 1)
        age = pathlib.Path(f"/proc/{pid}").stat().st_mtime - now["process_start_time_seconds"]
        self.assertLess(abs(age), 5)
        self.assertGreater(now["process_resident_memory_bytes"], 1 << 20)

    def test_rpcs_and_reasons_are_closed_sets(self):
        for path in ("/tiermark.v1.ScoringService/Nothing", "/nothing"):
            self.assertEqual(get(self.server, path, "POST")[0], 404)
        text = self.scrape()
        self.assertNotIn("Nothing", text)
        labels = set(re.findall(r'([a-z_]+)="', text))
        self.assertEqual(labels, {"rpc", "code", "reason", "pool", "queue", "step", "kind", "le",
                                  "level", "version"})

    def test_nothing_of_customers_in_metrics_or_log(self):
        given = bank(display_name=CANARY, past_due_cases=CANARY_FIGURE, owner_id=CANARY,
                     potential_mrr=[mrr("CO", CANARY_FIGURE)],
                     custom={"k": facts_pb.FactValue(text=CANARY)})
        self.client.evaluate_account(account_id=CANARY, facts=given)
        for call, fields in [(self.client.get_account, {"account_id": CANARY + "?"}),
                             (self.client.list_accounts, {"page_token": CANARY})]:
            with self.assertRaises(TiermarkError):
                call(**fields)
        post(self.server, EVALUATE, {"accountId": CANARY, CANARY: CANARY_FIGURE},
             traceparent=CANARY, authorization=f"Bearer {CANARY}")
        get(self.server, "/" + CANARY + "?" + CANARY, x_request_id="abc")
        for text in (self.scrape(), self.server.log()):
            self.assertNotIn(CANARY, text)
            self.assertNotIn(str(CANARY_FIGURE), text)

    def test_log_lines_carry_the_trace(self):
        for traceparent, expected in ((f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN)),
                                      (f"00-{TRACE}-{SPAN}", (None, None)),
                                      (f"01-{TRACE}-{SPAN}-01", (None, None))):
            request_id = f"trace-{len(traceparent)}-{traceparent[:2]}"
            post(self.server, EVALUATE, {"accountId": "traced"}, x_request_id=request_id,
                 traceparent=traceparent)
            [line] = [line for line in map(json.loads, self.server.log().splitlines())
                      if line.get("request_id") == request_id]
            self.assertEqual((line.get("trace_id"), line.get("span_id")), expected)
            self.assertNotIn("traceparent", line)


class AccessTest(unittest.TestCase):
    def test_proxied_requests_find_nothing(self):
        with Server() as server:
            nothing = get(server, "/there-is-no-such-page")
            for header in ("forwarded", "x_forwarded_for", "via"):
                for method in ("GET", "HEAD", "POST"):
                    self.assertEqual(get(server, method=method, **{header: "x"})[0], 404)
                self.assertEqual(get(server, **{header: ""})[0], 404)
                self.assertEqual(get(server, **{header: "for=127.0.0.1"})[2], nothing[2])
            self.assertEqual(get(server)[0], 200)
            self.assertEqual(get(server, method="HEAD")[::2], (200, ""))
            self.assertEqual(get(server, method="POST")[0], 405)

    def test_other_machines_find_nothing(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        with Server("--http-listen=0.0.0.0:0", "--allow-insecure-remote") as server:
            port = server.http_address.rpartition(":")[2]
            server.http_address = f"{address}:{port}"
            self.assertEqual(get(server, "/healthz")[0], 200)
            self.assertEqual(get(server)[0], 404)
            server.http_address = f"127.0.0.1:{port}"
            self.assertEqual(get(server)[0], 200)


def own_address():
    """An address of this machine that is not of its loopback; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


class RefusalTest(unittest.TestCase):
    def test_refused_calls_are_counted_and_logged(self):
        with Server("--require-keys") as server:
            status, _ = post(server, EVALUATE, {"accountId": CANARY}, x_request_id="refused-1",
                             authorization=f"Bearer tmk_{CANARY}",
                             traceparent=f"00-{TRACE}-{SPAN}-01")
            self.assertEqual(status, 401)
            with Client(server.address) as client, self.assertRaises(TiermarkError):
                client.evaluate_account(account_id=CANARY, facts=bank())
            text = get(server)[2]
            now = samples(text)
            self.assertEqual(now['tiermark_calls_refused_total{reason="KEY_NOT_ACCEPTED"}'], 2)
            self.assertEqual(
                now[f'tiermark_calls_total{{rpc="{EVALUATE}",code="UNAUTHENTICATED"}}'], 2)
            lines = [json.loads(line) for line in server.log().splitlines()]
            [line] = [line for line in lines if line.get("request_id") == "refused-1"]
            self.assertEqual((line["rpc"], line["code"], line["reason"], line["trace_id"]),
                             (EVALUATE, "UNAUTHENTICATED", "KEY_NOT_ACCEPTED", TRACE))
            for text in (text, server.log()):
                self.assertNotIn(CANARY, text)


class DeployTest(unittest.TestCase):
    """The files of deploy/ against what a server with TLS really serves."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tiermark-tls-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        certificate, key = folder / "server.pem", folder / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        key.chmod(0o600)
        cls.server = Server(f"--tls-certificate={certificate}", f"--tls-key={key}")
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        trust = ssl.create_default_context(cafile=certificate)
        # The first count of accounts takes a moment.
        until = time.monotonic() + DEADLINE_SECONDS
        cls.text = ""
        while "tiermark_accounts" not in cls.text and time.monotonic() < until:
            cls.text = get(cls.server, tls=trust)[2]
        dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
        cls.dashboard = dashboard
        cls.queries = [target["expr"] for panel in dashboard["panels"]
                       for target in panel.get("targets", [])]
        cls.rules = (DEPLOY / "prometheus" / "alerts.yml").read_text()

    def test_certificate_is_among_the_metrics(self):
        now = samples(self.text)
        left = now["tiermark_tls_certificate_expiry_timestamp_seconds"] - time.time()
        self.assertLess(abs(left - 2 * 86_400), 600)
        self.assertEqual(now["tiermark_tls_certificate_version"], 1)

    def test_what_dashboard_and_alerts_ask_for_is_there(self):
        there = names(self.text)
        recorded = set(re.findall(r"record: (\S+)", self.rules))
        expressions = re.sub(r"(?s)(summary|runbook):.*?(?=\n\s*- alert|\n\s*runbook|\Z)", "",
                             self.rules)
        for rule in recorded:
            expressions = expressions.replace(rule, "")
        asked = set(_METRIC.findall(expressions))
        self.assertGreater(len(asked), 25)
        self.assertLessEqual(asked, there)
        asked = set(_METRIC.findall(json.dumps(self.queries)))
        self.assertLessEqual(asked, there)
        # And the other way round: nothing is counted that nobody can see.
        shown = {re.sub("_(bucket|sum|count)$", "", name) for name in asked}
        self.assertEqual({re.sub("_(bucket|sum|count)$", "", name) for name in there} - shown,
                         {"tiermark_build_info"} - shown)

    def test_documents_name_what_is_there(self):
        documented = (DEPLOY.parent / "docs" / "operations.md").read_text()
        for name in names(self.text):
            base = re.sub("_(bucket|sum|count)$", "", name)
            self.assertTrue(f"`{name}`" in documented or f"`{base}`" in documented, name)
        for name in re.findall(r"alert: (\w+)", self.rules):
            self.assertIn(f"`{name}`", documented)
        for name in _METRIC.findall(documented):
            self.assertIn(re.sub("_(bucket|sum|count)$", "", name),
                          {re.sub("_(bucket|sum|count)$", "", n) for n in names(self.text)})

    def test_dashboard_can_be_imported(self):
        variables = [variable["name"] for variable in self.dashboard["templating"]["list"]]
        self.assertEqual(variables, ["datasource", "instance"])
        ids = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        rows = [panel["title"] for panel in self.dashboard["panels"] if panel["type"] == "row"]
        self.assertEqual(rows, ["Healthy", "Slow", "Full"])
        places = set()
        for panel in self.dashboard["panels"]:
            at = panel["gridPos"]
            for x in range(at["x"], at["x"] + at["w"]):
                for y in range(at["y"], at["y"] + at["h"]):
                    self.assertLess(x, 24)
                    self.assertNotIn((x, y), places, panel["title"])
                    places.add((x, y))
            if panel["type"] == "row":
                continue
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
            for target in panel["targets"]:
                self.assertEqual(target["datasource"]["uid"], "${datasource}")

    @unittest.skipIf(PROMTOOL is None, "promtool is not there")
    def test_queries_of_the_dashboard_can_be_read(self):
        rules = [{"record": f"query:{i}", "expr": query.replace("$__rate_interval", "1m")
                  .replace("$instance", ".*")} for i, query in enumerate(self.queries)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            code, said = promtool("check", "rules", file.name)
        self.assertEqual(code, 0, said)

    @unittest.skipIf(PROMTOOL is None, "promtool is not there")
    def test_alerts_fire_when_they_should_and_only_then(self):
        folder = DEPLOY / "prometheus"
        code, said = promtool("check", "config", "prometheus.yml", cwd=folder)
        self.assertEqual(code, 0, said)
        code, said = promtool("test", "rules", "alerts_test.yml", cwd=folder)
        self.assertEqual(code, 0, said)

    def test_each_alert_waits_and_says_what_to_do(self):
        alerts = re.split(r"\n\s+- alert: ", self.rules)[1:]
        self.assertGreater(len(alerts), 15)
        for alert in alerts:
            name = alert.split()[0]
            for part in (r"\n\s+for: \d+[mh]\n", r"severity: (warning|critical)\}",
                         r"\n\s+summary: \S", r"\n\s+runbook: (>-\n\s+)?\S.*"):
                self.assertRegex(alert, part, name)
            # Each has a test of its own.
            self.assertIn(name, (DEPLOY / "prometheus" / "alerts_test.yml").read_text())


if __name__ == "__main__":
    unittest.main()
