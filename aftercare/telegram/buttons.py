"""What happens when a traveller presses a button under a message of the bot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from telegram import Bot, CallbackQuery, InputFile

from aftercare.base.database import utc_now
from aftercare.base.voice import voice_of_locale
from aftercare.conversations import own_data
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import UnknownChoice
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.rasa_client import RasaUnavailable
from aftercare.conversations.texts import say
from aftercare.telegram.calls import best_effort, with_retries
from aftercare.telegram.chat_sessions import ChatSession, ChatSessions
from aftercare.telegram.keyboards import ASKS_DELETE, LANGUAGES
from aftercare.telegram.store import ChatStore, PressedButton

log = logging.getLogger(__name__)

Handler = Callable[["ButtonHandler", ChatSession, PressedButton, str, str], Coroutine[Any, Any, None]]


class ButtonHandler:
    """Carries out what a pressed button means (`keyboards.py`)."""

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, sessions: ChatSessions) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._sessions = sessions

    async def handle(self, chat_id: int, query: CallbackQuery, client_id: str) -> None:
        """Answer the press in any case (Telegram shows a clock until then), and remove its keyboard."""
        button = await self._desk.worker.run(self._store.button, query.data or "")
        session = await self._sessions.open(chat_id, query.from_user)
        if button is None or button.conversation_id != session.conversation_id:
            await best_effort(lambda: query.answer(say("telegram_button_gone", session.voice)))
            await best_effort(lambda: query.edit_message_reply_markup(None))
            return
        await best_effort(query.answer)
        what, _, value = button.meaning.partition(":")
        await self._handlers[what](self, session, button, value, client_id)
        await best_effort(lambda: query.edit_message_reply_markup(None))

    async def _choose(self, session: ChatSession, button: PressedButton, choice: str, _client_id: str) -> None:
        """A keyboard counts once, however often and fast it is pressed; each card has its own."""
        keyboard = choice if "-c" in choice else button.seq
        try:
            await self._sessions.submit(session, TravellerMessage(f"telegram-keyboard-{keyboard}", choice=choice))
        except UnknownChoice:
            log.error("A keyboard offered a choice that its message does not have")

    async def _set_language(self, session: ChatSession, _button: PressedButton, tag: str, client_id: str) -> None:
        store = self._desk.store
        await self._desk.worker.run(store.set_language, session.conversation_id, session.token_use, tag, utc_now())
        session = replace(session, voice=voice_of_locale(tag))
        await self._sessions.answer(session, LANGUAGES[tag], "telegram_language_set", client_id)

    async def _rate(self, session: ChatSession, _button: PressedButton, stars: str, client_id: str) -> None:
        store = self._desk.store
        key, use = session.conversation_id, session.token_use
        await self._desk.worker.run(store.store_rating, key, use, int(stars), "", utc_now())
        await self._sessions.answer(session, "⭐" * int(stars), "telegram_rated", client_id)

    async def _privacy(self, session: ChatSession, _button: PressedButton, what: str, client_id: str) -> None:
        if what == "download":
            await self._download(session)
        elif what == "delete":
            await self._sessions.answer(session, say("telegram_delete", session.voice), ASKS_DELETE, client_id)
        elif what == "keep":
            await self._sessions.answer(session, say("telegram_keep", session.voice), "telegram_kept", client_id)
        else:
            await self._delete(session, client_id)

    async def _download(self, session: ChatSession) -> None:
        transcript = await self._desk.worker.run(self._desk.store.transcript, session.conversation_id)
        if transcript is not None:
            content = own_data.as_file(transcript, await own_data.pictures_of(self._desk, transcript))
            await with_retries(
                lambda: self._bot.send_document(session.chat_id, InputFile(content.encode(), filename="chat.json"))
            )

    async def _delete(self, session: ChatSession, client_id: str) -> None:
        try:
            await own_data.erase(self._desk, session.conversation_id)
        except RasaUnavailable:
            label = TravellerMessage(client_id, text=say("telegram_delete_now", session.voice))
            refusal = NewMessage(say("error_not_deleted", session.voice), "system")
            await self._sessions.store_with_answers(session, label, [refusal])
            return
        await best_effort(lambda: self._bot.send_message(session.chat_id, say("telegram_deleted", session.voice)))

    _handlers: ClassVar[Mapping[str, Handler]] = {
        "choice": _choose,
        "language": _set_language,
        "privacy": _privacy,
        "rate": _rate,
    }
