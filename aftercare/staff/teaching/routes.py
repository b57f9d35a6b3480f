"""The addresses of the teaching pages and of the models."""

from __future__ import annotations

from aiohttp import web

from aftercare.staff.teaching import annotate, example_pages, model_pages, report, scripts


def add_routes(app: web.Application) -> None:
    """Everything under /desk/teaching and /desk/models."""
    annotate.add_routes(app)
    example_pages.add_routes(app)
    scripts.add_routes(app)
    report.add_routes(app)
    model_pages.add_routes(app)
