"""Order webhooks: their signatures, and what their shops' orders mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from aftercare.connectors.order_webhooks import ShopifyOrders, StandardOrders, WooCommerceOrders
from aftercare.connectors.ports import NotGenuine

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
# the fields that are read, as both shops' documentation has them
WOO: dict[str, Any] = {
    "id": 4711,
    "number": "4711",
    "status": "completed",
    "currency": "NZD",
    "date_created_gmt": "2026-11-20T09:30:00",
    "date_modified_gmt": "2026-11-20T09:35:00",
    "date_paid_gmt": "2026-11-20T09:31:00",
    "date_completed_gmt": "2026-11-20T09:32:00",
    "billing": {"first_name": "Ana", "last_name": "López", "email": "Ana@Example.com", "phone": ""},
    "transaction_id": "ch_3Nabc",
    "line_items": [
        {
            "sku": "ESIM-NZ-5GB",
            "quantity": 2,
            "total": "39.83",
            "total_tax": "5.98",
            "meta_data": [{"key": "iccid", "value": "8964050087654321094, 8964050012345678905"}],
        }
    ],
}
SHOPIFY: dict[str, Any] = {
    "id": 450789469,
    "name": "#4711",
    "email": "ana@example.com",
    "created_at": "2026-11-20T22:30:00+13:00",
    "processed_at": "2026-11-20T22:30:00+13:00",
    "updated_at": "2026-11-20T22:35:00+13:00",
    "currency": "NZD",
    "financial_status": "paid",
    "fulfillment_status": "fulfilled",
    "cancelled_at": None,
    "customer_locale": "zh-CN",
    "taxes_included": False,
    "customer": {"first_name": "Ana", "last_name": None},
    "line_items": [
        {
            "sku": "ESIM-NZ-5GB",
            "quantity": 1,
            "price": "25.00",
            "discount_allocations": [{"amount": "5.00"}],
            "tax_lines": [{"price": "3.00"}],
            "properties": [
                {"name": "iccid", "value": "8964050087654321094"},
                {"name": "activation_code", "value": "LPA:1$smdp.example.com$AB-12"},
            ],
        }
    ],
}


def signed(body: bytes, header: str) -> dict[str, str]:
    return {header: base64.b64encode(hmac.new(b"shared secret", body, hashlib.sha256).digest()).decode()}


def woo(**changes: Any) -> Any:
    body = json.dumps({**WOO, **changes}).encode()
    return WooCommerceOrders("shared secret").read(body, signed(body, "X-WC-Webhook-Signature"))


def shopify(**changes: Any) -> Any:
    body = json.dumps({**SHOPIFY, **changes}).encode()
    return ShopifyOrders("shared secret").read(body, signed(body, "X-Shopify-Hmac-Sha256"))


def test_an_order_of_woocommerce() -> None:
    order = woo()
    assert (order.number, order.email, order.name, order.status) == (
        "SHOP-4711",
        "ana@example.com",
        "Ana López",
        "delivered",
    )
    assert order.payment_reference == "ch_3Nabc"
    assert order.updated_at == datetime(2026, 11, 20, 9, 35, tzinfo=UTC)
    assert [(item.amount_minor, item.esim.iccid) for item in order.items] == [
        (2291, "8964050087654321094"),
        (2290, "8964050012345678905"),
    ]


def test_an_order_of_shopify() -> None:
    order = shopify()
    assert (order.number, order.language, order.status, order.name) == ("SHOP-4711", "zh", "delivered", "Ana")
    item = order.items[0]
    assert (item.plan, item.amount_minor, item.esim.matching_id) == ("ESIM-NZ-5GB", 2300, "AB-12")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "processing"}, "paid"),
        ({"status": "refunded"}, "refunded"),
        ({"status": "failed"}, "payment_failed"),
        ({"status": "pending"}, None),
        ({"status": "on-hold"}, None),
        ({"line_items": []}, None),
    ],
)
def test_states_of_woocommerce(changes: dict[str, Any], status: str | None) -> None:
    order = woo(**changes)
    assert (order and order.status) == status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"fulfillment_status": None}, "paid"),
        ({"financial_status": "pending"}, None),
        ({"financial_status": "refunded"}, "refunded"),
        ({"financial_status": "voided"}, "cancelled"),
        ({"cancelled_at": "2026-11-21T00:00:00Z"}, "cancelled"),
    ],
)
def test_states_of_shopify(changes: dict[str, Any], status: str | None) -> None:
    order = shopify(**changes)
    assert (order and order.status) == status


def test_woocommerce_asks_whether_anybody_is_there() -> None:
    assert WooCommerceOrders("shared secret").read(b"webhook_id=7", {}) is None


@pytest.mark.parametrize("reader", [WooCommerceOrders, ShopifyOrders])
@pytest.mark.parametrize("signature", ["", "AAAA", "no base64 ü", None])
def test_an_unsigned_order_is_not_genuine(reader: Any, signature: str | None) -> None:
    headers = {} if signature is None else dict.fromkeys(("X-WC-Webhook-Signature", "X-Shopify-Hmac-Sha256"), signature)
    with pytest.raises(NotGenuine):
        reader("shared secret").read(json.dumps(WOO).encode(), headers)


def test_an_order_that_cannot_be_read_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="email"):
        woo(billing={})
    with pytest.raises(ValueError, match="does not look like SHOP-4711"):
        shopify(name="#12")


def standard(body: dict[str, Any], at: datetime | None = None, secret: str = SECRET) -> Any:
    data = json.dumps(body)
    at = at or datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, data),
    }
    return StandardOrders(SECRET).read(data.encode(), headers)


def test_standard_webhooks() -> None:
    order = {
        "number": "SHOP-4711", "email": "ana@example.com", "currency": "NZD", "bought_at": "2026-11-20T09:30:00Z",
        "items": [{"plan": "kiwi-nz-5", "amount_minor": 2290}],
    }  # fmt: skip
    assert standard({"type": "order.updated", "data": order}).number == "SHOP-4711"
    assert standard({"type": "ping"}) is None
    with pytest.raises(ValueError, match="items"):
        standard({"type": "order.updated", "data": {**order, "items": []}})
    with pytest.raises(NotGenuine):
        standard({"type": "ping"}, at=datetime.now(UTC) - timedelta(minutes=6))
    with pytest.raises(NotGenuine):
        standard({"type": "ping"}, secret="whsec_" + base64.b64encode(b"another secret").decode())
    with pytest.raises(NotGenuine):
        StandardOrders(SECRET).read(b"{}", {})


def test_what_a_shop_ships_or_gives_is_no_esim() -> None:
    esim = SHOPIFY["line_items"][0]
    hat, gift = {**esim, "sku": "HAT", "requires_shipping": True}, {**esim, "sku": "GIFT-50", "gift_card": True}
    order = shopify(line_items=[hat, esim, gift])
    assert [item.plan for item in order.items] == ["ESIM-NZ-5GB"]
    assert shopify(line_items=[hat, gift]) is None


def test_a_field_that_is_null_is_told_as_missing() -> None:
    with pytest.raises(ValueError, match=r"^email: it is missing$"):
        shopify(email=None)
