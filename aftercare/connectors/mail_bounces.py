"""Reads bounces: reports of mail servers that a mail could not be delivered (RFC 3464), of mails that are ours."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.policy import default

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.connectors.mail_smtp import message_mark
from aftercare.orders.ownership import normalise_email
from aftercare.orders.tables import Customer, OutboxRow

_MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Bounce:
    """An address that takes no mail for good, and the Message-ID of the mail that came back."""

    address: str
    message_id: str


def read_bounces(raw: bytes) -> list[Bounce]:
    """The addresses that a report says have failed for good; none for any other mail."""
    report = email.message_from_bytes(raw[:_MOST_BYTES], policy=default)
    if report.get_content_type() != "multipart/report":
        return []
    message_id = next((found for found in map(_message_id, report.walk()) if found), "")
    return [Bounce(address, message_id) for part in report.walk() for address in _failed(part)]


def mark_bounces(session: Session, raw: bytes) -> int:
    """Mark the buyers whose address failed for good, so that no mail is promised to them; how many were new.

    Only of mails that were sent from here within the last weeks: anybody can write a report.
    """
    marked = 0
    bounces = read_bounces(raw)
    if not bounces:
        return 0
    marks = {message_mark(key) for key in session.scalars(sa.select(OutboxRow.key).where(OutboxRow.kind.like("%mail")))}
    for bounce in bounces:
        if bounce.message_id.strip("<> ").partition("@")[0] not in marks:
            continue
        buyer = session.scalars(
            sa.select(Customer).where(Customer.email == bounce.address, Customer.mail_refused_at.is_(None))
        ).one_or_none()
        if buyer is not None:
            buyer.mail_refused_at = utc_now()
            marked += 1
    return marked


def _message_id(part: Message) -> str:
    """The Message-ID of the mail that came back: whole, or its headers alone."""
    kind, content = part.get_content_type(), part.get_payload()
    if kind == "message/rfc822" and isinstance(content, list) and content and isinstance(content[0], Message):
        return str(content[0].get("Message-ID") or "")
    if kind == "text/rfc822-headers" and isinstance(content, str):
        return str(email.message_from_string(content).get("Message-ID") or "")
    return ""


def _failed(part: Message) -> Iterator[str]:
    blocks = part.get_payload()
    if part.get_content_type() != "message/delivery-status" or not isinstance(blocks, list):
        return
    for block in blocks:
        if not isinstance(block, Message):
            continue
        kind, _, address = str(block.get("Final-Recipient") or "").partition(";")
        for_good = str(block.get("Status") or "").strip().startswith("5.")
        if kind.strip().lower() == "rfc822" and for_good and str(block.get("Action") or "").strip().lower() == "failed":
            yield normalise_email(address.strip().strip("<>"))
