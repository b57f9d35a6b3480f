"""Reads what comes with a request: within a time, and refused where it is not what its headers say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from multidict import MultiDictProxy

from aftercare.web.context import DESK
from aftercare.web.errors import ApiError


@asynccontextmanager
async def arriving(seconds: float) -> AsyncIterator[None]:
    """What is read within must arrive within so many seconds.

    Raises:
        ApiError: 408 when it does not, 400 when it is broken: a form whose parts have no boundary, an unknown encoding.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ApiError(408, "too_slow") from None
    except (ValueError, LookupError, RuntimeError) as error:  # what aiohttp raises for these
        raise ApiError(400, "malformed", detail=type(error).__name__) from None


async def read_body(request: web.Request) -> bytes:
    """The bytes of a request.

    Raises:
        ApiError: it is too slow (408) or broken (400).
    """
    async with arriving(request.app[DESK].limits.request_seconds):
        return await request.read()


async def read_form(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | web.FileField]:
    """The fields of a form.

    Raises:
        ApiError: it is too slow (408) or broken (400).
    """
    async with arriving(request.app[DESK].limits.request_seconds):
        return await request.post()
