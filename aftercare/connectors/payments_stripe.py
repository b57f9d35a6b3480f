"""Refunds by Stripe, through its own library (`uv sync --extra stripe`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from aftercare.base.settings import Settings
from aftercare.connectors.ports import (
    CheckoutOrder,
    ConnectorError,
    NotGenuine,
    NotReached,
    PaidCheckout,
    RefundOrder,
    RefundState,
    RefusedForGood,
)

_KEY = "aftercare_key"
_SECONDS = 8  # less than the outbox waits for an attempt
# https://docs.stripe.com/api/refunds/object: what is on its way may still fail
_STATES = {"succeeded": "paid", "pending": "sent", "requires_action": "sent", "failed": "failed", "canceled": "failed"}


# Stripe counts these in hundredths, though by ISO 4217 they have none (docs.stripe.com/currencies, special cases)
_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})


def _at_stripe(minor: int, currency: str) -> int:
    return minor * 100 if currency.upper() in _IN_HUNDREDTHS else minor


def _from_stripe(amount: int, currency: str) -> int:
    return amount // 100 if currency.upper() in _IN_HUNDREDTHS else amount


class StripePayments:
    """Pays back PaymentIntents (`pi_…`) and charges (`ch_…`, `py_…`)."""

    name = "stripe"

    def __init__(self, settings: Settings) -> None:
        try:
            import stripe
        except ImportError:
            raise ConnectorError("PAYMENT_PROVIDER=stripe needs Stripe's library: uv sync --extra stripe") from None
        if not settings.stripe_api_key:
            raise ConnectorError(
                "PAYMENT_PROVIDER=stripe needs STRIPE_API_KEY, a key that may write refunds (rk_… or sk_…)"
            )
        self._stripe = stripe
        self._webhook_secret = settings.stripe_webhook_secret
        self._client = stripe.StripeClient(
            settings.stripe_api_key,
            base_addresses={"api": settings.stripe_api_url},
            http_client=stripe.RequestsClient(timeout=_SECONDS),
            max_network_retries=0,  # the outbox tries again
        )

    def refund(self, order: RefundOrder) -> RefundState:
        """As `PaymentProvider.refund`.

        Stripe keeps idempotency keys for some days only: an attempt that is not the first looks for its refund before.
        """
        of = "payment_intent" if order.payment.startswith("pi_") else "charge"
        if order.again and (known := self._known(of, order)) is not None:
            return known
        params: Any = {
            of: order.payment,
            "amount": _at_stripe(order.amount_minor, order.currency),
            "metadata": {_KEY: order.key, "order": order.number},
        }
        try:
            made = self._ask(lambda: self._client.v1.refunds.create(params, {"idempotency_key": order.key}))
        except RefusedForGood:
            # "already refunded" may be this very refund
            if (known := self._known(of, order)) is not None:
                return known
            raise
        return self._state(made.to_dict())

    def status(self, reference: str) -> RefundState:
        """As `PaymentProvider.status`."""
        return self._state(self._ask(lambda: self._client.v1.refunds.retrieve(reference)).to_dict())

    @property
    def can_checkout(self) -> bool:
        """Whether Stripe tells us what was paid."""
        return bool(self._webhook_secret)

    def checkout(self, order: CheckoutOrder) -> str:
        """As `PaymentCheckout.checkout`: a Checkout Session."""
        price = {
            "currency": order.currency.lower(),
            "unit_amount": _at_stripe(order.amount_minor, order.currency),
            "product_data": {"name": order.title},
        }
        params: Any = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": order.back,
            "cancel_url": order.back,
            "expires_at": int(order.ends_at.timestamp()),
            "metadata": {_KEY: order.key},
        }
        # the key's own text stays here: it is the traveller's link
        options: Any = {"idempotency_key": hashlib.sha256(f"checkout:{order.key}".encode()).hexdigest()}
        made = self._ask(lambda: self._client.v1.checkout.sessions.create(params, options))
        if not made.url:
            raise RefusedForGood("Stripe: the page is closed")
        return str(made.url)

    def paid_checkout(self, body: bytes, headers: Mapping[str, str]) -> PaidCheckout | None:
        """As `PaymentCheckout.paid_checkout`: `checkout.session.completed` and `.async_payment_succeeded`."""
        checkout = self._event_of(body, headers)
        if checkout.get("object") != "checkout.session" or checkout.get("payment_status") != "paid":
            return None
        key = str((checkout.get("metadata") or {}).get(_KEY, ""))
        currency = str(checkout.get("currency") or "")
        paid = _from_stripe(int(checkout.get("amount_total") or 0), currency)
        return PaidCheckout(key, paid, currency, str(checkout.get("payment_intent") or ""))

    def webhook(self, body: bytes, headers: Mapping[str, str]) -> RefundState | None:
        """As `PaymentProvider.webhook`: events `refund.created`, `refund.updated` and `refund.failed`."""
        refund = self._event_of(body, headers)
        return self._state(refund) if refund.get("object") == "refund" else None

    def _event_of(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """What a signed event is about."""
        if not self._webhook_secret:
            raise NotGenuine
        signature = {name.lower(): value for name, value in headers.items()}.get("stripe-signature", "")
        try:
            event = self._stripe.Webhook.construct_event(body, signature, self._webhook_secret)
        except (ValueError, self._stripe.SignatureVerificationError):
            raise NotGenuine from None
        content: dict[str, Any] = event.data.object.to_dict()
        return content

    def _known(self, of: str, order: RefundOrder) -> RefundState | None:
        params: Any = {of: order.payment, "limit": 100}
        found = self._ask(lambda: list(self._client.v1.refunds.list(params).auto_paging_iter()))
        return next((state for each in found if (state := self._state(each.to_dict())).key == order.key), None)

    @staticmethod
    def _state(refund: Mapping[str, Any]) -> RefundState:
        status = str(refund.get("status"))
        state: Any = _STATES.get(status, "sent")
        error = f"Stripe: {refund.get('failure_reason') or status}" if state == "failed" else ""
        return RefundState(str(refund["id"]), state, error, str((refund.get("metadata") or {}).get(_KEY, "")))

    def _ask[T](self, question: Callable[[], T]) -> T:
        errors = self._stripe
        try:
            return question()
        except (errors.InvalidRequestError, errors.CardError) as error:
            # the message may quote what was sent; the code is Stripe's own
            raise RefusedForGood(f"Stripe: {error.code or type(error).__name__}") from None
        except errors.StripeError as error:
            raise NotReached(f"Stripe: {type(error).__name__}") from None
