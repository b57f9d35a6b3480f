"""Whether an answer helped: asked about the last answer only, kept, and made good when it did not."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import BotUttered, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions import feedback
from actions.turn import Turn
from aftercare.articles.units import unit, units
from aftercare.base.language import LANGUAGES, Language
from aftercare.rasa_components.traditional import in_traditional

Event = dict[str, Any]


def turn(text: str, *events: Event, form: str | None = None, language: str = "en", **slots: Any) -> Turn:
    latest = {"text": text, "intent": {"name": "deny"}, "entities": []}
    loop = {"name": form} if form else {}
    told = [*events, UserUttered(text)]
    return Turn(
        Tracker("t", {"language": language, **slots}, latest, told, False, None, loop, "action_listen"),
        CollectingDispatcher(),
    )


def asked(about: str) -> Event:
    buttons = [choice.as_button() for choice in feedback.choices(turn(""), about)]
    return dict(BotUttered("An answer.", {"buttons": buttons}))


def said(of: Turn) -> list[str]:
    return [message["response"] for message in of.dispatcher.messages]


def test_asked_beside_an_answer_but_not_while_a_form_waits() -> None:
    assert [choice.title for choice in feedback.choices(turn(""), "utter_install")] == ["👍 Helpful", "👎 Not helpful"]
    traditional = turn("", language="zh", script="hant")
    offered = [{"title": choice.title} for choice in feedback.choices(traditional, "utter_install")]
    shown = in_traditional({"buttons": offered})["buttons"]
    assert [choice["title"] for choice in shown] == ["👍 有幫助", "👎 沒幫助"]
    assert feedback.choices(turn("", form="order_form"), "utter_install") == []


def test_a_yes_or_no_is_about_the_last_message_only() -> None:
    assert feedback.asked_about(turn("no", asked("utter_install"))) == "utter_install"
    assert feedback.asked_about(turn("no", asked("utter_install"), BotUttered("Anything else?"))) is None
    assert feedback.asked_about(turn("no")) is None


def test_helpful_is_kept_and_thanked_for() -> None:
    here = turn("yes", UserUttered("how do I install it?"), asked("utter_install"))
    assert feedback.take(here, "utter_install", helpful=True) == [
        SlotSet("feedback", {"about": "utter_install", "helpful": True})
    ]
    assert said(here) == ["utter_glad_it_helped"]


def next_units(count: int = 2) -> list[str]:
    return list(units()["en"])[:count]


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_helpful_tells_the_next_best_unit_and_offers_a_person(language: Language) -> None:
    first, second = next_units()
    found = units()[language][first]
    focus = {"plan": "kiwi-nz-5", "unit": "told.before", "next": [first, second]}
    here = turn("no", asked("article.told.before"), language=language, focus=focus)
    events = feedback.take(here, "article.told.before", helpful=False)
    assert events == [
        SlotSet("feedback", {"about": "article.told.before", "helpful": False}),
        SlotSet("focus", {"plan": "kiwi-nz-5", "unit": first, "about": found.asked[0], "next": [second]}),
        SlotSet("offer", "human_handoff"),
    ]
    (message,) = here.dispatcher.messages
    told = unit(first, language)
    assert told is not None
    assert message["response"] == "utter_not_helpful_article"
    assert told.title in message["article"]
    assert told.answer in message["article"]


def test_not_helpful_again_and_again_tells_each_unit_once_then_none() -> None:
    left = next_units()
    focus: dict[str, Any] = {"unit": "told.before", "next": left}
    told = []
    for _ in range(3):
        here = turn("no", asked("article.told.before"), focus=focus)
        events = feedback.take(here, "article.told.before", helpful=False)
        told.append(here.dispatcher.messages[0].get("article"))
        focus = next((event["value"] for event in events if event.get("name") == "focus"), focus)
    assert len({*told[:2]}) == 2
    assert None not in told[:2]
    assert told[2] is None
    assert said(here) == ["utter_not_helpful"]


@pytest.mark.parametrize(
    ("about", "focus"),
    [
        ("article.told.before", None),
        ("article.told.before", {"unit": "told.before", "next": []}),
        ("article.told.before", {"unit": "told.before", "next": ["no-such.unit"]}),  # of an older release
        ("utter_hotspot", {"unit": "told.before", "next": ["hotspot.share"]}),  # not the answer that is in focus
    ],
)
def test_not_helpful_where_nothing_comes_near(about: str, focus: dict[str, Any] | None) -> None:
    here = turn("no", asked(about), focus=focus)
    events = feedback.take(here, about, helpful=False)
    assert said(here) == ["utter_not_helpful"]
    assert SlotSet("offer", "human_handoff") in events
