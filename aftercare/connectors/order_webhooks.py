"""Order webhooks: signed by Standard Webhooks, by WooCommerce and by Shopify."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from aftercare.base.identifiers import normalise_order_number, order_numbers
from aftercare.base.settings import Settings
from aftercare.connectors.order_rows import explained, to_minor
from aftercare.connectors.ports import NotGenuine, OrderWebhook
from aftercare.orders.intake import ShopOrder


class StandardOrders:
    """Webhooks as https://www.standardwebhooks.com describes: the body is `{"type": "order.…", "data": ORDER}`."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)

    def read(self, body: bytes, headers: Mapping[str, str]) -> ShopOrder | None:
        """As `OrderWebhook.read`."""
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):  # also a signature that is no base64, or has no version
            raise NotGenuine from None
        event = _object(body)
        if not str(event.get("type", "")).startswith("order."):
            return None
        return _order(event.get("data"))


class WooCommerceOrders:
    """The `order.*` webhooks of WooCommerce, version wp_api_v3.

    A line item is found by its SKU. Its meta data `iccid` and `activation_code` tell the eSIM, where a plug-in writes
    them.
    """

    _STATUS: ClassVar = {
        "processing": "paid", "completed": "delivered", "cancelled": "cancelled", "refunded": "refunded",
        "failed": "payment_failed",
    }  # fmt: skip

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, body: bytes, headers: Mapping[str, str]) -> ShopOrder | None:
        """As `OrderWebhook.read`."""
        given = _lower(headers)
        if "x-wc-webhook-signature" not in given and body.startswith(b"webhook_id="):
            return None  # WooCommerce asks whether anybody is there, unsigned, when a webhook is saved
        _check_hmac(self._secret, body, given.get("x-wc-webhook-signature", ""))
        if not given.get("x-wc-webhook-topic", "order.").startswith("order."):
            return None
        order = _object(body)
        status = self._STATUS.get(str(order.get("status")))
        if status is None or not order.get("line_items"):  # not paid yet, or deleted
            return None
        currency = str(order.get("currency"))
        billing = order.get("billing") or {}
        completed = _utc(order.get("date_completed_gmt"))
        items: list[dict[str, Any]] = []
        for line in order["line_items"]:
            amount = to_minor(Decimal(str(line["total"])) + Decimal(str(line.get("total_tax") or 0)), currency)
            meta = {str(each.get("key")).lower(): each.get("value") for each in line.get("meta_data") or ()}
            items += _lines(line, amount, meta, completed)
        return _order(
            {
                "number": _number(order.get("number") or order.get("id")),
                "email": billing.get("email"),
                "name": f"{billing.get('first_name') or ''} {billing.get('last_name') or ''}".strip(),
                "phone": billing.get("phone") or None,
                "currency": currency,
                "bought_at": _utc(order.get("date_paid_gmt")) or _utc(order.get("date_created_gmt")),
                "updated_at": _utc(order.get("date_modified_gmt")),
                "status": status,
                "payment_reference": order.get("transaction_id") or None,
                "items": items,
            }
        )


class ShopifyOrders:
    """The `orders/*` webhooks of Shopify's Admin API.

    A line item is found by its SKU; its properties `iccid` and `activation_code` tell the eSIM, if an app writes them.
    """

    _PAID = ("paid", "partially_refunded", "partially_paid")

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, body: bytes, headers: Mapping[str, str]) -> ShopOrder | None:
        """As `OrderWebhook.read`."""
        given = _lower(headers)
        _check_hmac(self._secret, body, given.get("x-shopify-hmac-sha256", ""))
        if not given.get("x-shopify-topic", "orders/").startswith("orders/"):
            return None
        order = _object(body)
        financial = order.get("financial_status")
        if order.get("cancelled_at") or financial in ("refunded", "voided"):
            status = "refunded" if financial == "refunded" else "cancelled"
        elif financial in self._PAID:
            status = "delivered" if order.get("fulfillment_status") == "fulfilled" else "paid"
        else:
            return None  # not paid yet
        if not order.get("line_items"):
            return None
        currency = str(order.get("currency"))
        customer = order.get("customer") or {}
        items: list[dict[str, Any]] = []
        for line in order["line_items"]:
            if line.get("requires_shipping") or line.get("gift_card"):
                continue  # no eSIM
            amount = Decimal(str(line["price"])) * int(line.get("quantity") or 1)
            amount -= sum(Decimal(str(each["amount"])) for each in line.get("discount_allocations") or ())
            if not order.get("taxes_included"):
                amount += sum(Decimal(str(each["price"])) for each in line.get("tax_lines") or ())
            properties = {str(each.get("name")).lower(): each.get("value") for each in line.get("properties") or ()}
            items += _lines(line, to_minor(amount, currency), properties, None)
        if not items:
            return None
        language = str(order.get("customer_locale") or "en")[:2].lower()
        return _order(
            {
                "number": _number(order.get("name") or order.get("order_number")),
                "email": order.get("email") or order.get("contact_email"),
                "name": f"{customer.get('first_name') or ''} {customer.get('last_name') or ''}".strip(),
                "phone": order.get("phone") or None,
                "language": language if language in ("en", "zh") else "en",
                "currency": currency,
                "bought_at": order.get("processed_at") or order.get("created_at"),
                "updated_at": order.get("updated_at"),
                "status": status,
                "items": items,
            }
        )


def order_webhooks(settings: Settings) -> dict[str, OrderWebhook]:
    """The webhooks that are configured, by the last part of their address."""
    found: dict[str, OrderWebhook] = {}
    if settings.orders_webhook_secret:
        found["standard"] = StandardOrders(settings.orders_webhook_secret)
    if settings.woocommerce_webhook_secret:
        found["woocommerce"] = WooCommerceOrders(settings.woocommerce_webhook_secret)
    if settings.shopify_webhook_secret:
        found["shopify"] = ShopifyOrders(settings.shopify_webhook_secret)
    return found


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _check_hmac(secret: str, body: bytes, signature: str) -> None:
    """Both shops sign the raw body with HMAC-SHA256, in base64."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise NotGenuine from None
    if not hmac.compare_digest(given, hmac.new(secret.encode(), body, hashlib.sha256).digest()):
        raise NotGenuine


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(read, dict):
        raise ValueError("an object is expected")
    return read


def _order(data: Any) -> ShopOrder:
    try:
        return ShopOrder.model_validate(data)
    except ValidationError as error:
        raise ValueError(explained(error)) from None


def _number(written: Any) -> str:
    """The shop's number; digits alone are completed by the pattern."""
    text = str(written or "").strip()
    return normalise_order_number(text) or order_numbers().from_digits(text.lstrip("#")) or text


def _utc(value: Any) -> str | None:
    """WooCommerce's `…_gmt` times have no zone."""
    return f"{value}+00:00" if value else None


def _lines(
    line: Mapping[str, Any], amount: int, more: Mapping[str, Any], delivered_at: str | None
) -> Iterator[dict[str, Any]]:
    """An item for each piece: two of one article are two eSIMs. Codes of several are separated by commas."""
    quantity = max(1, int(line.get("quantity") or 1))
    shares: Sequence[int] = [amount // quantity + (place < amount % quantity) for place in range(quantity)]
    iccids, codes = _split(more.get("iccid")), _split(more.get("activation_code"))
    for place, share in enumerate(shares):
        item: dict[str, Any] = {"plan": str(line.get("sku") or line.get("name") or ""), "amount_minor": share}
        if delivered_at:
            item["delivered_at"] = delivered_at
        if place < len(iccids):
            item["esim"] = {"iccid": iccids[place]}
            if place < len(codes):
                item["esim"]["activation_code"] = codes[place]
        yield item


def _split(value: Any) -> list[str]:
    return [part for part in str(value or "").replace(",", " ").split() if part]
