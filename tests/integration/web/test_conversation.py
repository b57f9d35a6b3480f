"""Ending a conversation, rating it, choosing its language; and plan cards with their buttons."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from aftercare.conversations.tables import rating
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa


async def send(traveller: ChatClient, what: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    url = f"{traveller.base}/api/chat/{what}"
    async with traveller.session.post(url, json=body, headers=traveller.headers) as response:
        return response.status, {} if response.status == 204 else await response.json()


def ratings(desk: Any) -> list[tuple[int, int, str]]:
    with desk.app[DESK].store.engine.connect() as connection:
        columns = (rating.c.chapter, rating.c.score, rating.c.comment)
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(rating.c.chapter))]


async def test_an_ended_chat_asks_for_a_rating_and_goes_on_when_the_traveller_writes(
    desk: Any, traveller: ChatClient
) -> None:
    await traveller.ask("hello")
    assert await send(traveller, "end") == (204, {})
    closed = await traveller.until(lambda e: e["kind"] == "state")
    assert (closed["state"], closed["rate"]) == ("closed", True)
    assert "closed" in closed["text"]
    assert await send(traveller, "end") == (204, {})
    assert (await traveller.ask("one more"))["text"] == "echo one more"
    assert [e.get("state") for e in traveller.events if e["kind"] == "state"] == ["closed", "assistant"]


async def test_saying_goodbye_asks_for_a_rating(traveller: ChatClient) -> None:
    assert (await traveller.ask("goodbye"))["rate"] is True
    assert "rate" not in await traveller.ask("hello")


async def test_one_rating_is_kept_for_each_end_and_may_be_changed(desk: Any, traveller: ChatClient) -> None:
    await traveller.ask("hello")
    await send(traveller, "end")
    assert await send(traveller, "rating", {"score": 2, "comment": " slow \u0000"}) == (204, {})
    assert ratings(desk) == [(1, 2, "slow")]
    assert await send(traveller, "rating", {"score": 5}) == (204, {})
    assert ratings(desk) == [(1, 5, "")]
    await traveller.ask("again")
    assert await send(traveller, "rating", {"score": 4}) == (204, {})
    assert ratings(desk) == [(1, 5, ""), (2, 4, "")]


@pytest.mark.parametrize(
    "body",
    [{}, {"score": 0}, {"score": 6}, {"score": "5"}, {"score": 4.5}, {"score": True}, {"score": 5, "more": 1}],
)
async def test_a_rating_is_one_to_five(desk: Any, traveller: ChatClient, body: dict[str, Any]) -> None:
    status, answer = await send(traveller, "rating", body)
    assert (status, answer["error"]["code"]) == (422, "malformed")
    assert ratings(desk) == []


async def test_a_long_comment_is_refused_in_its_language(desk: Any, traveller: ChatClient) -> None:
    status, answer = await send(traveller, "rating", {"score": 1, "comment": "慢" * 1001})
    assert (status, answer["error"]["code"]) == (422, "text_too_long")
    assert "1001 个字" in answer["error"]["message"]
    assert ratings(desk) == []


@pytest.mark.parametrize("what", ["end", "rating", "language", "typing"])
async def test_nothing_is_decided_without_a_token(desk: Any, http: aiohttp.ClientSession, what: str) -> None:
    stranger = ChatClient(http, desk.url)
    stranger.token = "x"
    status, _ = await send(stranger, what, {"score": 5, "locale": "en"})
    assert status == 401


async def test_a_deleted_chat_keeps_no_rating(desk: Any, traveller: ChatClient) -> None:
    await send(traveller, "rating", {"score": 5})
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.delete(url, headers=traveller.headers) as response:
        assert response.status == 204
    assert ratings(desk) == []
    assert (await send(traveller, "rating", {"score": 5}))[0] == 401


async def test_a_chosen_language_holds_for_what_tells_none_until_the_traveller_writes_another(
    traveller: ChatClient, rasa: FakeRasa
) -> None:
    await traveller.ask("hello there")
    assert await send(traveller, "language", {"locale": "zh-TW"}) == (204, {})
    await traveller.ask("OK")
    await traveller.ask("my phone has no signal")
    offered = await traveller.ask("plans")
    await send(traveller, "language", {"locale": "zh-Hans"})
    await traveller.post(choice=offered["cards"][0]["choice"]["id"])  # of an English title
    await traveller.answer()
    voices = [(asked["language"], asked["script"]) for asked in rasa.metadata]
    assert voices == [("en", None), ("zh", "hant"), ("en", "hant"), ("en", "hant"), ("zh", "hans")]
    status, answer = await send(traveller, "language", {"locale": "中文"})
    assert (status, answer["error"]["code"]) == (422, "malformed")


async def test_cards_have_buttons_of_their_own(traveller: ChatClient, rasa: FakeRasa) -> None:
    offered = await traveller.ask("plans")
    first, second, third = offered["cards"]
    assert first == {
        "title": "Tasman 10 GB",
        "lines": ["10 GB", "30 days"],
        "price": "NZ$39.00",
        "reason": "lasts your trip",
        "choice": {"id": f"{offered['seq']}-c0", "title": "Take this"},
    }
    assert (second["choice"]["title"], second["price"]) == ("Kiwi 3 GB", "")
    assert "choice" not in third
    assert "payload" not in str(offered)
    assert (await traveller.post(choice=first["choice"]["id"]))[0] == 202
    assert (await traveller.answer())["text"] == "payload /take{}"
    for wrong in (f"{offered['seq']}-c2", f"{offered['seq']}-c3", f"{offered['seq']}-0", "1-c0"):
        status, answer = await traveller.post(choice=wrong)
        assert (status, answer["error"]["code"]) == (422, "choice_unknown")


async def test_cards_that_cannot_be_read_leave_the_text(traveller: ChatClient) -> None:
    offered = await traveller.ask("broken plans")
    assert offered["text"] == "One plan."
    assert "cards" not in offered
