"""Activation codes as the order database keeps them: encrypted, so that a copy of the database installs no eSIM.

Keys come from `ACTIVATION_CODE_KEYS`, the newest first, else from the secret `activation_codes`. `aftercare keys
rotate` encrypts every code anew with the first of them. The demo on one machine, whose codes open nothing, has none
unless the variable is set.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import Connection

from aftercare.base.settings import SettingsError, settings

_MARK = "sealed:"  # before it, codes were kept as they are


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"activation codes:" + key.encode()).digest()))


@lru_cache(maxsize=4)
def _of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(key) for key in keys])


def _keys() -> MultiFernet | None:
    listed = tuple(settings().activation_code_keys.replace(",", " ").split())
    if not listed and settings().is_demo:
        return None
    return _of(listed or (settings().secret("activation_codes"),))


def seal(code: str) -> str:
    """The code encrypted with the newest key; in the demo as it is."""
    keys = _keys()
    return code if keys is None else _MARK + keys.encrypt(code.encode()).decode()


def unseal(kept: str) -> str:
    """The code; one that was stored before codes were encrypted is given as it is.

    Raises:
        SettingsError: none of the keys is the one it was encrypted with.
    """
    if not kept.startswith(_MARK):
        return kept
    lacking = "An activation code cannot be decrypted: ACTIVATION_CODE_KEYS lacks the key it was stored with."
    keys = _keys()
    if keys is None:
        raise SettingsError(lacking)
    try:
        return keys.decrypt(kept.removeprefix(_MARK).encode()).decode()
    except InvalidToken:
        raise SettingsError(lacking) from None


class Sealed(sa.types.TypeDecorator[str]):
    """A text that is encrypted in the database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Encrypted, as the database gets it."""
        return None if value is None else seal(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """As it was given."""
        return None if value is None else unseal(value)


def reseal(connection: Connection, *, only_open: bool = False) -> int:
    """Encrypt every activation code with the newest key; with `only_open` those that never were. How many."""
    esim = sa.table("esim", sa.column("id"), sa.column("matching_id"))
    wanted = sa.select(esim.c.id, esim.c.matching_id)
    if only_open:
        wanted = wanted.where(esim.c.matching_id.not_like(f"{_MARK}%"))
    rows = connection.execute(wanted).all()
    for row in rows:
        kept = seal(unseal(row.matching_id))
        connection.execute(sa.update(esim).where(esim.c.id == row.id).values(matching_id=kept))
    return len(rows)
