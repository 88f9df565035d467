"""Facts at, below and above every bound, as tables: what is refused with which paths, and what is
admitted just inside the bound."""
from google.protobuf.field_mask_pb2 import FieldMask

from support import date, facts, mrr, numbers, usd
from tiermark.v1 import facts_pb2 as facts_pb

UNITS_MAX = 1_000_000_000_000
CASES_MAX = 2_000_000_000
INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1

BAD_COUNTRIES = ["", "co", "Co", "ZZ", "XX", "EU", "UK", "C", "COL", "C1", " CO", "CÓ", "C\0"]
BAD_CURRENCIES = ["", "usd", "US", "USDX", "ZZZ", "U$D", " USD", "USD\0"]
BAD_DATES = [date(0, 0, 0), date(1899, 12, 31), date(2200, 1, 1), date(2023, 2, 29),
             date(2024, 2, 30), date(2024, 4, 31), date(2024, 0, 1), date(2024, 13, 1),
             date(2024, 1, 0), date(2024, 1, 32), date(0, 5, 5), date(2024, 0, 0),
             date(-2024, 1, 1), date(INT32_MAX, INT32_MAX, INT32_MAX)]
GOOD_DATES = [date(1900, 1, 1), date(2199, 12, 31), date(2024, 2, 29)]
BAD_DECIMALS = ["", "-", ".", "1.", ".5", "+1", "1e5", "1E5", "1,5", " 1", "1 ", "--1", "NaN",
                "inf", "0x10", "1.2.3", "1" * 19, "9" * 400, "0.1234567891", "1" + "0" * 18,
                "٣"]
GOOD_DECIMALS = ["0", "-0", "-12.5", "9" * 18 + "." + "9" * 9, "-" + "9" * 18 + "." + "9" * 9,
                 "000.100"]
# Of accounts, owners and parents.
BAD_IDS = {"empty": "", "129 bytes": "a" * 129, "130 bytes of 65 characters": "é" * 65,
           "far too long": "a" * 100_000, "control": "a\x01b", "NUL": "a\0b", "tab": "a\tb",
           "line end": "a\nb", "DEL": "a\x7fb", "C1 control": "a\u0085b",
           "leading space": " a", "trailing space": "a ", "only a space": " ",
           "leading no-break space": "\u00a0a", "noncharacter": "a\ufffeb"}
GOOD_IDS = {"one byte": "a", "128 bytes": "b" * 128, "128 bytes of 64 characters": "é" * 64,
            "inner space": "a b", "slash and dots": "../a/b", "SQL": "'; DROP TABLE account; --",
            "percent": "%s%n", "beyond the basic plane": "a\U0001f600b"}
BAD_ENTRIES = ["", "a" * 65, "é" * 33, "a\0", "a\n", "\x1b[0m", " a", "a "]


def _money_faults(path, build, negative):
    """`build` makes facts of an amount, `path` is the amount's."""
    least = -UNITS_MAX if negative else 0
    for units, nanos in [(least - 1, 0), (UNITS_MAX + 1, 0), (UNITS_MAX, 1), (least, -1),
                         (INT64_MAX, 0), (-INT64_MAX - 1, 0), (INT64_MAX, 999_999_999)]:
        yield f"{path} {units}.{nanos}", build(usd(units, nanos)), [f"{path}.units"]
    for units, nanos in [(1, 1_000_000_000), (1, INT32_MAX), (1, -1), (0, -1_000_000_000),
                         (0, -INT32_MAX - 1)]:
        yield f"{path} {units}.{nanos}", build(usd(units, nanos)), [f"{path}.nanos"]
    for code in BAD_CURRENCIES:
        yield f"{path} {code!r}", build(usd(1, 0, code)), [f"{path}.currency_code"]
    yield f"{path} in full", build(usd(UNITS_MAX + 1, 0, "")), [f"{path}.currency_code",
                                                                 f"{path}.units"]


def _local(amount):
    return facts(potential_mrr=[facts_pb.PotentialMrr(country="CO", amount=amount)])


def _custom(**value):
    return facts(custom={"k": facts_pb.FactValue(**value)})


def _names(count):
    return [f"name-{i}" for i in range(count)]


def _some_countries(count):
    # Fewer countries exist than a list may have entries, so these repeat.
    return (["CO", "PE", "EC", "CL", "MX"] * 51)[:count]


def bad_facts():
    """(name, facts, every path at fault)."""
    for cases in (-1, CASES_MAX + 1, INT32_MAX, -INT32_MAX - 1):
        yield f"past_due_cases {cases}", facts(past_due_cases=cases), ["facts.past_due_cases"]
    for name in ("industry_reference", "lifecycle_stage"):
        for number in (0, 5, 99, -1, INT32_MAX):
            yield f"{name} {number}", facts(**{name: number}), [f"facts.{name}"]
    for name in ("created_date", "client_since_date", "first_meeting_date"):
        for day in BAD_DATES:
            yield f"{name} {day}", facts(**{name: day}), [f"facts.{name}"]
    for name in ("owner_id", "parent_id"):
        for why, bad_id in BAD_IDS.items():
            yield f"{name} {why}", facts(**{name: bad_id}), [f"facts.{name}"]
    for text in ("a" * 257, "é" * 129, "a\0b", "a\nb", "\x7f", "\u009f"):
        yield f"display_name {text!r}", facts(display_name=text), ["facts.display_name"]
    for code in BAD_COUNTRIES:
        yield f"country {code!r}", facts(country=code), ["facts.country"]
        yield (f"potential_mrr country {code!r}", facts(potential_mrr=[mrr(code, 1)]),
               ["facts.potential_mrr[0].country"])
        for name in ("operating_countries", "expansion_countries"):
            yield f"{name} {code!r}", facts(**{name: ["CO", code]}), [f"facts.{name}[1]"]
    yield ("potential_mrr twice", facts(potential_mrr=[mrr("CO", 1), mrr("PE", 1), mrr("CO", 2)]),
           ["facts.potential_mrr[2].country"])
    yield ("potential_mrr empty", facts(potential_mrr=[facts_pb.PotentialMrr()]),
           ["facts.potential_mrr[0].country", "facts.potential_mrr[0].amount"])
    yield from _money_faults("facts.potential_mrr[0].amount", _local, negative=False)
    for name in ("operating_countries", "expansion_countries"):
        yield (f"{name} twice", facts(**{name: ["CO", "PE", "CO", "PE"]}),
               [f"facts.{name}[2]", f"facts.{name}[3]"])
    for name in ("financial_products", "product_lines"):
        for entry in BAD_ENTRIES:
            yield f"{name} {entry!r}", facts(**{name: ["loan", entry]}), [f"facts.{name}[1]"]
        yield f"{name} twice", facts(**{name: ["loan", "loan"]}), [f"facts.{name}[1]"]
        yield f"{name} 65", facts(**{name: _names(65)}), [f"facts.{name}"]
    for key in ("", "Upper", "has space", "a" * 65, "a-b", "1a", "é", "a.b", "_a"):
        yield (f"custom key {key!r}", facts(custom={key: facts_pb.FactValue(bool=True)}),
               ["facts.custom"])
    yield ("custom 65", facts(custom=numbers("k", 65)),
           ["facts.custom"])
    for text in ("a" * 257, "a\0", "a\nb", "\x7f"):
        yield f"custom text {text!r}", _custom(text=text), ["facts.custom.k.text"]
    for decimal in BAD_DECIMALS:
        yield f"decimal {decimal!r}", _custom(decimal=decimal), ["facts.custom.k.decimal"]
    for day in BAD_DATES:
        yield f"custom date {day}", _custom(date=day), ["facts.custom.k.date"]
    yield from _money_faults("facts.custom.k.money", lambda m: _custom(money=m), negative=True)
    yield "many at once", facts(
        display_name="\0", country="ZZ", potential_mrr=[mrr("zz", -1, "zzz")], past_due_cases=-1,
        industry_reference=9, operating_countries=["ZZ"], financial_products=[""],
        created_date=date(2024, 13, 1), owner_id=" ", custom={"k": facts_pb.FactValue(decimal="x")}
    ), ["facts.display_name", "facts.country", "facts.potential_mrr[0].country",
        "facts.potential_mrr[0].amount.currency_code", "facts.potential_mrr[0].amount.units",
        "facts.past_due_cases", "facts.industry_reference", "facts.operating_countries[0]",
        "facts.financial_products[0]", "facts.created_date", "facts.owner_id",
        "facts.custom.k.decimal"]


def too_long_country_lists():
    """(name, facts, a path at fault among others)."""
    for name in ("operating_countries", "expansion_countries"):
        yield f"{name} 251", facts(**{name: _some_countries(251)}), f"facts.{name}"
    yield ("potential_mrr 65", facts(potential_mrr=[mrr(c, 1) for c in _some_countries(65)]),
           "facts.potential_mrr")


def good_facts():
    """(name, facts) just inside the bounds."""
    for cases in (0, 1, CASES_MAX):
        yield f"past_due_cases {cases}", facts(past_due_cases=cases)
    for units, nanos in [(0, 0), (0, 1), (UNITS_MAX, 0), (UNITS_MAX - 1, 999_999_999)]:
        yield f"potential_mrr {units}.{nanos}", _local(usd(units, nanos))
    for units, nanos in [(-UNITS_MAX, 0), (UNITS_MAX, 0), (-1, -999_999_999), (0, -1)]:
        yield f"custom money {units}.{nanos}", _custom(money=usd(units, nanos))
    for day in GOOD_DATES:
        yield f"created_date {day}", facts(created_date=day, client_since_date=day,
                                           first_meeting_date=day)
        yield f"custom date {day}", _custom(date=day)
    for why, good_id in GOOD_IDS.items():
        yield f"owner_id {why}", facts(owner_id=good_id, parent_id=good_id)
    for text in ("", "a" * 256, "é" * 128, "Robert'); DROP TABLE account;--", "\U0001f600"):
        yield f"display_name {text!r}", facts(display_name=text)
        yield f"custom text {text!r}", _custom(text=text)
    for decimal in GOOD_DECIMALS:
        yield f"decimal {decimal!r}", _custom(decimal=decimal)
    for number in (0, INT64_MAX, -INT64_MAX - 1):
        yield f"custom int64 {number}", _custom(int64=number)
    for reference in (1, 2, 3, 4):
        yield f"enums {reference}", facts(industry_reference=reference, lifecycle_stage=reference)
    yield "lists of 64", facts(financial_products=_names(64), product_lines=_names(64))
    yield "entry of 64 bytes", facts(financial_products=["a" * 64, "é" * 32])
    yield "key of 64 bytes", facts(custom={"a" * 64: facts_pb.FactValue(bool=False)})
    yield "64 custom", facts(custom=numbers("k", 64))
    yield "other currencies", _local(usd(1, 0, "COP"))


def bad_masks():
    """(name, facts, mask, every path at fault)."""
    some = facts(country="CO", past_due_cases=1)
    for path in ("", "no_such_fact", "country.code", "potential_mrr.amount", "custom.budget",
                 "facts.country", "Country", "pastDueCases", "potential_mrr[0]", "country "):
        yield f"path {path!r}", facts(), FieldMask(paths=[path]), ["update_mask.paths[0]"]
    yield ("twice", some, FieldMask(paths=["country", "past_due_cases", "country"]),
           ["update_mask.paths[2]"])
    yield "all beside another", some, FieldMask(paths=["*", "country"]), ["update_mask.paths[0]"]
    yield "not named", some, FieldMask(paths=["country"]), ["facts.past_due_cases"]
    yield "none named", some, FieldMask(), ["facts.country", "facts.past_due_cases"]
    yield ("list and map not named",
           facts(operating_countries=["CO"], custom={"k": facts_pb.FactValue(bool=True)}),
           FieldMask(paths=["country"]), ["facts.operating_countries", "facts.custom"])
    yield ("unknown and not named", some, FieldMask(paths=["country", "nothing"]),
           ["update_mask.paths[1]", "facts.past_due_cases"])
