"""Pages where a conversation is saved as a test script or a Rasa story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from aftercare.staff.access.permissions import Permission, audit, needs
from aftercare.staff.export.script import as_script, as_story, read_conversation
from aftercare.staff.ui.pages import View, render
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.context import DESK

_FORMS = ("script", "story")


def add_routes(app: web.Application) -> None:
    """Add the page and the file."""
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}", page)
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}/file", download)


def _form(request: web.Request) -> str:
    return "story" if request.query.get("as") == "story" else "script"


async def _content(request: web.Request, form: str) -> str:
    conversation_id, desk = request.match_info["id"], request.app[DESK]
    recorded = await request.app[SLOW_WORKER].run(read_conversation, desk.store.engine, desk.orders, conversation_id)
    if recorded is None:
        raise web.HTTPNotFound
    name = f"conversation {conversation_id[:8]}"
    return as_story(recorded, name) if form == "story" else as_script(recorded, name)


@dataclass(frozen=True)
class ScriptPage(View):
    """The page with a conversation written down."""

    content: str
    """The script or story, as YAML."""
    form: str
    """Which of the two it is."""
    forms: Sequence[str]
    """Both of them, to choose from."""
    conversation_id: str
    """The conversation, for the link to the file."""


@needs(Permission.annotate)
async def page(request: web.Request) -> web.Response:
    """GET /desk/teaching/conversations/ID: the conversation as a script, or with `as=story` as a story."""
    form = _form(request)
    content = await _content(request, form)
    await audit(request, "conversation.viewed", request.match_info["id"], how=form)
    return render(request, "teaching/script.html", ScriptPage(content, form, _FORMS, request.match_info["id"]))


@needs(Permission.annotate)
async def download(request: web.Request) -> web.Response:
    """GET /desk/teaching/conversations/ID/file: the same as a file."""
    form = _form(request)
    content = await _content(request, form)
    await audit(request, "conversation.exported", request.match_info["id"], how=form)
    name = f"{form}-{request.match_info['id'][:8]}.yml"
    return web.Response(
        text=content,
        content_type="text/yaml",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
