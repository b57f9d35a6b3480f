"""Mails about conversations: what staff answered while the traveller was away, and the transcript asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import Transcript
from aftercare.conversations.messages import Message
from aftercare.conversations.own_data import page, pictures_of, zone_named
from aftercare.documents.mails import Letter, answer_letter, transcript_letter
from aftercare.orders.mails import ANSWER_MAIL, AWAY_AFTER, TRANSCRIPT_MAIL, buyer_of
from aftercare.orders.outbox import Outbox, OutboxItem
from aftercare.orders.tables import Customer
from aftercare.run.mail_worker import MailWorker

_MOST_BYTES = 8 * 1024 * 1024
"""Of a transcript with its pictures; a larger one goes without them, since relays refuse it."""


class ChatMails:
    """Writes them as things stand when they are due."""

    def __init__(self, desk: Desk, worker: MailWorker) -> None:
        self._desk = desk
        self._worker = worker

    def register(self, outbox: Outbox) -> None:
        """Become their handler."""
        outbox.register(ANSWER_MAIL, self.send_answer)
        outbox.register(TRANSCRIPT_MAIL, self.send_transcript)

    async def send_answer(self, item: OutboxItem) -> None:
        """Mail what staff wrote last, unless it was not stored, was seen or answered, or more was written since."""
        conversation_id = str(item.payload["conversation"])
        transcript, buyer = await self._of(conversation_id)
        if transcript is None or buyer is None or transcript.conversation.channel != "web":
            return
        if self._desk.hub.streams(conversation_id):  # the chat is open in front of them
            return
        desk = self._desk
        seq = await desk.worker.run(desk.store.seq_of_reply, conversation_id, str(item.payload["client_id"]))
        answers = last_answers(transcript.messages, seq)
        if answers:
            text = "\n\n".join(message.text for message in answers if message.text)
            await self._worker.deliver(item.key, answer_letter(buyer, answers[-1].agent or "", text))

    async def send_transcript(self, item: OutboxItem) -> None:
        """Mail the whole conversation as a page."""
        transcript, buyer = await self._of(str(item.payload["conversation"]))
        if transcript is not None and buyer is not None:
            await self._worker.deliver(item.key, await self._transcript(transcript, buyer, str(item.payload["zone"])))

    async def _transcript(self, transcript: Transcript, buyer: Customer, zone: str) -> Letter:
        voice: Voice = transcript.conversation.voice
        pictures = await pictures_of(self._desk, transcript)
        if sum(map(len, pictures.values())) > _MOST_BYTES:
            pictures = dict.fromkeys(pictures, "")
        text = await asyncio.to_thread(page, transcript, pictures, voice, zone_named(zone))
        return transcript_letter(buyer, text)

    async def _of(self, conversation_id: str) -> tuple[Transcript | None, Customer | None]:
        desk = self._desk
        transcript = await desk.worker.run(desk.store.transcript, conversation_id)
        return transcript, await desk.orders_worker.run(self._buyer, conversation_id)

    def _buyer(self, conversation_id: str) -> Customer | None:
        with Session(self._desk.orders, future=True, expire_on_commit=False) as session:
            return buyer_of(session, conversation_id)


def last_answers(messages: Sequence[Message], seq: int | None) -> list[Message]:
    """What staff wrote one after the other up to the message `seq`; nothing unless that one is the last."""
    sent = [message for message in messages if message.kind == "message"]
    if not sent or sent[-1].sender != "agent" or sent[-1].seq != seq:
        return []
    together: list[Message] = []
    later: datetime = sent[-1].at
    for message in reversed(sent):
        if message.sender != "agent" or later - message.at >= AWAY_AFTER:
            break
        together.insert(0, message)
        later = message.at
    return together
