"""Has every accepted message answered once and in order, also when Rasa or the desk itself was away meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import utc_now
from aftercare.base.tasks import Repeated, cancel_and_wait, wait_for_event
from aftercare.conversations.conversation import NoConversation, Pending, StoredAnswers
from aftercare.conversations.hub import Hub, LiveEvent
from aftercare.conversations.messages import Message, NewMessage
from aftercare.conversations.owner import RENEW_EVERY
from aftercare.conversations.picture_texts import PictureText, answers_to
from aftercare.conversations.rasa_client import RasaClient, RasaFailed, RasaTurn, RasaUnavailable
from aftercare.conversations.store import Store
from aftercare.conversations.store_runner import StoreRunner
from aftercare.conversations.store_turns import LineState
from aftercare.conversations.texts import say
from aftercare.conversations.worker import Worker
from aftercare.screenshots.reader import ScreenshotReader

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TurnPolicy:
    """When a turn is retried, when the traveller is told to wait, and how many turns run in parallel."""

    typing_after: float = 0.15
    """Seconds until "typing" is shown; faster answers need none."""
    slow_after: float = 4.0
    """Seconds until the traveller is told that the answer takes longer."""
    first_pause: float = 0.5
    """Seconds before the second attempt; each further pause is twice as long."""
    longest_pause: float = 10.0
    """Seconds that no pause exceeds, jitter aside."""
    most_failures: int = 7
    """Attempts refused with `RasaFailed` (about half a minute) until the traveller gets an apology."""
    concurrent: int = 16
    """Turns in Rasa at the same time."""


class Turns:
    """One worker per conversation with unanswered messages: in order there, in parallel across conversations."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        runner: StoreRunner,
        hub: Hub,
        rasa: RasaClient,
        policy: TurnPolicy,
        remind_after: float,
        screenshots: ScreenshotReader | None = None,
    ) -> None:
        self._store = store
        self._worker = worker
        self._runner = runner
        self._hub = hub
        self._rasa = rasa
        self._policy = policy
        self._screenshots = screenshots
        self._remind_after = timedelta(seconds=remind_after)
        self._slots = asyncio.Semaphore(self._policy.concurrent)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sharing = Repeated("Conversations of this desk", self._take_over, RENEW_EVERY)
        self._woken: set[str] = set()
        self._notices: dict[str, tuple[asyncio.TimerHandle, ...]] = {}
        self._typing: dict[str, LiveEvent] = {}
        self._delayed: dict[str, LiveEvent] = {}
        self._rasa_back = asyncio.Event()
        hub.subscribe_stored(self._on_stored)

    async def start(self) -> None:
        """Pick up what was left unanswered when the desk last stopped."""
        if self._store.owner.shares:
            self._sharing.start()
            return
        for conversation_id in await self._worker.run(self._store.pending_conversations):
            self.wake(conversation_id)

    async def stop(self) -> None:
        """Stop working; unanswered messages stay in the store."""
        await self._sharing.stop()
        await cancel_and_wait(*self._tasks.values())
        if self._store.owner.shares:
            with contextlib.suppress(SQLAlchemyError):  # their leases end by themselves
                await self._worker.run(self._store.leave)

    async def _take_over(self) -> None:
        """Say which conversations this desk works on, and take over what a desk that died has left."""
        for conversation_id in await self._worker.run(self._store.take_over, list(self._tasks), utc_now()):
            if conversation_id not in self._tasks:
                self.wake(conversation_id)

    def wake(self, conversation_id: str, first: Pending | None = None) -> None:
        """There is a message to answer in this conversation: `first`, if the store says that none is before it."""
        self._woken.add(conversation_id)
        if conversation_id not in self._tasks:
            self._tasks[conversation_id] = asyncio.get_running_loop().create_task(self._work(conversation_id, first))

    def notices(self, conversation_id: str) -> list[LiveEvent]:
        """The notices in force (an answer is being written, it takes longer), for a stream that opens now."""
        return [shown[conversation_id] for shown in (self._typing, self._delayed) if conversation_id in shown]

    async def _work(self, conversation_id: str, first: Pending | None) -> None:
        try:
            failures = 0
            while True:
                self._woken.discard(conversation_id)
                try:
                    pending, first = first, None
                    if pending is None:
                        pending = await self._worker.run(self._store.take_pending, conversation_id, utc_now())
                    more = pending is not None and await self._answer(pending)
                    if not more and conversation_id not in self._woken:
                        return
                except SQLAlchemyError as error:  # its message may quote the traveller, so only its kind is logged
                    log.error("The desk database fails: %s", type(error).__name__)
                except Exception:
                    log.exception("A turn broke; it is tried again")
                else:
                    failures = 0
                    continue
                await asyncio.sleep(self._pause(failures))
                failures += 1
        finally:
            self._tasks.pop(conversation_id, None)
            self._delayed.pop(conversation_id, None)

    async def _answer(self, pending: Pending) -> bool:
        """Answer the message; whether more of its conversation are unanswered."""
        conversation = pending.conversation
        if conversation.state == "agent" and not pending.stored_answers:
            await self._worker.run(self._store.keep_pending, conversation.id)
            return False
        if pending.image is not None and not pending.text and self._screenshots is None:
            if await self._is_followed(pending):
                return await self._finish(pending, [])
            answer = NewMessage(text=say("picture_received", conversation.voice), name="desk_picture_received")
            return await self._finish(pending, [answer])
        if not pending.stored_answers:
            loop = asyncio.get_running_loop()
            self._notices[conversation.id] = (
                loop.call_later(self._policy.typing_after, self._show_typing, conversation.id),
                loop.call_later(self._policy.slow_after, self._show_delay, pending),
            )
        try:
            if pending.image is not None and self._screenshots is not None:
                return await self._answer_picture(pending, self._screenshots)
            return await self._ask(pending)
        finally:
            self._withdraw_notices(conversation.id)

    async def _answer_picture(self, pending: Pending, screenshots: ScreenshotReader) -> bool:
        """Read the picture, tell what was read, and ask about it; whether more messages are unanswered.

        Where the traveller has typed something after it, or sent more pictures, all are asked together, with the last.
        """
        conversation = pending.conversation
        address = (pending.image or "").removeprefix("/media/")
        kept = await self._worker.run(self._store.get_picture, address)
        screen = None if kept is None else await screenshots.text_of(kept[1])
        followed = await self._is_followed(pending)
        before = None
        if not followed:
            before = await self._worker.run(self._store.read_in_pictures, conversation.id, pending.stored_answers)
        answers, known = answers_to(screen, conversation.voice, has_words=bool(pending.text or followed or before))
        pictures = PictureText.of([each.to_json() for each in (before, known) if each])
        if followed or not (pictures or pending.text):
            return await self._finish(pending, answers)
        if answers:
            await self._store_and_publish(pending, Store.store_answers, answers)
        return await self._ask(replace(pending, pictures=pictures), answers)

    async def _is_followed(self, pending: Pending) -> bool:
        """Whether words or another picture, which came after this picture, wait and are answered together with it."""
        conversation = pending.conversation
        return not pending.text and await self._worker.run(self._store.is_followed, conversation.id, pending.seq)

    async def _ask(self, pending: Pending, stored: Sequence[NewMessage] = ()) -> bool:
        """Retry the turn until Rasa has stored it or refused it too often; whether more messages are unanswered.

        `stored` are its first answers, which the desk has stored already.
        """
        conversation = pending.conversation
        tries = failures = 0
        answered = pending.stored_answers > len(stored)

        async def store_answers(answers: list[NewMessage]) -> None:
            nonlocal answered
            await self._store_and_publish(pending, Store.store_answers, [*stored, *answers])
            answered = True

        while True:
            try:
                async with self._slots:
                    turn = await self._rasa.ask(pending, store_answers)
            except RasaUnavailable as error:
                log.warning("Waiting for Rasa: %s", error)
                self._rasa_back.clear()
            except RasaFailed as error:
                log.warning("A turn failed: %s", error)
                failures += 1
                if failures >= self._policy.most_failures:
                    break
            else:
                self._rasa_back.set()
                return await self._finish(pending, [] if answered else [self._no_answer(pending)], turn)
            if not answered or conversation.id in self._woken:
                self._show_delay(pending)
            await self._wait_for_rasa(self._pause(tries))
            tries += 1
        if answered:
            log.error("Rasa does not store the turn of an answer that was given; the conversation goes on without it")
            return await self._finish(pending, [])
        apology = NewMessage(text=say("answer_failed", conversation.voice), sender="system", name="desk_failed")
        return await self._finish(pending, [apology], status="failed")

    @staticmethod
    def _no_answer(pending: Pending) -> NewMessage:
        """The answer when Rasa gives none."""
        log.warning("Rasa gave no answer to message %s of a conversation", pending.seq)
        return NewMessage(text=say("answer_missing", pending.conversation.voice), name="desk_no_answer")

    async def _wait_for_rasa(self, seconds: float) -> None:
        """Wait up to `seconds`; less when a turn of another conversation succeeds meanwhile."""
        if self._rasa_back.is_set():
            await asyncio.sleep(seconds)
            return
        if await wait_for_event(self._rasa_back, seconds):
            await asyncio.sleep(random.uniform(0, 0.2))  # noqa: S311  spreads the load on a Rasa that is back

    def _pause(self, tries: int) -> float:
        seconds = min(self._policy.longest_pause, self._policy.first_pause * 2.0 ** min(tries, 10))
        return seconds * random.uniform(0.8, 1.2)  # noqa: S311

    def _show_typing(self, conversation_id: str) -> None:
        self._typing[conversation_id] = LiveEvent("typing", "assistant")
        self._hub.publish_live(conversation_id, self._typing[conversation_id])

    def _show_delay(self, pending: Pending) -> None:
        conversation = pending.conversation
        if conversation.id not in self._delayed:
            notice = LiveEvent("state", "system", say("answer_delayed", conversation.voice), state="delayed")
            self._delayed[conversation.id] = notice
            self._hub.publish_live(conversation.id, notice)

    def _on_stored(self, conversation_id: str, messages: Sequence[Message]) -> None:
        """Who has a person now is not told that the assistant writes: its answer will be dropped."""
        if any(message.state == "agent" for message in messages):
            self._withdraw_notices(conversation_id)

    def _withdraw_notices(self, conversation_id: str) -> None:
        """Cancel the notices that are scheduled; "typing" is no longer sent to new streams."""
        for notice in self._notices.pop(conversation_id, ()):
            notice.cancel()
        self._typing.pop(conversation_id, None)

    async def _finish(
        self, pending: Pending, answers: Sequence[NewMessage], turn: RasaTurn | None = None, status: str = "answered"
    ) -> bool:
        """Store the last answers and what came of the turn; whether more messages are unanswered."""
        finished = await self._store_and_publish(
            pending,
            Store.finish_turn,
            answers,
            reading=turn.reading if turn else None,
            status=status,
            state=_state_after(turn),
            remind_at=utc_now() + self._remind_after if turn and turn.remind else None,
        )
        return finished.more

    async def _store_and_publish(
        self, pending: Pending, method: Callable[..., StoredAnswers], answers: Sequence[NewMessage], **outcome: Any
    ) -> StoredAnswers:
        """Store answers and publish them."""
        conversation_id = pending.conversation.id
        self._withdraw_notices(conversation_id)
        try:
            stored = await self._runner.run(method, conversation_id, pending.seq, answers, utc_now(), **outcome)
        except NoConversation:
            return StoredAnswers([], more=False, state="closed")
        if self._delayed.pop(conversation_id, None):
            self._hub.publish_live(conversation_id, LiveEvent("state", "system", state=stored.state))
        self._hub.publish_stored(conversation_id, stored.stored)
        return stored


def _state_after(turn: RasaTurn | None) -> LineState | None:
    """Into the line for a person, out of it, or as before."""
    if turn is None:
        return None
    return "waiting" if turn.handoff else "assistant" if turn.leaves_line else None
