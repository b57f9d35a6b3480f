"""A desk on a free port, in this process."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.settings import Settings
from aftercare.conversations.context import Limits
from aftercare.conversations.turns import TurnPolicy
from aftercare.run.desk import KEEPALIVE, create_app

FAST = TurnPolicy(slow_after=0.6, first_pause=0.05, longest_pause=0.2, most_failures=3)


class RunningDesk:
    """A desk in this process."""

    def __init__(self, settings: Settings, limits: Limits, keepalive: float = KEEPALIVE) -> None:
        self.settings = settings
        self.app = create_app(settings, limits, FAST)
        self.runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.2, keepalive_timeout=keepalive)
        self.url = ""

    async def start(self) -> RunningDesk:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        await self.runner.cleanup()
