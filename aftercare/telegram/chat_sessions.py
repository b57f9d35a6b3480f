"""The conversation a private chat shows, and how messages get into it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from telegram import User

from aftercare.base.database import utc_now
from aftercare.base.voice import Voice, voice_of_locale
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation, TokenUse
from aftercare.conversations.limits import TooMany
from aftercare.conversations.messages import NewMessage, TravellerMessage, clean_text
from aftercare.conversations.texts import say
from aftercare.conversations.tokens import GRACE
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.store import ChatStore


@dataclass(frozen=True)
class ChatSession:
    """A private chat with its conversation, at the moment an update of it is handled."""

    chat_id: int
    conversation_id: str
    voice: Voice
    token_generation: int
    last_message_id: int | None
    """Of the traveller's newest message in this chat."""

    @property
    def token_use(self) -> TokenUse:
        """The chat opens its conversation as a token of the web does."""
        return TokenUse(self.token_generation, GRACE)


class ChatSessions:
    """Opens the conversations of chats and stores messages in them."""

    def __init__(self, desk: Desk, store: ChatStore, delivery: Delivery) -> None:
        self._desk = desk
        self._store = store
        self._delivery = delivery

    async def open(self, chat_id: int, user: User | None) -> ChatSession:
        """The chat's conversation; a new one if it has none. Who stopped the bot and writes again is answered again.

        Raises:
            NoConversation: it was deleted meanwhile.
        """
        chat = await self._desk.worker.run(self._store.chat, chat_id)
        if chat is None or chat.conversation_id is None:
            locale = clean_text(locale_of(user))[:35]
            opened = await self._desk.worker.run(self._desk.store.open_conversation, "telegram", locale, utc_now())
            await self._desk.worker.run(self._store.attach, chat_id, opened.id)
            self._delivery.bind(opened.id, chat_id)
            return ChatSession(chat_id, opened.id, opened.voice, opened.token_generation, None)
        if chat.silent:
            await self._desk.worker.run(self._store.set_silent, chat_id, False)
            self._delivery.wake(chat_id)
        if chat.voice is None or chat.token_generation is None:
            raise NoConversation(chat.conversation_id)
        return ChatSession(chat_id, chat.conversation_id, chat.voice, chat.token_generation, chat.last_message_id)

    async def submit(self, session: ChatSession, message: TravellerMessage, *, wake: bool = True) -> None:
        """Store what the traveller sends and have it answered, as the chat API does; later, unless `wake`.

        Raises:
            UnknownChoice: the choice was not offered in this conversation.
        """
        desk = self._desk
        desk.origins.note(session.conversation_id, f"telegram:{session.chat_id}")
        while True:
            try:
                desk.message_rate.take(session.conversation_id)
                break
            except TooMany as error:  # nothing typed is lost: it waits
                await asyncio.sleep(error.seconds)
        try:
            accepted = await desk.worker.run(
                desk.store.accept, session.conversation_id, session.token_use, message, utc_now()
            )
        except NoConversation:  # a newer token was used on the web meanwhile: this chat is bound to it all the same
            fresh = await self.open(session.chat_id, None)
            accepted = await desk.worker.run(
                desk.store.accept, fresh.conversation_id, fresh.token_use, message, utc_now()
            )
        if accepted.stored:
            if wake:
                desk.turns.wake(session.conversation_id, accepted.pending)
            desk.hub.publish_stored(session.conversation_id, accepted.stored)

    async def submit_text(self, session: ChatSession, text: str, client_id: str, payload: str | None = None) -> None:
        """Submit what was typed, or a label with the payload that Rasa reads instead of it."""
        if text:
            await self.submit(session, TravellerMessage(client_id, text=text, payload=payload))

    async def answer(self, session: ChatSession, text: str, name: str, client_id: str) -> None:
        """Store what the traveller did, shown as `text`, with the bot's own answer, the phrase `name`."""
        message = TravellerMessage(client_id, text=text)
        await self.store_with_answers(session, message, [NewMessage(say(name, session.voice), "system", name=name)])

    async def store_with_answers(
        self, session: ChatSession, message: TravellerMessage, answers: list[NewMessage]
    ) -> None:
        """Store a message with answers of our own; Rasa is not asked."""
        stored = await self._desk.worker.run(
            self._desk.store.store_own_answers, session.conversation_id, message, answers, utc_now()
        )
        self._desk.hub.publish_stored(session.conversation_id, stored)


def locale_of(user: User | None) -> str:
    """The language of a user's Telegram."""
    return (user.language_code if user else None) or "en"


def voice_of_user(user: User | None) -> Voice:
    """The voice for a user who has no conversation yet."""
    return voice_of_locale(locale_of(user))
