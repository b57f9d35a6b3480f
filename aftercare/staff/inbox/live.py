"""Indexes changed conversations, and notifies open inbox pages of changes, of colleagues there and of typing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.tasks import cancel_and_wait, wait_for_event
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import STAFF_STATES
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.messages import Message
from aftercare.conversations.worker import Worker
from aftercare.orders import tickets
from aftercare.orders.order_context import link_of
from aftercare.orders.support_hours import timezone
from aftercare.staff.inbox.indexing import Indexer, OrderLink, OrderLookup
from aftercare.staff.inbox.queries import InboxQueries
from aftercare.staff.inbox.thread import ThreadQueries
from aftercare.staff.inbox.writes import InboxWrites
from aftercare.web.context import DESK

log = logging.getLogger(__name__)

PAUSE = 0.3  # seconds in which several changes become one: indexing must not slow down who chats quickly
LOOK_EVERY = 5.0  # seconds between looks for what another desk on the same database stored
LOOK_BACK = timedelta(minutes=10)
SWEEP_EVERY = 3600.0


@dataclass(eq=False)
class Watcher:
    """The open pages of one browser of a member of staff, and the conversations they show.

    `waiting` are notices to send, by kind and conversation: a later one replaces an earlier.
    """

    staff_id: str
    name: str
    conversation_ids: frozenset[str]
    news: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    closed: bool = False

    def notify(self, kind: str, **values: Any) -> None:
        """Queue a notice to be sent."""
        self.waiting[kind, str(values.get("id", ""))] = values
        self.news.set()

    def take(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The queued notices with their kinds, which are removed."""
        taken, self.waiting = self.waiting, {}
        self.news.clear()
        return [(kind, values) for (kind, _), values in taken.items()]


class Watchers:
    """The open inbox pages of this process."""

    def __init__(self) -> None:
        self._all: set[Watcher] = set()

    @contextmanager
    def watching(self, watcher: Watcher) -> Iterator[Watcher]:
        """Notify pages until the block ends; colleagues at the same conversation see each other."""
        self._all.add(watcher)
        self._present(watcher.conversation_ids)
        try:
            yield watcher
        finally:
            self._all.discard(watcher)
            self._present(watcher.conversation_ids)

    def __len__(self) -> int:
        """How many streams are open."""
        return len(self._all)

    def notify_list(self) -> None:
        """Notify all pages that the list has changed."""
        for watcher in self._all:
            watcher.notify("list")

    def notify_thread(self, conversation_id: str, kind: str = "thread", **values: Any) -> None:
        """Notify the pages that show a conversation of something new in it."""
        for watcher in self._all:
            if conversation_id in watcher.conversation_ids:
                watcher.notify(kind, id=conversation_id, **values)

    def notify_mentioned(self, staff_ids: Sequence[str], conversation_id: str, author: str) -> None:
        """Notify members of staff that a note names them."""
        for watcher in self._all:
            if watcher.staff_id in staff_ids:
                watcher.notify("mention", id=conversation_id, author=author)

    def notify_holder(self, kind: str, staff_id: str, conversation_id: str, author: str) -> None:
        """Notify a member that a colleague assigned them a conversation (`given`) or has it now instead (`taken`)."""
        for watcher in self._all:
            if watcher.staff_id == staff_id:
                watcher.notify(kind, id=conversation_id, author=author)

    def close(self) -> None:
        """End all streams: the desk stops."""
        for watcher in self._all:
            watcher.closed = True
            watcher.news.set()

    def _present(self, conversation_ids: Iterable[str]) -> None:
        for conversation_id in conversation_ids:
            here = [watcher for watcher in self._all if conversation_id in watcher.conversation_ids]
            for watcher in here:
                others = sorted({each.name for each in here if each.staff_id != watcher.staff_id})
                watcher.notify("presence", id=conversation_id, names=others)


class InboxService:
    """The running inbox of one desk: its reads and writes, its open pages, and the task that indexes."""

    def __init__(self, desk: Desk) -> None:
        zone = timezone()
        engine = desk.store.engine
        self.indexer = Indexer(engine, zone)
        self.queries = InboxQueries(engine, zone)
        self.threads = ThreadQueries(engine)
        self.writes = InboxWrites(engine, self.indexer)
        self.watchers = Watchers()
        # reads have threads of their own: a slow search must not hold up a traveller's message
        self.reads = Worker(engine, threads=2)
        self._desk = desk
        self._due: set[str] = set()
        self._left_queue: set[str] = set()  # conversations whose traveller may have left the queue
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stop_listening = [
            desk.hub.subscribe_stored(self._on_stored),
            desk.hub.subscribe_live(self._on_live_event),
            desk.hub.subscribe_elsewhere(self._on_stored_elsewhere),
            desk.hub.subscribe_deleted(self._on_deleted),
        ]

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
        """Index a conversation soon, and notify the pages that show it."""
        self._due.add(conversation_id)
        self._wake.set()

    async def refresh(self, conversation_id: str) -> None:
        """Index a conversation now, so that the list shows the change to the member who made it."""
        if conversation_id in self._left_queue:
            state = await self.reads.run(self.threads.state, conversation_id)
            if state not in STAFF_STATES:
                await self._desk.orders_worker.run(self._close_handoff_ticket, conversation_id)
            self._left_queue.discard(conversation_id)
        looked_up = await self._desk.orders_worker.run(self._look_up_order, conversation_id)
        await self._desk.worker.run(self.indexer.index, conversation_id, looked_up)

    async def redraw(self, conversation_id: str) -> None:
        """Index a conversation now, and have the list and the thread drawn anew on every open page."""
        await self.refresh(conversation_id)
        self.watchers.notify_list()
        self.watchers.notify_thread(conversation_id, "settled")

    def _on_stored(self, conversation_id: str, events: Sequence[Message]) -> None:
        if any(each.kind == "state" and each.state not in STAFF_STATES for each in events):
            self._left_queue.add(conversation_id)
        self.watchers.notify_thread(conversation_id)
        self.changed(conversation_id)

    def _on_stored_elsewhere(self, conversation_id: str) -> None:
        """The desk that stored it indexes it; what its list says then is shown here as well."""
        self.watchers.notify_thread(conversation_id)
        asyncio.get_running_loop().call_later(2 * PAUSE, self.watchers.notify_list)

    def _on_deleted(self, conversation_id: str) -> None:
        self.watchers.notify_thread(conversation_id, "gone")
        self.watchers.notify_list()

    def _on_live_event(self, conversation_id: str, live: LiveEvent) -> None:
        if live.kind == "typing" and live.sender == "traveller":
            self.watchers.notify_thread(conversation_id, "typing")

    def _look_up_order(self, conversation_id: str) -> OrderLookup:
        try:
            with Session(self._desk.orders, future=True) as session:
                found = link_of(session, conversation_id)
                asked_at = tickets.asked_at(session, conversation_id)
        except SQLAlchemyError as error:  # the inbox goes on without the order
            log.warning("The order of a conversation could not be read: %s", type(error).__name__)
            return OrderLookup(known=False)
        return OrderLookup(None if found is None else OrderLink(*found), asked_at)

    def _close_handoff_ticket(self, conversation_id: str) -> None:
        """Close the hand-off ticket of a traveller who went back to the assistant or ended the chat."""
        try:
            with Session(self._desk.orders, future=True) as session:
                tickets.set_state(session, conversation_id, "closed", tickets.HANDOFF)
                session.commit()
        except SQLAlchemyError as error:
            log.warning("A ticket could not follow its conversation: %s", type(error).__name__)

    def _with_open_tickets(self) -> list[str]:
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
        self._due.update(await self._desk.orders_worker.run(self._with_open_tickets))
        while True:
            try:
                outdated = await self.reads.run(self.indexer.outdated, since)
                await self._index({*outdated, *self._take()})
                if len(outdated) < 100:
                    since = utc_now() - LOOK_BACK
                if since is not None and loop.time() - swept > SWEEP_EVERY:
                    swept = loop.time()
                    unused = await self.reads.run(self.indexer.unused_terms)
                    await self._desk.worker.run(self.indexer.delete_terms, unused)
                looked = loop.time()
                while loop.time() - looked < LOOK_EVERY and since is not None:
                    await wait_for_event(self._wake, LOOK_EVERY)
                    await asyncio.sleep(PAUSE)
                    await self._index(self._take())
            except SQLAlchemyError as error:
                log.error("The inbox cannot be indexed now: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
            except Exception:
                log.exception("Indexing failed; it is tried again")
                await asyncio.sleep(LOOK_EVERY)

    def _take(self) -> set[str]:
        taken, self._due = self._due, set()
        self._wake.clear()
        return taken

    async def _index(self, conversation_ids: set[str]) -> None:
        for conversation_id in conversation_ids:
            try:
                await self.refresh(conversation_id)
            except (
                OperationalError,
                InterfaceError,
                asyncio.CancelledError,
            ):  # the database is away, or the desk stops
                self._due |= conversation_ids  # indexing twice changes nothing, forgetting would
                raise
            except Exception as error:  # one that cannot be indexed must not keep the others out
                log.error("A conversation could not be indexed: %s", type(error).__name__)
        if conversation_ids:
            self.watchers.notify_list()
            for conversation_id in conversation_ids:
                self.watchers.notify_thread(conversation_id, "settled")


INBOX = web.AppKey("inbox", InboxService)


async def start(app: web.Application) -> None:
    """Signal handler: start once the desk's databases are open."""
    app[INBOX] = InboxService(app[DESK])
    app[INBOX].start()


async def stop(app: web.Application) -> None:
    """Signal handler: stop before the databases are closed."""
    await app[INBOX].stop()
