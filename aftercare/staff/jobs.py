"""Starts and stops what the staff pages do beside the requests: slow reads, figures and queue, trainings, outbox."""

from __future__ import annotations

import asyncio
from functools import partial
from zoneinfo import ZoneInfo

from aiohttp import web

from aftercare.base.tasks import cancel_and_wait
from aftercare.conversations.worker import Worker
from aftercare.staff.access.permissions import AUDIT, write_audit
from aftercare.staff.inbox import decision_messages
from aftercare.staff.refresh import Refresher
from aftercare.staff.teaching.trainer import TRAINER, Trainer
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.web.context import DESK

_REFRESHER = web.AppKey("refresher", Refresher)
_REFRESH_TASK: web.AppKey[asyncio.Task[None]] = web.AppKey("refresh_task", asyncio.Task)


def add_jobs(app: web.Application) -> None:
    """Start the jobs with the desk, and end them before its databases are closed."""
    app.on_startup.append(_start)  # after the contexts of the desk, which open the databases
    app.on_shutdown.append(_stop)


async def _start(app: web.Application) -> None:
    desk = app[DESK]
    desk.outbox.register(AUDIT, partial(write_audit, desk))
    desk.outbox.register(decision_messages.DECISION, partial(decision_messages.send, desk))
    worker = Worker(desk.store.engine)
    refresher = Refresher(desk.store.engine, desk.orders, ZoneInfo(desk.settings.support_timezone))
    app[SLOW_WORKER] = worker
    app[TRAINER] = Trainer(desk.store.engine, worker, desk.settings.var_dir)
    app[_REFRESHER] = refresher
    app[_REFRESH_TASK] = asyncio.get_running_loop().create_task(refresher.run())


async def _stop(app: web.Application) -> None:
    app[TRAINER].stopping = True  # ends the streams that show its progress
    await cancel_and_wait(app[_REFRESH_TASK])
    await app[TRAINER].stop()
    app[_REFRESHER].close()
    app[SLOW_WORKER].close()
