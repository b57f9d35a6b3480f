"""An identity opens one conversation, soon, and nobody else's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import settings
from aftercare.connectors import order_lookup
from aftercare.orders import ownership, tables
from aftercare.orders.migrations import migrate
from aftercare.orders.seed import seed
from tests.support.chat_client import ChatClient
from tests.support.order_rows import add_order
from tests.support.shop_database import place_order, shop_settings

SECRET = "the secret of the seller's own site"


def identity(email: str = "emma@example.com", **claims: Any) -> str:
    body = {"aud": "esim-aftercare", "exp": datetime.now(UTC) + timedelta(minutes=5), "email": email, **claims}
    return jwt.encode(body, SECRET, "HS256")


@pytest.fixture
async def client(start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession) -> ChatClient:
    desk = await start_desk(IDENTITY_SECRET=SECRET)
    orders = open_engine(desk.settings.orders_database_url)
    tables.metadata.create_all(orders)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, "NZ10000004", "tom@example.com")
    client = ChatClient(http, desk.url)
    client.orders = orders  # type: ignore[attr-defined]
    return client


async def refused(client: ChatClient, **body: Any) -> bool:
    async with client.session.post(f"{client.base}/api/chat/sessions", json=body) as response:
        assert response.status in (201, 401)
        return response.status == 401


@pytest.mark.parametrize("own_id", [{"jti": "one"}, {}])
async def test_it_opens_one_conversation(client: ChatClient, own_id: dict[str, str]) -> None:
    once = identity(**own_id)
    await client.open(identity=once)
    first = client.conversation_id
    await client.open(identity=once, resume=client.token)  # the answer may have got lost
    assert client.conversation_id == first
    assert await refused(client, identity=once)
    assert not await refused(client, identity=identity(jti="two"))


async def test_its_signature_written_otherwise_is_the_same_identity(client: ChatClient) -> None:
    once = identity()
    await client.open(identity=once)
    body, _, signature = once.rpartition(".")
    for other in (f"{signature[:10]}!{signature[10:]}", f"{signature}=", f"{signature[:4]}\n{signature[4:]}"):
        assert await refused(client, identity=f"{body}.{other}")


@pytest.mark.parametrize(
    "email", ["ｔom@example.com", "tom＠example.com", "tom@example.com\u200b", "\u212atom@example.com"]
)
async def test_an_address_in_look_alikes_is_nobodys(client: ChatClient, email: str) -> None:
    assert await refused(client, identity=identity(email))


async def test_one_that_lives_long_is_not_believed(client: ChatClient) -> None:
    for hours, too_long in ((0.9, False), (2, True), (24 * 365 * 5000, True)):
        exp = int(datetime.now(UTC).timestamp() + hours * 3600)
        assert await refused(client, identity=identity(exp=exp, jti=str(hours))) is too_long


async def test_another_customer_begins_anew_in_the_same_browser(client: ChatClient) -> None:
    await client.open(identity=identity("emma@example.com"))
    emmas = client.conversation_id
    await client.open(identity=identity("tom@example.com"), resume=client.token)
    assert client.conversation_id != emmas


async def test_an_order_that_somebody_else_proved_stays_theirs(client: ChatClient) -> None:
    await client.open()
    toms = client.conversation_id
    with Session(client.orders, future=True) as session, session.begin():  # type: ignore[attr-defined]
        assert ownership.verify(session, toms, "NZ10000004", "tom@example.com", utc_now()).status == "verified"
    token = client.token
    await client.open(identity=identity("tom@example.com"), resume=token)
    assert client.conversation_id == toms
    await client.open(identity=identity("emma@example.com"), resume=client.token)
    assert client.conversation_id != toms


async def test_a_link_opens_its_order_only(client: ChatClient) -> None:
    orders = client.orders  # type: ignore[attr-defined]
    with Session(orders, future=True) as session, session.begin():
        for number in ("NZ10000005", "NZ10000006"):
            add_order(session, number, "mei@example.com")
        other = add_order(session, "NZ10000006/2", "mei@example.com", shop_number="NZ10000006", delivered_at=None)
        assert other.id
    await client.open(identity=identity("mei@example.com", order="nz 1000 0006"))
    with Session(orders, future=True) as session:
        opened = ownership.verified_orders(session, client.conversation_id, utc_now())
        assert set(opened) == {"NZ10000006", "NZ10000006/2"}
        assert ownership.verified_order(session, client.conversation_id, utc_now()) == "NZ10000006"
    assert await refused(client, identity=identity("mei@example.com", order="4711", jti="x"))
    await client.open(identity=identity("tom@example.com", order="NZ10000005", jti="y"))  # somebody else's order
    with Session(orders, future=True) as session:
        assert ownership.verified_orders(session, client.conversation_id, utc_now()) == ()


async def test_an_order_that_the_shop_has_just_taken_is_opened_by_its_link(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    plan = "kiwi-nz-5gb-15d"
    order_lookup._lookup.cache_clear()
    desk = await start_desk(IDENTITY_SECRET=SECRET, **shop_settings(tmp_path, plan, every=3600))
    settings.cache_clear()
    migrate(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, demo=False)
    place_order(tmp_path / "shop.db", "SHOP-4790", "mia@example.com", plan)
    client = ChatClient(http, desk.url)
    await client.open(identity=identity("mia@example.com", order="SHOP-4790"))
    with Session(open_engine(desk.settings.orders_database_url), future=True) as session:
        assert ownership.verified_orders(session, client.conversation_id, utc_now()) == ("SHOP-4790",)
    order_lookup._lookup.cache_clear()
    settings.cache_clear()
