"""Slows guessing down: failed proofs of ownership make the next attempt wait, longer each time.

A wait comes from what the same conversation and the same network address did. Failures at an e-mail address, at an
order number and everywhere lengthen it only for those who have failed themselves: whoever comes with the right pair
from another address gets in, however often strangers have tried.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.tables import VerificationFailure

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=1)
ALARM_WITHIN = timedelta(minutes=15)
ALARM_AT = 100  # failures within ALARM_WITHIN: more than travellers mistype


@dataclass(frozen=True)
class Growth:
    """How waits grow: none before `free` failures, then `first`, twice as long with each further one, up to `most`."""

    free: int
    first: timedelta
    most: timedelta

    def after(self, failures: int) -> timedelta:
        """The wait after so many failures."""
        if failures < self.free:
            return timedelta()
        longer: int = 2 ** min(failures - self.free, 16)
        return min(self.most, self.first * longer)


CONVERSATION = Growth(5, timedelta(minutes=1), timedelta(minutes=15))
# a hotel's guests share an address
ORIGIN = Growth(10, timedelta(seconds=30), timedelta(minutes=5))
# what strangers do counts at most a minute, and from one's own failure on
TARGET = Growth(5, timedelta(seconds=5), timedelta(minutes=1))
EVERYWHERE = Growth(ALARM_AT, timedelta(seconds=5), timedelta(minutes=1))


@dataclass(frozen=True)
class Attempt:
    """Who tries, and what. Empty parts are not counted."""

    conversation_id: str
    origin: str
    """A keyed hash of the network the traveller comes from (`conversations/origins.py`)."""
    order_number: str
    email: str
    """As `email_key` gives it."""


def email_key(email: str) -> str:
    """How an address that was tried is kept: hashed, since it may be anybody's."""
    return hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:32]


def forget_old(session: Session, now: datetime) -> None:
    """Delete failures that count no more; those that a rival transaction deletes are left to it."""
    old = sa.select(VerificationFailure.id).where(VerificationFailure.at <= now - WINDOW)
    session.execute(
        sa.delete(VerificationFailure)
        .where(VerificationFailure.id.in_(old.with_for_update(skip_locked=True)))
        .execution_options(synchronize_session=False)
    )


def waits_until(session: Session, attempt: Attempt, now: datetime, except_id: int) -> datetime | None:
    """When the attempt may be made; None for now. `except_id` is the row of the attempt itself."""
    of = VerificationFailure
    mine = sa.or_(of.conversation_id == attempt.conversation_id, sa.and_(of.origin == attempt.origin, of.origin != ""))
    target = sa.or_(
        sa.and_(of.order_number == attempt.order_number, of.order_number != ""),
        of.email == attempt.email,
    )
    own = session.execute(
        sa.select(of.conversation_id, of.at).where(mine, of.id != except_id, of.at > now - WINDOW).order_by(of.at)
    ).all()
    at_target, everywhere = session.execute(
        sa.select(
            sa.func.count(sa.case((target, of.id))),
            sa.func.count(sa.case((of.at > now - ALARM_WITHIN, of.id))),
        ).where(of.id != except_id, of.at > now - WINDOW)
    ).one()
    here = [at for conversation_id, at in own if conversation_id == attempt.conversation_id]
    waits = [
        _end(here, CONVERSATION, len(here)),
        _end([at for _, at in own], ORIGIN, len(own)),
        _end([at for _, at in own], TARGET, at_target),
        _end([at for _, at in own], EVERYWHERE, everywhere),
    ]
    if everywhere >= ALARM_AT and everywhere % ALARM_AT == 0:
        log.warning("Guessing: %s failed proofs of ownership within %s", everywhere, ALARM_WITHIN)
    return max((end for end in waits if end is not None and end > now), default=None)


def _end(failures: Sequence[datetime], growth: Growth, number: int) -> datetime | None:
    """The end of the wait that began with the latest of one's own failures."""
    return failures[-1] + growth.after(number) if failures else None


def recent_failures(session: Session, now: datetime) -> int:
    """Failed proofs within `ALARM_WITHIN`: the figure to watch."""
    count = sa.select(sa.func.count()).where(VerificationFailure.at > now - ALARM_WITHIN)
    return int(session.execute(count.select_from(VerificationFailure)).scalar_one())
