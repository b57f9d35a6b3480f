"""Limits sign-in attempts per account and per network address; counted in the database, shared by all processes."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.sql import inserted_id
from aftercare.staff.access.sessions import hashed
from aftercare.staff.access.tables import login_attempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10  # attempts within WINDOW
PER_ADDRESS = 30  # attempts within WINDOW


def take_attempt(engine: Engine, account: str, address: str, now: datetime) -> int:
    """Count an attempt before the password is checked, so that parallel attempts are counted too.

    Returns:
        0, or the minutes to wait when there were too many; such an attempt is not counted.
    """
    key, since = hashed(account), now - WINDOW
    with engine.begin() as connection:
        connection.execute(sa.delete(login_attempt).where(login_attempt.c.at < since))
        new = sa.insert(login_attempt).values(at=now, account=key, address=address[:45])
        number = inserted_id(connection.execute(new))
        waits = [
            _wait(connection, login_attempt.c.account == key, PER_ACCOUNT, now),
            _wait(connection, login_attempt.c.address == address[:45], PER_ADDRESS, now),
        ]
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


def forget_attempts(engine: Engine, account: str) -> None:
    """Reset the count of an account after a successful sign-in."""
    with engine.begin() as connection:
        connection.execute(sa.delete(login_attempt).where(login_attempt.c.account == hashed(account)))
