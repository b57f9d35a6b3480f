"""Whatever goes wrong around the bot: nothing is lost or doubled, and the desk works on without it."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from aftercare.base.settings import Settings
from aftercare.telegram import service
from aftercare.telegram.calls import RateLimiter
from tests.support.bot_api import ME, TOKEN, BotApi, Json, Refused
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa
from tests.support.telegram_desk import BotDesk, free_port
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[3]
KIM, MEI = 501, 502
Start = Callable[..., Awaitable[BotDesk]]


async def web_chat_works(url: str) -> ChatClient:
    async with aiohttp.ClientSession() as session:
        client = ChatClient(session, url)
        await client.open(locale="en")
        assert (await client.ask("on the web"))["text"] == "echo on the web"
        return client


async def available(url: str) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/chat/telegram-link") as response:
        return bool((await response.json())["available"])


@pytest.mark.parametrize("token", ["", "987654321:AAE-some_OTHER-token-of-35-letters0", "nonsense"])
async def test_without_a_right_token_the_desk_works_and_says_so(
    start_bot: Start, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bot = await start_bot(TELEGRAM_TOKEN=token)
    await eventually(lambda: any("Telegram is off" in record.message for record in caplog.records))
    assert "TELEGRAM_TOKEN" in caplog.text
    assert not token or token not in caplog.text
    await web_chat_works(bot.url)
    assert not await available(bot.url)


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_telegram_may_be_away_at_the_start(start_bot: Start, mode: str) -> None:
    port = free_port()
    bot = await start_bot(TELEGRAM_API_URL=f"http://127.0.0.1:{port}", TELEGRAM_MODE=mode)
    await web_chat_works(bot.url)
    api = await BotApi().start(port)
    try:
        api.say(KIM, "finally")
        await api.shown(KIM, "echo finally")
        assert await available(bot.url)
    finally:
        await api.stop()


async def test_an_answer_nobody_foresaw_does_not_end_it(start_bot: Start, api: BotApi) -> None:
    api.me = {"id": 1}  # not what getMe answers with
    bot = await start_bot()
    await eventually(lambda: "getme" in api.calls)
    assert not await available(bot.url)
    api.me = ME
    api.say(KIM, "after all")
    await api.shown(KIM, "echo after all")


async def test_floods_and_broken_servers_are_waited_out(bot: BotDesk, api: BotApi) -> None:
    answers = [Refused(429, "Too Many Requests: retry after 1", retry_after=1), Refused(502, "Bad Gateway")]
    asked: list[float] = []

    async def refuse(method: str, _params: Json) -> None:
        if method == "sendmessage":
            asked.append(time.monotonic())
            if answers:
                raise answers.pop(0)

    api.before = refuse
    api.say(KIM, "one")
    api.say(KIM, "two")
    await api.shown(KIM, "echo two")
    assert [sent.text for sent in api.to(KIM)] == ["echo one", "echo two"]
    assert asked[1] - asked[0] >= 1.0


@pytest.mark.parametrize(
    "bad",
    [
        {"message": "no object"},
        {"message": {"chat": {"id": KIM, "type": "private"}, "date": "yesterday", "message_id": 7}},
        {"message": {"chat": {"id": KIM, "type": "private"}, "date": 10**20, "message_id": 7, "text": "far"}},
        {"message": {"chat": {"id": KIM}, "text": "half \ud83d"}},
        {"message": {"chat": {"id": 10**30, "type": "private"}}},
        {"callback_query": {"message": ["odd"], "id": 5}},
        {"message": {}},
    ],
)
async def test_an_update_that_cannot_be_read_stops_nobody_else(bot: BotDesk, api: BotApi, bad: Json) -> None:
    api.say(KIM, "before")
    await api.shown(KIM, "echo before")
    api.hand_over({"update_id": 7_000, **bad}, {"update_id": 7_001, "message": api.message(MEI, text="mine")})
    await api.shown(MEI, "echo mine")
    api.say(KIM, "after")
    await api.shown(KIM, "echo after")


async def test_updates_repeated_and_out_of_order_count_once(bot: BotDesk, api: BotApi) -> None:
    first = api.say(KIM, "first")
    await api.shown(KIM, "echo first")
    late = {"update_id": 5_000, "message": api.message(KIM, text="late")}
    early = {"update_id": 4_999, "message": api.message(KIM, text="early")}
    api.hand_over(late, first, early, late, first)
    await api.shown(KIM, "echo early")
    await api.shown(KIM, "echo late")
    api.say(KIM, "last")
    await api.shown(KIM, "echo last")
    texts = [sent.text for sent in api.to(KIM)]
    assert sorted(texts) == sorted(["echo first", "echo late", "echo early", "echo last"])


async def test_the_webhook_believes_only_telegram(start_bot: Start, api: BotApi) -> None:
    bot = await start_bot(TELEGRAM_MODE="webhook")
    await eventually(lambda: bool(api.webhook))
    address, secret = api.webhook["url"], api.webhook["secret_token"]
    update = {"update_id": 1, "message": api.message(KIM, text="forged")}
    header = "X-Telegram-Bot-Api-Secret-Token"
    async with aiohttp.ClientSession() as session:
        for headers, body, status in (
            ({}, {"json": update}, 403),
            ({header: secret[:-1] + "x"}, {"json": update}, 403),
            ({header: "é"}, {"json": update}, 403),
            ({header: secret}, {"data": b"{nonsense"}, 400),
            ({header: secret}, {"json": [1]}, 200),
            ({header: secret}, {"json": {"update_id": 2, "poll": {}}}, 200),
            ({header: secret}, {"json": {"update_id": 3, "message": {"chat": {"id": KIM, "type": "private"}}}}, 200),
        ):
            async with session.post(address, headers=headers, **body) as response:  # type: ignore[arg-type]
                assert response.status == status, (headers, body)
    api.say(KIM, "real")
    await api.shown(KIM, "echo real")
    assert [text for _, _, text in bot.rasa.asked] == ["real"]


async def test_one_of_two_desks_works_and_the_other_takes_over(start_bot: Start, api: BotApi) -> None:
    first, second = await start_bot(), await start_bot()
    for number in range(5):
        api.say(KIM, f"a{number}")
    await api.shown(KIM, "echo a4")
    # what is stored through the other desk reaches the chat as well
    found = await first.conversation(KIM)
    await second.desk.worker.run(second.desk.store.claim, found, "s1", "Anna", _now(), expected=None)
    await second.desk.worker.run(second.desk.store.reply, found, "s1", "from the other desk", _now(), client_id="1")
    await api.shown(KIM, "from the other desk")
    await second.desk.worker.run(second.desk.store.release, found, "s1", _now())
    await api.shown(KIM, "with you again")
    await first.stop()
    api.say(KIM, "b")
    await api.shown(KIM, "echo b")
    assert api.conflicts == 0
    assert [sent.text for sent in api.to(KIM) if sent.text.startswith("echo")] == [
        *(f"echo a{number}" for number in range(5)),
        "echo b",
    ]
    assert len(second.rasa.asked) == 1


def _now() -> object:
    from aftercare.base.database import utc_now

    return utc_now()


class KilledDesk:
    """A desk in a process of its own, which is killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aftercare.run.desk"], cwd=ROOT, env=self.environment, stderr=log, stdout=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_kill_9_at_every_point_loses_and_doubles_nothing(
    api: BotApi, bot_environment: dict[str, str], tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bot_environment.items():
        monkeypatch.setenv(name, value)
    rasa = FakeRasa(Settings().secret("engine"))
    await rasa.start()
    port = free_port()
    here = {"DESK_PORT": str(port), "RASA_URL": rasa.url, "ACTIONS_URL": rasa.url, "TELEGRAM_MODE": mode}
    desk = KilledDesk({**os.environ, **bot_environment, **here, "LOG_LEVEL": "DEBUG"}, tmp_path / "desk.log")
    reached, dead = asyncio.Event(), asyncio.Event()
    point = ""

    async def hold(method: str, params: Json) -> None:
        """Stop a call that has reached Telegram but was not carried out, until the desk is dead."""
        if method == point and "kiwi-7391" in params.get("text", "kiwi-7391"):
            reached.set()
            await dead.wait()
            raise Refused(502, "Bad Gateway")

    api.before = hold
    try:
        desk.start()
        api.say(KIM, "kiwi-7391 zero")
        await api.shown(KIM, "zero", seconds=90)
        # while Rasa thinks
        rasa.seconds = 2.0
        api.say(KIM, "kiwi-7391 one")
        await eventually(lambda: len(rasa.asked) == 2)
        desk.kill()
        rasa.seconds = 0.0
        api.say(MEI, "kiwi-7391 meanwhile")
        desk.start()
        await api.shown(KIM, "one", seconds=90)
        await api.shown(MEI, "meanwhile", seconds=90)
        # while the answer is on its way
        point = "sendmessage"
        api.say(KIM, "kiwi-7391 two")
        await asyncio.wait_for(reached.wait(), 60)
        desk.kill()
        point = ""
        dead.set()
        api.say(KIM, "kiwi-7391 three")
        desk.start()
        await api.shown(KIM, "three", seconds=90)
    finally:
        if desk.process is not None and desk.process.poll() is None:
            desk.kill()
        await rasa.stop()

    def echoes(chat_id: int) -> list[str]:  # without the notice that an answer takes longer
        return [sent.text for sent in api.to(chat_id) if sent.text.startswith("echo")]

    assert echoes(KIM) == [f"echo kiwi-7391 {n}" for n in ("zero", "one", "two", "three")]
    assert echoes(MEI) == ["echo kiwi-7391 meanwhile"]
    # even at the most talkative level
    said = desk.log.read_text()
    assert TOKEN not in said
    assert TOKEN.split(":")[1] not in said
    assert "kiwi-7391" not in said
    assert "Traceback" not in said


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("mode", "chats"), [("polling", 1000), ("webhook", 250)])
async def test_a_thousand_chats_at_once(
    start_bot: Start, api: BotApi, mode: str, chats: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "RateLimiter", lambda: RateLimiter(per_second=100_000))
    chance = random.Random(7)

    async def trouble(method: str, _params: Json) -> None:
        if method == "sendmessage" and chance.random() < 0.02:
            if chance.random() < 0.5:
                raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
            raise Refused(502, "Bad Gateway")

    api.before = trouble
    bot = await start_bot(TELEGRAM_MODE=mode)
    await eventually(lambda: available(bot.url))
    began = time.monotonic()
    for chat_id in range(1, chats + 1):
        update = api.say(chat_id, f"message of {chat_id}")
        if chance.random() < 0.05:
            api.hand_over(update)
    await api.until(lambda: len(api.sent) >= chats, "all answers", seconds=540)
    seconds = time.monotonic() - began
    print(f"{mode}: messages of {chats} chats answered in {seconds:.1f} s")
    api.say(1, "the end")
    await api.shown(1, "echo the end")
    for chat_id in range(1, chats + 1):
        assert api.to(chat_id)[0].text == f"echo message of {chat_id}"
    assert len(api.sent) == chats + 1
    assert len({message_id for _, message_id, _ in bot.rasa.asked}) == chats + 1
