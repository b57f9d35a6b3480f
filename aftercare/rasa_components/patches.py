"""Every patch of Rasa and every private name of Rasa's that we use; the rest of our code calls functions from here.

`USED` declares each name with the parameters it needs. They are verified when a process first uses them, since after an
update of Rasa a patch of a renamed method would silently do nothing. jieba's are in `understanding/chinese_words.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import rasa.core.agent
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel
from rasa.core.channels.rest import RestInput
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore, TrackerStore
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.events import Event
from rasa.shared.core.slot_mappings import SlotMapping
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic.request import Request
from sqlalchemy.orm import Query, Session

from aftercare.base.foreign import Foreign, require
from aftercare.rasa_components.model_archive import unpack
from aftercare.rasa_components.model_domain import load_domain
from aftercare.rasa_components.traditional import in_travellers_script
from aftercare.rasa_components.turn_output import TurnOutput

_PROCESSOR = "rasa.core.processor:MessageProcessor"
_RUNNER = "rasa.engine.runner.dask:DaskGraphRunner"
_STORAGE = "rasa.engine.storage.local_model_storage:LocalModelStorage"
_STORES = "rasa.core.tracker_store"
_BROKER = "rasa.core.brokers.pika:PikaEventBroker"

# What every Rasa server of ours uses.
USED = (
    Foreign(f"{_PROCESSOR}._run_action", ("self", "action", "tracker", "output_channel", "nlg", "prediction")),
    Foreign(f"{_PROCESSOR}._log_action_on_tracker", ("self", "tracker", "action", "events", "prediction")),
    Foreign(f"{_PROCESSOR}._update_tracker_session", ("self", "tracker", "output_channel", "metadata")),
    Foreign(f"{_PROCESSOR}.fetch_tracker_and_update_session", ("self", "sender_id", "output_channel", "metadata")),
    Foreign("rasa.core.agent:Agent.load_model", ("self", "model_path", "fingerprint")),
    Foreign(f"{_STORAGE}._extract_archive_to_directory", ("model_archive_path", "temporary_directory")),
    Foreign(f"{_STORAGE}._assert_not_rasa2_archive", ("temporary_directory",)),
    Foreign(
        "rasa.graph_components.providers.domain_provider:DomainProvider.load",
        ("cls", "config", "model_storage", "resource", "execution_context", "kwargs"),
    ),
    Foreign("rasa.core.agent:_pull_model_and_fingerprint", ("model_server", "fingerprint", "model_directory")),
    Foreign("rasa.core.actions.action:RemoteAction._validate_action_result", ("self", "result")),
    Foreign("rasa.core.actions.action:RemoteAction.action_response_format_spec", ()),
    Foreign(
        "rasa.shared.core.slot_mappings:SlotMapping._get_active_loop_ignored_intents",
        ("mapping", "domain", "active_loop_name"),
    ),
    Foreign(f"{_RUNNER}.run", ("self", "inputs", "targets")),
    Foreign(f"{_RUNNER}._graph_schema"),
    Foreign(f"{_RUNNER}._instantiated_nodes"),
    Foreign("rasa.engine.graph:GraphNode.__call__", ("self", "inputs_from_previous_nodes")),
    Foreign("rasa.core.channels.rest:RestInput._extract_sender", ("self", "req")),
    Foreign(
        "rasa.core.lock_store:LockStore._acquire_lock",
        ("self", "conversation_id", "ticket", "wait_time_in_seconds"),
    ),
    Foreign(f"{_STORES}:FailSafeTrackerStore._tracker_store"),
    Foreign(f"{_STORES}:SQLTrackerStore._additional_events", ("self", "session", "tracker")),
    Foreign(
        f"{_STORES}:SQLTrackerStore._event_query", ("self", "session", "sender_id", "fetch_events_from_all_sessions")
    ),
    Foreign(f"{_STORES}:TrackerStore._stream_new_events", ("self", "event_broker", "new_events", "sender_id")),
    Foreign("rasa.shared.core.events:Event._from_parameters", ("cls", "parameters")),
    Foreign(
        "rasa.shared.core.trackers:DialogueStateTracker._first_loop_execution_or_unhappy_path",
        ("self", "loop_action_name", "applied_events"),
    ),
)
# What a Rasa server with RabbitMQ uses besides; importing it costs the others time.
USED_BY_BROKER = (
    Foreign(f"{_BROKER}._connect", ("self",)),
    Foreign(f"{_BROKER}._set_up_exchange", ("self", "channel")),
    Foreign(f"{_BROKER}._message", ("self", "event", "headers")),
    Foreign(f"{_BROKER}._connection"),
    Foreign(f"{_BROKER}._exchange"),
)


@cache
def verify(broker: bool = False) -> None:
    """Check, once per process, that Rasa still has what is used.

    Raises:
        ForeignNameMoved: naming what moved.
    """
    require(USED_BY_BROKER if broker else USED)


# --- channels


class RenamingRest(RestInput):  # type: ignore[misc]
    """Rasa's `rest` channel, whose senders get the names that `renamed` gives them."""

    async def _extract_sender(self, req: Request) -> str | None:
        return self.renamed(await super()._extract_sender(req))

    def renamed(self, sender: str | None) -> str | None:
        """The name of a conversation, from what the request calls its sender."""
        return sender


# --- turns


class PromptProcessor(MessageProcessor):  # type: ignore[misc]
    """Rasa's processor, except that a `TurnOutput` hears of each action as soon as it is done.

    What is left of the turn then, a prediction and storing it, is a fifth of its time. Nor is the conversation read a
    second time, which takes another tenth. What is said is logged in the traveller's script.
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

    def _log_action_on_tracker(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: list[Event] | None,
        prediction: PolicyPrediction,
    ) -> None:
        super()._log_action_on_tracker(tracker, action, events, prediction)
        in_travellers_script(events or (), tracker)  # the tracker holds the same events, and they are sent afterwards


class DirectGraphRunner(DaskGraphRunner):  # type: ignore[misc]
    """Runs the loaded graph in its fixed order: Dask plans it anew at every prediction, an eighth of a turn's time."""

    orders: dict[tuple[str, ...], list[str]]  # of the nodes, by the targets wanted

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets` by node name, as Rasa's runner gives them."""
        wanted = tuple(targets or self._graph_schema.target_names)
        results = {name: (name, value) for name, value in (inputs or {}).items()}
        if wanted not in self.orders:
            self.orders[wanted] = self.order(wanted)
        for name in self.orders[wanted]:
            if name not in results:
                needs = self._graph_schema.nodes[name].needs.values()
                results[name] = self._instantiated_nodes[name](*(results[need] for need in needs))
        return {name: results[name][1] for name in wanted}

    def order(self, wanted: tuple[str, ...]) -> list[str]:
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


def swap_processor(processor: MessageProcessor) -> None:
    """Make the processor and its graph's runner ours; doing it twice changes nothing."""
    if type(processor) is MessageProcessor:
        processor.__class__ = PromptProcessor
    if type(processor.graph_runner) is DaskGraphRunner:
        processor.graph_runner.__class__ = DirectGraphRunner
        processor.graph_runner.orders = {}


def swap_action_endpoint(endpoint: EndpointConfig, kind: type[EndpointConfig]) -> None:
    """Make the configured endpoint one of `kind`, which adds no attributes that must be set."""
    if not isinstance(endpoint, kind):
        endpoint.__class__ = kind


def without_fallback(store: TrackerStore) -> TrackerStore:
    """The configured tracker store alone.

    Rasa's fallback is memory: a database that is away for a second would cost the traveller the conversation.
    """
    return store._tracker_store if isinstance(store, FailSafeTrackerStore) else store


# --- methods of classes (with the parameters of what they replace)


_response_schema = RemoteAction.action_response_format_spec()
_response_validator = validator_for(_response_schema)(_response_schema)
_load_model = Agent.load_model
_pull = rasa.core.agent._pull_model_and_fingerprint


def patch_classes(prepare: Callable[[Agent], None]) -> None:
    """Replace methods of Rasa's classes; `prepare` is called with an agent whenever it has loaded a model.

    Doing it twice changes nothing.

    Raises:
        ForeignNameMoved: a method is not there to be replaced.
    """
    verify()

    def load_model(self: Agent, model_path: Any, fingerprint: str | None = None) -> None:
        _load_model(self, model_path, fingerprint)
        prepare(self)

    Agent.load_model = load_model
    DomainProvider.load = classmethod(load_domain)
    LocalModelStorage._extract_archive_to_directory = staticmethod(_unpack)
    RemoteAction._validate_action_result = _validate_action_result
    SlotMapping._get_active_loop_ignored_intents = staticmethod(_nothing_ignored)


def _unpack(model_archive_path: str | Path, temporary_directory: Path) -> None:
    unpack(model_archive_path, temporary_directory)
    LocalModelStorage._assert_not_rasa2_archive(temporary_directory)


def patch_model_pulling() -> None:
    """Let Rasa fetch its first model from a model server; doing it twice changes nothing.

    Raises:
        ForeignNameMoved: Rasa pulls models by another function.
    """
    verify()
    rasa.core.agent._pull_model_and_fingerprint = pull


async def pull(model_server: EndpointConfig, fingerprint: str | None, model_directory: Any) -> str | None:
    """As Rasa does. Before the first model Rasa sends None as a header's value, which a current aiohttp refuses."""
    return cast("str | None", await _pull(model_server, fingerprint or "", model_directory))


def _validate_action_result(self: RemoteAction, result: Any) -> bool:
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


def _nothing_ignored(mapping: Any, domain: Any, active_loop_name: str) -> list[str]:
    """A question in the middle of a form fills slots too: its language, a phone, a place. Rasa would drop them."""
    return []


# --- trackers and their store


@lru_cache(maxsize=64)
def _event_class(type_name: str) -> type[Event] | None:
    return cast("type[Event] | None", Event.resolve_by_type(type_name))


def events_from_dicts(stored: Iterable[dict[str, Any]]) -> list[Event]:
    """Events from their dictionaries, as Rasa's `deserialise_events` but without a class search for each."""
    classes = ((_event_class(data["event"]), data) for data in stored)
    return [found._from_parameters(data) for found, data in classes if found is not None]


def condenses_form_run(tracker: DialogueStateTracker, form: str, applied: Sequence[Event]) -> bool:
    """Whether Rasa would condense the form's next run into its previous one: nothing came between."""
    return not tracker._first_loop_execution_or_unhappy_path(form, applied)


def events_not_stored(store: SQLTrackerStore, session: Session, tracker: DialogueStateTracker) -> list[Event]:
    """The tracker's events that the database has not, by their number."""
    return list(store._additional_events(session, tracker))


def stored_events(store: SQLTrackerStore, session: Session, sender_id: str, all_sessions: bool) -> Query[Any]:
    """The rows of a conversation's events, of all its sessions or of the latest one."""
    query: Query[Any] = store._event_query(session, sender_id, fetch_events_from_all_sessions=all_sessions)
    return query


async def stream_events(store: TrackerStore, events: Sequence[Event], sender_id: str) -> None:
    """Give new events to the store's event broker, if it has one."""
    if store.event_broker is not None:
        await store._stream_new_events(store.event_broker, events, sender_id)


# --- event broker


def exchange_is_open(broker: Any) -> bool:
    """Whether the broker has been connected to RabbitMQ."""
    return broker._exchange is not None


async def open_exchange(broker: Any) -> None:
    """Connect the broker to RabbitMQ and declare its exchange and queues."""
    broker._connection = await broker._connect()
    broker._exchange = await broker._set_up_exchange(await broker._connection.channel())


async def publish(broker: Any, event: dict[str, Any], headers: dict[str, str] | None, seconds: float) -> None:
    """Send an event and wait for RabbitMQ's confirmation."""
    await broker._exchange.publish(broker._message(event, headers), "", timeout=seconds)


async def acquire_lock(store: LockStore, conversation_id: str, ticket: int, every: float) -> TicketLock:
    """Wait for the turn of a ticket, looking at the store every so many seconds.

    Raises:
        LockError: the ticket's time is over.
    """
    return await store._acquire_lock(conversation_id, ticket, every)
