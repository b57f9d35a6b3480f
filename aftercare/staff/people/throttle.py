"""Limits sign-in attempts per network and per account from one network; counted in the database, for all processes.

What strangers try elsewhere does not keep the owner of an account out: it is only told to the operator.
"""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.networks import network
from aftercare.base.sql import advisory_lock, inserted_id
from aftercare.staff.access.sessions import hashed
from aftercare.staff.access.tables import login_attempt

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10  # attempts within WINDOW from one network
PER_ADDRESS = 30  # attempts within WINDOW
# attempts within WINDOW at one account from everywhere, from which on a network that failed before waits
PER_ACCOUNT_EVERYWHERE = 50


def take_attempt(engine: Engine, account: str, address: str, now: datetime) -> int:
    """Count an attempt before the password is checked, so that parallel attempts are counted too.

    Returns:
        0, or the minutes to wait when there were too many; such an attempt is not counted.
    """
    key, since, address = hashed(account), now - WINDOW, network(address)
    with engine.begin() as connection:
        # PostgreSQL would not show parallel attempts to each other
        advisory_lock(connection, f"login:{key}", f"login from:{address}")
        connection.execute(sa.delete(login_attempt).where(login_attempt.c.at < since))
        new = sa.insert(login_attempt).values(at=now, account=key, address=address[:45])
        number = inserted_id(connection.execute(new))
        here, mine = login_attempt.c.address == address[:45], login_attempt.c.account == key
        waits = [
            _wait(connection, sa.and_(mine, here), PER_ACCOUNT, now),
            _wait(connection, here, PER_ADDRESS, now),
        ]
        if _count(connection, mine) > PER_ACCOUNT_EVERYWHERE:
            log.warning("Guessing: more than %s attempts to sign in to one account", PER_ACCOUNT_EVERYWHERE)
            waits.append(_wait(connection, sa.and_(mine, here), 2, now))
        if any(waits):
            connection.execute(sa.delete(login_attempt).where(login_attempt.c.id == number))
    return max(waits)


def _wait(connection: sa.engine.Connection, mine: sa.sql.ColumnElement[Any], limit: int, now: datetime) -> int:
    """Minutes until the next attempt is allowed; 0 for now."""
    newest = sa.select(login_attempt.c.at).where(mine).order_by(login_attempt.c.id.desc()).limit(limit + 1)
    times: list[datetime] = list(connection.execute(newest).scalars())
    if len(times) <= limit:
        return 0
    return max(1, math.ceil((times[-1] + WINDOW - now).total_seconds() / 60))


def _count(connection: sa.engine.Connection, mine: sa.sql.ColumnElement[Any]) -> int:
    counted = sa.select(sa.func.count()).select_from(login_attempt).where(mine)
    return int(connection.execute(counted).scalar_one())


def most_attempts(engine: Engine, now: datetime) -> int:
    """Attempts within `WINDOW` at the account that was tried most: the figure to watch."""
    each = (
        sa.select(sa.func.count().label("number"))
        .where(login_attempt.c.at > now - WINDOW)
        .group_by(login_attempt.c.account)
        .subquery()
    )
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(each.c.number), 0))).scalar_one())


def forget_attempts(engine: Engine, account: str) -> None:
    """Reset the count of an account after a successful sign-in."""
    with engine.begin() as connection:
        connection.execute(sa.delete(login_attempt).where(login_attempt.c.account == hashed(account)))
