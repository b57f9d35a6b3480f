"""Correcting a message where it stands: from its conversation into the queue, with what would have been right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.articles.units import units
from aftercare.base.language import Language
from aftercare.conversations.tables import conversation
from aftercare.conversations.transcript import exchanges, read
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.teaching.queue import entry_of
from aftercare.staff.teaching.spans import plausible
from aftercare.staff.teaching.tables import annotation
from aftercare.staff.ui.masking import Span, mask
from aftercare.staff.ui.names import ENTITIES, entity_name, intents, readable
from aftercare.staff.ui.pages import View, render
from aftercare.staff.ui.reading_words import ReadingWords, command_groups, teachable
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

_LONGEST_ANSWER = 1000
_MORE_ENTITIES = 2  # that can be added in one go
_ONE = "/desk/teaching/report/{id:[A-Za-z0-9_.:-]{1,80}}/{seq:[0-9]{1,9}}"


def add_routes(app: web.Application) -> None:
    """Add the form, which the inbox shows below a message."""
    app.router.add_get(_ONE, form)
    app.router.add_post(_ONE, report)


@dataclass(frozen=True)
class ReportForm(View):
    """The form to correct one message, or what became of it."""

    entry: dict[str, Any]
    """The message as the queue would have it."""
    answered: str
    """What the assistant answered, masked."""
    intents: Sequence[str]
    """All intents of the domain."""
    chosen: str
    """The intent chosen so far."""
    checked: Sequence[str]
    """The commands checked so far."""
    groups: Sequence[tuple[str, Sequence[str]]]
    """All commands, by group."""
    spans: Sequence[Span]
    """The entities marked so far."""
    entities: Sequence[str]
    """All entities that can be marked."""
    more: int
    """How many entities can be added."""
    answers: Sequence[str]
    """What the articles answer, to choose the right answer from."""
    wanted: str
    """The answer that would have been right, as written so far."""
    readable: Callable[[str], str]
    """An intent in words."""
    entity_name: Callable[[str], str]
    """An entity in words."""
    reading_words: ReadingWords
    """Commands in words."""
    fault: str | None = None
    """Key of the text that says what to correct in the form."""


@needs(Permission.mark)
async def form(request: web.Request) -> web.Response:
    """GET /desk/teaching/report/ID/SEQ: the form, filled with how the message was read."""
    entry, answered = await _entry(request)
    found = tuple(Span(*span) for span in entry["spans"])
    read_as = [label for label, _chance in entry["read_commands"] or () if teachable(label)][:1]
    return _page(request, entry, answered, str(entry["intent"] or ""), read_as, found, "")


@needs(Permission.mark)
async def report(request: web.Request) -> web.Response:
    """POST …: put the message into the queue with `intent`, `commands`, `spans`, added entities, and `answer`."""
    entry, answered = await _entry(request)
    fields = await read_form(request)
    intent, wanted = str(fields.get("intent", "")), str(fields.get("answer", "")).strip()[:_LONGEST_ANSWER]
    commands = list(dict.fromkeys(str(each) for each in fields.getall("commands", [])))
    if (intent and intent not in intents()) or not all(map(teachable, commands)):
        raise web.HTTPBadRequest
    kept = {str(each) for each in fields.getall("spans", [])}
    spans = [span for span in (Span(*each) for each in entry["spans"]) if ":".join(map(str, span)) in kept]
    fault = None
    for number in range(_MORE_ENTITIES):
        part, entity = str(fields.get(f"part{number}", "")).strip(), str(fields.get(f"entity{number}", ""))
        if not part:
            continue
        start = str(entry["text"]).find(part)
        added = Span(entity, start, start + len(part))
        if start < 0:
            fault = "teaching.report_not_there"
        elif added not in plausible([added], entry["text"]):
            fault = "teaching.report_no_entity"
        spans.append(added)
    if fault:
        return _page(request, entry, answered, intent, commands, spans, wanted, fault)
    values = {
        **entry,
        "spans": [list(span) for span in plausible(spans, entry["text"])],
        "reported_by": member(request).name,
        "proposed": intent or None,
        "proposed_commands": commands,
        "wanted_answer": mask(wanted).text if wanted else None,
        "answered": answered or None,
    }
    desk = request.app[DESK]
    await request.app[SLOW_WORKER].run(_store, desk.store.engine, values)
    await audit(request, "message.reported", request.match_info["id"], seq=entry["seq"], intent=intent or None)
    return render(request, "teaching/reported.html")


def _page(
    request: web.Request,
    entry: dict[str, Any],
    answered: str,
    intent: str,
    commands: Sequence[str],
    spans: Sequence[Span],
    wanted: str,
    fault: str | None = None,
) -> web.Response:
    language = member(request).language
    page = ReportForm(
        entry=entry,
        answered=answered,
        intents=sorted(intents(), key=lambda name: readable(name, language).lower()),
        chosen=intent,
        checked=commands,
        groups=list(command_groups()),
        spans=[span for span in spans if span.start >= 0],
        entities=ENTITIES,
        more=_MORE_ENTITIES,
        answers=_answers("zh" if entry["language"] == "zh" else "en"),
        wanted=wanted,
        readable=partial(readable, language=language),
        entity_name=partial(entity_name, language=language),
        reading_words=ReadingWords(language),
        fault=fault,
    )
    return render(request, "teaching/report.html", page)


def _answers(language: Language) -> list[str]:
    return [f"{each.title}: {each.asked[0]} ({each.id})" for each in units()[language].values()]


async def _entry(request: web.Request) -> tuple[dict[str, Any], str]:
    """The message of the address as the queue would have it, and what was answered.

    Of an answer it is the message that was answered.

    Raises:
        HTTPNotFound: there is no such message, or nothing but personal data in it.
    """
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    found = await run(_read, engine, request.match_info["id"], int(request.match_info["seq"]))
    if found is None:
        raise web.HTTPNotFound
    return found


def _read(engine: Engine, conversation_id: str, seq: int) -> tuple[dict[str, Any], str] | None:
    with engine.connect() as connection:
        language = connection.execute(
            sa.select(conversation.c.language).where(conversation.c.id == conversation_id)
        ).scalar_one_or_none()
        events = read(connection, [conversation_id]).get(conversation_id, [])
    if language is None:
        return None
    turns = list(exchanges(events))
    number = next((at for at, turn in enumerate(turns) if seq in _numbers(turn)), None)
    if number is None:
        return None
    turn = turns[number]
    entry = entry_of(turn, turns[number - 1] if number else None, "corrected", str(language))
    if not entry["text"]:
        return None
    answers = "\n".join(each.text for each in turn.answers if each.sender == "assistant" and each.text.strip())
    return {"conversation_id": conversation_id, **entry}, mask(answers).text


def _numbers(turn: Any) -> set[int]:
    return {turn.message.seq, *(answer.seq for answer in turn.answers)}


def _store(engine: Engine, values: dict[str, Any]) -> None:
    """Add the message to the queue, or open it again there, whatever was decided before."""
    decided = {"label": None, "commands": None, "decided_by": None, "decided_at": None, "written_at": None}
    one = sa.and_(annotation.c.conversation_id == values["conversation_id"], annotation.c.seq == values["seq"])
    with engine.begin() as connection:
        done = connection.execute(sa.update(annotation).where(one).values(state="open", **values, **decided))
        if done.rowcount == 0:
            connection.execute(sa.insert(annotation).values(state="open", **values))
