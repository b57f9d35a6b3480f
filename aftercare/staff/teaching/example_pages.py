"""Pages of the accepted examples: the change they make to the training data, and ways to put it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.teaching import corrections, examples
from aftercare.staff.teaching.corrections import Correction
from aftercare.staff.teaching.examples import Draft, Fault
from aftercare.staff.ui.names import readable
from aftercare.staff.ui.pages import View, flash, render
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.context import DESK


def add_routes(app: web.Application) -> None:
    """Add the list of examples, their check, the patch, and writing the files."""
    app.router.add_get("/desk/teaching/sentences", page)
    app.router.add_get("/desk/teaching/reviewed.patch", patch)
    app.router.add_post("/desk/teaching/sentences/check", check)
    app.router.add_post("/desk/teaching/sentences/write", write)


async def drafted(request: web.Request) -> tuple[list[Correction], Draft]:
    """The accepted corrections that are not in the training data yet, and what the files would become."""
    engine, run = request.app[DESK].store.engine, request.app[SLOW_WORKER].run
    accepted = await run(corrections.accepted, engine)
    return accepted, await run(examples.draft, [each.example for each in accepted])


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
    """What the files would become, and the conflicts."""
    diff: Sequence[str]
    """The change as lines of a unified diff; empty when there is none."""
    writable: bool
    """Whether the data folder can be written here."""
    faults: Sequence[Fault] | None
    """What the lint found; None when it was not asked."""
    readable: Callable[[str], str]
    """The name of an intent in the language of the page."""


async def _page(request: web.Request, faults: list[str] | None = None) -> web.Response:
    accepted, draft = await drafted(request)
    page = ExamplesPage(
        corrections=accepted,
        draft=draft,
        diff=examples.patch(draft.texts).splitlines(),
        writable=examples.writable(),
        faults=None if faults is None else [examples.fault(each) for each in faults],
        readable=partial(readable, language=member(request).language),
    )
    return render(request, "teaching/examples.html", page)


@needs(Permission.annotate)
async def patch(request: web.Request) -> web.Response:
    """GET /desk/teaching/reviewed.patch: the change, for `git apply`."""
    _, draft = await drafted(request)
    await audit(request, "sentences.exported", "reviewed.patch", sentences=len(draft.added))
    return web.Response(
        text=examples.patch(draft.texts),
        content_type="text/x-patch",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="reviewed.patch"'},
    )


@needs(Permission.annotate)
async def check(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/check: what the lint says of the new files."""
    _, draft = await drafted(request)
    return await _page(request, await examples.lint(draft.texts))


@needs(Permission.manage_models)
async def write(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/write: put the examples into data/nlu, if the lint finds nothing wrong."""
    accepted, draft = await drafted(request)
    if not examples.writable():
        flash(request, "teaching.read_only", "error")
        raise web.HTTPSeeOther("/desk/teaching/sentences")
    if faults := await examples.lint(draft.texts):
        return await _page(request, faults)
    run = request.app[SLOW_WORKER].run
    await run(examples.write, draft.texts)
    done = {each.id for each in (*draft.added, *draft.known)}
    ids = [each.id for each in accepted if each.id in done]
    await run(corrections.mark_written, request.app[DESK].store.engine, ids, utc_now())
    await audit(request, "sentences.written", "data/nlu", sentences=len(draft.added))
    flash(request, "teaching.written", count=len(draft.added))
    raise web.HTTPSeeOther("/desk/teaching/sentences")
