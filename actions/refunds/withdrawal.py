"""Taking a refund or exchange back while it is still open: named, confirmed, then withdrawn once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.drafts import RefundDraft
from actions.turn import Turn
from aftercare.orders import requests, tickets
from aftercare.orders.payments import returned_duplicate
from aftercare.orders.tables import OPEN_REQUEST_STATES, RefundRequest


def open_here(turn: Turn, session: Session, number: str) -> RefundRequest | None:
    """The open request of the verified order or of its second charge, or the one made here."""
    second = returned_duplicate(session, number)
    for request in (
        requests.latest_request(session, number),
        requests.latest_request(session, second) if second else None,
        requests.latest_of_conversation(session, turn.conversation_id),
    ):
        if request is not None and request.state in OPEN_REQUEST_STATES:
            return request
    return None


def offer(turn: Turn, session: Session, number: str) -> RefundDraft | None:
    """Ask whether to withdraw; the draft to confirm, or None when there is nothing to withdraw and that was said."""
    request = open_here(turn, session, number)
    if request is None:
        _nothing_open(turn, requests.latest_request(session, number), number)
        return None
    found = str(request.purchase.number)
    # the amount of a request that a person still looks at is not known yet
    amount = turn.words.money(request.amount_minor, request.currency) if request.amount_minor else None
    turn.say(
        "utter_withdraw_confirm",
        number=found,
        kind=turn.words.word(f"kind_{request.kind}"),
        detail=amount or turn.words.word(request.state),
    )
    return RefundDraft(kind="withdraw", number=found, request=int(request.id), ready=True)


def _nothing_open(turn: Turn, latest: RefundRequest | None, number: str) -> None:
    if latest is None or latest.state == "declined":
        turn.say("utter_withdraw_none", number=number)
    elif latest.state == "withdrawn":
        turn.say("utter_withdraw_already", number=number, kind=turn.words.word(f"kind_{latest.kind}"))
    else:
        turn.say("utter_withdraw_too_late", number=number, kind=turn.words.word(f"kind_{latest.kind}"))


def carry_out(turn: Turn, session: Session, number: str, draft: RefundDraft) -> bool:
    """Withdraw what was confirmed, if it is the request that is still open; whether it was."""
    request = open_here(turn, session, number)
    if request is None or request.id != draft.request:
        _nothing_open(turn, requests.latest_request(session, number), number)
        return False
    found, kind = str(request.purchase.number), str(request.kind)
    if not requests.withdraw(session, found, turn.now, turn.conversation_id):  # paid or withdrawn at this very moment
        _nothing_open(turn, requests.latest_request(session, found), found)
        return False
    for reason in ("refund_review", "exchange"):
        tickets.add_to_summary(session, turn.conversation_id, reason, {"withdrawn": True})
    turn.say("utter_withdrawn", number=found, kind=turn.words.word(f"kind_{kind}"))
    return True
