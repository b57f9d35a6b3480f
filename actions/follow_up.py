"""What a short question after an answer is about: "how long?", "why not?", "and the S21?"."""

from __future__ import annotations

from actions.turn import Turn
from aftercare.catalogue.markets import market_named
from aftercare.understanding.follow_ups import asks_how_long, asks_until_when, asks_why
from aftercare.understanding.invoice_requests import names_company

# The action that says its time again, by the goal that was answered last.
_REPEATS = {
    "resend_qr": "action_resend_qr",
    "order_status": "action_order_status",
    "payment": "action_order_status",
    "refund_status": "action_refund_status",
    "refund": "action_refund_status",
    "diagnose": "diagnosis_form",
}


def follow_up(turn: Turn) -> str | None:
    """The action that a short question after the last answer means; None when the message says more than that."""
    if turn.form == "refund_form" and asks_how_long(turn.text):
        return "action_refund_status"
    if turn.form:
        return None
    if names_another_phone(turn):
        return "action_device_compatibility"
    if turn.did("action_invoice") and turn.slot("goal") == "invoice" and names_company(turn.text):
        return "action_invoice"
    return answered_before_by(turn)


def answered_before_by(turn: Turn) -> str | None:
    """The action that says again what a question of time or reason is about; None when nothing was answered."""
    if not turn.slot("order_verified"):
        return None
    if asks_why(turn.text) and turn.slot("goal") in ("refund", "exchange"):
        return "refund_form"
    if turn.reading.situation == "finding" and (asks_how_long(turn.text) or asks_until_when(turn.text)):
        return "diagnosis_form"
    if not asks_how_long(turn.text):
        return None
    if turn.slot("goal") == "diagnose" and not turn.diagnosis_open:
        return None
    return _REPEATS.get(str(turn.slot("goal")))


def names_another_phone(turn: Turn) -> bool:
    """Whether a phone, or where it was sold, is named right after one was asked about."""
    return bool(turn.entity("device") or market_named(turn.text)) and turn.slot("offer") == "ask_device_compatibility"
