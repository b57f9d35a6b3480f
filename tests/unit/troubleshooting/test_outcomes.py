"""What follows an outcome: on to the line after an installation, back from what was traded away, an end for phones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import answer, begin, explain, observe, pending, remind
from aftercare.troubleshooting.situation import Situation
from tests.support.order_samples import DEMO, OUTAGE, order, unused

BOOKS = load_playbooks()
NOBODY = Situation(family="iphone")
DEVICES = {device.id: device for device in load_catalogue().devices}
WITHOUT_ESIM = next(name for name, device in DEVICES.items() if device.esim == "no" and device.lte)
MAINLAND = "apple-iphone-mainland-china"


def reach(situation, step, outcome="failed"):
    """The state in which `step` waits for its outcome."""
    advice, state = begin(situation)
    for _ in range(20):
        if state["current"] == f"step.{step}":
            return state
        advice, state = answer(state, situation, "more" if advice.kind == "exhausted" else outcome)
    raise AssertionError(f"{step} was not reached")


@pytest.mark.parametrize("facts", [None, unused()])
@pytest.mark.parametrize("step", ["install_qr", "manual_code", "stable_wifi", "vpn_off", "restart", "os_update"])
def test_an_eSIM_that_was_added_goes_on_to_line_and_roaming(facts, step):
    situation = Situation(facts=facts, symptom="activation", family="iphone")
    state = reach(situation, step, "already")
    advice, state = answer(state, situation, "works")
    assert advice.id == "step.after_install"
    assert "roaming" in advice.text["en"]
    assert answer(state, situation, "works")[0].kind == "solved"


def test_working_once_line_and_roaming_were_set_ends_an_activation():
    situation = Situation(symptom="activation", family="iphone", error="sim_not_activated")
    _, state = begin(situation)
    _, state = answer(state, situation, "works")
    assert state["current"] == "step.after_install"
    _, state = answer(state, situation, "failed")
    _, state = answer(state, situation, "no_service")
    advice, state = answer(state, situation, "works")
    assert advice.id == "question.test"
    assert answer(state, situation, "works")[0].kind == "solved"


def to_the_end(state, situation, outcome="failed"):
    """Everything said from here on when each step has this outcome."""
    said = []
    for _ in range(40):
        advice, state = answer(state, situation, "more" if state["current"] == "exhausted" else outcome)
        piece = advice
        while piece:
            said.append(piece)
            piece = piece.then
        if not said[-1].choices:
            break
    return said


def test_a_network_chosen_in_vain_is_set_back_to_automatic_at_once():
    situation = Situation(symptom="no_service", family="iphone")
    state = reach(situation, "manual_network", "already")
    undo = BOOKS.steps["manual_network"].undo
    advice, after = answer(state, situation, "failed")
    assert advice.undo == ("manual_network",)
    for text in (advice.text, pending(after, situation).text):
        assert text["en"].startswith(undo.en + " ")
        assert text["zh"].startswith(undo.zh)
    for words in (explain(after, situation, 1), remind(after, situation)):
        assert undo.en not in words.text["en"]
    for outcome in ("already", "cannot", "skip", "works", "no_data"):  # nothing was changed, or it helped
        assert undo.en not in answer(state, situation, outcome)[0].text["en"]
    assert undo.en not in answer(after, situation, "failed")[0].text["en"]


def test_while_the_operator_has_an_incident_the_chosen_network_stays():
    situation = Situation(facts=DEMO["NZ10000009"], symptom="no_service")
    advice, state = begin(situation)
    assert advice.then.id == "step.manual_network"
    assert not answer(state, situation, "failed")[0].undo


@pytest.mark.parametrize("error", [None, "unable_to_activate", "code_no_longer_valid", "checking_network_info"])
def test_an_installation_that_nothing_helps_ends_in_a_ticket_for_a_new_code(error):
    situation = Situation(facts=unused(), symptom="activation", error=error)
    state = begin(situation)[1]
    said = to_the_end(state, situation, "already")
    assert said[-1].id in {"finding.install_failed", "finding.code_used"}
    assert "reissue" in said[-1].offers
    scans = [piece.id for piece in said if piece.id in {"step.install_qr", "step.manual_code"}]
    assert len(scans) == len(set(scans))


@pytest.mark.parametrize(
    ("symptom", "family", "step"),
    [
        ("slow", "iphone", "four_g"),
        ("slow", "pixel", "data_saver"),
        ("no_data", "samsung", "vpn_off"),
        ("no_data", "iphone", "wifi_off"),
        ("no_service", "xiaomi", "second_slot"),
    ],
)
def test_what_was_traded_away_in_vain_is_taken_back_at_the_end(symptom, family, step):
    """Not before: another fault may still hide what it did."""
    situation = Situation(symptom=symptom, family=family)
    state = reach(situation, step, "already")
    undo = BOOKS.steps[step].undo
    advice, after = answer(state, situation, "failed")
    ended = advice.kind == "exhausted"
    assert ended or step not in advice.undo
    said = [advice] if ended else to_the_end(after, situation, "already")
    taken_back = [piece for piece in said if step in piece.undo]
    assert [piece.kind for piece in taken_back] == ["exhausted"]
    assert undo.en in taken_back[0].text["en"]
    assert undo.zh in taken_back[0].text["zh"]
    if not ended:
        solved = to_the_end(after, situation, "online")
        assert [piece.kind for piece in solved if step in piece.undo] == ["note"]
    for outcome in ("already", "cannot", "skip", "works"):
        assert not any(
            step in piece.undo for piece in to_the_end(answer(state, situation, outcome)[1], situation, "already")
        )


@pytest.mark.parametrize("symptom", ["activation", "no_service", "no_data", "slow"])
@pytest.mark.parametrize("facts", [None, unused()])
def test_a_phone_without_esim_ends_the_diagnosis_wherever_it_stands(symptom, facts):
    situation = Situation(facts=facts, symptom=symptom, family="iphone")
    _, state = answer(*begin(situation)[1:], situation, "failed")
    named = replace(situation, family=None, device_id=WITHOUT_ESIM)
    for advice, after in (answer(state, named, "failed"), answer(state, named, "unclear"), begin(named, state)):
        assert advice.id == "finding.device_without_esim"
        assert not advice.awaits_answer
        assert after["current"] == advice.id
    assert observe(state, named, {"no_service"})[0].id == "finding.device_without_esim"


@pytest.mark.parametrize("facts", [None, unused()])
def test_a_mainland_iphone_is_tested_for_an_esim_before_anything_else(facts):
    situation = Situation(facts=facts, symptom="activation", family="iphone")
    _, state = begin(situation)
    named = Situation(facts=facts, symptom="activation", device_id=MAINLAND)
    for advice, after in (answer(state, named, "failed"), begin(named)):
        assert (advice.id, advice.then.id) == ("finding.mainland_iphone", "step.eid")
        assert answer(after, named, "failed")[0].id == "finding.no_eid"
        assert answer(after, named, "works")[0].kind == "step"


def test_an_esim_already_on_the_phone_is_proof_enough():
    on_phone = Situation(facts=order(), symptom="no_data", device_id=MAINLAND)
    assert begin(on_phone)[0].id == "finding.plan_fine"
    seen = Situation(symptom="no_data", device_id=MAINLAND, observed=frozenset({"installed"}))
    assert begin(seen)[0].id == "step.data_line"


def test_it_works_is_believed_even_of_a_phone_said_to_be_without_esim():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    assert answer(state, replace(situation, device_id=WITHOUT_ESIM), "works")[0].kind == "solved"


@pytest.mark.parametrize("facts", [None, unused()])
def test_a_code_that_is_refused_is_not_scanned_again(facts):
    situation = Situation(facts=facts, symptom="activation", family="iphone", error="code_no_longer_valid")
    advice, state = begin(situation)
    said = [advice.id]
    while state["current"] != "finding.code_used":
        advice, state = answer(state, situation, "failed")
        said.append(advice.id)
    assert "step.install_qr" not in said
    assert "reissue" in advice.offers


def test_what_ends_an_outage_is_the_outage_whichever_step_was_the_last():
    situation = Situation(facts=order(incident=OUTAGE, last_region="Queenstown"), symptom="no_service")
    advice, state = begin(situation)
    assert (advice.id, state["current"]) == ("finding.incident", "step.manual_network")
    _, state = answer(state, situation, "failed")
    while not state["current"].startswith("step."):
        _, state = answer(state, situation, "plain")
    solved, state = answer(state, situation, "works")
    if solved.id == "question.test":
        solved, _ = answer(state, situation, "works")
    assert (solved.kind, solved.then.id) == ("solved", "cause.incident")
