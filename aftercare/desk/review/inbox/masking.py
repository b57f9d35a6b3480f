"""Hides what identifies a traveller until somebody asks to see it, which is recorded."""

from __future__ import annotations

_DOTS = "••••"


def mask(text: str | None, shown: int = 4) -> str:
    """The last characters, enough to compare with what a traveller reads out."""
    if not text:
        return ""
    return _DOTS + text[-shown:] if len(text) > shown * 2 else _DOTS


def mask_email(email: str | None) -> str:
    """The first letter and the domain."""
    if not email:
        return ""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}{_DOTS}{at}{domain}"


def mask_name(name: str | None) -> str:
    """The first letter of each word."""
    return " ".join(word[:1] + _DOTS for word in (name or "").split())
