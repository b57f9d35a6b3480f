"""Questions about the screen: asked once, again when what was seen is put right, and what steps clear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aftercare.troubleshooting.player import answer, begin, observe, way_back
from aftercare.troubleshooting.situation import Situation
from tests.support.order_samples import order

NOBODY = Situation(family="iphone")


def test_the_screen_is_asked_about_again_once_what_it_showed_was_put_right():
    situation = replace(NOBODY, symptom="no_service")
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    assert state["current"] == "question.screen_signal"
    advice, state = answer(state, situation, "plane")
    assert advice.id == "step.airplane_off"
    advice, state = answer(state, situation, "failed")
    assert advice.id == "question.screen_signal_now"
    advice, after = answer(state, situation, "searching")
    assert advice.id == "step.restart"  # airplane mode was off and on already
    for _ in range(8):  # no third look
        advice, after = answer(after, situation, "failed")
        assert not advice.id.startswith("question.screen_signal")


@pytest.mark.parametrize("outcome", ["plain", "failed"])
def test_a_look_that_named_nothing_is_not_repeated(outcome):
    situation = replace(NOBODY, symptom="no_service")
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    _, state = answer(state, situation, outcome)
    while state["current"] not in {"exhausted", "finding.locked"}:
        _, state = answer(state, situation, "failed")
        assert not state["current"].startswith("question.screen_signal")


def test_symbols_told_in_words_answer_the_look():
    situation = Situation(facts=order(device_family="pixel", data_used_mb=0), symptom="no_data")
    _, state = begin(situation)
    for _ in range(2):
        _, state = answer(state, situation, "failed")
    assert state["current"] == "question.screen_data"
    advice, state = observe(state, situation, {"wifi_symbol", "data_saver"})
    assert advice.id == "step.data_saver"
    assert state["answers"]["question.screen_data"] == "named"


def test_a_line_switched_on_here_is_not_called_off_by_the_record():
    situation = Situation(facts=order(profile_state="disabled", registered=False), symptom="no_service")
    advice, state = begin(situation)
    assert (advice.id, advice.then.id) == ("finding.profile_off", "step.line_on")
    state["done"].remove("finding.profile_off")  # as when an incident was told instead
    advice, state = answer(state, situation, "no_data")
    assert state["playbook"] == "no_data"


def test_the_fault_that_was_told_is_looked_into_when_that_of_the_record_was_not_it():
    situation = Situation(facts=order(registered=False), symptom="no_data")
    advice, state = begin(situation)
    assert (advice.id, state["playbook"]) == ("finding.not_registered", "no_service")
    for _ in range(15):
        if state["playbook"] == "no_data":
            break
        _, state = answer(state, situation, "cannot" if state["current"] == "step.carrier_lock" else "failed")
        assert state["current"] != "exhausted"
    assert state["playbook"] == "no_data"


def test_what_was_traded_is_taken_back_when_nothing_is_left_or_a_person_goes_on():
    """Before that another fault may still hide what it did: with the VPN back on, its own fault would be back too."""
    situation = Situation(facts=order(), symptom="no_data", observed=frozenset({"vpn_symbol"}))
    advice, state = begin(situation)
    offered = []
    for _ in range(40):
        advice, state = answer(state, situation, "more" if advice.kind == "exhausted" else "failed")
        if advice.kind == "exhausted":
            offered.append(("vpn_off" in advice.undo, bool(advice.choices)))
            if advice.choices:
                note, after = way_back(state, situation)
                assert "vpn_off" in note.undo
                assert way_back(after, situation) is None
            else:
                break
    assert offered[0] == (False, True)
    assert offered[-1] == (True, False)


def test_a_vpn_that_hid_another_fault_may_come_back_too():
    situation = replace(NOBODY, symptom="no_data", observed=frozenset({"vpn_symbol"}))
    _, state = begin(situation)
    assert state["current"] == "step.vpn_off"
    _, state = answer(state, situation, "slow")
    while state["current"] != "step.data_saver":
        _, state = answer(state, situation, "plain" if state["current"].startswith("question.") else "failed")
    advice, state = answer(state, situation, "works")
    assert advice.kind == "solved"
    assert "vpn_off" in advice.then.then.undo


def test_no_signal_told_beside_a_symbol_changes_the_playbook():
    situation = Situation(facts=order(), symptom="no_data")
    _, state = begin(situation)
    advice, state = observe(state, situation, {"no_service", "vpn_symbol"})
    assert (advice.id, state["playbook"]) == ("step.vpn_off", "no_service")
