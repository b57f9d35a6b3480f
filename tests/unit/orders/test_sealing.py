"""Activation codes are encrypted, with keys that can be replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base import settings as module
from aftercare.base.settings import SettingsError
from aftercare.orders.lookup import order_facts
from aftercare.orders.sealing import reseal
from tests.support.order_rows import NOW, add_order

OLD, NEW = "the-old-key-of-the-seller", "the-new-key-of-the-seller"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def use(listed: str) -> None:
        monkeypatch.setenv("ACTIVATION_CODE_KEYS", listed)
        module.settings.cache_clear()

    yield use
    monkeypatch.undo()
    module.settings.cache_clear()


def kept(session: Session) -> str:
    return str(session.execute(sa.text("SELECT matching_id FROM esim")).scalar_one())


def code(session: Session) -> str | None:
    facts = order_facts(session, "NZ10000003", NOW)
    return None if facts is None else facts.matching_id


def test_a_copy_of_the_database_has_no_codes(session: Session, keys: Callable[[str], None]) -> None:
    keys(OLD)
    add_order(session)
    plain = code(session)
    assert plain
    assert plain not in kept(session)
    assert kept(session).startswith("sealed:")


def test_a_key_is_replaced(session: Session, keys: Callable[[str], None]) -> None:
    keys(OLD)
    add_order(session)
    plain = code(session)
    keys(f"{NEW} {OLD}")
    assert code(session) == plain
    assert reseal(session.connection()) == 1
    keys(NEW)
    assert code(session) == plain
    keys(OLD)
    with pytest.raises(SettingsError, match="ACTIVATION_CODE_KEYS"):
        code(session)


def test_codes_of_before_are_read_and_sealed(session: Session, keys: Callable[[str], None]) -> None:
    keys("")
    add_order(session)
    plain = code(session)
    assert kept(session) == plain
    keys(NEW)
    assert code(session) == plain
    assert reseal(session.connection(), only_open=True) == 1
    assert reseal(session.connection(), only_open=True) == 0
    assert (code(session), kept(session) == plain) == (plain, False)
