"""The issuer of eSIMs is asked once an action, however often the order is looked at: it may take its time."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine

import actions.turn
from actions.diagnosis.situation import situation_of
from aftercare.base.settings import settings
from tests.support.turns import prove, turn


def test_an_issuer_that_does_not_answer_is_asked_once(orders: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(settings(), "esim_provider", "rest")
    monkeypatch.setattr(actions.turn, "refresh", lambda *each: asked.append(each))
    prove(orders, "NZ10000003")
    here = turn("ask")
    for _ in range(3):
        situation_of(here)
    assert len(asked) == 1
