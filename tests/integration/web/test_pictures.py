"""Pictures from travellers, from upload to what others get to see."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image

from aftercare.conversations.context import Limits
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(buffer, kind, **options)
    return buffer.getvalue()


async def upload(client: ChatClient, body: bytes, client_id: str = "p1") -> tuple[int, dict[str, Any]]:
    url = f"{client.base}/api/chat/pictures?id={client_id}"
    async with client.session.post(url, data=body, headers=client.headers) as response:
        return response.status, await response.json()


async def test_a_picture_becomes_a_message_that_the_engine_is_spared(traveller: ChatClient, rasa: FakeRasa) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a phone maker"
    body = picture("JPEG", (4000, 1000), exif=exif) + b"<script>alert(1)</script>"
    assert await upload(traveller, body) == (202, {"seq": 1})
    assert await upload(traveller, body) == (202, {"seq": 1})
    answer = await traveller.answer()
    assert "picture is saved" in answer["text"]
    address = traveller.events[0]["image"]
    assert len(address) > 30
    async with traveller.session.get(traveller.base + address) as response:
        served = await response.read()
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"phone maker" not in served
    assert b"script" not in served
    with Image.open(io.BytesIO(served)) as kept:
        assert kept.size == (2000, 500)
    assert rasa.asked == []
    assert (await traveller.ask("it says no network"))["text"] == "echo it says no network"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_the_kinds_phones_make(traveller: ChatClient, kind: str) -> None:
    assert (await upload(traveller, picture(kind)))[0] == 202


async def test_a_picture_taken_sideways_is_kept_upright(traveller: ChatClient) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees to see it upright
    await upload(traveller, picture("JPEG", (40, 20), exif=exif))
    await traveller.answer()
    async with traveller.session.get(traveller.base + traveller.events[0]["image"]) as response:
        with Image.open(io.BytesIO(await response.read())) as kept:
            assert kept.size == (20, 40)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        picture("PNG")[:60],
        picture("BMP"),
        picture("PNG", (9000, 9000)),
    ],
    ids=["empty", "header only", "svg", "pdf", "cut off", "bmp", "too many pixels"],
)
async def test_what_is_no_picture_is_refused(traveller: ChatClient, body: bytes) -> None:
    status, answer = await upload(traveller, body)
    assert (status, answer["error"]["code"]) == (422, "picture_unreadable")


async def test_too_large_is_refused_before_it_is_read(traveller: ChatClient) -> None:
    status, answer = await upload(traveller, b"x" * (5 * 1024 * 1024 + 1))
    assert (status, answer["error"]["code"]) == (413, "picture_too_large")

    async def chunks() -> Any:
        for _ in range(200):
            yield b"x" * 65536

    url = f"{traveller.base}/api/chat/pictures?id=p2"
    async with traveller.session.post(url, data=chunks(), headers=traveller.headers) as response:
        assert response.status == 413


@pytest.mark.parametrize("client_id", ["", "a b", "x" * 65, "é"])
async def test_an_upload_needs_an_id(traveller: ChatClient, client_id: str) -> None:
    assert (await upload(traveller, picture(), client_id))[0] == 422


@pytest.mark.parametrize(
    ("limits", "status", "code"),
    [
        (Limits(pictures_of_conversation=1), 429, "pictures_full"),
        (Limits(pictures_of_everybody=1), 503, "pictures_full"),
        (Limits(pictures_at_once=1, pictures_per_minute=0.1), 429, "too_many"),
    ],
    ids=["of a conversation", "of everybody", "of a network"],
)
async def test_there_is_room_for_so_many(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession, limits: Limits, status: int, code: str
) -> None:
    desk = await start_desk(limits)
    one, other = ChatClient(http, desk.url), ChatClient(http, desk.url)
    await one.open()
    await other.open()
    assert (await upload(one, picture()))[0] == 202
    refused = one if limits.pictures_of_conversation == 1 else other
    answer = await upload(refused, picture(), "p2")
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)


async def test_a_deleted_conversation_gives_its_space_back(desk: RunningDesk, traveller: ChatClient) -> None:
    noise = io.BytesIO()
    Image.effect_noise((1000, 1000), 100).convert("RGB").save(noise, "JPEG", quality=88)
    for number in range(3):
        assert (await upload(traveller, noise.getvalue(), f"p{number}"))[0] == 202
    engine = desk.app[DESK].store.engine

    def pages() -> int:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    full = pages()
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.delete(url, headers=traveller.headers) as response:
        assert response.status == 204
    assert (full - pages()) * 4096 > len(noise.getvalue())
