"""Payment links: for top-ups where the issuer adds the plan by itself, and for what an exchange costs.

Both only where the payment provider takes payments and tells of them.
"""

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
from aftercare.connectors.esims import columns_of, provider_in_use
from aftercare.connectors.payments import payment_provider
from aftercare.connectors.ports import (
    CheckoutOrder,
    EsimExchanges,
    EsimTopUps,
    KnownEsim,
    NewProfile,
    PaymentCheckout,
    PaymentProvider,
    RefusedForGood,
)
from aftercare.orders import exchanges, top_ups
from aftercare.orders.outbox import Outbox, OutboxItem

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def can_pay() -> bool:
    """Whether the configured payment provider has payment links."""
    return takes_payments(payment_provider(settings()))


def takes_payments(provider: PaymentProvider | None) -> bool:
    """Whether the provider has payment links, whose payments it tells."""
    return bool(getattr(provider, "can_checkout", False))


def can_top_up(plan_id: str) -> bool:
    """Whether this plan can be paid by a link and is then added by the issuer."""
    issuer = provider_in_use()
    adds = getattr(issuer, "tops_up_with", None)
    return adds is not None and bool(adds(plan_id)) and can_pay()


def link(token: str) -> str:
    """The address of an offer: it leads to the provider's page."""
    return f"{settings().public_url}/pay/{token}"


class CheckoutWorker:
    """Opens the provider's page for an offer, takes its news, and has the issuer do what is paid."""

    def __init__(self, engine: Engine, provider: PaymentCheckout, issuer: object | None) -> None:
        self._engine = engine
        self._provider = provider
        self._issuer = issuer

    def register(self, outbox: Outbox) -> None:
        """Become the handler of what is paid."""
        outbox.register(top_ups.TOP_UP, self.credit)
        outbox.register(top_ups.EXCHANGE, self.exchange)

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
            if not hasattr(self._issuer, "top_up"):
                raise RefusedForGood("the issuer adds no plans (any more)")
            cast(EsimTopUps, self._issuer).top_up(KnownEsim(wanted.iccid, wanted.reference), wanted.plan_id, key)
        except RefusedForGood as error:
            log.error("A paid top-up was not added: %s", error)
            done = False
        with Session(self._engine, future=True) as session, session.begin():
            (top_ups.credited if done else top_ups.failed)(session, token, utc_now())

    async def exchange(self, item: OutboxItem) -> None:
        """Have the issuer make the eSIM an exchange leads to; what it does not do is a colleague's.

        Raises:
            NotReached: the issuer does not answer.
        """
        await asyncio.to_thread(self._exchange, str(item.payload["token"]), item.key)

    def _exchange(self, token: str, key: str) -> None:
        with Session(self._engine, future=True) as session:
            wanted = top_ups.to_credit(session, token)
        new: NewProfile | None = None
        if wanted is not None and exchanges_for(self._issuer, wanted.plan_id):
            issuer = cast(EsimExchanges, self._issuer)
            try:
                new = issuer.exchange(KnownEsim(wanted.iccid, wanted.reference), wanted.plan_id, key)
            except RefusedForGood as error:
                log.error("A paid exchange was not carried out: %s", error)
        with Session(self._engine, future=True) as session, session.begin():
            if new is None:  # nothing more happens where somebody was faster
                exchanges.by_staff(session, token, utc_now())
            else:
                exchanges.exchanged(session, token, columns_of(new), utc_now())


def exchanges_for(issuer: object | None, plan_id: str) -> bool:
    """Whether an issuer replaces an eSIM by one of this plan."""
    makes = getattr(issuer, "exchanges_for", None)
    return makes is not None and bool(makes(plan_id))


def checkout_worker(engine: Engine, provider: PaymentProvider | None, issuer: object | None) -> CheckoutWorker | None:
    """The worker where the provider takes payments; None else."""
    return CheckoutWorker(engine, cast(PaymentCheckout, provider), issuer) if takes_payments(provider) else None
