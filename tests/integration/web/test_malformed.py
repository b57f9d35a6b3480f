"""Requests that no browser sends are refused; none is an error of ours, and other travellers notice nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from aftercare.base.networks import Networks
from aftercare.base.settings import ROOT
from aftercare.conversations.context import Limits
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.staff.teaching import annotate
from aftercare.web.connections import CONNECTIONS, Connections
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.staff_api import key_for
from tests.support.staff_client import hire
from tests.support.waiting import eventually

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("POST", "/api/chat/sessions", {"Origin": "http://["}, b"{}"),
        ("GET", "/desk/login", {"Origin": "http://["}, None),
        ("POST", "/desk/login", {"Origin": "http://["}, b"email=a"),
        ("POST", "/api/chat/sessions", {"Content-Encoding": "deflate", **JSON}, b"\x00not deflate"),
        ("POST", "/desk/login", {"Content-Encoding": "gzip", "Origin": "http://x"}, b"\x00not gzip"),
        ("POST", "/api/chat/sessions", JSON, b'{"identity": "\\ud800"}'),
        ("POST", "/api/chat/sessions", JSON, b'{"resume": "\\udfff.a.b"}'),
        ("POST", "/api/chat/sessions", JSON, b'{"locale": ' + b"9" * 5000 + b"}"),
        ("GET", "/media/%00", {}, None),
    ],
)
async def test_a_fault_of_the_client_is_no_error_of_ours(
    traveller: ChatClient, method: str, path: str, headers: dict[str, str], body: bytes | None
) -> None:
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.request(method, traveller.base + path, headers=headers, data=body) as response,
    ):
        assert response.status < 500
    assert (await traveller.ask("still there?"))["text"] == "echo still there?"


def multipart(body: bytes, boundary: str = "; boundary=B") -> tuple[str, bytes]:
    return f"multipart/form-data{boundary}", body


@pytest.mark.parametrize("path", ["/desk/login", "/desk/people/keys", "/desk/inbox/c/1/tag", "/desk/inbox/c/1/reply"])
@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        multipart(b"{}", boundary=""),
        multipart(b"garbage"),
        multipart(b"garbage", boundary="; boundary="),
        multipart(b'--B\r\nContent-Disposition: form-data; name="email"\r\n\r\nx'),
        multipart(b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n"),
        multipart(
            b'--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: b\r\n\r\nx\r\n--B--\r\n'
        ),
        multipart(b"--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--\r\n--B--\r\n"),
        multipart(
            b'--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=bogus\r\n\r\nx\r\n'
            b"--B--\r\n"
        ),
        ("application/x-www-form-urlencoded; charset=bogus", b"email=a"),
    ],
)
async def test_a_broken_form_is_a_fault_of_the_client(
    media_type: str, body: bytes, path: str, as_role: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    response = await as_role("admin").post(path, data=body, headers={"Content-Type": media_type})
    assert 400 <= response.status < 500 or response.status == 303  # 303: who is signed in need not sign in
    assert not [record for record in caplog.records if record.exc_info]


def test_deep_brackets_in_a_form_are_a_fault_of_the_client() -> None:
    with pytest.raises(web.HTTPBadRequest):
        annotate._spans("[" * 60_000, "hello")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/chat/messages"),
        ("PUT", "/api/orders/NZ10000003"),
        ("POST", "/hooks/orders/woocommerce"),
        ("POST", "/desk/inbox/c/1/tag"),
    ],
)
async def test_a_body_that_does_not_arrive_is_not_waited_for(
    method: str, path: str, start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    key = "a-key-of-this-test-1"
    desk = await start_desk(
        Limits(request_seconds=0.3), ORDERS_API_KEYS=key, WOOCOMMERCE_WEBHOOK_SECRET="a shared secret of the test"
    )
    client = ChatClient(http, desk.url)
    await client.open()
    admin = hire(desk.app[DESK].store.engine, desk.settings, "admin")
    address = urlsplit(desk.url)
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Origin: {desk.url}",
        f"Authorization: Bearer {key if 'orders' in path else client.token}",
        f"Cookie: {admin.cookie}={admin.secret}",
        f"X-CSRF-Token: {admin.csrf}",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: 100",
    ]
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write("\r\n".join([*head, "", "{"]).encode())
    answer = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert b" 408 " in answer


async def test_what_postgresql_takes_in_no_text_is_a_fault_of_the_client(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession, postgres_url: str
) -> None:
    desk = await start_desk(DESK_DATABASE_URL=postgres_url)
    async with http.get(f"{desk.url}/media/%00") as response:
        assert response.status == 400
    _, secret, _ = key_for(desk, "agent")
    headers = {"Authorization": f"Bearer {secret}"}
    client = ChatClient(http, desk.url)
    await client.open()
    tag = f"{desk.url}/api/v1/conversations/{client.conversation_id}/tags/a%00b"
    async with http.put(tag, headers=headers) as response:
        assert (response.status, await response.json()) == (200, {"tags": ["ab"]})


async def test_half_a_character_is_left_out(traveller: ChatClient) -> None:
    url, headers = f"{traveller.base}/api/chat/messages", {**traveller.headers, **JSON}
    async with traveller.session.post(url, data=b'{"id": "a", "text": "a\\ud800b"}', headers=headers) as response:
        assert response.status == 202
    assert (await traveller.answer())["text"] == "echo ab"


@pytest.mark.parametrize(
    "path",
    [
        "/desk/analytics?from=0001-01-01&to=9999-12-31",
        "/desk/analytics/csv?from=9999-12-31",
        "/desk/audit?first=0001-01-01&last=9999-12-31&before=999999999999999999999",
        "/desk/inbox?date_from=0001-01-01&date_to=9999-12-31&size=99999999999999999999",
        "/desk/teaching?item=99999999999999999999",
        "/desk/teaching?item=²",
    ],
)
async def test_numbers_and_days_beyond_everything_give_no_error(
    path: str, desk: Any, as_role: Callable[..., Any]
) -> None:
    migrate_orders(desk.settings.orders_database_url)
    assert (await as_role("admin").get(path)).status < 500


async def test_a_silent_connection_is_ended_and_a_speaking_one_is_kept(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk()
    watched = Connections(Networks([]), most=100, headers_within=0.5)
    desk.app._state[CONNECTIONS] = watched  # the application is frozen; `serve` does this before it starts
    watched.watch(desk.runner.server)
    address = urlsplit(desk.url)
    with socket.create_connection((address.hostname, address.port)) as silent:
        silent.setblocking(False)
        async with http.get(f"{desk.url}/healthz") as response:
            assert response.status == 200
        assert len(watched) == 2
        await eventually(lambda: len(watched) == 1, 10)  # the one that spoke is kept alive
    async with http.get(f"{desk.url}/healthz") as response:
        assert response.status == 200


def test_the_desk_opens_as_many_files_as_the_machine_allows() -> None:
    program = """
import resource
from aftercare.web.connections import raise_descriptor_limit
hard = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
assert raise_descriptor_limit() == hard == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


async def test_a_network_has_so_many_connections(start_desk: Callable[..., Awaitable[Any]]) -> None:
    desk = await start_desk()
    watched = Connections(Networks([]), most=100, per_network=3)
    watched.watch(desk.runner.server)
    address = urlsplit(desk.url)
    held = [socket.create_connection((address.hostname, address.port)) for _ in range(5)]
    await eventually(lambda: watched.refused == 2, 10)
    assert (len(watched), watched.refused) == (3, 2)
    for connection in held:
        connection.close()


async def test_a_stream_in_which_nothing_was_said_makes_room(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(Limits(streams_per_address=2))
    url, streams = f"{desk.url}/api/chat/events", []
    for _ in range(2):
        silent = ChatClient(http, desk.url)
        await silent.open()
        streams.append(await http.get(url, headers=silent.headers))
    neighbour = ChatClient(http, desk.url)
    await neighbour.open()
    assert (await neighbour.ask("hello"))["text"] == "echo hello"
    for stream in streams:
        stream.close()


async def test_behind_tls_browsers_are_told_to_stay_there(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    for url, told in (("https://help.example.com", True), ("http://127.0.0.1:8080", False)):
        desk = await start_desk(PUBLIC_URL=url)
        async with http.get(f"{desk.url}/healthz") as response:
            assert ("Strict-Transport-Security" in response.headers) is told
