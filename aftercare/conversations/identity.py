"""Reads the signed token (JWT, HS256) with which the seller's site identifies a traveller, and records the proof."""

from __future__ import annotations

import logging

import jwt
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.orders import ownership

log = logging.getLogger(__name__)


class IdentityError(Exception):
    """The identity cannot be trusted: wrong signature, audience or time, or no e-mail in it."""


def email_of(identity: str, settings: Settings) -> str:
    """The e-mail address in the token, in lower case, once signature, audience and time are verified.

    Raises:
        IdentityError: the token is not from the seller, has expired, or identities are not configured.
    """
    if not settings.identity_secret:
        raise IdentityError("IDENTITY_SECRET is not set")
    try:
        claims = jwt.decode(
            identity,
            settings.identity_secret,
            algorithms=["HS256"],
            audience=settings.identity_audience,
            options={"require": ["exp", "aud", "email"]},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise IdentityError(type(error).__name__) from None
    email = claims["email"]
    if not isinstance(email, str) or "@" not in email:
        raise IdentityError("the claim email is not an address")
    return email.strip().lower()


def verify_orders(orders: Engine, conversation_id: str, email: str) -> None:
    """Open the orders of this address to the conversation.

    Without the order database the chat starts all the same; the traveller can still prove an order by its e-mail.
    """
    try:
        with Session(orders, future=True) as session:
            ownership.verify_identity(session, conversation_id, email, utc_now())
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
