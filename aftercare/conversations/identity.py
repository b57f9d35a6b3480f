"""Reads the signed token (JWT, HS256) with which the seller's site identifies a traveller, and records the proof."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.identifiers import normalise_order_number
from aftercare.base.settings import Settings
from aftercare.base.sql import insert_or_ignore
from aftercare.conversations.tables import conversation, used_identity
from aftercare.orders import ownership

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=1)  # an identity is for opening the chat on a page, not for keeping
_LEEWAY = timedelta(minutes=1)  # by which clocks may differ


class IdentityError(Exception):
    """The identity cannot be trusted: wrong signature, audience or time, used before, or no e-mail in it."""


@dataclass(frozen=True)
class Identity:
    """Who the seller's site says the traveller is."""

    email: str
    """In lower case."""
    key: str
    """What makes the token one-time: a hash of its `jti`, or of all that is signed when it has none."""
    until: datetime
    order: str | None = None
    """The only order it opens, of a link on that order's page; None for all of the customer's."""

    @property
    def customer(self) -> str:
        """How a conversation remembers whose it is."""
        return hashlib.sha256(ownership.normalise_email(self.email).encode()).hexdigest()[:32]


def read_identity(token: str, settings: Settings) -> Identity:
    """What the token says, once signature, audience, time and lifetime are verified.

    Raises:
        IdentityError: the token is not from the seller, has expired or lives too long, or none are configured.
    """
    if not settings.identity_secret:
        raise IdentityError("IDENTITY_SECRET is not set")
    try:
        claims = jwt.decode(
            token,
            settings.identity_secret,
            algorithms=["HS256"],
            audience=settings.identity_audience,
            options={"require": ["exp", "aud", "email"]},
        )
        until = datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.InvalidTokenError, ValueError, OverflowError, OSError) as error:
        raise IdentityError(type(error).__name__) from None
    if until > utc_now() + LONGEST + _LEEWAY:
        raise IdentityError("it lives longer than an hour")
    email, own_id = claims["email"], claims.get("jti")
    if not isinstance(email, str) or "@" not in email:
        raise IdentityError("the claim email is not an address")
    if not _is_plain(email.strip()):
        raise IdentityError("the claim email is written in look-alikes of letters")
    # without the signature, which can be written in several ways
    named = f"jti:{own_id}" if isinstance(own_id, str) and own_id else f"token:{token.rpartition('.')[0]}"
    order = claims.get("order")
    if order is not None and normalise_order_number(str(order)) is None:
        raise IdentityError("the claim order is no order number")
    return Identity(
        email.strip().lower(),
        hashlib.sha256(named.encode("utf-8", "replace")).hexdigest(),
        until,
        None if order is None else normalise_order_number(str(order)),
    )


def _is_plain(email: str) -> bool:
    """Whether an address has no other form: a site that takes `ｅmma@…` for another one than `emma@…` signs both."""
    return unicodedata.normalize("NFKC", email) == email and email.isprintable()


def was_used(engine: Engine, identity: Identity, conversation_id: str | None) -> bool:
    """Whether the identity has opened another conversation than this one."""
    with engine.connect() as connection:
        known = sa.select(used_identity.c.conversation_id).where(used_identity.c.key == identity.key)
        found = connection.execute(known).scalar_one_or_none()
    return found is not None and found != conversation_id


def belongs_to(engine: Engine, orders: Engine, conversation_id: str, identity: Identity) -> bool:
    """Whether the conversation is this customer's: nobody else has signed in or proven an order in it."""
    with engine.connect() as connection:
        mine = sa.select(conversation.c.customer).where(conversation.c.id == conversation_id)
        customer = connection.execute(mine).scalar_one_or_none()
    if customer is not None:
        return bool(customer == identity.customer)
    with Session(orders, future=True) as session:
        return not ownership.proven_by_others(session, conversation_id, identity.email)


def bind(engine: Engine, conversation_id: str, identity: Identity) -> bool:
    """Note that the identity has opened this conversation; False when it has just opened another."""
    with engine.begin() as connection:
        connection.execute(sa.delete(used_identity).where(used_identity.c.until < utc_now() - _LEEWAY))
        values = {"key": identity.key, "conversation_id": conversation_id, "until": identity.until}
        connection.execute(insert_or_ignore(engine, used_identity).values(**values))
        known = sa.select(used_identity.c.conversation_id).where(used_identity.c.key == identity.key)
        if connection.execute(known).scalar_one() != conversation_id:
            return False
        connection.execute(
            sa.update(conversation).where(conversation.c.id == conversation_id).values(customer=identity.customer)
        )
    return True


def verify_orders(orders: Engine, conversation_id: str, who: Identity) -> None:
    """Open the customer's orders to the conversation, or the one that the identity is for.

    Without the order database the chat starts all the same; the traveller can still prove an order by its e-mail.
    """
    try:
        with Session(orders, future=True) as session:
            ownership.verify_identity(session, conversation_id, who.email, utc_now(), who.order)
            session.commit()
    except SQLAlchemyError as error:
        log.error("An identity could not be recorded: %s", type(error).__name__)


def forget_orders(orders: Engine, conversation_id: str) -> None:
    """Close the orders to a conversation that is deleted; without the order database they close within the hour."""
    try:
        with Session(orders, future=True) as session:
            ownership.forget(session, conversation_id)
            session.commit()
    except SQLAlchemyError as error:
        log.error("Proofs of ownership could not be dropped: %s", type(error).__name__)
