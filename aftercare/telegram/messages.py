"""From a stored event to the Telegram messages that show it: texts, photos with captions, documents, keyboards."""

from __future__ import annotations

import asyncio
import base64
import html
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.constants import ParseMode

from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.messages import Card, Message
from aftercare.conversations.texts import say
from aftercare.documents.links import FileLinkExpired, FileLinkInvalid
from aftercare.telegram.cards import caption, card_png
from aftercare.telegram.keyboards import Button, Rows
from aftercare.telegram.splitting import CAPTION_LIMIT, fits, length, split
from aftercare.web import media

log = logging.getLogger(__name__)

_DATA_URL = re.compile(r"data:image/(png|jpeg|webp|gif);base64,([A-Za-z0-9+/=]+)")
_PICTURE = re.compile(r"/media/([\w-]+)")
# previews of our own links would show nothing, and fetching a signed link is only for the traveller
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True)
class Part:
    """One Telegram message: HTML, alone or with a photo or document, and the buttons under it."""

    html: str = ""
    photo: bytes | None = None
    document: tuple[str, bytes] | None = None
    rows: Rows = ()

    async def send(self, bot: Bot, chat_id: int, keys: Mapping[str, str]) -> None:
        """Send it. `keys` are the buttons' keys by meaning."""
        keyboard = InlineKeyboardMarkup(
            [[InlineKeyboardButton(b.title, callback_data=keys[b.meaning]) for b in row] for row in self.rows]
        )
        markup = keyboard if self.rows else None
        if self.photo is not None:
            await bot.send_photo(
                chat_id,
                InputFile(self.photo, filename="picture.png"),
                caption=self.html or None,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
            )
        elif self.document is not None:
            name, content = self.document
            await bot.send_document(
                chat_id,
                InputFile(content, filename=name),
                caption=self.html or None,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
            )
        else:
            await bot.send_message(
                chat_id,
                self.html,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=markup,
            )

    def simpler(self) -> Part | None:
        """The same with less to refuse: a photo becomes a document (its sides may be out of bounds); else None."""
        if self.photo is None:
            return None
        return replace(self, photo=None, document=("picture.png", self.photo))


async def parts_of(desk: Desk, event: Message, rows: Rows, voice: Voice) -> list[Part]:
    """The messages that show an event: words with the keyboard under them, then cards, then files."""
    if event.sender == "traveller":
        return []
    if event.rate:
        event = replace(event, text=f"{event.text}\n\n{say('telegram_rate', voice)}".strip())
    if event.cards:  # their text is for clients without cards: one line each
        lines = [line for line in event.text.splitlines() if not line.lstrip().startswith("•")]
        event = replace(event, text="\n".join(lines))
    parts = list(_text_parts(event, await _picture(desk, event.image)))
    if rows:
        parts = parts or [Part(html="👇")]
        parts[-1] = replace(parts[-1], rows=rows)
    parts += [await _card(event.seq, index, card) for index, card in enumerate(event.cards)]
    return [*parts, *[Part(document=document) for document in await _documents(desk, event.text)]]


async def _card(seq: int, index: int, card: Card) -> Part:
    words = caption(card)
    rows = [[Button(card.button, f"choice:{seq}-c{index}")]] if card.button else []
    words = words[: fits(words, CAPTION_LIMIT)]
    return Part(html=_html("", words), photo=await asyncio.to_thread(card_png, card), rows=rows)


def _text_parts(event: Message, picture: bytes | None) -> Iterator[Part]:
    name = f"{event.agent}\n" if event.sender == "agent" and event.agent else ""
    texts = split(event.text)
    if picture is not None:
        if length(name + event.text.strip()) <= CAPTION_LIMIT:
            yield Part(html=_html(name, event.text.strip()), photo=picture)
            return
        yield Part(photo=picture)
    if texts and length(name + texts[0]) > 4096:
        texts = split(event.text, 4096 - length(name))
    for text in texts:
        yield Part(html=_html(name, text))
        name = ""


def _html(name: str, text: str) -> str:
    """Everything escaped: core.telegram.org/bots/api#html-style knows < > & only."""
    bold = f"<b>{html.escape(name.strip(), quote=False)}</b>\n" if name else ""
    return bold + html.escape(text, quote=False)


async def _picture(desk: Desk, address: str | None) -> bytes | None:
    if address is None:
        return None
    if found := _DATA_URL.fullmatch(address):
        return base64.b64decode(found[2])
    if found := _PICTURE.fullmatch(address):
        stored = await desk.worker.run(desk.store.get_picture, found[1])
        return None if stored is None else stored[1]
    return None


async def _documents(desk: Desk, text: str) -> list[tuple[str, bytes]]:
    """The files behind signed links in a text: the traveller gets them without opening a browser."""
    base = re.escape(f"{desk.settings.public_url}/media/")
    files = []
    for token in re.findall(base + r"([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", text):
        try:
            file = await media.file_of(desk, token)
        except (FileLinkExpired, FileLinkInvalid):
            continue  # the text with the link remains; opened, it says what to do
        files.append((file.name, file.content))
    return files
