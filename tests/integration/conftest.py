"""Databases for integration tests: a PostgreSQL server of our own, and the order database on both kinds of database."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.orders.migrations import migrate

_numbers = count(1)


def _missing(what: str) -> None:
    """A test that cannot run here is skipped, but never where everything is required to run."""
    if os.environ.get("CI_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


def _program(name: str) -> str | None:
    """Debian keeps the server's programs out of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


def _as_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then another user owns `folder` and runs it."""
    if os.getuid() != 0:
        return []
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known.get("nobody")
    if user is None or shutil.which("setpriv") is None:
        _missing("PostgreSQL needs a user beside root, and setpriv")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a running server, without a database: `postgresql://aftercare@127.0.0.1:port`."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        _missing("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="aftercare-pg-"))
    runner = _as_user(folder)

    def run(*command: str) -> None:
        done = subprocess.run([*runner, *command], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = str(folder / "data"), str(folder / "log")
    try:
        run(initdb, "-D", data, "-U", "aftercare", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c full_page_writes=off -c shared_buffers=16MB"
        run(pg_ctl, "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start")
        try:
            yield f"postgresql://aftercare@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
