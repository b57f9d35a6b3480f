"""Who may see an order: proof by e-mail or signed identity, kept in the database because slots can be forged.

Callers own the transaction and must commit after a refusal too: an attempt that is rolled back was never counted.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from aftercare.base.identifiers import normalise_order_number
from aftercare.base.sql import advisory_lock, insert, inserted_id
from aftercare.orders import guessing
from aftercare.orders.tables import Customer, EmailCode, Purchase, Verification, VerificationFailure

VALID_FOR = timedelta(hours=1)
# how long a proof opens activation codes while nobody writes
FRESH_FOR = timedelta(minutes=10)
_TOUCHED_EVERY = timedelta(minutes=1)


# Built once, since every action runs it.
_VERIFIED = (
    sa.select(Purchase.number, Verification.chosen, Verification.fresh_until)
    .join(Verification, Verification.purchase_id == Purchase.id)
    .where(Verification.conversation_id == sa.bindparam("conversation_id"), Verification.until > sa.bindparam("now"))
    .order_by(Verification.verified_at.desc(), Purchase.bought_at.desc(), Purchase.id.desc())
)
# the e-mail address that was given last for an order, and until when that proof holds
_BESIDE = (
    sa.select(Customer.email, Verification.until)
    .join(Purchase, Purchase.customer_id == Customer.id)
    .join(Verification, Verification.purchase_id == Purchase.id)
    .where(
        Verification.conversation_id == sa.bindparam("conversation_id"),
        Verification.how == "email",
        Verification.until > sa.bindparam("now"),
        Verification.fresh_until > sa.bindparam("now"),
    )
    .order_by(Verification.chosen.desc(), Verification.verified_at.desc())
)


@dataclass(frozen=True)
class VerificationResult:
    """Result of an attempt. `until` ends the verification or the wait ("locked"); None when refused."""

    status: Literal["verified", "refused", "locked"]
    until: datetime | None = None


def lock_attempts(session: Session, conversation_id: str, order_numbers: Iterable[str], origin: str = "") -> None:
    """Let attempts that share a conversation, an order or a network run one after the other until the transaction ends.

    Whoever verifies several orders in one transaction locks all of them first: in one order, so that two of them cannot
    wait for each other.
    """
    numbers = {normalise_order_number(number) or "" for number in order_numbers}
    keys = [f"conversation:{conversation_id}", *(f"order:{number}" for number in numbers)]
    advisory_lock(session.connection(), *keys, *([f"origin:{origin}"] if origin else []))


def verify(
    session: Session, conversation_id: str, order_number: str, email: str, now: datetime, origin: str = ""
) -> VerificationResult:
    """Bind the order to the conversation if `email` is its buyer's; the conversation is about this order then.

    A wrong number, a wrong e-mail and an unreadable number take the same path: the same statements and the same answer.
    Failures make the next attempt wait (`guessing.py`); `origin` is a hash of the network the traveller comes from.
    """
    lock_attempts(session, conversation_id, [order_number], origin)
    number = normalise_order_number(order_number) or ""
    attempt = guessing.Attempt(conversation_id, origin, number, guessing.email_key(normalise_email(email)))
    # A write first: on SQLite it takes the write lock, so that parallel guesses are counted one by one.
    guessing.forget_old(session, now)
    row = inserted_id(session.execute(sa.insert(VerificationFailure).values(**vars(attempt), at=now)))
    until = guessing.waits_until(session, attempt, now, row)
    found = session.execute(
        sa.select(Purchase.id, Purchase.customer_id, Purchase.shop_number, Customer.email)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Purchase.number == number)
    ).one_or_none()
    matches = _same(email, found.email if found is not None else "")
    if until is None and (found is None or not matches):
        return VerificationResult("refused")
    # An attempt that has to wait is not counted, else the wait could be prolonged without end; a success is no failure.
    session.execute(
        sa.delete(VerificationFailure).where(VerificationFailure.id == row).execution_options(synchronize_session=False)
    )
    if until is not None:
        return VerificationResult("locked", until)
    assert found is not None  # else it was refused above
    for purchase_id in _esims_of(session, found):
        _bind(session, conversation_id, purchase_id, "email", now)
    choose(session, conversation_id, number)
    return VerificationResult("verified", now + VALID_FOR)


def verify_beside(session: Session, conversation_id: str, order_number: str, now: datetime, origin: str = "") -> bool:
    """Bind another order of a buyer whose e-mail address the conversation has given for one; whether it is theirs.

    Only beside a fresh proof, and no longer than that one holds.
    """
    proof = session.execute(_BESIDE, {"conversation_id": conversation_id, "now": now}).first()
    if proof is None or verify(session, conversation_id, order_number, proof.email, now, origin).status != "verified":
        return False
    this = sa.select(Purchase.id).where(Purchase.number == normalise_order_number(order_number)).scalar_subquery()
    session.execute(
        sa.update(Verification)
        .where(Verification.conversation_id == conversation_id, Verification.purchase_id == this)
        .values(until=proof.until)
        .execution_options(synchronize_session=False)
    )
    return True


def verify_identity(
    session: Session,
    conversation_id: str,
    email: str,
    now: datetime,
    only: str | None = None,
    how: Literal["identity", "email"] = "identity",
) -> tuple[str, ...]:
    """Bind all orders of a customer whose identity the seller's site has signed; their numbers, latest bought first.

    With `only`, this order and its further eSIMs alone, and the conversation is about it. The caller has checked the
    signature, audience and expiry; or, with `how` "email", that the traveller reads that mailbox (email_codes.py).
    """
    theirs = (
        sa.select(Purchase.id, Purchase.number)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Customer.email == normalise_email(email))
        .order_by(Purchase.bought_at.desc(), Purchase.id.desc())
    )
    if only is not None:
        theirs = theirs.where(sa.or_(Purchase.number == only, Purchase.shop_number == only))
    orders = session.execute(theirs).all()
    for order in orders:
        _bind(session, conversation_id, order.id, how, now)
    if only is not None:
        choose(session, conversation_id, only)
    return tuple(order.number for order in orders)


def proven_by_others(session: Session, conversation_id: str, email: str) -> bool:
    """Whether an order of another buyer than `email` was ever proven in this conversation."""
    foreign = (
        sa.select(Verification.id)
        .join(Purchase, Verification.purchase_id == Purchase.id)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Verification.conversation_id == conversation_id, Customer.email != normalise_email(email))
        .limit(1)
    )
    return session.execute(foreign).first() is not None


def verified_orders(session: Session, conversation_id: str, now: datetime) -> tuple[str, ...]:
    """Numbers this conversation may see at `now`: latest verified first, then latest bought."""
    return tuple(row.number for row in _proofs(session, conversation_id, now))


def verified_order(session: Session, conversation_id: str, now: datetime) -> str | None:
    """The order this conversation is about: the one last chosen, else the latest one verified; its proof holds."""
    proofs = _proofs(session, conversation_id, now)
    chosen = next((row.number for row in proofs if row.chosen), None)
    return chosen or next((row.number for row in proofs), None)


def choose(session: Session, conversation_id: str, number: str) -> None:
    """Make this the order that the conversation is about. It opens nothing that is not proven."""
    this = sa.select(Purchase.id).where(Purchase.number == number).scalar_subquery()
    session.execute(
        sa.update(Verification)
        .where(Verification.conversation_id == conversation_id)
        .values(chosen=Verification.purchase_id == this)
        .execution_options(synchronize_session=False)
    )


def keep_fresh(session: Session, conversation_id: str, now: datetime) -> None:
    """The traveller has written: proofs that are fresh stay so for `FRESH_FOR`; one that was left idle does not."""
    proofs = _proofs(session, conversation_id, now)
    if any(now < row.fresh_until < now + FRESH_FOR - _TOUCHED_EVERY for row in proofs):
        session.execute(
            sa.update(Verification)
            .where(Verification.conversation_id == conversation_id, Verification.fresh_until > now)
            .values(fresh_until=now + FRESH_FOR)
            .execution_options(synchronize_session=False)
        )


def is_fresh(session: Session, conversation_id: str, number: str, now: datetime) -> bool:
    """Whether the proof of this order may still open what can be stolen: its activation code."""
    return any(row.number == number and row.fresh_until > now for row in _proofs(session, conversation_id, now))


def withdraw(session: Session, conversation_id: str, number: str, now: datetime) -> None:
    """End the conversation's proof of one order; what the conversation was about stays known to the staff."""
    this = sa.select(Purchase.id).where(Purchase.number == number).scalar_subquery()
    session.execute(
        sa.update(Verification)
        .where(Verification.conversation_id == conversation_id, Verification.purchase_id == this)
        .values(until=now)
        .execution_options(synchronize_session=False)
    )


def may_see(session: Session, conversation_id: str, number: str, now: datetime) -> bool:
    """Whether this conversation has a valid proof for this very order."""
    return number in verified_orders(session, conversation_id, now)


def forget(session: Session, conversation_id: str) -> None:
    """Drop the conversation's proofs. Failures stay, so that starting over ends no wait."""
    session.execute(
        sa.delete(Verification)
        .where(Verification.conversation_id == conversation_id)
        .execution_options(synchronize_session=False)
    )
    session.execute(  # a code on its way opens nothing any more; that it was asked for still counts
        sa.update(EmailCode)
        .where(EmailCode.conversation_id == conversation_id)
        .values(code="")
        .execution_options(synchronize_session=False)
    )


def is_buyers(session: Session, number: str, email: str) -> bool:
    """Whether an address is that of the buyer of an order. The caller has checked ownership: a stranger could guess."""
    buyers = sa.select(Customer.email).join(Purchase, Purchase.customer_id == Customer.id)
    return _same(email, session.execute(buyers.where(Purchase.number == number)).scalar_one_or_none() or "")


def normalise_email(email: str) -> str:
    """The form in which e-mails are kept: NFKC (full-width @ and letters become plain), trimmed, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def _same(given: str, kept: str) -> bool:
    """Compare in constant time; hashing first hides the length as well."""
    digests = (hashlib.sha256(normalise_email(text).encode("utf-8", "replace")).digest() for text in (given, kept))
    return hmac.compare_digest(*digests)


def _proofs(session: Session, conversation_id: str, now: datetime) -> Sequence[Row[Any]]:
    return session.execute(_VERIFIED, {"conversation_id": conversation_id, "now": now}).all()


def _esims_of(session: Session, found: Row[Any]) -> Sequence[int]:
    """The purchase that was proven with the other eSIMs of the same order."""
    if found.shop_number is None:
        return (found.id,)
    together = sa.select(Purchase.id).where(
        Purchase.shop_number == found.shop_number, Purchase.customer_id == found.customer_id
    )
    return session.execute(together.order_by(Purchase.id.desc())).scalars().all()


def esims_of_order(session: Session, number: str) -> tuple[str, ...]:
    """The numbers of all eSIMs of the order that `number` belongs to, in order; cancelled ones are left out."""
    whole = sa.select(Purchase.shop_number).where(Purchase.number == number).scalar_subquery()
    rows = session.execute(
        sa.select(Purchase.number)
        .where(sa.or_(Purchase.number == number, Purchase.shop_number == whole), Purchase.status != "cancelled")
        .order_by(Purchase.id)
    )
    return tuple(rows.scalars())


def _bind(session: Session, conversation_id: str, purchase_id: int, how: str, now: datetime) -> None:
    values = {"how": how, "verified_at": now, "until": now + VALID_FOR, "fresh_until": now + FRESH_FOR}
    session.execute(
        insert(session.get_bind(), Verification)
        .values(conversation_id=conversation_id, purchase_id=purchase_id, **values)
        .on_conflict_do_update(index_elements=["conversation_id", "purchase_id"], set_=values)
    )
