"""The running stack and the sentence encoder for tests that need them, and an end for tests that wait for ever."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from aftercare.base import mail_addresses
from aftercare.base.database import open_engine
from aftercare.understanding.encoder import Encoder
from tests.support.prepared_encoder import prepared_encoder
from tests.support.running_stack import Stack, running_stack

# How long an example takes says more about the machine's other work than about the code. Where nothing may be skipped,
# more is tried.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)
settings.register_profile("everything", settings.get_profile("any machine"), max_examples=100)
settings.load_profile("everything" if os.environ.get("CI_REQUIRE_ALL") else "any machine")


# Where temporary files lie in memory, a commit of SQLite does not wait for the disk: there are tens of thousands.
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30  # Docker's has 64 MB unless told otherwise
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("TMPDIR", str(MEMORY))  # for what tests start, too
    tempfile.tempdir = None


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give every asynchronous test its end: the signal of pytest-timeout does not get through uvloop."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            marker = item.get_closest_marker("timeout")
            item.obj = _within(item.obj, float(marker.args[0] if marker else config.getini("timeout")))


def _within(test: Callable[..., Awaitable[None]], seconds: float) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def bounded(*args: object, **kwargs: object) -> None:
        async with asyncio.timeout(seconds - 5):  # before pytest-timeout's, so that one reports it
            await test(*args, **kwargs)

    return bounded


@pytest.fixture
def buyers_take_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The buyers of the tests, all at example.com, are mailed as those of a shop: by a relay of the test's own."""
    monkeypatch.setattr(mail_addresses, "RESERVED", ("test", "example", "invalid", "localhost", "example.org"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole system, started once for all tests that talk to it."""
    with tempfile.TemporaryDirectory(prefix="aftercare-stack-") as folder, running_stack(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def sentence_encoder() -> Encoder:
    """The real encoder, prepared once."""
    return prepared_encoder()


@pytest.fixture(scope="session")
def orders(stack: Stack) -> Iterator[sa.engine.Engine]:
    """The running stack's order database."""
    engine = open_engine(stack.orders_url)
    yield engine
    engine.dispose()
