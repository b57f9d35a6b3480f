"""From a question in the chat to the file: the actions give links, the desk opens them."""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions import turn
from actions.base import AftercareAction
from actions.orders import about, usage
from actions.orders.payment import ActionInvoice
from actions.orders.qr_code import ActionResendQr
from actions.orders.usage import ActionUsageRecords
from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import Settings
from aftercare.documents import links
from aftercare.documents.links import FileLink
from aftercare.orders import ownership, seed, tickets
from aftercare.orders.migrations import migrate
from aftercare.orders.tables import Esim
from aftercare.run.desk import create_app

OWNERS = {
    "NZ10000001": "wang@example.com",
    "NZ10000002": "li@example.com",
    "NZ10000003": "emma@example.com",
    "NZ10000006": "raj@example.com",
}


@dataclass
class Chat:
    """Runs actions as Rasa would, for a conversation that has proved its orders."""

    settings: Settings
    engine: Engine

    async def ask(
        self, action: AftercareAction, number: str, text: str = "?", zh: bool = False, **slots: Any
    ) -> list[dict[str, Any]]:
        """The messages an action answers `text` with, about an order proved in this conversation."""
        with Session(self.engine, future=True) as session, session.begin():
            assert ownership.verify(session, "chat", number, OWNERS[number], utc_now()).status == "verified"
        return await self.ask_unproved(action, number, text, zh, **slots)

    async def ask_unproved(
        self, action: AftercareAction, number: str, text: str = "?", zh: bool = False, **slots: Any
    ) -> list[dict[str, Any]]:
        entities = slots.pop("entities", [])
        message = {"text": text, "intent": {"name": "ask_invoice"}, "entities": entities}
        tracker = Tracker(
            "chat",
            {"language": "zh" if zh else "en", "order_number": number, **slots},
            message,
            [{"event": "user", "text": text, "parse_data": message}],
            False,
            None,
            {},
            "action_listen",
        )
        dispatcher = CollectingDispatcher()
        await action.run(dispatcher, tracker, {})
        return list(dispatcher.messages)

    def tickets(self) -> list[str]:
        with Session(self.engine, future=True) as session:
            return [ticket.reason for ticket in tickets.open_tickets(session, "chat")]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An order database with the demo orders, made once: every test has a copy of it."""
    path = tmp_path_factory.mktemp("seeded") / "orders.db"
    migrate(f"sqlite:///{path}")
    seed.seed(f"sqlite:///{path}")
    return path


@pytest.fixture
def chat(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    for name in ("ORDERS_DATABASE_URL", "DESK_DATABASE_URL", "PUBLIC_URL", "MEDIA_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AFTERCARE_VAR", str(tmp_path))
    settings = Settings()
    shutil.copyfile(seeded, tmp_path / "orders.db")
    engine = open_engine(settings.orders_database_url)
    monkeypatch.setattr(turn, "orders_engine", lambda: engine)
    monkeypatch.setattr(about, "settings", lambda: settings)
    return Chat(settings, engine)


@pytest.fixture
async def desk(chat: Chat) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(create_app(chat.settings))) as client:
        yield client


def path_of(url: str, chat: Chat) -> str:
    assert url.startswith(f"{chat.settings.public_url}/media/")
    return url.removeprefix(chat.settings.public_url)


def token(chat: Chat, link: FileLink, at: datetime) -> str:
    return links.sign(link, chat.settings.secret("media"), at)


@pytest.mark.parametrize("zh", [False, True])
async def test_an_invoice_is_there_at_once(chat: Chat, desk: TestClient[Any, Any], zh: bool) -> None:
    (message,) = await chat.ask(ActionInvoice(), "NZ10000006", "发票" if zh else "invoice please", zh)
    assert message["response"] == "utter_invoice"
    assert message["amount"] == "US$17.00"
    response = await desk.get(path_of(message["link"], chat))
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="invoice-NZ10000006.pdf"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert (await response.read()).startswith(b"%PDF-")
    assert chat.tickets() == []


@pytest.mark.parametrize("text", ["I need an invoice for my company", "开发票，要写公司抬头", "要開統編"])
async def test_a_company_name_is_for_a_person(chat: Chat, text: str) -> None:
    messages = await chat.ask(ActionInvoice(), "NZ10000006", text)
    assert [message["response"] for message in messages] == ["utter_invoice", "utter_invoice_company"]
    assert messages[0]["buttons"] == []
    assert chat.tickets() == ["invoice"]


async def test_a_company_name_can_be_asked_for_afterwards(chat: Chat) -> None:
    (first,) = await chat.ask(ActionInvoice(), "NZ10000006", "an invoice, please")
    assert first["buttons"][0]["payload"] == '/ask_invoice{"invoice_for": "company"}'
    (second,) = await chat.ask(ActionInvoice(), "NZ10000006", entities=[{"entity": "invoice_for", "value": "company"}])
    assert second["response"] == "utter_invoice_company"
    assert chat.tickets() == ["invoice"]


async def test_usage_records_come_as_lines_chart_and_table(chat: Chat, desk: TestClient[Any, Any]) -> None:
    message, *others = await chat.ask(ActionUsageRecords(), "NZ10000002", zh=True)
    assert message["response"] == "utter_usage_records"
    assert 1 <= len(message["records"].splitlines()) <= usage.MAX_RECORDS
    assert "新西兰" in message["records"]
    assert len(others) <= 2
    kind, _, content = message["image"].partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as chart:
        assert chart.width > chart.height > 300
    response = await desk.get(path_of(message["link"], chat))
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    table = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert table[0][0] == "日期"
    assert sum(1 for row in table[1:] if row[3]) == int(message["count"])


async def test_a_long_list_is_cut_in_the_chat_and_whole_in_the_table(
    chat: Chat, desk: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MAX_RECORDS", 3)
    message = (await chat.ask(ActionUsageRecords(), "NZ10000002"))[0]
    assert len(message["records"].splitlines()) == 3
    assert message["cut"] == "; the latest 3"
    response = await desk.get(path_of(message["link"], chat))
    assert len((await response.text()).splitlines()) > 4


@pytest.mark.parametrize(("device", "offered"), [(None, True), ("apple-iphone-15", True), ("google-pixel-8", False)])
async def test_iphones_install_with_one_tap(chat: Chat, device: str | None, offered: bool) -> None:
    with Session(chat.engine, future=True) as session, session.begin():
        session.execute(sa.update(Esim).values(device_id=None).execution_options(synchronize_session=False))
    (message,) = await chat.ask(ActionResendQr(), "NZ10000001", device=device)
    assert message["response"] == "utter_qr"
    assert message["image"].startswith("data:image/png;base64,")
    found = re.search(r"https://esimsetup\.apple\.com/\S+carddata=LPA:1\$\S+", message["iphone"])
    assert bool(found) == offered
    assert not offered or message["code"] in message["iphone"]


@pytest.mark.parametrize("action", [ActionInvoice, ActionUsageRecords, ActionResendQr])
async def test_without_proof_there_is_no_link(chat: Chat, action: type[AftercareAction]) -> None:
    messages = await chat.ask_unproved(action(), "NZ10000002", order_verified=True)
    assert not any("link" in message or message.get("image") for message in messages)


@pytest.mark.parametrize("kind", links.KINDS)
async def test_after_an_hour_the_link_says_so_in_both_languages(
    chat: Chat, desk: TestClient[Any, Any], kind: links.Kind
) -> None:
    old = token(chat, FileLink(kind, "NZ10000002", "en"), utc_now() - timedelta(minutes=61))
    response = await desk.get(f"/media/{old}")
    assert response.status == 410
    page = await response.text()
    assert "expired" in page
    assert "过期" in page
    assert "NZ10000002" not in page


async def test_a_changed_link_opens_nothing(chat: Chat, desk: TestClient[Any, Any]) -> None:
    payload, signature = token(chat, FileLink("invoice", "NZ10000002", "en"), utc_now()).split(".")
    forged = base64.urlsafe_b64encode(
        base64.urlsafe_b64decode(payload + "==").replace(b"NZ10000002", b"NZ10000006")
    ).decode()
    for path in (f"{forged.rstrip('=')}.{signature}", f"{payload}.{signature[:-1]}", f"{payload}.AAAA", "a.b"):
        response = await desk.get(f"/media/{path}")
        assert response.status == 404
        assert "找不到" in await response.text()


@pytest.mark.parametrize("kind", links.KINDS)
async def test_an_order_that_is_gone_has_no_files(chat: Chat, desk: TestClient[Any, Any], kind: links.Kind) -> None:
    gone = token(chat, FileLink(kind, "NZ99999999", "en"), utc_now())
    assert (await desk.get(f"/media/{gone}")).status == 404


async def test_pictures_of_travellers_keep_their_addresses(desk: TestClient[Any, Any]) -> None:
    response = await desk.get("/media/no-such-picture")
    assert response.status == 404
    assert (await response.json())["error"]["code"] == "not_found"
