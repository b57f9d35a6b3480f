"""The bot's commands: what follows the slash, also in links that open the chat."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from telegram import Bot, Message

from aftercare.base.database import utc_now
from aftercare.base.identifiers import normalise_order_number
from aftercare.conversations.context import Desk
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.texts import say
from aftercare.telegram.calls import best_effort
from aftercare.telegram.chat_sessions import ChatSession, ChatSessions
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.keyboards import ASKS_LANGUAGE, ASKS_PRIVACY
from aftercare.telegram.store import ChatStore

# core.telegram.org/bots/features#deep-linking
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class TelegramCommand:
    """A command with its argument, "" without one."""

    name: str
    argument: str


def parse_command(text: str) -> TelegramCommand | None:
    """The command a message consists of, if it is one."""
    found = _COMMAND.fullmatch(text)
    return TelegramCommand(found[1].lower(), (found[2] or "").strip()) if found else None


class CommandHandler:
    """Carries out commands. What Rasa is to answer is sent as a payload, shown under a label."""

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, delivery: Delivery, sessions: ChatSessions) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._delivery = delivery
        self._sessions = sessions

    async def handle(self, message: Message, command: TelegramCommand, text: str, client_id: str) -> None:
        """Carry out a command; `text` is how it was typed."""
        if command.name == "start" and command.argument:
            await self._start_with(message, command.argument, client_id)
            return
        session = await self._sessions.open(message.chat_id, message.from_user)
        voice = session.voice
        if command.name == "start":
            await self._sessions.submit_text(session, say("telegram_hello", voice), client_id, "/greet")
        elif command.name == "agent":
            await self._sessions.submit_text(session, say("telegram_agent", voice), client_id, "/human_handoff")
        elif command.name == "language":
            await self._sessions.answer(session, text, ASKS_LANGUAGE, client_id)
        elif command.name == "privacy":
            await self._sessions.answer(session, text, ASKS_PRIVACY, client_id)
        elif command.name == "help":
            await self._sessions.answer(session, text, "telegram_help", client_id)
        elif command.name == "stop":
            await self._stop(session, text, client_id)
        else:
            both = "\n\n".join(say(name, voice) for name in ("telegram_unknown_command", "telegram_help"))
            typed = TravellerMessage(client_id, text=text)
            await self._sessions.store_with_answers(session, typed, [NewMessage(both, "system")])

    async def _start_with(self, message: Message, argument: str, client_id: str) -> None:
        """`/start` from a link: an order's number, or the code that moves a conversation here from the web."""
        number = normalise_order_number(argument)
        if number is not None:
            session = await self._sessions.open(message.chat_id, message.from_user)
            label = say("telegram_hello_order", session.voice, number=number)
            payload = f"/inform{json.dumps({'order_number': number})}"
            await self._sessions.submit_text(session, label, client_id, payload)
            return
        moved = await self._desk.worker.run(self._store.redeem_link, argument, message.chat_id, utc_now())
        if moved is not None:
            self._delivery.bind(moved, message.chat_id)
        session = await self._sessions.open(message.chat_id, message.from_user)
        # repeated after a crash the code is used, but the conversation is here already
        here = moved is not None or await self._has_moved(session)
        await self._sessions.answer(session, "", "telegram_moved" if here else "telegram_link_old", client_id)
        self._delivery.wake(session.chat_id)

    async def _has_moved(self, session: ChatSession) -> bool:
        """Whether the chat shows a conversation from the web to which nothing was written here yet."""
        transcript = await self._desk.worker.run(self._desk.store.transcript, session.conversation_id)
        return transcript is not None and transcript.conversation.channel == "web" and session.last_message_id is None

    async def _stop(self, session: ChatSession, text: str, client_id: str) -> None:
        """The last message goes out directly: after it the chat is silent until its traveller writes."""
        await best_effort(lambda: self._bot.send_message(session.chat_id, say("telegram_stopped", session.voice)))
        await self._sessions.store_with_answers(session, TravellerMessage(client_id, text=text), [])
        await self._desk.worker.run(self._store.set_silent, session.chat_id, True)
