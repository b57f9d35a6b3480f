"""The way through a diagnosis: one step at a time, none twice, always an end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.playbooks import FAMILIES, load_playbooks
from aftercare.troubleshooting.player import answer, begin, pending
from aftercare.troubleshooting.position import causes_found
from aftercare.troubleshooting.situation import Situation, Symptom
from aftercare.understanding.commands import FACTS
from tests.support.order_samples import DEMO, order, unused

SYMPTOMS = get_args(Symptom)
NOBODY = Situation(family="iphone")


def walk(situation, outcome="failed", turns=12):
    """The ids of what is said when the traveller keeps giving one answer, up to the end."""
    advice, state = begin(situation)
    ids = [advice.id] + ([advice.then.id] if advice.then else [])
    for _ in range(turns):
        if not (advice.then or advice).choices or advice.kind == "exhausted":
            break
        advice, state = answer(state, situation, outcome)
        ids.append(advice.id)
    return ids


def test_an_unknown_symptom_is_one_forced_choice():
    advice, state = begin(Situation())
    assert advice.id == "question.symptom"
    assert [choice.outcome for choice in advice.choices] == ["activation", "no_service", "no_data", "slow", "stopped"]
    advice, _ = answer(state, NOBODY, "no_data")
    assert advice.id == "step.data_line"


def test_a_symptom_in_the_travellers_own_words_answers_the_forced_choice():
    _, state = begin(NOBODY)
    advice, _ = answer(state, replace(NOBODY, symptom="no_service"), "inform")
    assert advice.id == "step.line_on"


def test_facts_are_looked_at_again_once_the_symptom_is_chosen():
    situation = Situation(facts=replace(DEMO["NZ10000010"], throttled_until=None))
    _, state = begin(situation)
    advice, _ = answer(state, Situation(facts=DEMO["NZ10000010"]), "slow")
    assert advice.id == "finding.throttled"


@pytest.mark.parametrize(
    ("symptom", "steps"),
    [
        ("activation", ["install_qr", "check_sim_list", "stable_wifi", "vpn_off", "eid"]),
        ("no_service", ["line_on", "airplane", "lte_mode", "manual_network", "restart"]),
        ("no_data", ["data_line", "vpn_off", "apn_from_email", "roaming", "restart"]),
        ("slow", ["open_place", "four_g", "vpn_off", "data_saver", "restart"]),
        ("hotspot", ["hotspot_on", "data_line", "data_saver", "vpn_off", "apn_from_email"]),
    ],
)
def test_each_symptom_without_an_order(symptom, steps):
    ids = walk(replace(NOBODY, symptom=symptom), turns=20)
    expected = [f"step.{step}" for step in steps]
    assert [name for name in ids if name.startswith("step.")][: len(expected)] == expected
    assert sum(name.startswith("question.screen_") for name in ids) == (symptom in ("no_service", "no_data", "slow"))
    # a phone without EID or with a lock ends with a conclusion; everything else with a person
    ends = {"activation": "finding.no_eid", "no_service": "finding.locked"}
    assert ids[-1] == ends.get(symptom, "exhausted")


def test_stopped_and_calls_open_with_a_question():
    advice, state = begin(replace(NOBODY, symptom="stopped"))
    assert advice.id == "question.stopped"
    assert answer(state, NOBODY, "border")[0].offers == ("crossborder", "plans")
    assert "reissue" in answer(state, NOBODY, "new_phone")[0].offers
    assert answer(state, NOBODY, "no_service")[0].id == "step.line_on"
    advice, state = begin(replace(NOBODY, symptom="calls_sms"))
    assert advice.id == "question.calls"
    assert answer(state, NOBODY, "dual_standby")[0].id == "finding.dual_standby"
    advice, state = answer(state, NOBODY, "travel_line")
    assert advice.id == "step.number_in_plan"
    assert answer(state, NOBODY, "failed")[0].id == "finding.no_number"
    assert answer(state, NOBODY, "works")[0].id == "step.voice_line"


def test_a_plan_with_a_number_is_not_asked_whether_it_has_one():
    situation = Situation(facts=order(calls_sms=True), symptom="calls_sms")
    _, state = begin(situation)
    assert answer(state, situation, "travel_line")[0].id == "step.voice_line"


def test_an_esim_that_vanished_is_not_rescanned():
    _, state = begin(replace(NOBODY, symptom="stopped"))
    advice, state = answer(state, NOBODY, "vanished")
    assert advice.id == "step.vanished"
    assert "reissue" in answer(state, NOBODY, "failed")[0].offers


def test_place_and_phone_change_what_is_likeliest():
    wild = walk(replace(NOBODY, symptom="no_service", location="Milford Sound"))
    city = walk(replace(NOBODY, symptom="no_service", location="Auckland"))
    assert wild.index("step.open_place") == 0
    assert "step.open_place" not in city
    assert "step.second_slot" in walk(Situation(family="xiaomi", symptom="no_service"))
    assert "step.second_slot" not in city
    worked_before = {
        family: walk(Situation(facts=order(device_family=family), symptom="no_data")) for family in FAMILIES
    }
    assert worked_before["pixel"].index("step.apn") < worked_before["iphone"].index("step.apn")


def test_after_five_failed_steps_a_person_is_offered_beside_each_and_what_hardly_helps_only_on_request():
    situation = Situation(facts=order(), symptom="no_service")
    advice, state = begin(situation)
    before, after, asked = [], [], 0
    for _ in range(20):
        last = advice.then or advice
        if last.kind == "step" and not asked:
            (after if state["failed"] >= 5 else before).append(last)
        if last.kind == "exhausted":
            assert "person" in last.offers
            if not last.choices:
                break
            asked += 1
            assert [choice.outcome for choice in last.choices] == ["more"]
        outcome = {"exhausted": "more", "step.carrier_lock": "cannot"}.get(last.id, "failed")
        advice, state = answer(state, situation, outcome)
    assert len(before) == 5
    assert not any("person" in step.offers for step in before)
    assert after
    assert 1 <= asked <= 2  # and once more after five others


def test_a_slighter_symptom_is_progress_and_changes_the_playbook():
    situation = replace(NOBODY, symptom="no_service", tried=frozenset({"line_on"}))
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    assert state["failed"] == 1
    _, state = answer(state, situation, "plain")
    advice, state = answer(state, situation, "no_data")
    assert (advice.id, state["playbook"], state["failed"]) == ("question.screen_data", "no_data", 0)
    advice, state = answer(state, situation, "plain")
    assert advice.id == "step.data_line"
    assert causes_found(state) == (("no_service", "old_mode"),)
    advice, state = answer(state, situation, "slow")
    assert state["playbook"] == "slow"
    assert "step.data_line" in state["done"]


def test_it_works_ends_the_diagnosis():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    advice, state = answer(state, situation, "works")
    assert advice.kind == "solved"
    assert advice.then.id == "cause.other_data_line"  # what it was, and how to avoid it
    assert not advice.awaits_answer
    assert answer(state, situation, "unclear")[0].kind == "solved"


def test_it_works_after_a_step_without_a_test_is_tried_with_wifi_off():
    situation = replace(NOBODY, symptom="no_service")
    _, state = begin(situation)
    assert state["current"] == "step.line_on"
    advice, state = answer(state, situation, "works")
    assert advice.id == "question.test"
    assert answer(state, situation, "works")[0].kind == "solved"
    for outcome, playbook in (("slow", "slow"), ("no_data", "no_data"), ("failed", "no_data")):
        advice, after = answer(state, situation, outcome)
        assert advice.kind == "step"
        assert after["playbook"] == playbook
    assert answer(state, situation, "no_service")[1]["playbook"] == "no_service"


def test_what_the_screen_does_not_show_is_less_likely():
    situation = Situation(facts=order(), symptom="no_service", family="iphone")
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    assert state["current"] == "question.screen_signal"
    shown, _ = answer(state, situation, "emergency")
    assert shown.id == "step.manual_network"
    plain, _ = answer(state, situation, "plain")
    assert plain.id in {"step.restart", "step.lte_mode"}
    unanswered, after = answer(state, situation, "cannot")
    assert unanswered.kind == "step"
    assert after["answers"]["question.screen_signal"] == "unanswered"


def test_glad_too_early_goes_on_with_another_step():
    situation = replace(NOBODY, symptom="no_data", family="iphone")
    first, state = begin(situation)
    _, state = answer(state, situation, "works")
    advice, state = answer(state, situation, "failed")
    assert advice.kind == "step"
    assert advice.id != first.id


def test_what_was_tried_before_is_never_asked():
    tried = frozenset({"restarted", "airplane_mode"})
    ids = walk(replace(NOBODY, symptom="no_service", tried=tried))
    assert not {"step.restart", "step.airplane"} & set(ids)


def test_what_is_tried_on_the_way_is_not_asked_later():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    knows_more = replace(situation, tried=frozenset({"roaming_on", "airplane_mode"}))
    assert answer(state, knows_more, "failed")[0].id == "step.vpn_off"


def test_the_phone_is_asked_once_and_only_when_its_menu_matters():
    advice, state = begin(Situation(symptom="slow"))
    assert advice.id == "step.open_place"
    advice, state = answer(state, Situation(symptom="slow"), "failed")
    assert advice.id == "question.phone"
    assert {choice.outcome for choice in advice.choices} == set(FAMILIES)
    advice, state = answer(state, Situation(symptom="slow"), "xiaomi")
    assert advice.id == "step.four_g"
    assert "首选网络类型" in advice.text["zh"]
    for _ in range(3):
        advice, state = answer(state, Situation(symptom="slow"), "failed")
        assert advice.id != "question.phone"


def test_a_phone_named_in_words_answers_the_question_and_corrects_an_earlier_one():
    situation = Situation(symptom="no_data")
    _, state = begin(situation)
    phone = next(device for device in load_catalogue().devices if device.menu_family == "pixel")
    advice, state = answer(state, replace(situation, device_id=phone.id), "inform")
    assert advice.id == "step.data_line"
    assert "Network & internet" in advice.text["en"]
    assert "SIM manager" in pending(state, replace(situation, family="samsung")).text["en"]


def test_the_phone_of_the_order_is_known():
    advice, _ = begin(Situation(facts=unused(), symptom="activation"))
    assert "Open Photos" in advice.then.text["en"]


def test_a_menu_that_cannot_be_found_is_described_in_general_then_left():
    situation = replace(NOBODY, symptom="no_data", tried=frozenset({"data_line_set"}))
    _, state = begin(situation)
    advice, state = answer(state, situation, "cannot")
    assert advice.id == "step.roaming.general"
    assert "“roaming”" in advice.text["en"]
    assert "“漫游”" in advice.text["zh"]
    assert pending(state, situation).id == "step.roaming.general"
    advice, state = answer(state, situation, "cannot")
    assert advice.id == "step.vpn_off"
    assert state["answers"]["step.roaming"] == "cannot"  # not done: what it would end is still as likely


def test_installing_leads_on_to_switching_on_and_does_not_ask_it_twice():
    situation = Situation(facts=unused(), symptom="activation")
    _, state = begin(situation)
    advice, state = answer(state, situation, "works")
    assert advice.id == "step.after_install"
    assert answer(state, situation, "not_there_yet")[0].id == "finding.ready_for_trip"
    advice, state = answer(state, situation, "failed")
    assert advice.id == "question.signal"
    advice, state = answer(state, situation, "no_data")
    seen = [advice.id]
    while advice.kind == "step":
        advice, state = answer(state, situation, "failed")
        seen.append(advice.id)
    assert seen[0] == "step.data_line"
    assert not {"step.line_on", "step.roaming"} & set(seen)


@pytest.mark.parametrize(
    ("error", "first"),
    [
        ("unable_to_complete_change", "step.manual_code"),
        ("code_no_longer_valid", "step.find_used_code"),
        ("cannot_add_esim", "step.stable_wifi"),
        ("unable_to_activate", "step.stable_wifi"),
        ("stuck_activating", "step.wait_activating"),
        ("something_went_wrong", "step.stable_wifi"),
        ("checking_network_info", "step.stable_wifi"),
        ("sim_not_activated", "step.wait_activating"),
        ("not_supported", "step.eid"),
    ],
)
@pytest.mark.parametrize("symptom", [None, "activation"])
def test_known_error_messages_go_straight_to_their_fix(error, first, symptom):
    advice, _ = begin(replace(NOBODY, symptom=symptom, error=error))
    assert advice.id == first


def test_a_code_said_to_be_invalid_that_was_never_used_is_entered_by_hand():
    advice, _ = begin(Situation(facts=unused(), symptom="activation", error="code_no_longer_valid"))
    assert advice.id == "finding.released"
    assert advice.then.id == "step.manual_code"


def test_a_new_beginning_keeps_what_was_done():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    advice, _ = begin(Situation(facts=order(), symptom="no_data"), earlier=state)
    assert advice.id == "finding.plan_fine"
    assert advice.then.id not in {"step.data_line", "step.roaming"}


def test_an_answer_that_was_not_offered_changes_nothing():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    for outcome in ("more", "iphone", "", "no_service", "'; DROP TABLE"):
        advice, after = answer(state, situation, outcome)
        assert after == state
        assert advice.id == "step.data_line"


def test_yes_and_no_in_words_choose_between_the_two_sides_of_a_finding():
    situation = Situation(facts=DEMO["NZ10000012"], symptom="no_service")
    _, state = begin(situation)
    assert answer(state, situation, "works")[0].id == "finding.ready_for_trip"
    assert answer(state, situation, "failed")[0].id == "step.line_on"


def test_already_and_cannot_move_on_where_no_such_button_is():
    situation = replace(NOBODY, symptom="activation", error="not_supported")
    advice, state = begin(situation)
    assert advice.id == "step.eid"
    assert answer(state, situation, "cannot")[0].id == "step.os_update"
    situation = replace(NOBODY, symptom="slow")
    _, state = begin(situation)
    assert answer(state, situation, "cannot")[0].id == "step.four_g"


def test_a_problem_that_comes_back_after_it_was_solved_starts_afresh():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    _, state = answer(state, situation, "works")
    assert begin(situation, state)[0].id == "step.data_line"


def test_a_state_the_playbooks_no_longer_know_begins_anew_without_repeating():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    for change in ({"current": "step.gone"}, {"playbook": "gone"}, {"waiting": "step.gone"}, {"current": ""}):
        advice, after = answer({**state, **change}, situation, "failed")
        assert advice.id == pending({**state, **change}, situation).id == "step.vpn_off"
        assert after["current"] == "step.vpn_off"


SITUATIONS = st.builds(
    Situation,
    facts=st.sampled_from([None, order(), order(calls_sms=True), order(registered=False), *DEMO.values()]),
    symptom=st.sampled_from([None, *SYMPTOMS]),
    family=st.sampled_from([None, *FAMILIES]),
    error=st.sampled_from([None, *load_playbooks().errors]),
    tried=st.frozensets(st.sampled_from(sorted(entry.key for entry in load_catalogue().tried_steps)), max_size=8),
    observed=st.frozensets(st.sampled_from(FACTS), max_size=3),
    device_id=st.sampled_from([None, None, *(device.id for device in load_catalogue().devices)]),
    location=st.sampled_from([None, "Queenstown"]),
    destination=st.sampled_from([None, "AU", "NZ"]),
)


@settings(max_examples=200, deadline=None)
@given(situation=SITUATIONS, picks=st.lists(st.integers(0, 6), min_size=80, max_size=80))
def test_any_answers_come_to_an_end_without_repeating_a_step(situation, picks):
    advice, state = begin(situation)
    said = []
    for pick in picks:
        said += [advice.id, advice.then.id] if advice.then else [advice.id]
        last = advice.then or advice
        for part in (advice, advice.then):
            for text in (part.text, *(choice.text for choice in part.choices)) if part else ():
                assert all(text[language].strip() and "{" not in text[language] for language in ("en", "zh"))
        assert json.loads(json.dumps(state)) == state
        if last.kind != "note":
            assert pending(state, situation).id == last.id
            assert pending(state, situation).text == last.text
        if last.kind in {"solved", "exhausted", "note"} and not last.choices:
            break
        if not last.choices:
            assert last.kind == "finding"
            break
        outcome = last.choices[pick % len(last.choices)].outcome
        advice, state = answer(json.loads(json.dumps(state)), situation, outcome)
    else:
        pytest.fail(f"no end after {len(picks)} answers: {said}")
    steps = [name for name in said if name.startswith("step.")]
    assert len(steps) == len(set(steps))
    entries = load_playbooks().steps
    assert not {entries[name.split(".")[1]].tried_key for name in steps} & situation.tried
