"""Turns an update of Telegram into what it means for a conversation: words, pictures, places, membership."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from telegram import Bot, Chat, ChatMember, Message, Update, User

from aftercare.base.voice import voice_of_locale
from aftercare.conversations.context import Desk
from aftercare.conversations.limits import TooMany
from aftercare.conversations.messages import NewMessage, TravellerMessage, clean_text
from aftercare.conversations.pictures import NotAPicture
from aftercare.conversations.texts import say
from aftercare.telegram.buttons import ButtonHandler
from aftercare.telegram.calls import best_effort
from aftercare.telegram.chat_sessions import ChatSession, ChatSessions, voice_of_user
from aftercare.telegram.commands import CommandHandler, parse_command
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.places import region_at
from aftercare.telegram.store import ChatStore

# Telegram sends the pictures of an album as messages of their own; seconds within which the next one has come.
_ALBUM_PAUSE = 1.0


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
        self._of_albums: set[int] = set()
        """Updates whose pictures were handled with the first of their album."""

    async def handle(self, update: Update) -> None:
        """Handle an update.

        Raises:
            TelegramError: Telegram refused a call for good.
            RasaUnavailable: Rasa is needed and away.
        """
        chat, user = update.effective_chat, update.effective_user
        client_id = client_id_of(update.update_id)
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
            await self._message(update.message, client_id, update.update_id)
        elif update.edited_message is not None:
            await self._edited(update.edited_message, client_id)

    async def _group(self, chat: Chat, user: User | None) -> None:
        """Orders are private: a group is told once where to go."""
        if chat.type == Chat.CHANNEL or not await self._desk.worker.run(self._store.add_group, chat.id):
            return
        text = say("telegram_group", voice_of_user(user), link=self._bot.link)
        await best_effort(lambda: self._bot.send_message(chat.id, text))

    async def _message(self, message: Message, client_id: str, update_id: int) -> None:
        text = clean_text(message.text or message.caption or "")
        command = parse_command(text) if message.text else None
        if command is not None:
            await self._commands.handle(message, command, text, client_id)
            return
        session = await self._sessions.open(message.chat_id, message.from_user)
        if _is_picture(message):
            if update_id in self._of_albums:
                self._of_albums.remove(update_id)
                return
            await self._pictures(session, await self._album(message, update_id))
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
        try:
            self._desk.picture_rate.take(f"telegram:{message.chat_id}")
            own, everybody = await self._desk.worker.run(self._desk.store.sizes_of_pictures, session.conversation_id)
        except TooMany:
            own, everybody = self._desk.limits.pictures_of_conversation, 0
        if own >= self._desk.limits.pictures_of_conversation or everybody >= self._desk.limits.pictures_of_everybody:
            await self._refuse_picture(session, text, "error_pictures_full", client_id)
            return
        raw = await best_effort(lambda: self._fetch(found.file_id), seconds=60)
        if raw is None:
            await self._sessions.answer(session, text, "telegram_picture_lost", client_id)
            return
        try:
            picture = await self._desk.pictures.reencode(raw)
        except NotAPicture:
            await self._refuse_picture(session, text, "error_picture_unreadable", client_id)
            return
        await self._sessions.submit(session, TravellerMessage(client_id, text=text, picture=picture), wake=False)

    async def _album(self, message: Message, update_id: int) -> dict[int, Message]:
        """The messages of the album that begins with this one, by their updates; a picture by itself is alone in it."""
        album = {update_id: message}
        if message.media_group_id is None:
            return album
        while True:
            for pause in (0, _ALBUM_PAUSE):
                await asyncio.sleep(pause)
                found = await self._desk.worker.run(self._store.update_after, message.chat_id, max(album))
                if found is not None:
                    break
            following = None if found is None else Update.de_json(json.loads(found.body), self._bot).message
            together = following is not None and following.media_group_id == message.media_group_id
            if found is None or following is None or not together or not _is_picture(following):
                return album
            album[found.update_id] = following

    async def _pictures(self, session: ChatSession, album: Mapping[int, Message]) -> None:
        """Store the pictures of an album and have them answered together, the words with the last of them.

        Their own updates have nothing left to do; repeated after a crash, they store nothing twice.
        """
        words = "\n".join(clean_text(each.caption or "") for each in album.values()).strip()
        for update_id, message in album.items():
            is_last = update_id == max(album)
            await self._picture(session, message, words if is_last else "", client_id_of(update_id))
        self._of_albums.update(list(album)[1:])
        self._desk.turns.wake(session.conversation_id)

    async def _refuse_picture(self, session: ChatSession, text: str, name: str, client_id: str) -> None:
        refusal = NewMessage(say(name, session.voice), "system")
        await self._sessions.store_with_answers(session, TravellerMessage(client_id, text=text), [refusal])

    async def _fetch(self, file_id: str) -> bytes:
        file = await self._bot.get_file(file_id)
        return bytes(await file.download_as_bytearray())


def client_id_of(update_id: int) -> str:
    """The id under which what an update says is stored once."""
    return f"telegram-{update_id}"


def _is_picture(message: Message) -> bool:
    return bool(message.photo or (message.document and (message.document.mime_type or "").startswith("image/")))


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
