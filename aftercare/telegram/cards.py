"""A plan card as a picture, since Telegram has no cards: what it is on the left, its price on the right."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from aftercare.conversations.messages import Card
from aftercare.documents.fonts import FONT

_WIDTH, _MARGIN, _LINE = 720, 36, 46  # pixels; a phone shows it at about half of that
_INK, _GREY, _BAND, _PAPER = "#1f2933", "#52606d", "#0b6b50", "#ffffff"
_MOST_LINES = 6


def card_png(card: Card) -> bytes:
    """PNG of the card; lines that are too long are cut, their full text is in the caption."""
    lines = [line for line in card.lines if line][:_MOST_LINES]
    height = 128 + _LINE * len(lines) + _MARGIN
    picture = Image.new("RGB", (_WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, _WIDTH, 100), fill=_BAND)
    price_width = _font(36).getlength(card.price)
    draw.text((_WIDTH - _MARGIN, 50), card.price, font=_font(36), fill=_PAPER, anchor="rm")
    title = _cut(card.title, 36, _WIDTH - 3 * _MARGIN - price_width)
    draw.text((_MARGIN, 50), title, font=_font(36), fill=_PAPER, anchor="lm")
    for place, line in enumerate(lines):
        colour = _INK if place == 0 else _GREY
        draw.text((_MARGIN, 128 + _LINE * place), _cut(line, 30, _WIDTH - 2 * _MARGIN), font=_font(30), fill=colour)
    buffer = io.BytesIO()
    picture.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def caption(card: Card) -> str:
    """The card in words."""
    head = f"{card.title} · {card.price}" if card.price else card.title
    return "\n".join(part for part in (head, card.seller, *card.lines, card.reason, card.url) if part)


def _cut(text: str, size: int, width: float) -> str:
    if _font(size).getlength(text) <= width:
        return text
    while text and _font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)
