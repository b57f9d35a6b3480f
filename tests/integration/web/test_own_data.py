"""Taking a chat along, and having it deleted."""

from __future__ import annotations

import asyncio
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import Image

from tests.support.chat_client import ChatClient, Event
from tests.support.fake_rasa import FakeRasa


async def test_the_chat_can_be_taken_along(traveller: ChatClient) -> None:
    await traveller.ask("你好")
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.get(url, headers=traveller.headers) as response:
        assert response.status == 200
        assert "attachment" in response.headers["Content-Disposition"]
        body = await response.json()
    assert body["conversation_id"] == traveller.conversation_id
    assert body["events"] == traveller.events


async def test_the_page_to_keep_has_the_pictures_the_language_and_the_zone(traveller: ChatClient) -> None:
    await traveller.ask("<script>alert(1)</script>")
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    upload = f"{traveller.base}/api/chat/pictures?id=p1"
    async with traveller.session.post(upload, data=buffer.getvalue(), headers=traveller.headers) as response:
        assert response.status == 202
    await traveller.answer()
    image = next(event["image"] for event in traveller.events if "image" in event)
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.get(url, headers=traveller.headers) as response:
        assert (await response.json())["pictures"][image].startswith("data:image/jpeg;base64,/9j/")
    headers = {**traveller.headers, "Accept-Language": "zh-TW"}
    zone = {"format": "page", "zone": "Asia/Taipei"}
    async with traveller.session.get(url, headers=headers, params=zone) as response:
        assert response.content_type == "text/html"
        assert 'filename="esim-chat.html"' in response.headers["Content-Disposition"]
        page = await response.text()
    assert '<html lang="zh-Hant">' in page
    assert "您的 eSIM 售後聊天" in page
    assert "Asia/Taipei" in page
    assert 'src="data:image/jpeg;base64,/9j/' in page
    assert "/media/" not in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    said = datetime.fromisoformat(traveller.events[0]["at"].replace("Z", "+00:00"))
    assert f"{said.astimezone(ZoneInfo('Asia/Taipei')):%Y-%m-%d %H:%M}" in page
    for wrong in ({"format": "pdf"}, {"zone": "../etc"}):
        async with traveller.session.get(url, headers=headers, params=wrong) as response:
            assert response.status == 422
    async with traveller.session.get(url, headers=headers, params={**zone, "zone": "Atlantis"}) as response:
        assert "UTC" in await response.text()


async def test_a_deleted_chat_is_gone_and_its_streams_end(traveller: ChatClient, rasa: FakeRasa) -> None:
    await traveller.ask("hello")

    read: list[Event] = []
    both_read = asyncio.Event()

    async def read_all() -> int:
        async for event in traveller.stream():
            read.append(event)
            if len(read) == 2:
                both_read.set()
        return len(read)

    reading = asyncio.create_task(read_all())
    await asyncio.wait_for(both_read.wait(), 5)
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.delete(url, headers=traveller.headers) as response:
        assert response.status == 204
    assert await asyncio.wait_for(reading, 5) == 2
    assert rasa.erased == [traveller.conversation_id]
    for method in ("GET", "DELETE"):
        async with traveller.session.request(method, url, headers=traveller.headers) as response:
            assert response.status == 401
    assert (await traveller.post(text="hello?"))[0] == 401
    async with traveller.session.post(
        f"{traveller.base}/api/chat/sessions", json={"resume": traveller.token}
    ) as response:
        assert response.status == 401


async def test_while_rasa_is_away_nothing_is_deleted(traveller: ChatClient, rasa: FakeRasa) -> None:
    await traveller.ask("hello")
    await rasa.stop()
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.delete(url, headers=traveller.headers) as response:
        assert response.status == 503
        assert "nothing was deleted" in (await response.json())["error"]["message"]
    async with traveller.session.get(url, headers=traveller.headers) as response:
        assert len((await response.json())["events"]) == 2
