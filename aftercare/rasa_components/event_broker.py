"""Publishes every event to RabbitMQ in order; turns do not wait for RabbitMQ."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import Any

from rasa.core.brokers.pika import PikaEventBroker
from rasa.shared.exceptions import ConnectionException
from rasa.utils.endpoints import EndpointConfig

from aftercare.rasa_components import patches

log = logging.getLogger(__name__)

# Events kept in memory while RabbitMQ is away, about 100 MB; what comes after is sent later with `rasa export`.
MOST_WAITING = 100_000


class PatientEventBroker(PikaEventBroker):  # type: ignore[misc]
    """Rasa's broker with a queue: events are sent one by one, and Rasa starts and answers while RabbitMQ is away.

    In endpoints.yml as Rasa's `type: pika`, with the same options. Stock Rasa starts one task per event, drops what is
    published before the connection stands, and closes without waiting for the rest.
    """

    FIRST_CONNECTION = 5.0  # seconds that Rasa's start waits for the first connection
    CONFIRMED_WITHIN = 10.0  # seconds until an unconfirmed event is sent again (at-least-once delivery)
    AGAIN_AFTER = 1.0  # seconds between attempts
    FLUSHED_WITHIN = 30.0  # seconds that closing waits for the queue

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        patches.verify(broker=True)
        super().__init__(*args, **kwargs)
        self._waiting: deque[tuple[dict[str, Any], dict[str, str] | None]] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._connected = asyncio.Event()
        self._overflown = False
        self._sender: asyncio.Task[None] | None = None

    @classmethod
    async def from_endpoint_config(
        cls, broker_config: EndpointConfig | None, event_loop: asyncio.AbstractEventLoop | None = None
    ) -> PatientEventBroker | None:
        """The broker; connects beside Rasa's start when RabbitMQ does not answer at once."""
        if broker_config is None:
            return None
        broker = cls(broker_config.url, **broker_config.kwargs, event_loop=event_loop or asyncio.get_running_loop())
        await broker.start()
        return broker

    async def start(self) -> None:
        """Begin to send, and give the first connection a moment."""
        self._sender = asyncio.get_running_loop().create_task(self._send_all())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._connected.wait(), self.FIRST_CONNECTION)

    def publish(self, event: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Queue an event; it is sent when those before it are."""
        # an export (raise_on_failure) has all of its events here before the first one is sent
        if len(self._waiting) >= MOST_WAITING and not self.raise_on_failure:
            if not self._overflown:
                log.error("RabbitMQ is away, %s events wait; send later ones with `rasa export`", MOST_WAITING)
            self._overflown = True
            return
        self._waiting.append((event, headers))
        self._empty.clear()
        self._wake.set()

    async def close(self) -> None:
        """Send what waits while RabbitMQ takes it, then close.

        Raises:
            ConnectionException: an export could not send everything.
        """
        if self.is_ready():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._empty.wait(), self.FLUSHED_WITHIN)
        if self._sender is not None:
            self._sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sender
        left = len(self._waiting)
        await super().close()
        if left:
            log.error("%s events did not reach RabbitMQ; send them with `rasa export`", left)
            if self.raise_on_failure:
                raise ConnectionException(f"{left} events did not reach RabbitMQ.")

    async def _send_all(self) -> None:
        while True:
            try:
                if not patches.exchange_is_open(self):
                    await patches.open_exchange(self)
                    self._connected.set()
                if not self._waiting:
                    self._overflown = False
                    self._empty.set()
                    self._wake.clear()
                    await self._wake.wait()
                event, headers = self._waiting[0]
                await patches.publish(self, event, headers, self.CONFIRMED_WITHIN)
                self._waiting.popleft()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # whatever it is: this event stays the next one
                log.warning("RabbitMQ does not take events (%s); %s wait", type(error).__name__, len(self._waiting))
                await asyncio.sleep(self.AGAIN_AFTER)
