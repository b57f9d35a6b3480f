"""The terminal chat against a running desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from aftercare.run.chat_terminal import TerminalChat, Unreachable
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa


class Terminal:
    """Types prepared lines, each as soon as the text before it was printed."""

    def __init__(self, *script: tuple[str, str]) -> None:
        self.script = list(script)
        self.printed: list[str] = []
        self.news = asyncio.Event()

    def show(self, line: str) -> None:
        self.printed.append(line)
        self.news.set()

    async def read(self) -> str:
        if not self.script:
            raise EOFError
        typed, wait_for = self.script.pop(0)
        while not any(wait_for in line for line in self.printed):
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 10)
        self.printed.clear()
        return typed


async def test_it_talks_and_chooses_by_number(traveller: ChatClient, rasa: FakeRasa) -> None:
    terminal = Terminal(("buttons", "English"), ("2", "Sure?"), ("[bold]你好", "payload"), ("", "echo"))
    await TerminalChat(traveller.base, terminal.show, terminal.read).run()
    assert [text for _, _, text in rasa.asked] == ["buttons", '/deny{"a": 1}', "[bold]你好"]


async def test_it_speaks_chinese(traveller: ChatClient) -> None:
    terminal = Terminal(("x" * 1001, "退出"), ("", "1001"))
    await TerminalChat(traveller.base, terminal.show, terminal.read, "zh").run()


async def test_it_says_when_nothing_answers(desk_settings: Callable[..., object]) -> None:
    async def read() -> str:
        raise EOFError

    waiting: Awaitable[None] = TerminalChat("http://127.0.0.1:9", lambda line: None, read).run()
    with pytest.raises(Unreachable, match="make run"):
        await waiting
