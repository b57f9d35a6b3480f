"""A real SMTP server on a free port, and the settings that name it."""

from __future__ import annotations

import email
import random
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.running_stack import free_port


class Relay:
    """What aiosmtpd calls; keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answer_to_address = "250 OK"
        self.answer_to_mail = "250 OK"
        self.busy = 0.0  # the part of mails that is to be sent again later, half of these although they were taken

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.answer_to_address.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_address

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        chance = random.random()
        if chance < self.busy / 2:
            return "451 busy"
        if self.answer_to_mail.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        return "451 busy" if chance < self.busy else self.answer_to_mail


@contextmanager
def running_relay() -> Iterator[tuple[Relay, dict[str, str]]]:
    """The server, and the environment in which mails go to it."""
    handler, port = Relay(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield (
        handler,
        {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_TLS": "off",
            "MAIL_FROM": "Kiwi eSIM <help@shop.example.com>",
        },
    )
    controller.stop()
