"""A local Bot API server as strict as Telegram's. `#name` is where core.telegram.org/bots/api states a rule.

The npm package telegram-test-api 4.2.1 was tried as a second one. Its getMe lacks the required `is_bot`, its dates are
in milliseconds, offsets and lengths do not matter to it, and it knows no photos, documents or chat actions.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp
from aiohttp import web
from PIL import Image

TOKEN = "123456789:AAE-local_TEST-token-of-35-letters0"
NAME = "aftercare_test_bot"
Json = dict[str, Any]
ME: Json = {"id": 1, "is_bot": True, "first_name": "Aftercare", "username": NAME}


class Refused(Exception):
    """An answer with ok: false (#making-requests)."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class _Html(HTMLParser):
    """HTML mode (#html-style): only these tags, closed in order."""

    TAGS = re.compile("b|strong|i|em|u|ins|s|strike|del|span|tg-spoiler|a|tg-emoji|code|pre|blockquote")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.TAGS.fullmatch(tag):
            raise Refused(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused(400, "Bad Request: can't parse entities: Unmatched end tag at byte offset 0")

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str, mode: str | None) -> str:
    """The text after entities are parsed, which is what lengths are about (#sendmessage)."""
    if mode is None:
        return text
    assert mode == "HTML", "the only mode we use"
    # #html-style: every < > & that is no tag or entity must be escaped; named entities are these four
    if re.search(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", text) or re.search(r"<(?![a-z/])", text):
        raise Refused(400, "Bad Request: can't parse entities: a character is not escaped")
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Refused(400, "Bad Request: can't parse entities: Can't find end tag")
    return parser.text


def units(text: str) -> int:
    """UTF-16 units (#messageentity)."""
    return len(text.encode("utf-16-le")) // 2


@dataclass
class Sent:
    """A message the bot sent. `text` is the text or caption as a traveller reads it."""

    chat_id: int
    message_id: int
    method: str
    text: str
    params: Json
    content: bytes = b""
    filename: str = ""
    keyboard: list[list[Json]] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        return [button["text"] for row in self.keyboard for button in row]

    def data_of(self, title: str) -> str:
        return next(str(b["callback_data"]) for row in self.keyboard for b in row if b["text"] == title)


class BotApi:
    """The server, and the travellers who use it."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.me = ME
        self.port = 0
        self.sent: list[Sent] = []
        self.actions: list[tuple[int, str]] = []
        self.answered: dict[str, str] = {}  # callback query id, toast
        self.calls: list[str] = []  # methods, in lower case
        self.refusals: list[tuple[str, str]] = []  # method, description; without 401, 409 and 429
        self.conflicts = 0
        self.blocked: set[int] = set()
        self.known: set[int] = set()
        self.files: dict[str, bytes] = {}
        self.commands: dict[str, list[Json]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.webhook: Json = {}
        self.before: Callable[[str, Json], Awaitable[None]] | None = None  # may raise Refused, or hold a call up
        self.after: Callable[[str, Json], Awaitable[None]] | None = None  # the same once the call was carried out
        self._updates: list[Json] = []  # not confirmed
        self._next_update = 1000
        self._next_message = 1
        self._news = asyncio.Event()
        self._poller = 0
        self._open_queries: set[str] = set()
        self._runner: web.AppRunner | None = None
        self._pushers: dict[int, asyncio.Task[None]] = {}
        self._push_queues: dict[int, list[Json]] = {}
        self._changed = asyncio.Condition()
        self._client: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> BotApi:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True, backlog=1024).start()
        self.port = self._runner.addresses[0][1]
        self._client = aiohttp.ClientSession()
        return self

    async def stop(self) -> None:
        for task in self._pushers.values():
            task.cancel()
        await asyncio.gather(*self._pushers.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- what travellers do ---

    def message(self, chat_id: int, language: str = "en", chat: Json | None = None, **content: Any) -> Json:
        """A message (#message) of this traveller."""
        self.known.add(chat_id)
        self._next_message += 1
        return {
            "message_id": self._next_message,
            "date": int(time.time()),
            "chat": chat or {"id": chat_id, "type": "private", "first_name": "Kim"},
            "from": _user(chat_id, language),
            **content,
        }

    def update(self, **content: Any) -> Json:
        """A new update (#update), handed to the bot."""
        update = {"update_id": self._next_update, **content}
        self._next_update += 1
        self.hand_over(update)
        return update

    def hand_over(self, *updates: Json) -> None:
        """Give updates to the bot in this order, whatever their ids."""
        if not self.webhook:
            self._updates.extend(updates)
            self._news.set()
            return
        for update in updates:
            chat_id = _chat_id(update)
            self._push_queues.setdefault(chat_id, []).append(update)
            if chat_id not in self._pushers or self._pushers[chat_id].done():
                self._pushers[chat_id] = asyncio.get_running_loop().create_task(self._push(chat_id))

    def say(self, chat_id: int, text: str, language: str = "en") -> Json:
        """Write; the update."""
        entities = {}
        if text.startswith("/"):  # #messageentity
            entities["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self.update(message=self.message(chat_id, language, text=text, **entities))

    def press(self, chat_id: int, sent: Sent, title: str, language: str = "en") -> str:
        """Press a button; the id of the callback query (#callbackquery)."""
        query_id = f"q{self._next_update}"
        self._open_queries.add(query_id)
        message = {
            "message_id": sent.message_id,
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": "private"},
            "from": {"id": 1, "is_bot": True, "first_name": "bot"},
            "text": sent.text,
        }
        data = {"chat_instance": "1", "data": sent.data_of(title)}
        self.update(callback_query={"id": query_id, "from": _user(chat_id, language), "message": message, **data})
        return query_id

    def photo(self, chat_id: int, content: bytes, caption: str = "", album: str = "") -> Json:
        """Send a photo, which comes in two sizes, smallest first (#photosize); with others of the same `album`."""
        name = f"photo{len(self.files)}"
        self.files[name] = content
        sizes = [
            {"file_id": f"{name}s", "file_unique_id": f"{name}s", "width": 90, "height": 90, "file_size": 100},
            {"file_id": name, "file_unique_id": name, "width": 800, "height": 800, "file_size": len(content)},
        ]
        words = {"caption": caption} if caption else {}
        words |= {"media_group_id": album} if album else {}
        return self.update(message=self.message(chat_id, photo=sizes, **words))

    def membership(self, chat_id: int, status: str) -> None:
        """Block ("kicked") or unblock ("member") the bot (#chatmemberupdated)."""
        (self.blocked.add if status == "kicked" else self.blocked.discard)(chat_id)
        bot = {"id": 1, "is_bot": True, "first_name": "bot"}
        banned = {"until_date": 0} if status == "kicked" else {}
        self.update(
            my_chat_member={
                "chat": {"id": chat_id, "type": "private"},
                "from": _user(chat_id, "en"),
                "date": int(time.time()),
                "old_chat_member": {"user": bot, "status": "member"},
                "new_chat_member": {"user": bot, "status": status, **banned},
            }
        )

    # --- what travellers see ---

    def to(self, chat_id: int) -> list[Sent]:
        """Everything sent to a chat, in order."""
        return [sent for sent in self.sent if sent.chat_id == chat_id]

    async def until(self, condition: Callable[[], Any], what: str = "it", seconds: float = 60) -> Any:
        """The first true value of a condition on what the bot did."""

        async def wait() -> Any:
            async with self._changed:
                while not (found := condition()):
                    await self._changed.wait()
                return found

        try:
            return await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            seen = [(sent.chat_id, sent.text, sent.titles) for sent in self.sent[-12:]]
            raise AssertionError(f"{what} did not happen; sent last: {seen}; refused: {self.refusals}") from None

    async def shown(self, chat_id: int, text: str, seconds: float = 60) -> Sent:
        """The newest message to this chat that contains the text."""

        def find() -> Sent | None:
            return next((sent for sent in reversed(self.to(chat_id)) if text in sent.text), None)

        found: Sent = await self.until(find, f"a message with {text!r}", seconds)
        return found

    # --- the server ---

    async def _call(self, request: web.Request) -> web.Response:
        name = request.match_info["method"].lower()  # methods are case-insensitive (#making-requests)
        method = getattr(self, f"_do_{name}", None)
        try:
            token = request.match_info["token"]
            if token != self.token:  # 401 for a well-formed one; others are no address at all
                raise (
                    Refused(401, "Unauthorized") if re.fullmatch(r"\d+:[\w-]{35}", token) else Refused(404, "Not Found")
                )
            if method is None:
                raise Refused(404, "Not Found: method not found")
            params = await _params(request)
            self.calls.append(name)
            if self.before is not None:
                await self.before(name, params)
            body: Json = {"ok": True, "result": await method(params)}
            if self.after is not None:
                await self.after(name, params)
            return web.json_response(body)
        except Refused as error:
            if error.status in (400, 403, 404):
                self.refusals.append((name, error.description))
            body = {"ok": False, "error_code": error.status, "description": error.description}
            if error.parameters:  # #responseparameters
                body["parameters"] = error.parameters
            return web.json_response(body, status=error.status)
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _download(self, request: web.Request) -> web.Response:
        """#getfile: https://api.telegram.org/file/bot<token>/<file_path>."""
        if request.match_info["token"] != self.token or request.match_info["path"] not in self.files:
            return web.Response(status=404)
        return web.Response(body=self.files[request.match_info["path"]])

    async def _push(self, chat_id: int) -> None:
        """#setwebhook: POST with the secret token, repeated until the answer is 2xx; one chat's updates in order."""
        assert self._client is not None
        queue, pause = self._push_queues[chat_id], 0.05
        while queue and self.webhook:
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
            try:
                async with self._client.post(self.webhook["url"], json=queue[0], headers=headers) as response:
                    if 200 <= response.status < 300:
                        queue.pop(0)
                        continue
            except (TimeoutError, aiohttp.ClientError):
                pass
            await asyncio.sleep(pause)
            pause = min(1.0, pause * 2)

    # --- methods ---

    async def _do_getme(self, _params: Json) -> Json:
        return self.me

    async def _do_getupdates(self, params: Json) -> list[Json]:
        if self.webhook:  # #getupdates: does not work while a webhook is set
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._poller += 1
        me = self._poller
        self._news.set()  # whoever asks already is sent away
        offset, limit = int(params.get("offset") or 0), int(params.get("limit") or 100)
        assert 1 <= limit <= 100
        if offset > 0:  # an update is confirmed by an offset higher than its id (#getupdates)
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
        allowed = json.loads(params.get("allowed_updates") or "[]")
        deadline = time.monotonic() + float(params.get("timeout") or 0)
        while True:
            if me != self._poller:
                self.conflicts += 1
                raise Refused(409, "Conflict: terminated by other getUpdates request")
            found = [update for update in self._updates if not allowed or _kind(update) in allowed]
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found[:limit]
            self._news.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    async def _do_setwebhook(self, params: Json) -> bool:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", params.get("secret_token", "")):  # #setwebhook
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        if not params["url"].startswith(("https://", "http://127.0.0.1:")):  # HTTP: #using-a-local-bot-api-server
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = dict(params)
        waiting, self._updates = self._updates, []
        self.hand_over(*waiting)
        return True

    async def _do_deletewebhook(self, params: Json) -> bool:
        assert params.get("drop_pending_updates") in (None, "false", False), "what travellers wrote must not be dropped"
        self.webhook = {}
        return True

    async def _do_sendmessage(self, params: Json) -> Json:
        text = parsed(params.get("text", ""), params.get("parse_mode"))
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if units(text) > 4096:  # #sendmessage
            raise Refused(400, "Bad Request: message is too long")
        return self._send("sendMessage", params, text)

    async def _do_sendphoto(self, params: Json) -> Json:
        content = _upload(params, "photo")
        if len(content) > 10_000_000:  # #sendphoto: 10 MB; width and height together 10000; ratio 20
            raise Refused(400, "Bad Request: file is too big")
        try:
            with Image.open(io.BytesIO(content)) as picture:
                width, height = picture.size
        except OSError:
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from None
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        return self._send("sendPhoto", params, _caption(params), content)

    async def _do_senddocument(self, params: Json) -> Json:
        content = _upload(params, "document")
        if len(content) > 50_000_000:  # #senddocument
            raise Refused(400, "Bad Request: file is too big")
        return self._send("sendDocument", params, _caption(params), content)

    def _send(self, method: str, params: Json, text: str, content: bytes = b"") -> Json:
        chat_id = int(params["chat_id"])
        if chat_id not in self.known:  # a bot cannot begin a conversation
            raise Refused(400, "Bad Request: chat not found")
        if chat_id in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        keyboard = json.loads(params.get("reply_markup") or "{}").get("inline_keyboard", [])
        for button in (button for row in keyboard for button in row):
            if not button["text"]:
                raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if not 1 <= len(button.get("callback_data", "").encode()) <= 64:  # #inlinekeyboardbutton
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        self._next_message += 1
        name = params.get("__filename", "")
        self.sent.append(Sent(chat_id, self._next_message, method, text, params, content, name, keyboard))
        chat = {"id": chat_id, "type": "private"}
        return {"message_id": self._next_message, "date": int(time.time()), "chat": chat, "text": text}

    async def _do_sendchataction(self, params: Json) -> bool:
        assert params["action"] in ("typing", "upload_photo", "upload_document")  # #sendchataction
        self.actions.append((int(params["chat_id"]), params["action"]))
        return True

    async def _do_answercallbackquery(self, params: Json) -> bool:
        if params["callback_query_id"] not in self._open_queries:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        assert units(params.get("text", "")) <= 200  # #answercallbackquery
        self._open_queries.discard(params["callback_query_id"])
        self.answered[params["callback_query_id"]] = params.get("text", "")
        return True

    async def _do_editmessagereplymarkup(self, params: Json) -> Json:
        chat_id, message_id = int(params["chat_id"]), int(params["message_id"])
        sent = next((s for s in self.sent if (s.chat_id, s.message_id) == (chat_id, message_id)), None)
        if sent is None:
            raise Refused(400, "Bad Request: message to edit not found")
        keyboard = json.loads(params.get("reply_markup") or "{}").get("inline_keyboard", [])
        if keyboard == sent.keyboard:
            raise Refused(400, "Bad Request: message is not modified")
        sent.keyboard = keyboard
        return {"message_id": message_id, "date": 0, "chat": {"id": chat_id, "type": "private"}, "text": sent.text}

    async def _do_getfile(self, params: Json) -> Json:
        file_id = params["file_id"]
        if file_id not in self.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[file_id]) > 20_000_000:  # #getfile
            raise Refused(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id, "file_path": file_id}

    async def _do_getmycommands(self, params: Json) -> list[Json]:
        return self.commands.get(_language(params), [])

    async def _do_setmycommands(self, params: Json) -> bool:
        commands = json.loads(params["commands"])
        assert len(commands) <= 100
        for command in commands:  # #botcommand
            if (
                not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"])
                or not 1 <= units(command["description"]) <= 256
            ):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self.commands[_language(params)] = commands
        return True

    async def _do_getmydescription(self, params: Json) -> Json:
        return {"description": self.descriptions.get(("description", _language(params)), "")}

    async def _do_setmydescription(self, params: Json) -> bool:
        assert units(params["description"]) <= 512  # #setmydescription
        self.descriptions["description", _language(params)] = params["description"]
        return True

    async def _do_getmyshortdescription(self, params: Json) -> Json:
        return {"short_description": self.descriptions.get(("short", _language(params)), "")}

    async def _do_setmyshortdescription(self, params: Json) -> bool:
        assert units(params["short_description"]) <= 120  # #setmyshortdescription
        self.descriptions["short", _language(params)] = params["short_description"]
        return True


async def _params(request: web.Request) -> Json:
    """#making-requests: query, form, JSON or multipart; an uploaded file may be named by attach:// (#inputfile)."""
    if request.content_type == "application/json":
        return {**request.query, **(await request.json())}
    params: Json = dict(request.query)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            params[name] = value.file.read()
            params["__filename"] = value.filename
        else:
            params[name] = value
    return params


def _upload(params: Json, name: str) -> bytes:
    content = params[name]
    if isinstance(content, str) and content.startswith("attach://"):
        content = params[content.removeprefix("attach://")]
    assert isinstance(content, bytes), "files are uploaded: nothing of ours has a public address"
    return content


def _caption(params: Json) -> str:
    caption = parsed(params.get("caption", ""), params.get("parse_mode"))
    if units(caption) > 1024:  # #sendphoto
        raise Refused(400, "Bad Request: message caption is too long")
    return caption


def _language(params: Json) -> str:
    code = str(params.get("language_code", ""))
    assert re.fullmatch(r"|[a-z]{2}", code), "a two-letter ISO 639-1 language code (#setmycommands)"
    return code


def _user(chat_id: int, language: str) -> Json:
    return {"id": abs(chat_id), "is_bot": False, "first_name": "Kim", "language_code": language}


def _kind(update: Json) -> str:
    return next(key for key in update if key != "update_id")


def _chat_id(update: Json) -> int:
    content = update[_kind(update)]
    try:
        return int((content.get("message") or content)["chat"]["id"])
    except (AttributeError, KeyError, TypeError):  # broken on purpose
        return 0
