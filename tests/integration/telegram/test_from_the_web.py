"""A conversation that began on the web goes on in Telegram, with what was proved there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from tests.support.bot_api import NAME, BotApi
from tests.support.chat_client import ChatClient
from tests.support.telegram_desk import BotDesk
from tests.support.waiting import eventually

KIM, MEI = 501, 502


@pytest.fixture
async def client(bot: BotDesk) -> ChatClient:
    session = aiohttp.ClientSession()
    client = ChatClient(session, bot.url)
    await client.open(locale="en")
    yield client
    await session.close()


async def link(client: ChatClient) -> str:
    address = f"{client.base}/api/chat/telegram-link"
    async with client.session.post(address, headers=client.headers) as response:
        assert response.status == 201, await response.text()
        url = str((await response.json())["url"])
    start = f"https://t.me/{NAME}?start="
    assert url.startswith(start)
    code = url.removeprefix(start)
    assert len(code) <= 64  # core.telegram.org/bots/features#deep-linking
    return code


async def test_it_goes_on_in_the_same_conversation(bot: BotDesk, api: BotApi, client: ChatClient) -> None:
    await client.ask("earlier")
    await client.ask("buttons")
    await eventually(lambda: bool(bot.telegram.link))
    api.say(KIM, "something else before")
    await api.shown(KIM, "echo something else before")
    before = len(api.to(KIM))
    code = await link(client)
    api.say(KIM, f"/start {code}")
    await api.shown(KIM, "You can go on here")
    shown = api.to(KIM)[before:]
    assert [sent.text.split(".")[0] for sent in shown] == ["Sure?", "You can go on here"]
    assert await bot.conversation(KIM) == client.conversation_id  # and so its proofs of ownership
    api.press(KIM, shown[0], "Yes")
    await api.shown(KIM, "payload /affirm")
    await client.until(lambda e: e["text"] == "payload /affirm")  # the page goes on, too
    await client.ask("from the page")
    await api.shown(KIM, "echo from the page")

    api.say(MEI, f"/start {code}")  # once only
    await api.shown(MEI, "has been used")
    assert await bot.conversation(MEI) != client.conversation_id

    api.say(MEI, f"/start {await link(client)}")  # the newest chat has it
    await api.shown(MEI, "You can go on here")
    assert await bot.conversation(MEI) == client.conversation_id
    api.say(KIM, "anew")
    await api.shown(KIM, "echo anew")
    assert await bot.conversation(KIM) != client.conversation_id


async def test_a_returning_page_does_not_lock_the_chat_out(bot: BotDesk, api: BotApi, client: ChatClient) -> None:
    await eventually(lambda: bool(bot.telegram.link))
    api.say(KIM, f"/start {await link(client)}")
    await api.shown(KIM, "You can go on here")
    for _ in range(3):
        await client.open(resume=client.token)
        await client.ask("web")
    api.say(KIM, "still here")
    await api.shown(KIM, "echo still here")


async def test_without_a_bot_there_is_no_link(start_bot: Callable[..., Awaitable[BotDesk]]) -> None:
    bot = await start_bot(TELEGRAM_TOKEN="")
    async with aiohttp.ClientSession() as session:
        client = ChatClient(session, bot.url)
        await client.open(locale="zh-TW")
        async with session.post(f"{bot.url}/api/chat/telegram-link", headers=client.headers) as response:
            assert response.status == 404
            assert "轉到 Telegram" in (await response.json())["error"]["message"]
        async with session.post(f"{bot.url}/api/chat/telegram-link") as response:
            assert response.status == 401
