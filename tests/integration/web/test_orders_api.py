"""Shops push orders with a key or a signature; without either nothing is open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from aftercare.base.settings import settings
from aftercare.orders.migrations import migrate
from aftercare.orders.seed import seed
from aftercare.orders.tables import Customer, Purchase
from aftercare.web.context import DESK
from tests.support.desk import RunningDesk
from tests.support.shop_database import BUYER, shop_settings
from tests.support.waiting import eventually

KEY = "a-key-of-this-test-1"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
PLAN = "kiwi-nz-5gb-15d"
ORDER = {
    "email": "ana@example.com",
    "currency": "NZD",
    "bought_at": "2026-11-20T09:30:00+13:00",
    "updated_at": "2026-11-20T09:31:00+13:00",
    "status": "delivered",
    "items": [{"plan": PLAN, "amount_minor": 2290, "esim": {"iccid": "8964050087654321094"}}],
}
Start = Callable[..., Awaitable[RunningDesk]]


@pytest.fixture
async def shop(start_desk: Start) -> RunningDesk:
    desk = await start_desk(ORDERS_API_KEYS=f"{KEY} another-key-of-this-test", WOOCOMMERCE_WEBHOOK_SECRET="shared")
    migrate(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, demo=False)
    return desk


async def put(
    http: aiohttp.ClientSession, desk: RunningDesk, number: str, body: Any, key: str = KEY
) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {key}"}
    async with http.put(f"{desk.url}/api/orders/{number}", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_an_order_is_put_and_put_again(shop: RunningDesk, http: aiohttp.ClientSession) -> None:
    assert await put(http, shop, "NZ77000001", ORDER) == (
        201,
        {"number": "NZ77000001", "result": "added", "lines": ["NZ77000001"]},
    )
    status, again = await put(http, shop, "nz%207700%200001", ORDER, "another-key-of-this-test")
    assert (status, again["result"]) == (200, "same")
    older = {**ORDER, "updated_at": "2026-11-19T00:00:00Z"}
    assert (await put(http, shop, "NZ77000001", older))[1]["result"] == "older"
    with Session(shop.app[DESK].orders, future=True) as session:
        row = session.scalars(sa.select(Purchase).where(Purchase.number == "NZ77000001")).one()
        assert (row.status, row.source, row.esim is not None) == ("delivered", "api", True)


@pytest.mark.parametrize(
    ("number", "body", "status", "says"),
    [
        ("NZ77000001", "{", 400, "not JSON"),
        ("NZ77000001", "[]", 422, "object"),
        ("NZ77", ORDER, 422, "does not look like NZ10000001"),
        ("NZ77000001", {**ORDER, "number": "NZ77000002"}, 422, "not that of the address"),
        ("NZ77000001", {**ORDER, "items": [{"plan": "gone", "amount_minor": 1}]}, 422, "no plan gone"),
        ("NZ77000001", {**ORDER, "colour": 1}, 422, "colour"),
    ],
)
async def test_a_wrong_order_is_told_what_to_change(
    shop: RunningDesk, http: aiohttp.ClientSession, number: str, body: Any, status: int, says: str
) -> None:
    found, answer = await put(http, shop, number, body)
    assert found == status
    assert says in answer["error"]["message"]


async def test_only_a_key_opens_it(shop: RunningDesk, http: aiohttp.ClientSession) -> None:
    for key in ("", "wrong", KEY[:-1], KEY + "x", "ключ"):
        headers = {"Authorization": f"Bearer {key}".encode().decode("latin-1")}
        async with http.put(f"{shop.url}/api/orders/NZ77000001", json=ORDER, headers=headers) as answer:
            assert answer.status == 401
    with Session(shop.app[DESK].orders, future=True) as session:
        assert session.scalars(sa.select(Purchase.id)).all() == []


async def test_a_signed_webhook_is_taken_and_others_are_not(shop: RunningDesk, http: aiohttp.ClientSession) -> None:
    order = {
        "number": "77000009", "status": "processing", "currency": "NZD", "date_created_gmt": "2026-11-20T09:30:00",
        "billing": {"email": "ana@example.com"}, "line_items": [{"sku": PLAN, "quantity": 2, "total": "45.80"}],
    }  # fmt: skip

    async def send(body: bytes, secret: bytes = b"shared", to: str = "woocommerce") -> tuple[int, dict[str, Any]]:
        signature = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
        headers = {"X-WC-Webhook-Signature": signature}
        async with http.post(f"{shop.url}/hooks/orders/{to}", data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    body = json.dumps(order).encode()
    assert await send(body) == (
        201,
        {"number": "NZ77000009", "result": "added", "lines": ["NZ77000009", "NZ77000009/2"]},
    )
    assert (await send(body))[1]["result"] == "same"
    assert (await send(body, b"guessed"))[0] == 401
    assert (await send(body, to="shopify"))[0] == 404
    assert (await send(json.dumps({**order, "status": "pending"}).encode()))[1] == {"result": "ignored"}
    status, refused = await send(json.dumps({**order, "line_items": [{"sku": "x", "total": "1"}]}).encode())
    assert (status, refused["error"]["code"]) == (422, "order_refused")


async def test_nothing_is_open_by_default(desk: RunningDesk, http: aiohttp.ClientSession) -> None:
    assert (desk.settings.orders_api_keys, desk.settings.stripe_api_key) == ("", "")
    for method, path in (
        ("PUT", "/api/orders/NZ77000001"),
        ("POST", "/hooks/orders/standard"),
        ("POST", "/hooks/payments/stripe"),
    ):
        async with http.request(method, desk.url + path, data=b"{}") as answer:
            assert answer.status == 404


async def test_orders_that_are_read_from_the_shop_are_not_overwritten(
    start_desk: Start, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    shop = shop_settings(tmp_path, PLAN, every=0.1)
    desk = await start_desk(ORDERS_API_KEYS=KEY, ORDERS_WEBHOOK_SECRET=SECRET, **shop)
    settings.cache_clear()
    migrate(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, demo=False)

    def email_of(number: str) -> str | None:
        with Session(desk.app[DESK].orders, future=True) as session:
            buyers = sa.select(Customer.email).join(Purchase, Purchase.customer_id == Customer.id)
            return session.execute(buyers.where(Purchase.number == number)).scalar_one_or_none()

    await eventually(lambda: email_of("SHOP-4711"))
    status, answer = await put(http, desk, "SHOP-4711", ORDER)
    assert (status, answer["error"]["code"]) == (409, "read_from_shop")
    assert "SHOP-4711 is read from your shop's database (ORDERS_SQL): change it there" in answer["error"]["message"]
    body = json.dumps({"type": "order.updated", "data": {**ORDER, "number": "SHOP-4711"}})
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("m1", now, body),
    }
    async with http.post(f"{desk.url}/hooks/orders/standard", data=body, headers=signed) as kept:
        assert (kept.status, (await kept.json())["result"]) == (200, "kept")
    assert email_of("SHOP-4711") == BUYER.lower()
    another = {**ORDER, "items": [{"plan": PLAN, "amount_minor": 2290}]}
    assert (await put(http, desk, "SHOP-9999", another))[0] == 201  # the database does not have it
    settings.cache_clear()
