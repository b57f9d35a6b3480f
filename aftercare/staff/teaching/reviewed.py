"""Pages of the accepted sentences: the change they make to the training data, and ways to take it there."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.jobs import BACKGROUND
from aftercare.staff.teaching import items, sentences
from aftercare.staff.teaching.items import Item
from aftercare.staff.teaching.sentences import Draft
from aftercare.staff.ui.names import readable
from aftercare.staff.ui.pages import flash, render
from aftercare.web.context import DESK


def add_routes(app: web.Application) -> None:
    """The sentences, their check, the patch, and writing the files."""
    app.router.add_get("/desk/teaching/sentences", page)
    app.router.add_get("/desk/teaching/reviewed.patch", patch)
    app.router.add_post("/desk/teaching/sentences/check", check)
    app.router.add_post("/desk/teaching/sentences/write", write)


async def drafted(request: web.Request) -> tuple[list[Item], Draft]:
    """The accepted sentences that are not in the training data yet, and what the files would become."""
    engine, run = request.app[DESK].store.engine, request.app[BACKGROUND].worker.run
    accepted = await run(items.accepted, engine)
    return accepted, await run(sentences.draft, [item.sentence for item in accepted])


@needs(Permission.annotate)
async def page(request: web.Request) -> web.Response:
    """GET /desk/teaching/sentences: what was accepted, as a list and as a change of the files."""
    return await _page(request)


async def _page(request: web.Request, faults: list[str] | None = None) -> web.Response:
    accepted, draft = await drafted(request)
    language = member(request).language
    return render(
        request,
        "teaching/sentences.html",
        {
            "items": accepted,
            "draft": draft,
            "diff": sentences.patch(draft.texts).splitlines(),
            "writable": sentences.writable(),
            "faults": None if faults is None else [sentences.fault(each) for each in faults],
            "readable": lambda name: readable(name, language),
        },
    )


@needs(Permission.annotate)
async def patch(request: web.Request) -> web.Response:
    """GET /desk/teaching/reviewed.patch: the change, for `git apply`."""
    _, draft = await drafted(request)
    await audit(request, "sentences.exported", "reviewed.patch", sentences=len(draft.added))
    return web.Response(
        text=sentences.patch(draft.texts),
        content_type="text/x-patch",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="reviewed.patch"'},
    )


@needs(Permission.annotate)
async def check(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/check: what the lint says of the new files."""
    _, draft = await drafted(request)
    return await _page(request, await sentences.lint(draft.texts))


@needs(Permission.manage_models)
async def write(request: web.Request) -> web.Response:
    """POST /desk/teaching/sentences/write: put the sentences into data/nlu, if nothing is wrong with them."""
    accepted, draft = await drafted(request)
    if not sentences.writable():
        flash(request, "teaching.read_only", "error")
        raise web.HTTPSeeOther("/desk/teaching/sentences")
    if faults := await sentences.lint(draft.texts):
        return await _page(request, faults)
    run = request.app[BACKGROUND].worker.run
    await run(sentences.write, draft.texts)
    done = {each.id for each in (*draft.added, *draft.known)}
    ids = [item.id for item in accepted if item.id in done]
    await run(items.mark_written, request.app[DESK].store.engine, ids, utc_now())
    await audit(request, "sentences.written", "data/nlu", sentences=len(draft.added))
    flash(request, "teaching.written", count=len(draft.added))
    raise web.HTTPSeeOther("/desk/teaching/sentences")
