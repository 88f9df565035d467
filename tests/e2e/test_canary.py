"""What callers send is nobody else's: not in the log, nor in errors, nor on pages that are open."""
import http.client
import itertools
import json
import unittest

from google.protobuf import descriptor, json_format

from auth_support import (RPCS, UNAUTHENTICATED, all_callers, bearer, create_key,
                          id_of)
from server import Server
from support import bank, mrr, usd
from tiermark.v1 import facts_pb2 as facts_pb

# In what a caller sends, with signs that no escaping leaves as they are.
CANARY = "Xylophone-Canary"
ODD_CANARY = 'Xylophone "Canary" <é\\>'
FIGURE = 734_915_286
TRACES = ("xylophone", "canary", str(FIGURE))

TYPE = descriptor.FieldDescriptor
DEPTH_MAX = 6


def leaves(message_type, before=()):
    """The paths of all fields that hold a value, of lists their first element."""
    for field in message_type.fields:
        path = before + (field,)
        if field.message_type is None:
            yield path
        elif field.message_type.GetOptions().map_entry:
            yield path
        elif len(path) < DEPTH_MAX:
            yield from leaves(field.message_type, path)


def put(message, path, text=CANARY, figure=FIGURE):
    """Writes a canary at the path; whether there is one of its type."""
    for field in path[:-1]:
        message = getattr(message, field.name)
        if field.label == TYPE.LABEL_REPEATED:
            message = message[0] if len(message) else message.add()
    field = path[-1]
    if field.message_type is not None:
        # A name that a caller gives is named where its value is at fault.
        getattr(message, field.name)["named"].text = text
        return True
    value = {TYPE.CPPTYPE_STRING: text, TYPE.CPPTYPE_INT32: figure, TYPE.CPPTYPE_INT64: figure,
             TYPE.CPPTYPE_ENUM: figure}.get(field.cpp_type)
    if value is None:
        return False
    if field.label == TYPE.LABEL_REPEATED:
        getattr(message, field.name)[:] = [value, value]
    else:
        setattr(message, field.name, value)
    return True


# What is sound as a text but as little else; and what is too long or no text, and out of bounds.
WRONG = ((CANARY, FIGURE), (CANARY + "\x01", -FIGURE), (CANARY * 100, FIGURE))

# So that one wrong field is not hidden by others that are missing.
SOUND = {"account_id": "known", "model_id": "account-segmentation", "worker_id": "worker",
         "type": 1, "stage": 1, "standing": 2, "segment": 1, "display_name": "sound", "role": 1}


class CanaryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--log-level=debug", "--key-rate=0")
        cls.addClassCleanup(cls.server.close)
        cls.secret = create_key(cls.server)
        cls.viewer = create_key(cls.server, "viewer")
        cls.server.start()
        cls.callers = all_callers(cls.server)
        for caller in cls.callers:
            cls.addClassCleanup(caller.close)
        cls.call("EvaluateAccount", account_id="known", facts=bank())

    @classmethod
    def call(cls, name, caller=None, **fields):
        rpc = RPCS[name]
        return (caller or cls.callers[0]).call(rpc, rpc.request(**fields), bearer(cls.secret))

    def send(self, caller, rpc, request):
        try:
            return caller.call(rpc, request, bearer(self.secret))
        except json_format.SerializeToJsonError:
            # A mask of such names has no form in JSON.
            return self.callers[2].call(rpc, request, bearer(self.secret))

    def assert_clean(self, text, where):
        for trace in TRACES:
            self.assertNotIn(trace, text.lower(), where)

    def assert_error_is_clean(self, outcome, where):
        if not outcome.ok:
            self.assert_clean(outcome.raw_error, where)
            self.assert_clean(f"{outcome.error}", where)

    def assert_log_is_clean(self, *more):
        log = self.server.log()
        self.assert_clean(log, "the log")
        for secret in (self.secret, self.viewer, *more):
            self.assertNotIn(secret, log)
            self.assertNotIn(secret.split("_", 2)[2], log)
        for line in log.splitlines():
            self.assertIsInstance(json.loads(line), dict)
        return log

    def test_good_calls(self):
        given = bank(display_name=CANARY, past_due_cases=FIGURE, owner_id=CANARY, parent_id=CANARY,
                     potential_mrr=[mrr("CO", FIGURE)], financial_products=[CANARY],
                     expectations=ODD_CANARY, region=CANARY, industry=CANARY,
                     product_lines=[CANARY], average_basket=usd(FIGURE),
                     custom={"xylophone_key": facts_pb.FactValue(text=ODD_CANARY),
                             "figure": facts_pb.FactValue(int64=FIGURE)})
        named = dict(account_id=CANARY)
        for caller in self.callers:
            def good(name, caller=caller, **fields):
                outcome = self.call(name, caller, **fields)
                self.assertTrue(outcome.ok, f"{name} {outcome.error}")
                return outcome.messages[0] if outcome.messages else None
            evaluation = good("EvaluateAccount", facts=given, **named).evaluation.evaluation_id
            good("UpsertAccount", facts=given, **named)
            good("ReportAccountEvent", type=1, note=ODD_CANARY, **named)
            good("RecordTransactions", transactions=[dict(
                transaction_id=CANARY, issue_date=dict(year=2026, month=3, day=1),
                amount=usd(FIGURE), kind=1, state=1)], **named)
            good("SetLifecycleStage", stage=1, note=CANARY, **named)
            good("SetAccountStanding", standing=2, note=CANARY, **named)
            good("SetAccountStanding", standing=1, note=CANARY, **named)
            good("OverrideSegment", segment=1, reason=ODD_CANARY, author=CANARY, **named)
            playbook = good("GetSegmentPlaybook", segment=1).playbook
            playbook.prospect_action = ODD_CANARY
            good("UpdateSegmentPlaybook", playbook=playbook)
            policy = good("GetPolicy").policy
            policy.version, policy.high_value_mrr = 0, str(FIGURE)
            policy.product_lines[:] = [CANARY]
            good("UpdatePolicy", policy=policy, request_id=CANARY + caller.label)
            model = good("GetModel", model_id="account-segmentation").model
            model.description = CANARY
            good("CreateDraft", model=model)
            good("CheckModel", text_proto=CANARY)
            good("CreateApiKey", display_name=CANARY, role=1)
            good("BatchGetAccounts", account_ids=[CANARY, CANARY + "?"])
            good("ListAccounts", filter=dict(owner_ids=[CANARY]))
            good("GetAccountGroup", parent_id=CANARY)
            good("ListReevaluationDue", owner_ids=[CANARY])
            good("GetEvaluation", evaluation_id=evaluation)
            good("ExportAccounts")
            good("WatchAccounts")
            good("SimulateModel", model_id="account-segmentation", stream_movers=True)
            good("ListAuditEntries")
            good("DeleteAccount", **named)
        log = self.assert_log_is_clean()
        self.assertIn("EvaluateAccount", log, "calls are logged at this level")
        self.assertIn(id_of(self.secret), log, "by the ids of their keys")

    def test_fields_that_are_wrong_one_at_a_time(self):
        tried = failed = 0
        for rpc in RPCS.values():
            cases = itertools.product(leaves(rpc.request.DESCRIPTOR), WRONG)
            for number, (path, (text, figure)) in enumerate(cases):
                caller = self.callers[number // 2 % len(self.callers)]
                if not caller.can_call(rpc):
                    caller = self.callers[0]
                request = rpc.request()
                for field in rpc.request.DESCRIPTOR.fields:
                    if field.name in SOUND and field.message_type is None:
                        setattr(request, field.name, SOUND[field.name])
                if not put(request, path, text, figure):
                    continue
                where = (f"{rpc.short_name} {'.'.join(f.name for f in path)} {text[:20]!r} "
                         f"{caller.label}")
                with self.subTest(where):
                    outcome = self.send(caller, rpc, request)
                    self.assert_error_is_clean(outcome, where)
                tried, failed = tried + 1, failed + (not outcome.ok)
        self.assertGreater(tried, 2_000)
        self.assertGreater(failed, tried // 3)
        self.assert_log_is_clean()

    def test_all_fields_wrong_at_once(self):
        for rpc in RPCS.values():
            request = rpc.request()
            for path in leaves(rpc.request.DESCRIPTOR):
                put(request, path)
            for caller in self.callers:
                if caller.can_call(rpc):
                    with self.subTest(rpc.name, front=caller.label):
                        self.assert_error_is_clean(self.send(caller, rpc, request), rpc.name)
        self.assert_log_is_clean()

    def test_bodies_that_are_no_messages(self):
        json_caller, binary = self.callers[1], self.callers[2]
        values = [json.dumps(CANARY), str(FIGURE), f"{FIGURE}.5", f'["{CANARY}"]',
                  f'{{"value": "{CANARY}"}}', f'"{CANARY}', f"{CANARY}", f'"\\ud800{CANARY}"']
        bodies = [f'{{"{name}": {value}}}'.encode() for value in values
                  for name in ("accountId", "facts", "updateMask", "modelVersion", "validateOnly")]
        bodies += [f'{{"facts": {{"{name}": {value}}}}}'.encode() for value in values
                   for name in ("displayName", "country", "potentialMrr", "createdDate", "custom",
                                "industryReference", "averageBasket", "pastDueCases")]
        bodies += [value.encode() for value in values]
        bodies += [json.dumps(CANARY).encode("utf-16"), b'{"accountId": "\xff' + CANARY.encode()]
        path = RPCS["EvaluateAccount"].path
        for caller, form, sent in ((json_caller, "json", bodies),
                                   (binary, "proto", [b"\x0a\xff" + CANARY.encode(),
                                                      b"\x0a\x12\xff" + CANARY.encode()])):
            for body in sent:
                with self.subTest(body):
                    status, headers, answer = caller.post(path, body, {
                        "content-type": f"application/{form}",
                        "authorization": bearer(self.secret)})
                    if status != 200:
                        self.assert_clean(f"{status} {headers} {answer.decode()}", body)
        self.assert_log_is_clean()

    def test_paths_and_headers_that_are_nothing(self):
        caller = self.callers[1]
        path = RPCS["ListAccounts"].path
        sound = {"content-type": "application/json", "authorization": bearer(self.secret)}
        tries = [(f"/{CANARY}", {}), (f"/tiermark.v1.AccountService/{CANARY}", {}),
                 (f"{path}?key={CANARY}", {}), (f"/healthz?{CANARY}", {}),
                 (path, {"content-type": CANARY}), (path, {"content-encoding": CANARY}),
                 (path, {"connect-protocol-version": CANARY}),
                 (path, {"connect-timeout-ms": CANARY}), (path, {"origin": CANARY}),
                 (path, {"user-agent": CANARY}), (path, {"cookie": CANARY}),
                 (path, {"x-forwarded-for": CANARY}), (path, {"expect": CANARY})]
        for target, headers in tries:
            with self.subTest(target, headers=headers):
                status, got, answer = caller.post(target, b"{}", {**sound, **headers})
                if status != 200:
                    self.assert_clean(f"{got} {answer.decode()}", target)
        self.assert_log_is_clean()

    def test_secrets(self):
        made = self.call("CreateApiKey", display_name="made", role=1).answer
        wrong = [made.secret[:-1], made.secret + CANARY, f"tmk_{CANARY}", CANARY,
                 f"tmk_{made.api_key.api_key_id}_{CANARY}"]
        for caller in self.callers:
            for rpc in (RPCS["ListAccounts"], RPCS["WatchAccounts"]):
                for authorization in [bearer(secret) for secret in wrong] + wrong:
                    outcome = caller.call(rpc, authorization=authorization)
                    self.assertEqual(outcome.code, UNAUTHENTICATED)
                    self.assert_error_is_clean(outcome, rpc.name)
                    self.assertNotIn(made.secret[:-1], outcome.raw_error)
            denied = caller.call(RPCS["ListApiKeys"], authorization=bearer(self.viewer))
            self.assertNotIn(self.viewer, denied.raw_error)
            self.assertNotIn(self.secret, str(self.call("ListApiKeys", caller).answer))
        self.assert_log_is_clean(made.secret)

    def test_open_pages(self):
        """Whoever reaches the port may read them, so that nothing of a tenant may be there."""
        self.call("UpsertAccount", account_id=CANARY, facts=bank(display_name=CANARY,
                                                                 past_due_cases=FIGURE))
        self.call("UpsertAccount", account_id=CANARY, facts=dict(country=CANARY))
        served = 0
        for path in ("/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/swagger.json",
                     "/docs", "/favicon.ico"):
            connection = http.client.HTTPConnection(self.server.http_address, timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", path)
            response = connection.getresponse()
            text = f"{response.getheaders()} {response.read().decode()}"
            served += response.status == 200
            self.assert_clean(text, path)
            for secret in (self.secret, self.viewer):
                self.assertNotIn(secret, text)
                self.assertNotIn(id_of(secret), text)
        self.assertGreaterEqual(served, 4)
        self.assert_log_is_clean()


if __name__ == "__main__":
    unittest.main()
