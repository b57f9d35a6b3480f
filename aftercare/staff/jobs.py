"""What the staff pages do beside the requests: the figures, the queue and trainings, on threads of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web

from aftercare.conversations.tasks import cancel_and_wait
from aftercare.conversations.worker import Worker
from aftercare.staff.digest import Digest
from aftercare.staff.teaching.trainer import Trainer
from aftercare.web.context import DESK


@dataclass
class Background:
    """The parts; `worker` is for slow reads, which must not hold up the chat's own thread."""

    worker: Worker
    digest: Digest
    trainer: Trainer
    task: asyncio.Task[None]
    stopping: bool = False


BACKGROUND = web.AppKey("background", Background)


def add_background(app: web.Application) -> None:
    """Start with the desk, and end before its databases are closed."""
    app.on_startup.append(_start)  # after the contexts of the desk
    app.on_shutdown.append(_stop)


async def _start(app: web.Application) -> None:
    desk = app[DESK]
    worker = Worker(desk.store.engine)
    digest = Digest(desk.store.engine, desk.orders, ZoneInfo(desk.settings.support_timezone))
    trainer = Trainer(desk.store.engine, worker, desk.settings.var_dir)
    app[BACKGROUND] = Background(worker, digest, trainer, asyncio.get_running_loop().create_task(digest.run()))


async def _stop(app: web.Application) -> None:
    background = app[BACKGROUND]
    background.stopping = True
    await cancel_and_wait(background.task)
    await background.trainer.stop()
    background.digest.close()
    background.worker.close()
