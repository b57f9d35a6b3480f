"""The addresses of the inbox."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.inbox import (
    bulk,
    claims,
    live,
    marks,
    outside,
    refunds,
    replies,
    stream,
    undelivered,
    views,
    webhook_log,
)

_ONE = "/desk/inbox/c/{id:[A-Za-z0-9_.:-]{1,80}}"


def add_routes(app: web.Application) -> None:
    """Add the inbox to the desk."""
    get, post = app.router.add_get, app.router.add_post
    get("/desk/inbox", views.inbox)
    get("/desk/inbox/lines", views.rows)
    get("/desk/inbox/live", stream.stream, allow_head=False)
    post("/desk/inbox/bulk", bulk.bulk)
    post("/desk/inbox/views", marks.save_view)
    post("/desk/inbox/views/{view}/delete", marks.delete_view)
    get(outside.PAGE, outside.page)
    post(outside.PAGE + "/{number:[0-9]{1,9}}/close", outside.close)
    post(undelivered.ROW + "/retry", undelivered.retry)
    post(undelivered.ROW + "/settle", undelivered.settle)
    get(webhook_log.PAGE, webhook_log.page)
    get(_ONE, views.conversation)
    get(_ONE + "/items", views.items)
    get(_ONE + "/marked", views.marked)
    get(_ONE + "/context", views.context)
    get(_ONE + "/script", views.script)
    for name, handler in (
        ("reveal", views.reveal),
        ("claim", claims.claim),
        ("reply", replies.reply),
        ("typing", replies.typing),
        ("hand-back", claims.release),
        ("resolve", claims.resolve),
        ("reassign", claims.assign),
        ("snooze", claims.snooze),
        ("note", marks.note),
        ("tag", marks.tag),
        ("flag", marks.flag),
        ("review", marks.set_reviewed),
        ("refund", refunds.refund),
        ("exchange-done", refunds.exchange_done),
        ("new-esim", refunds.new_esim),
        ("ticket-done", claims.ticket_done),
    ):
        post(f"{_ONE}/{name}", handler)
    app.on_startup.append(live.start)
    app.on_shutdown.append(live.stop)
