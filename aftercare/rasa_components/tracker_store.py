"""SQL tracker store whose cost per turn does not grow with the conversation, and that keeps paused ones paused.

Rasa replays a conversation from its first event several times per turn. Here every event is still appended to Rasa's
own `events` table (export and the tracker API read that), but a turn starts from the conversation's *window*: the last
few user turns as Rasa itself would apply them, preceded by events that set up the exact state at the window's start.
The window is stored beside the events, in the same transaction, so neither can be newer than the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.base.sql import PreparedStatement, advisory_lock
from aftercare.rasa_components import patches
from aftercare.rasa_components.tracker_window import LEAST_TURNS, WINDOW_TURNS, StoredTracker, window_of

OWN_CONVERSATION = "readiness-"
"""How the ids of conversations begin that no traveller has; their events go to no broker."""
_metadata = sa.MetaData()
_window = sa.Table(
    "tracker_window",
    _metadata,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("through", sa.Integer, nullable=False, comment="id of the last event the window contains"),
    sa.Column("complete", sa.Boolean, nullable=False, comment="nothing before the window was cut off"),
    sa.Column("events", sa.Text, nullable=False, comment="the window, a JSON list of Rasa events"),
)
_event = SQLTrackerStore.SQLEvent.__table__


def _renewal(insert: Callable[[sa.Table], Any]) -> PreparedStatement:
    """Writes a conversation's window, unless another process renewed it since it was read up to `known`."""
    values = [column.name for column in _window.columns]
    statement = insert(_window)
    return PreparedStatement(
        statement.on_conflict_do_update(
            index_elements=["sender_id"],
            set_={name: statement.excluded[name] for name in values if name != "sender_id"},
            where=_window.c.through <= sa.bindparam("known"),
        ),
        columns=values,
    )


_INSERT_EVENTS = PreparedStatement(
    sa.insert(_event), columns=[column.name for column in _event.columns if column.name != "id"]
)
_RENEW = {"postgresql": _renewal(postgresql.insert), "sqlite": _renewal(sqlite.insert)}
_OF_SENDER = _event.c.sender_id == sa.bindparam("sender")
_WRITTEN_SINCE = PreparedStatement(
    sa.select(sa.func.count().label("written"), sa.func.max(_event.c.id).label("newest")).where(
        _OF_SENDER, _event.c.id > sa.bindparam("known")
    )
)
_READ_WINDOW = PreparedStatement(
    sa.select(_window.c.through, _window.c.complete, _window.c.events).where(
        _window.c.sender_id == sa.bindparam("sender")
    )
)
_READ_FROM = PreparedStatement(
    sa.select(_event.c.id, _event.c.data)
    .where(_OF_SENDER, _event.c.id >= sa.bindparam("through"))
    .order_by(_event.c.id)
)


class WindowedTrackerStore(SQLTrackerStore):  # type: ignore[misc]
    """Rasa's SQL tracker store with a bounded replay; safe with several Rasa processes on one database.

    In endpoints.yml: `tracker_store: {type: aftercare.rasa_components.tracker_store.WindowedTrackerStore}`, with
    optional `url` (SQLAlchemy; else TRACKER_DATABASE_URL) and `window` (user turns kept for prediction; at least 4).
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        window: int = WINDOW_TURNS,
        **kwargs: Any,
    ) -> None:
        if window < LEAST_TURNS:
            raise ValueError(f"tracker_store.window is {window}; it must be at least {LEAST_TURNS} user turns")
        TrackerStore.__init__(self, domain, event_broker, **kwargs)
        self.window = window
        self.engine = open_engine(host or settings().tracker_database_url, settings().database_timeout, durable=False)
        self.sessionmaker = sessionmaker(bind=self.engine, future=True)
        patches.verify()
        self._create_tables()

    def _create_tables(self) -> None:
        try:
            self.Base.metadata.create_all(self.engine)
            _metadata.create_all(self.engine)
        except sa.exc.DBAPIError:  # another process made them between our look and our CREATE: look once more
            self.Base.metadata.create_all(self.engine)
            _metadata.create_all(self.engine)

    def init_tracker(self, sender_id: str) -> StoredTracker:
        """A new, empty tracker."""
        return StoredTracker(sender_id, self.domain.slots)

    async def retrieve(self, sender_id: str) -> StoredTracker | None:
        """The tracker of the latest session, built from the window and whatever was appended since; None if unknown."""
        with self.session_scope() as session:
            return self._from_window(session, sender_id) or self._from_events(session, sender_id, all_sessions=False)

    async def retrieve_full_tracker(self, conversation_id: str) -> StoredTracker | None:
        """The tracker of all sessions with every event, as exported and shown to staff; None if unknown."""
        with self.session_scope() as session:
            return self._from_events(session, conversation_id, all_sessions=True)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the tracker's new events and renew the window, in one transaction."""
        with self.session_scope() as session:
            if isinstance(tracker, StoredTracker):
                new = list(tracker.events)[tracker.stored :]
            else:  # made elsewhere, e.g. by PUT /conversations/…/tracker/events: Rasa compares by number
                new = patches.events_not_stored(self, session, tracker)
            if new:
                self._one_writer(session, tracker.sender_id)
                _INSERT_EVENTS.run(session.connection(), *(_row(tracker.sender_id, event) for event in new))
                if isinstance(tracker, StoredTracker):
                    self._renew_window(session, tracker, len(new))
                else:
                    self._drop_window(session, tracker.sender_id)
            session.commit()
        if new and not tracker.sender_id.startswith(OWN_CONVERSATION):
            await patches.stream_events(self, new, tracker.sender_id)

    def erase(self, sender_id: str) -> None:
        """Delete a conversation's events and window."""
        with self.session_scope() as session:
            session.execute(sa.delete(_event).where(_event.c.sender_id == sender_id))
            self._drop_window(session, sender_id)
            session.commit()

    def _one_writer(self, session: Session, sender_id: str) -> None:
        """Lock the conversation for writing, so that a window never skips events another process has not committed."""
        advisory_lock(session.connection(), sender_id)

    def _from_events(self, session: Session, sender_id: str, all_sessions: bool) -> StoredTracker | None:
        rows = patches.stored_events(self, session, sender_id, all_sessions).all()
        if not rows:
            return None
        events = patches.events_from_dicts([json.loads(row.data) for row in rows])
        return StoredTracker.restore(sender_id, events, self.domain.slots, through=rows[-1].id, complete=True)

    def _from_window(self, session: Session, sender_id: str) -> StoredTracker | None:
        connection = session.connection()
        window = _READ_WINDOW.one_or_none(connection, {"sender": sender_id})
        if window is None:
            return None
        rows = _READ_FROM.all(connection, {"sender": sender_id, "through": window.through})
        if not rows or rows[0].id != window.through:  # somebody deleted the conversation's events
            return None
        stored = json.loads(window.events) + [json.loads(row.data) for row in rows[1:]]
        events = patches.events_from_dicts(stored)
        return StoredTracker.restore(sender_id, events, self.domain.slots, rows[-1].id, window.complete)

    def _renew_window(self, session: Session, tracker: StoredTracker, written: int) -> None:
        connection = session.connection()
        (since,) = _WRITTEN_SINCE.all(connection, {"sender": tracker.sender_id, "known": tracker.through})
        # another process wrote to this conversation meanwhile: the next reader replays it all
        if since.written != written:
            self._drop_window(session, tracker.sender_id)
            return
        events, complete, turns = window_of(tracker, self.window)
        if not complete and turns < LEAST_TURNS:  # turns were reverted: what came before the window counts again
            whole = self._from_events(session, tracker.sender_id, all_sessions=False)
            if whole is not None:
                events, complete, _ = window_of(whole, self.window)
        window = {
            "sender_id": tracker.sender_id,
            "through": since.newest,
            "complete": complete,
            "events": json.dumps(events),
        }
        if not _RENEW[self.engine.dialect.name].run(connection, {**window, "known": tracker.through}):
            self._drop_window(session, tracker.sender_id)
        tracker.stored, tracker.through = len(tracker.events), since.newest

    @staticmethod
    def _drop_window(session: Session, sender_id: str) -> None:
        session.execute(sa.delete(_window).where(_window.c.sender_id == sender_id))


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }
