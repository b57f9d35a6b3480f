"""Keeps conversations in SQL so that a turn at 100 costs what turn 1 costs, and a hand-off survives everything.

Rasa replays a conversation from its first event several times per turn. Here every event is still appended to Rasa's
own `events` table (export and the tracker API read that), but a turn starts from the conversation's *window*: the last
few user turns as Rasa itself would apply them, preceded by events that set up the exact state at the window's start.
The window is stored beside the events, in the same transaction, so neither can be newer than the other.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.base.sql import PreparedStatement, advisory_lock

WINDOW_TURNS = 6
# Rasa's own actions revert at most three user turns at once; a window must never be shorter than what a turn can undo.
LEAST_TURNS = 4

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


class StoredTracker(DialogueStateTracker):  # type: ignore[misc]
    """A tracker that knows which of its events the database has, and that only `ConversationResumed` un-pauses.

    Rasa un-pauses on `/restart` and when a session expires; a person who has taken over would find the assistant
    answering again. So both are followed by a `ConversationPaused` event of our own, which stock Rasa understands too.
    """

    stored: int = 0  # how many leading events must not be written again
    through: int = 0  # id of the newest stored event
    complete: bool = True  # False when the events begin with a state instead of the conversation's start

    def update(self, event: Event, domain: Domain | None = None) -> None:
        """Apply an event; a paused conversation stays paused through restarts and new sessions."""
        was_paused = self.is_paused()
        super().update(event, domain)
        if was_paused and isinstance(event, Restarted):
            super().update(ActionExecuted(ACTION_LISTEN_NAME), domain)  # else the next message meets no listening bot
        if was_paused and isinstance(event, (Restarted, SessionStarted)):
            super().update(ConversationPaused(), domain)

    @classmethod
    def restore(
        cls, sender_id: str, events: Iterable[Event], slots: Iterable[Any], through: int, complete: bool
    ) -> StoredTracker:
        """A tracker from stored events, which are applied as they are."""
        tracker = cls(sender_id, slots)
        for event in events:
            DialogueStateTracker.update(tracker, event)
        tracker.stored, tracker.through, tracker.complete = len(tracker.events), through, complete
        return tracker


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
        self.engine = open_engine(host or settings().tracker_database_url, settings().database_timeout)
        self.sessionmaker = sessionmaker(bind=self.engine, future=True)
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
                new = list(self._additional_events(session, tracker))
            if new:
                self._one_writer(session, tracker.sender_id)
                _INSERT_EVENTS.run(session.connection(), *(_row(tracker.sender_id, event) for event in new))
                if isinstance(tracker, StoredTracker):
                    self._renew_window(session, tracker, len(new))
                else:
                    self._drop_window(session, tracker.sender_id)
            session.commit()
        if new and self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    def erase(self, sender_id: str) -> None:
        """Delete everything said in a conversation: the traveller asked for it."""
        with self.session_scope() as session:
            session.execute(sa.delete(_event).where(_event.c.sender_id == sender_id))
            self._drop_window(session, sender_id)
            session.commit()

    def _one_writer(self, session: Session, sender_id: str) -> None:
        """Wait for who else writes to this conversation: a window must not pass over events not committed yet."""
        advisory_lock(session.connection(), sender_id)

    def _from_events(self, session: Session, sender_id: str, all_sessions: bool) -> StoredTracker | None:
        rows = self._event_query(session, sender_id, fetch_events_from_all_sessions=all_sessions).all()
        if not rows:
            return None
        events = _read([json.loads(row.data) for row in rows])
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
        events = _read(stored)
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


@lru_cache(maxsize=64)
def _event_class(type_name: str) -> type[Event] | None:
    return cast("type[Event] | None", Event.resolve_by_type(type_name))


def _read(stored: Iterable[dict[str, Any]]) -> list[Event]:
    """Events from their dictionaries, as Rasa's `deserialise_events` but without a class search for each."""
    classes = ((_event_class(data["event"]), data) for data in stored)
    return [found._from_parameters(data) for found, data in classes if found is not None]


def window_of(tracker: StoredTracker, turns: int) -> tuple[list[dict[str, Any]], bool, int]:
    """The last `turns` user turns of a tracker as events that replay to its exact state.

    A turn is one that Rasa applies: reverted messages and answers inside a form are condensed, as policies see them.

    Returns:
        the events as dictionaries, whether nothing had to be cut off, and how many user turns the window has.
    """
    events = list(tracker.events)
    last = max((i for i, event in enumerate(events) if isinstance(event, UserUttered)), default=0)
    earlier, latest_turn = events[:last], events[last:]
    applied = _without_superseded(_applied(tracker, earlier))
    complete = tracker.complete or any(isinstance(event, (Restarted, SessionStarted)) for event in earlier)
    users = [i for i, event in enumerate(applied) if isinstance(event, UserUttered)]
    if len(users) >= turns:
        cut = users[1 - turns]
        applied = _state_events(tracker, applied[:cut]) + applied[cut:]
        complete = False
    in_window = sum(isinstance(event, UserUttered) for event in _applied(tracker, [*applied, *latest_turn]))
    return [_slim(event) for event in applied] + [event.as_dict() for event in latest_turn], complete, in_window


def _applied(tracker: DialogueStateTracker, events: Sequence[Event]) -> list[Event]:
    scratch = copy(tracker)  # of it only the events are looked at
    scratch.events = deque(events)
    return cast(list[Event], scratch.applied_events())


def _state_events(tracker: DialogueStateTracker, applied: list[Event]) -> list[Event]:
    """Events that put a new tracker into the state in which `applied` leave it."""
    state = tracker.init_copy()
    for event in applied:
        state.update(event)
    actions = [event for event in applied if isinstance(event, ActionExecuted)]
    loop = state.active_loop
    events: list[Event] = []
    if loop is not None and loop.name is not None:
        # Rasa condenses a form's next run into its previous one unless something came between: keep that decision
        if not state._first_loop_execution_or_unhappy_path(loop.name, applied):
            events.append(next(action for action in reversed(actions) if action.action_name == loop.name))
        events.append(ActiveLoop(loop.name))
    events += [SlotSet(slot.name, slot.value) for slot in state.slots.values() if slot.has_been_set]
    if actions:
        events.append(actions[-1])
    if loop is not None and loop.rejected:
        events.append(ActionExecutionRejected(loop.name))
    if loop is not None and loop.is_interrupted:
        events.append(LoopInterrupted(True))
    if state.followup_action and actions:
        events.append(FollowupAction(state.followup_action))
    if state.is_paused():
        events.append(ConversationPaused())
    for event in events:
        if not isinstance(event, ActionExecuted):
            event.timestamp = applied[-1].timestamp
    return events


def _without_superseded(events: list[Event]) -> list[Event]:
    """Drop what no policy can see any more: values and messages replaced before an action ran, earlier bot messages."""
    kept: list[Event] = []
    newer: set[str] = set()
    bot_message_seen = False
    for event in reversed(events):
        if isinstance(event, ActionExecuted):
            newer.clear()
        elif isinstance(event, (SlotSet, UserUttered)):
            what = f"slot {event.key}" if isinstance(event, SlotSet) else "message"
            if what in newer:
                continue
            newer.add(what)
        elif isinstance(event, BotUttered):
            if bot_message_seen:
                continue
            bot_message_seen = True
        kept.append(event)
    return kept[::-1]


def _slim(event: Event) -> dict[str, Any]:
    """An earlier event as a dictionary, without what only the turn itself needed (ranking, tokens)."""
    data = cast(dict[str, Any], event.as_dict())
    if isinstance(event, UserUttered):
        data["parse_data"] = {key: data["parse_data"].get(key) for key in ("intent", "entities", "text")}
    return data
