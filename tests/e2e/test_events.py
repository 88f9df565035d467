"""Events that ask for a new evaluation: reported by a caller, or detected when facts change."""
import unittest

from calendar_days import days, proto, today
from fact_faults import BAD_DATES, BAD_IDS, GOOD_DATES
from support import (EXISTS, NOT_FOUND, PRECONDITION, ServerTest, date, facts, fintech,
                     upsert_request)
from tiermark.v1 import account_service_pb2 as accounts_pb
from tiermark.v1 import reevaluation_pb2 as reevaluation_pb

EVENT = reevaluation_pb.REEVALUATION_REASON_EVENT
MERGER = reevaluation_pb.ACCOUNT_EVENT_TYPE_ACQUISITION_OR_MERGER
GROWTH = reevaluation_pb.ACCOUNT_EVENT_TYPE_PORTFOLIO_GROWTH
COUNTRY = reevaluation_pb.ACCOUNT_EVENT_TYPE_NEW_COUNTRY
MIX = reevaluation_pb.ACCOUNT_EVENT_TYPE_PRODUCT_MIX_CHANGE
OPEN_EVENTS_MAX = 64


def report(account_id, **fields):
    return accounts_pb.ReportAccountEventRequest(**{"account_id": account_id, "type": MERGER,
                                                    **fields})


class EventsTest(ServerTest):
    def events(self, **fields):
        return list(self.client.iterate_account_events(account_id=self.account(), **fields))

    def due(self):
        return {d.account_id: d for d in self.client.iterate_reevaluation_due()}.get(
            self.account())


class ReportedTest(EventsTest):
    def test_makes_the_account_due_until_it_is_evaluated(self):
        self.evaluate(self.account(), fintech())
        answer = self.accounts.ReportAccountEvent(report(self.account(), note="Bought a bank"))
        event = answer.event
        self.assertTrue(event.event_id)
        self.assertEqual((event.type, event.event_date, event.note, event.detected,
                          event.closing_evaluation_id),
                         (MERGER, proto(today()), "Bought a bank", False, ""))
        self.assertFalse(event.HasField("change"))
        self.assertEqual((answer.next_reevaluation.reason, answer.next_reevaluation.due_time),
                         (EVENT, event.report_time))
        self.assertEqual(self.events(), [event])
        self.assertEqual(list(self.due().due[0].event_ids), [event.event_id])
        evaluation = self.evaluate(self.account()).evaluation
        self.assertEqual(list(evaluation.closed_reasons), [EVENT])
        self.assertIsNone(self.due())
        event.closing_evaluation_id = evaluation.evaluation_id
        self.assertEqual(self.events(), [event])
        self.assertEqual(self.events(open_only=True), [])

    def test_past_and_coming_days(self):
        self.evaluate(self.account(), fintech())
        past = self.accounts.ReportAccountEvent(report(self.account(), event_date=date(1999, 1, 1)))
        self.assertEqual(past.next_reevaluation.due_time, past.event.report_time)
        self.accounts.ReportAccountEvent(
            report(self.account(), event_date=proto(days(today(), 30))))
        evaluation = self.evaluate(self.account()).evaluation
        self.assertEqual(list(evaluation.closed_reasons), [EVENT])
        [open_event] = self.events(open_only=True)
        self.assertEqual(open_event.event_date, proto(days(today(), 30)))

    def test_every_type_and_day_within_bounds(self):
        self.upsert(self.account(), fintech())
        for kind in (MERGER, GROWTH, COUNTRY, MIX):
            for day in GOOD_DATES:
                answer = self.accounts.ReportAccountEvent(
                    report(self.account(), type=kind, event_date=day, note="é" * 500))
                self.assertEqual((answer.event.type, answer.event.event_date), (kind, day))

    def test_newest_report_first_in_pages(self):
        self.upsert(self.account(), fintech())
        made = [self.accounts.ReportAccountEvent(report(self.account(), note=f"{i}")).event
                for i in range(13)]
        made.reverse()
        for page_size in (1, 5, 13, 14):
            self.assertEqual(self.events(page_size=page_size), made)
        token = self.client.list_account_events(account_id=self.account(),
                                                page_size=3).next_page_token
        request = accounts_pb.ListAccountEventsRequest(account_id=self.account(), open_only=True,
                                                       page_token=token)
        self.invalid(self.accounts.ListAccountEvents, request, "page_token")
        self.upsert(self.account("-other"), fintech())
        request = accounts_pb.ListAccountEventsRequest(account_id=self.account("-other"),
                                                       page_token=token)
        self.invalid(self.accounts.ListAccountEvents, request, "page_token")

    def test_no_more_than_64_are_open(self):
        self.evaluate(self.account(), fintech())
        for _ in range(OPEN_EVENTS_MAX):
            self.accounts.ReportAccountEvent(report(self.account()))
        self.refused(self.accounts.ReportAccountEvent, report(self.account()), PRECONDITION,
                     "TOO_MANY_OPEN_EVENTS")
        self.assertEqual(len(self.events(page_size=1_000)), OPEN_EVENTS_MAX)
        self.evaluate(self.account())
        self.accounts.ReportAccountEvent(report(self.account()))
        self.assertEqual(len(self.events(open_only=True)), 1)

    def test_bad_requests_write_nothing(self):
        self.upsert(self.account(), fintech())
        cases = [(dict(type=number), ["type"]) for number in (0, 5, -1, 2**31 - 1)]
        cases += [(dict(event_date=day), ["event_date"]) for day in BAD_DATES]
        cases += [(dict(note=note), ["note"]) for note in ("a" * 1_001, "é" * 501, "a\0", "\x1b")]
        cases += [(dict(request_id=r), ["request_id"]) for r in ("a" * 65, "\n")]
        cases += [(dict(account_id=bad), ["account_id"]) for bad in BAD_IDS.values()]
        cases.append((dict(account_id="", type=9, event_date=date(0, 0, 0), note="\0",
                           request_id="\0"),
                      ["account_id", "type", "event_date", "note", "request_id"]))
        for fields, paths in cases:
            with self.subTest(fields=str(fields)[:80]):
                self.invalid(self.accounts.ReportAccountEvent,
                             report(**{"account_id": self.account(), **fields}), *paths)
        self.assertEqual(self.events(), [])
        self.refused(self.accounts.ReportAccountEvent, report(self.account("-unknown")),
                     NOT_FOUND, "ACCOUNT_NOT_FOUND")
        self.assertIsNone(self.known(self.account("-unknown")))

    def test_reused_request_id(self):
        self.upsert(self.account(), fintech())
        self.accounts.ReportAccountEvent(report(self.account(), request_id=self.account()))
        self.refused(self.accounts.ReportAccountEvent,
                     report(self.account(), request_id=self.account(), type=MIX), EXISTS,
                     "REQUEST_ID_REUSED")
        self.assertEqual(len(self.events()), 1)

    def test_bad_lists(self):
        def request(**fields):
            return accounts_pb.ListAccountEventsRequest(**{"account_id": "a", **fields})

        for why, bad in BAD_IDS.items():
            with self.subTest(why):
                self.invalid(self.accounts.ListAccountEvents, request(account_id=bad),
                             "account_id")
        self.invalid(self.accounts.ListAccountEvents, request(page_size=-1), "page_size")
        self.invalid(self.accounts.ListAccountEvents, request(page_token="x"), "page_token")
        self.refused(self.accounts.ListAccountEvents, request(account_id=self.account()),
                     NOT_FOUND, "ACCOUNT_NOT_FOUND")


class DetectedTest(EventsTest):
    def start(self, **more):
        self.evaluate(self.account(), fintech(past_due_cases=1_000, financial_products=["loan"],
                                              **more))

    def change(self, **given):
        return list(self.upsert(self.account(), facts(**given)).detected_events)

    def test_growth_strictly_above_30_percent(self):
        self.start()
        self.assertEqual(self.change(past_due_cases=1_300), [])
        [event] = self.change(past_due_cases=1_301)
        self.assertEqual((event.type, event.detected, event.change.fact,
                          event.change.previous.int64, event.change.current.int64,
                          event.event_date),
                         (GROWTH, True, "past_due_cases", 1_000, 1_301, proto(today())))
        self.assertEqual(self.events(), [event])
        self.assertEqual(event.change.event_id, event.event_id)
        due = self.due()
        self.assertEqual(due.due[0].reason, EVENT)
        self.assertEqual(list(due.fact_changes), [event.change])

    def test_growth_goes_on_in_the_same_event_and_a_fall_leaves_it_open(self):
        self.start()
        [first] = self.change(past_due_cases=2_000)
        [second] = self.change(past_due_cases=3_000)
        self.assertEqual(second.event_id, first.event_id)
        self.assertEqual(second.change.current.int64, 3_000)
        self.assertEqual(second.report_time, first.report_time)
        self.assertEqual(self.change(past_due_cases=1_000), [])
        self.assertEqual(self.events(), [second])
        self.assertEqual(self.due().fact_changes[0].current.int64, 3_000)

    def test_any_growth_from_zero(self):
        self.start()
        self.evaluate(self.account(), facts(past_due_cases=0))
        [event] = self.change(past_due_cases=1)
        self.assertTrue(event.change.HasField("previous"))
        self.assertEqual(event.type, GROWTH)

    def test_each_new_country_is_an_event_of_its_own(self):
        self.start()
        events = self.change(operating_countries=["CO", "PE"], expansion_countries=["CL"])
        self.assertEqual({(e.type, e.change.fact, e.change.current.text) for e in events},
                         {(COUNTRY, "countries", "PE"), (COUNTRY, "countries", "CL")})
        [more] = self.change(expansion_countries=["CL", "MX"])
        self.assertEqual(more.change.current.text, "MX")
        self.assertEqual(self.change(operating_countries=["CO"]), [], "a country less is none")
        self.assertEqual(len(self.events()), 3)

    def test_products_added_or_dropped_change_the_mix(self):
        self.start()
        [event] = self.change(financial_products=["card", "leasing"])
        self.assertEqual((event.type, event.change.fact, event.change.previous.text,
                          event.change.current.text),
                         (MIX, "financial_products", "loan", "card, leasing"))
        self.assertEqual(self.change(product_lines=["core"]), [],
                         "what it buys from us is another thing")

    def test_evaluation_closes_and_sets_the_baseline(self):
        self.start()
        self.change(past_due_cases=2_000)
        evaluation = self.evaluate(self.account()).evaluation
        self.assertEqual(list(evaluation.closed_reasons), [EVENT])
        self.assertIsNone(self.due())
        [event] = self.events()
        self.assertEqual(event.closing_evaluation_id, evaluation.evaluation_id)
        self.assertEqual(self.change(past_due_cases=2_600), [])
        self.assertEqual(len(self.change(past_due_cases=2_601)), 1)

    def test_facts_given_with_an_evaluation_are_settled_by_it(self):
        self.start()
        evaluation = self.evaluate(self.account(), facts(past_due_cases=9_000)).evaluation
        [event] = self.events()
        self.assertEqual((event.type, event.detected, event.closing_evaluation_id),
                         (GROWTH, True, evaluation.evaluation_id))
        self.assertIn(EVENT, evaluation.closed_reasons)
        self.assertIsNone(self.due())

    def test_nothing_is_detected_before_the_first_evaluation(self):
        self.upsert(self.account(), fintech(past_due_cases=1))
        self.assertEqual(self.change(past_due_cases=1_000_000), [])
        self.assertEqual(self.events(), [])

    def test_what_was_unknown_is_no_change(self):
        self.evaluate(self.account(), fintech())
        self.assertEqual(self.change(financial_products=["loan"]), [])

    def test_refused_facts_open_nothing(self):
        self.start()
        self.invalid(self.accounts.UpsertAccount,
                     upsert_request(self.account(), facts(past_due_cases=9_000, country="ZZ")),
                     "facts.country")
        self.assertEqual(self.events(), [])


if __name__ == "__main__":
    unittest.main()
