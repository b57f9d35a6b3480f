"""Which step comes first in twenty situations, and what moves it: the causes of data/playbooks/causes.yml."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aftercare.orders.facts import CoveredNetwork
from aftercare.troubleshooting.conditions import CONDITIONS
from aftercare.troubleshooting.playbooks import FAMILIES, load_playbooks
from aftercare.troubleshooting.player import answer, begin, observe, pending
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
    assert next(step for step in after.steps() if step != "data_line") == "roaming"


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
    assert ranked.probable_cause("date_time") == "date_wrong"
    assert ranked.probable_cause("vpn_off") == "vpn"
    assert ranked.probable_cause("unheard_of") is None


def test_what_was_not_found_is_still_as_likely():
    situation = Situation(symptom="no_data", family="iphone", tried=frozenset({"data_line_set"}))
    _, state = begin(situation)
    assert state["current"] == "step.roaming"
    _, state = answer(state, situation, "cannot")
    _, state = answer(state, situation, "cannot")
    assert state["answers"]["step.roaming"] == "cannot"


EVENING, MORNING = datetime(2026, 11, 17, 6, 30, tzinfo=UTC), datetime(2026, 11, 16, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(("now", "told"), [(EVENING, "19:30"), (MORNING, None)])
def test_a_busy_hour_is_one_of_new_zealand(now, told):
    """06:30 in Greenwich is the evening there, 21:00 the morning."""
    situation = Situation(symptom="slow", family="pixel", location="Queenstown", now=now)
    _, state = begin(situation)
    asked = []
    while not state["current"].startswith("exhausted") and len(asked) < 30:
        asked.append(state["current"])
        if state["current"] == "step.less_busy":
            text = pending(state, situation).text
            assert told in text["en"]
            assert told in text["zh"]
            assert "Queenstown" in text["en"]
            assert "皇后镇" in text["zh"]
        _, state = answer(state, situation, "plain" if state["current"].startswith("question.") else "failed")
    assert ("step.less_busy" in asked) == (told is not None)


def test_where_the_plan_is_used_elsewhere_the_hour_of_new_zealand_counts_for_nothing():
    facts = order(last_country="FJ", last_region=None, networks=(CoveredNetwork("FJ", "Vodafone Fiji", "x"),))
    assert not CONDITIONS["busy_hour"](Situation(facts=facts, symptom="slow", now=EVENING))


# every item that a traveller's fault may turn out to be, and where it leads
OWN_WORDS = [
    ("no_data", "other_esim", "step.other_esim_off"),
    ("no_data", "private_dns", "step.vpn_off"),
    ("no_data", "date_wrong", "step.date_time"),
    ("no_data", "home_line_data", "step.data_line"),
    ("no_service", "updated", "step.restart"),
    ("slow", "crowd", "step.less_busy"),
]


@pytest.mark.parametrize(("symptom", "fact", "step"), OWN_WORDS)
def test_what_is_told_in_own_words_goes_straight_to_its_step(symptom, fact, step):
    situation = Situation(symptom=symptom, facts=order(), family="iphone")
    _, state = begin(situation)
    state["current"], state["done"] = "step.roaming", ["step.roaming"]
    advice, _ = observe(state, situation, {fact})
    assert advice.id == step


def test_after_automatic_switching_is_named_again_its_own_switch_comes():
    situation = Situation(symptom="no_data", facts=order())
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    assert "step.data_line" in state["done"]
    assert observe(state, situation, {"home_line_data"})[0].id == "step.data_switching"


def test_who_says_that_the_phone_is_managed_is_not_asked_that():
    situation = Situation(symptom="no_data", facts=order(), observed=frozenset({"managed"}))
    assert given_in_all(situation) >= {"step.work_rules"}
    assert "step.work_profile" not in given_in_all(situation)
    assert "step.work_profile" in given_in_all(replace(situation, observed=frozenset()))


def given_in_all(situation: Situation) -> set[str]:
    """Every step that is given when none helps."""
    advice, state = begin(situation)
    given = set()
    for _ in range(60):
        given.add(state["current"])
        if not advice.awaits_answer:
            return given
        current, offered = state["current"], {choice.outcome for choice in pending(state, situation).choices}
        ways = ("works",) if current == "step.carrier_lock" else ("more", "plain", "own", "none", "failed")
        outcome = next((each for each in ways if each in offered), "works")
        advice, state = answer(state, situation, outcome)
        assert state["current"] != current or not offered
    raise AssertionError("no end")


COMPLETE = {
    "no_data": {"lte_mode", "data_saver", "apn", "vpn_off", "data_line", "data_switching", "roaming", "date_time",
                "other_esim_off", "wifi_off", "wifi_assist", "carrier_settings", "os_update", "reset_network",
                "work_profile", "manual_network"},
    "no_service": {"line_on", "airplane", "restart", "manual_network", "lte_mode", "open_place", "apn", "reset_network",
                   "carrier_settings", "carrier_lock", "os_update", "roaming"},
    "slow": {"data_line", "roaming", "vpn_off", "data_saver", "hotspot_devices", "less_busy", "four_g", "open_place",
             "manual_network", "wifi_assist"},
}  # fmt: skip


@pytest.mark.parametrize("symptom", list(COMPLETE))
def test_each_fault_has_every_step_a_network_engineer_would_try(symptom):
    situation = Situation(symptom=symptom, facts=order(), now=EVENING)
    given = given_in_all(situation)
    assert {f"step.{step}" for step in COMPLETE[symptom]} <= given


@pytest.mark.parametrize("family", FAMILIES)
def test_without_internet_mode_saver_and_apn_come_before_a_person(family):
    """Neither offered beside a step nor for want of steps."""
    situation = Situation(symptom="no_data", facts=order(device_family=family))
    advice, state = begin(situation)
    owed = {"step.lte_mode", "step.data_saver", "step.apn"}
    while advice.kind != "exhausted" and "person" not in advice.offers:
        outcome = "plain" if state["current"].startswith("question.") else "failed"
        advice, state = answer(state, situation, outcome)
    assert owed <= set(state["done"])
