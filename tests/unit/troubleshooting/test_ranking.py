"""Which step comes first in twenty situations, and what moves it: the causes of data/playbooks/causes.yml."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import answer, begin
from aftercare.troubleshooting.ranking import Likelihoods
from aftercare.troubleshooting.situation import Situation
from tests.support.order_samples import DEMO, order, unused

BOOKS = load_playbooks()
SILENT = order(registered=False)
NEVER_USED = order(data_used_mb=0)
OFF = order(profile_state="disabled", registered=False)


def first_step(situation):
    """The first thing the traveller is asked to do."""
    advice, _ = begin(situation)
    while advice.then is not None:
        advice = advice.then
    return advice.id


TYPICAL = [
    (Situation(symptom="no_service", family="iphone"), "step.line_on"),
    (Situation(symptom="no_service", facts=SILENT), "step.airplane"),
    (Situation(symptom="no_service", facts=OFF), "step.line_on"),
    (Situation(symptom="no_service", facts=DEMO["NZ10000009"]), "step.manual_network"),
    (Situation(symptom="no_service", facts=SILENT, location="Milford Sound"), "step.open_place"),
    (
        Situation(symptom="no_service", facts=SILENT, tried=frozenset({"airplane_mode", "lte_mode"})),
        "step.manual_network",
    ),
    (Situation(symptom="no_service", facts=SILENT, observed=frozenset({"airplane_symbol"})), "step.airplane_off"),
    (Situation(symptom="no_service", facts=SILENT, observed=frozenset({"emergency_only"})), "step.manual_network"),
    (Situation(symptom="no_service", facts=SILENT, observed=frozenset({"old_network"})), "step.lte_mode"),
    (Situation(symptom="no_service", facts=SILENT, observed=frozenset({"searching"})), "step.airplane"),
    (Situation(symptom="no_data", family="pixel"), "step.data_line"),
    (Situation(symptom="no_data", facts=order()), "step.data_line"),
    (Situation(symptom="no_data", facts=NEVER_USED), "step.data_line"),
    (Situation(symptom="no_data", facts=order(), tried=frozenset({"data_line_set"})), "step.roaming"),
    (Situation(symptom="no_data", facts=order(), tried=frozenset({"data_line_set", "roaming_on"})), "step.vpn_off"),
    (
        Situation(
            symptom="no_data",
            facts=order(device_family="pixel", data_used_mb=0),
            tried=frozenset({"data_line_set", "roaming_on"}),
        ),
        "step.apn",
    ),
    (Situation(symptom="no_data", facts=order(), observed=frozenset({"vpn_symbol"})), "step.vpn_off"),
    (Situation(symptom="slow", family="iphone"), "step.open_place"),
    (Situation(symptom="slow", facts=order(), observed=frozenset({"data_saver"})), "step.data_saver"),
    (Situation(symptom="activation", facts=unused()), "step.install_qr"),
    (Situation(symptom="activation", device_id="apple-iphone-mainland-china"), "step.eid"),
    (Situation(symptom="activation", family="iphone", error="code_no_longer_valid"), "step.find_used_code"),
    (Situation(symptom="hotspot", facts=order()), "step.hotspot_on"),
]


@pytest.mark.parametrize(("situation", "step"), TYPICAL)
def test_what_comes_first(situation, step):
    assert first_step(situation) == step


def likelihoods(symptom="no_data", **known):
    return Likelihoods(BOOKS, symptom, lambda conditions: not conditions, **known)


def test_a_step_that_did_not_help_makes_what_it_ends_unlikely():
    before, after = likelihoods(), likelihoods(done={"data_line"})
    assert before.weights["other_data_line"] > before.weights["roaming_off"]
    assert after.weights["other_data_line"] < 0.1 * after.weights["roaming_off"]
    assert after.steps()[0] == "roaming"


def test_what_a_step_asks_for_on_the_way_counts_only_where_it_was_given_here():
    said, given = likelihoods(done={"data_line"}), likelihoods(done={"data_line"}, given={"data_line"})
    assert said.weights["roaming_off"] == likelihoods().weights["roaming_off"]
    assert 0 < given.weights["roaming_off"] < 0.3 * said.weights["roaming_off"]
    assert given.steps()[0] != "roaming"


def test_a_symbol_that_this_phone_does_not_show_is_not_missed():
    looked = {"looked": ["screen_data"], "symptom": "slow"}
    iphone = Likelihoods(BOOKS, holds=lambda conditions: "android" not in conditions, **looked)
    pixel = Likelihoods(BOOKS, holds=lambda conditions: True, **looked)
    assert iphone.weights["data_saver"] > 5 * pixel.weights["data_saver"]


def test_a_quick_step_comes_before_a_long_one_that_helps_as_often():
    ranked = likelihoods("no_service")
    assert ranked.worth("manual_network") < ranked.help_of("manual_network") * 0.7
    assert ranked.worth("line_on") == pytest.approx(ranked.help_of("line_on"))


def test_recorded_cases_move_the_priors_and_never_silence_the_judgement():
    cases = {("no_data", "date_wrong"): 400}
    taught = likelihoods(experience=cases)
    assert taught.steps()[0] == "date_time"
    assert taught.weights["other_data_line"] > 0
    few = likelihoods(experience={("no_data", "date_wrong"): 5})
    assert few.steps()[0] == "data_line"
    assert sum(likelihoods("no_service").weights.values()) <= 100 + 1e-9


def test_experience_reaches_the_first_step():
    situation = Situation(symptom="no_data", family="pixel")
    assert first_step(replace(situation, experience={("no_data", "vpn"): 1000})) == "step.vpn_off"


def test_the_cause_is_told_only_when_it_is_the_likeliest_by_far():
    ranked = likelihoods()
    assert ranked.behind("date_time") == "date_wrong"
    assert ranked.behind("vpn_off") == "vpn"
    assert ranked.behind("unheard_of") is None


def test_what_was_not_found_is_still_as_likely():
    situation = Situation(symptom="no_data", family="iphone", tried=frozenset({"data_line_set"}))
    _, state = begin(situation)
    assert state["current"] == "step.roaming"
    _, state = answer(state, situation, "cannot")
    _, state = answer(state, situation, "cannot")
    assert state["answers"]["step.roaming"] == "cannot"
