"""What all actions of the inbox share: who acts, how a refused action is answered, and what follows a change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from aftercare.conversations.conversation import NoConversation, NotYours
from aftercare.staff.access.permissions import Permission, Refused, audit, member
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.inbox.writes import Author, NotPossible
from aftercare.staff.ui import pages

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ActionRefused(Exception):
    """An action that cannot be done as things stand; `key` names the text that says what to do instead."""

    def __init__(self, key: str, status: int = 409, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.status = status
        self.values = values


def with_notices(handler: _Handler) -> _Handler:
    """Answer errors that a member of staff can cause with a notice that says what to do."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except NotPossible as error:
            return _refuse(request, error.key, 422)
        except ActionRefused as error:
            return _refuse(request, error.key, error.status, **error.values)
        except NotYours as error:
            return _refuse(request, "inbox.not_yours" if error.agent else "inbox.nobodys", 409, agent=error.agent)
        except NoConversation:
            return _refuse(request, "inbox.gone", 404)

    return answer


def _refuse(request: web.Request, key: str, status: int, **values: object) -> web.Response:
    pages.flash(request, key, "error", **values)
    return pages.render(request, "empty.html", status=status)


def author(request: web.Request) -> Author:
    """The member of staff who acts."""
    who = member(request)
    return Author(who.agent_id, who.name)


def require_marking(request: web.Request) -> None:
    """Let agents and annotators mark conversations; viewers only look.

    Raises:
        Refused: the member's role allows neither.
    """
    if not member(request).may(Permission.mark):
        raise Refused(403, "error_403")


async def finish(request: web.Request, action: str, **details: object) -> web.Response:
    """Record the action in the audit log, and have the list and the thread drawn anew on every open page."""
    await record(request, action, request.match_info["id"], **details)
    return done(request)


async def record(request: web.Request, action: str, conversation_id: str, **details: object) -> None:
    """The same for whichever conversation, without an answer to the page."""
    await audit(request, action, conversation_id, **details)
    await request.app[INBOX].redraw(conversation_id)


def done(request: web.Request) -> web.Response:
    """The answer to a page that draws itself anew when it is told to."""
    return pages.render(request, "empty.html")
