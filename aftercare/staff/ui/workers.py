"""The threads on which the staff pages read slowly, so that the chat's own thread stays free."""

from __future__ import annotations

from aiohttp import web

from aftercare.conversations.worker import Worker

# Reads of analytics and teaching run here; `staff/jobs.py` opens and closes it.
SLOW_WORKER = web.AppKey("slow_worker", Worker)
