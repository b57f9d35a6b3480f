"""A refusal argued with: what is held against it is answered from this order, each point once, never by the refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.messages import Choice
from actions.orders.about import facts_of, validity
from actions.refunds.view import RefundView, view_of
from actions.refunds.wording import provider_name, terms_text
from actions.turn import Event, Turn
from aftercare.documents.refund_rules import rule_line
from aftercare.orders.facts import OrderFacts
from aftercare.orders.refunds.decide import UNUSED_STATES, decide
from aftercare.understanding.follow_ups import asks_why
from aftercare.understanding.goals import REPORTS
from aftercare.understanding.refund_topics import blames_us

# What is held against the refusal, by the question of the articles that the words come nearest to.
_POINT_OF: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "refund-reasons.changed-mind",
            "refund-reasons.flight-cancelled",
            "refund-reasons.visa-refused",
            "refund-reasons.border-closed",
            "refund-reasons.illness",
            "refund-reasons.bought-local-sim",
            "refund-reasons.wrong-plan",
        ),
        "reason",
    ),
    **dict.fromkeys(
        (
            "refund-reasons.poor-coverage",
            "refund-reasons.too-slow-refund",
            "refund-reasons.provider-fault",
            "rights-and-complaints.cga",
        ),
        "fault",
    ),
    "refund-decision.partial-refund": "share",
    "refund-decision.data-used-limit": "share",
    "refund-decision.installed-not-used": "unused",
    "refund-decision.rules-differ": "terms",
    "refund-decision.who-decides": "terms",
    "rights-and-complaints.fair-trading": "terms",
    "rights-and-complaints.cooling-off-law": "terms",
}
_UNUSED = "refund-decision.installed-not-used"
# From this probability on a question of the articles tells what is held against it; that it was never used is seen.
_LIKELY, _FAINT = 0.15, 0.04
# From here on an objection reports a fault, whatever question it is nearest to.
_SURE_OF_FAULT = 0.8


def argued(turn: Turn) -> list[Event] | None:
    """Answer the point made against the refusal of the proven order; None when none is made, or it was answered."""
    ranked = turn.reading.units[:2]
    points = [_POINT_OF[name] for name, chance in ranked if chance >= _LIKELY and name in _POINT_OF]
    if (
        not points
        and (turn.reading.has("object") or blames_us(turn.text))
        and turn.confidence_in(*REPORTS) >= _SURE_OF_FAULT
    ):
        points = ["fault"]
    if not points or asks_why(turn.text):  # "why not?" names no point: the rule is told
        return None
    if "fault" in points or dict(turn.reading.units).get(_UNUSED, 0.0) >= _FAINT:
        points.insert(0 if "fault" not in points else len(points), "unused")  # what was never installed did not fail
    with turn.orders() as session:
        verified = turn.verified_order(session)
        number = turn.refund_draft.number or verified
        view = view_of(turn, session, number) if verified and number else None
        if view is None or view.possible or not view.decision.failed:
            return None
        for point in dict.fromkeys(points):
            response = f"utter_refund_argued_{point}"
            if not turn.was_sent(response) and (found := _ANSWERS[point](turn, session, view)) is not None:
                choices, values = found
                turn.say(response, [*choices, turn.choice_of_offer("person")], **_of(turn, view), **values)
                return [SlotSet("offer", "human_handoff")]
    return None


_Answer = tuple[list[Choice], dict[str, Any]]


def _of(turn: Turn, view: RefundView) -> dict[str, Any]:
    lines = [rule_line(rule, view.decision.currency, turn.language, view.terms) for rule in view.decision.failed]
    return {"number": view.number, "provider": provider_name(turn, view.terms), "rules": turn.words.listing(lines)}


def _reason(turn: Turn, session: Session, view: RefundView) -> _Answer | None:
    return [], {}


def _fault(turn: Turn, session: Session, view: RefundView) -> _Answer | None:
    """Only while the seller still looks at faults, and none was told: then it is looked at already."""
    if "fault_review" not in view.decision.options or view.facts.profile_state in UNUSED_STATES:
        return None
    return [turn.choice_of_offer("fault_review")], {}


def _share(turn: Turn, session: Session, view: RefundView) -> _Answer | None:
    """Of a seller that pays all or nothing, where the use is what stands in the way."""
    facts, terms = view.facts, view.terms
    over = any(rule.name == "data_limit" for rule in view.decision.failed)
    left = None if facts.data_total_mb is None else facts.data_total_mb - facts.data_used_mb
    if terms.partial_refund or not over or terms.data_limit_mb is None or left is None or left <= 0:
        return None
    credit = decide(facts, terms, "exchange")
    swap = ""
    if credit.outcome in ("approved", "partial"):
        swap = turn.words.phrase("refund_swap_counts", credit=turn.words.money(credit.amount_minor, credit.currency))
    values = {
        "used": turn.words.data(facts.data_used_mb),
        "limit": turn.words.data(terms.data_limit_mb),
        "left": turn.words.data(left),
        "validity": validity(turn, _order(turn, session, view)),
        "swap": swap,
    }
    return ([turn.choice_of_offer("exchange")] if swap else []), values


def _unused(turn: Turn, session: Session, view: RefundView) -> _Answer | None:
    """Of an order that was never installed: the days stand in the way, and the plan can still be used."""
    order = _order(turn, session, view)
    late = any(rule.name == "window" for rule in view.decision.failed)
    if view.facts.profile_state not in UNUSED_STATES or not late or order.expired:
        return None
    return [], {"validity": validity(turn, order)}


def _terms(turn: Turn, session: Session, view: RefundView) -> _Answer | None:
    return [], {"terms": terms_text(turn.words, view.terms, view.decision.currency)}


def _order(turn: Turn, session: Session, view: RefundView) -> OrderFacts:
    return facts_of(turn, session, view.number)


_ANSWERS: Mapping[str, Callable[[Turn, Session, RefundView], _Answer | None]] = {
    "reason": _reason,
    "fault": _fault,
    "share": _share,
    "unused": _unused,
    "terms": _terms,
}
