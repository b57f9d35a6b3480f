"""What is asked of this order's money back, told from its decision and its seller's terms; nothing is begun by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from actions.refunds.status import latest_request_of
from actions.refunds.view import RefundView, decisive_text, view_of
from actions.refunds.wording import payout_text, provider_name
from actions.turn import Turn
from aftercare.orders import requests
from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.refunds.decide import UNUSED_STATES, decide
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.understanding.refund_topics import Topic


def tell(turn: Turn, topic: Topic) -> bool:
    """Tell what is asked of the proven order; False when there is none, or nothing of it answers."""
    with turn.orders() as session:
        verified = turn.verified_order(session)
        if verified is None:
            return False
        request = latest_request_of(turn, session, verified)
        running = request is not None and request.state in OPEN_REQUEST_STATES
        asked = str(request.purchase.number) if request is not None and running else verified
        view = view_of(turn, session, turn.refund_draft.number or asked)
        if view is None:
            return False
        return _TELLERS[topic](turn, session, view)


def tell_each(turn: Turn, numbers: Sequence[str]) -> None:
    """What comes back for each of several orders proven here, or what stands in the way."""
    lines = []
    with turn.orders() as session:
        for number in numbers:
            view = view_of(turn, session, number)
            if view is None:
                continue
            values = amount_text(turn, view)
            if view.possible:
                outcome = turn.words.phrase("refund_each_yes", **values)
            elif view.decision.outcome == "review":
                outcome = turn.words.phrase("refund_each_review")
            else:
                outcome = turn.words.phrase("refund_each_no", rules=decisive_text(turn, view))
            lines.append("• " + turn.words.labelled(number, outcome))
    turn.say("utter_refund_of_each", body="\n".join(lines))


def amount_text(turn: Turn, view: RefundView) -> dict[str, Any]:
    """The values every answer about the money may use, in words."""
    words, decision = turn.words, view.decision
    return {
        "number": view.number,
        "provider": provider_name(turn, view.terms),
        "amount": words.money(decision.amount_minor, decision.currency),
        "paid": words.money(view.facts.paid_minor, decision.currency),
    }


def _until(turn: Turn, view: RefundView) -> str:
    return turn.words.phrase("refund_ask_by", day=turn.words.day(view.until)) if view.until else ""


def _amount(turn: Turn, session: Session, view: RefundView) -> bool:
    values = amount_text(turn, view)
    if view.possible:
        rules = decisive_text(turn, view) if view.less else ""
        why = turn.words.phrase("refund_less_because", rules=rules) if rules else ""
        turn.say("utter_refund_of_order", **values, why=why, until=_until(turn, view))
    elif view.decision.outcome == "review":
        turn.say("utter_refund_of_order_review", **values)
    else:
        _not_possible(turn, view)
    return True


def _not_possible(turn: Turn, view: RefundView) -> None:
    turn.say("utter_refund_of_order_none", **amount_text(turn, view), rules=decisive_text(turn, view))


def _installed(turn: Turn, session: Session, view: RefundView) -> bool:
    values = amount_text(turn, view)
    if not view.possible:
        return _amount(turn, session, view)
    if view.facts.profile_state not in UNUSED_STATES:  # it is installed already
        return _amount(turn, session, view)
    then = decide(replace(view.facts, profile_state="enabled"), view.terms, "refund")
    if then.outcome not in ("approved", "partial"):
        turn.say("utter_refund_if_installed_no", **values, until=_until(turn, view))
        return True
    limit = view.terms.data_limit_mb
    if limit is None:
        use = turn.words.phrase("refund_use_shared" if view.terms.partial_refund else "refund_use_any")
    elif limit == 0:
        use = turn.words.phrase("refund_use_none")
    else:
        use = turn.words.phrase("refund_use_limit", limit=turn.words.data(limit))
    turn.say("utter_refund_if_installed_yes", **values, use=use, until=_until(turn, view))
    return True


def _deadline(turn: Turn, session: Session, view: RefundView) -> bool:
    values = amount_text(turn, view)
    if view.terms.window_days == 0 or not (view.possible or view.decision.outcome == "review"):
        _not_possible(turn, view)
        return True
    if view.until is None:
        turn.say("utter_refund_until_end", **values, days=turn.words.days(view.terms.window_days))
        return True
    counted = turn.words.phrase(
        f"refund_counted_{view.terms.window_from}", days=turn.words.days(view.terms.window_days)
    )
    turn.say("utter_refund_until", **values, day=turn.words.day(view.until), counted=counted)
    return True


def _payout(turn: Turn, session: Session, view: RefundView) -> bool:
    values = amount_text(turn, view)
    to = turn.words.phrase(f"refund_goes_to_{view.terms.paid_to}", provider=values["provider"])
    days = turn.words.days(view.terms.paid_within_days)
    if not view.possible:
        turn.say("utter_refund_payout_none", **values, to=to, rules=decisive_text(turn, view))
        return True
    by = turn.now + timedelta(days=view.decision.arrives_in_days or view.terms.paid_within_days)
    request = requests.latest_request(session, view.number)
    if request is not None and request.state in OPEN_REQUEST_STATES and request.arrives_by is not None:
        by = request.arrives_by  # as it was told when it was asked for
    payout = payout_text(turn, session, view.number, view.decision.paid_to, by)
    turn.say("utter_refund_payout", **values, to=to, days=days, payout=payout)
    return True


def _fee(turn: Turn, session: Session, view: RefundView) -> bool:
    values = amount_text(turn, view)
    if not view.possible:
        _not_possible(turn, view)
    elif any(rule.name == "fee" and rule.figure for rule in view.decision.rules):
        fee = turn.words.money(view.terms.fee_minor, view.decision.currency)
        turn.say("utter_refund_fee", **values, fee=fee)
    else:
        turn.say("utter_refund_no_fee", **values)
    return True


def _code(turn: Turn, session: Session, view: RefundView) -> bool:
    if turn.refund_draft.kind == "exchange" or turn.reading.asked == "exchange":
        turn.say("utter_refund_status_old_code", number=view.number)
        return True
    first = first_of_duplicate(session, view.number)
    if first is not None:
        turn.say("utter_refund_code_of_two", number=view.number, first=first)
        return True
    turn.say("utter_refund_code", number=view.number)
    return True


_TELLERS = {
    "amount": _amount,
    "installed": _installed,
    "until": _deadline,
    "payout": _payout,
    "fee": _fee,
    "code": _code,
}
