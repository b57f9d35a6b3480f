"""Pages of the models: train a candidate, watch it, compare it, take it into use or go back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import aiohttp_jinja2
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.base.database import utc_now
from aftercare.conversations.tables import conversation, event
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.teaching import checks, conversation_tests, models, trainer
from aftercare.staff.teaching.checks import Busy, Check
from aftercare.staff.teaching.example_pages import drafted
from aftercare.staff.teaching.models import ActivationFailed, Model, ModelUse
from aftercare.staff.teaching.trainer import STAGES, TRAINER, Progress
from aftercare.staff.ui.masking import mask
from aftercare.staff.ui.names import readable
from aftercare.staff.ui.pages import View, flash, language_of, render
from aftercare.staff.ui.texts import translate
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.training.train import readable as readable_log
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

# Real messages the two models are compared on.
_RECENT = 300
_LOOK_SECONDS = 1.0
_REASON_AT_LEAST = 10  # characters


def add_routes(app: web.Application) -> None:
    """Add the list, one model, and what can be done with it."""
    router = app.router
    router.add_get("/desk/models", page)
    router.add_post("/desk/models/train", train)
    router.add_post("/desk/models/rollback", rollback)
    router.add_get("/desk/models/{id:[0-9]+}", one)
    router.add_get("/desk/models/{id:[0-9]+}/progress", progress)
    router.add_get("/desk/models/{id:[0-9]+}/log", log)
    router.add_get("/desk/models/{id:[0-9]+}/file", file)
    router.add_post("/desk/models/{id:[0-9]+}/cancel", cancel)
    router.add_post("/desk/models/{id:[0-9]+}/check", check)
    router.add_post("/desk/models/{id:[0-9]+}/activate", activate)


@dataclass(frozen=True)
class ModelsPage(View):
    """The page with the model in use, the candidates and the history."""

    active: Model | None
    """The model in use."""
    models: Sequence[Model]
    """The latest models, the newest first."""
    uses: Sequence[ModelUse]
    """The latest changes of the model in use."""
    previous: Model | None
    """The model to go back to, if it can be used again."""
    drafted: int
    """Number of accepted examples that a training would add."""
    conflicts: int
    """Number of accepted examples that contradict the training data."""
    busy: bool
    """Whether this desk trains or checks a model now."""


@dataclass(frozen=True)
class ProgressPart(View):
    """The part of a model's page that shows how far the work on it is."""

    model: Model
    """The model."""
    check: Check | None
    """The check of the model that was begun last."""
    working: bool
    """Whether it is trained or checked now, by this desk or another."""
    own: Progress | None
    """How far the work is, when this desk does it."""
    stages: Sequence[str]
    """The stages of the work, in order."""
    stage: str
    """The present one; empty when another desk does the work."""


@dataclass(frozen=True)
class ModelPage(View):
    """The rest of a model's page: what it is compared with and what can be done with it."""

    active: Model | None
    """The model in use."""
    base: Model | None
    """The model it was compared with."""
    parts: Sequence[str]
    """Which conversation tests can be played; empty where they are not installed."""
    readable: Callable[[str], str]
    """The name of an intent in the language of the page."""


@needs(Permission.manage_models)
async def page(request: web.Request) -> web.Response:
    """GET /desk/models: the model in use, the candidates and the history."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    now = utc_now()
    await run(trainer.sweep, engine, now)
    active = await run(models.note_active, engine, now)
    found = await drafted(request)
    page = ModelsPage(
        active=active,
        models=await run(models.history, engine),
        uses=await run(models.uses, engine),
        previous=await run(models.previous, engine),
        drafted=len(found.added),
        conflicts=len(found.conflicting),
        busy=request.app[TRAINER].busy,
    )
    return render(request, "teaching/models.html", page)


@needs(Permission.manage_models)
async def train(request: web.Request) -> web.Response:
    """POST /desk/models/train: begin to train a candidate of the present data and the accepted examples."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    found = await drafted(request)
    messages = await run(recent_messages, engine)
    try:
        made = await request.app[TRAINER].start(
            found.sentences, found.turns, messages, member(request).email, utc_now()
        )
    except Busy:
        flash(request, "teaching.busy", "warning")
        raise web.HTTPSeeOther("/desk/models") from None
    await audit(request, "model.trained", made.name, sentences=len(found.added))
    raise web.HTTPSeeOther(f"/desk/models/{made.id}")


def recent_messages(engine: Engine, limit: int = _RECENT) -> list[tuple[str, str]]:
    """The latest different messages that travellers typed, masked, with the language of their conversation."""
    newest = (
        sa.select(conversation.c.id, conversation.c.language).order_by(conversation.c.updated_at.desc()).limit(limit)
    )
    found: dict[str, str] = {}
    with engine.connect() as connection:
        languages = {row.id: row.language for row in connection.execute(newest.limit(limit))}
        query = sa.select(event.c.conversation_id, event.c.text, event.c.turn).where(
            event.c.conversation_id.in_(list(languages)),
            event.c.sender == "traveller",
            event.c.payload.is_(None),
            event.c.status == "answered",
        )
        for row in connection.execute(query.order_by(event.c.at.desc()).limit(limit * 2)):
            text = mask(row.text, (row.turn or {}).get("entities") or []).text
            if text and len(found) < limit:
                found.setdefault(text, languages[row.conversation_id])
    return list(found.items())


async def _model(request: web.Request) -> Model:
    engine = request.app[DESK].store.engine
    found = await request.app[SLOW_WORKER].run(models.get_model, engine, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound
    return found


@needs(Permission.manage_models)
async def one(request: web.Request) -> web.Response:
    """GET /desk/models/ID: how the training goes, or how the model compares with the one in use."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    now = utc_now()
    await run(trainer.sweep, engine, now)
    found = await _model(request)
    active = await run(models.note_active, engine, now)
    base = await run(models.by_file, engine, found.base) if found.base else None
    part = _progress_of(request, found, await run(_latest_check, engine, found.id))
    rest = ModelPage(active, base, conversation_tests.parts(), partial(readable, language=member(request).language))
    return render(request, "teaching/model.html", part, rest)


def _latest_check(engine: Engine, model_id: int) -> Check | None:
    with engine.connect() as connection:
        return checks.latest(connection, model_id)


def _progress_of(request: web.Request, found: Model, check: Check | None) -> ProgressPart:
    trainer_here = request.app[TRAINER]
    own = (
        trainer_here.progress
        if trainer_here.busy and trainer_here.progress and trainer_here.progress.model_id == found.id
        else None
    )
    playing = check is not None and check.state == "running"
    return ProgressPart(
        model=found,
        check=check,
        working=found.state == "training" or playing,
        own=own,
        stages=("playing", "again") if playing else STAGES,
        stage={"conversations": "playing"}.get(own.stage, own.stage) if own else "",
    )


@needs(Permission.manage_models)
async def progress(request: web.Request) -> web.StreamResponse:
    """GET /desk/models/ID/progress (event stream): the progress as HTML while it goes on, then an event `done`."""
    found = await _model(request)
    language = language_of(request)
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    template = aiohttp_jinja2.get_env(request.app).get_template("teaching/progress.html")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    shown, state = "", found.state
    while not request.app[TRAINER].stopping:
        await run(trainer.sweep, engine, utc_now())
        found = await _model(request)
        part = _progress_of(request, found, await run(_latest_check, engine, found.id))
        html = template.render(t=lambda key, **named: translate(language, key, **named), **part.variables())
        # a training that ended has figures to look at, also while conversation tests go on
        name = "progress" if part.working and found.state == state else "done"
        if html != shown or name == "done":
            data = "\n".join(f"data: {line}" for line in html.splitlines())
            await response.write(f"event: {name}\n{data}\n\n".encode())
            shown = html
        else:
            await response.write(b": unchanged\n\n")
        if name == "done":
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return response


@needs(Permission.manage_models)
async def log(request: web.Request) -> web.StreamResponse:
    """GET /desk/models/ID/log: all that the training said, or with `of=conversations` the tests played last."""
    found = await _model(request)
    of = "conversations" if request.query.get("of") == "conversations" else "log"
    path = request.app[TRAINER].log_path(found.name, of)
    if not path.is_file():
        raise web.HTTPNotFound
    text = await asyncio.to_thread(path.read_text, "utf-8", "replace")
    return web.Response(text=readable_log(text), content_type="text/plain", charset="utf-8")


@needs(Permission.manage_models)
async def file(request: web.Request) -> web.StreamResponse:
    """GET /desk/models/ID/file: the model, to be looked at on another machine."""
    found = await _model(request)
    if not found.usable:
        raise web.HTTPNotFound
    await audit(request, "model.exported", found.name)
    return web.FileResponse(found.path, headers={"Content-Disposition": f'attachment; filename="{found.path.name}"'})


@needs(Permission.manage_models)
async def cancel(request: web.Request) -> web.Response:
    """POST /desk/models/ID/cancel: end the training or the check."""
    found = await _model(request)
    if await request.app[TRAINER].cancel(found.id):
        await audit(request, "model.cancelled", found.name)
    else:
        flash(request, "teaching.not_here", "warning")
    raise web.HTTPSeeOther(f"/desk/models/{found.id}")


@needs(Permission.manage_models)
async def check(request: web.Request) -> web.Response:
    """POST /desk/models/ID/check: play the conversation tests of a `part` against the model."""
    found = await _model(request)
    part = str((await read_form(request)).get("part", conversation_tests.ALL))
    if not found.usable or part not in conversation_tests.parts():
        raise web.HTTPBadRequest
    try:
        await request.app[TRAINER].check(found, part, member(request).email, utc_now())
    except Busy:
        flash(request, "teaching.busy", "warning")
    else:
        await audit(request, "model.checked", found.name, part=part)
    raise web.HTTPSeeOther(f"/desk/models/{found.id}")


@needs(Permission.manage_models)
async def activate(request: web.Request) -> web.Response:
    """POST /desk/models/ID/activate: answer with this model; one that does worse needs a written `reason`."""
    found = await _model(request)
    reason = str((await read_form(request)).get("reason", "")).strip()[:1000]
    if not found.usable:
        flash(request, "teaching.gone", "error")
    elif found.regressions and len(reason) < _REASON_AT_LEAST:
        flash(request, "teaching.reason_wanted", "error", count=_REASON_AT_LEAST)
    else:
        await _use(request, found, reason)
    raise web.HTTPSeeOther(f"/desk/models/{found.id}")


@needs(Permission.manage_models)
async def rollback(request: web.Request) -> web.Response:
    """POST /desk/models/rollback: answer with the model of before."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    before = await run(models.previous, engine)
    if before is None:
        flash(request, "teaching.gone", "error")
    else:
        await _use(request, before, translate("en", "teaching.rolled_back"))
    raise web.HTTPSeeOther("/desk/models")


async def _use(request: web.Request, wanted: Model, reason: str) -> None:
    desk, run = request.app[DESK], request.app[SLOW_WORKER].run
    now = utc_now()
    before = await run(models.note_active, desk.store.engine, now)
    try:
        await models.load_into_rasa(desk.settings, wanted.path)
    except ActivationFailed as failed:
        flash(request, f"teaching.{failed.key}", "error")
        return
    await run(models.record_use, desk.store.engine, wanted, before, member(request).email, reason, now)
    await audit(
        request,
        "model.activated",
        wanted.name,
        before=before.name if before else None,
        reason=reason,
        regressions=list(wanted.regressions),
    )
    flash(request, "teaching.activated", model=wanted.name)
