"""The payment provider that is configured, and what the outbox does with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.connectors.payments_stripe import StripePayments
from aftercare.connectors.ports import NotReached, PaymentProvider, RefundOrder, RefundState, RefusedForGood
from aftercare.connectors.registry import named_or_fail, refuse_twin
from aftercare.orders import payouts
from aftercare.orders.outbox import Outbox, OutboxItem, put
from aftercare.orders.tables import Payout

log = logging.getLogger(__name__)


def payment_provider(settings: Settings) -> PaymentProvider | None:
    """The provider of PAYMENT_PROVIDER; None when staff pay.

    Raises:
        ConnectorError: there is none of this name, or it lacks a setting.
    """
    name = settings.payment_provider
    own = (payouts.MANUAL, StripePayments.name)
    if name in own:
        refuse_twin("PAYMENT_PROVIDER", name)
    if name in ("", payouts.MANUAL):
        return None
    if name == StripePayments.name:
        return StripePayments(settings)
    provider: PaymentProvider = named_or_fail("PAYMENT_PROVIDER", name, settings, own)
    return provider


class PayoutWorker:
    """Pays refunds by a provider, and writes down what became of them."""

    def __init__(self, engine: Engine, provider: PaymentProvider) -> None:
        self._engine = engine
        self.provider = provider

    def register(self, outbox: Outbox) -> None:
        """Become the handler of payouts."""
        outbox.register(payouts.PAYOUT, self.pay)
        outbox.register(payouts.PAYOUT_STATUS, self.ask)

    async def pay(self, item: OutboxItem) -> None:
        """Pay, unless it was withdrawn before, or is paid.

        Raises:
            NotReached: nobody knows; to be called again.
        """
        await asyncio.to_thread(self._pay, int(item.payload["payout"]), item.key, item.attempt > 1)

    async def ask(self, item: OutboxItem) -> None:
        """Ask how far a payout is that was sent, and again later while that is open."""
        await asyncio.to_thread(self._ask, int(item.payload["payout"]), int(item.payload["ask"]))

    def take_webhook(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Write down news of the provider; whether they concern a payout of ours.

        Raises:
            NotGenuine: they are not the provider's.
        """
        news = self.provider.webhook(body, headers)
        prefix, _, number = (news.key if news else "").partition(":")
        if news is None or prefix != payouts.PAYOUT or not number.isdigit():
            return False
        self._record(int(number), news)
        return True

    def _pay(self, payout_id: int, key: str, again: bool) -> None:
        with Session(self._engine, future=True) as session:
            # a process that was killed may have asked in an attempt that nobody counted as failed
            before = session.get(Payout, payout_id)
            again = again or (before is not None and before.state == "sending")
            claimed = payouts.claim(session, payout_id)
            session.commit()
        if claimed is None:
            return
        order = RefundOrder(key, claimed.payment, claimed.amount_minor, claimed.currency, claimed.number, again)
        try:
            state = self.provider.refund(order)
        except RefusedForGood as error:
            state = RefundState("", "failed", str(error))
        self._record(payout_id, state)

    def _ask(self, payout_id: int, asked: int) -> None:
        with Session(self._engine, future=True) as session:
            payout = session.get(Payout, payout_id)
            if payout is None or payout.state != "sent" or not payout.reference:
                return
            reference = payout.reference
        try:
            state = self.provider.status(reference)
        except RefusedForGood as error:  # the provider does not know it any more: a person looks
            raise NotReached(str(error)) from None
        if state.state != "sent":
            self._record(payout_id, state)
            return
        now = utc_now()
        with Session(self._engine, future=True) as session:
            following = {"payout": payout_id, "ask": asked + 1}
            key = f"{payouts.PAYOUT_STATUS}:{payout_id}:{asked + 1}"
            put(session, payouts.PAYOUT_STATUS, key, following, now, now + payouts.ASK_AGAIN_AFTER)
            session.commit()

    def _record(self, payout_id: int, state: RefundState) -> None:
        with Session(self._engine, future=True) as session:
            payouts.record(session, payout_id, state.state, utc_now(), state.reference or None, state.error)
            session.commit()
        if state.state == "failed":
            log.error("Payout %s was refused: %s", payout_id, state.error)
