"""A shop's order numbers and one plan of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from tests.support.order_rows import add_plan


@pytest.fixture(autouse=True)
def shop_numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ORDER_NUMBER_PATTERNS", "SHOP-d{4,6}=SHOP-4711")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def plans(session: Session) -> None:
    add_plan(session)
    add_plan(session, "kiwi-au-3", countries=("AU",), kind="nz_au", price_minor=3900)
    session.commit()
