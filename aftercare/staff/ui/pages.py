"""Draws the staff pages: templates in the member's language, fragments for htmx, notices, error pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web

from aftercare.base.identifiers import order_numbers
from aftercare.base.language import Language
from aftercare.staff.access.permissions import MEMBER, Permission
from aftercare.staff.access.sessions import VISIT, set_cookie
from aftercare.staff.ui.static_files import STATIC
from aftercare.staff.ui.texts import LANGUAGES, texts, translate
from aftercare.web.context import DESK

FOLDER = Path(__file__).parents[1] / "templates"
# key of the text, address, who sees it
NAVIGATION = (
    ("base.inbox", "/desk/inbox", Permission.view_conversations),
    ("base.tickets", "/desk/inbox/tickets", Permission.reply),
    ("base.payouts", "/desk/payouts", Permission.decide_refunds),
    ("base.teaching", "/desk/teaching", Permission.annotate),
    ("base.models", "/desk/models", Permission.manage_models),
    ("base.analytics", "/desk/analytics", Permission.view_analytics),
    ("base.people", "/desk/people", Permission.manage_staff),
    ("base.audit", "/desk/audit", Permission.view_audit),
)
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_NOTICES = "desk-notices"
_LANGUAGE = "desk-language"
_PENDING: web.RequestKey[list[dict[str, str]]] = web.RequestKey("notices", list)
_SHOWN = web.RequestKey("notices_shown", bool)


def set_up(app: web.Application) -> None:
    """Make the templates known to the application."""
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def language_of(request: web.Request) -> Language:
    """The member's language; before signing in the one chosen on the page, else the browser's."""
    if who := request.get(MEMBER):
        return "zh" if who.language == "zh" else "en"
    for wanted in (request.query.get("lang"), request.cookies.get(_LANGUAGE)):
        if wanted in LANGUAGES:
            return "zh" if wanted == "zh" else "en"
    return "zh" if request.headers.get("Accept-Language", "").lower().startswith("zh") else "en"


def is_fragment(request: web.Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def flash(request: web.Request, key: str, level: str = "ok", **values: object) -> None:
    """Show a notice on the page drawn next, also after a redirect: `flash(request, "people.saved")`.

    `level` is ok, warning or error. It travels in a cookie, so nothing secret belongs in it.
    """
    text = translate(language_of(request), key, **values)
    request.setdefault(_PENDING, []).append({"level": level, "text": text})


@dataclass(frozen=True)
class View:
    """What a template shows: each field of a subclass is a variable of the template."""

    def variables(self) -> dict[str, object]:
        """The fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def render(request: web.Request, template: str, *views: View, status: int = 200) -> web.Response:
    """Draw a template with the fields of the views.

    Every template also knows `t(key, **values)`, `language`, `member` (or None), `may(permission)`, `csrf`,
    `static(name)`, `at(time)` and `path`.
    """
    templates = aiohttp_jinja2.get_env(request.app)
    values = _common(request)
    for view in views:
        values |= view.variables()
    html = templates.get_template(template).render(values)
    if is_fragment(request) and values["notices"]:
        html += templates.get_template("notices.html").render(values, swap=True)
    request[_SHOWN] = True
    return web.Response(text=html, status=status, content_type="text/html")


def _common(request: web.Request) -> dict[str, object]:
    language = language_of(request)
    who = request.get(MEMBER)
    own = who.timezone if who is not None else None
    zone = ZoneInfo(own or request.app[DESK].settings.support_timezone)
    return {
        "t": partial(translate, language),
        "language": language,
        "html_lang": "zh-Hans" if language == "zh" else "en",
        "member": who,
        "may": (lambda permission: who is not None and who.may(permission)),
        "csrf": request[VISIT].csrf if VISIT in request else "",
        "static": request.app[STATIC].url,
        "order_example": order_numbers().example,
        "at": partial(local_time, zone),
        "path": request.path,
        "other_language": str(request.rel_url.update_query(lang="en" if language == "zh" else "zh")),
        "navigation": [(key, url) for key, url, needed in NAVIGATION if who is not None and who.may(needed)],
        "here": _place(request.path),
        "notices": [*_carried(request), *request.get(_PENDING, [])],
    }


def _place(path: str) -> str:
    """The address in the navigation that a page belongs to: the longest, since the inbox has others below it."""
    found = (url for _, url, _ in NAVIGATION if path == url or path.startswith(f"{url}/"))
    return max(found, key=len, default="")


def local_time(zone: ZoneInfo, at: datetime | None) -> str:
    """A time as 2026-03-01 14:05 NZDT in a timezone; an empty string for none."""
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


@dataclass(frozen=True)
class ErrorPage(View):
    """The page that says what went wrong."""

    text: str
    """The message, in the language of the page."""


def error(request: web.Request, status: int, key: str) -> web.Response:
    """An error page, or for htmx a notice; `key` is a text of the base, unknown ones become the general one."""
    name = f"base.{key}"
    if name not in texts():
        name = "base.error_500" if status >= 500 else "base.error_400"
    if is_fragment(request):
        flash(request, name, "error")
        return render(request, "empty.html", status=status)
    text = translate(language_of(request), name)
    return render(request, "error.html", ErrorPage(text), status=status)


def _carried(request: web.Request) -> list[dict[str, str]]:
    try:
        found = json.loads(unquote(request.cookies.get(_NOTICES, "[]")))
        return [{"level": str(each["level"]), "text": str(each["text"])} for each in found]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def finish(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of a staff page, and the notices that the next page has to show."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Content-Security-Policy"] = _CSP
    # without a referrer, browsers send no usable Origin with a form
    response.headers["Referrer-Policy"] = "same-origin"
    settings = request.app[DESK].settings
    if request.get(_SHOWN):
        if _NOTICES in request.cookies:
            response.del_cookie(_NOTICES, path="/desk")
    elif pending := request.get(_PENDING):
        response.set_cookie(
            _NOTICES, quote(json.dumps(pending, ensure_ascii=False)), path="/desk", httponly=True, samesite="Lax",
            max_age=60, secure=settings.public_url.startswith("https:"),
        )  # fmt: skip
    wanted = request.query.get("lang")
    if wanted in LANGUAGES:
        set_cookie(settings, response, _LANGUAGE, wanted)
