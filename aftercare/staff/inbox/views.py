"""The pages of the inbox: the list, one conversation beside it, and the parts of both that are drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.base.language import Language, to_simplified, to_traditional
from aftercare.catalogue.load import load_catalogue
from aftercare.conversations.reading import FALLBACK
from aftercare.orders.order_context import OrderContext, order_context, steps_of, tickets_of
from aftercare.orders.refunds.load import terms_for
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Ticket
from aftercare.staff.access.permissions import Member, Permission, audit, member, needs
from aftercare.staff.inbox import labels, masking
from aftercare.staff.inbox.annotations import FLAGS
from aftercare.staff.inbox.canned import canned_replies
from aftercare.staff.inbox.filters import TABS, Cursor, Filters, number
from aftercare.staff.inbox.live import REVIEW
from aftercare.staff.inbox.queries import PAGE, Page
from aftercare.staff.inbox.thread import Line, Thread
from aftercare.staff.inbox.waiting_times import waiting
from aftercare.staff.teaching.scripted import as_script, read_talk
from aftercare.staff.ui import pages
from aftercare.staff.ui.texts import translate
from aftercare.web.context import DESK

SCRIPTS = ("", "hans", "hant")
_MOST_LINES = 400


@dataclass(frozen=True)
class Background:
    """What stands beside a conversation; `failed` when the order database did not answer.

    `terms` are the refund terms of the order's provider.
    """

    order: OrderContext | None = None
    terms: RefundTerms | None = None
    tickets: tuple[Ticket, ...] = ()
    steps: tuple[str, ...] = ()
    failed: bool = False


def staff_id(who: Member) -> str:
    """How conversations name a member of staff."""
    return str(who.id)


@needs(Permission.view_conversations)
async def inbox(request: web.Request) -> web.Response:
    """GET /desk/inbox: the list, and beside it nothing yet."""
    return pages.render(request, "inbox/page.html", {**await list_values(request), "thread": None})


@needs(Permission.view_conversations)
async def lines(request: web.Request) -> web.Response:
    """GET /desk/inbox/lines: the list anew (`size` lines of it), or with `after` its next page."""
    review, now = request.app[REVIEW], utc_now()
    after = Cursor.read(request.query.get("after", ""))
    if after is None:
        return pages.render(request, "inbox/list.html", await list_values(request))
    filters = Filters.read(request.query)
    page, tags = await review.reads.run(review.inbox.more, filters, staff_id(member(request)), now, after)
    return pages.render(request, "inbox/lines.html", {"filters": filters, **line_values(request, page, tags, now)})


@needs(Permission.view_conversations)
async def conversation(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}: a conversation; with `m` at a message of it."""
    values = await thread_values(request)
    await audit(request, "conversation.viewed", request.match_info["id"])
    if pages.is_fragment(request):
        return pages.render(request, "inbox/pane.html", values)
    return pages.render(request, "inbox/page.html", {**await list_values(request), **values})


@needs(Permission.view_conversations)
async def items(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/items?from=…: what was said from an event on, with the head and the state of the reply;
    with `before`, the part that ends before an event."""
    if before := number(request.query.get("before", ""), 2**31 - 1):
        return pages.render(request, "inbox/part.html", await thread_values(request, before=before))
    values = await thread_values(request, first=number(request.query.get("from", ""), 2**31 - 1) or 1)
    return pages.render(request, "inbox/fresh.html", values)


@needs(Permission.view_conversations)
async def marked(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/marked: numbers of the messages that are flagged or were understood badly, as JSON."""
    review = request.app[REVIEW]
    return web.json_response(await review.reads.run(review.threads.marked, request.match_info["id"]))


@needs(Permission.view_conversations)
async def background(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/context: the order and the rest beside the conversation, masked."""
    return pages.render(request, "inbox/context.html", await thread_values(request))


@needs(Permission.reveal_personal)
async def reveal(request: web.Request) -> web.Response:
    """POST /desk/inbox/c/{id}/reveal: the same with everything readable; who asked is recorded."""
    await audit(request, "personal.revealed", request.match_info["id"])
    return pages.render(request, "inbox/context.html", await thread_values(request, revealed=True))


@needs(Permission.view_conversations)
async def script(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/script: the whole conversation as a test script, masked."""
    review, desk, conversation_id = request.app[REVIEW], request.app[DESK], request.match_info["id"]
    talk = await review.reads.run(read_talk, desk.store.engine, desk.orders, conversation_id)
    if talk is None:
        raise web.HTTPNotFound
    await audit(request, "conversation.exported", conversation_id, as_="script")
    text = as_script(talk, f"conversation {conversation_id[:8]}")
    return web.Response(text=text, content_type="text/yaml", charset="utf-8")


async def list_values(request: web.Request) -> dict[str, Any]:
    """What the templates of the list know."""
    review, who, now = request.app[REVIEW], member(request), utc_now()
    filters = Filters.read(request.query)
    size = min(_MOST_LINES, number(request.query.get("size", "")) or PAGE)
    found = await review.reads.run(review.inbox.listing, filters, staff_id(who), now, None, size)
    return {
        "filters": filters,
        "chips": labels.filters_in_use(filters, pages.language_of(request)),
        "tabs": TABS,
        "counts": found.counts,
        **line_values(request, found.page, found.tags, now),
        "views": found.views,
        "mentions": found.mentions,
        "choices": found.choices,
        "providers": [
            (each.id, each.name_zh if pages.language_of(request) == "zh" else each.name_en)
            for each in load_catalogue().providers
        ],
        "flag_names": [(flag, translate(pages.language_of(request), f"inbox.flag_{flag}")) for flag in FLAGS],
        "named": lambda names: [(name, name) for name in names],
        "fragment": request.path.endswith("/lines"),
    }


def line_values(request: web.Request, page: Page, tags: Mapping[str, Sequence[str]], now: datetime) -> dict[str, Any]:
    """What the template of the lines knows."""
    return {
        "lines": page.lines,
        "tags_of": tags,
        "after": page.after,
        "waits": {line.number: waiting(line.waiting_since, now) for line in page.lines if line.waiting_since},
        "open_id": request.match_info.get("id"),
        "readable": _readable(member(request)),
        "ago": lambda at: ago(at, now),
    }


async def thread_values(
    request: web.Request, *, first: int | None = None, before: int | None = None, revealed: bool = False
) -> dict[str, Any]:
    """What the templates of a conversation know; with `first` only the events from there on, or those `before` one."""
    review, desk, who, now = request.app[REVIEW], request.app[DESK], member(request), utc_now()
    conversation_id, own = request.match_info["id"], staff_id(who)
    linked = number(request.query.get("m", ""), 2**31 - 1)
    if before is not None:
        thread = await review.reads.run(review.threads.before, conversation_id, before)
    elif first is not None:
        thread = await review.reads.run(review.threads.since, conversation_id, first)
    else:
        thread = await review.reads.run(review.threads.latest, conversation_id, linked)
    line = await review.reads.run(review.inbox.line, conversation_id)
    if thread is None:
        raise web.HTTPNotFound
    await desk.worker.run(review.acts.read, conversation_id, own, thread.conversation.last_seq, now)
    beside = await desk.orders_worker.run(_background, request, conversation_id, now)
    customer = None if beside.order is None else beside.order.customer_id
    earlier = []
    if customer is not None:
        found = await review.reads.run(
            review.inbox.page, Filters(tab="all", customer=str(customer)), own, now, None, 10
        )
        earlier = [each for each in found.lines if each.conversation_id != conversation_id]
    wanted, readable = request.query.get("script", ""), _readable(who)
    holder = thread.conversation.agent_id
    language = pages.language_of(request)
    return {
        "filters": Filters.read(request.query),
        "thread": thread,
        "talk": thread.conversation,
        "line": line,
        "linked": linked,
        "script": wanted if wanted in SCRIPTS else "",
        "in_script": lambda text: readable(converter(wanted)(text)),
        "readable": readable,
        "may_see": who.may(Permission.reveal_personal),
        "mine": holder == own,
        "holder": holder,
        "colleagues": await review.reads.run(review.acts.colleagues),
        "names": await review.reads.run(review.acts.everybody),
        "canned": _ready(thread, _filled(who, beside, thread.conversation.language), language),
        "beside": beside,
        "steps": labels.steps([*_steps(thread), *beside.steps], language),
        "rule_said": lambda rule, currency: labels.rule(rule, currency, language, beside.terms),
        "in_words": lambda kind, value: labels.named(kind, value, language),
        "ticket_facts": lambda summary: labels.ticket_facts(summary, language),
        "earlier": earlier,
        "revealed": revealed,
        "hide": (lambda text, shown=4: text or "") if revealed else masking.mask,
        "hide_email": (lambda text: text or "") if revealed else masking.mask_email,
        "hide_name": (lambda text: text or "") if revealed else masking.mask_name,
        "money": money_and_dates.money,
        "plain": _plain,
        "data": money_and_dates.data,
        "flags": FLAGS,
        "fallback": FALLBACK,
        "now": now,
        "ago": lambda at: ago(at, now),
        "wait": waiting(line.waiting_since, now) if line is not None and line.waiting_since else None,
        "own_id": own,
        "two_people_above": desk.settings.refund_two_people_above,
        "is_line": lambda item: isinstance(item, Line),
    }


def _readable(who: Member) -> Callable[[object], str]:
    """What was said, as this member may read it."""
    if who.may(Permission.reveal_personal):
        return lambda value: str(value)
    return lambda value: masking.mask_text(str(value))


def converter(script: str) -> Any:
    """How texts are shown: as they were written, or in one script."""
    return {"hans": to_simplified, "hant": to_traditional}.get(script, lambda text: text)


def ago(at: datetime, now: datetime) -> tuple[str, int]:
    """Key of the text and the figure of "5 minutes ago"."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 60:
        return "inbox.minutes", minutes
    return ("inbox.hours", minutes // 60) if minutes < 48 * 60 else ("inbox.days", minutes // (24 * 60))


def _plain(minor: int, currency: str) -> str:
    """An amount as it is typed."""
    units = money_and_dates.minor_units(currency)
    return str(minor) if units == 1 else f"{minor / units:.2f}"


def _ready(thread: Thread, values: dict[str, str | None], language: Language) -> list[dict[str, str]]:
    """Titles of the ready replies for the staff, texts for the traveller."""
    talk = thread.conversation
    return [
        {"title": getattr(each.title, language), "text": each.say(talk.language, talk.script, values)}
        for each in canned_replies()
    ]


def _steps(thread: Thread) -> list[str]:
    """What the traveller said they have tried, as the assistant last remembered it."""
    for line in reversed(thread.events):
        tried = ((line.turn or {}).get("slots") or {}).get("steps_tried")
        if tried:
            return [str(each) for each in tried]
    return []


def _filled(who: Member, beside: Background, spoken: Language) -> dict[str, str | None]:
    """What the variables of ready replies stand for here, in the language the traveller speaks."""
    values: dict[str, str | None] = {"agent": who.name}
    if (order := beside.order) is not None:
        facts, latest = order.facts, order.requests[0] if order.requests else None
        zh = spoken == "zh"
        plan, provider = (facts.plan_zh, facts.provider_zh) if zh else (facts.plan_en, facts.provider_en)
        values |= {"order": facts.number, "plan": plan, "provider": provider}
        if latest is not None:
            values["amount"] = money_and_dates.money(latest.amount_minor, latest.currency)
            if latest.arrives_by:
                values["date"] = money_and_dates.day(latest.arrives_by, spoken, timezone())
    return values


def _background(request: web.Request, conversation_id: str, now: datetime) -> Background:
    try:
        with Session(request.app[DESK].orders, future=True, expire_on_commit=False) as session:
            order = order_context(session, conversation_id, now)
            terms = terms_for(session, order.facts.provider_id) if order is not None and order.requests else None
            tickets = tickets_of(session, conversation_id)
            session.expunge_all()
    except SQLAlchemyError:
        return Background(failed=True)
    steps = dict.fromkeys(str(step) for ticket in tickets for step in steps_of(ticket))
    return Background(order, terms, tickets, tuple(steps))
