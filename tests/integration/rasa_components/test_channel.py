"""The desk's requests against a real Rasa agent, a real server and a real (if tiny) model."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import rasa
import sqlalchemy as sa
from aiohttp import web
from rasa.core.agent import Agent
from rasa.core.channels.channel import register
from rasa.core.channels.rest import RestInput
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic
from sanic.touchup import TouchUp
from sqlalchemy.exc import OperationalError

import aftercare.rasa_components.runtime as engine
from aftercare.base.responses import Responses
from aftercare.rasa_components.channel import LONGEST_TEXT, DeskChannel
from aftercare.rasa_components.patches import PromptProcessor
from aftercare.rasa_components.runtime import ActionEndpoint, PromptLockStore
from aftercare.rasa_components.tracker_store import WindowedTrackerStore
from aftercare.rasa_components.turn_wire import TurnRequest

CONFIG = """
recipe: default.v1
assistant_id: channel
language: en
pipeline: [{name: KeywordIntentClassifier}, {name: FallbackClassifier, threshold: 0.3}]
policies: [{name: RulePolicy}]
"""
DOMAIN = """
version: "3.1"
intents: [greet, ask_order, restart_now, ask_both]
entities: [language, script, order_number]
slots:
  language: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  script: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  language_pin: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  order_number: {type: text, influence_conversation: false, mappings: [{type: custom}]}
actions: [action_lookup]
responses:
  utter_greet: [{text: "Hello!", buttons: [{title: "My order", payload: /ask_order}]}]
  utter_default_answer: [{text: "Sorry?"}]
  utter_restart: [{text: "Restarted."}]
"""
DATA = """
version: "3.1"
nlu:
- {intent: greet, examples: "- hello\\n- hi\\n"}
- {intent: ask_order, examples: "- order\\n- 订单\\n"}
- {intent: restart_now, examples: "- restart now\\n- again please\\n"}
- {intent: ask_both, examples: "- both\\n- everything\\n"}
rules:
- {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
- {rule: order, steps: [{intent: ask_order}, {action: action_lookup}]}
- {rule: both, steps: [{intent: ask_both}, {action: utter_greet}, {action: action_lookup}]}
- {rule: else, steps: [{intent: nlu_fallback}, {action: utter_default_answer}]}
"""


class ActionServer:
    """Stands where the action server stands: answers one action over HTTP and counts connections and calls."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.connections: set[Any] = set()
        self.answer: Any = {
            "events": [
                {"event": "slot", "name": "language", "value": "zh"},
                {"event": "slot", "name": "script", "value": "hant"},
            ],
            "responses": [{"text": "您的订单已激活。", "buttons": [], "meaning": "order_found"}],
        }
        self.status = 200
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def handle(self, request: web.Request) -> web.Response:
        self.calls.append(await request.json())
        self.connections.add(request.transport)
        self.asked.set()
        await self.may_answer.wait()
        return web.json_response(self.answer, status=self.status)


_touch_up, _touched = TouchUp.run, []


def touch_up_once(app: Sanic) -> None:
    """Sanic rewrites its own classes when an app starts, which works once in a process."""
    if not _touched:
        _touched.append(app.name)
        _touch_up(app)


# Rasa unpacks a model and checks its domain at each load; the tests read the same model and change neither.
load_once = staticmethod(functools.cache(MessageProcessor._load_model))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bot")
    for name, text in {"config.yml": CONFIG, "domain.yml": DOMAIN, "data.yml": DATA}.items():
        (folder / name).write_text(text)
    files = [str(folder / name) for name in ("domain.yml", "config.yml", "data.yml")]
    trained = rasa.train(files[0], files[1], files[2], output=str(folder / "models")).model
    assert trained is not None
    return str(trained)


class Desk:
    """What the desk does, against the channel under test."""

    def __init__(self, client: httpx.AsyncClient, secret: str, actions: ActionServer, agent: Agent) -> None:
        self.client, self.secret, self.actions, self.agent = client, secret, actions, agent

    async def post(self, body: Any, secret: str | None = None) -> httpx.Response:
        headers = {"X-Engine-Secret": self.secret if secret is None else secret}
        return await self.client.post("/webhooks/desk/webhook", json=body, headers=headers)

    async def say(self, text: str, message_id: str = "m1", sender: str = "t", **metadata: Any) -> dict[str, Any]:
        body = {"sender": sender, "text": text, "message_id": message_id, "metadata": metadata}
        answer = await self.post(body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def lines(self, text: str, message_id: str) -> AsyncIterator[dict[str, Any]]:
        """The answer as it comes: each message as soon as it is said, then the turn."""
        body = {"sender": "t", "text": text, "message_id": message_id}
        headers = {"X-Engine-Secret": self.secret, "Accept": "application/x-ndjson"}
        async with self.client.stream("POST", "/webhooks/desk/webhook", json=body, headers=headers) as response:
            assert response.status_code == 200
            assert response.headers["Content-Type"] == "application/x-ndjson"
            async for line in response.aiter_lines():
                yield json.loads(line)

    async def user_messages(self, sender: str = "t") -> list[Any]:
        tracker = await self.agent.tracker_store.retrieve_full_tracker(sender)
        return [event for event in tracker.events if event.type_name == "user"]


@pytest_asyncio.fixture
async def desk(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setenv("ENGINE_SECRET", "right")
    monkeypatch.setattr(TouchUp, "run", touch_up_once)
    monkeypatch.setattr(MessageProcessor, "_load_model", load_once)
    actions, actions_port, port = ActionServer(), free_port(), free_port()
    application = web.Application()
    application.router.add_post("/webhook", actions.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", actions_port).start()

    store = WindowedTrackerStore(None, host=f"sqlite:///{tmp_path}/tracker.db")
    endpoint = EndpointConfig(f"http://127.0.0.1:{actions_port}/webhook", enable_selective_domain=True)
    said = {"en": Responses(Domain.from_yaml(DOMAIN).responses, {}), "zh": Responses({}, {})}
    monkeypatch.setattr("aftercare.rasa_components.nlg.all_responses", lambda: said)
    nlg = NaturalLanguageGenerator.create(
        EndpointConfig(type="aftercare.rasa_components.nlg.BilingualNlg"), Domain.empty()
    )
    agent = Agent.load(model, tracker_store=store, action_endpoint=endpoint, generator=nlg)
    app = Sanic(f"desk_{uuid.uuid4().hex}", configure_logging=False)  # a port comes again, a name must not
    register([DeskChannel(), RestInput()], app, route="/webhooks/")
    app.ctx.agent = agent
    server = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    assert server is not None
    await server.startup()
    await server.after_start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield Desk(client, "right", actions, agent)
    await server.before_stop()
    server.close()
    await runner.cleanup()


async def test_answer_tells_what_happened(desk: Desk) -> None:
    answer = await desk.say("hello", channel="web", locale="en")
    assert answer["messages"] == [
        {
            "text": "Hello!",
            "choices": [{"title": "My order", "payload": "/ask_order"}],
            "image": None,
            "custom": None,
            "name": "utter_greet",
        }
    ]
    turn = answer["turn"]
    assert (turn["intent"], turn["confidence"]) == ("greet", 1.0)
    assert turn["actions"] == ["utter_greet"]
    assert turn["slots"] == {}


async def test_action_messages_have_a_meaning_and_the_travellers_script(desk: Desk) -> None:
    answer = await desk.say("my order", channel="telegram", locale="zh")
    assert [(m["name"], m["text"]) for m in answer["messages"]] == [("order_found", "您的訂單已啟用。")]
    assert answer["turn"]["slots"] == {"language": "zh", "script": "hant"}
    assert (answer["turn"]["language"], answer["turn"]["script"]) == ("zh", "hant")
    seen = desk.actions.calls[0]["tracker"]["latest_message"]["metadata"]
    assert (seen["channel"], seen["locale"]) == ("telegram", "zh")


TRADITIONAL = {
    "events": [
        {"event": "slot", "name": "language", "value": "zh"},
        {"event": "slot", "name": "script", "value": "hant"},
    ],
    "responses": [
        {
            "text": "请选择套餐。",
            "buttons": [{"title": "选这个", "payload": '/choose{"plan": "网络"}'}],
            "custom": {
                "cards": [
                    {
                        "title": "新西兰 1 GB",
                        "lines": ["1 天", "可开热点"],
                        "price": "NZ$4.90",
                        "reason": "不用担心流量",
                    },
                    {"title": "网络", "lines": [], "payload": '/choose{"plan": "网络"}'},
                ],
                "remind": True,
            },
        }
    ],
}
IN_TRADITIONAL = {
    "text": "請選擇方案。",
    "buttons": [{"title": "選這個", "payload": '/choose{"plan": "网络"}'}],
    "custom": {
        "cards": [
            {"title": "紐西蘭 1 GB", "lines": ["1 天", "可開熱點"], "price": "NZ$4.90", "reason": "不用擔心流量"},
            {"title": "網路", "lines": [], "payload": '/choose{"plan": "网络"}'},
        ],
        "remind": True,
    },
}


async def test_the_desk_gets_everything_a_traveller_reads_in_their_script(desk: Desk) -> None:
    desk.actions.answer = TRADITIONAL
    (message,) = (await desk.say("my order"))["messages"]
    assert (message["text"], message["choices"], message["custom"]) == tuple(IN_TRADITIONAL.values())


async def test_the_rest_channel_and_the_tracker_have_the_same(desk: Desk) -> None:
    desk.actions.answer = TRADITIONAL
    answer = await desk.client.post("/webhooks/rest/webhook", json={"sender": "t", "message": "my order"})
    said: dict[str, Any] = {}
    for part in answer.json():  # Rasa's channel sends the parts of a message one by one
        said.update({key: value for key, value in part.items() if key in IN_TRADITIONAL})
    assert said == IN_TRADITIONAL
    tracker = await desk.agent.tracker_store.retrieve_full_tracker("t")
    (stored,) = (event for event in tracker.events if event.type_name == "bot")
    assert (stored.text, stored.data["buttons"], stored.data["custom"]) == tuple(IN_TRADITIONAL.values())


async def test_connections_to_the_action_server_are_kept(desk: Desk) -> None:
    for n in range(5):
        await desk.say("my order", message_id=str(n))
    assert len(desk.actions.calls) == 5
    assert len(desk.actions.connections) == 1


@pytest.mark.parametrize("secret", ["", "wrong", "righ", "right2"])
async def test_wrong_secret_is_refused_and_nothing_is_stored(desk: Desk, secret: str) -> None:
    answer = await desk.post({"sender": "t", "text": "hello", "message_id": "1"}, secret=secret)
    assert answer.status_code == 401
    assert await desk.agent.tracker_store.retrieve("t") is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        "hello",
        {},
        {"sender": "t", "text": "hello"},
        {"sender": "", "text": "hello", "message_id": "1"},
        {"sender": "t" * 300, "text": "hello", "message_id": "1"},
        {"sender": "t", "text": 5, "message_id": "1"},
        {"sender": "t", "text": "hello", "message_id": "1", "metadata": "web"},
    ],
)
async def test_malformed_request_is_explained(desk: Desk, body: Any) -> None:
    answer = await desk.post(body)
    assert answer.status_code == 422
    assert answer.json()["error"]


@pytest.mark.parametrize("text", ["/restart", " /ask_order", "　/ask_order", '/greet{"order_number":"NZ10000003"}'])
async def test_typed_slash_is_never_a_payload(desk: Desk, text: str) -> None:
    answer = await desk.say(text, payload=False)
    assert answer["turn"]["slots"] == {}
    assert answer["turn"]["intent"] in {"nlu_fallback", "greet", "ask_order"}  # keywords may match, payloads not
    assert "action_restart" not in answer["turn"]["actions"]
    (stored,) = await desk.user_messages()
    assert stored.text.startswith("／")
    assert len(stored.text) == len(text.strip())


async def test_only_true_marks_a_payload(desk: Desk) -> None:
    forged = await desk.say("/restart", message_id="1", payload="true")
    assert forged["turn"]["intent"] != "restart"
    choice = await desk.say("/ask_order", message_id="2", payload=True)
    assert (choice["turn"]["intent"], choice["turn"]["actions"]) == ("ask_order", ["action_lookup"])
    assert choice["turn"]["ranking"] == [{"name": "ask_order", "confidence": 1.0}]


async def test_a_choice_is_answered_in_the_language_of_the_channel(desk: Desk) -> None:
    metadata = {"payload": True, "language": "zh", "script": "hant"}
    await desk.say('/greet{"order_number": "NZ10000003"}', message_id="1", **metadata)
    await desk.say("/ask_order", message_id="2", **metadata)
    await desk.say("/ask_order", message_id="3", payload=True)
    told = [{e["entity"]: e["value"] for e in message.entities} for message in await desk.user_messages()]
    chosen = {"language": "zh", "script": "hant"}
    assert told == [{**chosen, "order_number": "NZ10000003"}, chosen, {}]


async def test_a_language_asked_for_earlier_gives_way_to_the_one_chosen_now(desk: Desk) -> None:
    await desk.say("hello", message_id="1")
    tracker = await desk.agent.tracker_store.retrieve("t")
    tracker.update(SlotSet("language_pin", "en"))
    await desk.agent.tracker_store.save(tracker)
    assert (await desk.say("订单", message_id="2", language="zh"))["turn"]["language"] == "en"
    assert (await desk.say("OK", message_id="3", language="en"))["turn"]["language"] == "en"
    assert (await desk.say("OK", message_id="4", language="zh"))["turn"]["language"] == "zh"


@pytest.mark.parametrize("text", ["", "   ", "\n", "\0"])
async def test_empty_text_is_answered(desk: Desk, text: str) -> None:
    answer = await desk.say(text)
    assert [m["name"] for m in answer["messages"]] == ["utter_default_answer"]


@pytest.mark.parametrize("text", ["🙂🙂", "'; DROP TABLE events; --", "<script>alert(1)</script>", "{order_number}"])
async def test_odd_text_is_answered(desk: Desk, text: str) -> None:
    assert (await desk.say(text))["messages"]


async def test_long_text_is_cut_at_a_word_and_noted(desk: Desk) -> None:
    assert (await desk.say("hello " * 2_000))["messages"]
    (stored,) = await desk.user_messages()
    assert LONGEST_TEXT - 100 < len(stored.text) <= LONGEST_TEXT
    assert stored.text.endswith("hello")
    assert stored.metadata["text_length"] == len("hello " * 2_000) - 1


async def test_repeated_message_is_answered_again_but_processed_once(desk: Desk) -> None:
    first = await desk.say("my order", message_id="same")
    assert await desk.say("my order", message_id="same") == first
    together = await asyncio.gather(*(desk.say("my order", message_id="next") for _ in range(4)))
    assert all(answer == together[0] for answer in together)
    assert len(desk.actions.calls) == 2
    assert [event.message_id for event in await desk.user_messages()] == ["same", "next"]


async def test_two_servers_that_are_asked_the_same_at_once_process_it_once(desk: Desk) -> None:
    asked = TurnRequest(sender="t", text="my order", message_id="same")
    servers = [DeskChannel() for _ in range(2)]  # the locks and the conversations are shared

    async def nothing(_messages: list[dict[str, Any]]) -> None:
        return None

    one, other = await asyncio.gather(*(each.turn(asked, desk.agent, nothing) for each in servers))
    assert one == other
    assert len(desk.actions.calls) == 1
    assert [event.message_id for event in await desk.user_messages()] == ["same"]


async def test_an_answer_need_not_wait_until_its_turn_is_stored(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.say("hello", message_id="1")
    save, may_save = desk.agent.tracker_store.save, asyncio.Event()

    async def save_later(tracker: Any) -> None:
        await may_save.wait()
        await save(tracker)

    monkeypatch.setattr(desk.agent.tracker_store, "save", save_later)
    lines = desk.lines("my order", "2")
    answer = await lines.__anext__()
    assert [m["name"] for m in answer["messages"]] == ["order_found"]
    assert [event.message_id for event in await desk.user_messages()] == ["1"]
    may_save.set()
    (end,) = [line async for line in lines]
    assert (end["turn"]["actions"], end["status"]) == (["action_lookup"], 200)
    assert [event.message_id for event in await desk.user_messages()] == ["1", "2"]
    assert [line async for line in desk.lines("my order", "2")] == [answer, end]
    assert len(desk.actions.calls) == 1
    assert await desk.say("my order", message_id="2") == {**answer, "turn": end["turn"]}


async def test_each_message_is_handed_over_when_it_is_said(desk: Desk) -> None:
    desk.actions.may_answer.clear()
    came: list[list[str]] = []
    async for line in desk.lines("both", "1"):
        came.append([m["name"] for m in line.get("messages", [])])
        desk.actions.may_answer.set()  # only now: the first message did not wait for the action that says the second
    assert came == [["utter_greet"], ["order_found"], []]


async def test_a_turn_that_fails_after_its_first_message_can_be_repeated(desk: Desk) -> None:
    url, desk.agent.action_endpoint.url = desk.agent.action_endpoint.url, f"http://127.0.0.1:{free_port()}/webhook"
    first, end = [line async for line in desk.lines("both", "1")]
    assert [m["name"] for m in first["messages"]] == ["utter_greet"]
    assert (set(end), end["status"]) == ({"error", "status"}, 503)
    assert await desk.agent.tracker_store.retrieve("t") is None
    desk.agent.action_endpoint.url = url
    again = [line async for line in desk.lines("both", "1")]
    assert again[0] == first
    assert again[2]["turn"]["actions"] == ["utter_greet", "action_lookup"]


async def test_a_turn_that_cannot_be_stored_says_so_and_can_be_repeated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_tracker: Any) -> None:
        raise ConnectionError("secret details")

    await desk.say("my order", message_id="1")
    with monkeypatch.context() as broken:
        broken.setattr(desk.agent.tracker_store, "save", fail)
        answer, end = [line async for line in desk.lines("hello", "2")]
        assert (await desk.post({"sender": "t", "text": "hello", "message_id": "2"})).status_code == 500
    assert [m["name"] for m in answer["messages"]] == ["utter_greet"]
    assert end == {"error": "the turn failed", "status": 500}
    assert [event.message_id for event in await desk.user_messages()] == ["1"]
    again, end = [line async for line in desk.lines("hello", "2")]
    assert (again, end["turn"]["intent"]) == (answer, "greet")


async def test_a_turn_without_an_answer_fails_as_a_whole(desk: Desk) -> None:
    desk.agent.action_endpoint.url = f"http://127.0.0.1:{free_port()}/webhook"
    headers = {"X-Engine-Secret": desk.secret, "Accept": "application/x-ndjson"}
    body = {"sender": "t", "text": "my order", "message_id": "1"}
    answer = await desk.client.post("/webhooks/desk/webhook", json=body, headers=headers)
    assert (answer.status_code, set(answer.json())) == (503, {"error"})


async def test_a_conversation_is_read_once_per_turn(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.say("hello", message_id="1")
    retrieve, read = desk.agent.tracker_store.retrieve, []

    async def count(sender: str) -> Any:
        read.append(sender)
        return await retrieve(sender)

    monkeypatch.setattr(desk.agent.tracker_store, "retrieve", count)
    await desk.say("my order", message_id="2")
    assert read == ["t"]
    first, second = await desk.user_messages()
    models = [(event.metadata["model_id"], event.metadata["assistant_id"]) for event in (first, second)]
    assert models[0] == models[1]
    assert models[0][1] == "channel"


def lock_requests(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """The conversations whose lock the channel's requests ask for, from here on."""
    requests: asyncio.Queue[str] = asyncio.Queue()
    lock = PromptLockStore.lock

    def noted(self: PromptLockStore, sender: str) -> Any:
        requests.put_nowait(sender)
        return lock(self, sender)

    monkeypatch.setattr(PromptLockStore, "lock", noted)
    return requests


async def test_a_conversation_deleted_during_a_turn_does_not_come_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.say("hello", message_id="1")
    desk.actions.may_answer.clear()
    turn = asyncio.create_task(desk.say("my order", message_id="2"))
    await desk.actions.asked.wait()
    requests = lock_requests(monkeypatch)
    headers = {"X-Engine-Secret": desk.secret}
    erased = asyncio.create_task(desk.client.delete("/webhooks/desk/conversations/t", headers=headers))
    await requests.get()
    desk.actions.may_answer.set()
    assert (await erased).status_code == 204
    await turn
    assert await desk.agent.tracker_store.retrieve("t") is None


async def test_messages_of_one_traveller_wait_for_each_other_briefly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = lock_requests(monkeypatch)
    desk.actions.may_answer.clear()
    turns = asyncio.gather(*(desk.say("my order", message_id=str(n)) for n in range(4)))
    for _ in range(4):
        await requests.get()
    begun = asyncio.get_running_loop().time()
    desk.actions.may_answer.set()
    await turns
    assert asyncio.get_running_loop().time() - begun < 3  # Rasa's own lock would look once a second
    assert len(await desk.user_messages()) == 4


async def test_unreachable_action_server_cancels_the_turn_and_it_can_be_repeated(desk: Desk) -> None:
    await desk.say("hello", message_id="1")
    url, desk.agent.action_endpoint.url = desk.agent.action_endpoint.url, f"http://127.0.0.1:{free_port()}/webhook"
    body = {"sender": "t", "text": "my order", "message_id": "2"}
    answer = await desk.post(body)
    assert answer.status_code == 503
    assert set(answer.json()) == {"error"}
    assert [event.message_id for event in await desk.user_messages()] == ["1"]
    desk.agent.action_endpoint.url = url
    assert (await desk.post(body)).json()["messages"][0]["name"] == "order_found"


async def test_silent_action_server_cancels_the_turn(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ACTION_SECONDS", 0.2)
    desk.actions.may_answer.clear()
    assert (await desk.post({"sender": "t", "text": "my order", "message_id": "1"})).status_code == 503
    desk.actions.may_answer.set()


async def test_broken_database_is_an_error_not_a_new_conversation(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.say("hello", message_id="1")

    async def fail(_sender: str) -> None:
        raise ConnectionError("secret details")

    with monkeypatch.context() as broken:
        broken.setattr(desk.agent.tracker_store, "retrieve", fail)
        answer = await desk.post({"sender": "t", "text": "hello", "message_id": "2"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "the turn failed"}
    assert [event.message_id for event in await desk.user_messages()] == ["1"]


@pytest.mark.parametrize("method", ["retrieve", "save"])
async def test_a_database_that_is_away_or_full_means_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def fail(_what: Any) -> None:
        raise OperationalError("INSERT", {"text": "secret"}, Exception("disk is full"))

    body = {"sender": "t", "text": "hello", "message_id": "2"}
    with monkeypatch.context() as broken:
        broken.setattr(desk.agent.tracker_store, method, fail)
        assert (await desk.post(body)).status_code == 503
    assert (await desk.post(body)).status_code == 200


async def test_invalid_response_of_an_action_is_not_applied(desk: Desk) -> None:
    desk.actions.answer = {"events": [{"event": "slot", "timestamp": "yesterday"}], "responses": "text"}
    answer = await desk.say("my order")
    assert answer["messages"] == []
    assert answer["turn"]["slots"] == {}


async def test_set_up_is_applied_once(desk: Desk) -> None:
    endpoint = desk.agent.action_endpoint
    assert isinstance(endpoint, ActionEndpoint)
    assert isinstance(desk.agent.tracker_store, WindowedTrackerStore)
    engine.prepare(desk.agent)
    assert desk.agent.action_endpoint is endpoint
    assert desk.agent.processor.action_endpoint is endpoint


async def test_a_model_loaded_later_is_set_up_before_its_first_turn(desk: Desk, model: str) -> None:
    desk.agent.load_model(model)
    assert type(desk.agent.processor) is PromptProcessor
    assert desk.agent.processor.action_endpoint is desk.agent.action_endpoint
    assert (await desk.say("hello"))["messages"][0]["text"] == "Hello!"


async def test_it_is_ready_only_when_a_message_can_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await desk.client.get("/webhooks/desk/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    async def broken(*_args: Any, **_named: Any) -> None:
        raise ValueError("a model of another version")

    with monkeypatch.context() as patched:
        patched.setattr(desk.agent, "parse_message", broken)
        answer = await desk.client.get("/webhooks/desk/ready")
        assert (answer.status_code, answer.json()) == (503, {"error": "the model cannot read a message"})
    monkeypatch.setattr(desk.agent, "processor", None)
    answer = await desk.client.get("/webhooks/desk/ready")
    assert (answer.status_code, answer.json()) == (503, {"error": "no model is loaded"})


async def test_it_is_able_only_when_a_turn_goes_through(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await desk.client.get("/webhooks/desk/turn")).status_code == 200
    with desk.agent.tracker_store.session_scope() as session:
        assert session.execute(sa.text("SELECT COUNT(*) FROM events")).scalar_one() == 0
    for method in ("retrieve", "save"):

        async def fail(_what: Any) -> None:
            raise OperationalError("INSERT", {}, Exception("disk is full"))

        with monkeypatch.context() as broken:
            broken.setattr(desk.agent.tracker_store, method, fail)
            assert (await desk.client.get("/webhooks/desk/turn")).status_code == 502
    assert (await desk.client.get("/webhooks/desk/turn")).status_code == 200


async def test_an_action_server_whose_database_is_away_cancels_the_turn(desk: Desk) -> None:
    desk.actions.status = 503
    body = {"sender": "t", "text": "my order", "message_id": "1"}
    assert (await desk.post(body)).status_code == 503
    assert await desk.agent.tracker_store.retrieve("t") is None
    desk.actions.status = 200
    assert (await desk.post(body)).status_code == 200
