"""/healthz and /readyz: true, also on a busy machine, and of no use to somebody who wants to keep Rasa busy."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from aftercare.web import health
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa


async def readiness(http: aiohttp.ClientSession, desk: RunningDesk) -> tuple[int, dict[str, Any]]:
    async with http.get(f"{desk.url}/readyz") as response:
        return response.status, (await response.json())["parts"]


async def test_what_fails_is_named(desk: RunningDesk, http: aiohttp.ClientSession, rasa: FakeRasa) -> None:
    async with http.get(f"{desk.url}/healthz") as response:
        assert response.status == 200
    status, parts = await readiness(http, desk)
    assert (status, set(parts)) == (200, {"rasa", "actions", "orders_database", "desk_database"})
    await rasa.stop()
    end = time.monotonic() + health._FRESH_FOR + 5
    while status == 200 and time.monotonic() < end:
        await asyncio.sleep(0.1)
        status, parts = await readiness(http, desk)
    assert status == 503
    assert parts["rasa"] == "failing"
    assert parts["desk_database"] == "ok"


async def test_many_who_ask_cost_one_turn_of_rasa(
    desk: RunningDesk, http: aiohttp.ClientSession, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_FRESH_FOR", 60.0)
    for _ in range(5):
        answers = await asyncio.gather(*(readiness(http, desk) for _ in range(10)))
        assert {status for status, _ in answers} == {200}
    assert rasa.tried == 1


async def test_a_turn_that_takes_longer_than_an_answer_is_not_begun_anew(
    desk: RunningDesk, http: aiohttp.ClientSession, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(health, "_FRESH_FOR", 60.0)
    rasa.try_seconds = 1.0
    statuses = [(await readiness(http, desk))[0]]
    end = time.monotonic() + 10
    while statuses[-1] != 200 and time.monotonic() < end:
        statuses.append((await readiness(http, desk))[0])
    assert (statuses[0], statuses[-1]) == (503, 200)
    assert rasa.tried == 1
