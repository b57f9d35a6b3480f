"""The addresses of the inbox."""

from __future__ import annotations

from aiohttp import web

from aftercare.desk.review.inbox import handling, live, stream, views

_ONE = "/desk/inbox/c/{id:[A-Za-z0-9_.:-]{1,80}}"


def add_routes(app: web.Application) -> None:
    """Add the inbox to the desk."""
    get, post = app.router.add_get, app.router.add_post
    get("/desk/inbox", views.inbox)
    get("/desk/inbox/lines", views.lines)
    get("/desk/inbox/live", stream.stream, allow_head=False)
    post("/desk/inbox/bulk", handling.bulk)
    post("/desk/inbox/views", handling.save_view)
    post("/desk/inbox/views/{view}/delete", handling.delete_view)
    get(_ONE, views.conversation)
    get(_ONE + "/items", views.items)
    get(_ONE + "/marked", views.marked)
    get(_ONE + "/context", views.background)
    get(_ONE + "/script", views.script)
    for name, handler in (
        ("reveal", views.reveal),
        ("claim", handling.claim),
        ("reply", handling.reply),
        ("typing", handling.typing),
        ("hand-back", handling.hand_back),
        ("resolve", handling.resolve),
        ("reassign", handling.reassign),
        ("snooze", handling.snooze),
        ("note", handling.note),
        ("tag", handling.tag),
        ("flag", handling.flag),
        ("review", handling.review_state),
        ("refund", handling.refund),
        ("ticket-done", handling.ticket_done),
    ):
        post(f"{_ONE}/{name}", handler)
    app.on_startup.append(live.start)
    app.on_shutdown.append(live.stop)
