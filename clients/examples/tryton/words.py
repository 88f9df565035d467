"""What the page says of an answer, in a salesperson's words."""
from trytond.pool import Pool

from tiermark.v1.evaluation_pb2 import Movement
from tiermark.v1.reevaluation_pb2 import ReevaluationReason
from tiermark.v1.segment_pb2 import Segment

_REASONS = {
    ReevaluationReason.REEVALUATION_REASON_EVENT: "Something happened to it",
    ReevaluationReason.REEVALUATION_REASON_FIRST_MEETING: "First meeting",
    ReevaluationReason.REEVALUATION_REASON_MODEL_CHANGED: "The model changed",
    ReevaluationReason.REEVALUATION_REASON_MONTHLY: "Monthly, as a new account",
    ReevaluationReason.REEVALUATION_REASON_QUARTERLY: "Quarterly review",
}


def lines(texts):
    return "\n".join(texts)


def reason_text(reason):
    # A later server may know more of them.
    return _REASONS.get(reason, "Due")


def segment_text(segment):
    name = Segment.Name(segment)[len("SEGMENT_"):]
    return name if name == "SMB" else name.capitalize()


def movement_text(evaluation):
    if evaluation.movement == Movement.MOVEMENT_FIRST:
        return "First score"
    before = f"{segment_text(evaluation.previous_segment)}, {evaluation.previous_score}"
    return {Movement.MOVEMENT_UPGRADE: "Up from ",
            Movement.MOVEMENT_DOWNGRADE: "Down from "}.get(evaluation.movement, "Before: ") + before


def number(digits):
    """Groups of three, as the server writes them."""
    return f"{int(digits):,}".replace(",", "\N{NO-BREAK SPACE}")


def fact_text(fact):
    """The value that a criterion read."""
    if not fact.HasField("value"):
        return "unknown"
    if fact.items:
        return ", ".join(fact.items)
    kind = fact.value.WhichOneof("value")
    value = getattr(fact.value, kind)
    if kind == "int64":
        return number(value)
    if kind == "money":
        cents = f".{value.nanos:09}".rstrip("0") if value.nanos else ""
        return f"{number(value.units)}{cents} {value.currency_code}"
    if kind == "date":
        return f"{value.year:04}-{value.month:02}-{value.day:02}"
    return str(value).replace("_", " ").capitalize()


def missing_text(violations):
    """By the names that the fields have on the page."""
    Party = Pool().get("party.party")

    def label(path):
        name = path.split(".")[1].split("[")[0] if "." in path else path
        field = getattr(Party, name, None)
        return field.string if field is not None else name.replace("_", " ").capitalize()

    return lines(f"{label(path)}: {text}" for path, text in violations)
