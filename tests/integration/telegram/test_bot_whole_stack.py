"""A traveller's way in Telegram through the real stack: desk, Rasa, actions and databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support.bot_api import TOKEN, BotApi, Sent
from tests.support.running_stack import running_stack

ANSWER_WITHIN = 90
WANG, LI = 601, 602


async def say(api: BotApi, chat_id: int, text: str, language: str = "en") -> str:
    """What is sent in answer, until it has been quiet for a moment."""
    before = len(api.to(chat_id))
    api.say(chat_id, text, language)
    await api.until(lambda: len(api.to(chat_id)) > before, f"an answer to {text!r}", ANSWER_WITHIN)
    while True:
        count = len(api.to(chat_id))
        await asyncio.sleep(1.5)
        if len(api.to(chat_id)) == count:
            return "\n".join(sent.text for sent in api.to(chat_id)[before:])


async def test_from_the_first_word_to_files(api: BotApi, tmp_path: Path) -> None:
    extra = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "polling"}
    stack = running_stack(tmp_path, **extra)
    await asyncio.to_thread(stack.__enter__)
    try:
        await say(api, WANG, "/start", "zh-hans")
        assert api.to(WANG)[-1].titles
        assert "订单号" in await say(api, WANG, "我的eSIM激活不了", "zh-hans")
        assert "邮箱" in await say(api, WANG, "NZ10000001", "zh-hans")
        await say(api, WANG, "wang@example.com", "zh-hans")
        assert any(sent.method == "sendPhoto" and "LPA" not in sent.filename for sent in api.to(WANG))
        pressed = next(sent for sent in reversed(api.to(WANG)) if sent.titles)
        before = len(api.to(WANG))
        api.press(WANG, pressed, pressed.titles[0])
        await api.until(lambda: len(api.to(WANG)) > before, "an answer to a button", ANSWER_WITHIN)

        assert "e-mail" in await say(api, LI, "/start NZ10000002")
        await say(api, LI, "li@example.com")
        await say(api, LI, "show me my usage records")
        await say(api, LI, "I need an invoice")

        def file(name: str) -> Sent | None:
            return next((sent for sent in api.to(LI) if sent.filename.startswith(name)), None)

        table = await api.until(lambda: file("usage-NZ10000002"), "the table", ANSWER_WITHIN)
        assert table.filename.endswith(".csv")
        assert table.content.decode("utf-8-sig").count("\n") >= 9
        invoice = await api.until(lambda: file("invoice-NZ10000002"), "the invoice", ANSWER_WITHIN)
        assert invoice.content.startswith(b"%PDF")
        assert any(sent.method == "sendPhoto" for sent in api.to(LI))  # the chart
        assert "person" in (await say(api, LI, "/agent"))
        assert api.refusals == []
    finally:
        await asyncio.to_thread(stack.__exit__, None, None, None)
