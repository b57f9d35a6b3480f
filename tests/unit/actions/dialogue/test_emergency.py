"""The number of the country where somebody is in danger, and the way back from there."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import UserUttered
from sqlalchemy.engine import Engine

from actions.dialogue.emergency import ActionEmergency, answer_number, country_of
from actions.turn import Event, Turn
from tests.support.turns import next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"


def user(text: str, **entities: str) -> Event:
    """A message before, with entities that stand where their value's word does."""
    found = [
        {"entity": name, "value": value.split(":")[0], **span(text, value.split(":")[-1])}
        for name, value in entities.items()
    ]
    return dict(UserUttered(text, {"text": text, "entities": found}))


def span(text: str, word: str) -> dict[str, int]:
    start = text.index(word)
    return {"start": start, "end": start + len(word)}


def texts(here: Turn) -> str:
    return " ".join(str(message.get("values") or message) for message in here.dispatcher.messages)


@pytest.mark.parametrize("form", [None, "order_form", "diagnosis_form", "refund_form"])
def test_the_number_comes_first_and_asks_for_nothing(orders: Engine, form: str | None) -> None:
    first = turn("emergency", form=form)
    assert next_action(ActionEmergency().handle(first)) == "action_listen"
    assert said(first) == ["utter_emergency"]
    more = turn("ask", form=form, before=[told("utter_emergency")])
    ActionEmergency().handle(more)
    assert said(more) == ["utter_emergency_more"]
    again = turn("emergency", form=form, before=[told("utter_emergency"), told("utter_emergency_more")])
    ActionEmergency().handle(again)
    assert said(again) == ["utter_emergency_on"]


def test_another_matter_between_begins_anew(orders: Engine) -> None:
    here = turn("emergency", before=[told("utter_emergency"), told("utter_danger_over")])
    ActionEmergency().handle(here)
    assert said(here) == ["utter_emergency"]


def test_abroad_it_is_the_number_there(orders: Engine) -> None:
    here = turn("emergency", entities={"destination": "TH"})
    ActionEmergency().handle(here)
    assert said(here) == ["utter_emergency_abroad"]
    assert "1669" in texts(here)
    assert "Thailand" in texts(here)
    nowhere = turn("emergency", entities={"destination": "NP"})
    ActionEmergency().handle(nowhere)
    assert "112" in texts(nowhere)


def test_cost_is_no_reason_to_wait(orders: Engine) -> None:
    here = turn("ask", text="what does a helicopter cost?", before=[told("utter_emergency")])
    ActionEmergency().handle(here)
    assert said(here) == ["utter_emergency_cost"]


@pytest.mark.parametrize(
    ("before", "named", "country"),
    [
        ([], {"location": "Wanaka"}, "NZ"),
        ([], {"destination": "DE", "location": "Wanaka"}, "NZ"),
        ([user("there was an accident in Phuket", destination="TH:Phuket")], {}, "TH"),
        ([user("I'm in Bali", destination="ID:Bali"), user("now in Wanaka", location="Wanaka")], {}, "NZ"),
        ([user("I'm from Germany", destination="DE:Germany")], {}, "NZ"),
    ],
)
def test_where_somebody_is(orders: Engine, before: list[Event], named: dict[str, Any], country: str) -> None:
    assert country_of(turn("emergency", entities=named, before=before)) == country


def test_where_the_phone_was_seen_counts_before_what_was_only_named(orders: Engine) -> None:
    prove(orders, NUMBER, esim={"profile_state": "enabled", "last_country": "AU"})
    asked = user("does it work for Japan?", destination="JP:Japan")
    assert country_of(turn("emergency", before=[asked], order_number=NUMBER)) == "AU"


def test_help_is_there_and_the_matter_goes_on(orders: Engine) -> None:
    over = {"text": "the police are here, we're fine", "before": [told("utter_emergency")]}
    here = turn("acknowledge", **over)
    assert next_action(ActionEmergency().handle(here)) == "action_listen"
    assert said(here) == ["utter_danger_over"]
    asked = turn("acknowledge", form="order_form", **over)
    assert ActionEmergency().handle(asked) == []
    fault = turn("acknowledge", goal="diagnose", **over)
    events = ActionEmergency().handle(fault)
    assert (next_action(events), slots(events)["goal"]) == ("order_form", "diagnose")


def test_the_number_asked_about_is_that_of_the_country_named(orders: Engine) -> None:
    asked = {"units": "emergency.which-emergency-number@0.9"}
    here = turn("ask", entities={"destination": "AU"}, **asked)
    assert answer_number(here) == []
    assert said(here) == ["utter_help_number"]
    assert "000" in texts(here)
    assert answer_number(turn("ask", **asked)) is None
    assert answer_number(turn("ask", entities={"destination": "AU"}, units="emergency.police-105@0.9")) is None
