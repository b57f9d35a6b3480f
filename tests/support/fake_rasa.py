"""A stand-in for Rasa's desk channel that speaks the same protocol, and counts what it was asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

# by what was typed; "" is anything else
_IN_CONTEXT = {
    "": {"situation": "idle", "asked": "", "commands": [["acknowledge", 0.9]], "units": []},
    "article": {
        "situation": "step",
        "asked": "roaming",
        "commands": [["ask", 0.91], ["step:not_now", 0.3]],
        "units": [["data-roaming.roaming-which-line", 0.88], ["hotspot.limits", 0.1]],
    },
}


class FakeRasa:
    """Echoes; some words make it misbehave. `asked` holds (sender, message_id, text) of every request."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.asked: list[tuple[str, str, str]] = []
        self.metadata: list[dict[str, Any]] = []
        self.erased: list[str] = []
        self.processed: dict[str, list[str]] = {}
        self.models: list[str] = []
        self.tried = 0  # turns taken for the readiness of the desk
        self.try_seconds = 0.0
        self.seconds = 0.0
        self.status = 200
        self.thinking_seconds = 0.0  # between two messages of a turn
        self.storing_seconds = 0.0
        self.lost = 0  # so many turns end after their first message, unstored: their connections break
        self.unstorable = False  # the answer is given, storing it fails
        self._latest: dict[str, tuple[str, dict[str, Any]]] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        app = web.Application()
        app.router.add_post("/webhooks/desk/webhook", self._webhook)
        app.router.add_delete("/webhooks/desk/conversations/{sender}", self._erase)
        app.router.add_put("/model", self._model)
        app.router.add_get("/webhooks/desk/ready", self._home)
        app.router.add_get("/webhooks/desk/turn", self._try)
        app.router.add_get("/health", self._home)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _home(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _try(self, request: web.Request) -> web.Response:
        self.tried += 1
        await asyncio.sleep(self.try_seconds)
        return await self._home(request)

    async def _model(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.json_response({"reason": "on purpose"}, status=self.status)
        self.models.append((await request.json())["model_file"])
        return web.Response(status=204)

    async def _erase(self, request: web.Request) -> web.Response:
        self.erased.append(request.match_info["sender"])
        return web.Response(status=204)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-Engine-Secret") != self.secret:
            return web.json_response({"error": "secret"}, status=401)
        body = await request.json()
        sender, text, message_id = body["sender"], body["text"], body["message_id"]
        self.asked.append((sender, message_id, text))
        self.metadata.append(body["metadata"])
        if self.status != 200:
            return web.json_response({"error": "on purpose"}, status=self.status)
        known_id, answer = self._latest.get(sender, ("", {}))
        known = known_id == message_id
        if not known:
            await asyncio.sleep(self.seconds)
            answer = {"messages": self._messages(text, body["metadata"]), "turn": self._turn(text, body["metadata"])}
        if request.headers.get("Accept") != "application/x-ndjson":
            if not known:
                self._store(sender, message_id, answer)
            return web.json_response(answer)
        if known:
            return await self._in_lines(request, answer)
        if self.lost:
            self.lost -= 1
            return await self._in_lines(request, answer, lost=True)
        if self.unstorable:
            return await self._in_lines(request, answer, {"error": "on purpose", "status": 500})
        return await self._in_lines(request, answer, storing=(sender, message_id))

    def _store(self, sender: str, message_id: str, answer: dict[str, Any]) -> None:
        self.processed.setdefault(sender, []).append(message_id)
        self._latest[sender] = (message_id, answer)

    async def _in_lines(
        self,
        request: web.Request,
        answer: dict[str, Any],
        end: dict[str, Any] | None = None,
        *,
        storing: tuple[str, str] | None = None,
        lost: bool = False,
    ) -> web.StreamResponse:
        """Each message at once, how the turn ends later; without a pause everything is here together."""
        lines = [{"messages": [message]} for message in answer["messages"]]
        end = end or {"turn": answer["turn"], "status": 200}
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)

        async def write(*lines: dict[str, Any]) -> None:
            await response.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

        if lost:
            assert request.transport is not None
            await write(lines[0])
            request.transport.close()  # sends what is written, then breaks off inside the answer
            return response
        while lines and self.thinking_seconds + self.storing_seconds:
            await write(lines.pop(0))
            await asyncio.sleep(self.thinking_seconds if lines else self.storing_seconds)
        if storing is not None:
            self._store(*storing, answer)
        await write(*lines, end)
        return response

    @staticmethod
    def _messages(text: str, metadata: dict[str, Any]) -> list[dict[str, Any]]:
        if metadata["payload"]:
            return [{"text": f"payload {text}", "name": "utter_payload"}]
        if text == "buttons":
            choices = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": '/deny{"a": 1}'}]
            return [{"text": "Sure?", "choices": choices, "name": "utter_sure"}]
        if text in ("person", "person again", "转人工"):
            return [{"text": "Somebody reads this at 9.", "custom": {"handoff": True}, "name": "utter_handoff"}]
        if text == "no person":
            return [{"text": "No person then.", "custom": {"leave_line": True}, "name": "utter_line_left"}]
        if text == "step":
            return [{"text": "Try this.", "custom": {"remind": True}, "name": "step.restart"}]
        if text == "picture":
            pixel = "data:image/png;base64,iVBORw0KGgo="
            return [{"text": "", "image": pixel}, {"text": "two", "image": "https://elsewhere.example/x.png"}]
        if text == "pieces":
            return [{"text": "first", "name": "utter_first"}, {"text": "second", "name": "utter_second"}]
        if text == "article":
            return [{"text": "Roaming is included.", "name": "utter_article"}]
        if text == "goodbye":
            return [{"text": "Have a good trip.", "name": "utter_goodbye"}]
        if text == "plans":
            tasman = {"title": "Tasman 10 GB", "lines": ["10 GB", "30 days"], "price": "NZ$39.00"}
            cards = [
                {**tasman, "reason": "lasts your trip", "payload": "/take{}", "action": "Take this"},
                {"title": "Kiwi 3 GB", "payload": "/take"},
                {"title": "Only to look at"},
            ]
            return [{"text": "• Tasman 10 GB\n• Kiwi 3 GB", "custom": {"cards": cards}, "name": "utter_plans"}]
        if text == "broken plans":
            return [{"text": "One plan.", "custom": {"cards": [{"lines": 5}]}, "name": "utter_plans"}]
        if text == "silence":
            return []
        return [{"text": f"echo {text}", "choices": None, "image": None, "custom": None, "name": "utter_echo"}]

    @staticmethod
    def _turn(text: str, metadata: dict[str, Any]) -> dict[str, Any]:
        language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in text) else "en"
        if metadata["payload"]:  # no words tell it
            language = metadata["language"]
        return {
            "language": language,
            "intent": "greet",
            "confidence": 0.9,
            "ranking": [],
            "entities": [],
            "actions": [],
            "in_context": None if metadata["payload"] else _IN_CONTEXT.get(text, _IN_CONTEXT[""]),
        }
