"""What the tests of the module in Tryton share: a server, a Tryton, and companies in it."""
import pathlib
import tempfile
import unittest
from decimal import Decimal

import grpc

from auth_support import bearer, create_key
from cli_support import key_by
from server import Server
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1.account_service_pb2_grpc import AccountServiceStub
from tiermark.v1.scoring_service_pb2_grpc import ScoringServiceStub
from tryton_support import Tryton, readme_blocks, replaced

SHOWN = ["state", "message", "score", "segment", "movement", "action", "due_time", "due_reason",
         "evaluate_time", "next_step"]
SALESPERSON = "paola"


def key_file(server, admin, path):
    """As the README says: the key that Tryton calls with."""
    key_by(replaced(readme_blocks("sh")[1], {"/etc/tryton/tiermark.key": path}), server, admin)
    return path


class TrytonCase(unittest.TestCase):
    """One server and one Tryton; each test has companies of its own."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        admin = create_key(cls.server, "administrator")
        cls.metadata = [("authorization", bearer(admin))]
        cls.viewer = create_key(cls.server, "viewer")
        cls.server.start()
        cls.key_file = key_file(cls.server, admin, cls.folder / "tiermark.key")
        cls.tryton = Tryton({"target": cls.server.address, "key_file": cls.key_file, "timeout": 4,
                             "batch": 2})
        cls.addClassCleanup(cls.tryton.close)
        cls.tryton.start()
        channel = cls.channel = grpc.insecure_channel(
            cls.server.address, (("grpc.max_reconnect_backoff_ms", 100),))
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

    def enterprise(self):
        """That of the README: 68."""
        return {
            "name": self._testMethodName, "scored": True, "past_due_cases": 120_000,
            "industry_reference": "recognized",
            "addresses": [["create", [{"country": self.countries["CO"], "city": "Bogotá"}]]],
            "potential_mrr": [["create", [{"country": self.countries["CO"],
                                           "amount": Decimal("24000.50"), "currency": self.usd}]]],
            "operating_countries": [["add", [self.countries[c] for c in ("CO", "PE", "EC")]]]}

    def company(self, **changes):
        """An enterprise with other values; those of None leave a field out."""
        values = {**self.enterprise(), **changes}
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
        return self.evaluations_of(f"party-{party}")

    def evaluations_of(self, account_id):
        """Those that the server has, the newest first; none when it does not know the account."""
        try:
            return self.scoring.ListEvaluations(
                scoring_pb.ListEvaluationsRequest(account_id=account_id),
                metadata=self.metadata, timeout=20).evaluations
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.NOT_FOUND)
            return []

    def facts(self, party):
        """What the server knows of it."""
        return self.accounts.GetAccount(
            accounts_pb.GetAccountRequest(account_id=f"party-{party}"), metadata=self.metadata,
            timeout=20).account.facts

    def report_event(self, account_id):
        """What makes an account due, as another system would tell it."""
        self.accounts.ReportAccountEvent(accounts_pb.ReportAccountEventRequest(
            account_id=account_id,
            type=reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER),
            metadata=self.metadata, timeout=20)

    def due(self):
        """The worker that holds each account that is due, or "" when none does."""
        return {due.account_id: due.worker_id for due in self.scoring.ListReevaluationDue(
            scoring_pb.ListReevaluationDueRequest(page_size=1000),
            metadata=self.metadata, timeout=20).due_accounts}

    def job(self, method):
        [cron] = self.tryton.call("ir.cron", "search", [["method", "=", f"party.score|{method}"]])
        return cron

    def run_job(self, method):
        self.tryton.call("ir.cron", "run_once", [self.job(method)])
