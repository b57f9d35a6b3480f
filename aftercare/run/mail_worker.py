"""What the outbox does with mails: writes them as things stand, and marks addresses that the relay refuses."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.language import Language
from aftercare.base.mail_addresses import is_reserved
from aftercare.connectors.ports import Mail, Mailer, RefusedForGood
from aftercare.documents.mails import (
    Letter,
    code_letter,
    decision_letter,
    invitation_letter,
    qr_letter,
    refund_letter,
)
from aftercare.orders import email_codes, mails, payouts
from aftercare.orders.outbox import GiveUp, Outbox, OutboxItem
from aftercare.orders.tables import Customer

log = logging.getLogger(__name__)


class MailWorker:
    """Sends the mails that the order database has asked for."""

    def __init__(self, engine: Engine, mailer: Mailer) -> None:
        self._engine = engine
        self._mailer = mailer

    def register(self, outbox: Outbox) -> None:
        """Become the handler of mails."""
        outbox.register(payouts.REFUND_MAIL, self.send)
        outbox.register(payouts.QR_MAIL, self.send)
        outbox.register(email_codes.CODE_MAIL, self.send)
        outbox.register(mails.DECISION_MAIL, self.send)
        outbox.register(mails.INVITATION_MAIL, self.send)

    async def send(self, item: OutboxItem) -> None:
        """Send a mail, unless what it would say is not so any more.

        Raises:
            GiveUp: the address is refused; it is marked, and nothing more is promised to it.
            NotReached: the relay cannot take it now.
        """
        letter = await asyncio.to_thread(self._letter, item)
        if letter is not None:
            await self.deliver(item.key, letter)

    async def deliver(self, key: str, letter: Letter) -> None:
        """Give a letter to the relay; the errors are those of `send`. One to a reserved domain goes nowhere."""
        if is_reserved(letter.to):
            log.info("No mail is sent to reserved domains (RFC 2606)")
            return
        try:
            await self._mailer.send(Mail(key, letter.to, letter.subject, letter.text, letter.attachments))
        except RefusedForGood as error:
            await asyncio.to_thread(self._mark, letter)
            raise GiveUp(str(error)) from None

    def _letter(self, item: OutboxItem) -> Letter | None:
        with Session(self._engine, future=True) as session:
            if item.kind == payouts.QR_MAIL:
                return qr_letter(session, int(item.payload["purchase"]))
            if item.kind == email_codes.CODE_MAIL:
                code = str(item.payload["code"])
                buyer = email_codes.buyer_of_code(session, int(item.payload["row"]), code, utc_now())
                return code_letter(buyer, code) if buyer else None
            if item.kind == mails.DECISION_MAIL:
                return decision_letter(session, int(item.payload["request"]), str(item.payload["state"]))
            if item.kind == mails.INVITATION_MAIL:
                language: Language = "zh" if item.payload["language"] == "zh" else "en"
                return invitation_letter(str(item.payload["to"]), language, str(item.payload["link"]))
            return refund_letter(session, int(item.payload["payout"]), str(item.payload["template"]))

    def _mark(self, letter: Letter) -> None:
        if letter.customer_id is None:
            return
        with Session(self._engine, future=True) as session, session.begin():
            customer = session.get(Customer, letter.customer_id)
            if customer is not None and customer.email == letter.to:
                customer.mail_refused_at = utc_now()
