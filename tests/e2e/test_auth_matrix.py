"""Who may call what: every RPC with every kind of credential, over every front end."""
import base64
import json
import threading
import time
import unittest

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from auth_support import (DENIED, OK, RPCS, UNAUTHENTICATED, GrpcCaller, all_callers, bearer,
                          create_key, id_of)
from server import Server
from support import DEADLINE_SECONDS
from tiermark.v1 import admin_service_pb2 as admin_pb
from tiermark.v1 import api_key_pb2

# The decision of who may do what, said here once more on purpose: a change of the server's table
# has to be made here too.
VIEWERS_TOO = {
    "BatchGetAccounts", "CheckModel", "CompareEvaluations", "CompareModels", "EstimateScore",
    "ExportAccounts", "GetAccount", "GetAccountGroup", "GetEvaluation", "GetExchangeRates",
    "GetMethodology", "GetModel", "GetSegmentPlaybook", "ListAccountChanges", "ListAccountEvents",
    "ListAccounts", "ListEvaluations", "ListLifecycleChanges", "ListModels",
    "ListReevaluationDue", "ListSegmentMovements", "ListSegmentPlaybooks", "ListTransactions",
    "ReplayEvaluation", "SummarizePortfolio", "WatchAccounts"}
SCORERS_TOO = {
    "BatchEvaluateAccounts", "ClaimReevaluations", "ClearOverride", "EvaluateAccount",
    "ImportAccounts", "OverrideSegment", "RecordTransactions", "ReleaseReevaluations",
    "ReportAccountEvent", "SetAccountStanding", "SetLifecycleStage", "StreamEvaluateAccounts",
    "UpsertAccount"}
ADMINISTRATORS_ONLY = {
    "CreateApiKey", "CreateDraft", "DeleteAccount", "DeleteDraft", "GetPolicy", "ListApiKeys",
    "ListAuditEntries", "PublishModel", "RetireModel", "RevokeApiKey", "SimulateModel",
    "UpdateDraft", "UpdateExchangeRates", "UpdatePolicy", "UpdateSegmentPlaybook"}
MAY_CALL = {"viewer": VIEWERS_TOO,
            "scorer": VIEWERS_TOO | SCORERS_TOO,
            "administrator": VIEWERS_TOO | SCORERS_TOO | ADMINISTRATORS_ONLY}

EXPIRY_SECONDS = 1


def unsigned_token(**claims):
    """A JWT that says of itself that nobody signed it."""
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def with_other_end(secret):
    """The same secret but for one bit."""
    return secret[:-1] + ("A" if secret[-1] != "A" else "B")


class AuthTest(unittest.TestCase):
    """A server with keys of each role, and of another tenant."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.keys = {role: create_key(cls.server, role) for role in MAY_CALL}
        cls.keys["administrator elsewhere"] = create_key(cls.server, tenant="elsewhere")
        cls.server.start()
        cls.callers = all_callers(cls.server)
        for caller in cls.callers:
            cls.addClassCleanup(caller.close)

    @classmethod
    def admin(cls, name, **fields):
        rpc = RPCS[name]
        return cls.callers[0].call(rpc, rpc.request(**fields),
                                   bearer(cls.keys["administrator"])).answer

    @classmethod
    def new_key(cls, **fields):
        return cls.admin("CreateApiKey", display_name="made", role=api_key_pb2.ROLE_ADMINISTRATOR,
                         **fields)


class MatrixTest(AuthTest):
    def everywhere(self):
        for rpc in RPCS.values():
            for caller in self.callers:
                if caller.can_call(rpc):
                    yield rpc, caller

    def bad_credentials(self):
        """What each kind sends; None sends nothing."""
        real = self.keys["administrator"]
        revoked = self.new_key()
        self.admin("RevokeApiKey", api_key_id=revoked.api_key.api_key_id)
        expires = Timestamp()
        expires.FromNanoseconds(time.time_ns() + EXPIRY_SECONDS * 10**9)
        expired = self.new_key(expire_time=expires)
        time.sleep(EXPIRY_SECONDS + 0.1)
        return {
            "no key": None,
            "no scheme": real,
            "another scheme": f"Basic {base64.b64encode(real.encode()).decode()}",
            "two schemes": f"Bearer Bearer {real}",
            "a scheme alone": "Bearer",
            "the start of a secret": bearer("tmk_"),
            "an id alone": bearer(f"tmk_{id_of(real)}"),
            "no secret behind an id": bearer(f"tmk_{id_of(real)}_"),
            "another end": bearer(with_other_end(real)),
            "an end too many": bearer(real + "A"),
            "an end too few": bearer(real[:-1]),
            "another's secret": bearer(self.keys["viewer"].replace(id_of(self.keys["viewer"]),
                                                                   id_of(real))),
            "an unknown id": bearer(real.replace(id_of(real), "0123456789abcdef")),
            "a revoked key": bearer(revoked.secret),
            "an expired key": bearer(expired.secret),
            "an unsigned token": bearer(unsigned_token(sub=id_of(real), role="administrator",
                                                       tenant="default", exp=4102444800)),
            "a long one": bearer("x" * 4_000),
        }

    def test_every_rpc_has_a_role(self):
        """One that is new has to be put into one of the sets above."""
        self.assertEqual(set(RPCS), MAY_CALL["administrator"])
        self.assertEqual(len(RPCS),
                         len(VIEWERS_TOO) + len(SCORERS_TOO) + len(ADMINISTRATORS_ONLY))

    def test_bad_credentials_are_refused_alike(self):
        seen = set()
        for kind, authorization in self.bad_credentials().items():
            for rpc, caller in self.everywhere():
                with self.subTest(kind, rpc=rpc.name, front=caller.label):
                    outcome = caller.call(rpc, authorization=authorization)
                    self.assertEqual((outcome.code, outcome.reason),
                                     (UNAUTHENTICATED, "KEY_NOT_ACCEPTED"))
                    self.assertEqual(outcome.messages, [])
                    if outcome.http_status is not None and not rpc.server_streaming:
                        # A stream says it in its last message, as the protocol has it.
                        self.assertEqual(outcome.http_status, 401)
                        self.assertEqual(outcome.headers.get("www-authenticate"), "Bearer")
                    seen.add(outcome.error)
        self.assertEqual(len(seen), 1, "nothing tells what was wrong with it")

    def test_roles_open_what_the_table_says(self):
        for kind, secret in self.keys.items():
            allowed = MAY_CALL[kind.split()[0]]
            for rpc, caller in self.everywhere():
                with self.subTest(kind, rpc=rpc.name, front=caller.label):
                    outcome = caller.call(rpc, authorization=bearer(secret))
                    if rpc.short_name in allowed:
                        # Whatever is answered to an empty request: it came so far.
                        self.assertNotIn(outcome.code, (UNAUTHENTICATED, DENIED))
                    else:
                        self.assertEqual((outcome.code, outcome.reason), (DENIED, "ROLE_TOO_LOW"))
                        self.assertEqual(outcome.messages, [])
                        if outcome.http_status is not None and not rpc.server_streaming:
                            self.assertEqual(outcome.http_status, 403)

    def test_the_scheme_is_read_in_any_case(self):
        rpc = RPCS["ListAccounts"]
        for caller in self.callers:
            for scheme in ("Bearer", "bearer", "BEARER"):
                self.assertTrue(
                    caller.call(rpc, authorization=f"{scheme} {self.keys['viewer']}").ok)

    def test_the_first_of_two_keys_is_no_way_around(self):
        """HTTP refuses two; over gRPC one of them counts, and never a sum of both."""
        rpc = RPCS["ListApiKeys"]
        for first, second in (("viewer", "administrator"), ("administrator", "viewer")):
            outcome = self.callers[0].call(rpc, metadata=[
                ("authorization", bearer(self.keys[first])),
                ("authorization", bearer(self.keys[second]))])
            self.assertEqual(outcome.ok, first == "administrator")


class HealthTest(AuthTest):
    def test_health_needs_no_key_and_shows_nothing(self):
        check = self.callers[0].channel.unary_unary("/grpc.health.v1.Health/Check",
                                                    request_serializer=lambda b: b,
                                                    response_deserializer=lambda b: b)
        self.assertEqual(check(b""), b"\x08\x01")


class LifeOfAKeyTest(AuthTest):
    def test_a_key_is_refused_from_the_answer_on(self):
        for caller in self.callers:
            made = self.new_key()
            rpc, authorization = RPCS["ListAccounts"], bearer(made.secret)
            for front in self.callers:
                self.assertTrue(front.call(rpc, authorization=authorization).ok)
            revoke = RPCS["RevokeApiKey"]
            answer = caller.call(revoke, revoke.request(api_key_id=made.api_key.api_key_id),
                                 bearer(self.keys["administrator"])).answer
            self.assertTrue(answer.api_key.HasField("revoke_time"))
            for front in self.callers:
                self.assertEqual(front.call(rpc, authorization=authorization).code,
                                 UNAUTHENTICATED)

    def test_a_key_can_revoke_itself(self):
        made = self.new_key()
        revoke = RPCS["RevokeApiKey"]
        request = revoke.request(api_key_id=made.api_key.api_key_id)
        self.assertTrue(self.callers[0].call(revoke, request, bearer(made.secret)).ok)
        self.assertEqual(self.callers[0].call(revoke, request, bearer(made.secret)).code,
                         UNAUTHENTICATED)

    def test_refused_and_expired_ones_stay_so_after_a_crash(self):
        made, kept = self.new_key(), self.new_key()
        self.admin("RevokeApiKey", api_key_id=made.api_key.api_key_id)
        self.server.kill()
        self.server.start()
        for caller in type(self).callers:
            caller.close()
        type(self).callers = all_callers(self.server)
        for caller in self.callers:
            self.addClassCleanup(caller.close)
            self.assertEqual(
                caller.call(RPCS["ListAccounts"], authorization=bearer(made.secret)).code,
                UNAUTHENTICATED)
            self.assertTrue(
                caller.call(RPCS["ListAccounts"], authorization=bearer(kept.secret)).ok)

    def test_the_secret_is_shown_once(self):
        made = self.new_key(request_id="once")
        again = self.new_key(request_id="once")
        self.assertEqual((again.api_key, again.secret), (made.api_key, ""))
        listed = self.admin("ListApiKeys")
        self.assertNotIn(made.secret, str(listed))
        self.assertIn(made.api_key.api_key_id, [key.api_key_id for key in listed.api_keys])


class StreamTest(AuthTest):
    """Calls that go on for long are looked at again, and before there is anything to look at."""

    def test_a_stream_without_messages_needs_a_key_too(self):
        for rpc in RPCS.values():
            if not rpc.client_streaming:
                continue
            for secret, code in ((None, UNAUTHENTICATED), (self.keys["viewer"], DENIED),
                                 (self.keys["scorer"], OK)):
                metadata = [] if secret is None else [("authorization", bearer(secret))]
                # It is kept open for as long as the server lets it.
                silence = threading.Event()
                self.addCleanup(silence.set)
                stream = self.callers[0].channel.stream_stream(rpc.path)(
                    iter(silence.wait, True), metadata=metadata, timeout=10)
                with self.subTest(rpc.name, code=code):
                    if code == OK:
                        silence.set()
                        self.assertEqual(stream.code(), OK)
                    else:
                        self.assertEqual(stream.code(), code)
                        self.assertTrue(stream.details())

    def watch_until_refused(self, end_key):
        """Opens a watch on each front end, ends its key, and sees what still comes."""
        rpc = RPCS["WatchAccounts"]
        for number, caller in enumerate(self.callers):
            expires = Timestamp()
            expires.FromNanoseconds(time.time_ns() + EXPIRY_SECONDS * 10**9)
            made = self.new_key(**({} if end_key else {"expire_time": expires}))
            outcomes = []
            watching = threading.Thread(target=lambda: outcomes.append(caller.call(
                rpc, rpc.request(heartbeat=dict(seconds=60)), bearer(made.secret), enough=2)))
            watching.start()
            self.await_use(made.api_key.api_key_id)
            if end_key:
                end_key(made)
            else:
                time.sleep(EXPIRY_SECONDS + 0.1)
            self.admin("UpsertAccount", account_id=f"{self._testMethodName}-{number}",
                       facts={"employees": 1})
            watching.join(DEADLINE_SECONDS)
            [outcome] = outcomes
            with self.subTest(front=caller.label):
                self.assertEqual((outcome.code, outcome.reason),
                                 (UNAUTHENTICATED, "KEY_NOT_ACCEPTED"))
                self.assertEqual(len(outcome.messages), 1, "the one at the beginning")

    def await_use(self, api_key_id):
        end = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < end:
            for key in self.admin("ListApiKeys", page_size=1_000).api_keys:
                if key.api_key_id == api_key_id and key.HasField("last_use_time"):
                    # The stream was let in; its first message goes at once.
                    time.sleep(0.2)
                    return
        self.fail("the key was not used")

    def test_a_watch_ends_when_its_key_is_revoked(self):
        self.watch_until_refused(
            lambda made: self.admin("RevokeApiKey", api_key_id=made.api_key.api_key_id))

    def test_a_watch_ends_when_its_key_expires(self):
        self.watch_until_refused(None)


class FirstKeyTest(unittest.TestCase):
    def test_keys_are_asked_for_from_the_first_one_on(self):
        with Server() as server:
            caller = GrpcCaller(server.address)
            self.addCleanup(caller.close)
            self.assertTrue(caller.call(RPCS["ListAccounts"]).ok)
            watch = caller.channel.unary_stream(RPCS["WatchAccounts"].path)(b"", timeout=10)
            next(watch)
            create = RPCS["CreateApiKey"]
            made = caller.call(create, admin_pb.CreateApiKeyRequest(
                display_name="first", role=api_key_pb2.ROLE_ADMINISTRATOR)).answer
            for front in all_callers(server):
                self.addCleanup(front.close)
                self.assertEqual(front.call(RPCS["ListAccounts"]).code, UNAUTHENTICATED)
                self.assertTrue(
                    front.call(RPCS["ListAccounts"], authorization=bearer(made.secret)).ok)
            caller.call(RPCS["UpsertAccount"], RPCS["UpsertAccount"].request(
                account_id="a", facts={"employees": 1}), bearer(made.secret))
            with self.assertRaises(grpc.RpcError) as ended:
                next(watch)
            self.assertEqual(ended.exception.code(), UNAUTHENTICATED,
                             "what was opened before ends too")
            revoke = RPCS["RevokeApiKey"]
            caller.call(revoke, revoke.request(api_key_id=made.api_key.api_key_id),
                        bearer(made.secret))
            self.assertEqual(caller.call(RPCS["ListAccounts"]).code, UNAUTHENTICATED,
                             "revoking the last one opens nothing")

    def test_keys_can_be_required_before_there_is_one(self):
        with Server("--require-keys") as server:
            for caller in all_callers(server):
                self.addCleanup(caller.close)
                self.assertEqual(caller.call(RPCS["ListAccounts"]).code, UNAUTHENTICATED)


if __name__ == "__main__":
    unittest.main()
