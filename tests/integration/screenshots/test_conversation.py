"""A traveller sends screenshots to the real stack, in both languages: read, understood, followed by the diagnosis."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.chat_client import ChatClient
from tests.support.running_stack import Stack, running_stack
from tests.support.screens import screen_png

PATIENCE = 200  # seconds; the first picture starts the reader's process


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    var: Path = tmp_path_factory.mktemp("screenshots")
    with running_stack(var, SCREENSHOTS="on", SCREENSHOT_SECONDS="200") as running:
        yield running


async def send(client: ChatClient, picture: bytes) -> None:
    url = f"{client.base}/api/chat/pictures?id={uuid.uuid4().hex}"
    async with client.session.post(url, data=picture, headers=client.headers) as response:
        assert response.status == 202, await response.text()


async def told(client: ChatClient, text: str) -> str:
    """The assistant's next message with this text."""
    event = await client.until(lambda each: each["from"] == "assistant" and text in each["text"], PATIENCE)
    return str(event["text"])


async def test_an_error_dialog_then_the_order_mail(stack: Stack, http: aiohttp.ClientSession) -> None:
    client = ChatClient(http, stack.desk_url)
    await client.open(locale="zh-CN")
    await send(client, screen_png("Cannot Add eSIM", "Please try again later.", "OK", status="5G"))
    assert await told(client, "我读到") == "我读到：Cannot Add eSIM"
    await told(client, "订单号")  # in the traveller's language, not the screen's
    await send(client, screen_png("感谢您的订购", "订单 NZ10000001", "wang@example.com", "help@kiwiroam.example.com"))
    assert await told(client, "我读到") == "我读到：NZ10000001 · wang@example.com"
    # the order is proven as when typed, and the error that was read decides the first step
    await told(client, "NZ10000001")
    step = await told(client, "Wi-Fi")
    assert "eSIM" in step


async def test_number_in_a_picture_without_its_address_proves_nothing(
    stack: Stack, http: aiohttp.ClientSession
) -> None:
    client = ChatClient(http, stack.desk_url)
    await client.open(locale="en")
    await send(client, screen_png("Your order", "NZ10000005", "from orders@shop.example"))
    await told(client, "I read: NZ10000005")
    answer = await client.answer(PATIENCE)
    assert "e-mail" in answer["text"]
    assert "GB" not in answer["text"]


async def test_a_settings_page_in_the_midst_of_a_diagnosis(stack: Stack, http: aiohttp.ClientSession) -> None:
    client = ChatClient(http, stack.desk_url)
    await client.open(locale="en")
    await client.say("bars but no internet, NZ10000006 raj@example.com")
    await told(client, "mobile data")
    await send(client, screen_png("Cellular Data Options", "Roaming Off", status="4G"))
    await told(client, "I read: Roaming Off")
    assert "roaming must be on" in await told(client, "roaming")


async def test_signs_of_the_status_bar_beside_words(stack: Stack, http: aiohttp.ClientSession) -> None:
    client = ChatClient(http, stack.desk_url)
    await client.open(locale="zh-TW")
    await send(client, screen_png("設定", "行動服務", status="無服務"))
    assert await told(client, "我讀到") == "我讀到：無服務"
    await told(client, "訂單")


async def test_a_question_that_only_points_at_the_picture(stack: Stack, http: aiohttp.ClientSession) -> None:
    client = ChatClient(http, stack.desk_url)
    await client.open(locale="zh-CN")
    await send(client, screen_png("无法添加 eSIM", "此代码已失效，请联系运营商。", status="无服务"))
    await client.say("这是什么意思")
    assert await told(client, "我读到") == "我读到：无服务 · 无法添加 eSIM · 此代码已失效，请联系运营商。"
    assert "订单号" in (await client.answer(PATIENCE))["text"], "no article about another message"
