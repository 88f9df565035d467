"""Two tenants in one store: what is of the one is not there for the other."""
import base64
import re
import unittest

import grpc
from google.type.date_pb2 import Date

from auth_support import (OK, RPCS, GrpcCaller, HttpCaller, all_callers, bearer, create_key, id_of)
from calendar_days import days, proto, today
from server import Server
from support import INVALID, NOT_FOUND, bank, facts, fintech, mrr, usd
from tiermark.v1 import dimensions_pb2 as dimensions_pb
from tiermark.v1 import evaluation_pb2 as evaluation_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import lifecycle_pb2 as lifecycle_pb
from tiermark.v1 import segment_pb2 as segment_pb

SEGMENTATION = "account-segmentation"
SHARED = ["shared-1", "shared-2"]
OWN_ACCOUNTS = 10
PARENT = "shared-parent"


class Tenant:
    """Calls as one tenant, which has a word and a figure in all that it writes."""

    def __init__(self, name, figure, secret):
        self.name, self.figure, self.secret = name, figure, secret
        self.word = f"{name.upper()}-ONLY"
        self.accounts = [f"{name}-{i}" for i in range(OWN_ACCOUNTS)]
        self.callers = []
        # By the name of the field that takes it.
        self.ids = {}

    def call(self, name, caller=None, enough=1, secret=None, **fields):
        rpc = RPCS[name]
        return (caller or self.callers[0]).call(rpc, rpc.request(**fields),
                                                bearer(secret or self.secret), enough)

    def ok(self, name, **fields):
        return self.call(name, **fields).answer

    def facts(self, make=bank, **more):
        return make(display_name=f"{self.word} name", owner_id=f"{self.name}-owner",
                    parent_id=PARENT, product_lines=[f"{self.name} line"],
                    potential_mrr=[mrr("CO", self.figure)],
                    custom={"own": facts_pb.FactValue(text=f"{self.word} fact")}, **more)

    def traces(self):
        """What gives it away: its word, its name, its figure, and that of its accounts together."""
        return (self.word, self.name, str(self.figure),
                str((len(SHARED) + OWN_ACCOUNTS) * self.figure))

    def fill(self):
        """Something of every kind."""
        for account_id in SHARED + self.accounts:
            self.ids["evaluation_id"] = self.ok(
                "EvaluateAccount", account_id=account_id,
                facts=self.facts()).evaluation.evaluation_id
            self.ok("ReportAccountEvent", account_id=account_id, type=1, note=f"{self.word} note")
        for account_id in SHARED:
            self.ok("EvaluateAccount", account_id=account_id)
            self.ok("ReportAccountEvent", account_id=account_id, type=2, note=f"{self.word} note")
        # An evaluation more, so that two can be compared.
        self.ids["from_evaluation_id"] = self.ids["to_evaluation_id"] = self.ok(
            "EvaluateAccount", account_id=self.accounts[-1],
            facts=facts(past_due_cases=self.figure)).evaluation.evaluation_id
        for account_id in SHARED:
            self.ok("RecordTransactions", account_id=account_id, transactions=[
                dict(transaction_id=f"{self.name}-invoice-{i}", issue_date=proto(today()),
                     amount=usd(self.figure + i), kind=1, state=1) for i in range(3)])
            self.ok("SetLifecycleStage", account_id=account_id,
                    stage=facts_pb.LIFECYCLE_STAGE_CLIENT, note=f"{self.word} stage")
            for standing in (lifecycle_pb.STANDING_LOST, lifecycle_pb.STANDING_OPEN):
                self.ok("SetAccountStanding", account_id=account_id, standing=standing,
                        note=f"{self.word} standing")
            self.ok("OverrideSegment", account_id=account_id,
                    segment=segment_pb.SEGMENT_COMMERCIAL, reason=f"{self.word} reason",
                    author=f"{self.word} author")
        self.ids.update(account_id=self.accounts[0], account_ids=self.accounts[0],
                        owner_ids=f"{self.name}-owner",
                        transaction_id=f"{self.name}-invoice-0")
        self.fill_settings()
        made = self.ok("CreateApiKey", display_name=f"{self.word} key", role=1)
        self.ids["api_key_id"] = made.api_key.api_key_id
        self.ok("ClaimReevaluations", worker_id=f"{self.name}-worker", max_accounts=1)
        self.ids["worker_id"] = f"{self.name}-worker"

    def fill_settings(self):
        model = self.ok("GetModel", model_id=SEGMENTATION).model
        model.model_id, model.display_name = f"{self.name}-model", f"{self.word} model"
        draft = self.ok("CreateDraft", model=model).info.draft_id
        self.ok("PublishModel", draft_id=draft)
        self.ids["model_id"] = model.model_id
        model.description = f"{self.word} draft"
        for _ in range(3):
            self.ids["draft_id"] = self.ok("CreateDraft", model=model).info.draft_id
        for segment in range(1, 5):
            playbook = self.ok("GetSegmentPlaybook", segment=segment).playbook
            playbook.support_model = f"{self.word} support"
            self.ok("UpdateSegmentPlaybook", playbook=playbook)
        policy = self.ok("GetPolicy").policy
        policy.version = 0
        policy.high_value_mrr = str(self.figure)
        policy.product_lines.append(f"{self.name} line")
        self.ok("UpdatePolicy", policy=policy)
        rates = self.ok("GetExchangeRates").exchange_rates
        rates.version = 0
        rates.rates.add(currency_code="COP", rate=f"0.000{self.figure}")
        self.ok("UpdateExchangeRates", exchange_rates=rates)

    def reads(self):
        """(RPC, request) of all that there is to read; lists come with their first page."""
        day = today()
        account = SHARED[0]
        evaluation = self.ids["evaluation_id"]
        mine = dict(model_id=self.ids["model_id"])
        calls = [("ListAccounts", {}), ("ListAccounts", dict(order_by=4)),
                 ("BatchGetAccounts", dict(account_ids=SHARED + self.accounts)),
                 ("ListReevaluationDue", dict(horizon=dict(seconds=366 * 86_400))),
                 ("ListSegmentMovements", dict(
                     start_date=proto(days(day, -1)), end_date=proto(days(day, 1)),
                     movements=[evaluation_pb.MOVEMENT_FIRST, evaluation_pb.MOVEMENT_UPGRADE,
                                evaluation_pb.MOVEMENT_DOWNGRADE])),
                 ("ListAccountChanges", {}), ("ExportAccounts", {}),
                 ("WatchAccounts", dict(cursor=self.first_cursor())),
                 ("GetAccountGroup", dict(parent_id=PARENT)), ("ListModels", {}),
                 ("GetModel", mine), ("GetModel", dict(draft_id=self.ids["draft_id"])),
                 ("GetMethodology", mine),
                 ("GetMethodology", dict(model_id=SEGMENTATION)),
                 ("CompareModels", {"from": mine, "to": dict(model_id=SEGMENTATION)}),
                 ("SimulateModel", dict(model_id=SEGMENTATION, stream_movers=True)),
                 ("ListSegmentPlaybooks", {}), ("GetSegmentPlaybook", dict(segment=1)),
                 ("GetPolicy", {}), ("GetExchangeRates", {}), ("ListApiKeys", {}),
                 ("ListAuditEntries", {}), ("CheckModel", dict(text_proto="")),
                 ("GetEvaluation", dict(evaluation_id=evaluation)),
                 ("ReplayEvaluation", dict(evaluation_id=evaluation)),
                 ("CompareEvaluations", dict(from_evaluation_id=evaluation,
                                             to_evaluation_id=self.ids["to_evaluation_id"])),
                 ("EstimateScore", dict(account_id=account))]
        for dimension in ("OWNER", "PARENT", "PRODUCT_LINE", "SEGMENT"):
            calls.append(("SummarizePortfolio", dict(
                group_by=[dimensions_pb.Dimension.Value(f"DIMENSION_{dimension}")])))
        for name in ("GetAccount", "ListEvaluations", "ListAccountEvents", "ListTransactions",
                     "ListLifecycleChanges", "GetSegmentPlaybook"):
            calls += [(name, dict(account_id=account_id)) for account_id in SHARED]
        return calls

    def first_cursor(self):
        return self.ok("ListAccountChanges", page_size=1).next_cursor

    def read_all(self, caller=None):
        """The text of everything that the tenant can see, by the call."""
        seen = {}
        for name, fields in self.reads():
            texts, token = [], ""
            while True:
                page = {"page_token": token, "page_size": 5} if takes_pages(name) else {}
                outcome = self.call(name, caller, 100 if name != "WatchAccounts" else 1,
                                    **fields, **page)
                if not outcome.ok:
                    raise AssertionError(f"{name} {fields}: {outcome.error}")
                texts += map(str, outcome.messages)
                token = getattr(outcome.messages[-1], "next_page_token", "") if texts else ""
                if token == "":
                    break
            seen[f"{name} {fields}"] = "\n".join(texts)
        return seen


def without_times(text):
    # A simulation says how far it is by the numbers of accounts, which tenants share, as they do
    # those of evaluations and events: how many there are in all can be told by them.
    text = re.sub(r"progress \{[^}]*\}", "", text)
    text = re.sub(r"(last_use_time|start_time|end_time) \{[^}]*\}", "", text)
    return re.sub(r'(_cursor|_token): "[^"]*"', "", text)


def takes_pages(name):
    return "page_token" in RPCS[name].request.DESCRIPTOR.fields_by_name


# What names something that a tenant has, in requests.
NAMES = {"account_id", "account_ids", "evaluation_id", "from_evaluation_id", "to_evaluation_id",
         "draft_id", "model_id", "api_key_id", "event_id", "worker_id", "transaction_id",
         "parent_id", "parent_ids", "owner_ids", "page_token", "resume_token", "cursor"}
# What is written and not looked up.
WRITTEN = {"facts", "model"}
# By which a caller calls itself.
SELF_GIVEN = {("ClaimReevaluations", "worker_id")}


def named_fields(descriptor, before=()):
    """Paths of the fields that name something, as tuples."""
    for field in descriptor.fields:
        path = before + (field.name,)
        if field.name in NAMES:
            yield path
        elif (field.message_type is not None and field.name not in WRITTEN
              and field.message_type.file.package == "tiermark.v1"):
            yield from named_fields(field.message_type, path)


def put(message, path, value):
    """Sets the field at the path, of lists their first element."""
    for name in path[:-1]:
        message = getattr(message, name)
        if hasattr(message, "add"):
            message = message[0] if len(message) else message.add()
    name = path[-1]
    if message.DESCRIPTOR.fields_by_name[name].label == 3:
        del getattr(message, name)[:]
        getattr(message, name).append(value)
    else:
        setattr(message, name, value)


def with_another_query(token):
    """A token of the same form that nobody was given: of a query that there is none of."""
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert text[0] == 0x09, "begins with the hash of its query"
    other = text[:1] + bytes(byte ^ 0x5A for byte in text[1:9]) + text[9:]
    return base64.urlsafe_b64encode(other).decode().rstrip("=")


DAY = Date(year=2026, month=3, day=1)
# What the requests need besides, so that nothing but the name is at fault.
BESIDES = {
    "CompareModels": {"from": dict(model_id=SEGMENTATION), "to": dict(model_id=SEGMENTATION)},
    "ReportAccountEvent": dict(type=1),
    "RecordTransactions": dict(transactions=[dict(transaction_id="t", issue_date=DAY,
                                                  amount=usd(1), kind=1, state=1)]),
    "SetLifecycleStage": dict(stage=1), "SetAccountStanding": dict(standing=2),
    "OverrideSegment": dict(segment=1, reason="r", author="a"),
    "EvaluateAccount": dict(facts=fintech()), "EstimateScore": dict(facts=fintech()),
    "UpsertAccount": dict(facts=fintech()),
    "BatchEvaluateAccounts": dict(requests=[dict(facts=fintech())]),
    "StreamEvaluateAccounts": dict(requests=[dict(facts=fintech())]),
    "ImportAccounts": dict(accounts=[dict(facts=fintech())]),
    "SummarizePortfolio": dict(group_by=[1]),
    "ListSegmentMovements": dict(start_date=proto(days(today(), -1)),
                                 end_date=proto(days(today(), 1)),
                                 movements=[evaluation_pb.MOVEMENT_FIRST]),
    "SimulateModel": dict(model_id=SEGMENTATION),
    "ClaimReevaluations": dict(worker_id="w"),
    "ReleaseReevaluations": dict(worker_id="w", account_ids=["none"]),
}
# Names that need another one beside them, which is the tenant's own.
OWN_BESIDES = {
    ("CompareEvaluations", "from_evaluation_id"): "to_evaluation_id",
    ("CompareEvaluations", "to_evaluation_id"): "from_evaluation_id",
    ("RecordTransactions", "transaction_id"): "account_id",
    ("ListEvaluations", "model_id"): "account_id",
    ("ListEvaluations", "page_token"): "account_id",
    ("ListAccountEvents", "page_token"): "account_id",
    ("ListTransactions", "page_token"): "account_id",
    ("ListLifecycleChanges", "page_token"): "account_id",
}
TOKENS = {"page_token", "resume_token", "cursor"}
# An account that is unknown is a new one to these, and nothing is unknown to a filter, or to who
# asks for a list of what there is.
CREATES = {"EvaluateAccount", "BatchEvaluateAccounts", "StreamEvaluateAccounts", "UpsertAccount",
           "ImportAccounts"}
ANSWERED = {("EstimateScore", "account_id"), ("BatchGetAccounts", "account_ids"),
            ("ReleaseReevaluations", "account_ids"), ("ReleaseReevaluations", "worker_id"),
            ("RecordTransactions", "transaction_id"), ("ListModels", "model_id"),
            ("ListAuditEntries", "api_key_id"), ("ListEvaluations", "model_id")}
FILTERS = {"owner_ids", "parent_ids"}


def expected_code(rpc, name):
    if name in TOKENS:
        return INVALID
    if name in FILTERS or (rpc, name) in ANSWERED:
        return OK
    if name == "account_id" and rpc in CREATES:
        return OK
    return None if rpc in ("BatchEvaluateAccounts", "StreamEvaluateAccounts") else NOT_FOUND


class TwoTenantsTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.alpha, cls.bravo = (
            Tenant(name, figure, create_key(cls.server, tenant=name, name=f"{name.upper()}-ONLY"))
            for name, figure in (("alpha", 31_415_927), ("bravo", 27_182_818)))
        cls.second = create_key(cls.server, tenant="alpha", name="second")
        cls.server.start()
        cls.callers = all_callers(cls.server)
        for caller in cls.callers:
            cls.addClassCleanup(caller.close)
        for tenant in (cls.alpha, cls.bravo):
            tenant.callers = cls.callers
            tenant.fill()

    def assert_nothing_of(self, tenant, text, where):
        for trace in tenant.traces():
            self.assertNotIn(trace, text, where)

    def assert_reads(self, tenant, before):
        """That the tenant still sees what it saw, but for the time of day."""
        for where, text in tenant.read_all().items():
            # A watch goes on from where the feed is now.
            if not where.startswith("WatchAccounts"):
                with self.subTest(where):
                    self.assertEqual(without_times(before[where]), without_times(text))


class SightTest(TwoTenantsTest):
    """What each of them can read of all that both wrote, in turns and under the same ids."""

    # Models and what is said of them are the shipped ones' as well.
    WITHOUT_TRACE = ("ListModels", "GetMethodology {'model_id': 'account-segmentation'}",
                     "CheckModel", "ListSegmentPlaybooks", "SimulateModel", "EstimateScore",
                     "CompareModels")

    def test_nothing_of_the_other_is_anywhere(self):
        for tenant, other in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            for caller in self.callers:
                for where, text in tenant.read_all(caller).items():
                    with self.subTest(where, tenant=tenant.name, front=caller.label):
                        self.assert_nothing_of(other, text, where)
                        if not where.startswith(self.WITHOUT_TRACE):
                            self.assertTrue(any(trace in text for trace in tenant.traces()),
                                            "the look sees the tenant's own")

    def test_the_looks_reach_every_rpc_that_reads(self):
        looked = {name for name, _ in self.alpha.reads()}
        writes = CREATES | {"ClaimReevaluations", "ReleaseReevaluations"} | {
            name for name, rpc in RPCS.items()
            if "request_id" in rpc.request.DESCRIPTOR.fields_by_name}
        self.assertEqual(set(RPCS) - writes, looked)

    def test_numbers_are_of_the_tenant_alone(self):
        count = len(SHARED) + OWN_ACCOUNTS
        for tenant in (self.alpha, self.bravo):
            total = tenant.ok("SummarizePortfolio", group_by=[1]).total
            self.assertEqual(total.accounts, count)
            self.assertEqual([money.units for money in total.potential_mrr],
                             [count * tenant.figure])
            group = tenant.ok("GetAccountGroup", parent_id=PARENT)
            self.assertEqual(group.accounts, count)
            exported = tenant.call("ExportAccounts", enough=100).messages
            self.assertEqual(sorted(a.account_id for m in exported for a in m.accounts),
                             sorted(SHARED + tenant.accounts))
            changed = tenant.ok("ListAccountChanges", page_size=1_000).changes
            self.assertEqual({change.account_id for change in changed},
                             set(SHARED + tenant.accounts))
            keys = tenant.ok("ListApiKeys").api_keys
            self.assertEqual({id_of(tenant.secret), tenant.ids["api_key_id"]}
                             - {key.api_key_id for key in keys}, set())
            for entry in tenant.ok("ListAuditEntries").audit_entries:
                self.assertIn(entry.api_key_id, ("", id_of(tenant.secret)))

    def test_due_accounts_and_claims_are_the_tenants_own(self):
        for tenant, other in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            worker = other.ids["worker_id"]
            claimed = tenant.ok("ClaimReevaluations", worker_id=worker, max_accounts=500)
            # One is leased to a worker, and the last was evaluated after its event.
            due = {account.account_id for account in claimed.due_accounts}
            self.assertEqual(len(due), len(SHARED) + OWN_ACCOUNTS - 2)
            self.assertLess(due, set(SHARED + tenant.accounts[:-1]))
            released = tenant.ok("ReleaseReevaluations", worker_id=worker,
                                 account_ids=SHARED + tenant.accounts + other.accounts)
            self.assertEqual(set(released.released_account_ids), due)

    def test_a_watch_tells_the_tenants_own(self):
        for caller in self.callers:
            # Each stream goes on from the end, past what the other tenant does.
            cursor = self.alpha.ok("ListAccountChanges", latest=True).next_cursor
            for number in range(5):
                self.bravo.ok("UpsertAccount", account_id=SHARED[0],
                              facts=facts(employees=number + 1))
            self.alpha.ok("ReportAccountEvent", account_id=SHARED[1], type=1)
            watched = self.alpha.call("WatchAccounts", caller, enough=2, cursor=cursor,
                                      heartbeat=dict(seconds=1)).messages
            self.assertEqual([change.account_id for message in watched
                              for change in message.changes], [SHARED[1]])


class NamesTest(TwoTenantsTest):
    """Whatever is named of the other tenant is as what never was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unused = 1  # Accounts of the other tenant that the first has not made itself.
        cls.model = cls.alpha.ok("GetModel", model_id=SEGMENTATION).model

    def requests(self, rpc, path):
        """The same request with the other tenant's name in it, and with one of nobody."""
        name = path[-1]
        foreign = self.bravo.ids.get(name)
        if name in TOKENS:
            foreign = self.token_of_bravo(rpc, name)
            nobodys = with_another_query(foreign)
        elif name in ("parent_id", "parent_ids"):
            foreign, nobodys = "bravo-parent", "nobodys-parent"
        elif "evaluation_id" in name:
            nobodys = "evl-0zzzzzzzzzzzz"
        elif name == "api_key_id":
            nobodys = "0123456789abcdef"
        elif name == "account_id" and rpc.short_name in CREATES:
            foreign = self.bravo.accounts[self.unused]
            nobodys = foreign.replace("bravo", "nobodys")
            type(self).unused += 1
        else:
            nobodys = foreign.replace("bravo", "nobodys")
        made = []
        for value in (foreign, nobodys):
            request = rpc.request(**BESIDES.get(rpc.short_name, {}))
            if rpc.short_name == "UpdateDraft":
                request.model.CopyFrom(self.model)
            self.add_own(rpc, path, request)
            put(request, path, value)
            made.append((request, value))
        return made

    def add_own(self, rpc, path, request):
        """The tenant's own beside what is the other's; and nothing where only one may be named."""
        name = path[-1]
        own = OWN_BESIDES.get((rpc.short_name, name))
        if own is not None:
            setattr(request, own, SHARED[0] if own == "account_id" else self.alpha.ids[own])
        if name == "draft_id":
            with_model = path[:-1] + ("model_id",)
            if with_model in named_fields(rpc.request.DESCRIPTOR):
                put(request, with_model, "")
        for other in named_fields(rpc.request.DESCRIPTOR):
            if other[-1] == "account_id" and name == "model_id":
                put(request, other, SHARED[0])

    def token_of_bravo(self, rpc, name):
        """Of the same query, so that nothing but the tenant differs."""
        besides = dict(BESIDES.get(rpc.short_name, {}))
        own = OWN_BESIDES.get((rpc.short_name, name))
        if own is not None:
            besides[own] = SHARED[0]
        if name == "page_token":
            token = self.bravo.ok(rpc.short_name, page_size=1, **besides).next_page_token
        else:
            answer = self.bravo.ok(rpc.short_name, **besides)
            token = getattr(answer, name, None) or answer.next_cursor
        self.assertTrue(token, "there is more than a page")
        return token

    @staticmethod
    def scrubbed(outcome, value):
        """All that was answered but the name that was sent, and what no two calls share."""
        texts = "\n".join(map(str, outcome.messages)).replace(value, "NAME")
        texts = re.sub(r'(evaluation_id|event_id|cursor|digest|api_key_id): "[^"]*"', r"\1", texts)
        texts = re.sub(r"(seconds|nanos): \d+", r"\1", texts)
        return texts, tuple(str(part).replace(value, "NAME") for part in outcome.error)

    def test_names_of_the_other_are_as_those_of_nobody(self):
        self.bravo.ok("UpsertAccount", account_id="bravo-of-parent",
                      facts=facts(parent_id="bravo-parent"))
        before = self.bravo.read_all()
        cases = [(rpc, path, caller) for rpc in RPCS.values()
                 for path in named_fields(rpc.request.DESCRIPTOR)
                 if (rpc.short_name, path[-1]) not in SELF_GIVEN
                 for caller in self.callers if caller.can_call(rpc)]
        # Those that make an account of the name come last.
        cases.sort(key=lambda case: case[0].short_name in CREATES)
        tried = set()
        for rpc, path, caller in cases:
            if rpc.short_name in CREATES and caller is not self.callers[0]:
                continue
            with self.subTest(rpc.short_name, path=".".join(path), front=caller.label):
                outcomes = []
                for request, value in self.requests(rpc, path):
                    outcome = caller.call(rpc, request, bearer(self.alpha.secret))
                    for trace in (self.bravo.word, str(self.bravo.figure)):
                        self.assertNotIn(trace, f"{outcome.messages} {outcome.raw_error}")
                    outcomes.append((outcome, self.scrubbed(outcome, value)))
                (foreign, said), (_, said_of_nobodys) = outcomes
                self.assertEqual(said, said_of_nobodys)
                code = expected_code(rpc.short_name, path[-1])
                if code is not None:
                    self.assertEqual(foreign.code, code, foreign.error)
                tried.add(rpc.short_name)
        self.assert_reads(self.bravo, before)
        self.assertGreater(len(tried), 35)

    def test_another_tenants_account_can_be_had_by_the_same_name(self):
        account_id = self.bravo.accounts[-2]
        before = self.bravo.ok("GetAccount", account_id=account_id)
        made = self.alpha.ok("UpsertAccount", account_id=account_id,
                             facts=facts(display_name="x"))
        self.assertTrue(made.created)
        self.alpha.ok("DeleteAccount", account_id=account_id)
        self.assertEqual(self.bravo.ok("GetAccount", account_id=account_id), before)
        self.assertEqual(self.alpha.call("GetAccount", account_id=account_id).code, NOT_FOUND)


class SettingsTest(TwoTenantsTest):
    def test_what_one_decides_does_not_touch_the_other(self):
        before = self.bravo.read_all()
        model = self.alpha.ok("GetModel", model_id=SEGMENTATION).model
        for tier in model.criteria[1].numeric_tiers.tiers:
            tier.points = 0
        draft = self.alpha.ok("CreateDraft", model=model).info.draft_id
        self.assertEqual(
            self.alpha.ok("PublishModel", draft_id=draft, mark_moved_accounts=True).info.version,
            2)
        for segment in (1, 2, 3, 4):
            playbook = self.alpha.ok("GetSegmentPlaybook", segment=segment).playbook
            playbook.meeting_cadence = "changed"
            self.alpha.ok("UpdateSegmentPlaybook", playbook=playbook)
        policy = self.alpha.ok("GetPolicy").policy
        policy.version, policy.home_country = 0, "PE"
        policy.reevaluation.time_zone = "America/Lima"
        policy.reevaluation.new_account_months = 6
        self.alpha.ok("UpdatePolicy", policy=policy)
        rates = self.alpha.ok("GetExchangeRates").exchange_rates
        rates.version = 0
        rates.rates.add(currency_code="EUR", rate="1.5")
        self.alpha.ok("UpdateExchangeRates", exchange_rates=rates)
        self.assert_reads(self.bravo, before)
        self.check_bravo_is_as_shipped()
        self.server.kill()
        self.server.start()
        for caller in self.callers:
            caller.close()
        callers = [GrpcCaller(self.server.address), HttpCaller(self.server.http_address)]
        for tenant in (self.alpha, self.bravo):
            tenant.callers = callers
        for caller in callers:
            self.addCleanup(caller.close)
        self.check_bravo_is_as_shipped()
        self.assertEqual(self.alpha.ok("GetPolicy").policy.home_country, "PE")

    def check_bravo_is_as_shipped(self):
        evaluation = self.bravo.ok("EvaluateAccount", account_id="new", facts=bank()).evaluation
        self.assertEqual((evaluation.score, evaluation.model.version), (100, 1))
        self.assertEqual(
            self.alpha.ok("EvaluateAccount", account_id="new", facts=bank()).evaluation
            .model.version, 2)
        euros = bank(potential_mrr=[mrr("CO", 60_000, "EUR")])
        self.assertEqual(
            self.bravo.call("EvaluateAccount", account_id="euros", facts=euros).code,
            self.bravo.call("EvaluateAccount", account_id="francs", facts=bank(
                potential_mrr=[mrr("CO", 60_000, "CHF")])).code)
        self.assertTrue(
            self.alpha.call("EvaluateAccount", account_id="euros", facts=euros).ok)
        # A version that only the other has is as one that nobody has.
        refused = [self.bravo.call("EvaluateAccount", account_id="new", model_version=version)
                   for version in (2, 9)]
        self.assertEqual([r.code for r in refused], [INVALID] * 2)
        self.assertEqual(refused[0].message.replace("2", "9"), refused[1].message)
        self.assertEqual(self.bravo.call("GetExchangeRates", version=3).code, NOT_FOUND)


class RequestIdTest(TwoTenantsTest):
    """The same request id is another one's for each tenant and key, with whatever body."""

    def writes(self, number):
        given = dict(request_id="the-same")
        policy = self.alpha.ok("GetPolicy").policy
        policy.version, policy.high_value_mrr = 0, str(number + 1)
        model = self.alpha.ok("GetModel", model_id=SEGMENTATION).model
        model.description = f"of {number}"
        return {
            "EvaluateAccount": dict(account_id=SHARED[0], facts=fintech(employees=number + 1)),
            "UpsertAccount": dict(account_id=SHARED[0], facts=facts(employees=number + 11)),
            "ReportAccountEvent": dict(account_id=SHARED[0], type=1, note=f"of {number}"),
            "UpdatePolicy": dict(policy=policy),
            "CreateApiKey": dict(display_name=f"of {number}", role=1),
            "CreateDraft": dict(model=model),
        }, given

    def test_request_ids_of_others_do_not_count(self):
        callers = [(self.alpha, self.alpha.secret), (self.alpha, self.second),
                   (self.bravo, self.bravo.secret)]
        requests = [self.writes(number) for number in range(len(callers))]
        answers = {}
        for name in requests[0][0]:
            for number, (tenant, secret) in enumerate(callers):
                bodies, given = requests[number]
                answers[name, number] = tenant.call(name, secret=secret, **bodies[name],
                                                    **given).answer
        for (name, number), answer in answers.items():
            with self.subTest(name, number=number):
                tenant, secret = callers[number]
                bodies, given = requests[number]
                again = tenant.call(name, secret=secret, **bodies[name], **given).answer
                if name == "CreateApiKey":
                    answer.secret = ""
                self.assertEqual(again, answer)
                other = requests[(number + 1) % len(requests)][0][name]
                refused = tenant.call(name, secret=secret, **other, **given)
                self.assertEqual((refused.code, refused.reason),
                                 (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED"))


if __name__ == "__main__":
    unittest.main()
