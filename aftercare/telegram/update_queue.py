"""Handles stored updates once and in order, chat by chat; one that keeps failing is given up and the traveller told."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable

from telegram import Bot, Update
from telegram.error import TelegramError

from aftercare.base.logs import error_location
from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.rasa_client import RasaUnavailable
from aftercare.conversations.texts import say
from aftercare.telegram.calls import best_effort
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.queues import ChatQueues
from aftercare.telegram.store import ChatStore, StoredUpdate
from aftercare.telegram.update_handler import UpdateHandler

log = logging.getLogger(__name__)

_MOST_FAILURES = 4  # of one update; then the traveller is told, and those after it get their turn


class UpdateQueue:
    """One queue per chat."""

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, delivery: Delivery) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._handler = UpdateHandler(desk, store, bot, delivery)
        self._queues = ChatQueues(self._work)

    async def stop(self) -> None:
        """Stop at once; what was not handled is in the database."""
        await self._queues.stop()

    def wake(self, chats: Iterable[int]) -> None:
        """These chats have updates to handle."""
        for chat_id in chats:
            self._queues.wake(chat_id)

    async def catch_up(self) -> None:
        """Handle what other desks received, and what was left when a desk stopped."""
        self._queues.wake_idle(await self._desk.worker.run(self._store.chats_with_updates))

    async def _work(self, chat_id: int) -> None:
        while (stored := await self._desk.worker.run(self._store.next_update, chat_id)) is not None:
            message_id = await self._handle(chat_id, stored)
            await self._desk.worker.run(self._store.mark_handled, stored.update_id, chat_id, message_id)

    async def _handle(self, chat_id: int, stored: StoredUpdate) -> int | None:
        """Handle an update; a database that fails is waited for, anything else is tried a few times only.

        The id of the message in it, if it is a new one.
        """
        try:
            update = Update.de_json(json.loads(stored.body), self._bot)
        except Exception as error:  # whatever the library makes of what Telegram sent: trying again changes nothing
            log.error("A Telegram update cannot be read and is left out: %s", type(error).__name__)
            return None
        failures = 0
        while True:
            try:
                await self._handler.handle(update)
                return update.message.message_id if update.message is not None else None
            except (TelegramError, RasaUnavailable, ValueError, TypeError, KeyError, AttributeError) as error:
                # neither the message of an error nor the update may be logged: they quote travellers, or the token
                log.error("A Telegram update failed: %s at %s", type(error).__name__, error_location(error))
                failures += 1
                if failures >= _MOST_FAILURES:
                    break
                await asyncio.sleep(0.2 * 2**failures)
        text = "\n".join(say("telegram_broken", voice) for voice in (Voice("en"), Voice("zh", "hans")))
        await best_effort(lambda: self._bot.send_message(chat_id, text))
        return None
