"""Pages of HTML that look like screens of phones, in the manner of iOS and Android, with their texts as truth."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "screens"
_FONT = "WenQuanYi Micro Hei"  # aftercare/documents/fonts.py
WIDTH, HEIGHT = 390, 844  # CSS pixels; drawn at three times that, as phones do
LOOKS = ("light", "dark", "jpeg", "turned", "photo")


@dataclass(frozen=True)
class Screen:
    """One screen."""

    kind: str
    """One of the page builders below."""
    language: str
    status: list[str]
    """The words in the status bar."""
    rows: list[list[str]]
    """The texts below in reading order, parts of one row together."""

    @property
    def truth(self) -> str:
        """All of its text in reading order, without spaces."""
        return "".join("".join([*self.status, *(part for row in self.rows for part in row)]).split())


def screens() -> list[Screen]:
    """The screens of screens/screens.yml."""
    listed: list[dict[str, Any]] = yaml.safe_load((_FOLDER / "screens.yml").read_text(encoding="utf-8"))
    return [
        Screen(**{**entry, "rows": [row if isinstance(row, list) else [row] for row in entry["rows"]]})
        for entry in listed
    ]


def page(screen: Screen, look: str) -> str:
    """The screen as a page of HTML."""
    dark = look == "dark"
    latin = screen.language == "en" and "android" not in screen.kind
    style = Template((_FOLDER / "screen.css").read_text(encoding="utf-8")).substitute(
        width=WIDTH,
        height=HEIGHT,
        family="DejaVu Sans" if latin else _FONT,
        ground="#000" if dark else "#f2f2f7",
        ink="#fff" if dark else "#000",
        card="#1c1c1e" if dark else "#fff",
        rule="#38383a" if dark else "#d4d4d8",
        accent="#0a84ff" if dark else "#0067d8",
    )
    status = "".join(f"<span>{html.escape(word)}</span>" for word in screen.status)
    return (
        f"<!doctype html><meta charset=utf-8><html lang={screen.language}><style>{style}</style><body>"
        f"<div class=status>{status}<i class=bars></i><i class=battery></i></div>{_BODIES[screen.kind](screen.rows)}"
    )


def _dialog(rows: list[list[str]]) -> str:
    (title,), (text,), *buttons = rows
    pressed = "".join(f"<b>{html.escape(button)}</b>" for (button,) in buttons)
    return f"<div class=dialog><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{pressed}</div>"


def _android_dialog(rows: list[list[str]]) -> str:
    (title,), (text,), buttons = rows
    body = f"<h1>{html.escape(title)}</h1><p>{html.escape(text)}</p>{_row(buttons)}"
    return f"<div class='android box'>{body}</div>"


def _settings(rows: list[list[str]]) -> str:
    return f"<div class=settings><h1>{_title(rows)}</h1><div class=card>{_table(rows)}</div></div>"


def _android_settings(rows: list[list[str]]) -> str:
    return f"<div class=android><h1>{_title(rows)}</h1>{_table(rows)}</div>"


def _mail(rows: list[list[str]]) -> str:
    return f"<div class=mail><h1>{_title(rows)}</h1>{_table(rows)}</div>"


def _page(rows: list[list[str]]) -> str:
    texts = "".join(f"<p>{html.escape(text)}</p>" for (text,) in rows[1:])
    return f"<div class=page><h1>{_title(rows)}</h1>{texts}</div>"


def _title(rows: list[list[str]]) -> str:
    return html.escape(rows[0][0])


def _table(rows: list[list[str]]) -> str:
    return "".join(map(_row, rows[1:]))


def _row(parts: list[str]) -> str:
    return f"<div class=row>{''.join(f'<span>{html.escape(part)}</span>' for part in parts)}</div>"


_BODIES: dict[str, Callable[[list[list[str]]], str]] = {
    "dialog": _dialog,
    "android_dialog": _android_dialog,
    "settings": _settings,
    "android_settings": _android_settings,
    "mail": _mail,
    "page": _page,
}
