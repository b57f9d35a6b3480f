"""Keeps the index behind the conversations, and tells open inbox pages what changed, who else looks, who writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import STAFF_STATES
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.messages import Message
from aftercare.conversations.tasks import cancel_and_wait, wait_for_event
from aftercare.conversations.worker import Worker
from aftercare.orders import tickets
from aftercare.orders.order_context import link_of
from aftercare.orders.support_hours import timezone
from aftercare.staff.inbox.annotations import Acts
from aftercare.staff.inbox.indexing import Beside, Indexer, OrderLink
from aftercare.staff.inbox.queries import Inbox
from aftercare.staff.inbox.thread import Threads
from aftercare.web.context import DESK

log = logging.getLogger(__name__)

PAUSE = 0.3  # seconds in which several changes become one: indexing must not slow down who chats quickly
LOOK_EVERY = 5.0  # seconds between looks for what another desk on the same database stored
LOOK_BACK = timedelta(minutes=10)
SWEEP_EVERY = 3600.0


@dataclass(eq=False)
class Watcher:
    """An open page of a member of staff. `waiting` are notices to send, by kind: a later one replaces an earlier."""

    staff_id: str
    name: str
    conversation_id: str | None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    closed: bool = False

    def tell(self, kind: str, **values: Any) -> None:
        """Have a notice sent."""
        self.waiting[kind] = values
        self.news.set()

    def take(self) -> dict[str, Mapping[str, Any]]:
        """The notices that wait."""
        taken, self.waiting = self.waiting, {}
        self.news.clear()
        return taken


class Watchers:
    """The open inbox pages of this process."""

    def __init__(self) -> None:
        self._all: set[Watcher] = set()

    @contextmanager
    def one(self, watcher: Watcher) -> Iterator[Watcher]:
        """A page that hears of news until the block ends; colleagues at the same conversation see each other."""
        self._all.add(watcher)
        self._present(watcher.conversation_id)
        try:
            yield watcher
        finally:
            self._all.discard(watcher)
            self._present(watcher.conversation_id)

    def listed(self) -> None:
        """The list has changed."""
        for watcher in self._all:
            watcher.tell("list")

    def said(self, conversation_id: str, kind: str = "thread", **values: Any) -> None:
        """Something new in a conversation."""
        for watcher in self._all:
            if watcher.conversation_id == conversation_id:
                watcher.tell(kind, id=conversation_id, **values)

    def mentioned(self, staff_ids: Sequence[str], conversation_id: str, author: str) -> None:
        """A note names members of staff."""
        for watcher in self._all:
            if watcher.staff_id in staff_ids:
                watcher.tell("mention", id=conversation_id, author=author)

    def given(self, staff_id: str, conversation_id: str, author: str) -> None:
        """A colleague has passed a conversation on."""
        for watcher in self._all:
            if watcher.staff_id == staff_id:
                watcher.tell("given", id=conversation_id, author=author)

    def close(self) -> None:
        """End all streams: the desk stops."""
        for watcher in self._all:
            watcher.closed = True
            watcher.news.set()

    def _present(self, conversation_id: str | None) -> None:
        here = [watcher for watcher in self._all if watcher.conversation_id == conversation_id]
        for watcher in here if conversation_id else ():
            others = sorted({each.name for each in here if each.staff_id != watcher.staff_id})
            watcher.tell("presence", id=conversation_id, names=others)


class Review:
    """The running inbox of one desk: its reads and writes, its open pages, and the task behind them."""

    def __init__(self, desk: Desk) -> None:
        zone = timezone()
        engine = desk.store.engine
        self.indexer = Indexer(engine, zone)
        self.inbox = Inbox(engine, zone)
        self.threads = Threads(engine)
        self.acts = Acts(engine, self.indexer)
        self.watchers = Watchers()
        # reads have threads of their own: a slow search must not hold up a traveller's message
        self.reads = Worker(engine, threads=2)
        self._desk = desk
        self._due: set[str] = set()
        self._left: set[str] = set()  # whose traveller may have left the queue
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stop_listening = [desk.hub.subscribe_stored(self._heard), desk.hub.subscribe_live(self._overheard)]

    def start(self) -> None:
        """Begin to index, first what happened while no desk ran."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop; what is not indexed is found again at the next start."""
        for stop in self._stop_listening:
            stop()
        self.watchers.close()
        if self._task is not None:
            await cancel_and_wait(self._task)
        self.reads.close()

    def changed(self, conversation_id: str) -> None:
        """Have a conversation indexed and shown anew soon."""
        self._due.add(conversation_id)
        self._woken.set()

    async def refresh(self, conversation_id: str) -> None:
        """Index a conversation now: who changed it sees the change in the list they get."""
        if conversation_id in self._left:
            line = await self.reads.run(self.threads.state, conversation_id)
            if line not in STAFF_STATES:
                await self._desk.orders_worker.run(self._no_longer_asking, conversation_id)
            self._left.discard(conversation_id)
        beside = await self._desk.orders_worker.run(self._beside, conversation_id)
        await self._desk.worker.run(self.indexer.index, conversation_id, beside)

    def _heard(self, conversation_id: str, events: Sequence[Message]) -> None:
        if any(each.kind == "state" and each.state not in STAFF_STATES for each in events):
            self._left.add(conversation_id)
        self.watchers.said(conversation_id)
        self.changed(conversation_id)

    def _overheard(self, conversation_id: str, live: LiveEvent) -> None:
        if live.kind == "typing" and live.sender == "traveller":
            self.watchers.said(conversation_id, "typing")

    def _beside(self, conversation_id: str) -> Beside:
        try:
            with Session(self._desk.orders, future=True) as session:
                found = link_of(session, conversation_id)
                asked_at = tickets.asked_at(session, conversation_id)
        except SQLAlchemyError as error:  # the inbox goes on without the order
            log.warning("The order behind a conversation could not be read: %s", type(error).__name__)
            return Beside(known=False)
        return Beside(None if found is None else OrderLink(*found), asked_at)

    def _no_longer_asking(self, conversation_id: str) -> None:
        """Who went back to the assistant, or ended the chat, is out of the queue."""
        try:
            with Session(self._desk.orders, future=True) as session:
                tickets.set_state(session, conversation_id, "closed", tickets.HANDOFF)
                session.commit()
        except SQLAlchemyError as error:
            log.warning("A ticket could not follow its conversation: %s", type(error).__name__)

    def _asked(self) -> list[str]:
        """Conversations whose tickets may have been made while no desk ran."""
        try:
            with Session(self._desk.orders, future=True) as session:
                return list(tickets.conversations_with_open_tickets(session))
        except SQLAlchemyError as error:
            log.warning("The open tickets could not be read: %s", type(error).__name__)
            return []

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        since, swept = None, -SWEEP_EVERY
        self._due.update(await self._desk.orders_worker.run(self._asked))
        while True:
            try:
                behind = await self.reads.run(self.indexer.behind, since)
                await self._index({*behind, *self._take()})
                if len(behind) < 100:
                    since = utc_now() - LOOK_BACK
                if since is not None and loop.time() - swept > SWEEP_EVERY:
                    swept = loop.time()
                    unused = await self.reads.run(self.indexer.unused)
                    await self._desk.worker.run(self.indexer.sweep, unused)
                looked = loop.time()
                while loop.time() - looked < LOOK_EVERY and since is not None:
                    await wait_for_event(self._woken, LOOK_EVERY)
                    await asyncio.sleep(PAUSE)
                    await self._index(self._take())
            except SQLAlchemyError as error:
                log.error("The inbox cannot be indexed now: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
            except Exception:
                log.exception("Indexing broke; it is tried again")
                await asyncio.sleep(LOOK_EVERY)

    def _take(self) -> set[str]:
        taken, self._due = self._due, set()
        self._woken.clear()
        return taken

    async def _index(self, conversation_ids: set[str]) -> None:
        for conversation_id in conversation_ids:
            try:
                await self.refresh(conversation_id)
            except (OperationalError, InterfaceError, asyncio.CancelledError):  # the database, or the desk, is going
                self._due |= conversation_ids  # indexing twice changes nothing, forgetting would
                raise
            except Exception as error:  # one that cannot be indexed must not keep the others out
                log.error("A conversation could not be indexed: %s", type(error).__name__)
        if conversation_ids:
            self.watchers.listed()
            for conversation_id in conversation_ids:
                self.watchers.said(conversation_id, "settled")


REVIEW = web.AppKey("review", Review)


async def start(app: web.Application) -> None:
    """Signal handler: the desk's parts are there, begin."""
    app[REVIEW] = Review(app[DESK])
    app[REVIEW].start()


async def stop(app: web.Application) -> None:
    """Signal handler: stop before the databases are closed."""
    await app[REVIEW].stop()
