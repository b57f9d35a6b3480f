from __future__ import annotations

from collections.abc import Iterator

import pytest

from aftercare.base.settings import settings
from tests.support.smtp_relay import Relay, running_relay


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with running_relay() as (handler, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield handler
    settings.cache_clear()
