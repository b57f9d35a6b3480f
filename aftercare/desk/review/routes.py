"""The addresses of the staff pages, all under /desk."""

from __future__ import annotations

from aiohttp import web

from aftercare.desk.review import pages, static_files
from aftercare.desk.review.access import every_member, member
from aftercare.desk.review.analytics import routes as analytics
from aftercare.desk.review.background import add_background
from aftercare.desk.review.inbox import routes as inbox
from aftercare.desk.review.people import routes as people
from aftercare.desk.review.teaching import routes as teaching


def add_routes(app: web.Application) -> None:
    """Add the pages of every part of the desk."""
    pages.set_up(app)
    static_files.add_routes(app)
    app.router.add_get("/desk", home)
    app.router.add_get("/desk/", home)
    people.add_routes(app)
    inbox.add_routes(app)
    teaching.add_routes(app)
    analytics.add_routes(app)
    add_background(app)


@every_member
async def home(request: web.Request) -> web.Response:
    """GET /desk: the first page this member may see."""
    who = member(request)
    raise web.HTTPSeeOther(next(url for _, url, needed in pages.NAVIGATION if who.may(needed)))
