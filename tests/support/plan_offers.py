"""Plans on sale and turns that ask for them."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Turn
from aftercare.orders.plans import PlanOffer

OFFER: dict[str, Any] = {
    "plan_id": "nz-10",
    "name_en": "New Zealand 10 GB",
    "name_zh": "新西兰 10 GB",
    "provider_id": "kiwi",
    "provider_en": "KiwiRoam",
    "provider_zh": "奇异漫游",
    "kind": "nz_travel",
    "countries": frozenset({"NZ"}),
    "data_mb": 10240,
    "fair_use_mb": None,
    "throttle_kbps": None,
    "days": 30,
    "price_minor": 3490,
    "currency": "NZD",
    "starts_at": "first_use",
    "hotspot": True,
    "calls_sms": False,
    "top_up": True,
}


def offer(**changes: Any) -> PlanOffer:
    return PlanOffer(**{**OFFER, **changes})


def turn(text: str = "", **slots: Any) -> Turn:
    tracker = Tracker("t", slots, {"text": text}, [], False, None, {}, "action_listen")
    return Turn(tracker, CollectingDispatcher())


def cards(of: Turn) -> list[dict[str, Any]]:
    (with_cards,) = (message for message in of.dispatcher.messages if message["custom"])
    return list(with_cards["custom"]["cards"])
