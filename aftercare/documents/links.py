"""Links to a traveller's own files: signed, so that nobody can make one, and good for an hour.

Whoever makes a link has checked that the conversation may see the order (`aftercare/orders/ownership.py`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aftercare.base.identifiers import normalise_order_number
from aftercare.documents.locales import LOCALES, Locale

Kind = Literal["invoice", "usage"]
KINDS: tuple[Kind, ...] = ("invoice", "usage")
LIFETIME = timedelta(hours=1)


class FileLinkInvalid(Exception):
    """The signature is wrong: this desk did not make the link."""


class FileLinkExpired(Exception):
    """The link was signed by this desk and its lifetime is over."""


@dataclass(frozen=True)
class FileLink:
    """The file a link leads to: what it is, of which order, in which language."""

    kind: Kind
    number: str
    locale: Locale


def sign(link: FileLink, secret: str, now: datetime) -> str:
    """The link as a token of URL-safe characters and one dot, good until `LIFETIME` after the aware time `now`."""
    expires = int((now + LIFETIME).timestamp())
    payload = "|".join((link.kind, link.number, link.locale, str(expires))).encode()
    return f"{_encode(payload)}.{_encode(_signature(payload, secret))}"


def read(token: str, secret: str, now: datetime) -> FileLink:
    """What a token leads to.

    Raises:
        FileLinkInvalid: it is not ours, or was changed.
        FileLinkExpired: its time is over.
    """
    try:
        payload, signature = (_decode(part) for part in token.split("."))
    except ValueError:
        raise FileLinkInvalid from None
    if not hmac.compare_digest(_signature(payload, secret), signature):
        raise FileLinkInvalid
    # from here on the text is our own; a link of an older version of this module may still be shaped differently
    parts = payload.decode().split("|")
    if len(parts) != 4:
        raise FileLinkInvalid
    kind, number, locale, expires = parts
    if kind not in KINDS or locale not in LOCALES or normalise_order_number(number) != number:
        raise FileLinkInvalid
    if now.timestamp() >= int(expires):
        raise FileLinkExpired
    return FileLink(kind, number, locale)


def address(link: FileLink, public_url: str, secret: str, now: datetime) -> str:
    """The link as travellers get it."""
    return f"{public_url}/media/{sign(link, secret, now)}"


def _signature(payload: bytes, secret: str) -> bytes:
    """HMAC-SHA256, cut to 128 bits as RFC 2104 allows, so that links stay short in a chat."""
    return hmac.new(secret.encode(), payload, hashlib.sha256).digest()[:16]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(part: str) -> bytes:
    """The bytes of one part of a token.

    Raises:
        ValueError: it is not what `_encode` writes, to the last bit: a token has one spelling.
    """
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if _encode(raw) != part:
        raise ValueError("not the canonical form")
    return raw
