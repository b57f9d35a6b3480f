"""Pictures that are read: what the traveller is told, and what of a picture goes into which turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from aftercare.base.database import utc_now
from aftercare.conversations import turns
from aftercare.screenshots.selection import ScreenText
from aftercare.web.context import DESK
from tests.integration.web.test_pictures import picture, upload
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa

ERROR = ScreenText("无法添加 eSIM", ("no_service",), "无法添加 eSIM", code=False)


class Eyes:
    """Reads what it is told to, as soon as it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sees: ScreenText | None = ERROR
        self.may_look = asyncio.Event()
        self.may_look.set()
        self.looked = 0
        monkeypatch.setattr(turns.ScreenshotReader, "text_of", self._text_of)

    async def _text_of(self, _content: bytes) -> ScreenText | None:
        self.looked += 1
        await self.may_look.wait()
        return self.sees


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Eyes:
    return Eyes(monkeypatch)


@pytest.fixture
async def chat(start_desk: Callable[..., Awaitable[RunningDesk]], http: aiohttp.ClientSession) -> ChatClient:
    client = ChatClient(http, (await start_desk(SCREENSHOTS="on")).url)
    await client.open(locale="en")
    return client


async def said(client: ChatClient, text: str) -> list[str]:
    """What the assistant has said when it says `text`."""
    await client.until(lambda event: event["from"] == "assistant" and text in event["text"])
    return [event["text"] for event in client.events if event["from"] == "assistant"]


async def test_what_a_picture_says_is_shown_back_and_asked_as_if_typed(
    chat: ChatClient, eyes: Eyes, rasa: FakeRasa
) -> None:
    assert (await upload(chat, picture()))[0] == 202
    assert await said(chat, "echo") == ["I read: 无法添加 eSIM", "echo 无法添加 eSIM"]
    assert rasa.asked[0][2] == "无法添加 eSIM"
    assert (rasa.metadata[0]["typed"], rasa.metadata[0]["seen"]) == ("", ["no_service"])
    assert rasa.metadata[0]["language"] == "en", "a Chinese screen does not change the language"
    assert await upload(chat, picture()) == (202, {"seq": 1})
    assert (await chat.ask("and now"))["text"] == "echo and now"
    assert "typed" not in rasa.metadata[1]
    assert eyes.looked == 1


async def test_pictures_sent_one_after_the_other_are_asked_about_once(
    chat: ChatClient, eyes: Eyes, rasa: FakeRasa
) -> None:
    eyes.may_look.clear()
    await upload(chat, picture(), "p1")
    await upload(chat, picture(), "p2")
    eyes.may_look.set()
    assert await said(chat, "echo") == ["I read: 无法添加 eSIM"] * 2 + ["echo 无法添加 eSIM\n无法添加 eSIM"]
    assert len(rasa.asked) == 1


async def test_words_typed_after_a_picture_are_asked_with_it(chat: ChatClient, eyes: Eyes, rasa: FakeRasa) -> None:
    eyes.may_look.clear()
    await upload(chat, picture(), "p1")
    await upload(chat, picture(), "p2")
    await chat.say("what is this?")
    eyes.may_look.set()
    assert await said(chat, "echo") == ["I read: 无法添加 eSIM"] * 2 + [
        "echo what is this?\n无法添加 eSIM\n无法添加 eSIM"
    ]
    assert [text for _, _, text in rasa.asked] == ["what is this?\n无法添加 eSIM\n无法添加 eSIM"]
    assert (rasa.metadata[0]["typed"], rasa.metadata[0]["seen"]) == ("what is this?", ["no_service"])
    assert (await chat.ask("thanks"))["text"] == "echo thanks"


@pytest.mark.parametrize(
    ("sees", "told"),
    [
        (None, ["I could not read any text"]),
        (ScreenText("", (), "", code=False), ["I could not read any text"]),
        (ScreenText("", (), "Weather · Sunny", code=False), ["I read: Weather · Sunny. I don't know an error"]),
        (ScreenText("", (), "", code=True), ["a QR code or activation code", "What goes wrong when you scan it?"]),
    ],
    ids=["unreadable", "no text", "nothing known", "only a code"],
)
async def test_what_says_nothing_known_asks_for_words(
    chat: ChatClient, eyes: Eyes, rasa: FakeRasa, sees: ScreenText | None, told: list[str]
) -> None:
    eyes.sees = sees
    await upload(chat, picture())
    answers = await said(chat, told[-1])
    assert len(answers) == len(told)
    assert all(part in answer for part, answer in zip(told, answers, strict=True))
    assert rasa.asked == []
    # with words after it nothing is asked for
    eyes.may_look.clear()
    await upload(chat, picture(), "p2")
    await chat.say("it will not install")
    eyes.may_look.set()
    after = (await said(chat, "echo"))[len(told) :]
    assert after == [*answers[: len(told) - 1], "echo it will not install"]


async def test_a_code_beside_an_error_is_warned_of_first(chat: ChatClient, eyes: Eyes) -> None:
    eyes.sees = ScreenText("Cannot Add eSIM", (), "Cannot Add eSIM", code=True)
    await upload(chat, picture())
    code, read, echo = await said(chat, "echo")
    assert "don't send it around" in code
    assert (read, echo) == ("I read: Cannot Add eSIM", "echo Cannot Add eSIM")


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_it_is_said_in_the_travellers_language_and_quoted_in_its_own(
    chat: ChatClient, eyes: Eyes, locale: str
) -> None:
    await chat.open(locale=locale)
    await upload(chat, picture())
    lead = {"zh-CN": "我读到：", "zh-TW": "我讀到："}[locale]
    assert (await said(chat, "echo"))[0] == f"{lead}无法添加 eSIM"


async def test_a_turn_that_rasa_loses_tells_nothing_twice(chat: ChatClient, eyes: Eyes, rasa: FakeRasa) -> None:
    rasa.lost = 2
    await upload(chat, picture())
    await said(chat, "echo")
    await chat.ask("next")
    answers = [event["text"] for event in chat.events if event["from"] == "assistant"]
    assert answers == ["I read: 无法添加 eSIM", "echo 无法添加 eSIM", "echo next"]


async def test_a_desk_killed_meanwhile_reads_again_and_tells_nothing_twice(
    start_desk: Callable[..., Awaitable[RunningDesk]], http: aiohttp.ClientSession, eyes: Eyes, rasa: FakeRasa
) -> None:
    first = await start_desk(SCREENSHOTS="on")
    client = ChatClient(http, first.url)
    await client.open(locale="en")
    rasa.status = 503
    await upload(client, picture())
    await said(client, "I read")
    await first.stop()
    rasa.status = 200
    client.base = (await start_desk(SCREENSHOTS="on")).url
    assert await said(client, "echo") == ["I read: 无法添加 eSIM", "echo 无法添加 eSIM"]
    assert eyes.looked == 2


async def test_a_picture_for_a_person_is_not_read(
    start_desk: Callable[..., Awaitable[RunningDesk]], http: aiohttp.ClientSession, eyes: Eyes, rasa: FakeRasa
) -> None:
    desk = await start_desk(SCREENSHOTS="on")
    client = ChatClient(http, desk.url)
    await client.open(locale="en")
    store = desk.app[DESK].store
    store.claim(client.conversation_id, "s1", "Mere", utc_now(), expected=None)
    await upload(client, picture())
    await client.until(lambda event: bool(event.get("image")))
    assert eyes.looked == 0
    assert rasa.asked == []


async def test_switched_off_it_is_only_kept(
    start_desk: Callable[..., Awaitable[RunningDesk]], http: aiohttp.ClientSession, eyes: Eyes, rasa: FakeRasa
) -> None:
    client = ChatClient(http, (await start_desk(SCREENSHOTS="off")).url)
    await client.open(locale="en")
    await upload(client, picture())
    assert "picture is saved" in (await client.answer())["text"]
    assert (eyes.looked, rasa.asked) == (0, [])
