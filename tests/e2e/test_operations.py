"""Running it: health, logs, draining, configuration, and one server to a store."""
import json
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import unittest

import grpc

import server as server_module
from server import Server, StartError
from support import ServerTest, bank, evaluate_request, facts, fintech, mrr
from tiermark import Client, TiermarkError
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub

CANARY, CANARY_FIGURE = "Xylophone-Canary", 734_915_286
SERVING = b"\x08\x01"  # HealthCheckResponse with status SERVING.


class HeadersTest(ServerTest):
    def test_health_is_served(self):
        check = self.channel.unary_unary("/grpc.health.v1.Health/Check",
                                         request_serializer=lambda b: b,
                                         response_deserializer=lambda b: b)
        self.assertEqual(check(b""), SERVING)

    def test_correlation_headers_are_given_back(self):
        sent = (("x-request-id", "abc-123"),
                ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        for request in (evaluate_request(self.account(), bank()), evaluate_request("", bank())):
            call = self.scoring.EvaluateAccount.future(request, metadata=sent)
            received = dict(call.initial_metadata() or ())
            call.exception()
            for name, value in sent:
                self.assertEqual(received.get(name), value)


class LogTest(unittest.TestCase):
    def test_logs_are_json_and_hold_no_names_or_figures(self):
        with Server("--log-level=debug") as server, Client(server.address) as client:
            given = bank(display_name=CANARY, past_due_cases=CANARY_FIGURE, owner_id=CANARY,
                         potential_mrr=[mrr("CO", CANARY_FIGURE)], financial_products=[CANARY],
                         custom={"k": facts_pb.FactValue(text=CANARY)})
            client.evaluate_account(account_id=CANARY, facts=given)
            client.upsert_account(account_id=CANARY, facts=given)
            client.report_account_event(account_id=CANARY, type=1, note=CANARY)
            for bad in (facts(country=CANARY), facts(display_name=CANARY + "\0"),
                        facts(past_due_cases=-CANARY_FIGURE),
                        facts(custom={CANARY: facts_pb.FactValue(decimal=CANARY)})):
                with self.assertRaises(TiermarkError):
                    client.evaluate_account(account_id=CANARY, facts=bad)
            for call, fields in [(client.get_account, {"account_id": CANARY + "?"}),
                                 (client.list_accounts, {"page_token": CANARY}),
                                 (client.get_evaluation, {"evaluation_id": CANARY})]:
                with self.assertRaises(TiermarkError):
                    call(**fields)
            list(client.iterate_reevaluation_due(owner_ids=[CANARY]))
            list(client.iterate_accounts())
            server.stop()
            log = server.log()
        self.assertIn("EvaluateAccount", log, "calls are logged at this level")
        self.assertNotIn(CANARY, log)
        self.assertNotIn(str(CANARY_FIGURE), log)
        for line in log.splitlines():
            self.assertIsInstance(json.loads(line), dict)


class DrainTest(unittest.TestCase):
    def test_calls_under_way_end_and_the_exit_code_is_0(self):
        with Server() as server:
            answered, refused = [], []

            def write(worker):
                stub = ScoringServiceStub(grpc.insecure_channel(server.address))
                for number in range(10**6):
                    request = evaluate_request(f"{worker}-{number}", bank())
                    try:
                        answer = stub.EvaluateAccount(request, timeout=20)
                    except grpc.RpcError as error:
                        refused.append(error.code())
                        return
                    answered.append((request.account_id, answer.evaluation.evaluation_id))

            workers = [threading.Thread(target=write, args=(i,)) for i in range(8)]
            for worker in workers:
                worker.start()
            while len(answered) < 50:
                time.sleep(0.01)
            started = time.monotonic()
            code = server.stop()
            self.assertLess(time.monotonic() - started, 10)
            for worker in workers:
                worker.join()
            self.assertEqual(code, 0)
            # Each worker's last call was refused as one to repeat, and no other one failed.
            self.assertEqual(set(refused), {grpc.StatusCode.UNAVAILABLE})
            server.start()
            with Client(server.address) as client:
                for account_id, evaluation_id in answered:
                    [score] = client.get_account(account_id=account_id).account.scores
                    self.assertEqual(score.evaluation_id, evaluation_id)

    def test_open_streams_end_as_unavailable(self):
        with Server() as server:
            stub = ScoringServiceStub(grpc.insecure_channel(server.address))
            release = threading.Event()

            def messages():
                yield scoring_pb.StreamEvaluateAccountsRequest(
                    requests=[evaluate_request("a", bank())])
                release.wait(30)

            answers = stub.StreamEvaluateAccounts(messages())
            next(answers)
            started = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - started, 5, "an idle stream holds nothing up")
            with self.assertRaises(grpc.RpcError) as caught:
                next(answers)
            release.set()
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_idle_connections_hold_nothing_up(self):
        with Server() as server, Client(server.address) as client:
            client.evaluate_account(account_id="a", facts=bank())
            started = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - started, 3)

    def test_idle_server_stops_at_once_also_on_interrupt(self):
        for signal_number in (2, 15):
            with Server() as server:
                server.process.send_signal(signal_number)
                self.assertEqual(server.process.wait(5), 0)


class ConfigurationTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()  # For its folder; not started by most tests.
        self.addCleanup(self.server.close)

    def file(self, text):
        path = self.server.folder / "tiermarkd.conf"
        path.write_text(text)
        return path

    def test_version(self):
        done = server_module.run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^tiermarkd \d+\.\d+\.\d+\n$")

    def test_check_config_starts_nothing(self):
        done = server_module.run("--check-config", f"--store=sqlite:{self.server.store}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertFalse(self.server.store.exists())

    def test_all_faults_are_listed_at_once(self):
        for check in ([], ["--check-config"]):
            done = server_module.run(*check, "--store=nothing:x", "--grpc-listen=nowhere",
                                     "--log-level=loud", "--store-readers=0",
                                     "--drain-seconds=601")
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "")
            for name in ("store", "grpc-listen", "log-level", "store-readers", "drain-seconds"):
                self.assertIn(f"{name}:", done.stderr)

    def test_unknown_settings_are_faults(self):
        self.assertNotEqual(server_module.run("--check-config", "--no-such-flag").returncode, 0)
        path = self.file("no-such-setting = 1\n")
        self.assertNotEqual(server_module.run("--check-config", f"--config={path}").returncode, 0)
        done = server_module.run("--check-config", f"--config={self.server.folder}/absent")
        self.assertNotEqual(done.returncode, 0)

    def test_beyond_loopback_must_be_said(self):
        for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0", ":0"):
            done = server_module.run("--check-config", f"--grpc-listen={listen}")
            self.assertNotEqual(done.returncode, 0, listen)
            self.assertIn("grpc-listen", done.stderr)

    def test_flag_wins_over_environment_over_file(self):
        good, bad = "info", "loud"
        path = self.file(f"log-level = {bad}\n")
        run = server_module.run
        self.assertNotEqual(run("--check-config", f"--config={path}").returncode, 0)
        self.assertEqual(run("--check-config", f"--config={path}",
                             TIERMARK_LOG_LEVEL=good).returncode, 0)
        self.assertNotEqual(run("--check-config", TIERMARK_LOG_LEVEL=bad).returncode, 0)
        self.assertEqual(run("--check-config", f"--log-level={good}",
                             TIERMARK_LOG_LEVEL=bad).returncode, 0)

    def test_served_from_a_file_alone(self):
        path = self.file(f"store = sqlite:{self.server.store}\ngrpc-listen = 127.0.0.1:0\n"
                         "http-listen = 127.0.0.1:0\n")
        process = subprocess.Popen([server_module.BINARY, f"--config={path}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                   env=server_module.clean_environment())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        self.assertRegex(process.stdout.readline(), r"^tiermarkd ready grpc=127\.0\.0\.1:\d+")


class StoreTest(unittest.TestCase):
    def start_fails(self, *arguments):
        second = Server(*arguments)
        self.addCleanup(second.close)
        started = time.monotonic()
        with self.assertRaises(StartError) as caught:
            second.start()
        self.assertLess(time.monotonic() - started, 10)
        self.assertNotEqual(second.process.returncode, 0)
        return str(caught.exception)

    def test_second_server_on_the_store_is_refused(self):
        with Server() as first, Client(first.address) as client:
            client.evaluate_account(account_id="a", facts=bank())
            text = self.start_fails(f"--store=sqlite:{first.store}")
            self.assertRegex(text, "(?i)another|in use|lock")
            client.evaluate_account(account_id="a", facts=fintech())
            self.assertEqual(first.stop(), 0)
            first.start()

    def test_port_in_use_is_refused(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.start_fails(f"--grpc-listen=127.0.0.1:{taken.getsockname()[1]}")

    def test_two_servers_on_one_port_are_refused(self):
        with Server() as first:
            self.start_fails(f"--grpc-listen={first.address}")

    def test_what_is_no_store_is_refused_and_left_as_it_is(self):
        folder = Server()
        self.addCleanup(folder.close)
        path = folder.folder / "notes.txt"
        path.write_text("These are notes.\n" * 1_000)
        self.start_fails(f"--store=sqlite:{path}")
        self.assertEqual(path.read_text(), "These are notes.\n" * 1_000)

    def test_store_is_for_its_owner_alone(self):
        with Server() as server, Client(server.address) as client:
            client.evaluate_account(account_id="a", facts=bank())
            for path in pathlib.Path(server.store).parent.iterdir():
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_store_can_be_moved_and_served_elsewhere(self):
        with Server() as first, Client(first.address) as client:
            answer = client.evaluate_account(account_id="a", facts=bank())
            first.stop()
            with Server() as second:
                second.stop()
                for name in pathlib.Path(first.store).parent.iterdir():
                    shutil.copy(name, second.store.parent / name.name)
                second.start()
                with Client(second.address) as other:
                    stored = other.get_account(account_id="a").account
        self.assertEqual(stored.scores[0].evaluation_id, answer.evaluation.evaluation_id)


if __name__ == "__main__":
    unittest.main()
