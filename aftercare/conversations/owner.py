"""Which desk has a conversation's messages answered, where several work on one PostgreSQL.

A desk takes a conversation with the message it accepts, renews its lease while it works on it, and gives it up with the
last answer. A desk that dies leaves leases that end; then another takes what is unanswered. Where two do the same turn
all the same, because one was frozen meanwhile, Rasa knows the message by its id and the store keeps one answer. SQLite
serves one desk, which owns everything.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.sql.elements import ColumnElement

from aftercare.conversations import statements
from aftercare.conversations.tables import conversation, event

LEASE = timedelta(seconds=6)
RENEW_EVERY = 1.5
"""Seconds between two renewals, and between two looks for what a dead desk has left: with the lease, 8 s at most."""
_AT_ONCE = 50


def desk_name() -> str:
    """A name that no other desk has."""
    return f"desk-{secrets.token_hex(8)}"


class Owner:
    """One desk, by the name it has while it runs (`desk_name`)."""

    def __init__(self, engine: Engine, name: str = "") -> None:
        self.name = name or desk_name()
        self.shares = engine.dialect.name == "postgresql"
        """Whether other desks may work on the same database."""

    def may_take(self, found: Row[Any], now: datetime) -> bool:
        """Whether this desk may answer a conversation that is locked in the transaction."""
        return not self.shares or found.answered_by in (None, self.name) or bool(found.answered_until < now)

    def take(self, connection: Connection, conversation_id: str, now: datetime) -> None:
        """Answer a conversation that is locked in the transaction from now on."""
        if self.shares:
            self._set(connection, conversation_id, self.name, now + LEASE)

    def give_up(self, connection: Connection, found: Row[Any]) -> None:
        """Nothing is left to answer in a conversation that is locked in the transaction."""
        if self.shares and found.answered_by is not None:
            self._set(connection, found.id, None, None)

    @staticmethod
    def _set(connection: Connection, conversation_id: str, desk: str | None, lease: datetime | None) -> None:
        statements.SET_OWNER.run(connection, {"key": conversation_id, "desk": desk, "lease": lease})

    def renew(self, connection: Connection, conversation_ids: Collection[str], now: datetime) -> None:
        """Go on with conversations that are this desk's."""
        mine = sa.and_(conversation.c.id.in_(conversation_ids), conversation.c.answered_by == self.name)
        connection.execute(sa.update(conversation).where(mine).values(answered_until=now + LEASE))

    def give_up_all(self, connection: Connection) -> None:
        """This desk stops: others may take what is unanswered at once."""
        mine = conversation.c.answered_by == self.name
        connection.execute(sa.update(conversation).where(mine).values(answered_by=None, answered_until=None))

    def take_unanswered(self, connection: Connection, now: datetime) -> list[str]:
        """Take conversations with unanswered messages that no living desk has; two desks never take the same."""
        pending = sa.exists().where(event.c.conversation_id == conversation.c.id, event.c.status == "pending")
        return self._take_where(connection, sa.and_(pending, _without_owner(now)), now)

    def take_due(self, connection: Connection, due: ColumnElement[bool], now: datetime) -> list[str]:
        """Take conversations that `due` selects and that no other living desk has; their ids."""
        free = sa.or_(conversation.c.answered_by == self.name, _without_owner(now))
        return self._take_where(connection, sa.and_(due, free), now)

    def _take_where(self, connection: Connection, condition: ColumnElement[bool], now: datetime) -> list[str]:
        wanted = sa.select(conversation.c.id).where(condition).limit(_AT_ONCE).with_for_update(skip_locked=True)
        ids = list(connection.execute(wanted).scalars())
        values = {"answered_by": self.name, "answered_until": now + LEASE}
        connection.execute(sa.update(conversation).where(conversation.c.id.in_(ids)).values(**values))
        return ids


def _without_owner(now: datetime) -> ColumnElement[bool]:
    return sa.or_(conversation.c.answered_by.is_(None), conversation.c.answered_until < now)
