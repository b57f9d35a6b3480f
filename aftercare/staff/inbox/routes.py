"""The addresses of the inbox."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.inbox import handlers, live, stream, views

_ONE = "/desk/inbox/c/{id:[A-Za-z0-9_.:-]{1,80}}"


def add_routes(app: web.Application) -> None:
    """Add the inbox to the desk."""
    get, post = app.router.add_get, app.router.add_post
    get("/desk/inbox", views.inbox)
    get("/desk/inbox/lines", views.lines)
    get("/desk/inbox/live", stream.stream, allow_head=False)
    post("/desk/inbox/bulk", handlers.bulk)
    post("/desk/inbox/views", handlers.save_view)
    post("/desk/inbox/views/{view}/delete", handlers.delete_view)
    get(_ONE, views.conversation)
    get(_ONE + "/items", views.items)
    get(_ONE + "/marked", views.marked)
    get(_ONE + "/context", views.background)
    get(_ONE + "/script", views.script)
    for name, handler in (
        ("reveal", views.reveal),
        ("claim", handlers.claim),
        ("reply", handlers.reply),
        ("typing", handlers.typing),
        ("hand-back", handlers.hand_back),
        ("resolve", handlers.resolve),
        ("reassign", handlers.reassign),
        ("snooze", handlers.snooze),
        ("note", handlers.note),
        ("tag", handlers.tag),
        ("flag", handlers.flag),
        ("review", handlers.review_state),
        ("refund", handlers.refund),
        ("ticket-done", handlers.ticket_done),
    ):
        post(f"{_ONE}/{name}", handler)
    app.on_startup.append(live.start)
    app.on_shutdown.append(live.stop)
