"""How given facts merge with stored ones, with and without a mask."""
import unittest

from google.protobuf.field_mask_pb2 import FieldMask
from google.type.money_pb2 import Money

from support import ServerTest, bank, date, facts, fintech, mrr
from tiermark.v1 import facts_pb2 as facts_pb



def value(field, number):
    """One of two values of a field of the profile, all fields behind `custom`."""
    name = field.message_type.name if field.message_type else ""
    if name == "Date":
        return date(2020, 1, number)
    if name == "Money":
        return Money(currency_code="USD", units=number)
    if name == "ProductLineRevenue":
        return [facts_pb.ProductLineRevenue(product_line="core",
                                            amount=Money(currency_code="USD", units=number))]
    one = {field.TYPE_STRING: f"text {number}", field.TYPE_BOOL: number == 1}.get(field.type, number)
    return [one] if field.label == field.LABEL_REPEATED else one


def profile(number):
    return {field.name: value(field, number) for field in facts_pb.AccountFacts.DESCRIPTOR.fields
            if field.number > facts_pb.AccountFacts.CUSTOM_FIELD_NUMBER}


FULL = dict(display_name="Full", country="CO", potential_mrr=[mrr("CO", 9), mrr("PE", 8)],
            past_due_cases=7, industry_reference=facts_pb.INDUSTRY_REFERENCE_NONE,
            operating_countries=["CO"], expansion_countries=["PE"], financial_products=["loan"],
            product_lines=["core"], lifecycle_stage=facts_pb.LIFECYCLE_STAGE_LEAD,
            created_date=date(2020, 1, 2), client_since_date=date(2021, 3, 4),
            first_meeting_date=date(2020, 2, 3), owner_id="owner", parent_id="parent",
            custom={"kept": facts_pb.FactValue(int64=1), "gone": facts_pb.FactValue(text="x")},
            **profile(1))


class MergeTest(ServerTest):
    def after(self, given=None, mask=None, stored=None):
        """The facts of an account that had `stored`, or FULL, after an update."""
        self.upsert(self.account(), facts(**FULL) if stored is None else stored,
                    update_mask=FieldMask(paths=["*"]))
        fields = {} if mask is None else {"update_mask": FieldMask(paths=mask)}
        self.upsert(self.account(), given, **fields)
        return self.get(self.account()).facts

    def test_present_scalars_overwrite_and_absent_ones_stay(self):
        merged = self.after(facts(past_due_cases=0, display_name=""))
        self.assertEqual(merged, facts(**{**FULL, "past_due_cases": 0, "display_name": ""}))
        self.assertTrue(merged.HasField("past_due_cases"), "0 is a value")

    def test_nothing_given_changes_nothing(self):
        self.assertEqual(self.after(facts()), facts(**FULL))
        self.assertEqual(self.after(), facts(**FULL))

    def test_each_field_overwrites_alone(self):
        other = dict(display_name="Other", country="PE", potential_mrr=[mrr("CL", 1)],
                     past_due_cases=70, industry_reference=1, operating_countries=["MX"],
                     expansion_countries=["CL", "AR"], financial_products=["card"],
                     product_lines=["edge", "core"], lifecycle_stage=4,
                     created_date=date(2019, 1, 2), client_since_date=date(2019, 3, 4),
                     first_meeting_date=date(2019, 2, 3), owner_id="other", parent_id="other",
                     **profile(2))
        self.assertEqual(set(other) | {"custom"},
                         {f.name for f in facts_pb.AccountFacts.DESCRIPTOR.fields},
                         "a new fact needs its line here")
        for name, value in other.items():
            with self.subTest(name):
                expected = facts(**{**FULL, name: value})
                self.assertEqual(self.after(facts(**{name: value})), expected)
                self.assertEqual(self.after(facts(**{name: value}), [name]), expected)

    def test_a_list_with_elements_replaces_the_whole_list(self):
        merged = self.after(facts(potential_mrr=[mrr("CL", 1)], operating_countries=["AR"]))
        self.assertEqual(list(merged.potential_mrr), [mrr("CL", 1)])
        self.assertEqual(list(merged.operating_countries), ["AR"])

    def test_custom_merges_by_key_and_an_empty_value_removes(self):
        merged = self.after(facts(custom={"new": facts_pb.FactValue(bool=False),
                                          "gone": facts_pb.FactValue(),
                                          "never": facts_pb.FactValue()}))
        self.assertEqual(sorted(merged.custom), ["kept", "new"])
        self.assertEqual(merged.custom["new"].WhichOneof("value"), "bool")

    def test_mask_writes_what_it_names_and_clears_what_is_absent(self):
        for field in facts_pb.AccountFacts.DESCRIPTOR.fields:
            with self.subTest(field.name):
                expected = facts(**{k: v for k, v in FULL.items() if k != field.name})
                self.assertEqual(self.after(facts(), [field.name]), expected)
                self.assertEqual(self.after(None, [field.name]), expected)

    def test_mask_replaces_custom_whole(self):
        merged = self.after(facts(custom={"new": facts_pb.FactValue(int64=2)}), ["custom"])
        self.assertEqual(sorted(merged.custom), ["new"])

    def test_star_replaces_everything(self):
        self.assertEqual(self.after(facts(country="PE"), ["*"]), facts(country="PE"))
        self.assertEqual(self.after(facts(), ["*"]), facts())

    def test_evaluation_merges_in_the_same_way(self):
        self.upsert(self.account(), bank(display_name="Kept"))
        evaluation = self.evaluate(self.account(), facts(past_due_cases=0)).evaluation
        self.assertEqual(evaluation.score, 80)
        self.assertEqual(self.get(self.account()).facts,
                         bank(display_name="Kept", past_due_cases=0))
        self.evaluate(self.account(), fintech(), update_mask=FieldMask(paths=["*"]))
        self.assertEqual(self.get(self.account()).facts, fintech())
        stored = self.client.get_evaluation(evaluation_id=evaluation.evaluation_id).evaluation
        self.assertEqual(stored.facts, bank(display_name="Kept", past_due_cases=0),
                         "an evaluation keeps the facts that it scored")

    def test_upsert_says_what_it_did(self):
        first = self.upsert(self.account(), bank())
        self.assertEqual((first.created, first.changed), (True, True))
        again = self.upsert(self.account(), bank())
        self.assertEqual((again.created, again.changed), (False, False))
        self.assertEqual(again.next_reevaluation, first.next_reevaluation)
        third = self.upsert(self.account(), facts(past_due_cases=3))
        self.assertEqual((third.created, third.changed), (False, True))
        self.assertEqual(len(self.known(self.account())[1]), 0, "upserting scores nothing")


if __name__ == "__main__":
    unittest.main()
