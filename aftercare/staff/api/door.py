"""Who may pass: the key of a request, its scopes and its rate; and how refusals are told, as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations.conversation import NoConversation, NotYours
from aftercare.conversations.limits import Rate
from aftercare.staff.access.api_keys import ApiKey, Scope, find_key
from aftercare.staff.access.permissions import MEMBER, VIA
from aftercare.staff.inbox.action import ActionRefused
from aftercare.staff.inbox.writes import NotPossible
from aftercare.staff.ui.texts import translate
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of

API_KEY = web.RequestKey("api_key", ApiKey)
_RATE = web.AppKey("api_rate", Rate)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# what the desk's own words for these would send people to a page for
_MESSAGES = {
    "claimed_by_other": "Somebody else has the conversation, or nobody has it any more. Read it for its agent; "
    "to take it over, claim it with that agent's id as expected_agent_id.",
    "not_yours": "{agent} has the conversation. Claim it first.",
    "nobodys": "Nobody has the conversation. Claim it first.",
    "gone": "There is none of this id; a traveller may have deleted it.",
    "refund_decided": "It is {state} already.",
    "refund_second": "Your approval is noted; another member of staff has to approve as well.",
    "reply_empty": "The text is empty.",
}


class KeyFault(Exception):
    """A request that is refused: its status, a code for programs and a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def needs_key(scope: Scope | None = None) -> Callable[[_Handler], _Handler]:
    """Only a key with this scope, acting for a member whose role has what it needs, reaches the handler; None: any key.

    `request[MEMBER]` is that member then, and the audit log names the key beside them.
    """

    def mark(handler: _Handler) -> _Handler:
        @wraps(handler)
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                await _admit(request, scope)
                return await handler(request)
            except KeyFault as error:
                return _refusal(error.status, error.code, error.message)
            except NotPossible as error:
                return _explained(422, error.key)
            except ActionRefused as error:
                return _explained(error.status, error.key, **error.values)
            except NotYours as error:
                return _explained(409, "inbox.not_yours" if error.agent else "inbox.nobodys", agent=error.agent)
            except NoConversation:
                return _explained(404, "inbox.gone")

        answer.__api_scope__ = scope  # type: ignore[attr-defined]
        return answer

    return mark


def set_up(app: web.Application) -> None:
    """Begin to count requests by key, once the desk has its limits."""

    async def start(started: web.Application) -> None:
        per_minute = started[DESK].limits.api_per_minute
        started[_RATE] = Rate(per_minute, burst=per_minute / 2)

    app.on_startup.append(start)


def sees_personal_data(request: web.Request) -> bool:
    """Whether the key may see personal data unmasked."""
    return request[API_KEY].may(Scope.personal_read)


def nothing_there(what: str) -> KeyFault:
    """The refusal of something that does not exist."""
    return KeyFault(404, "gone", f"There is no such {what}.")


async def _admit(request: web.Request, scope: Scope | None) -> None:
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise KeyFault(401, "key_missing", "Send Authorization: Bearer KEY; an administrator makes keys in the desk.")
    key = await desk.worker.run(find_key, desk.store.engine, secret.strip(), utc_now())
    if key is None:
        raise KeyFault(401, "key_invalid", "There is no such key, or it was revoked.")
    enforce_rate(request.app[_RATE], str(key.id))
    if scope is not None and scope not in key.scopes:
        raise KeyFault(403, "scope_missing", f"This key does not have the scope {scope}.")
    if scope is not None and not key.may(scope):
        raise KeyFault(403, "not_allowed", f"The role of whom this key acts for does not include {scope}.")
    request[API_KEY], request[MEMBER] = key, key.member
    request[VIA] = f"key:{key.id} {key.name}"


def _explained(status: int, key: str, **values: Any) -> web.Response:
    code = key.rpartition(".")[2]
    message = _MESSAGES[code].format(**values) if code in _MESSAGES else translate("en", key, **values)
    return _refusal(status, code, message)


def _refusal(status: int, code: str, message: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)
