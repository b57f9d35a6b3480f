"""Turns an update of Telegram into what it means for a conversation: words, pictures, places, membership."""

from __future__ import annotations

import asyncio
import json

from telegram import Bot, Chat, ChatMember, Message, Update, User

from aftercare.base.voice import voice_of_locale
from aftercare.conversations.context import Desk
from aftercare.conversations.messages import NewMessage, TravellerMessage, clean_text
from aftercare.conversations.pictures import NotAPicture, reencode
from aftercare.conversations.texts import say
from aftercare.telegram.buttons import ButtonHandler
from aftercare.telegram.calls import best_effort
from aftercare.telegram.chat_sessions import ChatSession, ChatSessions, voice_of_user
from aftercare.telegram.commands import CommandHandler, parse_command
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.places import region_at
from aftercare.telegram.store import ChatStore


class UpdateHandler:
    """Handles one update at a time of each chat; repeating one after a crash is harmless."""

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, delivery: Delivery) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._delivery = delivery
        self._sessions = ChatSessions(desk, store, delivery)
        self._commands = CommandHandler(desk, store, bot, delivery, self._sessions)
        self._buttons = ButtonHandler(desk, store, bot, self._sessions)

    async def handle(self, update: Update) -> None:
        """Handle an update.

        Raises:
            TelegramError: Telegram refused a call for good.
            RasaUnavailable: Rasa is needed and away.
        """
        chat, user = update.effective_chat, update.effective_user
        client_id = f"telegram-{update.update_id}"
        if chat is None:
            if update.callback_query is not None:  # under a message Telegram itself has forgotten
                query = update.callback_query
                voice = voice_of_locale(query.from_user.language_code or "")
                await best_effort(lambda: query.answer(say("telegram_button_gone", voice)))
            return
        if chat.type != Chat.PRIVATE:
            await self._group(chat, user)
        elif update.my_chat_member is not None:
            left = update.my_chat_member.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
            await self._desk.worker.run(self._store.set_silent, chat.id, left)
            self._delivery.wake(chat.id)
        elif update.callback_query is not None:
            await self._buttons.handle(chat.id, update.callback_query, client_id)
        elif update.message is not None:
            await self._message(update.message, client_id)
        elif update.edited_message is not None:
            await self._edited(update.edited_message, client_id)

    async def _group(self, chat: Chat, user: User | None) -> None:
        """Orders are private: a group is told once where to go."""
        if chat.type == Chat.CHANNEL or not await self._desk.worker.run(self._store.add_group, chat.id):
            return
        text = say("telegram_group", voice_of_user(user), link=self._bot.link)
        await best_effort(lambda: self._bot.send_message(chat.id, text))

    async def _message(self, message: Message, client_id: str) -> None:
        text = clean_text(message.text or message.caption or "")
        command = parse_command(text) if message.text else None
        if command is not None:
            await self._commands.handle(message, command, text, client_id)
            return
        session = await self._sessions.open(message.chat_id, message.from_user)
        if message.photo or (message.document and (message.document.mime_type or "").startswith("image/")):
            await self._picture(session, message, text, client_id)
        elif message.text:
            await self._sessions.submit_text(session, text, client_id)
        elif message.location is not None:
            await self._location(session, message.location.latitude, message.location.longitude, client_id)
        else:
            name, shown = _without_words(message)
            await self._sessions.answer(session, shown + (f" {text}" if text else ""), name, client_id)

    async def _edited(self, message: Message, client_id: str) -> None:
        """A corrected message is answered anew when it is the newest; otherwise nobody could follow."""
        session = await self._sessions.open(message.chat_id, message.from_user)
        text = clean_text(message.text or "")
        if text and not text.startswith("/") and session.last_message_id == message.message_id:
            await self._sessions.submit_text(session, text, client_id)
        elif message.location is None:  # a live location moves by itself
            await self._sessions.answer(session, "", "telegram_edited", client_id)

    async def _location(self, session: ChatSession, latitude: float, longitude: float, client_id: str) -> None:
        """Ask about the network at the nearest place of the catalogue: as an entity, shown under a label."""
        region = region_at(latitude, longitude)
        if region is None:
            await self._sessions.answer(session, "📍", "telegram_elsewhere", client_id)
            return
        place = region.name if session.voice.language == "en" else session.voice.write(region.name_zh)
        label = say("telegram_location", session.voice, place=place)
        payload = f"/ask_coverage{json.dumps({'location': region.name})}"
        await self._sessions.submit_text(session, label, client_id, payload)

    async def _picture(self, session: ChatSession, message: Message, text: str, client_id: str) -> None:
        # the sizes of a photo are in rising order (core.telegram.org/bots/api#message)
        found = message.photo[-1] if message.photo else message.document
        if found is None or (found.file_size or 0) > self._desk.limits.picture:
            await self._refuse_picture(session, text, "error_picture_too_large", client_id)
            return
        raw = await best_effort(lambda: self._fetch(found.file_id), seconds=60)
        if raw is None:
            await self._sessions.answer(session, text, "telegram_picture_lost", client_id)
            return
        try:
            picture = await asyncio.to_thread(reencode, raw)
        except NotAPicture:
            await self._refuse_picture(session, text, "error_picture_unreadable", client_id)
            return
        await self._sessions.submit(session, TravellerMessage(client_id, text=text, picture=picture))

    async def _refuse_picture(self, session: ChatSession, text: str, name: str, client_id: str) -> None:
        refusal = NewMessage(say(name, session.voice), "system")
        await self._sessions.store_with_answers(session, TravellerMessage(client_id, text=text), [refusal])

    async def _fetch(self, file_id: str) -> bytes:
        file = await self._bot.get_file(file_id)
        return bytes(await file.download_as_bytearray())


def _without_words(message: Message) -> tuple[str, str]:
    """The phrase that answers a message without words, and how the message is shown to the staff."""
    if message.sticker is not None:
        return "telegram_sticker", message.sticker.emoji or "🙂"
    if message.voice or message.audio:
        return "telegram_voice", "🎤"
    if message.video or message.video_note or message.animation:
        return "telegram_voice", "🎬"
    if message.contact is not None:
        return "telegram_contact", "👤"
    if message.document is not None:
        return "telegram_file", "📎"
    return "telegram_other", "❔"
