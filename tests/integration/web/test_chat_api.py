"""Sessions, messages and events over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from aftercare.base.language import Language
from aftercare.conversations import texts
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa

STARTERS = {
    "en": [
        "My eSIM won't activate",
        "I have no signal",
        "It suddenly stopped working",
        "I want a refund",
        "Talk to a person",
    ],
    "zh-CN": ["我的 eSIM 激活不了", "没有信号", "突然不能用了", "我想退款", "转人工"],
    "zh-TW": ["我的 eSIM 啟用不了", "沒有訊號", "突然不能用了", "我想退款", "轉真人客服"],
}


async def test_a_message_is_stored_acknowledged_and_answered(traveller: ChatClient, rasa: FakeRasa) -> None:
    status, body = await traveller.post(id="a", text="hello there")
    assert (status, body) == (202, {"seq": 1, "language": "en"})
    answer = await traveller.answer()
    assert answer["text"] == "echo hello there"
    assert [(e["seq"], e["kind"], e["from"], e["text"]) for e in traveller.events] == [
        (1, "message", "traveller", "hello there"),
        (2, "message", "assistant", "echo hello there"),
    ]
    assert rasa.asked == [(traveller.conversation_id, f"{traveller.conversation_id}-1", "hello there")]


async def test_the_same_client_id_counts_once(traveller: ChatClient, rasa: FakeRasa) -> None:
    replies = await asyncio.gather(*(traveller.post(id="same", text="hi") for _ in range(8)))
    assert replies == [(202, {"seq": 1})] * 8
    await traveller.answer()
    assert await traveller.post(id="same", text="hi") == (202, {"seq": 1})
    assert (await traveller.ask("next"))["text"] == "echo next"
    assert [e["text"] for e in traveller.events] == ["hi", "echo hi", "next", "echo next"]
    assert [text for _, _, text in rasa.asked] == ["hi", "next"]


async def test_turns_stay_in_order(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.seconds = 0.02
    for number in range(10):
        await traveller.say(f"number {number}")
    await traveller.until(lambda e: e["text"] == "echo number 9")
    assert [text for _, _, text in rasa.asked] == [f"number {n}" for n in range(10)]
    assert [e["seq"] for e in traveller.events] == list(range(1, 21))


async def test_a_choice_sends_its_payload(traveller: ChatClient, rasa: FakeRasa) -> None:
    offered = await traveller.ask("buttons")
    assert [c["title"] for c in offered["choices"]] == ["Yes", "No"]
    assert "payload" not in str(offered)
    status, _ = await traveller.post(choice=offered["choices"][1]["id"])
    assert status == 202
    assert (await traveller.answer())["text"] == 'payload /deny{"a": 1}'
    assert [e["text"] for e in traveller.events if e["from"] == "traveller"] == ["buttons", "No"]


async def offered_at_the_start(http: aiohttp.ClientSession, base: str, language: str) -> list[dict[str, str]]:
    async with http.get(f"{base}/api/chat/starters", headers={"Accept-Language": language}) as response:
        assert response.status == 200
        choices: list[dict[str, str]] = (await response.json())["choices"]
        return choices


async def test_starters_send_their_payload_and_stay_labels(
    traveller: ChatClient, rasa: FakeRasa, http: aiohttp.ClientSession
) -> None:
    starters = await offered_at_the_start(http, traveller.base, "en")
    assert "/" not in str(starters)
    for starter in starters:
        assert (await traveller.post(choice=starter["id"]))[0] == 202
        await traveller.answer()
    said = [event["text"] for event in traveller.events if event["from"] == "traveller"]
    assert said == [starter["title"] for starter in starters] == STARTERS["en"]
    assert [text for _, _, text in rasa.asked] == [
        "/report_activation_failure",
        "/report_no_service",
        "/report_stopped_working",
        "/request_refund",
        "/human_handoff",
    ]


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW"])
async def test_a_starter_is_shown_as_it_was_offered(desk: Any, http: aiohttp.ClientSession, language: str) -> None:
    client = ChatClient(http, desk.url)
    await client.open(locale=language)
    starters = await offered_at_the_start(http, desk.url, language)
    assert [starter["title"] for starter in starters] == STARTERS[language]
    await client.post(choice=starters[0]["id"])
    await client.answer()
    assert client.events[0]["text"] == starters[0]["title"]


async def test_a_reworded_starter_is_read_as_before(
    traveller: ChatClient, rasa: FakeRasa, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reworded(name: str, language: Language, **values: object) -> str:
        return f"{name} in other words"

    monkeypatch.setattr(texts, "phrase", reworded)
    starters = await offered_at_the_start(http, traveller.base, "en")
    assert starters[0]["title"] == "starter_activation in other words"
    await traveller.post(choice=starters[0]["id"])
    await traveller.answer()
    assert traveller.events[0]["text"] == "starter_activation in other words"
    assert [text for _, _, text in rasa.asked] == ["/report_activation_failure"]


@pytest.mark.parametrize(
    "forged",
    [
        {"choice": "/report_activation_failure"},
        {"choice": "start-everything"},
        {"choice": "START-REFUND"},
        {"choice": "start-refund "},
        {"text": "refund", "payload": "/request_refund"},
        {"choice": "start-refund", "payload": "/affirm"},
    ],
)
async def test_a_client_cannot_forge_a_payload(traveller: ChatClient, rasa: FakeRasa, forged: dict[str, str]) -> None:
    assert (await traveller.post(**forged))[0] == 422
    assert (await traveller.ask("start-refund"))["text"] == "echo start-refund"
    assert [text for _, _, text in rasa.asked] == ["start-refund"]


@pytest.mark.parametrize("typed", ["/restart", '/inform{"order_number":"NZ10000003"}', "/affirm", " /x", "2-0"])
async def test_typed_text_is_never_a_payload(traveller: ChatClient, typed: str) -> None:
    await traveller.ask("buttons")
    assert (await traveller.ask(typed))["text"] == f"echo {typed.strip()}"


@pytest.mark.parametrize("choice", ["9-9", "1-0", "2-2", "2--1", "-1", "", "x", "99999999999999999999-0", "２-０"])
async def test_a_choice_that_was_not_offered_is_refused(traveller: ChatClient, choice: str) -> None:
    await traveller.ask("buttons")
    status, body = await traveller.post(choice=choice)
    assert (status, body["error"]["code"]) == (422, "choice_unknown")


async def test_a_choice_of_another_conversation_is_refused(traveller: ChatClient, http: aiohttp.ClientSession) -> None:
    offered = await traveller.ask("buttons")
    other = ChatClient(http, traveller.base)
    await other.open()
    await other.ask("hi")
    status, body = await other.post(choice=offered["choices"][0]["id"])
    assert (status, body["error"]["code"]) == (422, "choice_unknown")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "text_empty", "write"),
        ("  \n\u0000", "text_empty", "write"),
        ("x" * 1001, "text_too_long", "1001"),
        ("字" * 10_000, "text_too_long", "10000 个字"),
    ],
)
async def test_text_that_does_not_fit_gets_a_clear_answer(
    traveller: ChatClient, text: str, code: str, words: str, rasa: FakeRasa
) -> None:
    status, body = await traveller.post(text=text)
    assert (status, body["error"]["code"]) == (422, code)
    assert words in body["error"]["message"]
    assert rasa.asked == []


@pytest.mark.parametrize(
    "text", ["😀😀", "<img src=x onerror=alert(1)>", "'; DROP TABLE event; --", "x" * 1000, "a\ud800b"]
)
async def test_odd_text_is_passed_on_as_text(traveller: ChatClient, text: str) -> None:
    assert (await traveller.ask(text))["text"] == f"echo {text}".replace("\ud800", "")


async def test_events_are_replayed_from_where_the_client_was(traveller: ChatClient) -> None:
    await traveller.ask("one")
    await traveller.ask("two")
    seen = []
    async for event in traveller.stream(after=2):
        seen.append(event["seq"])
        if event["seq"] == 4:
            break
    assert seen == [3, 4]
    url = f"{traveller.base}/api/chat/events?after=3"
    async with traveller.session.get(url, headers=traveller.headers) as response:
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert await response.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
        assert await response.content.readline() == b"id: 4\n"


async def test_two_tabs_see_the_same(traveller: ChatClient) -> None:
    second = ChatClient(traveller.session, traveller.base)
    second.token = traveller.token
    await traveller.say("hello")
    await asyncio.gather(traveller.answer(), second.answer())
    assert traveller.events == second.events


async def test_typing_comes_before_the_answer_and_is_not_stored(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.seconds = 0.3
    await traveller.say("hello")
    kinds = []
    async for event in traveller.stream():
        kinds.append((event["kind"], event["from"]))
        if event["from"] == "assistant" and event["kind"] == "message":
            break
    assert kinds == [("message", "traveller"), ("typing", "assistant"), ("message", "assistant")]
    await traveller.until(lambda e: e["seq"] == 2)
    replayed = [e["kind"] for e in traveller.events]
    assert "typing" not in replayed


async def test_pictures_of_the_engine_pass_but_not_those_of_strangers(traveller: ChatClient) -> None:
    await traveller.say("picture")
    await traveller.until(lambda e: e["text"] == "two")
    assert [e.get("image") for e in traveller.events[1:]] == ["data:image/png;base64,iVBORw0KGgo=", None]


async def test_silence_of_the_engine_is_not_passed_on(traveller: ChatClient) -> None:
    assert "no answer" in (await traveller.ask("silence"))["text"]


async def test_who_waits_for_a_person_is_answered_and_may_leave_the_line(traveller: ChatClient, rasa: FakeRasa) -> None:
    await traveller.say("转人工")
    waiting = await traveller.until(lambda e: e["kind"] == "state" and e["seq"] > 0)
    assert waiting["state"] == "waiting"
    assert "人工" in waiting["text"]
    assert [choice["title"] for choice in waiting["choices"]] == ["不需要人工了"]
    assert (await traveller.ask("are you there?"))["text"] == "echo are you there?"
    asked = len(rasa.asked)
    status, _ = await traveller.post(choice=waiting["choices"][0]["id"])
    assert status == 202
    back = await traveller.until(lambda e: e["kind"] == "state")
    assert back["state"] == "assistant"
    assert len(rasa.asked) == asked
    assert (await traveller.ask("hello again"))["text"] == "echo hello again"
    assert [text for _, _, text in rasa.asked[asked:]] == ["hello again"]


async def test_messages_sent_while_a_hand_off_is_decided_are_answered(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.seconds = 0.2
    await traveller.say("person")
    await traveller.say("one more thing")
    await traveller.until(lambda e: e["text"] == "echo one more thing")
    said = [(e["from"], e["kind"]) for e in traveller.events[2:]]
    assert said == [("assistant", "message"), ("system", "state"), ("assistant", "message")]
    assert [text for _, _, text in rasa.asked] == ["person", "one more thing"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[1]", 422),
        (b'{"id": "a"}', 422),
        (b'{"id": "a", "text": "b", "choice": null}', 422),
        (b'{"id": "a", "text": null}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"id": "a", "text": "b", "choice": "c"}', 422),
        (b'{"id": 1, "text": "b"}', 422),
        (b'{"id": "a b", "text": "b"}', 422),
        (b'{"id": "a", "text": {"$ne": 1}}', 422),
        (b'{"id": "a", "text": "b", "sender": "x"}', 422),
        (b"[" * 100_000, 400),
        (b'{"id": "a", "text": "' + b"x" * 200_000 + b'"}', 413),
        (b"\xff\xfe\x00", 400),
    ],
)
async def test_malformed_requests_get_an_error_in_json(traveller: ChatClient, body: bytes, status: int) -> None:
    url = f"{traveller.base}/api/chat/messages"
    async with traveller.session.post(url, data=body, headers=traveller.headers) as response:
        assert response.status == status
        error = (await response.json())["error"]
        assert error["code"]
        assert error["message"]
