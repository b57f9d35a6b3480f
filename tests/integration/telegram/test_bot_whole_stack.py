"""A traveller's way in Telegram through the real stack: desk, Rasa, actions and databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from aftercare.base.database import open_engine
from aftercare.conversations.tables import conversation, event
from aftercare.telegram.tables import telegram_chat, telegram_update
from tests.support.bot_api import TOKEN, BotApi, Sent
from tests.support.running_stack import running_stack
from tests.support.waiting import eventually

ANSWER_WITHIN = 90
WANG, LI = 601, 602


def _all_sent(engine: sa.Engine, chat_id: int) -> bool:
    """Whether the chat has no update to handle, no unfinished turn and no message that was not sent."""
    with engine.connect() as connection:
        waiting = sa.select(telegram_update.c.update_id).where(
            telegram_update.c.chat_id == chat_id, telegram_update.c.body.is_not(None)
        )
        unfinished = (
            sa.select(event.c.seq)
            .join(telegram_chat, telegram_chat.c.conversation_id == event.c.conversation_id)
            .where(telegram_chat.c.chat_id == chat_id, event.c.status == "pending")
        )
        unsent = (
            sa.select(conversation.c.id)
            .join(telegram_chat, telegram_chat.c.conversation_id == conversation.c.id)
            .where(telegram_chat.c.chat_id == chat_id, conversation.c.last_seq > telegram_chat.c.delivered_seq)
        )
        return not any(connection.execute(query).first() for query in (waiting, unfinished, unsent))


async def say(api: BotApi, engine: sa.Engine, chat_id: int, text: str, language: str = "en") -> str:
    """What is sent in answer: everything, once the turn is finished."""
    before = len(api.to(chat_id))
    api.say(chat_id, text, language)
    await api.until(lambda: len(api.to(chat_id)) > before, f"an answer to {text!r}", ANSWER_WITHIN)
    await eventually(lambda: _all_sent(engine, chat_id), ANSWER_WITHIN)
    return "\n".join(sent.text for sent in api.to(chat_id)[before:])


async def test_from_the_first_word_to_files(api: BotApi, tmp_path: Path) -> None:
    extra = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MODE": "polling"}
    stack = running_stack(tmp_path, **extra)
    engine = open_engine(f"sqlite:///{tmp_path}/desk.db")
    await asyncio.to_thread(stack.__enter__)
    try:
        await say(api, engine, WANG, "/start", "zh-hans")
        assert api.to(WANG)[-1].titles
        assert "订单号" in await say(api, engine, WANG, "我的eSIM激活不了", "zh-hans")
        assert "邮箱" in await say(api, engine, WANG, "NZ10000001", "zh-hans")
        await say(api, engine, WANG, "wang@example.com", "zh-hans")
        assert any(sent.method == "sendPhoto" and "LPA" not in sent.filename for sent in api.to(WANG))
        pressed = next(sent for sent in reversed(api.to(WANG)) if sent.titles)
        before = len(api.to(WANG))
        api.press(WANG, pressed, pressed.titles[0])
        await api.until(lambda: len(api.to(WANG)) > before, "an answer to a button", ANSWER_WITHIN)

        assert "e-mail" in await say(api, engine, LI, "/start NZ10000002")
        await say(api, engine, LI, "li@example.com")
        await say(api, engine, LI, "show me my usage records")
        await say(api, engine, LI, "I need an invoice")

        def file(name: str) -> Sent | None:
            return next((sent for sent in api.to(LI) if sent.filename.startswith(name)), None)

        table = await api.until(lambda: file("usage-NZ10000002"), "the table", ANSWER_WITHIN)
        assert table.filename.endswith(".csv")
        assert table.content.decode("utf-8-sig").count("\n") >= 9
        invoice = await api.until(lambda: file("invoice-NZ10000002"), "the invoice", ANSWER_WITHIN)
        assert invoice.content.startswith(b"%PDF")
        assert any(sent.method == "sendPhoto" for sent in api.to(LI))  # the chart
        assert "person" in (await say(api, engine, LI, "/agent"))
        assert api.refusals == []
    finally:
        await asyncio.to_thread(stack.__exit__, None, None, None)
        engine.dispose()
