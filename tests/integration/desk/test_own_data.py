"""Taking a chat along, and having it deleted."""

from __future__ import annotations

import asyncio

from chat_client import ChatClient
from fake_rasa import FakeRasa


async def test_the_chat_can_be_taken_along(traveller: ChatClient) -> None:
    await traveller.ask("你好")
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.get(url, headers=traveller.headers) as response:
        assert response.status == 200
        assert "attachment" in response.headers["Content-Disposition"]
        body = await response.json()
    assert body["conversation_id"] == traveller.conversation_id
    assert body["events"] == traveller.events


async def test_a_deleted_chat_is_gone_and_its_streams_end(traveller: ChatClient, rasa: FakeRasa) -> None:
    await traveller.ask("hello")

    async def read_all() -> int:
        return sum([1 async for _ in traveller.stream()])

    reading = asyncio.create_task(read_all())
    await asyncio.sleep(0.3)
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
