"""A real desk in a thread of its own, in front of a scripted engine: browser tests block, the desk must not."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
import uuid
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import segno
import sqlalchemy as sa
from aiohttp import web
from PIL import Image, ImageDraw

from aftercare.base.settings import Settings
from aftercare.conversations import staff_actions
from aftercare.conversations.context import Desk, Limits
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.tables import conversation, event, rating
from aftercare.conversations.turns import TurnPolicy
from aftercare.run.desk import create_app
from aftercare.web.context import DESK

POLICY = TurnPolicy(typing_after=0.05, slow_after=1.0, first_pause=0.05, longest_pause=0.2, most_failures=3)
PLANS = {
    "en": "• New Zealand + Australia 10 GB: 10 GB, 30 days, NZ$44.90 – works in both countries\n"
    "• Tasman 8 GB: 8 GB, 15 days, A$24.90",
    "zh": "• 新西兰+澳大利亚 10 GB：10 GB，30 天，NZ$44.90——两国都能用\n• 塔斯曼 8 GB：8 GB，15 天，A$24.90",
}
CARDS = {
    "en": [
        {
            "title": "New Zealand + Australia 10 GB",
            "lines": ["10 GB", "30 days", "New Zealand, Australia"],
            "price": "NZ$44.90",
            "reason": "works in both countries",
            "payload": "/take",
            "action": "Tell me more",
        },
        {"title": "Tasman 8 GB", "lines": ["8 GB", "15 days"], "price": "A$24.90", "reason": ""},
    ],
    "zh": [
        {
            "title": "新西兰+澳大利亚 10 GB",
            "lines": ["10 GB", "30 天", "新西兰、澳大利亚"],
            "price": "NZ$44.90",
            "reason": "两国都能用",
            "payload": "/take",
            "action": "详细了解",
        },
        {"title": "塔斯曼 8 GB", "lines": ["8 GB", "15 天"], "price": "A$24.90", "reason": ""},
    ],
}


def qr_picture() -> str:
    """A QR code as a data URL."""
    buffer = io.BytesIO()
    segno.make("LPA:1$smdp.kiwiroam.example.com$KA0E6-A16A3-B39F6", error="m").save(
        buffer, kind="png", scale=6, border=4
    )
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def photo(path: Path, side: int = 320) -> Path:
    """A picture file of `side` pixels."""
    picture = Image.new("RGB", (side, side // 2), "#204060")
    ImageDraw.Draw(picture).text((10, 10), "Unable to Complete Cellular Plan Change", fill="white")
    picture.save(path)
    return path


class ScriptedEngine:
    """Answers by key words, like the assistant would. It thinks while `thinks` is set; `asked` has every request."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.thinks = False
        self.asked: list[str] = []
        self.answered: dict[str, dict[str, Any]] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; after a stop on the same port."""
        app = web.Application()
        app.router.add_post("/webhooks/desk/webhook", self._webhook)
        app.router.add_delete("/webhooks/desk/conversations/{sender}", self._erase)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @staticmethod
    async def _erase(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _webhook(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Engine-Secret") != self.secret:
            return web.json_response({"error": "secret"}, status=401)
        body = await request.json()
        text, key = body["text"], body["message_id"]
        self.asked.append(text)
        while self.thinks:
            await asyncio.sleep(0.02)
        if key not in self.answered:
            zh = any("\u4e00" <= c <= "\u9fff" for c in text)
            messages = self._messages(text, "zh" if zh else "en")
            turn = {
                "language": "zh" if zh else "en",
                "intent": "inform",
                "confidence": 0.9,
                "ranking": [],
                "entities": [],
            }
            self.answered[key] = {"messages": messages, "turn": {**turn, "actions": []}}
        return web.json_response(self.answered[key])

    @staticmethod
    def _messages(text: str, language: str) -> list[dict[str, Any]]:
        def pick(en: str, zh: str) -> str:
            return zh if language == "zh" else en

        if text.startswith("/") and "activation" not in text:
            return [{"text": f"You chose {text}"}]
        if "activat" in text or "激活不了" in text:
            choices = [
                {"title": pick("Cannot install", "装不上"), "payload": "/install"},
                {"title": pick("No signal", "没有信号"), "payload": "/signal"},
                {"title": pick("Bars but no internet", "有信号但上不了网"), "payload": "/data"},
            ]
            return [
                {"text": pick("Let's fix that. What do you see?", "我来帮您。您看到的是哪种情况？"), "choices": choices}
            ]
        if "plan" in text or "套餐" in text:
            intro = pick("These fit best:", "比较适合您的套餐：")
            return [{"text": f"{intro}\n{PLANS[language]}", "custom": {"cards": CARDS[language]}}]
        if "everything" in text:
            lines = "\n".join(f"Line {number} of a long answer." for number in range(1, 31))
            return [
                {"text": lines},
                {"text": "And this is the last word.", "choices": [{"title": "Fine", "payload": "/ok"}]},
            ]
        if "goodbye" in text or "再见" in text:
            return [{"text": pick("Have a good trip!", "旅途愉快！"), "name": "utter_goodbye"}]
        if "QR" in text or "二维码" in text:
            words = pick("Your QR code. Scan it from another screen.", "这是您的二维码，请用另一块屏幕打开来扫。")
            alt = {"image_alt": pick("QR code that installs your eSIM", "安装 eSIM 用的二维码")}
            return [{"text": words, "image": qr_picture(), "custom": alt}]
        if "number" in text:
            return [{"text": "Call +64 9 123 4567 or 0800 123 456. In danger dial 111 now. You used 111 MB."}]
        if "link" in text:
            return [{"text": "See https://shop.example/help?a=1. Not javascript:alert(1) or <b>this</b>."}]
        if "person" in text or "转人工" in text:
            return [{"text": pick("Somebody will read this soon.", "客服会尽快查看。"), "custom": {"handoff": True}}]
        return [{"text": f"echo {text}"}]


class BrowserDesk:
    """The desk and its engine, run by their own event loop. `url` stays the same over restarts."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.engine = ScriptedEngine(settings.secret("engine"))
        self.run(self.engine.start())
        self._settings = settings.model_copy(update={"rasa_url": f"http://127.0.0.1:{self.engine.port}"})
        self._limits = limits or Limits()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.start()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the desk's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @property
    def url(self) -> str:
        """Where the desk is."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def app(self) -> web.Application:
        """The running desk's application."""
        assert self._runner is not None
        return self._runner.app

    @property
    def desk(self) -> Desk:
        """The running desk's parts."""
        return self.app[DESK]

    def start(self) -> None:
        """Serve, on the port of before."""
        self.run(self._start())

    async def _start(self) -> None:
        app = create_app(self._settings, self._limits, POLICY)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    def stop(self) -> None:
        """Stop serving; what is stored stays."""
        if self._runner is not None:
            self.run(self._runner.cleanup())
            self._runner = None

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self.run(self.engine.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def conversations(self) -> list[str]:
        """Ids, the oldest first."""
        with self.desk.store.engine.connect() as connection:
            return list(connection.execute(sa.select(conversation.c.id).order_by(conversation.c.started_at)).scalars())

    def open_streams(self) -> int:
        """How many event streams the browsers of the latest conversation hold."""
        return self.desk.hub.streams(self.conversations()[-1])

    def messages(self, conversation_id: str) -> list[tuple[str, str]]:
        """(sender, text) of every stored message."""
        stored = self.desk.store.messages_after(conversation_id, 0, 5000)
        return [(each.sender, each.text) for each in stored if each.kind == "message"]

    def store(self, conversation_id: str, text: str, **columns: Any) -> None:
        """Put a message of anybody into the conversation, whatever is in it, and tell the open streams."""
        values = {"kind": "message", "sender": "assistant", "text": text, "at": datetime.now(UTC), **columns}
        with self.desk.store.engine.begin() as connection:
            mine = conversation.c.id == conversation_id
            seq = connection.execute(sa.select(conversation.c.last_seq).where(mine)).scalar_one() + 1
            connection.execute(sa.insert(event).values(conversation_id=conversation_id, seq=seq, **values))
            connection.execute(sa.update(conversation).where(mine).values(last_seq=seq))
        stored = self.desk.store.messages_after(conversation_id, seq - 1, 1)
        self._loop.call_soon_threadsafe(self.desk.hub.publish_stored, conversation_id, stored)

    def claim(self, conversation_id: str, name: str = "Aroha") -> None:
        """A member of the staff takes the conversation."""
        assert self.run(staff_actions.claim(self.desk, conversation_id, name.lower(), name, expected=None)) is not None

    def reply(self, conversation_id: str, text: str, name: str = "Aroha") -> None:
        """They write."""
        self.run(staff_actions.reply(self.desk, conversation_id, name.lower(), text, client_id=uuid.uuid4().hex))

    def hang_up(self, conversation_id: str, name: str = "Aroha") -> None:
        """They close the conversation."""
        self.run(staff_actions.close(self.desk, conversation_id, name.lower()))

    def end(self, conversation_id: str) -> None:
        """The traveller ends the conversation."""
        self.run(staff_actions.close(self.desk, conversation_id, None))

    def ratings(self) -> list[tuple[int, str]]:
        """(score, comment) of every rating."""
        with self.desk.store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.select(rating.c.score, rating.c.comment))]

    def typing(self, conversation_id: str, sender: str = "agent", **values: Any) -> None:
        """A notice of typing."""
        notice = LiveEvent("typing", sender, **values)
        self._loop.call_soon_threadsafe(self.desk.hub.publish_live, conversation_id, notice)
