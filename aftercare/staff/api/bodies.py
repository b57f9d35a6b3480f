"""What requests to the staff API hold: their queries and bodies, checked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from aftercare.conversations.messages import clean_text
from aftercare.staff.inbox.filters import Cursor, Filters
from aftercare.web.chat.requests import malformed, whole
from aftercare.web.errors import ApiError

MOST = 100
_LARGEST = 2**31 - 1
# what a filter compares with; nothing that cannot be stored is in it
Word = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean_text)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
Rating = Annotated[int, Field(ge=1, le=5)]
Day = Annotated[date, Field(ge=date(1971, 1, 1), le=date(2200, 12, 31))]
TicketState = Literal["open", "claimed", "closed"]
RefundState = Literal["requested", "approved", "paid", "declined", "withdrawn"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Page(_Strict):
    """Which page of a list: `cursor` is the `next_cursor` of the page before."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 40
    cursor: Annotated[str, StringConstraints(max_length=40)] = ""

    def before(self) -> int | None:
        """The number that the page's come before; None for the first page.

        Raises:
            ApiError: 422, the cursor is none of ours.
        """
        if not self.cursor:
            return None
        if not (self.cursor.isascii() and self.cursor.isdigit() and len(self.cursor) < 10):
            raise bad_cursor()
        return int(self.cursor)


class ConversationsQuery(Page):
    """The filters of the inbox."""

    view: Literal["person", "mine", "unassigned", "low", "unhappy", "all"] = "all"
    q: Word = ""
    channel: Word = ""
    language: Literal["", "en", "zh", "hant"] = ""
    intent: Word = ""
    tag: Word = ""
    flag: Literal["", "wrong", "unclear", "good", "privacy"] = ""
    reviewed: Literal["", "yes", "no", "saved"] = ""
    provider: Word = ""
    order: Word = ""
    contact: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    rating_from: Rating | None = None
    rating_to: Rating | None = None

    def filters(self) -> Filters:
        """The same as the inbox knows them."""
        words = {
            name: getattr(self, name)
            for name in ("q", "channel", "language", "intent", "flag", "reviewed", "provider", "order")
        }
        return Filters(
            tab=self.view,
            tag=" ".join(self.tag.split()).lower(),
            customer=_text(self.contact),
            date_from=_text(self.first_day),
            date_to=_text(self.last_day),
            rating_from=_text(self.rating_from),
            rating_to=_text(self.rating_to),
            **words,
        )

    def after(self) -> Cursor | None:
        """Where the page begins; None for the first.

        Raises:
            ApiError: 422, the cursor is none of ours.
        """
        if not self.cursor:
            return None
        if (found := Cursor.read(self.cursor)) is None:
            raise bad_cursor()
        return found


class MessagesQuery(_Strict):
    """Which part of a conversation: the messages after number `after`."""

    after: Annotated[int, Field(ge=0, le=_LARGEST - 1000)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


class TicketsQuery(Page):
    """Filters of tickets."""

    state: TicketState | None = None
    reason: Word | None = None
    conversation: Id | None = None


class RefundsQuery(Page):
    """Filters of refunds and exchanges."""

    state: RefundState | None = None
    order: Word | None = None
    conversation: Id | None = None


class ClaimRequest(_Strict):
    """Claim a conversation from nobody, or from `expected_agent_id`."""

    expected_agent_id: Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{1,9}$")] | None = None


class HandBackRequest(_Strict):
    """To whom a conversation goes."""

    to: Literal["assistant", "waiting"] = "assistant"


class AgentMessageRequest(_Strict):
    """What to write to the traveller, once for each `id`."""

    id: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_.:-]{1,48}$")]
    text: Annotated[StrictStr, AfterValidator(clean_text)]


class DeclineRequest(_Strict):
    """Why it is declined; `message` is for the traveller to read too."""

    reason: Annotated[StrictStr, Field(max_length=1000), AfterValidator(clean_text)]
    message: Annotated[StrictStr, Field(max_length=1000), AfterValidator(clean_text)] = ""


class ApproveRequest(DeclineRequest):
    """The same for an approval of so much."""

    amount_minor: Annotated[int, BeforeValidator(whole), Field(strict=True, ge=1, le=_LARGEST)]


class CarriedOutRequest(_Strict):
    """The new eSIM of an exchange, both empty where the plan came onto the one there was."""

    iccid: Annotated[StrictStr, Field(max_length=30)] = ""
    activation_code: Annotated[StrictStr, Field(max_length=330)] = ""
    paid_otherwise: StrictBool = False


class LookupRequest(_Strict):
    """By what a contact is looked up."""

    email: Annotated[StrictStr, Field(min_length=1, max_length=254), AfterValidator(clean_text)] = ""
    order: Annotated[StrictStr, Field(min_length=1, max_length=200), AfterValidator(clean_text)] = ""

    @model_validator(mode="after")
    def _one(self) -> LookupRequest:
        if len(self.model_fields_set) != 1:
            raise ValueError("send either email or order")
        return self


def read_query[Model: BaseModel](request: web.Request, model: type[Model]) -> Model:
    """The request's query as `model`.

    Raises:
        ApiError: 422, with what is wrong.
    """
    names = list(request.query.keys())
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ApiError(422, "malformed", detail=f"{twice[:40]}: it is there twice")
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise malformed(error) from None


def bad_cursor() -> ApiError:
    """The refusal of a cursor that no page gave."""
    return ApiError(422, "malformed", detail="cursor: send the next_cursor of the page before")


def _text(value: object) -> str:
    return "" if value is None else str(value)
