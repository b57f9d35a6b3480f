"""The bot as travellers meet it: words, buttons, pictures, commands; in both modes."""

from __future__ import annotations

from bot_api import BotApi
from telegram_desk import BotDesk

KIM = 501


async def test_a_message_is_answered(bot: BotDesk, api: BotApi) -> None:
    api.say(KIM, "hello there")
    answer = await api.shown(KIM, "echo hello there")
    assert answer.method == "sendMessage"
    assert api.refusals == []
