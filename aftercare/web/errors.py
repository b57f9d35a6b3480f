"""Errors as JSON: a code, and a text for the traveller; details of what went wrong go to the log only."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import http_exceptions, web
from sqlalchemy.exc import DataError, SQLAlchemyError, StatementError

from aftercare.base.voice import Voice, voice_of_locale
from aftercare.conversations.texts import say

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiError(Exception):
    """A request that is answered with `status` and the phrase `error_<code>`, in the traveller's language."""

    def __init__(self, status: int, code: str, voice: Voice | None = None, **values: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.voice = voice
        self.values = values


def voice_of(request: web.Request) -> Voice:
    """The voice the browser asks for, when no message tells more."""
    return voice_of_locale(request.headers.get("Accept-Language", "en").split(",")[0].split(";")[0].strip())


def answer(request: web.Request, error: ApiError) -> web.Response:
    """The response to an error: {"error": {"code", "message"}}."""
    message = say(f"error_{error.code}", error.voice or voice_of(request), **error.values)
    headers = {"Retry-After": str(error.values["seconds"])} if "seconds" in error.values else None
    return web.json_response({"error": {"code": error.code, "message": message}}, status=error.status, headers=headers)


# what a request holds that cannot be read, written or counted with: half characters, numbers beyond the database's and
# days beyond the calendar's, a body that is not packed as it says
_CLIENT_FAULTS = (
    UnicodeError,
    OverflowError,
    zlib.error,
    aiohttp.ClientPayloadError,
    web.RequestPayloadError,
    http_exceptions.HttpProcessingError,
    DataError,
)
# how ValueError begins for more digits than int() converts, and for NUL, which psycopg2 takes in no text
_REFUSED_VALUES = ("Exceeds the limit", "A string literal cannot contain NUL")


def is_client_fault(error: BaseException) -> bool:
    """Whether the request itself is what cannot be handled, so that it is refused and not ours to mend."""
    if isinstance(error, StatementError) and error.orig is not None:
        return isinstance(error, DataError) or is_client_fault(error.orig)
    return (isinstance(error, ValueError) and str(error).startswith(_REFUSED_VALUES)) or isinstance(
        error, _CLIENT_FAULTS
    )


def log_client_fault(request: web.Request, error: BaseException) -> None:
    """One line without what was sent."""
    log.info("Refused as malformed: %s at %s", type(error).__name__, request.match_info.route.resource)


_BY_STATUS = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large"}


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever goes wrong in a handler into a short answer; the details go to the log."""
    try:
        return await handler(request)
    except ApiError as error:
        return answer(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _BY_STATUS.get(error.status)
        if code is None:
            code = "internal" if error.status >= 500 else "malformed"
        response = answer(request, ApiError(error.status, code, detail=error.reason))
        if allow := error.headers.get("Allow"):
            response.headers["Allow"] = allow
        return response
    except (*_CLIENT_FAULTS, StatementError, ValueError) as error:
        if not is_client_fault(error):
            return _ours(request, error)
        log_client_fault(request, error)
        refused = answer(request, ApiError(400, "malformed", detail=type(error).__name__))
        refused.force_close()  # what else comes on this connection cannot be told from the rest of the body
        return refused
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception as error:
        return _ours(request, error)


def _ours(request: web.Request, error: Exception) -> web.Response:
    if isinstance(error, SQLAlchemyError):  # its message may quote the traveller, so only its kind is logged
        log.error("The desk database fails: %s", type(error).__name__)
        return answer(request, ApiError(503, "unavailable", seconds=2))
    log.error("Unexpected error at %s %s", request.method, request.match_info.route.resource, exc_info=error)
    return answer(request, ApiError(500, "internal"))
