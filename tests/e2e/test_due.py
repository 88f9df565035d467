"""ListReevaluationDue: who, why, since when, in which order."""
import unittest

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from calendar_days import days, months, next_quarter, proto, start, today
from support import ServerTest, bank, facts, fintech
from tiermark.v1 import facts_pb2 as facts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb
from tiermark.v1 import scoring_service_pb2 as scoring_pb
from tiermark.v1 import segment_pb2 as segment_pb

EVENT, FIRST, MONTHLY, QUARTERLY = (
    reevaluation_pb.REEVALUATION_REASON_EVENT, reevaluation_pb.REEVALUATION_REASON_FIRST_MEETING,
    reevaluation_pb.REEVALUATION_REASON_MONTHLY, reevaluation_pb.REEVALUATION_REASON_QUARTERLY)
MERGER = reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER
CLIENT = facts_pb.LIFECYCLE_STAGE_CLIENT
DAY_SECONDS = 86_400


class DueTest(ServerTest):
    def due(self, **fields):
        return list(self.client.iterate_reevaluation_due(**fields))

    def of(self, account_id, **fields):
        """The account's own place in the list, or None; it must not be there twice."""
        found = [d for d in self.due(**fields) if d.account_id == account_id]
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def test_prospect_never_scored_is_due_from_its_creation(self):
        created, meeting = days(today(), -30), days(today(), -10)
        self.upsert(self.account(), fintech(created_date=proto(created), display_name="Undated"))
        found = self.of(self.account())
        self.assertEqual((found.display_name, found.segment, found.HasField("score"),
                          found.HasField("last_evaluate_time")), ("Undated", 0, False, False))
        self.assertEqual((found.due_time, found.overdue_days), (start(created), 30))
        [reason] = found.due
        self.assertEqual((reason.reason, reason.due_time, reason.overdue_time),
                         (FIRST, start(created), start(created)))
        self.upsert(self.account(), facts(first_meeting_date=proto(meeting)))
        found = self.of(self.account())
        self.assertEqual((found.due[0].due_time, found.due[0].overdue_time, found.overdue_days),
                         (start(created), start(meeting), 10))
        self.upsert(self.account(), facts(first_meeting_date=proto(days(today(), 5))))
        found = self.of(self.account())
        self.assertTrue(found.HasField("overdue_days"))
        self.assertEqual(found.overdue_days, 0)

    def test_client_never_scored_is_due_for_the_quarter(self):
        created = days(today(), -400)
        self.upsert(self.account(), fintech(created_date=proto(created), lifecycle_stage=CLIENT))
        [reason] = self.of(self.account()).due
        self.assertEqual((reason.reason, reason.due_time, reason.overdue_time),
                         (QUARTERLY, start(created), start(next_quarter(created))))

    def test_old_account_is_due_with_the_next_quarter(self):
        answer = self.evaluate(self.account(), fintech())
        first_day = next_quarter(today())
        self.assertEqual(answer.next_reevaluation.reason, QUARTERLY)
        self.assertEqual(answer.next_reevaluation.due_time, start(first_day))
        self.assertIsNone(self.of(self.account()))
        self.assertIsNone(self.of(self.account(), as_of_time=start(days(first_day, -1))))
        found = self.of(self.account(), as_of_time=start(first_day))
        self.assertEqual((found.segment, found.score, found.overdue_days),
                         (segment_pb.SEGMENT_SMB, 16, 0))
        self.assertEqual(found.last_evaluate_time, answer.evaluation.evaluate_time)
        self.assertEqual(found.due[0].overdue_time, start(next_quarter(first_day)))
        late = self.of(self.account(), as_of_time=start(days(next_quarter(first_day), 3)))
        self.assertEqual(late.overdue_days, 3)

    def test_new_account_is_due_a_month_later(self):
        for suffix, given in [
                ("-prospect", fintech(created_date=None)),
                ("-client", fintech(lifecycle_stage=CLIENT, client_since_date=proto(today())))]:
            with self.subTest(suffix):
                answer = self.evaluate(self.account(suffix), given)
                due = start(months(today(), 1))
                self.assertEqual(answer.next_reevaluation.reason, MONTHLY)
                self.assertEqual(answer.next_reevaluation.due_time, due)
                [reason] = self.of(self.account(suffix), as_of_time=due).due
                self.assertEqual(reason.overdue_time, due)

    def test_evaluation_settles_what_was_due(self):
        self.upsert(self.account(), fintech())
        self.assertIsNotNone(self.of(self.account()))
        evaluation = self.evaluate(self.account()).evaluation
        self.assertEqual(list(evaluation.closed_reasons), [FIRST])
        self.assertIsNone(self.of(self.account()))

    def test_horizon_looks_ahead(self):
        self.evaluate(self.account(), fintech())
        ahead = (next_quarter(today()) - today()).days
        self.assertIsNone(self.of(self.account(), as_of_time=start(today()),
                                  horizon=Duration(seconds=ahead * DAY_SECONDS - 1)))
        found = self.of(self.account(), as_of_time=start(today()),
                        horizon=Duration(seconds=ahead * DAY_SECONDS))
        self.assertEqual((found.due_time, found.overdue_days), (start(next_quarter(today())), 0))

    def test_past_instant_reads_todays_state(self):
        self.upsert(self.account(), fintech(created_date=proto(days(today(), -30))))
        self.assertIsNone(self.of(self.account(), as_of_time=start(days(today(), -31))))
        found = self.of(self.account(), as_of_time=start(days(today(), -25)))
        self.assertEqual(found.overdue_days, 5)

    def test_event_to_come_is_due_on_its_day(self):
        self.evaluate(self.account(), fintech(created_date=None))
        day = days(today(), 7)
        answer = self.client.report_account_event(account_id=self.account(), type=MERGER,
                                                  event_date=proto(day))
        self.assertEqual((answer.next_reevaluation.reason, answer.next_reevaluation.due_time),
                         (EVENT, start(day)))
        self.assertIsNone(self.of(self.account()))
        found = self.of(self.account(), as_of_time=start(day))
        self.assertEqual([(d.reason, list(d.event_ids)) for d in found.due],
                         [(EVENT, [answer.event.event_id])])

    def test_several_reasons_are_listed_the_most_urgent_first(self):
        self.evaluate(self.account(), fintech())
        event = self.client.report_account_event(account_id=self.account(), type=MERGER).event
        when = start(next_quarter(today()))
        found = self.of(self.account(), as_of_time=when)
        self.assertEqual([d.reason for d in found.due], [EVENT, QUARTERLY])
        self.assertEqual(found.due_time, event.report_time)
        # Asked for another of its reasons it is listed under that one.
        found = self.of(self.account(), as_of_time=when, reasons=[QUARTERLY])
        self.assertEqual(found.due_time, when)
        self.assertIsNone(self.of(self.account(), as_of_time=when, reasons=[MONTHLY, FIRST]))

    def test_pages_keep_the_instant_of_the_first(self):
        ids = [self.account(f"-{i}") for i in range(4)]
        for account_id in ids:
            self.evaluate(account_id, fintech(owner_id="instant"))
        for account_id in ids[:3]:
            self.client.report_account_event(account_id=account_id, type=MERGER)
        page = self.client.list_reevaluation_due(owner_ids=["instant"], page_size=1)
        self.client.report_account_event(account_id=ids[3], type=MERGER)
        rest = self.client.iterate_reevaluation_due(owner_ids=["instant"], page_size=1,
                                                    page_token=page.next_page_token)
        self.assertEqual([d.account_id for d in rest], ids[1:3])
        self.assertIsNotNone(self.of(ids[3]))


class DueListTest(ServerTest):
    """Order, filters and pages over one small portfolio."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.when = start(next_quarter(next_quarter(today())))
        for i in range(40):
            account_id = f"a-{i * 7 % 40:02}"
            given = (bank if i % 3 else fintech)(
                country=["CO", "PE"][i % 2], owner_id=["ana", "luis", "eva"][i % 3],
                potential_mrr=None,
                created_date=proto(days(today(), -(i * 11 % 40) - 200)))
            given.potential_mrr.add(country=given.country).amount.MergeFrom(
                bank().potential_mrr[0].amount)
            if i % 4:
                cls.client.evaluate_account(account_id=account_id, facts=given)
            else:
                cls.client.upsert_account(account_id=account_id, facts=given)
            if i % 5 == 0:
                cls.client.report_account_event(account_id=account_id, type=MERGER)
        cls.all = list(cls.client.iterate_reevaluation_due(as_of_time=cls.when, page_size=1000))

    def ids(self, **fields):
        fields = {"page_size": 1000, "as_of_time": self.when, **fields}
        return [d.account_id for d in self.client.iterate_reevaluation_due(**fields)]

    def request(self, **fields):
        return scoring_pb.ListReevaluationDueRequest(**{"as_of_time": self.when, **fields})

    def test_most_urgent_reason_first_and_longest_due_first_within_it(self):
        keys = [(d.due[0].reason, d.due_time.ToNanoseconds()) for d in self.all]
        self.assertEqual(keys, sorted(keys))
        self.assertEqual({reason for reason, _ in keys}, {EVENT, FIRST, QUARTERLY})
        self.assertEqual(len({d.account_id for d in self.all}), 40, "each once")
        self.assertEqual(len(self.all), 40)

    def test_pages_of_any_size_are_the_same_list(self):
        whole = [d.account_id for d in self.all]
        for page_size in (1, 2, 7, 39, 40, 41, 1_001):
            with self.subTest(page_size):
                self.assertEqual(self.ids(page_size=page_size), whole)

    def test_filters(self):
        score = {d.account_id: d.score for d in self.all if d.HasField("score")}
        self.assertEqual(len(score), 30)
        owner = {i: self.get(i).facts for i in self.ids()}
        for filters, matches in [
                (dict(owner_ids=["ana"]), lambda d: owner[d.account_id].owner_id == "ana"),
                (dict(owner_ids=["ana", "eva"]), lambda d: owner[d.account_id].owner_id != "luis"),
                (dict(countries=["PE"]), lambda d: owner[d.account_id].country == "PE"),
                (dict(countries=["UY"]), lambda d: False),
                (dict(segments=[segment_pb.SEGMENT_STRATEGIC]),
                 lambda d: d.segment == segment_pb.SEGMENT_STRATEGIC),
                (dict(segments=[segment_pb.SEGMENT_UNSPECIFIED]),
                 lambda d: d.account_id not in score),
                (dict(segments=[0, 1], countries=["CO"], owner_ids=["eva"]),
                 lambda d: d.segment in (0, 1) and owner[d.account_id].country == "CO"
                 and owner[d.account_id].owner_id == "eva"),
                (dict(reasons=[EVENT]), lambda d: d.due[0].reason == EVENT),
                (dict(reasons=[FIRST, EVENT]), lambda d: d.due[0].reason in (EVENT, FIRST))]:
            with self.subTest(filters=filters):
                expected = [d.account_id for d in self.all if matches(d)]
                self.assertEqual(self.ids(**filters), expected)
                self.assertEqual(self.ids(page_size=3, **filters), expected)

    def test_token_of_another_query_is_refused(self):
        token = self.scoring.ListReevaluationDue(self.request(page_size=2)).next_page_token
        self.scoring.ListReevaluationDue(self.request(page_size=3, page_token=token))
        for other in (self.request(reasons=[EVENT]), self.request(segments=[1]),
                      self.request(owner_ids=["ana"]), self.request(countries=["CO"]),
                      self.request(horizon=Duration(seconds=1)),
                      self.request(as_of_time=start(today())),
                      scoring_pb.ListReevaluationDueRequest()):
            other.page_token = token
            self.invalid(self.scoring.ListReevaluationDue, other, "page_token")

    def test_bad_requests(self):
        year = 366 * DAY_SECONDS
        for fields, paths in [
                (dict(page_size=-1), ["page_size"]), (dict(page_token="none"), ["page_token"]),
                (dict(horizon=Duration(seconds=-1)), ["horizon"]),
                (dict(horizon=Duration(nanos=-1)), ["horizon"]),
                (dict(horizon=Duration(seconds=year, nanos=1)), ["horizon"]),
                (dict(horizon=Duration(seconds=year + 1)), ["horizon"]),
                (dict(horizon=Duration(seconds=2**63 - 1)), ["horizon"]),
                (dict(horizon=Duration(nanos=1_000_000_000)), ["horizon"]),
                (dict(as_of_time=Timestamp(seconds=253_402_300_800)), ["as_of_time"]),
                (dict(as_of_time=Timestamp(seconds=-2**63)), ["as_of_time"]),
                (dict(as_of_time=Timestamp(nanos=-1)), ["as_of_time"]),
                (dict(reasons=[EVENT, 0, 9]), ["reasons[1]", "reasons[2]"]),
                (dict(segments=[0, 5, -1]), ["segments[1]", "segments[2]"]),
                (dict(owner_ids=["", "ana", "a\0"]), ["owner_ids[0]", "owner_ids[2]"]),
                (dict(owner_ids=[f"o{i}" for i in range(101)]), ["owner_ids"]),
                (dict(countries=["CO", "zz"]), ["countries[1]"]),
                (dict(countries=["CO"] * 251), ["countries"]),
                (dict(page_size=-1, horizon=Duration(seconds=-1), reasons=[9], segments=[9],
                      countries=[""], owner_ids=[" "]),
                 ["page_size", "horizon", "reasons[0]", "segments[0]", "countries[0]",
                  "owner_ids[0]"])]:
            with self.subTest(fields=fields):
                self.invalid(self.scoring.ListReevaluationDue, self.request(**fields), *paths)
        self.scoring.ListReevaluationDue(self.request(
            horizon=Duration(seconds=year), owner_ids=[f"o{i}" for i in range(100)]))


if __name__ == "__main__":
    unittest.main()
