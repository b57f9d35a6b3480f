"""Desks with a bot, in front of a stand-in for Rasa and a local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from aftercare.base.settings import Settings
from aftercare.conversations.turns import TurnPolicy
from tests.support.bot_api import TOKEN, BotApi
from tests.support.telegram_desk import PATIENT, BotDesk


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    server = await BotApi().start()
    yield server
    await server.stop()


@pytest.fixture
def bot_environment(tmp_path: Path, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a desk with a bot, also for desks in processes of their own."""
    for name in ("ORDERS_DATABASE_URL", "DESK_DATABASE_URL", "RASA_URL", "ACTIONS_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return {
        "AFTERCARE_VAR": str(tmp_path),
        "CHAT_RATE": "100000",
        "ADDRESS_RATE": "100000",
        "ENGINE_TIMEOUT": "5",
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api.url,
        "SCREENSHOTS": "off",  # reading a picture takes seconds: tests that want it switch it on
    }


@pytest.fixture
async def start_bot(
    bot_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Awaitable[BotDesk]]]:
    """Starts desks on the same databases; keyword arguments are environment variables."""
    running: list[BotDesk] = []

    async def start(policy: TurnPolicy = PATIENT, **environment: Any) -> BotDesk:
        for name, value in {**bot_environment, **environment}.items():
            monkeypatch.setenv(name, str(value))
        running.append(await BotDesk.start(Settings(), policy))
        return running[-1]

    yield start
    for desk in running:
        await desk.stop()


@pytest.fixture(params=["polling", "webhook"])
async def bot(request: pytest.FixtureRequest, start_bot: Callable[..., Awaitable[BotDesk]]) -> BotDesk:
    """A desk with a bot, once in each mode."""
    return await start_bot(TELEGRAM_MODE=request.param)
