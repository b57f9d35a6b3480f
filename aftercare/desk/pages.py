"""The pages travellers see, and the files they load."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_HERE = Path(__file__).parent


def add_routes(app: web.Application) -> None:
    """The chat page at / and its files under /static."""
    app.router.add_get("/", chat_page)
    app.router.add_static("/static", _HERE / "static")


async def chat_page(_request: web.Request) -> web.FileResponse:
    """A plain page with the chat in it."""
    return web.FileResponse(_HERE / "templates" / "chat.html", headers={"Cache-Control": "no-cache"})
