"""Pages of the accepted examples: the change they make to the training data, and ways to put it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.teaching import corrections, examples, turn_examples
from aftercare.staff.teaching.corrections import Correction
from aftercare.staff.teaching.examples import Draft, Fault
from aftercare.staff.teaching.turn_examples import TurnConflict, TurnDraft
from aftercare.staff.ui.names import readable
from aftercare.staff.ui.pages import View, flash, render
from aftercare.staff.ui.reading_words import ReadingWords
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.context import DESK


def add_routes(app: web.Application) -> None:
    """Add the list of examples, their check, the patch, and writing the files."""
    app.router.add_get("/desk/teaching/sentences", page)
    app.router.add_get("/desk/teaching/reviewed.patch", patch)
    app.router.add_post("/desk/teaching/sentences/check", check)
    app.router.add_post("/desk/teaching/sentences/write", write)


@dataclass(frozen=True)
class Drafted:
    """The accepted corrections that are not in the training data yet, and what its files would become."""

    corrections: Sequence[Correction]
    """The oldest first."""
    sentences: Draft
    """Below data/nlu."""
    turns: TurnDraft
    """Below data/turns."""

    @property
    def patch(self) -> str:
        """The change of all files, for `git apply`."""
        return examples.patch(self.sentences.texts) + turn_examples.patch(self.turns.texts)

    @property
    def added(self) -> set[int]:
        """Numbers of the corrections that teach something new."""
        return {each.id for each in self.sentences.added} | {each.id for each in self.turns.added}

    @property
    def conflicting(self) -> set[int]:
        """Numbers of the corrections of which a part contradicts the training data."""
        return {each.example.id for each in self.sentences.conflicts} | {each.turn.id for each in self.turns.conflicts}


async def drafted(request: web.Request) -> Drafted:
    """What was accepted, and the change it makes."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    accepted = await run(corrections.accepted, engine)
    sentences = await run(examples.draft, [each.example for each in accepted if each.example])
    turns = await run(turn_examples.draft, [each.turn for each in accepted if each.turn])
    return Drafted(accepted, sentences, turns)


@needs(Permission.annotate)
async def page(request: web.Request) -> web.Response:
    """GET /desk/teaching/sentences: what was accepted, as a list and as a change of the files."""
    return await _page(request)


@dataclass(frozen=True)
class ExamplesPage(View):
    """The page with the accepted examples and the change they make to the training data."""

    corrections: Sequence[Correction]
    """The accepted corrections, oldest first."""
    draft: Draft
    """What the files of sentences would become, and the conflicts."""
    turn_conflicts: Sequence[TurnConflict]
    """The turns that contradict others."""
    diff: Sequence[str]
    """The change as lines of a unified diff; empty when there is none."""
    writable: bool
    """Whether the data folder can be written here."""
    faults: Sequence[Fault] | None
    """What the lint found; None when it was not asked."""
    readable: Callable[[str], str]
    """The name of an intent in the language of the page."""
    reading_words: ReadingWords
    """Situations and commands in words."""


async def _page(request: web.Request, faults: list[str] | None = None) -> web.Response:
    found = await drafted(request)
    language = member(request).language
    page = ExamplesPage(
        corrections=found.corrections,
        draft=found.sentences,
        turn_conflicts=found.turns.conflicts,
        diff=found.patch.splitlines(),
        writable=_writable(),
        faults=None if faults is None else [examples.fault(each) for each in faults],
        readable=partial(readable, language=language),
        reading_words=ReadingWords(language),
    )
    return render(request, "teaching/examples.html", page)


def _writable() -> bool:
    return examples.writable() and turn_examples.writable()


async def _lint(request: web.Request, found: Drafted) -> list[str]:
    of_turns = await request.app[SLOW_WORKER].run(turn_examples.lint, found.turns.texts)
    return [*await examples.lint(found.sentences.texts), *of_turns]


@needs(Permission.annotate)
async def patch(request: web.Request) -> web.Response:
    """GET /desk/teaching/reviewed.patch: the change, for `git apply`."""
    found = await drafted(request)
    await audit(request, "sentences.exported", "reviewed.patch", sentences=len(found.added))
    return web.Response(
        text=found.patch,
        content_type="text/x-patch",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="reviewed.patch"'},
    )


@needs(Permission.annotate)
async def check(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/check: what the lint says of the new files."""
    return await _page(request, await _lint(request, await drafted(request)))


@needs(Permission.manage_models)
async def write(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/write: put the examples into the training data, if the lint finds nothing wrong."""
    found = await drafted(request)
    if not _writable():
        flash(request, "teaching.read_only", "error")
        raise web.HTTPSeeOther("/desk/teaching/sentences")
    if faults := await _lint(request, found):
        return await _page(request, faults)
    run = request.app[SLOW_WORKER].run
    await run(examples.write, found.sentences.texts)
    await run(turn_examples.write, found.turns.texts)
    ids = [each.id for each in found.corrections if each.id not in found.conflicting]
    await run(corrections.mark_written, request.app[DESK].store.engine, ids, utc_now())
    await audit(request, "sentences.written", "data", sentences=len(found.added))
    flash(request, "teaching.written", count=len(found.added))
    raise web.HTTPSeeOther("/desk/teaching/sentences")
