"""The addresses of the teaching loop and of the models."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.teaching import annotate, model_pages, reviewed, scripts


def add_routes(app: web.Application) -> None:
    """Everything under /desk/teaching and /desk/models."""
    annotate.add_routes(app)
    reviewed.add_routes(app)
    scripts.add_routes(app)
    model_pages.add_routes(app)
