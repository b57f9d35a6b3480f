"""A desk in this process with a bot and a stand-in for Rasa."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

from aiohttp import web

from aftercare.base.settings import Settings
from aftercare.conversations.context import Desk
from aftercare.conversations.turns import TurnPolicy
from aftercare.run.desk import create_app
from aftercare.telegram.routes import TELEGRAM
from aftercare.telegram.service import Telegram
from aftercare.web.context import DESK
from tests.support.fake_rasa import FakeRasa

# on a slow machine nobody is told of a delay that the test is not about
PATIENT = TurnPolicy(slow_after=600, first_pause=0.05, longest_pause=0.2, most_failures=3)
HASTY = replace(PATIENT, slow_after=0.6)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class BotDesk:
    """A desk in this process."""

    def __init__(self, settings: Settings, rasa: FakeRasa, app: web.Application) -> None:
        self.settings, self.rasa, self.app = settings, rasa, app
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        self.url = settings.public_url
        self._stopped = False

    @classmethod
    async def start(cls, settings: Settings, policy: TurnPolicy = PATIENT) -> BotDesk:
        port = free_port()
        rasa = FakeRasa(settings.secret("engine"))
        await rasa.start()
        here = {"rasa_url": rasa.url, "actions_url": rasa.url, "public_url": f"http://127.0.0.1:{port}"}
        settings = settings.model_copy(update=here)
        desk = cls(settings, rasa, create_app(settings, None, policy))
        await desk.runner.setup()
        await web.TCPSite(desk.runner, "127.0.0.1", port).start()
        return desk

    @property
    def desk(self) -> Desk:
        return self.app[DESK]

    @property
    def telegram(self) -> Telegram:
        return self.app[TELEGRAM]

    async def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            await self.runner.cleanup()
            await self.rasa.stop()

    async def conversation(self, chat_id: int) -> str:
        """The conversation a chat shows."""
        chat = await self.desk.worker.run(self.telegram.store.chat, chat_id)
        assert chat is not None
        assert chat.conversation_id is not None
        return chat.conversation_id

    async def events(self, chat_id: int) -> list[Any]:
        """Everything stored in the chat's conversation."""
        return await self.desk.worker.run(self.desk.store.messages_after, await self.conversation(chat_id), 0, 1000)
