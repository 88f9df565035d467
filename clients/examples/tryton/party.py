"""The company's page: the facts that Tryton had no field for, and the score beside them."""
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import Transaction

from .score import SHOWN

_OF_ACCOUNTS = {"invisible": ~Eval("scored", False)}


def _fact(field):
    field.states, field.depends = dict(_OF_ACCOUNTS), ["scored"]
    return field


class Party(metaclass=PoolMeta):
    __name__ = "party.party"

    scored = fields.Boolean("Scored", help="Is an account that Tiermark scores.")
    potential_mrr = _fact(fields.One2Many(
        "party.potential_mrr", "party", "Potential MRR",
        help="What it could bill every month under the contract of each country."))
    past_due_cases = _fact(fields.Integer(
        "Past-due Cases", domain=["OR", ("past_due_cases", "=", None), ("past_due_cases", ">=", 0)],
        help="Delinquent cases that it manages. 0 is a number; empty is unknown."))
    industry_reference = _fact(fields.Selection(
        [(None, ""), ("market_leader", "Market leader"), ("recognized", "Recognized"),
         ("emerging", "Emerging"), ("none", "None")],
        "Industry Reference", sort=False,
        help="Market leader: among the three largest of its industry in its country.\n"
        "Recognized: among the ten largest.\n"
        "Emerging: under five years in its market, or growing faster than it by half."))
    operating_countries = _fact(fields.Many2Many(
        "party.party-operating-country", "party", "country", "Operating Countries",
        help="Where it operates. An account of one country names it here."))
    expansion_countries = _fact(fields.Many2Many(
        "party.party-expansion-country", "party", "country", "Confirmed Expansion",
        help="Countries into which its expansion is confirmed."))
    lifecycle_stage = _fact(fields.Selection(
        [("lead", "Lead"), ("prospect", "Prospect"), ("guaranteed_prospect", "Guaranteed prospect"),
         ("client", "Client")], "Stage", sort=False))
    first_meeting_date = _fact(fields.Date("First Meeting"))

    scores = fields.One2Many("party.score", "party", "Scores", readonly=True)
    score_criteria = fields.Function(
        fields.One2Many("party.score.criterion", None, "Why", states=_OF_ACCOUNTS,
                        depends=["scored"]), "get_score")

    @staticmethod
    def default_scored():
        return False

    @staticmethod
    def default_lifecycle_stage():
        return "prospect"

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            (f'/form/notebook/page[@id="{page}"]', "states", _OF_ACCOUNTS)
            for page in ("tiermark", "tiermark_facts")]

    @classmethod
    def get_score(cls, parties, names):
        found = {score.party.id: score for party in parties for score in party.scores}

        def value(party, name):
            score = found.get(party.id)
            if name == "score_criteria":
                return [criterion.id for criterion in score.criteria] if score else []
            return getattr(score, SHOWN[name][0]) if score else None

        return {name: {party.id: value(party, name) for party in parties} for name in names}

    @classmethod
    def search_score(cls, name, clause):
        return [(f"scores.{SHOWN[name][0]}", *clause[1:])]

    @classmethod
    def create(cls, vlist):
        parties = super().create(vlist)
        _changed(parties)
        return parties

    @classmethod
    def write(cls, *args):
        super().write(*args)
        _changed(party for parties in args[::2] for party in parties)

    @classmethod
    def delete(cls, parties):
        Score = Pool().get("party.score")
        with Transaction().set_user(0), Transaction().set_context(_check_access=False):
            # Which the user may not.
            Score.delete(Score.search([("party", "in", [party.id for party in parties])]))
        # Its lines go with it, and are no change of facts then.
        with Transaction().set_context(tiermark_deleted=[party.id for party in parties]):
            super().delete(parties)

    @classmethod
    def copy(cls, parties, default=None):
        # A copy is another account, with a score to come.
        return super().copy(parties, {**(default or {}), "scores": None})


# The page shows them as fields of the party, and lists find parties by them.
for _name, (_, _field) in SHOWN.items():
    setattr(Party, _name, fields.Function(_field, "get_score", searcher="search_score"))


def _changed(parties):
    """Within the transaction of the save; the call itself comes after it."""
    gone = Transaction().context.get("tiermark_deleted", ())
    ids = list(dict.fromkeys(party.id for party in parties))
    ids = [party for party in ids if party not in gone]
    if ids:
        Pool().get("party.score").facts_changed(Pool().get("party.party").browse(ids))


class _OfParty:
    """Lines of a party that its facts are read from, saved with it or by themselves."""
    __slots__ = ()

    @classmethod
    def create(cls, vlist):
        lines = super().create(vlist)
        _changed(line.party for line in lines)
        return lines

    @classmethod
    def write(cls, *args):
        before = [line.party for lines in args[::2] for line in lines]
        super().write(*args)
        _changed(before + [line.party for lines in args[::2] for line in lines])

    @classmethod
    def delete(cls, lines):
        before = [line.party for line in lines]
        super().delete(lines)
        _changed(before)


class Address(_OfParty, metaclass=PoolMeta):
    __name__ = "party.address"


class PotentialMrr(_OfParty, ModelSQL, ModelView):
    "Potential MRR"
    __name__ = "party.potential_mrr"

    party = fields.Many2One("party.party", "Party", required=True, ondelete="CASCADE", select=True)
    country = fields.Many2One("country.country", "Country", required=True, ondelete="RESTRICT")
    amount = fields.Numeric("Per Month", digits=(16, Eval("digits", 2)), required=True,
                            domain=[("amount", ">=", 0)], depends=["digits"])
    currency = fields.Many2One("currency.currency", "Currency", required=True, ondelete="RESTRICT")
    digits = fields.Function(fields.Integer("Currency Digits"), "on_change_with_digits")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [
            ("country_once", Unique(table, table.party, table.country),
             "tiermark.msg_potential_mrr_country_once")]

    @fields.depends("currency")
    def on_change_with_digits(self, name=None):
        return self.currency.digits if self.currency else 2


class OperatingCountry(_OfParty, ModelSQL):
    "Operating Country"
    __name__ = "party.party-operating-country"

    party = fields.Many2One("party.party", "Party", required=True, ondelete="CASCADE", select=True)
    country = fields.Many2One("country.country", "Country", required=True, ondelete="RESTRICT")


class ExpansionCountry(_OfParty, ModelSQL):
    "Country of Confirmed Expansion"
    __name__ = "party.party-expansion-country"

    party = fields.Many2One("party.party", "Party", required=True, ondelete="CASCADE", select=True)
    country = fields.Many2One("country.country", "Country", required=True, ondelete="RESTRICT")
