"""GetAccount, BatchGetAccounts and ListAccounts."""
import unittest

import grpc

from support import (INVALID, NOT_FOUND, ServerTest, bank, date, evaluate_request, facts, fintech,
                     mrr, upsert_request)
from fact_faults import BAD_IDS, GOOD_IDS
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import dimensions_pb2 as dimensions_pb
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import segment_pb2 as segment_pb

SCORE, BY_ID = accounts_pb.ACCOUNT_ORDER_SCORE, accounts_pb.ACCOUNT_ORDER_ACCOUNT_ID


class GetAccountTest(ServerTest):
    def test_account_whole(self):
        evaluation = self.evaluate(self.account(), bank(owner_id="ana")).evaluation
        account = self.get(self.account())
        self.assertEqual(account.account_id, self.account())
        self.assertEqual(account.facts, bank(owner_id="ana"))
        self.assertEqual(account.segment, segment_pb.SEGMENT_STRATEGIC)
        self.assertEqual(account.lifecycle_stage, facts_pb.LIFECYCLE_STAGE_PROSPECT)
        self.assertEqual(account.created_date, date(2020, 1, 15))
        self.assertFalse(account.HasField("client_since_date"))
        [score] = account.scores
        self.assertEqual((score.model_id, score.model_version, score.score, score.segment,
                          score.band, score.evaluation_id, score.evaluate_time),
                         ("account-segmentation", 1, 100, segment_pb.SEGMENT_STRATEGIC,
                          evaluation.band, evaluation.evaluation_id, evaluation.evaluate_time))
        self.assertEqual([d.reason for d in account.due],
                         [reevaluation_pb.REEVALUATION_REASON_QUARTERLY])

    def test_account_never_scored(self):
        self.upsert(self.account(), facts(display_name="New"))
        account = self.get(self.account())
        self.assertEqual((account.segment, list(account.scores)), (0, []))
        self.assertEqual([d.reason for d in account.due],
                         [reevaluation_pb.REEVALUATION_REASON_FIRST_MEETING])
        self.assertGreater(account.created_date.year, 2000)

    def test_client_has_the_day_it_became_one(self):
        self.upsert(self.account(), facts(lifecycle_stage=facts_pb.LIFECYCLE_STAGE_LEAD))
        self.assertFalse(self.get(self.account()).HasField("client_since_date"))
        self.upsert(self.account(), facts(lifecycle_stage=facts_pb.LIFECYCLE_STAGE_CLIENT))
        account = self.get(self.account())
        self.assertEqual(account.client_since_date, account.created_date)
        self.assertFalse(account.facts.HasField("client_since_date"), "facts are as given")
        self.upsert(self.account(), facts(client_since_date=date(2021, 2, 3)))
        self.assertEqual(self.get(self.account()).client_since_date, date(2021, 2, 3))
        self.upsert(self.account(), facts(lifecycle_stage=facts_pb.LIFECYCLE_STAGE_PROSPECT))
        self.assertFalse(self.get(self.account()).HasField("client_since_date"))

    def test_unknown(self):
        self.refused(self.accounts.GetAccount,
                     accounts_pb.GetAccountRequest(account_id=self.account()), NOT_FOUND,
                     "ACCOUNT_NOT_FOUND")

    def test_ids_are_compared_byte_by_byte(self):
        # The same letter composed and decomposed, and in two cases, are four accounts.
        ids = ["caf\u00e9", "cafe\u0301", "CAF\u00c9", "Cafe\u0301"]
        for number, account_id in enumerate(ids):
            self.upsert(account_id, facts(past_due_cases=number))
        for number, account_id in enumerate(ids):
            self.assertEqual(self.get(account_id).facts.past_due_cases, number)

    def test_good_ids_name_an_account_each(self):
        for why, account_id in GOOD_IDS.items():
            with self.subTest(why):
                self.evaluate(account_id, bank())
                self.assertEqual(self.get(account_id).account_id, account_id)

    def test_bad_ids_are_refused_by_every_rpc_that_takes_one(self):
        for why, bad in BAD_IDS.items():
            for call, request in [
                    (self.accounts.GetAccount, accounts_pb.GetAccountRequest(account_id=bad)),
                    (self.accounts.UpsertAccount, upsert_request(bad, bank())),
                    (self.scoring.EvaluateAccount, evaluate_request(bad, bank())),
                    (self.scoring.EvaluateAccount,
                     evaluate_request(bad, bank(), validate_only=True))]:
                with self.subTest(f"{why} {type(request).__name__}"):
                    self.invalid(call, request, "account_id")
        listed = {a.account_id for a in self.client.iterate_accounts()}
        self.assertFalse(listed & set(BAD_IDS.values()))


    def test_upsert_of_an_unknown_account_without_facts_is_refused(self):
        account_id = self.account()
        for fields in ({}, {"update_mask": {"paths": ["owner_id"]}}):
            with self.subTest(fields):
                self.refused(self.accounts.UpsertAccount,
                             accounts_pb.UpsertAccountRequest(account_id=account_id, **fields),
                             NOT_FOUND, "ACCOUNT_NOT_FOUND")
        self.assertIsNone(self.known(account_id))


class BatchGetTest(ServerTest):
    def batch(self, ids):
        return accounts_pb.BatchGetAccountsRequest(account_ids=ids)

    def test_known_and_unknown_in_the_order_asked(self):
        ids = [self.account(f"-{i}") for i in range(6)]
        for account_id in ids[::2]:
            self.upsert(account_id, bank())
        asked = list(reversed(ids))
        answer = self.accounts.BatchGetAccounts(self.batch(asked))
        self.assertEqual([a.account_id for a in answer.accounts], asked[1::2])
        self.assertEqual(list(answer.unknown_account_ids), asked[::2])
        self.assertEqual(answer.accounts[0], self.get(asked[1]))

    def test_five_hundred_are_the_most(self):
        ids = [f"none-{i}" for i in range(501)]
        answer = self.accounts.BatchGetAccounts(self.batch(ids[:500]))
        self.assertEqual(list(answer.unknown_account_ids), ids[:500])
        self.invalid(self.accounts.BatchGetAccounts, self.batch(ids), "account_ids")

    def test_bad_ids(self):
        self.invalid(self.accounts.BatchGetAccounts, self.batch([]), "account_ids")
        bad = [v for k, v in BAD_IDS.items()]
        self.invalid(self.accounts.BatchGetAccounts, self.batch(["good", *bad, "good"]),
                     *[f"account_ids[{i + 1}]" for i in range(len(bad) + 1)])


class LargeAccountsTest(ServerTest):
    def test_a_page_of_large_accounts_can_be_received(self):
        # A client takes 4 MiB unless told otherwise; a page may be short and have a next one.
        text = facts_pb.FactValue(text="x" * 256)
        given = facts(custom={f"key_{i:060}": text for i in range(64)},
                      financial_products=[f"{i:064}" for i in range(64)],
                      product_lines=[f"{i:064}" for i in range(64)])
        for i in range(150):
            self.upsert(self.account(f"-{i}"), given)
        for order in (SCORE, BY_ID):
            listed = self.client.iterate_accounts(page_size=1_000, order_by=order)
            self.assertEqual(len({a.account_id for a in listed}), 150)
        # All at once they do not fit, and cannot be paged.
        request = accounts_pb.BatchGetAccountsRequest(
            account_ids=[self.account(f"-{i}") for i in range(150)])
        self.refused(self.accounts.BatchGetAccounts, request,
                     grpc.StatusCode.RESOURCE_EXHAUSTED, "ANSWER_TOO_LARGE")


class ListAccountsTest(ServerTest):
    """Over one small portfolio: scores, countries and owners that differ."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requests = []
        for i in range(60):
            country = ["CO", "PE", "MX"][i % 3]
            owner = ["ana", "luis"][i % 2]
            given = (bank if i % 4 == 0 else fintech)(
                country=country, owner_id=owner, past_due_cases=[500_000, 2_000, 0][i % 3],
                potential_mrr=[mrr(country, [60_000, 1_000, 9_000, 400, 3_000][i % 5])])
            requests.append(evaluate_request(f"account-{i * 7 % 60:02}", given))
        for result in cls.client.batch_evaluate_accounts(requests=requests).results:
            assert result.HasField("response"), result
        for i in range(7):
            cls.client.upsert_account(account_id=f"unscored-{i}",
                                      facts=facts(country="CO", owner_id="ana"))
        cls.all = list(cls.client.iterate_accounts(page_size=1000))

    def ids(self, accounts):
        return [a.account_id for a in accounts]

    def list(self, page_size=1000, order_by=0, **filters):
        return list(self.client.iterate_accounts(
            filter=dimensions_pb.AccountFilter(**filters), order_by=order_by, page_size=page_size))

    def score(self, account):
        return account.scores[0].score if account.scores else -1

    def test_by_score_highest_first_and_never_scored_last(self):
        self.assertEqual(len(self.all), 67)
        scores = [self.score(a) for a in self.all]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(self.ids(self.all[-7:]), [f"unscored-{i}" for i in range(7)])
        self.assertGreater(len(set(scores)), 5, "the data must tell orders apart")
        self.assertEqual(self.ids(self.list(order_by=SCORE)), self.ids(self.all))

    def test_listed_accounts_are_whole(self):
        for account in (self.all[0], self.all[-1]):
            self.assertEqual(account, self.get(account.account_id))

    def test_by_account_id(self):
        listed = self.ids(self.list(order_by=BY_ID))
        self.assertEqual(listed, sorted(self.ids(self.all), key=str.encode))

    def test_pages_of_any_size_are_the_same_list(self):
        for order in (SCORE, BY_ID):
            whole = self.ids(self.list(order_by=order))
            for page_size in (1, 2, 7, 66, 67, 68):
                with self.subTest(order=order, page_size=page_size):
                    self.assertEqual(self.ids(self.list(page_size, order)), whole)

    def test_page_sizes(self):
        first = self.client.list_accounts()
        self.assertEqual(len(first.accounts), 50)
        self.assertTrue(first.next_page_token)
        for page_size in (67, 1_000, 1_001, 2**31 - 1):
            whole = self.client.list_accounts(page_size=page_size)
            self.assertEqual((len(whole.accounts), whole.next_page_token), (67, ""))

    def test_filters_are_a_conjunction(self):
        strategic = segment_pb.SEGMENT_STRATEGIC
        cases = [
            (dict(segments=[strategic]), lambda a: a.segment == strategic),
            (dict(segments=[segment_pb.SEGMENT_SMB, segment_pb.SEGMENT_UNSPECIFIED]),
             lambda a: a.segment in (segment_pb.SEGMENT_SMB, 0)),
            (dict(segments=[segment_pb.SEGMENT_UNSPECIFIED]), lambda a: not a.scores),
            (dict(min_score=0), lambda a: a.scores),
            (dict(min_score=16, max_score=40), lambda a: 16 <= self.score(a) <= 40),
            (dict(max_score=16), lambda a: a.scores and self.score(a) <= 16),
            (dict(min_score=100), lambda a: self.score(a) == 100),
            (dict(countries=["CO"]), lambda a: a.facts.country == "CO"),
            (dict(countries=["CO", "MX"]), lambda a: a.facts.country in ("CO", "MX")),
            (dict(countries=["UY"]), lambda a: False),
            (dict(owner_ids=["luis"]), lambda a: a.facts.owner_id == "luis"),
            (dict(owner_ids=["ana"], countries=["PE"], min_score=30),
             lambda a: (a.facts.owner_id, a.facts.country) == ("ana", "PE")
             and self.score(a) >= 30)]
        for filters, matches in cases:
            for order in (SCORE, BY_ID):
                for page_size in (3, 1000):
                    with self.subTest(filters=filters, order=order, page_size=page_size):
                        whole = self.all if order == SCORE else sorted(
                            self.all, key=lambda a: a.account_id.encode())
                        self.assertEqual(self.ids(self.list(page_size, order, **filters)),
                                         [a.account_id for a in whole if matches(a)])

    def test_token_of_another_query_is_refused(self):
        def request(**fields):
            filters = {"countries": ["CO"], **fields.pop("filters", {})}
            return accounts_pb.ListAccountsRequest(
                filter=dimensions_pb.AccountFilter(**filters), **fields)

        token = self.accounts.ListAccounts(request(page_size=2)).next_page_token
        self.assertTrue(token)
        # Another page size is no other query.
        self.accounts.ListAccounts(request(page_size=5, page_token=token))
        for other in (request(order_by=BY_ID), request(filters={"countries": ["PE"]}),
                      request(filters={"min_score": 0}), request(filters={"owner_ids": ["ana"]}),
                      request(filters={"segments": [0]}), accounts_pb.ListAccountsRequest()):
            other.page_token = token
            self.invalid(self.accounts.ListAccounts, other, "page_token")

    def test_bad_requests(self):
        cases = [
            (dict(page_size=-1), {}, ["page_size"]),
            (dict(page_size=-2**31), {}, ["page_size"]),
            (dict(order_by=9), {}, ["order_by"]), (dict(order_by=-1), {}, ["order_by"]),
            ({}, dict(min_score=-1), ["filter.min_score"]),
            ({}, dict(min_score=101), ["filter.min_score"]),
            ({}, dict(max_score=-1), ["filter.max_score"]),
            ({}, dict(max_score=101), ["filter.max_score"]),
            ({}, dict(min_score=51, max_score=50), ["filter.max_score"]),
            ({}, dict(segments=[1, 7]), ["filter.segments[1]"]),
            ({}, dict(countries=["CO", "co", "ZZ"]),
             ["filter.countries[1]", "filter.countries[2]"]),
            ({}, dict(countries=["CO"] * 251), ["filter.countries"]),
            ({}, dict(owner_ids=["ana", "", " "]), ["filter.owner_ids[1]", "filter.owner_ids[2]"]),
            ({}, dict(owner_ids=[f"o{i}" for i in range(101)]), ["filter.owner_ids"]),
            (dict(page_token="no token", page_size=-1), dict(segments=[9]),
             ["page_token", "page_size", "filter.segments[0]"])]
        for fields, filters, paths in cases:
            with self.subTest(fields=fields, filters=filters):
                request = accounts_pb.ListAccountsRequest(
                    filter=dimensions_pb.AccountFilter(**filters), **fields)
                error = self.refused(self.accounts.ListAccounts, request,
                                     INVALID, "INVALID_FIELDS")
                self.assertEqual(set(dict(error.field_violations)), set(paths))

    def test_tokens_that_are_none(self):
        for token in ("x", "AAAA", "=", "\U0001f600", "a" * 10_000):
            with self.subTest(token[:20]):
                self.invalid(self.accounts.ListAccounts,
                             accounts_pb.ListAccountsRequest(page_token=token), "page_token")


if __name__ == "__main__":
    unittest.main()
