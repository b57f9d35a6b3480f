"""Reads and checks what a chat client sends."""

from __future__ import annotations

import json
from typing import Annotated, Any

from aiohttp import web
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from aftercare.base.database import utc_now
from aftercare.base.language import written
from aftercare.base.voice import decide
from aftercare.conversations import tokens
from aftercare.conversations.conversation import Conversation
from aftercare.conversations.limits import Rate, TooMany
from aftercare.conversations.messages import clean_text
from aftercare.conversations.tokens import TokenError
from aftercare.web.bodies import read_body
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError, voice_of


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SessionRequest(_Body):
    """POST /api/chat/sessions."""

    locale: Annotated[str, StringConstraints(strict=True, max_length=35, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    resume: StrictStr | None = None
    identity: StrictStr | None = None


class PageFacts(_Body):
    """What the page tells beside a message: the phone's model (client hint Sec-CH-UA-Model), seller and currency."""

    phone: Annotated[str, StringConstraints(strict=True, max_length=64)] = ""
    seller: Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9-]{0,40}$")] = ""
    currency: Annotated[str, StringConstraints(strict=True, pattern=r"^([A-Z]{3})?$")] = ""


UNTOLD = PageFacts()


class MessageRequest(PageFacts):
    """POST /api/chat/messages: `text` or `choice`."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
    text: StrictStr | None = None
    choice: StrictStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, values: dict[str, Any]) -> dict[str, Any]:
        if ("text" in values) == ("choice" in values) or None in values.values():
            raise ValueError("send either text or choice")
        return values


def whole(value: Any) -> Any:
    """What may be a whole number as one: in JSON, 5.0 is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class RatingRequest(_Body):
    """POST /api/chat/rating."""

    score: Annotated[int, BeforeValidator(whole), Field(strict=True, ge=1, le=5)]
    comment: StrictStr = ""


class LanguageRequest(_Body):
    """POST /api/chat/language."""

    locale: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{1,35}$")]


async def read_json[Model: BaseModel](request: web.Request, model: type[Model]) -> Model:
    """The request's body as `model`; an empty body is an empty object.

    Raises:
        ApiError: too slow (408), not JSON (400), or not what the API describes (422).
    """
    raw = await read_body(request)
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise ApiError(400, "malformed", detail="not JSON") from None
    if not isinstance(body, dict):
        raise ApiError(422, "malformed", detail="an object is expected")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise malformed(error) from None


def malformed(error: ValidationError) -> ApiError:
    """The refusal of something that is not what the API describes: where it is wrong first, and how."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    return ApiError(422, "malformed", detail=f"{place}: {problem}".removeprefix(": "))


def enforce_rate(rate: Rate, key: str) -> None:
    """Count a request against a rate.

    Raises:
        ApiError: 429 with Retry-After.
    """
    try:
        rate.take(key)
    except TooMany as error:
        raise ApiError(429, "too_many", seconds=error.seconds) from None


def read_token(request: web.Request, token: str) -> tokens.Token:
    """The content of a token that we signed; whether it still opens its conversation, the store knows.

    Raises:
        ApiError: 401.
    """
    try:
        return request.app[DESK].tokens.read(token)
    except TokenError as error:
        raise ApiError(401, error.code) from None


def bearer_token(request: web.Request) -> tokens.Token:
    """The request's bearer token; counts the request against its address.

    Raises:
        ApiError: 401 or 429.
    """
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(401, "token_missing")
    return read_token(request, token.strip())


async def conversation_of(request: web.Request, token: tokens.Token) -> Conversation:
    """The conversation the token opens.

    Raises:
        ApiError: 401; a deleted conversation looks like one that never was.
    """
    desk = request.app[DESK]
    conversation = await desk.worker.run(desk.store.use_token, token.conversation_id, token.use, utc_now())
    if conversation is None:
        raise ApiError(401, "token_invalid")
    return conversation


def storable_text(request: web.Request, text: str) -> str:
    """The text as it can be stored.

    Raises:
        ApiError: 422, it is too long.
    """
    text, limit = clean_text(text), request.app[DESK].limits.text
    if len(text) > limit:
        voice = decide(written(text), before=voice_of(request))
        raise ApiError(422, "text_too_long", voice, length=len(text), limit=limit)
    return text
