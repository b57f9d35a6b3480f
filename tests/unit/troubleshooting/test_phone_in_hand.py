"""Instructions follow the phone the traveller writes from: one tap corrects it."""

from __future__ import annotations

import pytest

from aftercare.troubleshooting.player import answer, begin, remind
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from tests.support.order_samples import DEMO, order

ON_SAMSUNG = DEMO["NZ10000006"]


def last(advice: Advice) -> Advice:
    """What is said at the end of the turn."""
    while advice.then is not None:
        advice = advice.then
    return advice


def first_menu_step(situation: Situation) -> tuple[Advice, PlayerState]:
    """The first step that names a menu, with every step before it failed."""
    advice, state = begin(situation)
    for _ in range(10):
        step = last(advice)
        if any(choice.outcome in ("cannot", "change_phone") for choice in step.choices):
            return step, state
        advice, state = answer(state, situation, "failed")
    raise AssertionError("no step names a menu")


def test_the_phone_in_hand_is_not_asked_for() -> None:
    step, _ = first_menu_step(Situation(symptom="no_data", in_hand="samsung"))
    assert "SIM manager" in step.text["en"]
    assert step.choices[-1].outcome == "change_phone"
    assert step.choices[-1].text["en"] == "I use another phone"


def test_one_tap_corrects_it_and_the_same_step_follows() -> None:
    situation = Situation(symptom="no_data", in_hand="samsung")
    step, state = first_menu_step(situation)
    asked, state = answer(state, situation, "change_phone")
    assert asked.id == "question.phone"
    again, state = answer(state, situation, "iphone")
    assert last(again).id == step.id
    assert "Cellular" in last(again).text["en"]
    assert "change_phone" not in [choice.outcome for choice in last(again).choices]
    assert answer(state, situation, "works")[0].kind == "solved"


def test_the_next_steps_do_not_offer_it_again() -> None:
    situation = Situation(symptom="no_data", in_hand="samsung")
    _, state = first_menu_step(situation)
    for _ in range(4):
        advice, state = answer(state, situation, "failed")
        assert "change_phone" not in [choice.outcome for choice in last(advice).choices]


@pytest.mark.parametrize("said", [{"family": "pixel"}, {"device_id": "google-pixel-8"}])
def test_what_the_traveller_says_counts_before_the_browser(said: dict[str, str]) -> None:
    assert Situation(in_hand="iphone", **said).menu_family == "pixel"


def test_the_browser_counts_before_the_order() -> None:
    assert Situation(facts=ON_SAMSUNG, in_hand="iphone").menu_family == "iphone"
    assert Situation(facts=ON_SAMSUNG).menu_family == "samsung"


@pytest.mark.parametrize("symptom", ["no_data", "no_service", "slow"])
def test_another_phone_than_the_orders_is_asked_about_before_menus_are_named(symptom: str) -> None:
    situation = Situation(facts=ON_SAMSUNG, symptom=symptom, in_hand="iphone")
    advice, state = begin(situation)
    for _ in range(5):
        if state["current"] == "question.phone_in_hand":
            break
        advice, state = answer(state, situation, "failed")
    asked = last(advice)
    assert asked.id == "question.phone_in_hand"
    assert "iPhone" in asked.text["en"]
    assert "Galaxy S22" in asked.text["en"]
    assert [choice.text["en"] for choice in asked.choices] == ["This phone (iPhone)", "Galaxy S22", "Another phone"]
    assert "iPhone" in remind(state, situation).text["zh"]
    step = last(answer(state, situation, "recorded")[0])
    assert "SIM manager" in step.text["en"] or "Connections" in step.text["en"]
    other = answer(state, situation, "change_phone")[0]
    assert other.id == "question.phone"


def test_the_phone_in_hand_without_the_esim_is_a_finding() -> None:
    situation = Situation(
        facts=order(device_family="samsung", device_model="Galaxy S22"), symptom="no_service", in_hand="iphone"
    )
    _, state = begin(situation)
    for _ in range(5):
        if state["current"] == "question.phone_in_hand":
            break
        _, state = answer(state, situation, "failed")
    found, _ = answer(state, situation, "this_phone")
    assert found.id == "finding.other_phone"


def test_the_same_make_as_the_orders_asks_nothing() -> None:
    _, state = begin(Situation(facts=ON_SAMSUNG, symptom="no_data", in_hand="samsung"))
    assert state["current"].startswith("step.")


@pytest.mark.parametrize("finding", ["other_phone", "record_says_installed"])
def test_no_to_where_the_esim_is_names_no_other_phone(finding: str) -> None:
    situation = Situation(facts=ON_SAMSUNG, symptom="no_service", family="iphone")
    state = {**begin(situation)[1], "current": f"finding.{finding}"}
    assert answer(state, situation, "failed")[0].id == "finding.vanished"  # type: ignore[arg-type]
