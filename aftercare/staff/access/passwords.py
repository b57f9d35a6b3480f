"""Passwords: hashed with Argon2id beside the event loop, two at a time because each takes 64 MiB."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200

_hasher = PasswordHasher()
_room = asyncio.Semaphore(2)


def weakness(password: str, email: str) -> str | None:
    """The key of the text that says what is wrong with a new password; None when it will do."""
    if len(password) < SHORTEST:
        return "people.password_short"
    if len(password) > LONGEST:
        return "people.password_long"
    plain = password.casefold()
    if len(set(plain)) < 5 or plain in (email, email.partition("@")[0] * 2):
        return "people.password_weak"
    return None


def hash_now(password: str) -> str:
    """The hash to store; takes about 0.1 s."""
    return _hasher.hash(password)


async def hash_password(password: str) -> str:
    """The hash to store."""
    async with _room:
        return await asyncio.to_thread(_hasher.hash, password)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


async def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a hash. Without a hash it takes as long, and is not."""
    async with _room:
        nobody = await asyncio.to_thread(_nobody)  # made with the first password of all, right or wrong
        return await asyncio.to_thread(_verify, stored or nobody, password[: LONGEST + 1]) and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
