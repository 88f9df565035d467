"""The module that shows Tiermark's scores in Tryton: `facts` maps, `client` calls, `score` keeps what
was answered, `party` is the page, `ir` the schedule."""
from trytond.pool import Pool

from . import ir, party, score

__all__ = ["register"]


def register():
    Pool.register(
        ir.Cron,
        party.Party,
        party.Address,
        party.PotentialMrr,
        party.OperatingCountry,
        party.ExpansionCountry,
        score.PartyScore,
        score.Criterion,
        module="tiermark", type_="model")
