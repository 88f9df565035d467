"""Requests that no well-behaved client can make: text that is not UTF-8, and broken messages."""
import unittest

import grpc

from support import DEADLINE_SECONDS, INVALID, ServerTest, bank, evaluate_request
from tiermark import TiermarkError
from tiermark.v1 import scoring_service_pb2 as scoring_pb

SCORING, ACCOUNT = "/tiermark.v1.ScoringService/", "/tiermark.v1.AccountService/"
BAD_TEXT = [b"\xff", b"a\x80b", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"caf\xe9",
            b"\xe2\x82"]


def varint(value):
    encoded = b""
    while value >= 0x80:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def field(number, payload):
    """A length-delimited field of the wire format."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


class BadBytesTest(ServerTest):
    def send(self, path, payload):
        call = self.channel.unary_unary(path, request_serializer=lambda b: b,
                                        response_deserializer=lambda b: b)
        try:
            answer = call(payload, timeout=DEADLINE_SECONDS)
        except grpc.RpcError as failure:
            return TiermarkError.of(failure)
        self.fail(f"was answered instead of refused: {payload} {answer}")

    def assert_unwritten(self):
        self.assertEqual(list(self.client.iterate_accounts()), [])

    def test_text_that_is_not_utf8_is_refused_by_path(self):
        good_id = field(1, b"a")
        facts_of = {"display_name": 1, "country": 2, "owner_id": 14, "parent_id": 15}
        requests = []
        for bad in BAD_TEXT:
            for path in ("EvaluateAccount", "UpsertAccount"):
                rpc = (SCORING if path.startswith("Eval") else ACCOUNT) + path
                requests.append((rpc, field(1, bad), ["account_id"]))
                for name, number in facts_of.items():
                    requests.append((rpc, good_id + field(2, field(number, bad)),
                                     [f"facts.{name}"]))
                requests.append((rpc, good_id + field(2, field(8, b"ok") + field(8, bad)),
                                 ["facts.financial_products[1]"]))
                requests.append((rpc, good_id + field(2, field(3, field(1, bad))),
                                 ["facts.potential_mrr[0].country"]))
                requests.append(
                    (rpc, good_id + field(2, field(3, field(2, field(1, bad)))),
                     ["facts.potential_mrr[0].amount.currency_code"]))
                requests.append((rpc, good_id + field(3, field(1, bad)),
                                 ["update_mask.paths[0]"]))
            requests += [
                (SCORING + "EvaluateAccount", good_id + field(4, bad), ["model_id"]),
                (SCORING + "EvaluateAccount", good_id + field(7, bad), ["request_id"]),
                (ACCOUNT + "UpsertAccount", good_id + field(4, bad), ["request_id"]),
                (SCORING + "EvaluateAccount", field(1, bad) + field(7, bad),
                 ["account_id", "request_id"]),
                (SCORING + "BatchEvaluateAccounts", field(1, field(1, b"a")) +
                 field(1, field(1, bad)), ["requests[1].account_id"]),
                (SCORING + "GetSegmentPlaybook", field(2, bad), ["account_id"]),
                (SCORING + "ListReevaluationDue", field(5, bad), ["owner_ids[0]"]),
                (SCORING + "ListReevaluationDue", field(8, bad), ["page_token"]),
                (SCORING + "GetEvaluation", field(1, bad), ["evaluation_id"]),
                (SCORING + "ListEvaluations", field(1, bad), ["account_id"]),
                (ACCOUNT + "GetAccount", field(1, bad), ["account_id"]),
                (ACCOUNT + "BatchGetAccounts", field(1, b"a") + field(1, bad),
                 ["account_ids[1]"]),
                (ACCOUNT + "ListAccounts", field(1, field(5, bad)), ["filter.owner_ids[0]"]),
                (ACCOUNT + "ReportAccountEvent", field(1, b"a") + field(4, bad), ["note"]),
                (ACCOUNT + "ListAccountEvents", field(1, bad), ["account_id"])]
        for rpc, payload, paths in requests:
            with self.subTest(rpc=rpc, payload=payload):
                self.assert_error(self.send(rpc, payload), INVALID, "INVALID_FIELDS", paths)
        self.assert_unwritten()

    def test_custom_text_and_keys_that_are_not_utf8(self):
        for bad in BAD_TEXT:
            for entry in (field(1, bad) + field(2, b""),
                          field(1, b"k") + field(2, field(1, bad)),
                          field(1, b"k") + field(2, field(3, bad))):
                with self.subTest(entry):
                    error = self.send(SCORING + "EvaluateAccount",
                                      field(1, b"a") + field(2, field(16, entry)))
                    self.assert_error(error, INVALID, "INVALID_FIELDS")
                    [(path, _)] = error.field_violations
                    self.assertTrue(path.startswith("facts.custom"), path)
        self.assert_unwritten()

    def test_broken_messages_are_refused(self):
        whole = evaluate_request("a", bank()).SerializeToString()
        for payload in (b"\x0a", b"\x0a\x05a", b"\xff" * 20, whole[:-3], b"\x0b", b"\x08",
                        b"\x12\xff\xff\xff\xff\x7f"):
            with self.subTest(payload):
                error = self.send(SCORING + "EvaluateAccount", payload)
                self.assertEqual(error.code, INVALID)
                self.assertTrue(error.reason)
        self.assert_unwritten()

    def test_a_request_that_is_too_large_is_refused(self):
        too_large = evaluate_request("a" * (1 << 20), bank())
        error = self.error_of(self.scoring.EvaluateAccount, too_large)
        self.assert_error(error, INVALID, "REQUEST_TOO_LARGE")
        huge = evaluate_request("a" * (5 << 20), bank())
        error = self.error_of(self.scoring.EvaluateAccount, huge)
        self.assertEqual(error.code, grpc.StatusCode.RESOURCE_EXHAUSTED, "gRPC's own limit")
        self.assert_unwritten()

    def test_methods_and_services_that_are_none(self):
        for path in (SCORING + "NoSuchCall", "/tiermark.v1.NoService/Get", "/x/y"):
            self.assertEqual(self.send(path, b"").code, grpc.StatusCode.UNIMPLEMENTED)


class UnknownFieldTest(ServerTest):
    def test_unknown_fields_are_ignored_as_protobuf_promises(self):
        payload = evaluate_request("with-more", bank()).SerializeToString() + field(15, b"new")
        call = self.channel.unary_unary(
            SCORING + "EvaluateAccount", request_serializer=lambda b: b,
            response_deserializer=scoring_pb.EvaluateAccountResponse.FromString)
        self.assertEqual(call(payload).evaluation.score, 100)


if __name__ == "__main__":
    unittest.main()
