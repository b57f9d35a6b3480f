"""Pages where a conversation is saved as a test script or a Rasa story."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.access.permissions import Permission, audit, needs
from aftercare.staff.jobs import BACKGROUND
from aftercare.staff.teaching.scripted import as_script, as_story, read_talk
from aftercare.staff.ui.pages import render
from aftercare.web.context import DESK

_FORMS = ("script", "story")


def add_routes(app: web.Application) -> None:
    """A page to look at, and the file."""
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}", page)
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}/file", download)


def _form(request: web.Request) -> str:
    return "story" if request.query.get("as") == "story" else "script"


async def _content(request: web.Request, form: str) -> str:
    conversation_id, desk = request.match_info["id"], request.app[DESK]
    talk = await request.app[BACKGROUND].worker.run(read_talk, desk.store.engine, desk.orders, conversation_id)
    if talk is None:
        raise web.HTTPNotFound
    name = f"conversation {conversation_id[:8]}"
    return as_story(talk, name) if form == "story" else as_script(talk, name)


@needs(Permission.annotate)
async def page(request: web.Request) -> web.Response:
    """GET /desk/teaching/conversations/ID: the conversation as a script, or with `as=story` as a story."""
    form = _form(request)
    content = await _content(request, form)
    await audit(request, "conversation.viewed", request.match_info["id"], how=form)
    return render(
        request,
        "teaching/script.html",
        {"content": content, "form": form, "forms": _FORMS, "conversation_id": request.match_info["id"]},
    )


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
