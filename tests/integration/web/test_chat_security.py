"""Tokens, origins, identities and limits: who may do what, and how much of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt
import pytest
import sqlalchemy as sa

from aftercare.base.database import open_engine, utc_now
from aftercare.conversations.context import Limits
from aftercare.conversations.tokens import Tokens
from aftercare.orders import tables
from tests.support.chat_client import ChatClient
from tests.support.waiting import eventually


async def status_of(client: ChatClient, token: str | None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{client.base}/api/chat/messages"
    async with client.session.post(url, json={"id": "x", "text": "hi"}, headers=headers) as response:
        body = await response.json()
        return response.status, body.get("error", {}).get("code", "")


async def test_only_a_token_of_ours_opens_a_conversation(traveller: ChatClient, desk: Any) -> None:
    now = utc_now()
    ours = Tokens(desk.settings.secret("chat_token"), 3600)
    forged, _ = Tokens("another secret that is long enough for HS256", 3600).sign(traveller.conversation_id, 1, now)
    unsigned = jwt.encode({"aud": "chat", "sub": traveller.conversation_id, "gen": 1, "exp": 2**31}, None, "none")
    expired, _ = ours.sign(traveller.conversation_id, 1, now - timedelta(hours=2))
    nobody, _ = ours.sign("0" * 40, 1, now)
    for token, code in (
        (None, "token_missing"),
        ("", "token_missing"),
        ("x", "token_invalid"),
        (traveller.token[:-2], "token_invalid"),
        (forged, "token_invalid"),
        (unsigned, "token_invalid"),
        (nobody, "token_invalid"),
        (expired, "token_expired"),
    ):
        assert await status_of(traveller, token) == (401, code)
        headers = {"Authorization": f"Bearer {token}"}
        async with traveller.session.get(f"{traveller.base}/api/chat/events", headers=headers) as response:
            assert response.status == 401
        async with traveller.session.delete(f"{traveller.base}/api/chat/conversation", headers=headers) as response:
            assert response.status == 401
    assert (await status_of(traveller, traveller.token))[0] == 202


async def test_a_token_sees_its_own_conversation_only(traveller: ChatClient, http: aiohttp.ClientSession) -> None:
    await traveller.ask("my secret")
    other = ChatClient(http, traveller.base)
    await other.open()
    assert other.conversation_id != traveller.conversation_id
    await other.ask("hi")
    assert [e["text"] for e in other.events] == ["hi", "echo hi"]


async def test_a_token_is_replaced_when_the_traveller_comes_back(traveller: ChatClient) -> None:
    await traveller.ask("before")
    old, conversation_id = traveller.token, traveller.conversation_id
    await traveller.open(resume=old)
    assert traveller.conversation_id == conversation_id
    assert traveller.token != old
    assert (await status_of(traveller, old))[0] == 202  # the new one was never used: it may have got lost
    await traveller.ask("after")
    assert traveller.events[0]["text"] == "before"
    assert (await status_of(traveller, old))[0] == 202  # time for a second tab to follow
    await traveller.open(resume=traveller.token)
    await traveller.say("third")
    assert await status_of(traveller, old) == (401, "token_invalid")


async def test_identity_opens_the_orders_of_its_address(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    secret = "the secret of the seller's own site"
    desk = await start_desk(IDENTITY_SECRET=secret)
    orders = open_engine(desk.settings.orders_database_url)
    tables.metadata.create_all(orders)
    client = ChatClient(http, desk.url)

    def identity(**claims: Any) -> str:
        expires = datetime.now(UTC) + timedelta(minutes=5)
        body = {"aud": "esim-aftercare", "exp": expires, "email": "Wang@Example.com", **claims}
        return jwt.encode({k: v for k, v in body.items() if v is not None}, secret, "HS256")

    await client.open(identity=identity())
    past = datetime.now(UTC) - timedelta(minutes=5)
    wrong = [
        identity(exp=None),
        identity(exp=past),
        identity(aud="another shop"),
        identity(email=None),
        identity(email=7),
        jwt.encode({"aud": "esim-aftercare", "exp": 2**31, "email": "a@b.c"}, "not the secret of the seller", "HS256"),
        "x",
    ]
    for each in wrong:
        async with http.post(f"{desk.url}/api/chat/sessions", json={"identity": each}) as response:
            assert response.status == 401
            assert (await response.json())["error"]["code"] == "identity_invalid"


async def test_without_an_identity_secret_no_identity_is_believed(traveller: ChatClient) -> None:
    empty = jwt.encode({"aud": "esim-aftercare", "exp": 2**31, "email": "a@b.c"}, "no secret is set " * 3, "HS256")
    async with traveller.session.post(f"{traveller.base}/api/chat/sessions", json={"identity": empty}) as response:
        assert response.status == 401


async def test_pages_of_other_sites_are_refused(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(ALLOWED_ORIGINS="https://shop.example, https://help.shop.example:8443/")
    url = f"{desk.url}/api/chat/sessions"
    for origin, allowed in (
        ("https://shop.example", True),
        ("https://help.shop.example:8443", True),
        (desk.url, True),
        ("https://evil.example", False),
        ("http://shop.example", False),
        ("https://shop.example.evil.example", False),
        ("null", False),
    ):
        async with http.post(url, json={}, headers={"Origin": origin}) as response:
            assert response.status == (201 if allowed else 403), origin
            assert response.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        ask = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        async with http.options(url, headers=ask) as response:
            assert response.status == (204 if allowed else 403), origin


async def test_every_answer_carries_the_security_headers(traveller: ChatClient) -> None:
    for path in ("/", "/chat", "/healthz", "/widget.js", "/nothing", "/api/chat/events", "/media/x"):
        async with traveller.session.get(traveller.base + path) as response:
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            assert "Server" not in response.headers


async def test_too_many_messages_are_refused_with_a_time(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(CHAT_RATE=10)
    client = ChatClient(http, desk.url)
    await client.open()
    replies = [await client.post(text=f"m{n}") for n in range(8)]
    assert [status for status, _ in replies] == [202] * 5 + [429] * 3
    assert "seconds" in replies[-1][1]["error"]["message"]
    await client.open()
    assert (await client.post(text="a new conversation"))[0] == 202


async def test_too_many_requests_of_one_address_are_refused_whatever_it_claims(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(ADDRESS_RATE=8)
    url = f"{desk.url}/api/chat/sessions"
    statuses = []
    for number in range(6):
        async with http.post(url, json={}, headers={"X-Forwarded-For": f"10.0.0.{number}"}) as response:
            statuses.append(response.status)
            if response.status == 429:
                assert int(response.headers["Retry-After"]) >= 1
    assert statuses == [201] * 4 + [429] * 2


async def test_a_proxy_of_ours_is_believed_about_addresses(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(ADDRESS_RATE=2, TRUSTED_PROXIES="127.0.0.1")
    url = f"{desk.url}/api/chat/sessions"
    for claimed, status in (("10.0.0.1", 201), ("10.0.0.2", 201), ("6.6.6.6, 10.0.0.1", 429)):
        async with http.post(url, json={}, headers={"X-Forwarded-For": claimed}) as response:
            assert response.status == status


async def test_open_streams_are_limited(start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession) -> None:
    desk = await start_desk(Limits(streams_per_conversation=2))
    client = ChatClient(http, desk.url)
    await client.open()
    url = f"{desk.url}/api/chat/events"
    streams = [await http.get(url, headers=client.headers) for _ in range(3)]
    assert [s.status for s in streams] == [200, 200, 429]
    for stream in streams:
        stream.close()

    async def has_its_place_again() -> bool:
        async with http.get(url, headers=client.headers) as response:
            return response.status == 200

    await eventually(has_its_place_again, 10)


async def test_a_stream_ends_with_its_token(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(CHAT_LIFETIME=3)
    client = ChatClient(http, desk.url)
    await client.open()
    began = time.monotonic()
    async for _ in client.stream():
        pass
    assert time.monotonic() - began < 6
    assert await status_of(client, client.token) == (401, "token_expired")


async def send_slowly(url: str, *parts: bytes) -> tuple[bytes, float]:
    """Send the parts and then nothing; what came back until the server hung up, and after how many seconds."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    began = time.monotonic()
    for part in parts:
        writer.write(part)
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    return answer, time.monotonic() - began


@pytest.mark.parametrize("parts", [(), (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",)])
async def test_a_connection_that_never_finishes_its_headers_is_closed(
    start_desk: Callable[..., Awaitable[Any]], parts: tuple[bytes, ...]
) -> None:
    desk = await start_desk(keepalive=1.0)
    _, seconds = await send_slowly(desk.url, *parts)
    assert seconds < 8


async def test_a_body_that_never_arrives_is_given_up(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(Limits(request_seconds=0.5, upload_seconds=0.5), keepalive=1.0)
    client = ChatClient(http, desk.url)
    await client.open()
    for path in ("messages", "pictures?id=a"):
        head = (
            f"POST /api/chat/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f"Authorization: Bearer {client.token}\r\n\r\n"
        )
        answer, seconds = await send_slowly(desk.url, head.encode(), b"{")
        assert answer.startswith(b"HTTP/1.1 408"), answer
        assert seconds < 13


async def test_nothing_leaks_when_the_database_fails(traveller: ChatClient, desk: Any) -> None:
    engine = open_engine(desk.settings.desk_database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE event RENAME TO gone"))
    status, body = await traveller.post(text="my secret")
    assert status == 503
    assert body["error"]["code"] == "unavailable"
    assert "event" not in str(body)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE gone RENAME TO event"))
    assert (await traveller.ask("again"))["text"] == "echo again"
