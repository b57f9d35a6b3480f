"""The running stack for tests that talk to it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from running_stack import Stack, running_stack

from aftercare.database import open_engine

# how long an example takes says more about the machine's other work than about the code
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole system, started once for all tests that talk to it."""
    with tempfile.TemporaryDirectory(prefix="aftercare-stack-") as folder, running_stack(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def orders(stack: Stack) -> Iterator[sa.engine.Engine]:
    """The running stack's order database."""
    engine = open_engine(stack.orders_url)
    yield engine
    engine.dispose()
