"""Who may see an order: proof by e-mail or signed identity, kept in the database because slots can be forged.

Callers own the transaction and must commit after a refusal too: an attempt that is rolled back was never counted.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.identifiers import normalise_order_number
from aftercare.base.sql import advisory_lock, insert, inserted_id
from aftercare.orders.tables import Customer, Purchase, Verification, VerificationFailure

FAILURES = 5
WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)
VALID_FOR = timedelta(hours=1)


# Built once, since every action runs it.
_VERIFIED = (
    sa.select(Purchase.number)
    .join(Verification, Verification.purchase_id == Purchase.id)
    .where(Verification.conversation_id == sa.bindparam("conversation_id"), Verification.until > sa.bindparam("now"))
    .order_by(Verification.verified_at.desc(), Purchase.bought_at.desc(), Purchase.id.desc())
)


@dataclass(frozen=True)
class VerificationResult:
    """Result of an attempt. `until` ends the verification or the lock; None when refused."""

    status: Literal["verified", "refused", "locked"]
    until: datetime | None = None


def verify(session: Session, conversation_id: str, order_number: str, email: str, now: datetime) -> VerificationResult:
    """Bind the order to the conversation if `email` is its buyer's.

    A wrong number, a wrong e-mail and an unreadable number take the same path: the same statements and the same answer.
    Five failures within 15 minutes lock the conversation and the order number, existing or not, for 15 minutes.
    """
    number = normalise_order_number(order_number) or ""
    advisory_lock(session.connection(), f"conversation:{conversation_id}", f"order:{number}")
    ours = VerificationFailure.conversation_id == conversation_id
    theirs = sa.and_(VerificationFailure.order_number == number, VerificationFailure.order_number != "")
    # A write first: on SQLite it takes the write lock, so that parallel guesses are counted one by one.
    session.execute(
        sa.delete(VerificationFailure)
        .where(sa.or_(ours, theirs), VerificationFailure.at <= now - WINDOW - LOCKED_FOR)
        .execution_options(synchronize_session=False)
    )
    attempt = inserted_id(
        session.execute(
            sa.insert(VerificationFailure).values(conversation_id=conversation_id, order_number=number, at=now)
        )
    )
    failures = session.execute(
        sa.select(VerificationFailure.conversation_id, VerificationFailure.order_number, VerificationFailure.at)
        .where(sa.or_(ours, theirs), VerificationFailure.id != attempt)
        .order_by(VerificationFailure.at)
    ).all()
    locks = (
        _locked_until([failure.at for failure in failures if failure.conversation_id == conversation_id]),
        _locked_until([failure.at for failure in failures if failure.order_number == number != ""]),
    )
    until = max((lock for lock in locks if lock is not None and lock > now), default=None)
    found = session.execute(
        sa.select(Purchase.id, Customer.email)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Purchase.number == number)
    ).one_or_none()
    matches = _same(email, found.email if found is not None else "")
    if until is None and (found is None or not matches):
        return VerificationResult("refused")
    # Attempts during a lock are not counted, else a lock could be prolonged without end; a success is no failure.
    session.execute(
        sa.delete(VerificationFailure)
        .where(VerificationFailure.id == attempt)
        .execution_options(synchronize_session=False)
    )
    if until is not None:
        return VerificationResult("locked", until)
    assert found is not None  # else it was refused above
    _bind(session, conversation_id, found.id, "email", now)
    return VerificationResult("verified", now + VALID_FOR)


def verify_identity(session: Session, conversation_id: str, email: str, now: datetime) -> tuple[str, ...]:
    """Bind all orders of a customer whose identity the seller's site has signed; their numbers, latest bought first.

    The caller has checked the signature, audience and expiry.
    """
    orders = session.execute(
        sa.select(Purchase.id, Purchase.number)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Customer.email == normalise_email(email))
        .order_by(Purchase.bought_at.desc(), Purchase.id.desc())
    ).all()
    for order in orders:
        _bind(session, conversation_id, order.id, "identity", now)
    return tuple(order.number for order in orders)


def verified_orders(session: Session, conversation_id: str, now: datetime) -> tuple[str, ...]:
    """Numbers this conversation may see at `now`: latest verified first, then latest bought."""
    numbers = session.execute(_VERIFIED, {"conversation_id": conversation_id, "now": now})
    return tuple(numbers.scalars())


def verified_order(session: Session, conversation_id: str, now: datetime) -> str | None:
    """The order this conversation is about: the latest one verified whose proof still holds."""
    return next(iter(verified_orders(session, conversation_id, now)), None)


def may_see(session: Session, conversation_id: str, number: str, now: datetime) -> bool:
    """Whether this conversation has a valid proof for this very order."""
    return number in verified_orders(session, conversation_id, now)


def forget(session: Session, conversation_id: str) -> None:
    """Drop the conversation's proofs. Failures stay, so that starting over does not open a lock."""
    session.execute(
        sa.delete(Verification)
        .where(Verification.conversation_id == conversation_id)
        .execution_options(synchronize_session=False)
    )


def normalise_email(email: str) -> str:
    """The form in which e-mails are kept: NFKC (full-width @ and letters become plain), trimmed, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def _same(given: str, kept: str) -> bool:
    """Compare in constant time; hashing first hides the length as well."""
    digests = (hashlib.sha256(normalise_email(text).encode("utf-8", "replace")).digest() for text in (given, kept))
    return hmac.compare_digest(*digests)


def _locked_until(failures: Sequence[datetime]) -> datetime | None:
    """End of the lock that the latest five failures within the window caused; `failures` rise in time."""
    ends = [
        last + LOCKED_FOR
        for first, last in zip(failures, failures[FAILURES - 1 :], strict=False)
        if last - first <= WINDOW
    ]
    return max(ends, default=None)


def _bind(session: Session, conversation_id: str, purchase_id: int, how: str, now: datetime) -> None:
    values = {"how": how, "verified_at": now, "until": now + VALID_FOR}
    session.execute(
        insert(session.get_bind(), Verification)
        .values(conversation_id=conversation_id, purchase_id=purchase_id, **values)
        .on_conflict_do_update(index_elements=["conversation_id", "purchase_id"], set_=values)
    )
