"""Databases on SQLite and on a PostgreSQL server of our own, and desks in front of a stand-in for Rasa."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import Settings
from aftercare.conversations.context import Limits
from aftercare.conversations.store import Store
from aftercare.orders.migrations import migrate
from aftercare.run.desk import KEEPALIVE
from aftercare.run.migrations.schema import migrate as migrate_desk
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa
from tests.support.postgres_server import postgres_server
from tests.support.staff_client import StaffClient, hire

_numbers = count(1)


@pytest.fixture(scope="session", name="postgres_server")
def _postgres_server() -> Iterator[str]:
    """The address of a running server, without a database: `postgresql://aftercare@127.0.0.1:port`."""
    with postgres_server() as url:
        yield url


def _create_database(server: str, template: str = "template0") -> str:
    name = f"test_{next(_numbers)}"
    engine = sa.create_engine(f"{server}/postgres", future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty PostgreSQL database of this test's own."""
    return _create_database(postgres_server)


@pytest.fixture(scope="session")
def _migrated_postgres(postgres_server: str) -> str:
    url = _create_database(postgres_server)
    migrate(url)
    return url.rpartition("/")[2]


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def orders_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An order database with today's schema and no rows, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("_migrated_sqlite"), tmp_path / "orders.db")
        return f"sqlite:///{copy}"
    server = request.getfixturevalue("postgres_server")
    return _create_database(server, request.getfixturevalue("_migrated_postgres"))


@pytest.fixture
def orders_engine(orders_url: str) -> Iterator[Engine]:
    """An engine of `orders_url`."""
    engine = open_engine(orders_url)
    yield engine
    engine.dispose()


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
        # reading a picture takes seconds: tests that want it switch it on
        usual = {"RASA_URL": rasa.url, "ACTIONS_URL": rasa.url, "ENGINE_TIMEOUT": 2, "SCREENSHOTS": "off"}
        settings = desk_settings(**{**usual, **environment})
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
    migrate_desk(engine)
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
