"""A desk on a free port with its own databases, in front of a stand-in for Rasa."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from chat_client import ChatClient
from fake_rasa import FakeRasa
from review_desk import StaffClient, hire
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import Settings
from aftercare.conversations.context import DESK, Limits
from aftercare.conversations.store import Store
from aftercare.conversations.turns import Patience
from aftercare.run.desk import KEEPALIVE, create_app
from aftercare.run.migrations.schema import migrate

FAST = Patience(slow_after=0.6, first_pause=0.05, longest_pause=0.2, most_failures=3)


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


@pytest.fixture
def desk_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings with databases in a fresh folder; keyword arguments are environment variables."""

    def make(**environment: Any) -> Settings:
        for name in ("ORDERS_DATABASE_URL", "DESK_DATABASE_URL", "RASA_URL", "ACTIONS_URL", "PUBLIC_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AFTERCARE_VAR", str(tmp_path))
        monkeypatch.setenv("CHAT_RATE", "100000")
        monkeypatch.setenv("ADDRESS_RATE", "100000")
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        return Settings()

    return make


@pytest.fixture
async def rasa(desk_settings: Callable[..., Settings]) -> AsyncIterator[FakeRasa]:
    fake = FakeRasa(desk_settings().secret("engine"))
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def start_desk(
    desk_settings: Callable[..., Settings], rasa: FakeRasa
) -> AsyncIterator[Callable[..., Awaitable[RunningDesk]]]:
    """Starts desks on the same databases; all are stopped at the end."""
    running: list[RunningDesk] = []

    async def start(limits: Limits | None = None, keepalive: float = KEEPALIVE, **environment: Any) -> RunningDesk:
        settings = desk_settings(RASA_URL=rasa.url, ACTIONS_URL=rasa.url, ENGINE_TIMEOUT=2, **environment)
        running.append(await RunningDesk(settings, limits or Limits(), keepalive).start())
        return running[-1]

    yield start
    for desk in running:
        await desk.stop()


@pytest.fixture
async def desk(start_desk: Callable[..., Awaitable[RunningDesk]]) -> RunningDesk:
    return await start_desk()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest.fixture
async def traveller(desk: RunningDesk, http: aiohttp.ClientSession) -> ChatClient:
    client = ChatClient(http, desk.url)
    await client.open(locale="en")
    return client


@pytest.fixture(params=["sqlite", "postgresql"])
def desk_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/desk.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(desk_engine: Engine) -> Store:
    return Store(desk_engine)


@pytest.fixture
async def as_role(desk: RunningDesk) -> AsyncIterator[Callable[..., StaffClient]]:
    """Signs in members of staff: `as_role("agent", name="Mere", language="zh")`; `as_role(None)` is nobody."""
    clients: list[StaffClient] = []

    def sign_in(role: str | None, **details: str) -> StaffClient:
        who = None if role is None else hire(desk.app[DESK].store.engine, desk.settings, role, **details)
        clients.append(StaffClient(desk.url, who))
        return clients[-1]

    yield sign_in
    for client in clients:
        await client.session.close()
