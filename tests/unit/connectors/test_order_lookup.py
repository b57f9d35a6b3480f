"""An order that the last look at the shop did not bring is looked up when somebody names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.connectors import order_lookup
from aftercare.connectors.order_lookup import ShopLookup
from aftercare.connectors.order_sql import SqlMapping, SqlOrders
from aftercare.connectors.ports import NotReached
from aftercare.orders.tables import Purchase
from tests.support.shop_database import MAPPING, make_shop


@pytest.fixture
def source(tmp_path: Path) -> SqlOrders:
    make_shop(tmp_path / "shop.db", "kiwi-nz-5", "kiwi-au-3")
    return SqlOrders(f"sqlite:///{tmp_path / 'shop.db'}", SqlMapping.model_validate(MAPPING))


def numbers(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(sa.select(Purchase.number)))


@pytest.mark.usefixtures("plans")
def test_by_number_as_a_traveller_writes_it_or_by_their_address(session: Session, source: SqlOrders) -> None:
    engine, lookup = session.get_bind(), ShopLookup(source)
    lookup.bring(engine, ["shop 4719", "no number"], [])
    assert numbers(session) == set()
    lookup.bring(engine, ["shop 4711/2"], ["ben@example.com"])  # with a number, the address is not asked for
    assert numbers(session) == {"SHOP-4711", "SHOP-4711/2"}
    lookup.bring(engine, [], ["Ben@Example.com "])
    assert numbers(session) == {"SHOP-4711", "SHOP-4711/2", "SHOP-4712"}
    source.close()


class Shop:
    name = "shop"

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.asked: list[str] = []
        self._answer = answer

    def by_number(self, number: str) -> Any:
        self.asked.append(number)
        return self._answer()


def test_the_same_is_not_asked_again_at_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(lambda: ([], []))
    lookup = ShopLookup(shop)  # type: ignore[arg-type]
    for _ in range(3):
        lookup.bring(session.get_bind(), ["SHOP-4711"], [])
    assert shop.asked == ["SHOP-4711"]
    monkeypatch.setattr(order_lookup, "AGAIN_AFTER", 0.0)
    lookup.bring(session.get_bind(), ["SHOP-4711"], [])
    assert len(shop.asked) == 2


def down() -> Any:
    raise NotReached("the shop is closed")


def broken() -> Any:
    raise RuntimeError("ana@example.com")


@pytest.mark.parametrize(
    ("answer", "says"),
    [(down, "the shop is closed"), (broken, "RuntimeError at "), (lambda: time.sleep(0.5), "TimeoutError")],
)
def test_a_shop_that_does_not_answer_is_left_alone_for_a_while(
    session: Session, caplog: pytest.LogCaptureFixture, answer: Callable[[], Any], says: str
) -> None:
    shop = Shop(answer)
    lookup = ShopLookup(shop, seconds=0.1)  # type: ignore[arg-type]
    lookup.bring(session.get_bind(), ["SHOP-4711"], [])
    lookup.bring(session.get_bind(), ["SHOP-4712"], [])
    assert shop.asked == ["SHOP-4711"]
    assert f"shop could not be asked for an order: {says}" in caplog.text
    assert "ana@" not in caplog.text
