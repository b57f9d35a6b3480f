"""What the templates of one conversation show: the thread, what can be done, and the order beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.articles.units import units
from aftercare.base import masking, money_and_dates
from aftercare.base.database import utc_now
from aftercare.base.language import Language, to_simplified, to_traditional
from aftercare.conversations.reading import FALLBACK
from aftercare.orders.order_context import OrderContext, order_context, steps_of, tickets_of
from aftercare.orders.refunds.load import terms_for
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Plan, Ticket
from aftercare.orders.top_ups import awaits_payment
from aftercare.staff.access.permissions import Member, member
from aftercare.staff.inbox import labels
from aftercare.staff.inbox.canned import canned_replies
from aftercare.staff.inbox.filters import Filters, number
from aftercare.staff.inbox.list_view import readable_by
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.inbox.thread import Thread
from aftercare.staff.inbox.waiting_times import WaitingTime, waiting_time
from aftercare.staff.inbox.writes import FLAGS, Author
from aftercare.staff.ui.names import entity_name
from aftercare.staff.ui.names import readable as intent_name
from aftercare.staff.ui.pages import View, language_of
from aftercare.staff.ui.reading_words import ReadingWords
from aftercare.web.context import DESK

SCRIPTS: Mapping[str, Callable[[str], str]] = {"": str, "hans": to_simplified, "hant": to_traditional}


@dataclass(frozen=True)
class ConversationContext:
    """What the order database says of a conversation."""

    order: OrderContext | None = None
    """The order last proven in it."""
    terms: RefundTerms | None = None
    """The refund terms of the order's provider, where there are requests to decide."""
    tickets: tuple[Ticket, ...] = ()
    """Its tickets, the latest first."""
    steps: tuple[str, ...] = ()
    """Names of the steps that its tickets list as tried."""
    unpaid: frozenset[int] = frozenset()
    """Requests for exchanges that wait for their difference."""
    wanted: Mapping[int, Plan] = field(default_factory=dict)
    """The plans that requests for exchanges ask for."""
    failed: bool = False
    """Whether the order database did not answer."""


@dataclass(frozen=True)
class Masks:
    """How personal data is shown: hidden but for a few characters, or after "Show everything" as it is."""

    text: Callable[..., str]
    """Identifiers and phone numbers; a second argument says how many characters stay."""
    email: Callable[[str | None], str]
    """E-mail addresses."""
    name: Callable[[str | None], str]
    """Names of people."""


_MASKED = Masks(masking.mask, masking.mask_email, masking.mask_name)
_REVEALED = Masks(lambda text, shown=4: text or "", lambda email: email or "", lambda name: name or "")


@dataclass(frozen=True)
class CannedReplyOption:
    """A canned reply to choose from."""

    title: str
    """Its title, in the language of the page."""
    text: str
    """Its text for this traveller."""


@dataclass(frozen=True)
class ConversationView(View):
    """One conversation, or a part of it, with everything beside it."""

    filters: Filters
    """The filters of the list beside it, kept in its links."""
    thread: Thread
    """The events, notes, tags and ratings."""
    conversation: Row[Any]
    """The conversation itself."""
    summary: Row[Any] | None
    """Its summary in the list; None before it is indexed."""
    linked: int | None
    """Number of the event that the address links to."""
    script: str
    """The script Chinese is shown in: hans, hant, or empty for as written."""
    in_script: Callable[[str], str]
    """A text in that script, as this member may read it."""
    readable: Callable[[object], str]
    """A text as this member may read it."""
    mine: bool
    """Whether this member has the conversation."""
    holder: str | None
    """Id of the member who has it."""
    assignable: Sequence[Author]
    """Staff the conversation can be assigned to."""
    staff_names: Sequence[str]
    """Names of all staff, who can be mentioned in a note."""
    canned: Sequence[CannedReplyOption]
    """Canned replies with what is known filled in."""
    context: ConversationContext
    """What the order database says of it."""
    steps: Sequence[tuple[str, str]]
    """Name and text of each step that was tried."""
    rule_text: Callable[[Mapping[str, object], str], str]
    """A rule of a refund decision in words, from the rule and the currency."""
    label: Callable[[str, object], str]
    """The words for a value of a kind."""
    reading_words: ReadingWords
    """How a message was read in its situation, in words."""
    ticket_facts: Callable[[Mapping[str, object]], Iterable[tuple[str, str]]]
    """Label and value of what a ticket says beyond the order."""
    earlier_conversations: Sequence[Row[Any]]
    """Summaries of the customer's other conversations."""
    revealed: bool
    """Whether personal data of the order is shown as it is."""
    mask: Masks
    """How personal data of the order is shown."""
    money: Callable[[int, str], str]
    """An amount in minor units with its currency."""
    typed_amount: Callable[[int, str], str]
    """An amount as it is typed into a form."""
    data: Callable[[int], str]
    """An amount of data in megabytes."""
    flags: Sequence[str]
    """The flags a message can have."""
    fallback: str
    """The intent that stands for "not understood"."""
    intent_name: Callable[[str], str]
    """An intent in words."""
    entity_name: Callable[[str], str]
    """An entity in words."""
    snoozed_until: datetime | None
    """Until when it is snoozed; None when it is not."""
    wait: WaitingTime | None
    """How long the traveller waits for a person."""
    two_people_above: float
    """Refunds above this amount need a second member of staff."""


async def conversation_view(
    request: web.Request, *, first: int | None = None, before: int | None = None, revealed: bool = False
) -> ConversationView:
    """The conversation of the address; with `first` only the events from there on, with `before` those before it.

    Raises:
        HTTPNotFound: there is no such conversation.
    """
    service, desk, who, now = request.app[INBOX], request.app[DESK], member(request), utc_now()
    conversation_id, language = request.match_info["id"], language_of(request)
    linked = number(request.query.get("m", ""), 2**31 - 1)
    if before is not None:
        thread = await service.reads.run(service.threads.before, conversation_id, before)
    elif first is not None:
        thread = await service.reads.run(service.threads.since, conversation_id, first)
    else:
        thread = await service.reads.run(service.threads.latest, conversation_id, linked)
    summary = await service.reads.run(service.queries.summary_of, conversation_id)
    if thread is None:
        raise web.HTTPNotFound
    conversation = thread.conversation
    await desk.worker.run(service.writes.mark_read, conversation_id, who.agent_id, conversation.last_seq, now)
    context = await desk.orders_worker.run(_context, request, conversation_id, now)
    await service.reads.run(units)  # read once, and here rather than while the page is drawn
    script = request.query.get("script", "")
    script = script if script in SCRIPTS else ""
    readable = readable_by(who)
    snoozed_until = None if summary is None else summary.snoozed_until
    return ConversationView(
        filters=Filters.read(request.query),
        thread=thread,
        conversation=conversation,
        summary=summary,
        linked=linked,
        script=script,
        in_script=lambda text: readable(SCRIPTS[script](text)),
        readable=readable,
        mine=conversation.agent_id == who.agent_id,
        holder=conversation.agent_id,
        assignable=await service.reads.run(service.writes.assignable_staff),
        staff_names=await service.reads.run(service.writes.staff_names),
        canned=_canned(conversation, _variables(who, context, conversation.language), language),
        context=context,
        steps=labels.steps([*_steps_tried(thread), *context.steps], language),
        rule_text=partial(labels.rule, language=language, terms=context.terms),
        label=partial(labels.named, language=language),
        reading_words=ReadingWords(language),
        ticket_facts=partial(labels.ticket_facts, language=language),
        earlier_conversations=await _earlier(request, context, conversation_id, now),
        revealed=revealed,
        mask=_REVEALED if revealed else _MASKED,
        money=money_and_dates.money,
        typed_amount=_typed_amount,
        data=money_and_dates.data,
        flags=FLAGS,
        fallback=FALLBACK,
        intent_name=partial(intent_name, language=language),
        entity_name=partial(entity_name, language=language),
        snoozed_until=snoozed_until if snoozed_until is not None and snoozed_until > now else None,
        wait=waiting_time(summary.waiting_since, now) if summary is not None and summary.waiting_since else None,
        two_people_above=desk.settings.refund_two_people_above,
    )


async def _earlier(
    request: web.Request, context: ConversationContext, conversation_id: str, now: datetime
) -> Sequence[Row[Any]]:
    """Summaries of other conversations of the same customer."""
    if context.order is None:
        return ()
    service, own = request.app[INBOX], member(request).agent_id
    filters = Filters(tab="all", customer=str(context.order.customer_id))
    found = await service.reads.run(service.queries.page, filters, own, now, None, 10)
    return [each for each in found.rows if each.conversation_id != conversation_id]


def _typed_amount(minor: int, currency: str) -> str:
    return money_and_dates.decimal(minor, currency)


def _canned(conversation: Row[Any], values: Mapping[str, str | None], language: Language) -> list[CannedReplyOption]:
    """Titles of the canned replies for staff, texts for the traveller."""
    return [
        CannedReplyOption(
            getattr(each.title, language), each.filled(conversation.language, conversation.script, values)
        )
        for each in canned_replies()
    ]


def _steps_tried(thread: Thread) -> list[str]:
    """The steps the traveller said they have tried, from the latest turn that knows any."""
    for event in reversed(thread.events):
        tried = ((event.turn or {}).get("slots") or {}).get("steps_tried")
        if tried:
            return [str(each) for each in tried]
    return []


def _variables(who: Member, context: ConversationContext, spoken: Language) -> dict[str, str | None]:
    """The values of the variables of canned replies, in the language the traveller writes."""
    values: dict[str, str | None] = {"agent": who.name}
    if (order := context.order) is not None:
        facts, latest = order.facts, order.requests[0] if order.requests else None
        zh = spoken == "zh"
        plan, provider = (facts.plan_zh, facts.provider_zh) if zh else (facts.plan_en, facts.provider_en)
        values |= {"order": facts.number, "plan": plan, "provider": provider}
        if latest is not None:
            values["amount"] = money_and_dates.money(latest.amount_minor, latest.currency)
            if latest.arrives_by:
                values["date"] = money_and_dates.day(latest.arrives_by, spoken, timezone())
    return values


def _context(request: web.Request, conversation_id: str, now: datetime) -> ConversationContext:
    try:
        with Session(request.app[DESK].orders, future=True, expire_on_commit=False) as session:
            order = order_context(session, conversation_id, now)
            terms = terms_for(session, order.facts.provider_id) if order is not None and order.requests else None
            tickets = tickets_of(session, conversation_id)
            asked = order.requests if order is not None else ()
            unpaid = frozenset(each.id for each in asked if awaits_payment(session, each))
            wanted = {each.id: session.get_one(Plan, each.target_plan_id) for each in asked if each.target_plan_id}
            session.expunge_all()
    except SQLAlchemyError:
        return ConversationContext(failed=True)
    steps = dict.fromkeys(str(step) for ticket in tickets for step in steps_of(ticket))
    return ConversationContext(order, terms, tickets, tuple(steps), unpaid, wanted)
