"""A traveller's chat through the public API of the real stack, also while its processes are killed under it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from aftercare.base.database import open_engine
from aftercare.base.language import HAN, to_traditional
from aftercare.conversations.tables import conversation, event
from tests.support.running_stack import Stack, request_json, running_stack
from tests.support.waiting import wait_until

ANSWER_WITHIN = 90


class Chat:
    """A client of the chat API."""

    def __init__(self, stack: Stack, locale: str = "en") -> None:
        self.stack = stack
        status, session = request_json("POST", f"{stack.desk_url}/api/chat/sessions", {"locale": locale})
        assert status == 201, session
        self.token: str = session["token"]
        self.conversation_id: str = session["conversation_id"]
        self.seen = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, message_id: str | None = None, **body: Any) -> tuple[int, Any]:
        """Send `text` or `choice`; tries again while the desk itself is away, as the widget does."""
        sent = {"id": message_id or uuid.uuid4().hex, **body}
        deadline = time.monotonic() + ANSWER_WITHIN
        while True:
            try:
                return request_json("POST", f"{self.stack.desk_url}/api/chat/messages", sent, self.headers)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.3)

    def events(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Events after the last seen one, for so many seconds."""
        deadline = time.monotonic() + seconds
        address = urlsplit(self.stack.desk_url)
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=1)
            try:
                connection.request("GET", f"/api/chat/events?after={self.seen}", headers=self.headers)
                answer = connection.getresponse()
                while time.monotonic() < deadline:
                    line = answer.readline().decode()
                    if line.startswith("data:"):
                        found = json.loads(line[5:])
                        self.seen = max(self.seen, found.get("seq") or 0)
                        yield found
            except OSError:
                time.sleep(0.2)
            finally:
                connection.close()

    def ask(self, **body: Any) -> list[dict[str, Any]]:
        """Send, and wait for the assistant's messages until the turn has ended."""
        status, answer = self.post(**body)
        assert status == 202, answer
        return self.replies()

    def replies(self, within: float = ANSWER_WITHIN) -> list[dict[str, Any]]:
        """The assistant's next messages: those until no message waits for its answer."""
        found: list[dict[str, Any]] = []
        for each in self.events(within):
            if each["kind"] == "message" and each["from"] == "assistant":
                found.append(each)
                if self.seen >= self._last_of_turn():
                    break
        return found

    def _last_of_turn(self) -> int:
        """The number of the conversation's last event, once all messages are answered."""
        mine = sa.select(conversation.c.last_seq).where(conversation.c.id == self.conversation_id)
        waiting = sa.select(event.c.seq).where(
            event.c.conversation_id == self.conversation_id, event.c.status == "pending"
        )
        engine = open_engine(f"sqlite:///{self.stack.var}/desk.db")

        def answered() -> bool:
            with engine.connect() as connection:
                return connection.execute(waiting).first() is None

        try:
            wait_until(answered, ANSWER_WITHIN)
            with engine.connect() as connection:
                return int(connection.execute(mine).scalar_one())
        finally:
            engine.dispose()


def said(messages: list[dict[str, Any]]) -> str:
    return "\n".join(message["text"] or "" for message in messages)


def test_a_code_is_shown_again_to_its_owner(stack: Stack) -> None:
    chat = Chat(stack, "zh")
    assert "订单号" in said(chat.ask(text="我的eSIM激活不了"))
    assert "邮箱" in said(chat.ask(text="NZ10000001"))
    answer = chat.ask(text="wang@example.com")
    assert "还没有用过" in said(answer)
    assert any((message.get("image") or "").startswith("data:image/png") for message in answer)
    choices = [choice for message in answer for choice in message["choices"]]
    assert choices
    assert chat.ask(choice=choices[0]["id"])


def in_chinese(messages: list[dict[str, Any]]) -> bool:
    return bool(HAN.search(said(messages)))


def test_what_tells_no_language_is_answered_in_the_one_that_was_chosen(stack: Stack) -> None:
    chat = Chat(stack, "zh-TW")
    assert in_chinese(chat.ask(text="NZ10000006"))
    assert not in_chinese(chat.ask(text="I have bars but no internet"))
    url = f"{stack.desk_url}/api/chat/language"
    assert request_json("POST", url, {"locale": "zh-Hant"}, chat.headers)[0] == 204
    answer = chat.ask(text="raj@example.com")
    assert in_chinese(answer)
    assert to_traditional(said(answer)) == said(answer)
    choices = [choice for message in answer for choice in message["choices"]]
    assert in_chinese(chat.ask(choice=choices[0]["id"]))
    assert not in_chinese(chat.ask(text="it still does not work"))
    assert not in_chinese(chat.ask(text="OK"))


@pytest.mark.parametrize(
    "text",
    [
        "👍",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE purchase; --",
        "/restart",
        '/inform{"order_number":"NZ10000003"}',
    ],
)
def test_odd_input_gets_a_sensible_answer(stack: Stack, text: str) -> None:
    chat = Chat(stack)
    answer = said(chat.ask(text=text))
    assert answer
    assert "Traceback" not in answer
    assert "e-mail" in said(chat.ask(text="where is my order NZ10000006"))


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_000])
def test_what_cannot_be_a_message_is_refused_in_words(stack: Stack, text: str) -> None:
    chat = Chat(stack)
    status, answer = chat.post(text=text)
    if status == 202:
        assert said(chat.replies())
    else:
        assert status in (400, 413, 422)
        assert len(answer["error"]["message"]) > 10


def test_a_deleted_chat_leaves_nothing_with_rasa_either(stack: Stack) -> None:
    chat = Chat(stack)
    chat.ask(text="hello there, my secret is kiwi-7391")
    tracker = open_engine(f"sqlite:///{stack.var}/tracker.db")
    count = sa.text("SELECT count(*) FROM events WHERE data LIKE '%kiwi-7391%'")
    with tracker.connect() as connection:
        assert connection.execute(count).scalar_one() > 0
    status, _ = request_json("DELETE", f"{stack.desk_url}/api/chat/conversation", headers=chat.headers)
    assert status == 204
    with tracker.connect() as connection:
        assert connection.execute(count).scalar_one() == 0
    assert chat.post(text="still there?")[0] == 401


PROCESSES = ["aftercare.run.rasa", "aftercare.run.actions", "aftercare.run.desk"]


@pytest.mark.parametrize("module", PROCESSES)
def test_what_serves_has_loaded_nothing_that_trains_or_draws(stack: Stack, module: str) -> None:
    """By the compiled parts that the process has in memory."""
    Chat(stack).ask(text="what is an eSIM?")
    mapped = Path(f"/proc/{stack.pid_of(module)}/maps").read_text()
    assert "/site-packages/" in mapped
    assert [name for name in ("sklearn", "matplotlib", "networkx", "dask") if f"/site-packages/{name}/" in mapped] == []


def test_rasa_stays_small(stack: Stack) -> None:
    """With encoder, reader and retriever, which map what they have learnt; scikit-learn alone would add 40 MB."""
    Chat(stack).ask(text="what is an eSIM?")
    status = Path(f"/proc/{stack.pid_of('aftercare.run.rasa')}/status").read_text()
    used = int(status.partition("VmRSS:")[2].split()[0])
    assert used < 480 * 1024, status


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of our own, because its processes get killed."""
    folder: Path = tmp_path_factory.mktemp("fragile")
    with running_stack(folder) as running:
        yield running


@pytest.mark.parametrize("module", PROCESSES)
def test_a_killed_process_loses_no_message(fragile: Stack, module: str) -> None:
    chat = Chat(fragile)
    assert "order number" in said(chat.ask(text="I want a refund"))
    os.kill(fragile.pid_of(module), signal.SIGKILL)
    status, answer = chat.post(text="NZ10000003")
    assert status == 202, answer
    assert "e-mail" in said(chat.replies())
    assert "7" in said(chat.ask(text="emma@example.com"))
    fragile.wait_until_ready()
