"""What Tiermark answered for a party. It stands in rows of its own, so that a score that arrives while
somebody edits the party is no conflict with that edit."""
import hashlib
import logging
import socket
import uuid
from decimal import Decimal

from google.protobuf.duration_pb2 import Duration
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from tiermark import TiermarkError
from tiermark.v1.reevaluation_pb2 import ReevaluationReason
from tiermark.v1.segment_pb2 import Segment

from .client import account_id, client, party_id, setting
from .facts import MASK, digest_of, facts_of
from .words import fact_text, lines, missing_text, movement_text, reason_text

logger = logging.getLogger(__name__)

STATES = [("waiting", "Waiting for the server"), ("scored", "Scored"),
          ("incomplete", "Facts are missing"), ("refused", "Refused")]
SEGMENTS = [(None, ""), ("strategic", "Strategic"), ("enterprise", "Enterprise"),
            ("commercial", "Commercial"), ("smb", "SMB")]
# Codes of the errors after which the same call is made again, later.
_LATER = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "UNKNOWN", "INTERNAL",
          "UNAUTHENTICATED", "PERMISSION_DENIED", "CANCELLED", "ABORTED"}
# Those that say that there was no answer, and those that any other account would get too.
_NO_ANSWER = {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
_FOR_ALL = {"UNAVAILABLE", "UNAUTHENTICATED", "PERMISSION_DENIED"}
# Reasons that an administrator of Tiermark does away with, and nobody here.
_CURABLE = {"EXCHANGE_RATE_MISSING", "MODEL_RETIRED"}
_LEASE_SECONDS = 600
_ROUNDS_MAX = 10  # Of a night; where accounts become due again at once there is no end else.

# Shown only when there is something to tell.
_TROUBLE = {"states": {"invisible": Eval("tiermark_state", "scored").in_([None, "scored"])},
            "depends": ["tiermark_state"]}

# Field of the party: the field here, and how it is shown.
SHOWN = {
    "tiermark_state": ("state", fields.Selection([(None, "")] + STATES, "State", **_TROUBLE)),
    "tiermark_message": ("message", fields.Text("Message", states={
        "invisible": ~Eval("tiermark_message")}, depends=["tiermark_message"])),
    "tiermark_score": ("score", fields.Integer("Score", help="0 to 100")),
    "tiermark_segment": ("segment", fields.Selection(SEGMENTS, "Segment", sort=False)),
    "tiermark_movement": ("movement", fields.Char("Movement")),
    "tiermark_action": ("action", fields.Text("What to Do")),
    "tiermark_due_time": ("due_time", fields.DateTime("Due", format="%H:%M")),
    "tiermark_due_reason": ("due_reason", fields.Char("Due For")),
    "tiermark_evaluate_time": ("evaluate_time", fields.DateTime("Scored At", format="%H:%M")),
    "tiermark_next_step": ("next_step", fields.Text("How to Rise")),
}


class PartyScore(ModelSQL, ModelView):
    "Score of a Party"
    __name__ = "party.score"

    party = fields.Many2One("party.party", "Party", required=True, ondelete="CASCADE", select=True)
    digest = fields.Char("Digest of the Facts")
    change = fields.Char("Change", help="Names the change of facts, and so the call that tells it.")
    state = fields.Selection(STATES, "State", required=True, select=True)
    message = fields.Text("Message")
    score = fields.Integer("Score")
    segment = fields.Selection(SEGMENTS, "Segment")
    movement = fields.Char("Movement")
    action = fields.Text("Recommended Action")
    due_time = fields.DateTime("Due")
    due_reason = fields.Char("Due For")
    evaluate_time = fields.DateTime("Scored At")
    next_step = fields.Text("Next Segment")
    criteria = fields.One2Many("party.score.criterion", "of", "Criteria")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [
            ("party_once", Unique(table, table.party), "tiermark.msg_score_party_once")]

    @classmethod
    def facts_changed(cls, parties):
        """Marks what changed, in the transaction that changes it: whatever happens to the call
        afterwards, the mark stays until it was answered."""
        with Transaction().set_user(0), Transaction().set_context(_check_access=False):
            marked = [cls._mark(party) for party in parties if party.scored]
        marked = [score for score in marked if score]
        if marked:
            # Run after the commit: by a worker, or without one before the save is answered.
            cls.__queue__.evaluate(marked)

    @classmethod
    def _mark(cls, party):
        """None when nothing that is scored has changed."""
        digest = digest_of(facts_of(party))
        score = cls._of(party.id)
        if score.digest == digest:
            return None
        score.digest, score.change, score.state = digest, uuid.uuid4().hex, "waiting"
        score.save()
        return score

    @classmethod
    def _of(cls, party):
        found = cls.search([("party", "=", party)])
        return found[0] if found else cls(party=party, digest=None)

    @classmethod
    def evaluate(cls, scores):
        """Tells the server of changes. What could not be told stays marked."""
        for score in scores:
            _, code = cls._evaluate(score.party.id)
            if code in _NO_ANSWER:
                return  # Whoever saves waits for one call, not for one a company.

    @classmethod
    def evaluate_waiting(cls):
        """The scheduler's every few minutes."""
        for score in cls.search([("state", "=", "waiting")], order=[("id", "ASC")]):
            _, code = cls._try(score.party.id)
            if code in _FOR_ALL:
                return  # The next run begins anew.

    @classmethod
    def evaluate_due(cls):
        """The scheduler's every night: all that is due, by claims, so that any number of these jobs
        share the list and none takes what another holds."""
        worker, done = f"tryton-{socket.gethostname()}-{uuid.uuid4().hex[:8]}", 0
        try:
            for _ in range(_ROUNDS_MAX):
                evaluated = cls._evaluate_round(worker)
                done += evaluated
                if not evaluated:
                    break
        finally:
            logger.info("worker %s evaluated %d due accounts", worker, done)

    @classmethod
    def _evaluate_round(cls, worker):
        """Claims until nothing new comes, and returns how many accounts it evaluated. Claims know
        no databases: accounts of others are kept too, and given back at the end of the round, as
        the next claim would bring them again. When their lease ends before, one does so and ends
        the round, with others perhaps still to come in the next."""
        kept, done = {}, 0  # Account: whether to give it back.
        try:
            while True:
                claimed = client().claim_reevaluations(
                    worker_id=worker, lease=Duration(seconds=_LEASE_SECONDS),
                    max_accounts=int(setting("batch", 50))).due_accounts
                new = [due for due in claimed if due.account_id not in kept]
                kept.update((due.account_id, True) for due in claimed)
                if not new:
                    return done
                for due in new:
                    party = party_id(due.account_id)
                    if party is not None and cls._try(party, due)[0] == "scored":
                        kept[due.account_id] = False  # The evaluation ended the lease.
                        done += 1
        finally:
            back = [account for account, held in kept.items() if held]
            for first in range(0, len(back), 500):
                client().release_reevaluations(worker_id=worker,
                                               account_ids=back[first:first + 500])

    @classmethod
    def _try(cls, party, due=None):
        """As _evaluate, for jobs: what goes wrong with one company must not end them."""
        try:
            return cls._evaluate(party, due)
        except Exception:
            logger.exception("%s was not scored", account_id(party))
            return None, None

    @classmethod
    def _evaluate(cls, party, due=None):
        """Reads, calls and writes, each by itself: no transaction is open during the call. Returns
        the state after it, None when there is no such account here, and the code of the server's
        error, None without one."""
        with Transaction().set_user(0):
            while True:
                with Transaction().new_transaction() as transaction:
                    score, facts = cls._current(party)
                    if score is None:
                        return None, None
                    # Read before the commit: what is read after it may be newer than the facts.
                    digest, change, state = score.digest, score.change, score.state
                    transaction.commit()
                if digest != digest_of(facts):
                    continue  # Databases without snapshots may change between two reads.
                if not due and state != "waiting":
                    return state, None  # Another task was faster.
                answer, error = cls._call(party, facts, _request_id(change, due))
                code = error and error.code.name
                if code in _LATER and due:
                    return "waiting", code  # It stays due, which is the server's to remember.
                with Transaction().new_transaction() as transaction:
                    score, _ = cls._current(party)
                    if score is None:
                        return None, code
                    if score.digest != digest and code not in _LATER:
                        # The facts changed meanwhile, and the server may have heard of that before
                        # it heard of this: they are told once more, so that the last word is right.
                        score.change, score.state, due = uuid.uuid4().hex, "waiting", None
                        score.save()
                        transaction.commit()
                        continue
                    if answer:
                        score._take(answer)
                    else:
                        score._fail(error)
                    state = score.state
                    transaction.commit()
                    return state, code

    @classmethod
    def _current(cls, party):
        """Its score and its facts as they are now; (None, None) when it is not scored."""
        Party = Pool().get("party.party")
        with Transaction().set_context(active_test=False):
            found = Party.search([("id", "=", party)])
        # Its lines are read as they are on its page: those that are not active are not of it.
        found = Party.browse(found)
        if not found or not found[0].scored:
            return None, None
        # Also when the table of facts is not what it was when the change was marked.
        cls._mark(found[0])
        return cls._of(party), facts_of(found[0])

    @staticmethod
    def _call(party, facts, request_id):
        """The answer, or the error."""
        said = {"account_id": account_id(party), "facts": facts, "update_mask": MASK}
        try:
            try:
                return client().evaluate_account(**said, request_id=request_id), None
            except TiermarkError as error:
                if error.code.name == "FAILED_PRECONDITION":
                    # No score comes of these facts, and so none was kept.
                    client().upsert_account(**said, request_id=_digest(f"facts {request_id}"))
                raise
        except TiermarkError as error:
            logger.warning("%s was not scored: %s", account_id(party), error)
            return None, error

    def _take(self, answer):
        evaluation = answer.evaluation
        self.state, self.message = "scored", lines(n.message for n in evaluation.notices)
        self.score = evaluation.score
        self.segment = Segment.Name(evaluation.effective_segment)[len("SEGMENT_"):].lower()
        self.movement = movement_text(evaluation)
        self.action = answer.recommended_action
        self.evaluate_time = _minute(evaluation.evaluate_time)
        self.due_time = self.due_reason = None
        if answer.HasField("next_reevaluation"):
            self.due_time = _minute(answer.next_reevaluation.due_time)
            self.due_reason = reason_text(answer.next_reevaluation.reason)
        self.next_step = lines(c.message for c in evaluation.to_next_segment.changes)
        self.save()
        Criterion = Pool().get("party.score.criterion")
        Criterion.delete(list(self.criteria))
        Criterion.create([Criterion.values_of(self, result) for result in evaluation.criteria])

    def _fail(self, error):
        """A score from before stays beside what is wrong now."""
        code = error.code.name
        if code in _NO_ANSWER:
            # Who reads the page can do nothing about a network; the log has the details.
            self.state = "waiting"
            self.message = "Tiermark does not answer. It is asked again every few minutes."
        elif error.reason == "FACTS_MISSING":
            self.state, self.message = "incomplete", missing_text(error.field_violations)
        else:
            later = code in _LATER or error.reason in _CURABLE
            self.state = "waiting" if later else "refused"
            self.message = lines(f"{path}: {text}" for path, text in error.field_violations) or \
                f"{code} {error.reason}: {error.message}"
        self.save()


def _minute(time):
    """As the page shows it: a client would take seconds that it does not show for an edit."""
    return time.ToDatetime().replace(second=0, microsecond=0)


def _request_id(change, due):
    """The same for every try of the same thing: a change is told once, however often it is tried,
    and what two jobs do about one due date is one evaluation."""
    if due is None:
        return change
    return _digest(
        f"{change} {due.due_time.ToNanoseconds()} {ReevaluationReason.Name(due.due[0].reason)}")


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Criterion(ModelSQL, ModelView):
    "Criterion of a Score"
    __name__ = "party.score.criterion"

    of = fields.Many2One("party.score", "Score", required=True, ondelete="CASCADE", select=True)
    name = fields.Char("Criterion")
    fact = fields.Char("Fact")
    tier = fields.Char("Tier")
    points = fields.Integer("Points", help="0 to 100")
    weight = fields.Integer("Weight", help="Percent.")
    contribution = fields.Numeric("Adds", digits=(5, 2),
                                  help="To the score: points times weight.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [("id", "ASC")]  # In the model's order, as they were answered.

    @staticmethod
    def values_of(score, result):
        return {"of": score.id, "name": result.display_name, "fact": fact_text(result.fact),
                "tier": result.tier_label, "points": result.points,
                "weight": result.weight_percent,
                "contribution": Decimal(result.contribution) / 100}
