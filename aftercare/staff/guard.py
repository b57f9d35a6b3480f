"""The middleware of every staff page: who asks, whether they may, and whether one of our pages sent the request."""

from __future__ import annotations

import hmac
import logging
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import MEMBER, Access, Refused, access_of
from aftercare.staff.access.sessions import VISIT, Visit, cookie_name, find_session, new_secret, set_cookie
from aftercare.staff.ui import pages
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK
from aftercare.web.errors import ApiError, Handler, is_client_fault, log_client_fault
from aftercare.web.security import host_of, origin_of

log = logging.getLogger(__name__)

_SAFE = {"GET", "HEAD", "OPTIONS"}


def _is_ours(request: web.Request) -> bool:
    resource = request.match_info.route.resource
    paths = [request.path, resource.canonical if resource is not None else ""]
    return any(path == "/desk" or path.startswith("/desk/") for path in paths)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Allow what the handler's decorator allows; a handler without one is closed to everybody."""
    if not _is_ours(request):
        return await handler(request)
    access = access_of(request.match_info.handler)
    if access is not None and access.cached:
        return await handler(request)
    try:
        response = await _answer(request, handler, access)
    except web.HTTPRedirection as redirection:
        _finish(request, redirection)
        raise
    _finish(request, response)
    return response


async def _answer(request: web.Request, handler: Handler, access: Access | None) -> web.StreamResponse:
    try:
        request[VISIT] = await _visit(request)
        _admit(request, access)
        await _check_intent(request)
        return await handler(request)
    except Refused as refused:
        return pages.error(request, refused.status, refused.key)
    except ApiError as error:
        return pages.error(request, error.status, f"error_{error.status}")
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = pages.error(request, error.status, f"error_{error.status}")
        if allow := error.headers.get("Allow"):
            response.headers["Allow"] = allow
        return response
    except ConnectionError:
        raise
    except Exception as error:
        if is_client_fault(error):
            log_client_fault(request, error)
            answer = pages.error(request, 400, "error_400")
            answer.force_close()  # what else comes on this connection cannot be told from the rest of the body
            return answer
        if isinstance(error, SQLAlchemyError):  # its message may quote the traveller, so only its kind is logged
            log.error("The desk database fails: %s", type(error).__name__)
            return pages.error(request, 503, "error_503")
        log.exception("Unexpected error at %s %s", request.method, request.match_info.route.resource)
        return pages.error(request, 500, "error_500")


async def _visit(request: web.Request) -> Visit:
    desk = request.app[DESK]
    secret = request.cookies.get(cookie_name(desk.settings), "")
    if not secret:
        return Visit(new_secret(), is_new=True)
    # a script that fetches may do so by itself; when somebody uses the page, desk.js says so by a POST
    active = request.method not in _SAFE or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    session = await desk.worker.run(find_session, desk.store.engine, secret, utc_now(), desk.settings, active)
    if session is not None and session.stage == "full":
        request[MEMBER] = session.member
    return Visit(secret, session)


def _admit(request: web.Request, access: Access | None) -> None:
    """Let the visitor in, or send them to sign in."""
    if request.match_info.http_exception is not None:
        return  # the router answers 404 or 405
    if access is None:
        log.error("No decorator says who may use %s %s", request.method, request.match_info.route.resource)
        raise Refused(403, "error_403")
    if not access.signed_in:
        return
    who = request.get(MEMBER)
    if who is None and not (access.second_factor is False and request[VISIT].session):
        if request.method in _SAFE and "HX-Request" not in request.headers:
            raise web.HTTPSeeOther(f"/desk/login?next={quote(request.path_qs, safe='')}")
        raise Refused(401, "error_401")
    if access.permission is not None and (who is None or not who.may(access.permission)):
        raise Refused(403, "error_403")


async def _check_intent(request: web.Request) -> None:
    """Whether a request that changes something comes from one of our own pages, opened in this very browser."""
    if request.method in _SAFE or request.match_info.http_exception is not None:
        return
    origin = request.headers.get("Origin", "")
    own = {origin_of(request.app[DESK].settings.public_url), f"{request.scheme}://{request.host}".lower()}
    if origin.lower() not in own and host_of(origin) != request.host.lower():
        raise Refused(403, "error_origin")
    token = request.headers.get("X-CSRF-Token")
    if token is None and request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        field = (await read_form(request)).get("csrf")
        token = field if isinstance(field, str) else None
    if token is None or not hmac.compare_digest(token.encode(errors="replace"), request[VISIT].csrf.encode()):
        raise Refused(403, "error_csrf")


def _finish(request: web.Request, response: web.StreamResponse) -> None:
    visit = request.get(VISIT)
    if response.prepared:
        return
    if visit is not None and visit.is_new:
        settings = request.app[DESK].settings
        set_cookie(settings, response, cookie_name(settings), visit.secret)
    pages.finish(request, response)
