"""Pages where staff say how a message is meant: one at a time by keyboard, or similar ones together."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.base.language import LANGUAGES
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.jobs import BACKGROUND
from aftercare.staff.teaching import items
from aftercare.staff.teaching.items import Decision, Item, NotDecidable
from aftercare.staff.teaching.sentences import Sentence, conflict_of
from aftercare.staff.teaching.tables import REASONS
from aftercare.staff.ui.masking import Span
from aftercare.staff.ui.names import ENTITIES, intents, readable
from aftercare.staff.ui.pages import flash, render
from aftercare.web.context import DESK

_ACTIONS = {"accept": "accepted", "skip": "skipped", "refuse": "refused"}


def add_routes(app: web.Application) -> None:
    """The queue, the groups of what is out of scope, decisions."""
    app.router.add_get("/desk/teaching", queue)
    app.router.add_get("/desk/teaching/groups", groups)
    app.router.add_post("/desk/teaching/groups", decide_group)
    app.router.add_post("/desk/teaching/undo", undo)
    app.router.add_post("/desk/teaching/items/{id:[0-9]+}", decide)
    app.router.add_post("/desk/teaching/items/{id:[0-9]+}/reopen", reopen)


@needs(Permission.annotate)
async def queue(request: web.Request) -> web.Response:
    """GET /desk/teaching: the message to look at now; `reason`, `language` and `item` choose which."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    reason = request.query.get("reason", "")
    language = request.query.get("language", "")
    item = None
    if (wanted := request.query.get("item", "")).isdigit():
        item = await run(items.get_item, engine, int(wanted))
    if item is None or item.state != "open":
        item = await run(
            items.next_item,
            engine,
            reason if reason in REASONS else None,
            language if language in LANGUAGES else None,
        )
    counts = await run(items.open_counts, engine)
    who = member(request)
    return render(
        request,
        "teaching/queue.html",
        {
            "item": item,
            "choices": _choices(item) if item else [],
            "counts": counts,
            "total": sum(counts.values()),
            "reasons": REASONS,
            "reason": reason,
            "chosen_language": language,
            "intents": intents(),
            "entities": ENTITIES,
            "readable": lambda name: readable(name, who.language),
            "spans": json.dumps([list(span) for span in item.spans]) if item else "[]",
        },
    )


def _choices(item: Item) -> list[tuple[str, float | None]]:
    """The intents offered by number: the traveller's own choice, then the likeliest."""
    found: dict[str, float | None] = dict(item.ranking)
    if item.suggestion:
        found = {item.suggestion: found.get(item.suggestion), **found}
    return list(found.items())[:5]


@needs(Permission.annotate)
async def decide(request: web.Request) -> web.Response:
    """POST /desk/teaching/items/ID: `action` accept (with `label` and `spans`), skip or refuse."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    form = await request.post()
    item = await run(items.get_item, engine, int(request.match_info["id"]))
    action, label = str(form.get("action", "")), str(form.get("label", ""))
    if item is None or action not in _ACTIONS or (action == "accept" and label not in intents()):
        raise web.HTTPBadRequest
    spans = _spans(str(form.get("spans", "[]")), item.text)
    decision = Decision(_ACTIONS[action], label if action == "accept" else None, spans)
    try:
        await run(items.decide, engine, [item.id], decision, member(request).email, utc_now())
    except NotDecidable:
        flash(request, "teaching.decided_elsewhere", "warning")
    else:
        await audit(request, f"annotation.{decision.state}", str(item.id), intent=decision.label)
        if action == "accept":
            meant = Sentence(item.id, item.language, item.text, label, spans)
            if conflict := await run(conflict_of, meant):
                values = {"text": item.text[:80], "wanted": label, "where": conflict.where, "intent": conflict.intent}
                flash(request, "teaching.conflict_now", "warning", **values)
    raise _back(form)


def _spans(text: str, sentence: str) -> tuple[Span, ...]:
    """The spans of a form, in order.

    Raises:
        HTTPBadRequest: they do not lie within the sentence, overlap, or name unknown entities.
    """
    try:
        found = sorted(
            (Span(str(name), int(start), int(end)) for name, start, end in json.loads(text)), key=lambda s: s.start
        )
    except (ValueError, TypeError):
        raise web.HTTPBadRequest from None
    found.sort(key=lambda span: span.start)
    at = 0
    for span in found:
        if not (at <= span.start < span.end <= len(sentence)) or span.entity not in ENTITIES:
            raise web.HTTPBadRequest
        at = span.end
    return tuple(found)


def _back(form: Any, item_id: int | None = None) -> web.HTTPSeeOther:
    """The queue with the filters of the form, at an item if one is given."""
    kept = [f"{key}={form.get(key)}" for key in ("reason", "language") if str(form.get(key, "")).isidentifier()]
    query = "&".join([*([f"item={item_id}"] if item_id else []), *kept])
    return web.HTTPSeeOther("/desk/teaching" + (f"?{query}" if query else ""))


@needs(Permission.annotate)
async def undo(request: web.Request) -> web.Response:
    """POST /desk/teaching/undo: open again what this member decided last."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    form = await request.post()
    item = await run(items.undo, engine, member(request).email)
    if item is None:
        flash(request, "teaching.nothing_to_undo", "warning")
    else:
        await audit(request, "annotation.undone", str(item.id))
    if form.get("groups"):
        raise web.HTTPSeeOther("/desk/teaching/groups")
    raise _back(form, item.id if item else None)


@needs(Permission.annotate)
async def reopen(request: web.Request) -> web.Response:
    """POST /desk/teaching/items/ID/reopen: take an accepted sentence back into the queue."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    item = await run(items.undo, engine, member(request).email, int(request.match_info["id"]))
    if item is None:
        flash(request, "teaching.nothing_to_undo", "warning")
    else:
        await audit(request, "annotation.undone", str(item.id))
    raise web.HTTPSeeOther("/desk/teaching/sentences")


@needs(Permission.annotate)
async def groups(request: web.Request) -> web.Response:
    """GET /desk/teaching/groups: what travellers ask that the assistant does not do, similar messages together."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    language = request.query.get("language", "")
    found = await run(items.groups, engine, language if language in LANGUAGES else None)
    who = member(request)
    return render(
        request,
        "teaching/groups.html",
        {"groups": found[:50], "intents": intents(), "readable": lambda name: readable(name, who.language)},
    )


@needs(Permission.annotate)
async def decide_group(request: web.Request) -> web.Response:
    """POST /desk/teaching/groups: `ids` of similar messages, with `action` and `label` for all of them."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    form = await request.post()
    ids = sorted({int(str(each)) for each in form.getall("ids", []) if str(each).isdigit()})
    action, label = str(form.get("action", "")), str(form.get("label", ""))
    if not ids or action not in _ACTIONS or (action == "accept" and label not in intents()):
        flash(request, "teaching.choose_messages", "warning")
        raise web.HTTPSeeOther("/desk/teaching/groups")
    state = _ACTIONS[action]
    by, now = member(request).email, utc_now()
    missed = 0
    for each in ids:
        item = await run(items.get_item, engine, each)
        if item is None:
            missed += 1
            continue
        decision = Decision(state, label if action == "accept" else None, item.spans)
        try:
            await run(items.decide, engine, [each], decision, by, now)
        except NotDecidable:
            missed += 1
    if missed:
        flash(request, "teaching.decided_elsewhere", "warning")
    await audit(request, f"annotation.{state}", ",".join(map(str, ids))[:190], intent=label or None)
    raise web.HTTPSeeOther("/desk/teaching/groups")
