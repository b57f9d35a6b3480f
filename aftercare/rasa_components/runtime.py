"""Sets up a loaded Rasa agent for the desk: kept connections to the actions, and turns that happen whole or not at all.

Stock Rasa opens a connection per action call and waits up to 300 s for it, answers nothing when the action server is
down, starts every conversation afresh when the tracker database is, looks once a second whether a traveller's previous
message is done, plans its graph anew for every prediction, spends most of a turn on checking a schema, and keeps what
was said until the turn is stored. All of it is replaced on Rasa's objects, at start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.slot_mappings import SlotMapping
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

T = TypeVar("T")

ACTION_SECONDS = 10.0
LOCK_POLL_SECONDS = 0.02


class TurnCancelled(asyncio.CancelledError):
    """The turn cannot be finished now; nothing of it was stored, and the same message may be sent again.

    Rasa swallows every `Exception` of an action and stores a turn without an answer; a cancellation it passes on.
    """


class _Kept:
    """Lends a session to Rasa's `async with`, which would otherwise close it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self.session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class ActionEndpoint(EndpointConfig):  # type: ignore[misc]
    """The action server over kept-alive connections; unreachable or silent for 10 s, it cancels the turn."""

    _session: aiohttp.ClientSession | None = None

    def session(self) -> Any:
        """The one session of this process, to be used in `async with`."""
        if self._session is None or self._session.closed:
            self._session = super().session()
        return _Kept(self._session)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request as Rasa does.

        Raises:
            TurnCancelled: nobody answered.
        """
        kwargs["timeout"] = aiohttp.ClientTimeout(total=ACTION_SECONDS)
        try:
            return await super().request(*args, **kwargs)
        except (aiohttp.ClientConnectionError, asyncio.TimeoutError) as error:
            raise TurnCancelled(f"the action server does not answer: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()


class TurnOutput(CollectingOutputChannel):  # type: ignore[misc]
    """Where a turn's answers go.

    `tracker` is the conversation as just read (None: a new one), then as the turn changes it; `acted` is awaited after
    each action, long before the turn is stored.
    """

    def __init__(
        self, tracker: DialogueStateTracker | None, acted: Callable[[DialogueStateTracker], Awaitable[None]]
    ) -> None:
        super().__init__()
        self.tracker = tracker
        self._acted = acted

    async def acted(self, tracker: DialogueStateTracker) -> None:
        """An action is done, and may have said something."""
        self.tracker = tracker
        await self._acted(tracker)


class PromptProcessor(MessageProcessor):  # type: ignore[misc]
    """Rasa's processor, except that a `TurnOutput` hears of each action as soon as it is done.

    What is left of the turn then, a prediction and storing it, is a fifth of its time. Nor is the conversation read a
    second time, which takes another tenth.
    """

    async def fetch_tracker_and_update_session(
        self, sender_id: str, output_channel: OutputChannel | None = None, metadata: dict[str, Any] | None = None
    ) -> DialogueStateTracker:
        """The conversation as the message finds it, in a new session where the last one is too old."""
        tracker = output_channel.tracker if isinstance(output_channel, TurnOutput) else None
        if tracker is None:
            return await super().fetch_tracker_and_update_session(sender_id, output_channel, metadata)
        tracker.model_id, tracker.assistant_id = self.model_metadata.model_id, self.model_metadata.assistant_id
        await self._update_tracker_session(tracker, output_channel, metadata)
        return tracker

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        goes_on: bool = await super()._run_action(action, tracker, output_channel, nlg, prediction)
        if isinstance(output_channel, TurnOutput):
            await output_channel.acted(tracker)
        return goes_on


class PromptLockStore(InMemoryLockStore):  # type: ignore[misc]
    """Rasa's lock per conversation, looked at every 20 ms instead of every second by a message that has to wait."""

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = LOCK_POLL_SECONDS,
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation's lock; messages get it in the order in which they came."""
        async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
            yield ticket


class DirectGraphRunner(DaskGraphRunner):  # type: ignore[misc]
    """Runs the loaded graph in its fixed order: Dask plans it anew at every prediction, an eighth of a turn's time."""

    _orders: dict[tuple[str, ...], list[str]]  # of the nodes, by the targets wanted

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets` by node name, as Rasa's runner gives them."""
        wanted = tuple(targets or self._graph_schema.target_names)
        results = {name: (name, value) for name, value in (inputs or {}).items()}
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        for name in self._orders[wanted]:
            if name not in results:
                needs = self._graph_schema.nodes[name].needs.values()
                results[name] = self._instantiated_nodes[name](*(results[need] for need in needs))
        return {name: results[name][1] for name in wanted}

    def _order(self, wanted: tuple[str, ...]) -> list[str]:
        """The nodes `wanted` depends on, each after those it needs; inputs are no nodes."""
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in order or name not in self._graph_schema.nodes:
                return
            for need in self._graph_schema.nodes[name].needs.values():
                visit(need)
            order[name] = None

        for name in wanted:
            visit(name)
        return list(order)


_response_schema = RemoteAction.action_response_format_spec()
_response_validator = validator_for(_response_schema)(_response_schema)


def _validate_action_result(_action: RemoteAction, result: Any) -> bool:
    """Rasa's check of an action's response, minus its check of the (constant) schema: 75 ms of a call on our machine.

    Raises:
        jsonschema.ValidationError: the response has another form.
    """
    if not _well_formed(result):
        _response_validator.validate(result)
    return True


def _well_formed(result: Any) -> bool:
    """Whether a response has the form our own action server gives; the full check takes an eighth of a turn."""
    if not isinstance(result, dict) or not {"events", "responses"} >= set(result):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and all(isinstance(event, dict) and isinstance(event.get("event"), str) for event in events)
        and all("name" in event for event in events if event["event"] in ("slot", "form", "active_loop", "followup"))
        and isinstance(responses, list)
        and all(isinstance(answer, dict) for answer in responses)
    )


def _nothing_ignored(_mapping: Any, _domain: Any, _loop: str) -> list[str]:
    """A question in the middle of a form fills slots too: its language, a phone, a place. Rasa would drop them."""
    return []


def _as_ours(kind: type[T], stock: Any, **more: Any) -> T:
    """What Rasa has loaded, as a class of ours, with `more` attributes."""
    ours = kind.__new__(kind)
    ours.__dict__.update(stock.__dict__, **more)
    return ours


def prepare(agent: Agent) -> None:
    """Apply the set-up to a loaded agent; doing it twice changes nothing."""
    if isinstance(agent.tracker_store, FailSafeTrackerStore):
        # its fallback is memory: a database that is away for a second would cost the traveller the conversation
        agent.tracker_store = agent.tracker_store._tracker_store
    if agent.action_endpoint is not None and not isinstance(agent.action_endpoint, ActionEndpoint):
        agent.action_endpoint = _as_ours(ActionEndpoint, agent.action_endpoint)
    if type(agent.lock_store) is InMemoryLockStore:  # a shared lock store (Redis) stays
        agent.lock_store = PromptLockStore()
    RemoteAction._validate_action_result = _validate_action_result
    SlotMapping._get_active_loop_ignored_intents = staticmethod(_nothing_ignored)
    if agent.processor is not None:
        if type(agent.processor) is MessageProcessor:
            agent.processor = _as_ours(PromptProcessor, agent.processor)
        agent.processor.tracker_store = agent.tracker_store
        agent.processor.action_endpoint = agent.action_endpoint
        agent.processor.lock_store = agent.lock_store
        if type(agent.processor.graph_runner) is DaskGraphRunner:
            agent.processor.graph_runner = _as_ours(DirectGraphRunner, agent.processor.graph_runner, _orders={})
