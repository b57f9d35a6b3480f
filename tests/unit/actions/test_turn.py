"""What a turn reads of the conversation, and what it sends to Rasa."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions.history import meaning_of
from actions.messages import Choice, Picture, PlanCard
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
    here.say(
        "utter_text",
        [Choice("Yes", "/affirm")],
        image=Picture("data:,", "a dot"),
        cards=[CARD],
        remind=True,
        body="words",
    )
    message = sent(here)
    assert (message["response"], message["meaning"], message["body"]) == ("utter_text", "utter_text", "words")
    assert message["buttons"] == [{"title": "Yes", "payload": "/affirm"}]
    assert message["image"] == "data:,"
    assert message["custom"] == {
        "cards": [
            {"title": CARD.title, "lines": ["10 GB", "30 days"], "price": "NZ$34.90", "reason": "more data"},
        ],
        "image_alt": "a dot",
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


# where the conversation is; `U` is the message, what stands before it came before


U = UserUttered("well")


def did(*names: str) -> list[Any]:
    return [ActionExecuted(name) for name in names]


def at(*events: Any, form: str | None = None, **slots: Any) -> Turn:
    latest = {"text": "well", "intent": {"name": "inform"}, "entities": []}
    loop = {"name": form} if form else {}
    return Turn(Tracker("t", slots, latest, list(events), False, None, loop, "action_listen"), CollectingDispatcher())


def spoken(meaning: str) -> Any:
    return BotUttered("…", {}, {"meaning": meaning})


@pytest.mark.parametrize(
    ("since", "form", "first", "called", "resumed"),
    [
        ([], None, True, False, False),
        (did("action_listen", "action_extract_slots"), None, True, False, False),
        (did("order_form"), "order_form", True, False, False),
        (did("action_cancel"), None, False, True, True),
        (did("action_answer_question"), "order_form", False, True, True),
        (did("utter_thank"), "order_form", False, False, True),
        (did("diagnosis_form"), "order_form", False, False, True),  # one form took the place of another
    ],
)
def test_what_ran_since_the_message(
    since: list[Any], form: str | None, first: bool, called: bool, resumed: bool
) -> None:
    here = at(*did("action_cancel"), U, *since, form=form)
    assert (here.is_first, here.called_by_action, here.resumed_after_question) == (first, called, resumed)


def test_a_message_of_the_assistant_means_that_something_was_said() -> None:
    assert at(spoken("utter_greet"), U).is_first
    assert not at(U, spoken("utter_greet")).is_first


@pytest.mark.parametrize(
    ("form", "asked", "since", "waits", "answers"),
    [
        (None, "email", [], False, False),
        ("order_form", None, [], False, False),  # it is only being activated
        ("order_form", "step_outcome", [], False, False),  # it takes the place of another, which had asked that
        ("order_form", "email", [], True, True),
        ("order_form", "email", did("action_answer_question"), True, False),
        ("refund_form", "refund_confirmed", did("refund_form"), True, True),
    ],
)
def test_whether_a_message_is_for_the_form(
    form: str | None, asked: str | None, since: list[Any], waits: bool, answers: bool
) -> None:
    here = at(U, *since, form=form, requested_slot=asked)
    assert (here.form_waits, here.answers_form) == (waits, answers)


def test_whether_it_was_explained_in_this_turn() -> None:
    assert at(U, spoken("explain.step.roaming")).explained_this_turn
    assert not at(spoken("explain.step.roaming"), U).explained_this_turn
    assert not at(U, spoken("step.roaming")).explained_this_turn


def test_what_was_told_and_done_in_this_conversation() -> None:
    here = at(spoken("utter_order_help"), *did("action_price_plans", "action_data_usage", "action_cancel"), U)
    assert here.was_sent("utter_order_help")
    assert not here.was_sent("utter_greet")
    assert here.did("action_price_plans")
    assert not here.did("action_topup")
    assert (here.last_answer(), here.last_order_answer()) == ("action_data_usage", "action_data_usage")
    later = at(*did("action_data_usage", "action_answer_question"), U)
    assert (later.last_answer(), later.last_order_answer()) == ("action_answer_question", "action_data_usage")
    assert (at(*did("action_cancel"), U).last_answer(), at(U).last_order_answer()) == (None, None)


@pytest.mark.parametrize(
    ("metadata", "meaning"),
    [
        ({"meaning": "step.roaming", "utter_action": "utter_text"}, "step.roaming"),
        ({"metadata": {"meaning": "step.roaming"}, "utter_action": "utter_text"}, "step.roaming"),
        ({"utter_action": "utter_greet"}, "utter_greet"),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_name_of_a_message(metadata: dict[str, Any] | None, meaning: str) -> None:
    assert meaning_of({"event": "bot", "metadata": metadata}) == meaning


def test_the_likeliest_intent_also_where_none_is_sure() -> None:
    here = turn("hm")
    assert here.likeliest == ("inform", 0.0)
    here.tracker.latest_message["intent_ranking"] = [
        {"name": "nlu_fallback", "confidence": 0.9},
        {"name": "ask_apn", "confidence": 0.3},
    ]
    assert here.likeliest == ("ask_apn", 0.3)


def test_the_reading_is_that_of_its_slot_and_a_button_has_none() -> None:
    read = {
        "situation": "step",
        "asked": "apn",
        "commands": [["step:works", 0.8], ["sings", 0.9]],
        "units": [["a.b", 1]],
    }
    here = turn("yes", reading=read)
    assert (here.reading.situation, here.reading.asked) == ("step", "apn")
    assert [str(each.command) for each in here.reading.commands] == ["step:works"]  # of an older release, left out
    assert here.reading.units == (("a.b", 1.0),)
    pressed = turn("/affirm", reading=None)
    assert pressed.pressed
    assert not pressed.reading.commands


def test_steps_and_observations_are_remembered_together() -> None:
    read = {
        "situation": "step",
        "commands": [["observe:slow", 0.8], ["observe:vpn_symbol", 0.5], ["observe:roaming_symbol", 0.3]],
    }
    tried = [{"entity": "tried", "value": "restart"}]
    here = turn("slow", tried, reading=read, steps_tried=["apn"], observed=["slow", "bars"])
    assert here.remembered() == [
        SlotSet("steps_tried", ["apn", "restart"]),
        SlotSet("observed", ["bars", "slow", "vpn_symbol"]),
    ]
    assert turn("hm").remembered() == []


@pytest.mark.parametrize(
    ("situation", "chance", "kept"),
    [
        ("step", 0.3, True),
        ("question", 0.3, True),
        ("idle", 0.7, False),
        ("idle", 0.8, True),
        ("order_number", 0.7, False),
        ("email", 0.8, True),
        ("told", 0.7, False),
    ],
)
def test_what_nobody_asked_about_is_kept_when_it_is_sure(situation: str, chance: float, kept: bool) -> None:
    here = turn("hm", reading={"situation": situation, "commands": [["observe:bars", chance]]})
    assert here.observed() == (["bars"] if kept else [])


def test_what_cannot_be_installed_is_not_installed() -> None:
    commands = [["start:report_activation_failure", 0.9], ["observe:installed", 0.9], ["observe:code_used", 0.9]]
    assert turn("hm", reading={"situation": "idle", "commands": commands}).observed() == ["code_used"]


def test_who_is_abroad_has_left_the_place_named_before() -> None:
    melbourne = {"entity": "destination", "value": "AU", "start": 7, "end": 16}
    here = turn("I'm in Melbourne now", [melbourne], location="Queenstown")
    assert here.whereabouts() == (None, "AU")
    assert {event["name"]: event["value"] for event in here.remembered()}["location"] is None
