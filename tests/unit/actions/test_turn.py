"""What a turn reads of the conversation, and what it sends to Rasa."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions.messages import Choice, PlanCard
from actions.offers import INTENT_OF
from actions.turn import Turn
from aftercare.rasa_components.traditional import in_traditional

CARD = PlanCard("New Zealand 10 GB", ("10 GB", "30 days"), "NZ$34.90", "more data")


def turn(text: str = "", entities: list[dict[str, Any]] | None = None, *events: Any, **slots: Any) -> Turn:
    latest = {"text": text, "intent": {"name": "inform"}, "entities": entities or []}
    tracker = Tracker("t", slots, latest, list(events), False, None, {}, "action_listen")
    return Turn(tracker, CollectingDispatcher())


def sent(of: Turn) -> dict[str, Any]:
    (message,) = of.dispatcher.messages
    return dict(message)


def test_a_response_with_all_that_may_stand_beside_it() -> None:
    here = turn()
    here.say("utter_text", [Choice("Yes", "/affirm")], image="data:,", cards=[CARD], remind=True, body="words")
    message = sent(here)
    assert (message["response"], message["meaning"], message["body"]) == ("utter_text", "utter_text", "words")
    assert message["buttons"] == [{"title": "Yes", "payload": "/affirm"}]
    assert message["image"] == "data:,"
    assert message["custom"] == {
        "cards": [
            {"title": CARD.title, "lines": ["10 GB", "30 days"], "price": "NZ$34.90", "reason": "more data"},
        ],
        "remind": True,
    }


def test_a_response_alone_brings_nothing_else() -> None:
    here = turn()
    here.say("utter_greet")
    message = sent(here)
    assert (message["buttons"], message["custom"], message["image"], message["text"]) == ([], {}, None, None)


def test_a_ticket_hands_the_conversation_over() -> None:
    here = turn()
    here.say("utter_handoff_open", handoff_ticket=7)
    assert sent(here)["custom"] == {"handoff": True, "ticket": 7}


def test_a_text_is_named_for_tests_and_reviewers() -> None:
    here = turn(language="zh", script="hant")
    here.say_text("网络", "step.roaming", remind=True)
    message = in_traditional(sent(here))
    assert (message["text"], message["meaning"], message["custom"]) == ("網路", "step.roaming", {"remind": True})


@pytest.mark.parametrize(("language", "person"), [("en", "Talk to a person"), ("zh", "找人工客服")])
def test_every_offer_is_a_choice(language: str, person: str) -> None:
    here = turn(language=language)
    assert here.choice_of_offer("person") == Choice(person, "/human_handoff")
    assert all(here.choice_of_offer(offer).title for offer in INTENT_OF)


def test_a_bare_no_is_a_no() -> None:
    assert turn("no!").intent == "deny"
    assert turn("no signal").intent == "inform"


def test_what_a_slot_was_before_the_message() -> None:
    events = [SlotSet("goal", "refund"), UserUttered("no"), SlotSet("goal", "diagnose")]
    assert turn("no", None, *events, goal="diagnose").slot_before("goal") == "refund"


def test_a_message_names_an_order_by_number_or_address() -> None:
    assert turn("NZ10000001", [{"entity": "order_number", "value": "NZ10000001"}]).names_order
    assert turn("a@b.nz", [{"entity": "email", "value": "a@b.nz"}]).names_order
    assert not turn("my phone", [{"entity": "device", "value": "apple-iphone-15"}]).names_order


def test_drafts_are_read_from_their_slots() -> None:
    here = turn(refund_draft={"kind": "refund", "ready": True}, diagnosis={"current": "solved"})
    assert here.refund_draft.ready
    assert here.diagnosis is not None
    assert not here.diagnosis_open
    assert turn().diagnosis is None
