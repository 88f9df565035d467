"""The two methods that the scheduler may run."""
from trytond.pool import PoolMeta


class Cron(metaclass=PoolMeta):
    __name__ = "ir.cron"

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection += [
            ("party.score|evaluate_waiting", "Tiermark: score what is waiting"),
            ("party.score|evaluate_due", "Tiermark: re-evaluate what is due")]
