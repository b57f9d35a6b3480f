"""The addresses of signing in, people, the own profile and the record."""

from __future__ import annotations

from aiohttp import web

from aftercare.desk.review.people import login


def add_routes(app: web.Application) -> None:
    """Add them."""
    add = app.router.add_get, app.router.add_post
    get, post = add
    get("/desk/login", login.login_page)
    post("/desk/login", login.login)
    get("/desk/login/code", login.code_page)
    post("/desk/login/code", login.code)
    post("/desk/logout", login.logout)
