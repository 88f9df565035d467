"""How a party's fields become facts. This table is what to change for fields of your own."""
import hashlib
from decimal import Decimal

from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from tiermark.v1.facts_pb2 import AccountFacts, IndustryReference, LifecycleStage, PotentialMrr


def country(party):
    """Of the first address that has one: the contract is signed where the company sits."""
    return next((address.country.code for address in party.addresses if address.country), None)


def potential_mrr(party):
    return [PotentialMrr(country=line.country.code, amount=money(line.amount, line.currency))
            for line in party.potential_mrr]


def money(amount, currency):
    units = int(amount)
    return Money(currency_code=currency.code, units=units,
                 nanos=int((amount - units) * Decimal(10**9)))


def codes(countries):
    return sorted({country.code for country in countries})


def date(day):
    return day and Date(year=day.year, month=day.month, day=day.day)


def choice(enum, value):
    """A selection's value is the end of the enum value's name."""
    prefix = {IndustryReference: "INDUSTRY_REFERENCE_", LifecycleStage: "LIFECYCLE_STAGE_"}[enum]
    return enum.Value(prefix + value.upper()) if value else None


# Fact (field of AccountFacts)    what the party says of it; None, "" and [] are unknown
FACTS = {
    "display_name":         lambda party: party.name,
    "country":              country,
    "potential_mrr":        potential_mrr,
    "past_due_cases":       lambda party: party.past_due_cases,
    "industry_reference":   lambda party: choice(IndustryReference, party.industry_reference),
    "operating_countries":  lambda party: codes(party.operating_countries),
    "expansion_countries":  lambda party: codes(party.expansion_countries),
    "lifecycle_stage":      lambda party: choice(LifecycleStage, party.lifecycle_stage),
    "created_date":         lambda party: date(party.create_date.date()),
    "first_meeting_date":   lambda party: date(party.first_meeting_date),
}

# Facts that other systems know of the account are left as they are; these are Tryton's, so that a
# field emptied here is unknown there.
MASK = FieldMask(paths=list(FACTS))


def facts_of(party):
    read = {name: rule(party) for name, rule in FACTS.items()}
    return AccountFacts(**{name: value for name, value in read.items() if value not in (None, "")})


def digest_of(facts):
    """Equal for equal facts: none of them is a map, which could be written in any order."""
    return hashlib.sha256(facts.SerializeToString(deterministic=True)).hexdigest()
