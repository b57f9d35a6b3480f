"""What Telegram shows of the bot before the first word: commands and descriptions, in both languages."""

from __future__ import annotations

import logging

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from aftercare.base.voice import Voice
from aftercare.conversations.texts import say
from aftercare.telegram.calls import with_retries

COMMANDS = ("start", "help", "language", "agent", "privacy", "stop")

log = logging.getLogger(__name__)

# for everybody, and for travellers whose Telegram is in Chinese (core.telegram.org/bots/api#setmycommands: ISO 639-1)
_VOICES = {None: Voice("en"), "zh": Voice("zh", "hans")}


async def set_profile(bot: Bot) -> None:
    """Set what differs: Telegram allows few changes of descriptions a day."""
    try:
        for code, voice in _VOICES.items():
            await _set(bot, code, voice)
    except TelegramError as error:  # the bot works without
        log.warning("Telegram did not take the bot's description: %s", type(error).__name__)


async def _set(bot: Bot, code: str | None, voice: Voice) -> None:
    commands = tuple(BotCommand(name, say(f"telegram_command_{name}", voice)) for name in COMMANDS)
    if await with_retries(lambda: bot.get_my_commands(language_code=code)) != commands:
        await with_retries(lambda: bot.set_my_commands(commands, language_code=code))
    description = say("telegram_description", voice)
    if (await with_retries(lambda: bot.get_my_description(code))).description != description:
        await with_retries(lambda: bot.set_my_description(description, code))
    short = say("telegram_short_description", voice)
    if (await with_retries(lambda: bot.get_my_short_description(code))).short_description != short:
        await with_retries(lambda: bot.set_my_short_description(short, code))
