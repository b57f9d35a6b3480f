"""The channel through which the desk talks to Rasa: one request, one turn, with what the assistant made of it.

The response is `{messages, turn}`. With `Accept: application/x-ndjson` it is streamed in lines: `{messages}` after each
action that says something, each message once, and `{turn, status}` when the turn is in the tracker store. If the last
line is another one (`{"error": …, "status": 500}`) or missing, the turn may not be stored, so the same message must be
sent again before the next one.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import sqlalchemy.exc
from pydantic import ValidationError
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import InterfaceError, OperationalError

from aftercare.base.launched import launch_header
from aftercare.base.settings import settings
from aftercare.base.voice import pin_is_outdated
from aftercare.rasa_components.patches import patch_classes
from aftercare.rasa_components.runtime import ActionEndpoint, prepare
from aftercare.rasa_components.tracker_store import OWN_CONVERSATION
from aftercare.rasa_components.turn_cancelled import TurnCancelled
from aftercare.rasa_components.turn_output import TurnOutput
from aftercare.rasa_components.turn_wire import TurnRequest, assistant_messages, turn_outcome
from aftercare.understanding.choices import typed_choice

logger = logging.getLogger(__name__)

_ABLE_WITHIN = 10.0  # seconds; as long as the desk waits for it (`web/health.py`)
LONGEST_TEXT = 1_000  # characters that are read of one message
LINES = "application/x-ndjson"

Deliver = Callable[[list[dict[str, Any]]], Awaitable[None]]

# the tracker database is away, locked or full: the same message may be sent again
_AWAY = (OperationalError, InterfaceError, sqlalchemy.exc.TimeoutError)
_NOT_THE_DESK = ({"error": "wrong or missing X-Engine-Secret"}, 401)


async def _readiness(agent: Agent | None) -> tuple[dict[str, str], int]:
    """Whether a message can be read, which is tried: Rasa also serves without a model, or with one it cannot use.

    503: no message can be, with this model.
    """
    if agent is None or not agent.is_ready():
        return {"error": "no model is loaded"}, 503
    try:
        parsed = await agent.parse_message("hello")
    except Exception:
        logger.exception("The model cannot read a message")
        return {"error": "the model cannot read a message"}, 503
    return ({"status": "ok"}, 200) if parsed.get("intent") else ({"error": "the model finds no intent"}, 503)


class DeskChannel(InputChannel):  # type: ignore[misc]
    """`POST /webhooks/desk/webhook` with header `X-Engine-Secret`, as the desk's engine client calls it.

    In credentials.yml: `aftercare.rasa_components.channel.DeskChannel: {}`. Answers 401 to a wrong secret, 422 to a
    malformed request, 503 when the turn could not be finished and may be sent again, 500 to anything unforeseen.
    """

    def __init__(self) -> None:
        self._secret = settings().secret("engine").encode()
        self._own_conversation = f"{OWN_CONVERSATION}{uuid.uuid4().hex}"

    @classmethod
    def name(cls) -> str:
        """The channel's part of the address."""
        return "desk"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's routes, and the set-up of every agent of this server as soon as it has loaded a model."""
        blueprint = Blueprint("desk_channel")
        patch_classes(prepare)  # Rasa makes a new agent or processor whenever the model changes

        @blueprint.listener("after_server_start")  # type: ignore[untyped-decorator]
        async def set_up(app: Sanic[Any, Any]) -> None:
            prepare(app.ctx.agent)

        @blueprint.listener("before_server_stop")  # type: ignore[untyped-decorator]
        async def close(app: Sanic[Any, Any]) -> None:
            if isinstance(app.ctx.agent.action_endpoint, ActionEndpoint):
                await app.ctx.agent.action_endpoint.close()

        @blueprint.route("/", methods=["GET"])  # type: ignore[untyped-decorator]
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"}, headers=launch_header())

        @blueprint.route("/ready", methods=["GET"])  # type: ignore[untyped-decorator]
        async def ready(request: Request) -> HTTPResponse:
            body, status = await _readiness(request.app.ctx.agent)
            return response.json(body, status, headers=launch_header())

        @blueprint.route("/conversations/<sender:str>", methods=["DELETE"])  # type: ignore[untyped-decorator]
        async def erase(request: Request, sender: str) -> HTTPResponse:
            if not self._from_desk(request):
                return response.json(*_NOT_THE_DESK)
            agent = request.app.ctx.agent
            try:
                async with agent.lock_store.lock(sender):  # a turn that ends later would store the conversation again
                    agent.tracker_store.erase(sender)
            except (TurnCancelled, *_AWAY) as error:
                logger.error("A conversation cannot be deleted now: %s", type(error).__name__)
                return response.json({"error": "the conversation cannot be deleted now"}, status=503)
            return response.empty()

        @blueprint.route("/turn", methods=["GET"])  # type: ignore[untyped-decorator]
        async def able(request: Request) -> HTTPResponse:
            return response.json(*await self._able(request.app.ctx.agent))

        @blueprint.route("/webhook", methods=["POST"])  # type: ignore[untyped-decorator]
        async def receive(request: Request) -> HTTPResponse | None:
            if not self._from_desk(request):
                return response.json(*_NOT_THE_DESK)
            try:
                asked = TurnRequest.model_validate_json(request.body)
            except (ValidationError, ValueError) as error:
                return response.json({"error": _explain(error)}, status=422)
            agent = request.app.ctx.agent
            if not agent or not agent.is_ready():
                return response.json({"error": "no model is loaded yet"}, status=503)
            reply = _Reply(request)
            try:
                turn = await self.turn(asked, agent, reply.deliver)
            except (TurnCancelled, *_AWAY) as error:
                reason = error if isinstance(error, TurnCancelled) else type(error).__name__
                logger.error("Turn of %s cancelled: %s", asked.sender, reason)
                return await reply.end({"error": "the turn could not be finished; send it again"}, 503)
            except Exception:
                logger.exception("Turn of %s failed", asked.sender)
                return await reply.end({"error": "the turn failed"}, 500)
            return await reply.end({"turn": turn}, 200)

        return blueprint

    async def _able(self, agent: Agent | None) -> tuple[dict[str, str], int]:
        """Whether a turn can be taken now, which is tried: through the lock, the conversations, an action, and back.

        The turn is one of a conversation of this process's own, which is deleted after it.
        """
        result = await _readiness(agent)
        if result[1] != HTTPStatus.OK or agent is None:
            return result
        known = "ask_support_hours" in agent.domain.intents  # whose action reads the order database
        asked = TurnRequest(
            sender=self._own_conversation,
            text="/ask_support_hours" if known else "hello",
            message_id=uuid.uuid4().hex,
            metadata={"payload": known, "waited": 0, "language": "en"},
        )
        try:
            async with asyncio.timeout(_ABLE_WITHIN):
                turn = await self.turn(asked, agent, _nowhere)
                async with agent.lock_store.lock(asked.sender):
                    agent.tracker_store.erase(asked.sender)
        except (Exception, TurnCancelled) as error:
            logger.error("No turn can be taken now: %s", type(error).__name__)
            return {"error": "no turn can be taken now"}, HTTPStatus.BAD_GATEWAY
        if not turn["actions"]:
            return {"error": "the turn has no answer"}, HTTPStatus.BAD_GATEWAY
        return result

    def _from_desk(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("X-Engine-Secret", "").encode(), self._secret)

    async def turn(self, asked: TurnRequest, agent: Agent, deliver: Deliver) -> dict[str, Any]:
        """Run one turn and store it; `deliver` is awaited after each action with all messages so far.

        A message that is the tracker's latest is not processed again: its messages are delivered as stored. That is
        looked up with the lock under which the turn runs, since another server may have stored it. Returns
        `TurnOutcome` as JSON.
        """
        store = agent.tracker_store
        async with agent.lock_store.lock(asked.sender):
            tracker = await store.retrieve(asked.sender)
            events = _since(asked.message_id, tracker)
            if tracker is not None and events:
                await deliver(assistant_messages(events))
                return turn_outcome(tracker, events).as_json()
            if tracker is not None and _chose_another_language(asked, tracker):
                tracker.update(SlotSet("language_pin", None))
                await store.save(tracker)

            async def acted(now: DialogueStateTracker) -> None:
                await deliver(assistant_messages(_since(asked.message_id, now)))

            output = TurnOutput(tracker, acted)
            # as Rasa's agent does, which would lock the conversation here
            await agent.processor.handle_message(_user_message(_with_typed_choice(asked, tracker), output))
            events = _since(asked.message_id, output.tracker)
            if output.tracker is None or not events:
                raise RuntimeError("the turn ended without an answer")
            return turn_outcome(output.tracker, events).as_json()


async def _nowhere(_messages: list[dict[str, Any]]) -> None:
    """Deliver to nobody."""


class _Reply:
    """The HTTP response of a turn: streamed lines if the desk accepts them, else one body when the turn is stored."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._in_lines = LINES in request.headers.get("Accept", "")
        self._messages: list[dict[str, Any]] = []
        self._lines: HTTPResponse | None = None

    async def deliver(self, messages: list[dict[str, Any]]) -> None:
        """Send the messages that are new among the turn's `messages` so far."""
        new, self._messages = messages[len(self._messages) :], messages
        if new and self._in_lines:
            if self._lines is None:
                self._lines = await self._request.respond(content_type=LINES)
            await self._lines.send(_line({"messages": new}))
            await asyncio.sleep(0)  # the loop writes to sockets between two steps; the next prediction is one of 2 ms

    async def end(self, result: dict[str, Any], status: int) -> HTTPResponse | None:
        """Finish the response with `result`; returns it, or None when it was streamed."""
        if self._lines is not None:
            await self._lines.send(_line({**result, "status": status}), end_stream=True)
            return None
        if status == 200:
            result = {"messages": self._messages, **result}
        return response.json(result, status=status)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _with_typed_choice(asked: TurnRequest, tracker: DialogueStateTracker | None) -> TurnRequest:
    """The message as a choice, when it names one of those that the last answer offered."""
    if asked.is_choice or tracker is None:
        return asked
    for event in reversed(list(tracker.events)):
        if isinstance(event, UserUttered):
            break
        choices = event.data.get("buttons") if isinstance(event, BotUttered) else None
        if choices:
            payload = typed_choice(asked.text, choices)
            if payload is not None:
                return asked.model_copy(update={"text": payload, "metadata": {**asked.metadata, "payload": True}})
            break
    return asked


def _chose_another_language(asked: TurnRequest, tracker: DialogueStateTracker) -> bool:
    """Whether the desk wants this answered in another language than the one asked for in an earlier message."""
    pin = tracker.slots.get("language_pin")
    typed = None if asked.is_choice else asked.metadata.get("typed", asked.text)
    return pin is not None and pin_is_outdated(pin.value, asked.metadata.get("language"), typed)


def _in_its_language(payload: str, metadata: dict[str, Any]) -> str:
    """The payload of a choice with language and script as entities, since no words tell them."""
    intent, brace, entities = payload.partition("{")
    try:
        named = json.loads(brace + entities) if brace else {}
    except ValueError:
        return payload
    named = {name: metadata[name] for name in ("language", "script") if metadata.get(name)} | named
    return f"{intent}{json.dumps(named, ensure_ascii=False)}" if named else payload


def _user_message(asked: TurnRequest, output: TurnOutput) -> UserMessage:
    metadata = {key: value for key, value in asked.metadata.items() if key != "text_length"}
    text = asked.text.strip()
    if len(text) > LONGEST_TEXT and not asked.is_choice:
        metadata["text_length"] = len(text)
        text = _shorten(text)
    if text.startswith("/") and asked.is_choice:
        text = _in_its_language(text, metadata)
    elif text.startswith("/"):
        text = "／" + text[1:]  # as wide in characters, so that entity positions stay; Rasa sees no payload in it
    parse_data = None
    if not text:
        nothing = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0}
        parse_data = {"text": "", "intent": nothing, "intent_ranking": [nothing], "entities": []}
    return UserMessage(
        text,
        output,
        asked.sender,
        parse_data=parse_data,
        input_channel=DeskChannel.name(),
        message_id=asked.message_id,
        metadata=metadata,
    )


def _shorten(text: str) -> str:
    """The first thousand characters, up to the end of a word where there is one nearby."""
    head = text[:LONGEST_TEXT]
    words, space, _rest = head.rpartition(" ")
    return words if space and len(words) > LONGEST_TEXT - 100 else head


def _since(message_id: str, tracker: DialogueStateTracker | None) -> list[Event]:
    """The tracker's latest message and what followed; nothing when that is another message."""
    events: list[Event] = []
    for event in reversed(tracker.events if tracker is not None else ()):
        events.append(event)
        if isinstance(event, UserUttered):
            return events[::-1] if event.message_id == message_id else []
    return []


def _explain(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return "the body is not JSON"
