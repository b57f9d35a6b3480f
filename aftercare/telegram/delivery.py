"""Sends what is stored in a conversation to its chat: in order, nothing left out, over crashes and refusals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden

from aftercare.base.tasks import cancel_and_wait
from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.messages import Message
from aftercare.telegram.calls import RateLimiter, best_effort, with_retries
from aftercare.telegram.keyboards import buttons_of
from aftercare.telegram.messages import Part, parts_of
from aftercare.telegram.queues import ChatQueues
from aftercare.telegram.store import Chat, ChatStore, UndeliveredMessage

log = logging.getLogger(__name__)

_PAGE = 50
_TYPING_LASTS = 4.5  # seconds; Telegram shows it for five (core.telegram.org/bots/api#sendchataction)
_MOST_TYPING = 12  # times it is renewed
_MOST_SENDING = 24  # messages on their way at the same time
# what Telegram says of a chat that cannot be written to any more, other than by 403
_GONE = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid")


class _Unreachable(Exception):
    """The traveller blocked the bot or is gone."""


class Delivery:
    """One queue per chat.

    What was sent is remembered after each message. A desk that dies between Telegram's answer and that commit sends one
    message of the chat again when it is back, because sendMessage cannot be asked whether it was done; nothing is lost.
    """

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, rate_limiter: RateLimiter) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._rate_limiter = rate_limiter
        self._queues = ChatQueues(self._work)
        self._sending = asyncio.Semaphore(_MOST_SENDING)
        self._chats: dict[str, int] = {}
        self._live_tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = [
            desk.hub.subscribe_stored(self._on_stored),
            desk.hub.subscribe_live(self._on_live),
            desk.hub.subscribe_elsewhere(self._on_stored_elsewhere),
        ]

    async def start(self) -> None:
        """Learn which conversations are shown in Telegram."""
        self._chats = await self._desk.worker.run(self._store.chats_by_conversation)

    async def stop(self) -> None:
        """Stop at once."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        await cancel_and_wait(*self._live_tasks)
        await self._queues.stop()

    def bind(self, conversation_id: str, chat_id: int) -> None:
        """The conversation is shown in this chat from now on."""
        self._chats[conversation_id] = chat_id

    async def catch_up(self) -> None:
        """Send what other desks and programs stored, and what was left when a desk stopped."""
        self._queues.wake_idle(await self._desk.worker.run(self._store.chats_with_undelivered))

    def wake(self, chat_id: int) -> None:
        """There may be something to send to this chat."""
        self._queues.wake(chat_id)

    def _on_stored(self, conversation_id: str, messages: Sequence[Message]) -> None:
        chat_id = self._chats.get(conversation_id)
        if chat_id is not None and any(message.sender != "traveller" for message in messages):
            self._queues.wake(chat_id)

    def _on_stored_elsewhere(self, conversation_id: str) -> None:
        if (chat_id := self._chats.get(conversation_id)) is not None:
            self._queues.wake(chat_id)

    def _on_live(self, conversation_id: str, live: LiveEvent) -> None:
        chat_id = self._chats.get(conversation_id)
        if chat_id is None or live.sender == "traveller":
            return
        if live.kind == "typing":
            task = asyncio.get_running_loop().create_task(self._show_typing(conversation_id, chat_id, live.sender))
        elif live.text:
            task = asyncio.get_running_loop().create_task(self._send_notice(chat_id, live.text))
        else:
            return
        self._live_tasks.add(task)
        task.add_done_callback(self._live_tasks.discard)

    async def _show_typing(self, conversation_id: str, chat_id: int, sender: str) -> None:
        """Show "typing" for as long as the assistant thinks; a person's is announced again by their page."""
        for _ in range(_MOST_TYPING):
            if self._sending.locked():  # messages go first
                return
            await best_effort(lambda: self._bot.send_chat_action(chat_id, ChatAction.TYPING), _TYPING_LASTS)
            await asyncio.sleep(_TYPING_LASTS)
            still = (notice.kind == "typing" for notice in self._desk.turns.notices(conversation_id))
            if sender != "assistant" or not any(still):
                return

    async def _send_notice(self, chat_id: int, text: str) -> None:
        await best_effort(lambda: self._bot.send_message(chat_id, text))

    async def _work(self, chat_id: int) -> None:
        while True:
            chat = await self._desk.worker.run(self._store.chat, chat_id)
            if chat is None or chat.conversation_id is None or chat.voice is None or chat.silent:
                return
            undelivered = await self._desk.worker.run(
                self._store.undelivered, chat.conversation_id, chat.delivered_seq, _PAGE
            )
            try:
                await self._send_all(chat, chat.conversation_id, chat.voice, undelivered)
            except _Unreachable:
                await self._desk.worker.run(self._store.set_silent, chat_id, True)
                return
            if len(undelivered) < _PAGE:
                return

    async def _send_all(
        self, chat: Chat, conversation_id: str, voice: Voice, undelivered: Sequence[UndeliveredMessage]
    ) -> None:
        marked = True
        done = chat.delivered_parts  # of the first event, before an interruption
        for item in undelivered:
            event, rows = item.message, buttons_of(item.message, item.name, voice)
            parts = await parts_of(self._desk, event, rows, voice)
            marked = False
            for number, part in enumerate(parts[done:], start=done + 1):
                await self._send(chat, conversation_id, event.seq, part)
                last = number >= len(parts)
                await self._mark_delivered(
                    chat, conversation_id, event.seq if last else event.seq - 1, 0 if last else number
                )
                marked = last
            done = 0
        if not marked:
            await self._mark_delivered(chat, conversation_id, undelivered[-1].message.seq, 0)

    async def _mark_delivered(self, chat: Chat, conversation_id: str, seq: int, parts: int) -> None:
        """Remember what was sent. A database that fails is asked again here: giving up would send it twice."""
        while True:
            try:
                await self._desk.worker.run(self._store.mark_delivered, chat.chat_id, conversation_id, seq, parts)
                return
            except SQLAlchemyError as error:
                log.error("The desk database fails: %s", type(error).__name__)
                await asyncio.sleep(0.5)

    async def _send(self, chat: Chat, conversation_id: str, seq: int, part: Part) -> None:
        keys: dict[str, str] = {}
        if meanings := [button.meaning for row in part.rows for button in row]:
            keys = await self._desk.worker.run(self._store.button_keys, conversation_id, seq, meanings)
        for wanted in (part, part.simpler()):
            if wanted is None:
                return
            try:
                await with_retries(partial(self._send_part, chat.chat_id, wanted, keys))
                return
            except Forbidden:
                raise _Unreachable from None
            except BadRequest as error:
                if any(gone in error.message.lower() for gone in _GONE):
                    raise _Unreachable from None
                # one message that Telegram will never take must not hold up those after it
                log.error("Telegram refused a message for good: %s", error.message.split(":")[0])

    async def _send_part(self, chat_id: int, part: Part, keys: Mapping[str, str]) -> None:
        await self._rate_limiter.wait()
        async with self._sending:
            await part.send(self._bot, chat_id, keys)
