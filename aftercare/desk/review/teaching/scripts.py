"""Saves a conversation as a test script or a Rasa story, without personal data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.desk.context import DESK
from aftercare.desk.review.access import Permission, audit, needs
from aftercare.desk.review.background import BACKGROUND
from aftercare.desk.review.pages import render
from aftercare.desk.review.reading import Said, exchanges, read
from aftercare.desk.review.teaching.masking import EMAIL, mask
from aftercare.language import written

# The buyer of the demo order that masked numbers become, so that the script can be played.
_DEMO_BUYER = "wang@example.com"
_FORMS = ("script", "story")


def add_routes(app: web.Application) -> None:
    """A page to look at, and the file."""
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}", page)
    app.router.add_get("/desk/teaching/conversations/{id:[0-9A-Za-z_-]+}/file", download)


def as_script(events: Sequence[Said], name: str) -> str:
    """A script of tests/conversations: what the traveller said or chose, and the names of the answers."""
    steps: list[dict[str, Any]] = []
    languages = {written(turn.message.text).language for turn in exchanges(events)} - {None}
    for turn in exchanges(events):
        message = turn.message
        if message.status != "answered" or not (message.payload or message.text.strip()):
            continue  # a picture, or something said to a person
        step: dict[str, Any] = {"choose": message.payload} if message.payload else {"user": _playable(message)}
        if turn.names:
            step["replies"] = turn.names
        steps.append(step)
    language = "en" if languages == {"en"} else "zh"
    return _yaml([{"script": name, "languages": [language], "steps": steps}])


def as_story(events: Sequence[Said], name: str) -> str:
    """A story of data/stories: intents with their entities, and the actions that followed."""
    steps: list[dict[str, Any]] = []
    for turn in exchanges(events):
        understood = turn.message.turn or {}
        if not understood.get("intent"):
            continue
        steps.append(_story_step(turn.message, understood))
        steps += [{"action": action} for action in understood.get("actions") or []]
    return _yaml({"version": "3.1", "stories": [{"story": name, "steps": steps}]})


def _story_step(message: Said, understood: dict[str, Any]) -> dict[str, Any]:
    if message.payload:
        intent, brace, rest = message.payload.removeprefix("/").partition("{")
        values = json.loads(brace + rest) if brace else {}
        found = [{str(key): value} for key, value in values.items()]
    else:
        intent = str(understood["intent"])
        masked = mask(message.text, understood.get("entities") or [])
        found = [{span.entity: masked.text[span.start : span.end]} for span in masked.spans]
    step: dict[str, Any] = {"intent": intent}
    if found:
        step["entities"] = found
    return step


def _playable(message: Said) -> str:
    return mask(message.text, (message.turn or {}).get("entities") or []).text.replace(EMAIL, _DEMO_BUYER)


def _yaml(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def _read(engine: Engine, conversation_id: str) -> list[Said]:
    with engine.connect() as connection:
        return read(connection, [conversation_id]).get(conversation_id, [])


def _form(request: web.Request) -> str:
    return "story" if request.query.get("as") == "story" else "script"


async def _content(request: web.Request, form: str) -> str:
    conversation_id = request.match_info["id"]
    events = await request.app[BACKGROUND].worker.run(_read, request.app[DESK].store.engine, conversation_id)
    if not events:
        raise web.HTTPNotFound
    name = f"conversation {conversation_id[:8]}"
    return as_story(events, name) if form == "story" else as_script(events, name)


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
