"""What the tests share: a server for each class, facts of well-known accounts, and checks."""
import unittest

import grpc
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from server import Server
from tiermark import Client, TiermarkError
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXISTS = grpc.StatusCode.ALREADY_EXISTS
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
DEADLINE_SECONDS = 20


def usd(units, nanos=0, currency="USD"):
    return Money(currency_code=currency, units=units, nanos=nanos)


def mrr(country, units, currency="USD", nanos=0):
    return facts_pb.PotentialMrr(country=country, amount=usd(units, nanos, currency))


def date(year, month, day):
    return Date(year=year, month=month, day=day)


def facts(**fields):
    return facts_pb.AccountFacts(**fields)


def numbers(prefix, count):
    """So many custom facts."""
    return {f"{prefix}{i}": facts_pb.FactValue(int64=i) for i in range(count)}


def _with(defaults, overrides):
    merged = {**defaults, **overrides}
    return facts(**{name: value for name, value in merged.items() if value is not None})


def bank(**overrides):
    """The bank of the methodology: 100, Strategic. None leaves a fact out."""
    return _with(dict(country="CO", potential_mrr=[mrr("CO", 60_000)], past_due_cases=500_000,
                      industry_reference=facts_pb.INDUSTRY_REFERENCE_MARKET_LEADER,
                      operating_countries=["CO", "PE", "EC", "CL", "MX"],
                      created_date=date(2020, 1, 15)), overrides)


def fintech(**overrides):
    """The fintech of the methodology: 16, SMB. None leaves a fact out."""
    return _with(dict(country="CO", potential_mrr=[mrr("CO", 1_000)], past_due_cases=2_000,
                      industry_reference=facts_pb.INDUSTRY_REFERENCE_EMERGING,
                      operating_countries=["CO"], created_date=date(2020, 1, 15)), overrides)


class ServerTest(unittest.TestCase):
    """Each class has a server and an empty store; each test uses accounts of its own."""

    server_arguments = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.server_arguments)
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        cls.connect()

    @classmethod
    def connect(cls):
        cls.channel = grpc.insecure_channel(cls.server.address)
        cls.addClassCleanup(cls.channel.close)
        cls.client = Client(channel=cls.channel, deadline=DEADLINE_SECONDS)
        cls.scoring = ScoringServiceStub(cls.channel)
        cls.accounts = AccountServiceStub(cls.channel)

    @classmethod
    def restart(cls, kill=False):
        cls.channel.close()
        if kill:
            cls.server.kill()
            cls.server.start()
        else:
            cls.server.restart()
        cls.connect()

    def account(self, suffix=""):
        """An account id that no other test uses."""
        return f"{self._testMethodName}{suffix}"

    def evaluate(self, account_id, given=None, **fields):
        return self.client.evaluate_account(account_id=account_id, facts=given, **fields)

    def upsert(self, account_id, given=None, **fields):
        return self.client.upsert_account(account_id=account_id, facts=given, **fields)

    def get(self, account_id):
        return self.client.get_account(account_id=account_id).account

    def error_of(self, call, request):
        """The error of a call made once, as it is."""
        try:
            answer = call(request, timeout=DEADLINE_SECONDS)
        except grpc.RpcError as failure:
            return TiermarkError.of(failure)
        self.fail(f"was answered instead of refused: {request}\n{answer}")

    def assert_error(self, error, code, reason, fields=None):
        """`fields`: exactly the paths at fault, in any order."""
        self.assertEqual((error.code, error.reason), (code, reason), str(error))
        if fields is not None:
            self.assertEqual(sorted(path for path, _ in error.field_violations), sorted(fields))
        self.assertTrue(error.message, "a message that a person can act on")
        for path, description in error.field_violations:
            self.assertTrue(description, path)

    def refused(self, call, request, code, reason, fields=None):
        error = self.error_of(call, request)
        self.assert_error(error, code, reason, fields)
        return error

    def invalid(self, call, request, *fields):
        return self.refused(call, request, INVALID, "INVALID_FIELDS", fields)

    def known(self, account_id):
        """Everything that is stored of an account, or None; to see that nothing was written."""
        try:
            account = self.get(account_id)
        except TiermarkError as error:
            self.assert_error(error, NOT_FOUND, "ACCOUNT_NOT_FOUND")
            return None
        return (account, list(self.client.iterate_evaluations(account_id=account_id)),
                list(self.client.iterate_account_events(account_id=account_id)))


def evaluate_request(account_id, given=None, **fields):
    return scoring_pb.EvaluateAccountRequest(account_id=account_id, facts=given, **fields)


def upsert_request(account_id, given=None, **fields):
    return accounts_pb.UpsertAccountRequest(account_id=account_id, facts=given, **fields)
