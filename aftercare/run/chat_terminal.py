"""A chat in the terminal, over the same chat API as the page: for trying the assistant and for support over SSH."""

from __future__ import annotations

import asyncio
import contextlib
import json
import locale
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.markup import escape

from aftercare.base.language import Language
from aftercare.base.responses import phrase
from aftercare.base.voice import voice_of_locale

_TRIES = 30  # about half a minute without the desk, then a message is given up


class Unreachable(Exception):
    """The desk does not answer."""


class TerminalChat:
    """One conversation: `show` is called with rich markup for each line to print, `read` returns what was typed."""

    def __init__(
        self, url: str, show: Callable[[str], None], read: Callable[[], Awaitable[str]], language: Language = "en"
    ) -> None:
        self._url = url.rstrip("/")
        self._show = show
        self._read = read
        self._language = language
        self._token = ""
        self._after = 0
        self._choices: list[dict[str, str]] = []

    def _text(self, name: str) -> str:
        return phrase(name, self._language, url=self._url)

    async def run(self) -> None:
        """Talk until the input ends.

        Raises:
            Unreachable: the desk did not answer at the start.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            try:
                await self._open(client)
            except aiohttp.ClientError:
                raise Unreachable(self._text("terminal_unreachable")) from None
            self._show(f"[dim]{self._text('terminal_welcome')}[/]")
            reader = asyncio.create_task(self._follow(client))
            try:
                while True:
                    try:
                        typed = (await self._read()).strip()
                    except (EOFError, KeyboardInterrupt):
                        return
                    if typed:
                        await self._send(client, typed)
            finally:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader

    async def _open(self, client: aiohttp.ClientSession) -> None:
        body = {"locale": self._language} | ({"resume": self._token} if self._token else {})
        async with client.post(f"{self._url}/api/chat/sessions", json=body) as response:
            if response.status == 401:
                self._token, self._after = "", 0
            response.raise_for_status()
            self._token = (await response.json())["token"]

    async def _send(self, client: aiohttp.ClientSession, typed: str) -> None:
        body = {"id": uuid.uuid4().hex, "text": typed}
        if typed.isdigit() and 1 <= int(typed) <= len(self._choices):
            body = {"id": body["id"], "choice": self._choices[int(typed) - 1]["id"]}
        for _ in range(_TRIES):
            try:
                async with client.post(
                    f"{self._url}/api/chat/messages", json=body, headers={"Authorization": f"Bearer {self._token}"}
                ) as response:
                    if response.status == 202:
                        self._choices = []
                        return
                    error = (await response.json())["error"]["message"]
                    if response.status not in (429, 503):
                        self._show(f"[yellow]{escape(error)}[/]")
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(1)
        self._show(f"[red]{escape(self._text('terminal_unreachable'))}[/]")

    async def _follow(self, client: aiohttp.ClientSession) -> None:
        while True:
            try:
                headers = {"Authorization": f"Bearer {self._token}", "Last-Event-ID": str(self._after)}
                async with client.get(f"{self._url}/api/chat/events", headers=headers) as response:
                    if response.status == 401:
                        await self._open(client)
                        continue
                    response.raise_for_status()
                    async for line in response.content:
                        if line.startswith(b"data: "):
                            self._print(json.loads(line[6:]))
            except (TimeoutError, aiohttp.ClientError):
                self._show(f"[yellow]{escape(self._text('terminal_lost'))}[/]")
            await asyncio.sleep(1)

    def _print(self, event: dict[str, Any]) -> None:
        if event["seq"]:
            self._after = event["seq"]
        if event["from"] == "traveller":
            return
        if event["kind"] == "typing":
            self._show(f"[dim]{self._text('terminal_typing')}[/]")
            return
        style = "green" if event["kind"] == "message" else "yellow"
        if event["text"]:
            who = f"[bold]{escape(event['agent'])}:[/] " if event.get("agent") else ""
            self._show(f"{who}[{style}]{escape(event['text'])}[/]")
        if image := event.get("image"):
            address = self._url + image if image.startswith("/") else self._text("terminal_picture")
            self._show(f"[cyan]{escape(address)}[/]")
        for number, choice in enumerate(event["choices"], start=1):
            self._show(f"  [bold cyan]{number}[/] {escape(choice['title'])}")
        if event["choices"]:
            self._choices = event["choices"]


def main(url: str) -> None:
    """Talk with the desk at `url`.

    Raises:
        SystemExit: nothing answers there.
    """
    language = voice_of_locale(locale.getlocale()[0] or "en").language
    console = Console(highlight=False)
    prompt: PromptSession[str] = PromptSession("> ")

    async def read_and_send() -> None:
        with patch_stdout(raw=True):
            await TerminalChat(url, console.print, prompt.prompt_async, language).run()

    try:
        asyncio.run(read_and_send())
    except Unreachable as error:
        raise SystemExit(str(error)) from None
