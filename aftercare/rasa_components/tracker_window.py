"""The last user turns of a conversation as events that replay to its exact state, and the tracker they are kept for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, cast

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

from aftercare.rasa_components import patches

WINDOW_TURNS = 6
# Rasa's own actions revert at most three user turns at once; a window must never be shorter than what a turn can undo.
LEAST_TURNS = 4


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
        if patches.condenses_form_run(state, loop.name, applied):
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
