"""Keeps what is known of eSIMs fresh, and switches off those that were refunded."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.esim_rest import esim_provider
from aftercare.connectors.ports import EsimProvider, EsimReissuer, KnownEsim, NewProfile, NotReached, RefusedForGood
from aftercare.orders import payouts, reissues
from aftercare.orders.outbox import GiveUp, Outbox, OutboxItem
from aftercare.orders.tables import Esim, Purchase

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def provider_in_use() -> EsimProvider | None:
    """The issuer that is configured, made once in this process."""
    return esim_provider(settings())


def refresh(engine: Engine, number: str, now: datetime) -> datetime | None:
    """Ask the issuer how the eSIM of an order is when that is older than ESIM_REFRESH_AFTER.

    When what is known of it was asked for; None without an issuer, an eSIM or an answer ever. An issuer that does not
    answer leaves what is known. The caller has checked ownership and has no transaction open that would wait.
    """
    provider = provider_in_use()
    if provider is None:
        return None
    with Session(engine, future=True) as session:
        esim = session.scalars(
            sa.select(Esim).join(Purchase, Esim.purchase_id == Purchase.id).where(Purchase.number == number)
        ).one_or_none()
        if esim is None:
            return None
        known, before = KnownEsim(esim.iccid, esim.provider_reference), esim.refreshed_at
    if before is not None and before + timedelta(seconds=settings().esim_refresh_after) > now:
        return before
    try:
        status = provider.status(known)
    except (NotReached, RefusedForGood) as error:
        log.warning("An eSIM was not refreshed: %s", error)
        return before
    with Session(engine, future=True) as session, session.begin():
        session.execute(sa.update(Esim).where(Esim.iccid == known.iccid).values(**status.values, refreshed_at=now))
    return now


def can_reissue() -> bool:
    """Whether the issuer that is configured replaces eSIMs by itself."""
    return bool(getattr(provider_in_use(), "can_reissue", False))


def columns_of(new: NewProfile) -> dict[str, str | None]:
    """A profile that the issuer made as columns of `esim`."""
    made = {"iccid": new.iccid, "smdp_address": new.smdp_address, "matching_id": new.matching_id}
    return {**made, "provider_reference": new.reference}


class EsimWorker:
    """Switches off refunded eSIMs and has spent ones replaced, from the outbox."""

    def __init__(self, engine: Engine, provider: EsimProvider) -> None:
        self._engine = engine
        self._provider = provider

    def register(self, outbox: Outbox) -> None:
        """Become the handler."""
        outbox.register(payouts.REVOKE, self.revoke)
        if getattr(self._provider, "can_reissue", False):
            outbox.register(reissues.REISSUE, self.reissue)

    async def revoke(self, item: OutboxItem) -> None:
        """Switch off the eSIM of a purchase.

        Raises:
            GiveUp: the issuer says no; staff see it.
            NotReached: the issuer does not answer.
        """
        await asyncio.to_thread(self._revoke, int(item.payload["purchase"]))

    def _revoke(self, purchase_id: int) -> None:
        with Session(self._engine, future=True) as session:
            esim = session.scalars(sa.select(Esim).where(Esim.purchase_id == purchase_id)).one_or_none()
            if esim is None or esim.revoked_at is not None:
                return
            known = KnownEsim(esim.iccid, esim.provider_reference)
        try:
            self._provider.revoke(known)
        except RefusedForGood as error:
            raise GiveUp(str(error)) from None
        with Session(self._engine, future=True) as session, session.begin():
            session.execute(sa.update(Esim).where(Esim.purchase_id == purchase_id).values(revoked_at=utc_now()))

    async def reissue(self, item: OutboxItem) -> None:
        """Have the eSIM of a purchase replaced, and tell the traveller; what the issuer refuses is a person's.

        Raises:
            NotReached: the issuer does not answer.
        """
        await asyncio.to_thread(self._reissue, item)

    def _reissue(self, item: OutboxItem) -> None:
        with Session(self._engine, future=True) as session:
            known = reissues.spent(session, int(item.payload["purchase"]), str(item.payload["iccid"]))
        if known is None:  # it was replaced already
            return
        issuer = cast(EsimReissuer, self._provider)
        new: NewProfile | None = None
        try:
            new = issuer.reissue(KnownEsim(*known), item.key)
        except RefusedForGood as error:
            log.error("An eSIM was not replaced: %s", error)
        with Session(self._engine, future=True) as session, session.begin():
            if new is None:
                reissues.refused(session, item.payload, item.key, utc_now())
            else:
                reissues.replaced(session, item.payload, item.key, columns_of(new), utc_now())
