"""Small pictures of screens, and what stands in for the reader's process."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from aftercare.documents.fonts import FONT
from aftercare.screenshots.lines import TextBox

SIZE = (600, 1000)  # pixels


def boxes(*rows: str | Sequence[str], status: Sequence[str] = ()) -> list[TextBox]:
    """Text boxes of a screen in reading order: the status bar, then a row each, parts of a row side by side."""
    found = [TextBox(text, 0.02, 0.6 + place / 10, 0.04, 0.68 + place / 10) for place, text in enumerate(status)]
    for number, row in enumerate(rows):
        parts = [row] if isinstance(row, str) else row
        top = 0.1 + number * 0.8 / max(1, len(rows))
        found += [TextBox(text, top, place / 2, top + 0.02, place / 2 + 0.4) for place, text in enumerate(parts)]
    return found


def screen_png(*rows: str, status: str = "", kind: str = "PNG") -> bytes:
    """A picture with a status bar and rows of text."""
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONT), 30)
    draw.text((420, 18), status, font=ImageFont.truetype(str(FONT), 26), fill="black")
    for number, row in enumerate(rows):
        draw.text((40, 200 + number * 90), row, font=font, fill="black")
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def stand_in(folder: Path, body: str) -> tuple[str, ...]:
    """The command of a process that does `body` (Python, indented by nothing) instead of reading pictures."""
    script = folder / "stand_in.py"
    script.write_text(f"import os, signal, sys, time\n{body}\n", encoding="utf-8")
    return (sys.executable, str(script))
