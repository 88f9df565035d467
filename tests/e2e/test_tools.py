"""The tools that people use: grpcurl and buf curl, by reflection alone."""
import json
import os
import re
import shutil
import subprocess
import unittest

from support import ServerTest
from server import Server

SEARCH = os.pathsep.join([os.environ.get("PATH", ""), os.environ.get("TIERMARK_TOOLS", "")])
BANK = {
    "account_id": "bank-1",
    "facts": {
        "display_name": "Banco del Ejemplo", "country": "CO",
        "potential_mrr": [{"country": "CO", "amount": {"currency_code": "USD", "units": 60000}}],
        "past_due_cases": 500000, "industry_reference": "INDUSTRY_REFERENCE_MARKET_LEADER",
        "operating_countries": ["CO", "PE", "EC", "CL", "MX"]}}


def tool(name):
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise AssertionError(f"{name} is missing: ./dev test fetches it")
    return path


def in_camel_case(value):
    """JSON with the names that protobuf's JSON has: by reflection grpcurl prints those of the
    proto files."""
    if isinstance(value, list):
        return [in_camel_case(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_([a-z])", lambda m: m[1].upper(), k): in_camel_case(v)
            for k, v in value.items()}


class ToolsTest(ServerTest):
    def run_tool(self, *arguments, code=0):
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode == 0, code == 0, done.stderr + done.stdout)
        return done

    def grpcurl(self, method, request=None, code=0):
        data = ["-d", json.dumps(request)] if request is not None else []
        done = self.run_tool(tool("grpcurl"), "-plaintext", *data, self.server.address, method,
                             code=code)
        return in_camel_case(json.loads(done.stdout)) if code == 0 else done.stderr

    def buf_curl(self, method, request):
        done = self.run_tool(tool("buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge",
                             "-d", json.dumps(request),
                             f"http://{self.server.address}/{method}")
        return json.loads(done.stdout)

    def main_job(self, call):
        answer = call("tiermark.v1.ScoringService/EvaluateAccount", BANK)
        self.assertEqual((answer["evaluation"]["score"], answer["evaluation"]["segment"]),
                         (100, "SEGMENT_STRATEGIC"))
        playbook = call("tiermark.v1.ScoringService/GetSegmentPlaybook", {"account_id": "bank-1"})
        self.assertEqual(playbook["recommendedAction"], answer["recommendedAction"])
        due = call("tiermark.v1.ScoringService/ListReevaluationDue", {"page_size": 10})
        self.assertEqual(due.get("dueAccounts", []), [])
        due = call("tiermark.v1.ScoringService/ListReevaluationDue", {"horizon": "31622400s"})
        self.assertEqual([d["accountId"] for d in due["dueAccounts"]], ["bank-1"])

    def test_grpcurl(self):
        self.main_job(self.grpcurl)

    def test_buf_curl(self):
        self.main_job(self.buf_curl)

    def test_grpcurl_prints_zeros(self):
        request = {"account_id": "zero", "facts": {
            **BANK["facts"], "potential_mrr": [{"country": "CO", "amount": {
                "currency_code": "USD"}}], "past_due_cases": 0, "operating_countries": ["CO"],
            "industry_reference": "INDUSTRY_REFERENCE_NONE"}, "validate_only": True}
        evaluation = self.grpcurl("tiermark.v1.ScoringService/EvaluateAccount",
                                  request)["evaluation"]
        self.assertEqual((evaluation["score"], evaluation["exactScore"]), (0, 0))
        self.assertEqual([c["points"] for c in evaluation["criteria"]], [0, 0, 0, 0])

    def test_grpcurl_shows_reason_and_fields(self):
        text = self.grpcurl("tiermark.v1.ScoringService/EvaluateAccount",
                            {"account_id": "", "facts": {"past_due_cases": -1}}, code=1)
        for part in ("InvalidArgument", "INVALID_FIELDS", "account_id", "facts.past_due_cases"):
            self.assertIn(part, text)

    def test_reflection_lists_and_describes_everything_served(self):
        listed = self.run_tool(tool("grpcurl"), "-plaintext", self.server.address,
                               "list").stdout.split()
        self.assertLessEqual({"tiermark.v1.ScoringService", "tiermark.v1.AccountService",
                              "grpc.health.v1.Health"}, set(listed))
        for service in ("tiermark.v1.ScoringService", "tiermark.v1.AccountService"):
            text = self.run_tool(tool("grpcurl"), "-plaintext", self.server.address, "describe",
                                 service).stdout
            self.assertIn(f"service {service.rsplit('.')[-1]}", text)

    def test_health_by_grpcurl(self):
        self.assertEqual(self.grpcurl("grpc.health.v1.Health/Check"), {"status": "SERVING"})

    def test_reflection_can_be_turned_off(self):
        with Server("--reflection=off") as server:
            self.run_tool(tool("grpcurl"), "-plaintext", server.address, "list", code=1)


if __name__ == "__main__":
    unittest.main()
