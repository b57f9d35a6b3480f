"""Runs Telegram beside the desk: waits for the lease, connects, receives and delivers, and restarts after a failure."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from aftercare.base.database import utc_now
from aftercare.base.logs import error_location
from aftercare.base.tasks import cancel_and_wait
from aftercare.conversations.context import Desk
from aftercare.telegram.calls import RateLimiter, retry_after_seconds, with_retries
from aftercare.telegram.delivery import Delivery
from aftercare.telegram.lease import Lease
from aftercare.telegram.profile import set_profile
from aftercare.telegram.request import BotRequest
from aftercare.telegram.store import ChatStore
from aftercare.telegram.update_queue import UpdateQueue
from aftercare.telegram.updates import KINDS, WEBHOOK, id_of, parse_update

log = logging.getLogger(__name__)

_POLL_SECONDS = 25  # Telegram holds an empty answer back so long
_CATCH_UP_SECONDS = 1.0  # between looks into the database for what other processes stored
_CLEAN_SECONDS = 3600.0
_CONNECTIONS = 40


class Telegram:
    """Telegram of one desk. Of several desks on a database one works, the others stand by."""

    def __init__(self, desk: Desk, rate_limiter: RateLimiter | None = None, patience: float = 9.0) -> None:
        settings = desk.settings
        self.desk = desk
        self.store = ChatStore(desk.store.engine)
        self._asking = BotRequest(1, read_timeout=10)  # on top of what Telegram holds an empty answer back
        self.bot = _bot(settings.telegram_token, settings.telegram_api_url, self._asking)
        self.set_aside = 0
        """Updates that could not be read, since the start."""
        self._webhook = settings.telegram_mode == "webhook"
        self._rate_limiter = rate_limiter or RateLimiter()
        self._lease = Lease(desk.store.engine, desk.worker, patience)
        self._updates: UpdateQueue | None = None
        self._task: asyncio.Task[None] | None = None
        self.link = ""  # the bot's address, once Telegram has told its name

    async def start(self) -> None:
        """Begin in the background: the desk does not wait for Telegram."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop and let another desk take over."""
        if self._task is not None:
            await cancel_and_wait(self._task)
        await self._lease.release()
        await self.bot.shutdown()

    async def store_updates(self, updates: list[tuple[int, int, str]]) -> None:
        """Store updates; whichever desk has the lease handles them.

        Raises:
            SQLAlchemyError: nothing was stored.
        """
        chats = await self.desk.worker.run(self.store.store_updates, updates, utc_now())
        if self._updates is not None:
            self._updates.wake(chats)

    async def _run(self) -> None:
        pause = 1.0
        while True:
            try:
                # every desk asks for the bot's name: the one that stands by creates links, too
                await with_retries(self.bot.initialize)
                self.link = self.bot.link
                await self._lease.acquire()
                await self._work_while_leading()
                pause = 1.0
            except InvalidToken:  # its message names the token
                self.link = ""
                log.error(
                    "Telegram is off: it does not know the token in TELEGRAM_TOKEN. Copy the right one from @BotFather "
                    "(/mybots, your bot, API Token) into .env and start again."
                )
                return
            except Exception as error:  # its message may quote the token or a traveller
                log.error("Telegram starts again after an error: %s at %s", type(error).__name__, error_location(error))
                await asyncio.sleep(pause)
                pause = min(60.0, pause * 2)

    async def _work_while_leading(self) -> None:
        """Talk to Telegram until the lease is lost."""
        work, lost = asyncio.create_task(self._work()), asyncio.create_task(self._lease.keep())
        try:
            await asyncio.wait({work, lost}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            await cancel_and_wait(work, lost)

    async def _work(self) -> None:
        await self._choose_mode()
        await self._serve()

    async def _choose_mode(self) -> None:
        if not self._webhook:
            # getUpdates does not work while a webhook is set (core.telegram.org/bots/api#getupdates)
            await with_retries(lambda: self.bot.delete_webhook(drop_pending_updates=False))
            log.info("Telegram: %s, by long polling", self.link)
            return
        settings = self.desk.settings
        address, secret = settings.public_url + WEBHOOK, settings.secret("telegram_webhook")
        while True:
            try:
                await with_retries(lambda: self.bot.set_webhook(address, secret_token=secret, allowed_updates=KINDS))
                log.info("Telegram: %s, by webhook at %s", self.link, address)
                return
            except BadRequest as error:
                log.error("Telegram refuses the webhook %s (PUBLIC_URL): %s", address, error.message)
                await asyncio.sleep(60)

    async def _serve(self) -> None:
        delivery = Delivery(self.desk, self.store, self.bot, self._rate_limiter)
        self._updates = UpdateQueue(self.desk, self.store, self.bot, delivery)
        tasks: list[asyncio.Task[None]] = []
        try:
            await delivery.start()
            tasks = [
                asyncio.create_task(self._catch_up(self._updates, delivery)),
                asyncio.create_task(set_profile(self.bot)),
            ]
            if self._webhook:
                await asyncio.Event().wait()
            await self._poll()
        finally:
            updates, self._updates = self._updates, None
            await cancel_and_wait(*tasks)
            await updates.stop()
            await delivery.stop()

    async def _poll(self) -> None:
        """Ask for news for ever. What is asked for next confirms what was stored before."""
        offset, pause = None, 0.5
        while True:
            try:
                updates = await self._ask_for_updates(offset)
                ids = [found for each in updates if (found := id_of(each)) is not None]
                await self.store_updates([read for each in updates if (read := self._read(each)) is not None])
                if ids or not updates:
                    offset, pause = max(ids) + 1 if ids else offset, 0.5
                    continue
            except InvalidToken:
                raise
            except Conflict:
                log.error("Another program asks Telegram for this bot's updates; only one may. Trying again.")
            except RetryAfter as error:
                pause = retry_after_seconds(error)
            except (NetworkError, TelegramError) as error:
                log.warning("Waiting for Telegram: %s", type(error).__name__)
            except SQLAlchemyError as error:  # not confirmed, so they come again
                log.error("The desk database fails: %s", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(30.0, pause * 2)

    async def _ask_for_updates(self, offset: int | None) -> list[object]:
        """What is new, as Telegram sends it. The library reads all or nothing: one it cannot read would come for ever.

        Raises:
            TelegramError: Telegram refused or cannot be reached.
        """
        asked: dict[str, Any] = {"timeout": _POLL_SECONDS, "allowed_updates": json.dumps(KINDS)}
        if offset is not None:
            asked["offset"] = offset
        seconds = self._asking.read_timeout + _POLL_SECONDS
        address = f"{self.bot.base_url}/getUpdates?{urlencode(asked)}"
        found: Any = await self._asking.post(address, read_timeout=seconds)
        return list(found) if isinstance(found, list) else []

    def _read(self, raw: object) -> tuple[int, int, str] | None:
        """The update as it is stored; one that cannot be read is set aside and counted."""
        found = parse_update(raw) if isinstance(raw, dict) else None
        if found is None:
            self.set_aside += 1
            log.error("A Telegram update cannot be read and is left out: %s since the start", self.set_aside)
        return found

    async def _catch_up(self, updates: UpdateQueue, delivery: Delivery) -> None:
        loop = asyncio.get_running_loop()
        clean_at = loop.time()
        while True:
            with suppress(SQLAlchemyError):
                await updates.catch_up()
                await delivery.catch_up()
                if loop.time() >= clean_at:
                    clean_at = loop.time() + _CLEAN_SECONDS
                    await self.desk.worker.run(self.store.delete_expired, utc_now())
            await asyncio.sleep(_CATCH_UP_SECONDS)


def _bot(token: str, api_url: str, asking: BotRequest) -> Bot:
    base = api_url.rstrip("/")
    return Bot(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=BotRequest(_CONNECTIONS, read_timeout=30),
        get_updates_request=asking,
    )
