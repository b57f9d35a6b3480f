"""Tickets of conversations that the desk does not have: made over REST, in a terminal, or left by a deleted chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.conversations.tables import conversation
from aftercare.orders import tickets
from aftercare.orders.tables import OutboxRow, Ticket
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox import case_actions, labels
from aftercare.staff.inbox.undelivered import rows
from aftercare.staff.ui.pages import View, language_of, render
from aftercare.web.context import DESK

PAGE = "/desk/inbox/tickets"
MOST = 200
_CHUNK = 500  # conversations of one query


@dataclass(frozen=True)
class TicketsPage(View):
    """The tickets nobody finds in the inbox."""

    tickets: Sequence[Ticket]
    """Oldest first."""
    undelivered: Sequence[OutboxRow]
    """What was decided but not done outside the order database, oldest first."""
    label: Callable[[str, object], str]
    """The words for a value of a kind."""
    ticket_facts: Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]
    """Label and value of what a ticket's summary tells."""


@needs(Permission.reply)
async def page(request: web.Request) -> web.Response:
    """GET /desk/inbox/tickets."""
    desk = request.app[DESK]
    found = await desk.orders_worker.run(_open, desk.orders)
    here = await desk.worker.run(_known, desk.store.engine, [each.conversation_id for each in found])
    shown = [each for each in found if each.conversation_id not in here][:MOST]
    undelivered = await desk.orders_worker.run(rows, desk.orders)
    language = language_of(request)
    label, facts = partial(labels.named, language=language), partial(labels.ticket_facts, language=language)
    return render(request, "inbox/tickets.html", TicketsPage(shown, undelivered, label, facts))


@needs(Permission.reply)
async def close(request: web.Request) -> web.Response:
    """POST /desk/inbox/tickets/<number>/close: it has been seen to."""
    if not await case_actions.close_ticket(request, int(request.match_info["number"])):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(PAGE)


def _open(orders: Engine) -> list[Ticket]:
    with Session(orders, future=True, expire_on_commit=False) as session:
        return list(tickets.all_open(session))


def _known(engine: Engine, ids: Sequence[str]) -> set[str]:
    """Which of these conversations the desk has."""
    known: set[str] = set()
    with engine.connect() as connection:
        for first in range(0, len(ids), _CHUNK):
            some = sa.select(conversation.c.id).where(conversation.c.id.in_(ids[first : first + _CHUNK]))
            known.update(connection.execute(some).scalars())
    return known
