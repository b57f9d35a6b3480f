"""The chat as a page of its own."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_PAGE = Path(__file__).parent / "templates" / "chat.html"


def add_routes(app: web.Application) -> None:
    """Add /chat."""
    app.router.add_get("/chat", chat_page)


async def chat_page(_request: web.Request) -> web.FileResponse:
    """Nothing but the widget, for links in e-mails and QR codes on paper."""
    return web.FileResponse(_PAGE, headers={"Cache-Control": "no-cache"})
