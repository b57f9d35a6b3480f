"""What travellers do in Telegram: each update is stored first, then handled once and in order, chat by chat."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from telegram import Bot, CallbackQuery, Chat, ChatMember, InputFile, Message, Update, User
from telegram.error import TelegramError

from aftercare.base.database import utc_now
from aftercare.base.identifiers import normalise_order_number
from aftercare.base.language import to_traditional
from aftercare.conversations import own_data
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation, TokenUse, UnknownChoice
from aftercare.conversations.limits import TooMany
from aftercare.conversations.messages import NewMessage, TravellerMessage, clean_text
from aftercare.conversations.pictures import NotAPicture, reencode
from aftercare.conversations.rasa_client import RasaUnavailable
from aftercare.conversations.texts import Voice, say, voice_of_locale
from aftercare.conversations.tokens import GRACE
from aftercare.telegram.calls import kindly, patiently
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.keyboards import ASKS_DELETE, ASKS_LANGUAGE, ASKS_PRIVACY, LANGUAGES
from aftercare.telegram.places import region_at
from aftercare.telegram.queues import Queues, place_of
from aftercare.telegram.store import ChatStore, Pressed, Waiting
from aftercare.telegram.texts import tell

log = logging.getLogger(__name__)

# core.telegram.org/bots/features#deep-linking
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_MOST_FAILURES = 4  # of one update; then the traveller is told, and those after it get their turn


@dataclass(frozen=True)
class Talk:
    """A private chat with its conversation, at the moment an update of it is handled."""

    chat_id: int
    conversation_id: str
    voice: Voice
    token_generation: int
    last_message_id: int | None


class Inbox:
    """Receives updates and puts them into conversations."""

    def __init__(self, desk: Desk, store: ChatStore, bot: Bot, delivery: Delivery) -> None:
        self._desk = desk
        self._store = store
        self._bot = bot
        self._delivery = delivery
        self._queues = Queues(self._work)

    async def stop(self) -> None:
        """Stop at once; what was not handled is in the database."""
        await self._queues.stop()

    def wake(self, chats: Iterable[int]) -> None:
        """These chats have updates to handle."""
        for chat_id in chats:
            self._queues.wake(chat_id)

    async def catch_up(self) -> None:
        """Handle what other desks received, and what was left when a desk stopped."""
        self._queues.remind(await self._desk.worker.run(self._store.chats_with_updates))

    async def _work(self, chat_id: int) -> None:
        while (waiting := await self._desk.worker.run(self._store.next_update, chat_id)) is not None:
            said = await self._handle_safely(chat_id, waiting)
            await self._desk.worker.run(self._store.handled, waiting.update_id, chat_id, said)

    async def _handle_safely(self, chat_id: int, waiting: Waiting) -> int | None:
        """Handle an update; a database that fails is waited for, anything else a few times only.

        The id of the message in it, if it is a new one.
        """
        failures = 0
        while True:
            try:
                update = Update.de_json(json.loads(waiting.body), self._bot)
                await self._handle(update)
                return update.message.message_id if update.message is not None else None
            except (TelegramError, RasaUnavailable, ValueError, TypeError, KeyError, AttributeError) as error:
                # neither the message of an error nor the update may be logged: they quote travellers, or the token
                log.error("A Telegram update failed: %s at %s", type(error).__name__, place_of(error))
                failures += 1
                if failures >= _MOST_FAILURES:
                    break
                await asyncio.sleep(0.2 * 2**failures)
        text = tell("broken", Voice("en")) + "\n" + tell("broken", Voice("zh", "hans"))
        await kindly(lambda: self._bot.send_message(chat_id, text))
        return None

    async def _handle(self, update: Update) -> None:
        chat, user = update.effective_chat, update.effective_user
        if chat is None:
            if update.callback_query is not None:  # under a message Telegram itself has forgotten
                query, voice = (
                    update.callback_query,
                    voice_of_locale(update.callback_query.from_user.language_code or ""),
                )
                await kindly(lambda: query.answer(tell("button_gone", voice)))
            return
        if chat.type != Chat.PRIVATE:
            await self._group(chat, user)
        elif update.my_chat_member is not None:
            left = update.my_chat_member.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
            await self._desk.worker.run(self._store.set_silent, chat.id, left)
            self._delivery.wake(chat.id)
        elif update.callback_query is not None:
            await self._pressed(chat.id, update.callback_query, f"telegram-{update.update_id}")
        elif update.message is not None:
            await self._message(update.message, user, f"telegram-{update.update_id}")
        elif update.edited_message is not None:
            await self._edited(update.edited_message, user, f"telegram-{update.update_id}")

    # --- chats ---

    async def _talk(self, chat_id: int, user: User | None) -> Talk:
        """The chat's conversation; a new one if it has none. Whoever writes wants to be answered again."""
        chat = await self._desk.worker.run(self._store.chat, chat_id)
        if chat is None or chat.conversation_id is None:
            locale = clean_text((user.language_code if user else None) or "en")[:35]
            opened = await self._desk.worker.run(self._desk.store.open_conversation, "telegram", locale, utc_now())
            await self._desk.worker.run(self._store.attach, chat_id, opened.id)
            self._delivery.shows(opened.id, chat_id)
            return Talk(chat_id, opened.id, opened.voice, opened.token_generation, None)
        if chat.silent:
            await self._desk.worker.run(self._store.set_silent, chat_id, False)
            self._delivery.wake(chat_id)
        if chat.voice is None or chat.token_generation is None:
            raise NoConversation(chat.conversation_id)
        return Talk(chat_id, chat.conversation_id, chat.voice, chat.token_generation, chat.last_message_id)

    async def _group(self, chat: Chat, user: User | None) -> None:
        """Orders are nobody else's business: a group is told once where to go."""
        if chat.type == Chat.CHANNEL or not await self._desk.worker.run(self._store.greet_group, chat.id):
            return
        voice = voice_of_locale((user.language_code if user else None) or "en")
        text = tell("group", voice, link=self._bot.link)
        await kindly(lambda: self._bot.send_message(chat.id, text))

    # --- messages ---

    async def _message(self, message: Message, user: User | None, client_id: str) -> None:
        text = clean_text(message.text or message.caption or "")
        command = _COMMAND.fullmatch(text) if message.text else None
        if command and command[1].lower() == "start" and (argument := (command[2] or "").strip()):
            await self._start_with(message, user, argument, client_id)
            return
        talk = await self._talk(message.chat_id, user)
        if command:
            await self._command(talk, command[1].lower(), text, client_id)
        elif message.photo or (message.document and (message.document.mime_type or "").startswith("image/")):
            await self._picture(talk, message, text, client_id)
        elif message.text:
            await self._say(talk, text, client_id)
        elif message.location is not None:
            await self._location(talk, message.location.latitude, message.location.longitude, client_id)
        else:
            kind, shown = _kind(message)
            await self._answer(talk, shown + (f" {text}" if text else ""), kind, client_id)

    async def _start_with(self, message: Message, user: User | None, argument: str, client_id: str) -> None:
        """`/start` from a link: an order's number, or the code that moves a conversation here from the web."""
        number = normalise_order_number(argument)
        if number is not None:
            talk = await self._talk(message.chat_id, user)
            await self._say(talk, tell("hello_order", talk.voice, number=number), client_id)
            return
        moved = await self._desk.worker.run(self._store.use_link, argument, message.chat_id, utc_now())
        if moved is not None:
            self._delivery.shows(moved, message.chat_id)
        talk = await self._talk(message.chat_id, user)
        # repeated after a crash the code is used, but the conversation is here already
        known = {"moved": moved is not None or await self._has_moved(talk)}
        await self._answer(talk, "", "moved" if known["moved"] else "link_old", client_id)
        self._delivery.wake(talk.chat_id)

    async def _has_moved(self, talk: Talk) -> bool:
        """Whether the chat shows a conversation from the web to which nothing was said here yet."""
        transcript = await self._desk.worker.run(self._desk.store.transcript, talk.conversation_id)
        return transcript is not None and transcript.conversation.channel == "web" and talk.last_message_id is None

    async def _command(self, talk: Talk, name: str, text: str, client_id: str) -> None:
        if name == "start":
            await self._say(talk, tell("hello", talk.voice), client_id)
        elif name == "agent":
            await self._say(talk, tell("talk_to_a_person", talk.voice), client_id)
        elif name == "language":
            await self._answer(talk, text, "language", client_id, name=ASKS_LANGUAGE)
        elif name == "privacy":
            await self._answer(talk, text, "privacy", client_id, name=ASKS_PRIVACY)
        elif name == "help":
            await self._answer(talk, text, "help", client_id)
        elif name == "stop":
            await self._stop(talk, text, client_id)
        else:
            both = "\n\n".join(tell(key, talk.voice) for key in ("unknown_command", "help"))
            await self._add(talk, TravellerMessage(client_id, text=text), [NewMessage(both, "system")])

    async def _stop(self, talk: Talk, text: str, client_id: str) -> None:
        """The last message goes out directly: after it the chat is silent until its traveller writes."""
        await kindly(lambda: self._bot.send_message(talk.chat_id, tell("stopped", talk.voice)))
        await self._add(talk, TravellerMessage(client_id, text=text), [])
        await self._desk.worker.run(self._store.set_silent, talk.chat_id, True)

    async def _edited(self, message: Message, user: User | None, client_id: str) -> None:
        """A corrected message is answered anew when it is the newest; otherwise nobody could follow."""
        talk = await self._talk(message.chat_id, user)
        text = clean_text(message.text or "")
        if text and not text.startswith("/") and talk.last_message_id == message.message_id:
            await self._say(talk, text, client_id)
        elif message.location is None:  # a live location moves by itself
            await self._answer(talk, "", "edited", client_id)

    async def _location(self, talk: Talk, latitude: float, longitude: float, client_id: str) -> None:
        region = region_at(latitude, longitude)
        if region is None:
            await self._answer(talk, "📍", "elsewhere", client_id)
            return
        place: str = region.name if talk.voice.language == "en" else region.name_zh
        if talk.voice == ("zh", "hant"):
            place = to_traditional(place)
        await self._say(talk, tell("i_am_in", talk.voice, place=place), client_id)

    async def _picture(self, talk: Talk, message: Message, text: str, client_id: str) -> None:
        # the sizes of a photo are in rising order (core.telegram.org/bots/api#message)
        found = message.photo[-1] if message.photo else message.document
        if found is None or (found.file_size or 0) > self._desk.limits.picture:
            await self._add(
                talk, TravellerMessage(client_id, text=text), [_system(say("picture_too_large", talk.voice))]
            )
            return
        raw = await kindly(lambda: self._fetch(found.file_id), seconds=60)
        if raw is None:
            await self._answer(talk, text, "picture_lost", client_id)
            return
        try:
            picture = await asyncio.to_thread(reencode, raw)
        except NotAPicture:
            await self._add(
                talk, TravellerMessage(client_id, text=text), [_system(say("picture_unreadable", talk.voice))]
            )
            return
        await self._accept(talk, TravellerMessage(client_id, text=text, picture=picture))

    async def _fetch(self, file_id: str) -> bytes:
        file = await self._bot.get_file(file_id)
        return bytes(await file.download_as_bytearray())

    # --- into the conversation ---

    async def _say(self, talk: Talk, text: str, client_id: str) -> None:
        if text:
            await self._accept(talk, TravellerMessage(client_id, text=text))

    async def _accept(self, talk: Talk, message: TravellerMessage) -> None:
        """Store what the traveller says and have it answered, as the chat API does."""
        desk = self._desk
        while True:
            try:
                desk.message_rate.take(talk.conversation_id)
                break
            except TooMany as error:  # nothing typed is lost: it waits
                await asyncio.sleep(error.seconds)
        use = TokenUse(talk.token_generation, GRACE)
        try:
            accepted = await desk.worker.run(desk.store.accept, talk.conversation_id, use, message, utc_now())
        except NoConversation:  # a newer token was used on the web meanwhile: this chat is bound to it all the same
            fresh = await self._talk(talk.chat_id, None)
            use = TokenUse(fresh.token_generation, GRACE)
            accepted = await desk.worker.run(desk.store.accept, fresh.conversation_id, use, message, utc_now())
        if accepted.stored:
            desk.turns.wake(talk.conversation_id, accepted.pending)
            desk.hub.publish_stored(talk.conversation_id, accepted.stored)

    async def _answer(self, talk: Talk, said: str, key: str, client_id: str, name: str | None = None) -> None:
        """Answer with a text of the bot's own."""
        answer = NewMessage(tell(key, talk.voice), "system", name=name or f"telegram_{key}")
        await self._add(talk, TravellerMessage(client_id, text=said), [answer])

    async def _add(self, talk: Talk, said: TravellerMessage, answers: list[NewMessage]) -> None:
        stored = await self._desk.worker.run(
            self._desk.store.store_own_answers, talk.conversation_id, said, answers, utc_now()
        )
        self._desk.hub.publish_stored(talk.conversation_id, stored)

    # --- buttons ---

    async def _pressed(self, chat_id: int, query: CallbackQuery, client_id: str) -> None:
        """A button: answered in any case (Telegram shows a clock until then), then its keyboard goes."""
        pressed = await self._desk.worker.run(self._store.pressed, query.data or "")
        talk = await self._talk(chat_id, query.from_user)
        if pressed is None or pressed.conversation_id != talk.conversation_id:
            await kindly(lambda: query.answer(tell("button_gone", talk.voice)))
            await kindly(lambda: query.edit_message_reply_markup(None))
            return
        await kindly(query.answer)
        what, _, value = pressed.meaning.partition(":")
        await self._meanings[what](self, talk, pressed, value, client_id)
        await kindly(lambda: query.edit_message_reply_markup(None))

    async def _chosen(self, talk: Talk, pressed: Pressed, choice: str, _client_id: str) -> None:
        """A keyboard counts once, however often and fast it is pressed; each card has its own."""
        keyboard = choice if "-c" in choice else pressed.seq
        try:
            await self._accept(talk, TravellerMessage(f"telegram-keyboard-{keyboard}", choice=choice))
        except UnknownChoice:
            log.error("A keyboard offered a choice that its event does not have")

    async def _language(self, talk: Talk, _pressed: Pressed, tag: str, client_id: str) -> None:
        use = TokenUse(talk.token_generation, GRACE)
        await self._desk.worker.run(self._desk.store.set_language, talk.conversation_id, use, tag, utc_now())
        await self._answer(replace(talk, voice=voice_of_locale(tag)), LANGUAGES[tag], "spoken", client_id)

    async def _rate(self, talk: Talk, _pressed: Pressed, stars: str, client_id: str) -> None:
        use = TokenUse(talk.token_generation, GRACE)
        await self._desk.worker.run(self._desk.store.rate, talk.conversation_id, use, int(stars), "", utc_now())
        await self._answer(talk, "⭐" * int(stars), "rated", client_id)

    async def _privacy(self, talk: Talk, _pressed: Pressed, what: str, client_id: str) -> None:
        if what == "download":
            await self._download(talk)
        elif what == "delete":
            await self._answer(talk, tell("delete", talk.voice), "delete_sure", client_id, name=ASKS_DELETE)
        elif what == "keep":
            await self._answer(talk, tell("keep", talk.voice), "kept", client_id)
        else:
            await self._delete(talk, client_id)

    async def _download(self, talk: Talk) -> None:
        transcript = await self._desk.worker.run(self._desk.store.transcript, talk.conversation_id)
        if transcript is not None:
            content = own_data.as_file(transcript, await own_data.pictures_of(self._desk, transcript))
            await patiently(
                lambda: self._bot.send_document(talk.chat_id, InputFile(content.encode(), filename="chat.json"))
            )

    async def _delete(self, talk: Talk, client_id: str) -> None:
        try:
            await own_data.erase(self._desk, talk.conversation_id)
        except RasaUnavailable:
            text = say("not_deleted", talk.voice)
            await self._add(talk, TravellerMessage(client_id, text=tell("delete_now", talk.voice)), [_system(text)])
            return
        await kindly(lambda: self._bot.send_message(talk.chat_id, tell("deleted", talk.voice)))

    _meanings: Mapping[str, Callable[[Inbox, Talk, Pressed, str, str], Coroutine[Any, Any, None]]] = {
        "choice": _chosen,
        "language": _language,
        "privacy": _privacy,
        "rate": _rate,
    }


def _kind(message: Message) -> tuple[str, str]:
    """The text that answers a message without words, and how it is shown to the staff."""
    if message.sticker is not None:
        return "sticker", message.sticker.emoji or "🙂"
    if message.voice or message.audio:
        return "voice", "🎤"
    if message.video or message.video_note or message.animation:
        return "voice", "🎬"
    if message.contact is not None:
        return "contact", "👤"
    if message.document is not None:
        return "file", "📎"
    return "other", "❔"


def _system(text: str) -> NewMessage:
    return NewMessage(text, "system")
