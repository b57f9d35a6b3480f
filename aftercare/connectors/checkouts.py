"""Payment links for top-ups: where the payment provider takes payments and the issuer adds the plan by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.esims import provider_in_use
from aftercare.connectors.payments import payment_provider
from aftercare.connectors.ports import (
    CheckoutOrder,
    EsimTopUps,
    KnownEsim,
    PaymentCheckout,
    PaymentProvider,
    RefusedForGood,
)
from aftercare.orders import top_ups
from aftercare.orders.outbox import Outbox, OutboxItem

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _takes_payments() -> bool:
    return takes_payments(payment_provider(settings()))


def takes_payments(provider: PaymentProvider | None) -> bool:
    """Whether the provider has payment links, whose payments it tells."""
    return bool(getattr(provider, "can_checkout", False))


def can_top_up(plan_id: str) -> bool:
    """Whether this plan can be paid by a link and is then added by the issuer."""
    issuer = provider_in_use()
    adds = getattr(issuer, "tops_up_with", None)
    return adds is not None and bool(adds(plan_id)) and _takes_payments()


def link(token: str) -> str:
    """The address of an offer: it leads to the provider's page."""
    return f"{settings().public_url}/pay/{token}"


class TopUpWorker:
    """Opens the provider's page for an offer, takes its news, and has the issuer add what is paid."""

    def __init__(self, engine: Engine, provider: PaymentCheckout, issuer: EsimTopUps) -> None:
        self._engine = engine
        self._provider = provider
        self._issuer = issuer

    def register(self, outbox: Outbox) -> None:
        """Become the handler of what is paid."""
        outbox.register(top_ups.TOP_UP, self.credit)

    def page_of(self, token: str, back: str) -> str | None:
        """The provider's page where an offer is paid; None when it cannot be paid (any more). Blocks.

        Raises:
            RefusedForGood: the provider makes no page for it.
            NotReached: the provider does not answer.
        """
        with Session(self._engine, future=True) as session:
            offered = top_ups.to_pay(session, token, utc_now())
        if offered is None:
            return None
        title = f"{offered.plan} ({offered.number})"
        order = CheckoutOrder(token, offered.amount_minor, offered.currency, title, back, offered.ends_at)
        return self._provider.checkout(order)

    def take_webhook(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Write down that an offer was paid; whether it is news of one.

        Raises:
            NotGenuine: it is not the provider's.
        """
        news = self._provider.paid_checkout(body, headers)
        if news is None:
            return False
        with Session(self._engine, future=True) as session, session.begin():
            return top_ups.paid(session, news.key, news.amount_minor, news.currency, news.payment, utc_now())

    async def credit(self, item: OutboxItem) -> None:
        """Have the issuer add what is paid; what it refuses is a person's.

        Raises:
            NotReached: the issuer does not answer.
        """
        await asyncio.to_thread(self._credit, str(item.payload["token"]), item.key)

    def _credit(self, token: str, key: str) -> None:
        with Session(self._engine, future=True) as session:
            wanted = top_ups.to_credit(session, token)
        if wanted is None:
            return
        done = True
        try:
            self._issuer.top_up(KnownEsim(wanted.iccid, wanted.reference), wanted.plan_id, key)
        except RefusedForGood as error:
            log.error("A paid top-up was not added: %s", error)
            done = False
        with Session(self._engine, future=True) as session, session.begin():
            (top_ups.credited if done else top_ups.failed)(session, token, utc_now())


def top_up_worker(engine: Engine, provider: PaymentProvider | None, issuer: object | None) -> TopUpWorker | None:
    """The worker where both sides can; None else."""
    if not takes_payments(provider) or not hasattr(issuer, "top_up"):
        return None
    return TopUpWorker(engine, cast(PaymentCheckout, provider), cast(EsimTopUps, issuer))
