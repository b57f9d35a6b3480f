"""What mails say, in the language of their buyer: `mail_<template>_subject` and `_text` of data/responses."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.language import Language
from aftercare.base.responses import phrase
from aftercare.documents.qr import activation_code, qr_png
from aftercare.documents.refund_rules import payout_promise
from aftercare.orders import payouts
from aftercare.orders.email_codes import LIVES
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Customer, Payout, Purchase, RefundRequest


@dataclass(frozen=True)
class Letter:
    """A mail before it has a key and a sender; attachments are (file name, media type, content)."""

    customer_id: int | None
    """None for a member of staff."""
    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()


def refund_letter(session: Session, payout_id: int, template: str) -> Letter | None:
    """That a refund was approved, paid, or could not be paid; None when that is not so (any more)."""
    payout = session.get(Payout, payout_id)
    overtaken = ("cancelled", "paid", "failed") if template == "approved" else ()
    if payout is None or payout.state in overtaken or (template != "approved" and template != payout.state):
        return None
    purchase, request = payout.request.purchase, payout.request
    language = _language(purchase.customer)
    amount = money_and_dates.money(payout.amount_minor, payout.currency)
    values: dict[str, object] = {"number": purchase.number, "amount": amount}
    if template == "paid":
        values["day"] = money_and_dates.day(payout.paid_at or payout.created_at, language, timezone())
    if template == "approved":
        by_provider = payout.provider != payouts.MANUAL
        day = money_and_dates.day(request.arrives_by or payout.created_at, language, timezone())
        values["payout"] = payout_promise(language, by_provider, "card", day)
    return _letter(purchase.customer, f"refund_{template}", language, values)


def decision_letter(session: Session, request_id: int, state: str) -> Letter | None:
    """What staff decided on a request; None when that is not so (any more)."""
    request = session.get(RefundRequest, request_id)
    if request is None or request.state != state:
        return None
    buyer = request.purchase.customer
    values: dict[str, object] = {"number": request.purchase.number}
    return _letter(buyer, f"{request.kind}_{state}", _language(buyer), values)


def answer_letter(customer: Customer, agent: str, answer: str) -> Letter:
    """What a member of staff wrote in the chat while its traveller was away."""
    return _letter(customer, "answer", _language(customer), {"agent": agent, "answer": answer})


def transcript_letter(customer: Customer, page: str) -> Letter:
    """A conversation as a page to keep."""
    kept = ("esim-chat.html", "text/html", page.encode())
    return _letter(customer, "transcript", _language(customer), {}, (kept,))


def invitation_letter(to: str, language: Language, link: str) -> Letter:
    """The link with which a member of staff sets their password."""
    subject, text = phrase("mail_invitation_subject", language), phrase("mail_invitation_text", language, link=link)
    return Letter(None, to, subject, text)


def code_letter(buyer: Customer, code: str) -> Letter:
    """The one-time code that opens a buyer's orders to the chat that asked for it."""
    minutes = int(LIVES.total_seconds() // 60)
    return _letter(buyer, "code", _language(buyer), {"code": code, "minutes": minutes})


def qr_letter(session: Session, purchase_id: int) -> Letter | None:
    """The QR code of an eSIM that nobody has used; None for any other."""
    purchase = session.get(Purchase, purchase_id)
    esim = purchase.esim if purchase else None
    usable = purchase is not None and purchase.status == "delivered"
    if purchase is None or esim is None or not usable or esim.profile_state != "released" or not esim.matching_id:
        return None
    values: dict[str, object] = {"number": purchase.number, "smdp": esim.smdp_address, "code": esim.matching_id}
    picture = ("esim.png", "image/png", qr_png(activation_code(esim.smdp_address, esim.matching_id)))
    return _letter(purchase.customer, "qr", _language(purchase.customer), values, (picture,))


def _language(customer: Customer) -> Language:
    return "zh" if customer.language == "zh" else "en"


def _letter(
    customer: Customer,
    template: str,
    language: Language,
    values: dict[str, object],
    attachments: tuple[tuple[str, str, bytes], ...] = (),
) -> Letter:
    subject = phrase(f"mail_{template}_subject", language, **values)
    text = phrase(f"mail_{template}_text", language, name=customer.name, **values)
    return Letter(customer.id, customer.email, subject, text, attachments)
