"""The pages travellers see, and the files they load."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_HERE = Path(__file__).parent


def add_routes(app: web.Application) -> None:
    """The plain chat page at /chat and its files under /static."""
    app.router.add_get("/chat", chat_page)
    app.router.add_static("/static", _HERE / "static")


async def chat_page(_request: web.Request) -> web.FileResponse:
    """The chat as a page of its own, for old browsers and links in e-mails."""
    return web.FileResponse(_HERE / "templates" / "chat.html", headers={"Cache-Control": "no-cache"})
