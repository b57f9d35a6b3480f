"""How often somebody may try to sign in: counted in the database, per account and per network address."""

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
PER_ACCOUNT = 10
PER_ADDRESS = 30


def take_attempt(engine: Engine, account: str, address: str, now: datetime) -> int:
    """Count an attempt before it is judged, so that guesses side by side count too.

    Returns 0, or the minutes to wait when there were too many; then it does not count.
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
    """Minutes until one more attempt is allowed; 0 when it is now."""
    newest = sa.select(login_attempt.c.at).where(mine).order_by(login_attempt.c.id.desc()).limit(limit + 1)
    times: list[datetime] = list(connection.execute(newest).scalars())
    if len(times) <= limit:
        return 0
    return max(1, math.ceil((times[-1] + WINDOW - now).total_seconds() / 60))


def forget_attempts(engine: Engine, account: str) -> None:
    """Somebody proved to own the account."""
    with engine.begin() as connection:
        connection.execute(sa.delete(login_attempt).where(login_attempt.c.account == hashed(account)))
