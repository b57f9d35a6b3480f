"""Contacts over the staff API: who is behind an e-mail address or an order, as far as another system needs it."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import contacts
from aftercare.orders.contacts import Contact
from aftercare.staff.access.api_keys import Scope
from aftercare.staff.access.permissions import audit
from aftercare.staff.api import views
from aftercare.staff.api.bodies import LookupRequest
from aftercare.staff.api.door import needs_key, nothing_there, sees_personal_data
from aftercare.staff.inbox.action import author
from aftercare.staff.inbox.filters import Filters
from aftercare.staff.inbox.live import INBOX
from aftercare.web.chat.requests import read_json
from aftercare.web.context import DESK

_MOST_CONVERSATIONS = 20


@needs_key(Scope.contacts_read)
async def look_up(request: web.Request) -> web.Response:
    """POST /api/v1/contacts/lookup {email} or {order}; e-mail addresses do not belong into addresses of the web."""
    asked, desk, service = await read_json(request, LookupRequest), request.app[DESK], request.app[INBOX]
    found = await desk.orders_worker.run(_find, desk.orders, asked)
    if found is None:
        raise nothing_there("contact")
    personal = sees_personal_data(request)
    await audit(request, "personal.revealed" if personal else "contact.looked_up", f"customer:{found.id}")
    wanted = Filters(tab="all", customer=str(found.id))
    held = await service.reads.run(
        service.queries.page, wanted, author(request).id, utc_now(), None, _MOST_CONVERSATIONS
    )
    return web.json_response({"contact": views.contact(found, held.rows, personal)})


def _find(orders: Engine, asked: LookupRequest) -> Contact | None:
    with Session(orders, future=True) as session:
        if asked.email:
            return contacts.by_email(session, asked.email)
        return contacts.by_order(session, asked.order or "")
