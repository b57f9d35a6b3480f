"""Pages on which staff annotate queued messages: one at a time by keyboard, or similar ones together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from aftercare.base.database import utc_now
from aftercare.base.language import LANGUAGES, written
from aftercare.conversations.reading import LOW
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.teaching import corrections, examples, turn_examples
from aftercare.staff.teaching.corrections import Annotation, Correction, NotOpen
from aftercare.staff.teaching.tables import REASONS, REPORTED
from aftercare.staff.ui.masking import Span
from aftercare.staff.ui.names import ENTITIES, entity_name, intents, readable
from aftercare.staff.ui.pages import View, flash, render
from aftercare.staff.ui.reading_words import ReadingWords, command_groups, teachable
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

_MOST_GROUPS = 50
_ASIDE = "/desk/teaching/aside"
_QUEUED_FOR = (REPORTED, *REASONS)
_ACTIONS = {"accept": "accepted", "skip": "skipped", "refuse": "refused"}


def add_routes(app: web.Application) -> None:
    """Add the queue, the groups of out-of-scope messages, and what annotates them."""
    app.router.add_get("/desk/teaching", queue)
    app.router.add_get("/desk/teaching/groups", groups)
    app.router.add_post("/desk/teaching/groups", annotate_group)
    app.router.add_get(_ASIDE, aside)
    app.router.add_post(_ASIDE, reopen_aside)
    app.router.add_post("/desk/teaching/undo", undo)
    app.router.add_post("/desk/teaching/items/{id:[0-9]+}", annotate)
    app.router.add_post("/desk/teaching/items/{id:[0-9]+}/reopen", reopen)


@dataclass(frozen=True)
class OfferedCommand:
    """A command to choose, with the probability it was read with, if it was, and whether it is chosen to begin with."""

    label: str
    chance: float | None
    chosen: bool


@dataclass(frozen=True)
class QueuePage(View):
    """The page with the message to annotate now."""

    correction: Correction | None
    """The message; None when nothing is open."""
    choices: list[tuple[str, float | None]]
    """Intents offered by number, with the confidence the model had in each."""
    counts: Mapping[str, int]
    """Open messages by reason."""
    total: int
    """All open messages."""
    reasons: Sequence[str]
    """Every reason for which a message is queued."""
    reason: str
    """The reason the queue is filtered by; empty for any."""
    chosen_language: str
    """The language the queue is filtered by; empty for any."""
    intents: Sequence[str]
    """All intents of the domain."""
    entities: Sequence[tuple[str, str]]
    """All entities that can be marked, and what staff call them."""
    readable: Callable[[str], str]
    """The name of an intent in the language of the page."""
    reading_words: ReadingWords
    """Situations and commands in words."""
    prompt_language: str
    """The language of what the assistant had said last."""
    read: Sequence[OfferedCommand]
    """The commands offered first: those read, and what the traveller chose afterwards."""
    commands: Sequence[tuple[str, Sequence[str]]]
    """The other commands, by group."""
    spans: str
    """The entities marked in the message, as JSON for the page's script."""


@needs(Permission.annotate)
async def queue(request: web.Request) -> web.Response:
    """GET /desk/teaching: the message to annotate now; `reason`, `language` and `item` choose which."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    reason = request.query.get("reason", "")
    language = request.query.get("language", "")
    correction = None
    wanted = request.query.get("item", "")
    if wanted.isascii() and wanted.isdigit():
        correction = await run(corrections.get_correction, engine, int(wanted))
    if correction is None or correction.state != "open":
        correction = await run(
            corrections.next_correction,
            engine,
            reason if reason in _QUEUED_FOR else None,
            language if language in LANGUAGES else None,
        )
    counts = await run(corrections.open_counts, engine)
    read = _commands(correction) if correction else []
    offered = {each.label for each in read}
    page = QueuePage(
        correction=correction,
        choices=_choices(correction) if correction else [],
        counts=counts,
        total=sum(counts.values()),
        reasons=_QUEUED_FOR,
        reason=reason,
        chosen_language=language,
        intents=intents(),
        entities=[(each, entity_name(each, member(request).language)) for each in ENTITIES],
        readable=partial(readable, language=member(request).language),
        reading_words=ReadingWords(member(request).language),
        prompt_language=(written(correction.prompt or "").language if correction else None) or "en",
        read=read,
        commands=[(name, [each for each in labels if each not in offered]) for name, labels in command_groups()],
        spans=json.dumps([list(span) for span in correction.spans]) if correction else "[]",
    )
    return render(request, "teaching/queue.html", page)


def _choices(correction: Correction) -> list[tuple[str, float | None]]:
    """The intents offered by number: one proposed, one the traveller chose afterwards, then the likeliest."""
    found: dict[str, float | None] = dict(correction.ranking)
    for first in (correction.suggestion, correction.proposed):
        if first is not None:
            found = {first: found.get(first), **found}
    return list(found.items())[:5]


def _commands(correction: Correction) -> list[OfferedCommand]:
    """The commands as they were read, the sure ones checked; a matter not meant gives way to what was.

    Of a message that was reported, those proposed are checked.
    """
    if correction.reported_by is not None:
        chances = dict(correction.read_commands)
        listed = dict.fromkeys([*correction.proposed_commands, *chances])
        proposed = set(correction.proposed_commands)
        return [OfferedCommand(each, chances.get(each), each in proposed) for each in listed if teachable(each)]
    meant = _begun_by(correction.suggestion)
    found = [
        OfferedCommand(label, chance, chance >= LOW and not (meant and label.startswith("start:") and label != meant))
        for label, chance in correction.read_commands
        if teachable(label)
    ]
    if meant and meant not in {each.label for each in found}:
        found.insert(0, OfferedCommand(meant, None, True))
    return found


def _begun_by(intent: str | None) -> str | None:
    """The command of a message that has this intent, where it begins a matter or asks something."""
    if intent and (begins := f"start:{intent}") in dict(command_groups())["start"]:
        return begins
    return "ask" if intent and intent.startswith("ask_") else None


@needs(Permission.annotate)
async def annotate(request: web.Request) -> web.Response:
    """POST /desk/teaching/items/ID: `action` accept (with `label`, `spans` and `commands`), skip or refuse.

    Without a label it teaches only what the message means in its situation.
    """
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    form = await read_form(request)
    correction = await run(corrections.get_correction, engine, int(request.match_info["id"]))
    action, label = str(form.get("action", "")), str(form.get("label", ""))
    if correction is None or action not in _ACTIONS:
        raise web.HTTPBadRequest
    annotation = Annotation(_ACTIONS[action], None, correction.spans)
    if action == "accept":
        spans = _spans(str(form.get("spans", "[]")), correction.text)
        annotation = replace(annotation, label=label or None, spans=spans, commands=_taught(form, correction))
        if label not in intents() and (label or not annotation.commands):
            flash(request, "teaching.no_such_intent" if label else "teaching.nothing_taught", "warning", label=label)
            raise _back(form, correction.id)
        if label not in ("", correction.intent) and f"start:{correction.intent}" in annotation.commands:
            words = partial(readable, language=member(request).language)
            flash(request, "teaching.commands_disagree", "warning", wanted=words(label), begun=words(correction.intent))
            raise _back(form, correction.id)
    try:
        await run(corrections.annotate, engine, [correction.id], annotation, member(request).email, utc_now())
    except NotOpen:
        flash(request, "teaching.decided_elsewhere", "warning")
    else:
        await audit(request, f"annotation.{annotation.state}", str(correction.id), intent=annotation.label)
        if action == "accept":
            await _tell_conflicts(request, correction, annotation)
    raise _back(form)


def _taught(form: MultiDictProxy[Any], correction: Correction) -> tuple[str, ...]:
    """The commands of a form, in its order; none where nothing had read the message in its situation.

    Raises:
        HTTPBadRequest: one of them is no command.
    """
    found = tuple(dict.fromkeys(str(each) for each in form.getall("commands", [])))
    if not all(map(teachable, found)):
        raise web.HTTPBadRequest
    return found if correction.situation is not None else ()


async def _tell_conflicts(request: web.Request, correction: Correction, made: Annotation) -> None:
    """Say at once what of an accepted correction stands otherwise in the training data."""
    run = request.app[SLOW_WORKER].run
    decided = replace(correction, label=made.label, spans=made.spans, commands=made.commands)
    if decided.example and (sentence := await run(examples.conflict_of, decided.example)):
        found = {"where": sentence.where, "intent": sentence.intent, "wanted": decided.label}
        flash(request, "teaching.conflict_now", "warning", text=correction.text[:80], **found)
    if decided.turn and (turn := await run(turn_examples.conflict_of, decided.turn)):
        words = ReadingWords(member(request).language)
        found = {"where": turn.where, "known": words.commands(turn.commands), "wanted": words.commands(made.commands)}
        flash(request, "teaching.turn_conflict_now", "warning", text=correction.text[:40], **found)


def _spans(text: str, sentence: str) -> tuple[Span, ...]:
    """The spans of a form, in order.

    Raises:
        HTTPBadRequest: they do not lie within the sentence, overlap, or name unknown entities.
    """
    try:
        found = sorted(
            (Span(str(name), int(start), int(end)) for name, start, end in json.loads(text)), key=lambda s: s.start
        )
    except (ValueError, TypeError, RecursionError):
        raise web.HTTPBadRequest from None
    found.sort(key=lambda span: span.start)
    at = 0
    for span in found:
        if not (at <= span.start < span.end <= len(sentence)) or span.entity not in ENTITIES:
            raise web.HTTPBadRequest
        at = span.end
    return tuple(found)


def _back(form: Mapping[str, object], correction_id: int | None = None) -> web.HTTPSeeOther:
    """The queue with the filters of the form, at a message if one is given."""
    kept = [f"{key}={form.get(key)}" for key in ("reason", "language") if str(form.get(key, "")).isidentifier()]
    query = "&".join([*([f"item={correction_id}"] if correction_id else []), *kept])
    return web.HTTPSeeOther("/desk/teaching" + (f"?{query}" if query else ""))


@needs(Permission.annotate)
async def undo(request: web.Request) -> web.Response:
    """POST /desk/teaching/undo: reopen what this member annotated last."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    form = await read_form(request)
    correction = await run(corrections.undo, engine, member(request).email)
    if correction is None:
        flash(request, "teaching.nothing_to_undo", "warning")
    else:
        await audit(request, "annotation.undone", str(correction.id))
    if form.get("groups"):
        raise web.HTTPSeeOther("/desk/teaching/groups")
    raise _back(form, correction.id if correction else None)


@needs(Permission.annotate)
async def reopen(request: web.Request) -> web.Response:
    """POST /desk/teaching/items/ID/reopen: put an accepted example back into the queue."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    correction = await run(corrections.undo, engine, member(request).email, int(request.match_info["id"]))
    if correction is None:
        flash(request, "teaching.nothing_to_undo", "warning")
    else:
        await audit(request, "annotation.undone", str(correction.id))
    raise web.HTTPSeeOther("/desk/teaching/sentences")


@dataclass(frozen=True)
class AsidePage(View):
    """The page with messages that were skipped or refused."""

    corrections: Sequence[Correction]
    """The latest decision first."""


@needs(Permission.annotate)
async def aside(request: web.Request) -> web.Response:
    """GET /desk/teaching/aside: what was skipped or refused, to be put back."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    return render(request, "teaching/aside.html", AsidePage(await run(corrections.set_aside, engine)))


@needs(Permission.annotate)
async def reopen_aside(request: web.Request) -> web.Response:
    """POST /desk/teaching/aside: put the messages `ids` back into the queue."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    form = await read_form(request)
    ids = sorted({int(str(each)) for each in form.getall("ids", []) if str(each).isdigit()})
    done = await run(corrections.reopen, engine, ids)
    await audit(request, "annotation.undone", ",".join(map(str, ids))[:190])
    flash(request, "teaching.put_back", count=done)
    raise web.HTTPSeeOther(_ASIDE)


@dataclass(frozen=True)
class GroupsPage(View):
    """The page with similar out-of-scope messages together."""

    groups: Sequence[Sequence[Correction]]
    """The largest group first."""
    intents: Sequence[str]
    """All intents of the domain."""
    readable: Callable[[str], str]
    """The name of an intent in the language of the page."""


@needs(Permission.annotate)
async def groups(request: web.Request) -> web.Response:
    """GET /desk/teaching/groups: what travellers ask that the assistant does not do, similar messages together."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    language = request.query.get("language", "")
    found = await run(corrections.groups, engine, language if language in LANGUAGES else None)
    page = GroupsPage(found[:_MOST_GROUPS], intents(), partial(readable, language=member(request).language))
    return render(request, "teaching/groups.html", page)


@needs(Permission.annotate)
async def annotate_group(request: web.Request) -> web.Response:
    """POST /desk/teaching/groups: `ids` of similar messages, with `action` and `label` for all of them."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    form = await read_form(request)
    ids = sorted({int(str(each)) for each in form.getall("ids", []) if str(each).isdigit()})
    action, label = str(form.get("action", "")), str(form.get("label", ""))
    if not ids or action not in _ACTIONS or (action == "accept" and label not in intents()):
        flash(request, "teaching.choose_messages", "warning")
        raise web.HTTPSeeOther("/desk/teaching/groups")
    state = _ACTIONS[action]
    by, now = member(request).email, utc_now()
    missed = 0
    for each in ids:
        correction = await run(corrections.get_correction, engine, each)
        if correction is None:
            missed += 1
            continue
        annotation = Annotation(state, label if action == "accept" else None, correction.spans)
        try:
            await run(corrections.annotate, engine, [each], annotation, by, now)
        except NotOpen:
            missed += 1
    if missed:
        flash(request, "teaching.decided_elsewhere", "warning")
    await audit(request, f"annotation.{state}", ",".join(map(str, ids))[:190], intent=label or None)
    raise web.HTTPSeeOther("/desk/teaching/groups")
