"""Proof of orders by a one-time code that is mailed to their buyer: for who knows the address but not the number.

Whether anybody has orders under an address shows neither in the answer nor in the time it takes: what is asked for is
stored and put into the outbox alike, and the mail is left out where it is sent. Asking again waits longer each time, by
conversation, network and address; wrong codes count as failed proofs (guessing.py). Callers commit after a refusal too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.mail_addresses import is_reserved
from aftercare.base.settings import settings
from aftercare.base.sql import advisory_lock, inserted_id
from aftercare.orders import guessing
from aftercare.orders.guessing import Growth
from aftercare.orders.outbox import put
from aftercare.orders.ownership import lock_attempts, normalise_email, verify_identity
from aftercare.orders.tables import Customer, EmailCode, Purchase, VerificationFailure

CODE_MAIL = "code_mail"  # its kind in the outbox
LIVES = timedelta(minutes=10)
MOST_TRIES = 5
_KEPT = timedelta(hours=1)
# how asking again is slowed down, from the latest time one asked oneself; the address counts whoever asked
BY_CONVERSATION = Growth(2, timedelta(minutes=1), timedelta(minutes=15))
BY_ORIGIN = Growth(10, timedelta(seconds=30), timedelta(minutes=5))  # a hotel's guests share an address
BY_ADDRESS = Growth(3, timedelta(minutes=2), timedelta(minutes=30))
EVERYWHERE = Growth(200, timedelta(seconds=5), timedelta(minutes=1))
# a code typed alone: six digits, perhaps in two groups, perhaps named
_TYPED = re.compile(
    r"\s*(?:(?:the |my )?code(?: is)?[\s:]*|验证码(?:是)?[\s::]*)?(\d{3})[\s-]?(\d{3})\s*[.。!]?\s*", re.I
)


@dataclass(frozen=True)
class CodeResult:
    """What came of asking for a code or typing one; `until` ends a wait, `numbers` are the orders that opened."""

    status: Literal["sent", "locked", "verified", "refused", "over", "none"]
    until: datetime | None = None
    numbers: tuple[str, ...] = ()


def typed_code(text: str) -> str | None:
    """The code in a message that is nothing but a code; full-width digits count."""
    found = _TYPED.fullmatch(unicodedata.normalize("NFKC", text))
    return "".join(found.groups()) if found else None


def ask(session: Session, conversation_id: str, email: str, now: datetime, origin: str = "") -> CodeResult:
    """Have a new code mailed, which ends the conversation's earlier ones: "sent", or "locked" until a time."""
    address = guessing.email_key(normalise_email(email))
    code = f"{secrets.randbelow(10**6):06d}"
    lock_attempts(session, conversation_id, (), origin)
    advisory_lock(session.connection(), f"code:{address}")
    old = sa.select(EmailCode.id).where(EmailCode.sent_at <= now - _KEPT).with_for_update(skip_locked=True)
    session.execute(sa.delete(EmailCode).where(EmailCode.id.in_(old)).execution_options(synchronize_session=False))
    buyer = (
        sa.select(Customer.id)
        .where(
            Customer.email == normalise_email(email),
            Customer.mail_refused_at.is_(None),
            sa.select(Purchase.id).where(Purchase.customer_id == Customer.id, Purchase.status != "cancelled").exists(),
        )
        .scalar_subquery()
    )
    new = sa.insert(EmailCode).values(
        conversation_id=conversation_id,
        origin=origin,
        email=address,
        customer_id=None if is_reserved(email) else buyer,
        code=_hashed(conversation_id, address, code),
        sent_at=now,
        expires_at=now + LIVES,
        tries=0,
    )
    row = inserted_id(session.execute(new))
    until = _waits_until(session, conversation_id, address, origin, now, row)
    if until is not None:
        session.execute(sa.delete(EmailCode).where(EmailCode.id == row).execution_options(synchronize_session=False))
        return CodeResult("locked", until)
    earlier = (EmailCode.conversation_id == conversation_id, EmailCode.id != row, EmailCode.expires_at > now)
    session.execute(
        sa.update(EmailCode).where(*earlier).values(expires_at=now).execution_options(synchronize_session=False)
    )
    put(session, CODE_MAIL, f"{CODE_MAIL}:{secrets.token_hex(16)}", {"row": row, "code": code}, now)
    return CodeResult("sent")


def use(session: Session, conversation_id: str, code: str, now: datetime, origin: str = "") -> CodeResult:
    """Try a code in the conversation that asked for it: "verified" opens the buyer's orders to it, once.

    "over": it was tried too often and ends with this; "none": none is open here.
    """
    lock_attempts(session, conversation_id, (), origin)
    guessing.forget_old(session, now)  # a write first, as in ownership.verify
    row = session.execute(
        sa.select(EmailCode)
        .where(EmailCode.conversation_id == conversation_id, EmailCode.expires_at > now, EmailCode.code != "")
        .order_by(EmailCode.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        return CodeResult("none")
    attempt = guessing.Attempt(conversation_id, origin, "", row.email)
    failure = inserted_id(session.execute(sa.insert(VerificationFailure).values(**vars(attempt), at=now)))
    until = guessing.waits_until(session, attempt, now, failure)
    row.tries += until is None
    right = hmac.compare_digest(row.code, _hashed(conversation_id, row.email, code)) and row.customer_id is not None
    if until is None and not right:
        if row.tries >= MOST_TRIES:
            row.expires_at = now
        session.flush()
        return CodeResult("over" if row.tries >= MOST_TRIES else "refused")
    session.execute(
        sa.delete(VerificationFailure)
        .where(VerificationFailure.id == failure)
        .execution_options(synchronize_session=False)
    )
    if until is not None:
        return CodeResult("locked", until)
    row.expires_at = now
    session.flush()
    buyer = session.get_one(Customer, row.customer_id)
    return CodeResult("verified", numbers=verify_identity(session, conversation_id, buyer.email, now, how="email"))


def is_open(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether a code was asked for in this conversation and can still be typed."""
    mine = sa.select(EmailCode.id).where(
        EmailCode.conversation_id == conversation_id, EmailCode.expires_at > now, EmailCode.code != ""
    )
    return session.execute(mine.limit(1)).first() is not None


def buyer_of_code(session: Session, row_id: int, code: str, now: datetime) -> Customer | None:
    """To whom a code is mailed; None when nobody has orders under that address, or it can be used no more."""
    row = session.get(EmailCode, row_id)
    if row is None or row.expires_at <= now or row.customer_id is None:
        return None
    if not hmac.compare_digest(row.code, _hashed(row.conversation_id, row.email, code)):
        return None
    return session.get(Customer, row.customer_id)


def _hashed(conversation_id: str, address: str, code: str) -> str:
    """A code as it is kept: keyed, since a million codes are soon tried."""
    key = settings().secret("activation_codes").encode()
    return hmac.new(key, f"email code:{conversation_id}:{address}:{code}".encode(), hashlib.sha256).hexdigest()


def _waits_until(
    session: Session, conversation_id: str, address: str, origin: str, now: datetime, except_id: int
) -> datetime | None:
    of = EmailCode
    rows = session.execute(
        sa.select(of.conversation_id, of.origin, of.email, of.sent_at)
        .where(of.id != except_id, of.sent_at > now - _KEPT)
        .where(sa.or_(of.conversation_id == conversation_id, of.email == address,
                      sa.and_(of.origin == origin, of.origin != "")))
        .order_by(of.sent_at)
    ).all()  # fmt: skip
    lately = sa.select(sa.func.count()).where(of.id != except_id, of.sent_at > now - guessing.ALARM_WITHIN)
    everywhere = int(session.execute(lately.select_from(of)).scalar_one())
    here = [row.sent_at for row in rows if row.conversation_id == conversation_id]
    network = [row.sent_at for row in rows if origin and row.origin == origin]
    own = sorted([*here, *network])
    waits = (
        _end(here, BY_CONVERSATION, len(here)),
        _end(network, BY_ORIGIN, len(network)),
        _end([row.sent_at for row in rows if row.email == address], BY_ADDRESS),
        _end(own, EVERYWHERE, everywhere),
    )
    return max((end for end in waits if end is not None and end > now), default=None)


def _end(asked: Iterable[datetime], growth: Growth, number: int | None = None) -> datetime | None:
    """The end of the wait that began with the latest time it was asked."""
    times = list(asked)
    return times[-1] + growth.after(len(times) if number is None else number) if times else None
