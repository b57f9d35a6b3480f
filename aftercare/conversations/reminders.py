"""Asks once how a step of a diagnosis went, when its traveller has been silent for a while."""

from __future__ import annotations

import logging

from aftercare.base.database import utc_now
from aftercare.base.tasks import Repeated
from aftercare.conversations.conversation import Conversation
from aftercare.conversations.hub import Hub
from aftercare.conversations.messages import NewMessage
from aftercare.conversations.rasa_client import RasaClient, RasaFailed, RasaUnavailable
from aftercare.conversations.store import Store
from aftercare.conversations.worker import Worker

log = logging.getLogger(__name__)

# Seconds between two looks; a short waiting time (in tests) is looked at more often.
_LONGEST_PAUSE = 15.0


class Reminders:
    """Looks for conversations whose `remind_at` has come and lets the assistant ask, while no person has them.

    The time is kept with the conversation, so it survives the desk; the question has an id of its own, so that Rasa
    answers it once, also when the desk stops between asking Rasa and storing the answer.
    """

    def __init__(self, store: Store, worker: Worker, hub: Hub, rasa: RasaClient, seconds: float) -> None:
        self._store = store
        self._worker = worker
        self._hub = hub
        self._rasa = rasa
        self._loop = Repeated("Reminders", self._remind_all, min(_LONGEST_PAUSE, seconds / 10))

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop; what is due stays due."""
        await self._loop.stop()

    async def _remind_all(self) -> None:
        try:
            for conversation in await self._worker.run(self._store.due_reminders, utc_now()):
                await self._remind(conversation)
        except RasaUnavailable as error:
            log.warning("A reminder waits for Rasa: %s", error)

    async def _remind(self, conversation: Conversation) -> None:
        answers: list[NewMessage] = []
        try:
            answers = (await self._rasa.remind(conversation)).answers
        except RasaFailed as error:
            log.warning("A reminder is dropped: %s", error)
        stored = await self._worker.run(
            self._store.finish_reminder, conversation.id, conversation.last_seq, answers, utc_now()
        )
        self._hub.publish_stored(conversation.id, stored)
