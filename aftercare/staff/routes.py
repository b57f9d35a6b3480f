"""The addresses of the staff pages, all under /desk, and of the staff API."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.access.permissions import every_member, member
from aftercare.staff.analytics import routes as analytics
from aftercare.staff.api import routes as api
from aftercare.staff.inbox import routes as inbox
from aftercare.staff.jobs import add_jobs
from aftercare.staff.payouts import routes as payouts
from aftercare.staff.people import routes as people
from aftercare.staff.teaching import routes as teaching
from aftercare.staff.ui import pages, static_files


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
    payouts.add_routes(app)
    api.add_routes(app)
    add_jobs(app)


@every_member
async def home(request: web.Request) -> web.Response:
    """GET /desk: the first page this member may see."""
    who = member(request)
    raise web.HTTPSeeOther(next(url for _, url, needed in pages.NAVIGATION if who.may(needed)))
