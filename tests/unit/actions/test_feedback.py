"""Whether an answer helped: asked about the last answer only, kept, and made good when it did not."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import BotUttered, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions import feedback
from actions.turn import Turn
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


def test_not_helpful_shows_another_article_and_offers_a_person() -> None:
    question = "can I share the internet with my laptop over hotspot?"
    here = turn("no", UserUttered(question), asked("utter_hotspot"))
    events = feedback.take(here, "utter_hotspot", helpful=False)
    assert events == [
        SlotSet("feedback", {"about": "utter_hotspot", "helpful": False}),
        SlotSet("offer", "human_handoff"),
    ]
    assert said(here) == ["utter_not_helpful_article"]
    first = here.dispatcher.messages[0]["article"]
    again = turn("no", UserUttered(question), asked("article.hotspot"))
    feedback.take(again, "article.hotspot", helpful=False)
    assert first not in [message.get("article") for message in again.dispatcher.messages]


def test_not_helpful_where_no_article_comes_near() -> None:
    here = turn("no", UserUttered("xyzzy plugh"), asked("utter_install"))
    feedback.take(here, "utter_install", helpful=False)
    assert said(here) == ["utter_not_helpful"]


def test_a_question_asked_by_button_counts_in_its_words() -> None:
    here = turn("no", UserUttered("/ask_hotspot"), asked("utter_hotspot"), language="zh")
    feedback.take(here, "utter_hotspot", helpful=False)
    assert said(here) == ["utter_not_helpful_article"]
