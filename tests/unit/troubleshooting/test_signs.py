"""What the traveller reports to see: straight to its fix, finding or symptom, before what the record says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import (
    after_own_repair,
    answer,
    begin,
    is_fixed_by_pending,
    observe,
    pending,
)
from aftercare.troubleshooting.position import causes_found
from aftercare.troubleshooting.signs import Signs
from aftercare.troubleshooting.situation import Situation
from aftercare.understanding.commands import FACTS
from tests.support.order_samples import DAY, DEMO, NOW, order, unused

BOOKS = load_playbooks()
NOBODY = Situation(family="iphone")
# Reports that call for nothing in a diagnosis: the code and the mails are matters of the order.
WITHOUT_RULE = {"code_missing", "data_on", "error_shown", "no_order_mail", "other_shop", "paid_twice"}


def left(state, situation):
    """The steps that come when nothing helps any more, the screen shows nothing and the traveller goes on."""
    seen = []
    for _ in range(40):
        advice, state = answer(state, situation, "more" if state["current"] == "exhausted" else "failed")
        seen.append(advice.id)
        if not (advice.then or advice).choices:
            break
    return seen


def reports(situation, *facts, state=None):
    """The ids of what is said after the facts, and the state; None when they change nothing."""
    if state is None:
        _, state = begin(situation)
    found = observe(state, replace(situation, observed=frozenset(facts)), frozenset(facts))
    if found is None:
        return None
    advice, after = found
    return [advice.id] + ([advice.then.id] if advice.then else []), after


def test_the_signs_are_those_that_messages_are_read_for():
    of_rules = {sign for rule in BOOKS.signs for sign in (*rule.signs, *rule.unless)}
    of_choices = {
        sign
        for entries in (BOOKS.findings, BOOKS.questions, BOOKS.steps)
        for entry in entries.values()
        for choice in entry.choices
        for sign in choice.seen
    }
    assert of_rules | of_choices | set(BOOKS.opposites) <= set(FACTS)
    assert set(FACTS) - of_rules == WITHOUT_RULE


# symptom, whether an order is known, sign → first advice, the playbook it belongs to
NO_ORDER, ORDER = False, True
RULES = [
    ("no_data", NO_ORDER, "airplane_symbol", "step.airplane_off", "no_data"),
    ("no_service", ORDER, "airplane_symbol", "step.airplane_off", "no_service"),
    ("no_data", NO_ORDER, "vpn_symbol", "step.vpn_off", "no_data"),
    ("activation", NO_ORDER, "vpn_symbol", "step.vpn_off", "activation"),
    ("no_service", NO_ORDER, "old_network", "step.lte_mode", "no_service"),
    ("slow", ORDER, "old_network", "step.lte_mode", "slow"),
    ("no_data", NO_ORDER, "no_service", "question.screen_signal", "no_service"),
    ("slow", ORDER, "no_service", "question.screen_signal", "no_service"),
    ("no_data", NO_ORDER, "emergency_only", "step.line_on", "no_service"),
    ("no_data", ORDER, "emergency_only", "step.manual_network", "no_service"),
    ("slow", NO_ORDER, "data_saver", "step.data_saver", "slow"),
    ("no_service", NO_ORDER, "roaming_off", "step.roaming", "no_service"),
    ("no_service", NO_ORDER, "data_off", "step.data_line", "no_service"),
    ("no_data", ORDER, "line_off", "step.line_on", "no_service"),
    ("no_service", NO_ORDER, "home_line_data", "step.data_line", "no_service"),
    ("no_data", NO_ORDER, "other_network", "step.manual_network", "no_data"),
    ("no_data", NO_ORDER, "wifi_symbol", "step.wifi_off", "no_data"),
    ("no_data", NO_ORDER, "searching", "step.airplane", "no_service"),
    ("no_data", NO_ORDER, "no_sim", "step.check_sim_list", "activation"),
    ("no_data", ORDER, "no_sim", "step.line_on", "no_service"),
    ("no_data", NO_ORDER, "vanished", "step.vanished", "no_data"),
    ("activation", NO_ORDER, "activating", "step.wait_activating", "activation"),
    ("activation", NO_ORDER, "code_used", "step.find_used_code", "activation"),
    ("activation", NO_ORDER, "installed", "step.after_install", "activation"),
    ("no_data", NO_ORDER, "locked", "finding.locked", "no_data"),
    ("activation", NO_ORDER, "no_eid", "finding.no_eid", "activation"),
    ("activation", NO_ORDER, "no_esim_menu", "finding.no_esim_menu", "activation"),
    ("no_service", NO_ORDER, "not_arrived", "finding.not_there_yet", "no_service"),
    ("no_service", NO_ORDER, "abroad", "finding.left_country", "no_service"),
    ("no_service", ORDER, "abroad", "finding.abroad_where", "no_service"),
    ("no_data", NO_ORDER, "new_phone", "finding.changed_phone", "no_data"),
    ("no_data", ORDER, "new_phone", "finding.changed_phone", "no_data"),
    ("no_data", NO_ORDER, "drops", "step.open_place", "slow"),
    ("no_service", NO_ORDER, "some_apps_only", "step.line_on", None),
    ("no_data", NO_ORDER, "some_apps_only", "step.vpn_off", "no_data"),
    ("no_service", NO_ORDER, "signal_elsewhere", "step.open_place", "no_service"),
    ("no_data", NO_ORDER, "slow", "step.open_place", "slow"),
    ("slow", NO_ORDER, "no_data", "step.data_line", "no_data"),
    ("no_service", NO_ORDER, "bars", "step.data_line", "no_data"),
    ("stopped", NO_ORDER, "slow", "step.open_place", "slow"),
]  # fmt: skip


@pytest.mark.parametrize(("symptom", "known", "sign", "first", "playbook"), RULES)
def test_each_sign_leads_to_its_fix_and_begins_with_it(symptom, known, sign, first, playbook):
    situation = replace(NOBODY, symptom=symptom, facts=order() if known else None)
    found = reports(situation, sign)
    if playbook is None:  # says nothing about this symptom
        assert found is None
        return
    ids, state = found
    assert (ids[0], state["playbook"]) == (first, playbook)
    if first.startswith("step."):  # told in the first message, it is the first step too
        advice, _ = begin(replace(situation, observed=frozenset({sign})))
        if playbook == symptom:
            assert (advice.then or advice).id == first


@pytest.mark.parametrize(
    ("sign", "ids"),
    [
        ("used_up", ["finding.ended_by_word", "step.data_line"]),
        ("expired", ["finding.ended_by_word", "step.data_line"]),
    ],
)
def test_an_ended_plan_without_order_asks_for_it_and_comes_back(sign, ids):
    situation = replace(NOBODY, symptom="no_data")
    found, after = reports(situation, sign)
    assert found == ids
    assert answer(after, situation, "failed")[0].id == "step.vpn_off"


@pytest.mark.parametrize(
    ("facts", "sign", "finding", "figure"),
    [
        (order(), "used_up", "finding.not_used_up", "2.6 GB"),
        (order(), "expired", "finding.not_expired", "(NZ time)"),
        (order(expires_at=None), "expired", "finding.not_started", "first connects"),
    ],
)
def test_a_plan_the_record_shows_as_running_is_said_to_run(facts, sign, finding, figure):
    situation = Situation(facts=facts, symptom="no_data")
    _, state = begin(situation)
    advice, after = observe(state, situation, {sign})
    assert advice.id == finding
    assert figure in advice.text["en"]
    assert advice.then.id == after["current"] == state["current"]
    assert advice.then.text["en"].startswith("Back to")
    assert [choice.outcome for choice in advice.then.choices] == ["works", "failed", "slow", "already", "cannot"]


@pytest.mark.parametrize(
    "sign", ["roaming_symbol", "data_on", "bars", "no_data", "home_line_data", "data_off", "line_on"]
)
def test_what_is_known_or_already_being_fixed_changes_nothing(sign):
    assert reports(replace(NOBODY, symptom="no_data"), sign) is None


def test_a_fix_that_was_done_or_did_not_help_is_not_given_again():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    (first, *_), state = reports(situation, "vpn_symbol", state=state)
    assert first == "step.vpn_off"
    advice, state = answer(state, situation, "failed")
    assert advice.id == "step.data_line"
    assert observe(state, situation, {"vpn_symbol"}) is None
    tried = replace(situation, tried=frozenset({"lte_mode"}))
    assert reports(tried, "old_network")[0] == ["step.manual_network"]


def test_a_step_that_a_sign_interrupted_comes_later_unless_it_failed():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    _, after = observe(state, situation, {"airplane_symbol"})
    assert "step.data_line" in left(after, situation)
    _, after = observe(state, situation, {"airplane_symbol"}, "failed")
    assert "step.data_line" not in left(after, situation)


def test_of_two_fixes_for_a_sign_the_first_comes_although_the_second_waits():
    situation = replace(NOBODY, symptom="no_service")
    _, state = begin(situation)
    (step, *_), state = reports(situation, "other_network", state=state)
    assert step == "step.manual_network"
    (step, *_), after = reports(situation, "old_network", state=state)
    assert step == "step.lte_mode"
    assert observe(after, situation, {"old_network"}) is None


def test_what_the_traveller_put_right_waits_for_its_outcome():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    after = after_own_repair(state, situation, {"roaming_off"})
    assert after["current"] == "step.roaming"
    advice, solved = answer(after, situation, "works")
    assert (advice.id, causes_found(solved)) == ("solved", (("no_data", "roaming_off"),))
    _, on = answer(after, situation, "failed")
    assert on["current"] == "step.data_line"  # it had no answer
    assert "step.roaming" not in left(on, situation)
    assert after_own_repair(state, situation, {"bars"}) is None


def test_how_to_scan_with_one_device_is_told_and_the_step_goes_on():
    situation = Situation(facts=unused(), symptom="activation", family="pixel")
    _, state = begin(situation)
    assert state["current"] == "step.install_qr"
    ids, after = reports(situation, "one_device", state=state)
    assert ids == ["finding.one_device", "step.install_qr"]
    assert after["current"] == "step.install_qr"
    assert reports(replace(NOBODY, symptom="no_data"), "one_device") is None


def test_a_sign_of_the_step_that_waits_is_what_it_puts_right():
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    assert is_fixed_by_pending(state, situation, {"home_line_data"})
    assert not is_fixed_by_pending(state, situation, {"roaming_off"})


def test_a_question_of_the_record_leaves_the_step_before_it_open():
    situation = Situation(facts=order(), symptom="no_data")
    _, state = begin(situation)
    assert state["current"] == "step.data_line"
    ids, state = reports(situation, "abroad", state=state)
    assert ids == ["finding.abroad_where"]
    assert answer(state, situation, "inside")[0].id == "step.data_line"


def test_an_outcome_beside_a_sign_counts():
    situation = Situation(symptom="no_service", family="iphone", tried=frozenset({"line_on", "roaming_on"}))
    _, state = observe(begin(situation)[1], situation, {"emergency_only"})
    assert state["current"] == "step.line_on" or state["current"] == "step.manual_network"
    failed = state["failed"]
    advice, after = observe(state, situation, {"vpn_symbol"}, "failed")
    assert (advice.id, after["failed"]) == ("step.vpn_off", failed + 1)
    assert advice.text["en"].startswith("Please set the network choice back to Automatic. ")
    advice, after = observe(state, situation, {"vpn_symbol"})
    assert (advice.id, after["failed"]) == ("step.vpn_off", failed)
    assert "Automatic" not in advice.text["en"]
    advice, after = observe(state, situation, {"bars"}, "failed")  # bars are progress: the network stays chosen
    assert (advice.id, after["failed"], after["playbook"]) == ("step.data_line", 0, "no_data")
    assert "Automatic" not in advice.text["en"]


def test_what_got_better_is_credited_to_the_step_before_whatever_else_is_seen():
    situation = Situation(symptom="no_service", family="iphone", tried=frozenset({"line_on"}))
    _, state = begin(situation)
    assert state["current"] == "step.airplane"
    advice, state = observe(state, situation, {"bars", "no_data", "vpn_symbol"}, "failed")
    assert (advice.id, state["playbook"]) == ("step.vpn_off", "no_data")
    assert causes_found(state)[0][0] == "no_service"
    _, state = answer(state, situation, "failed")
    assert state["answers"]["traded"] == "vpn_off"  # it is not what brought the bars


def test_a_sign_that_calls_for_nothing_leaves_an_unclear_answer_unclear():
    situation = replace(NOBODY, symptom="no_data", observed=frozenset({"roaming_symbol"}))
    _, state = begin(replace(situation, observed=frozenset()))
    advice, after = answer(state, situation, "unclear")
    assert after == state
    assert advice.id == "step.data_line"


def test_a_switch_said_to_be_on_needs_no_step():
    situation = replace(NOBODY, symptom="no_data")
    advice, _ = begin(replace(situation, observed=frozenset({"roaming_on"})))
    assert advice.id == "step.data_line"
    situation = replace(situation, tried=frozenset({"data_line_set"}))
    _, state = begin(situation)
    assert state["current"] == "step.roaming"
    advice, state = observe(state, situation, {"roaming_on"})
    assert advice.id == "step.vpn_off"
    assert "step.roaming" not in left(state, situation)


def test_a_changed_symptom_keeps_what_was_done():
    situation = replace(NOBODY, symptom="no_data", tried=frozenset({"airplane_mode"}))
    _, state = begin(situation)
    _, state = answer(state, situation, "failed")
    assert state["current"] == "step.vpn_off"
    shown, state = reports(situation, "slow", state=state)
    for _ in range(8):
        advice, state = answer(state, situation, "failed")
        shown.append(advice.id)
        if advice.kind == "exhausted":
            break
    assert [name for name in shown if name.startswith("step.")][:2] == ["step.open_place", "step.four_g"]
    assert not {"step.data_line", "step.roaming", "step.airplane"} & set(shown)


def test_better_but_slow_goes_on_with_what_makes_it_slow():
    situation = replace(NOBODY, symptom="no_service")
    _, state = begin(situation)
    ids, state = reports(situation, "slow", state=state)
    assert ids == ["step.open_place"]
    assert observe(state, situation, {"slow"}) is None
    assert answer(state, situation, "failed")[0].id == "question.screen_data"


def test_slow_after_it_was_solved_is_a_fault_of_its_own():
    situation = replace(NOBODY, symptom="no_data")
    _, state = answer(*begin(situation)[1:], situation, "works")
    assert state["current"] == "solved"
    assert reports(situation, "slow", state=state)[0] == ["step.open_place"]
    assert observe(state, situation, {"vpn_symbol"}) is None


def test_a_changed_symptom_looks_at_the_facts_of_the_order_again():
    throttled = DEMO["NZ10000010"]
    situation = Situation(facts=throttled, symptom="no_service")
    advice, state = begin(situation)
    assert advice.id == "finding.plan_fine_no_service"
    assert reports(situation, "slow", state=state)[0] == ["finding.throttled"]
    fine = Situation(facts=order(), symptom="no_data")
    assert reports(fine, "slow")[0] == ["step.open_place"]  # not a second time that the plan is fine


def test_a_report_answers_the_question_that_waits():
    situation = replace(NOBODY, symptom="stopped")
    for sign, then in (
        ("no_service", "step.line_on"),
        ("vanished", "step.vanished"),
        ("abroad", "finding.left_country"),
    ):
        assert reports(situation, sign)[0] == [then]
    assert reports(Situation(), "no_data")[0] == ["question.phone"]
    checking = replace(NOBODY, symptom="activation", error="not_supported")
    assert reports(checking, "no_eid")[0] == ["finding.no_eid"]
    before = Situation(facts=DEMO["NZ10000012"], symptom="no_service")
    assert reports(before, "not_arrived")[0] == ["finding.ready_for_trip"]
    assert reports(before, "arrived")[0] == ["step.line_on"]


@pytest.mark.parametrize("sign", ["locked", "no_eid", "no_esim_menu"])
@pytest.mark.parametrize("facts", [None, unused()])
def test_a_phone_that_cannot_ends_with_a_refund_and_no_steps(sign, facts):
    for found in (
        begin(Situation(facts=facts, symptom="activation", observed=frozenset({sign}))),
        observe(
            begin(Situation(facts=facts, symptom="activation", family="iphone"))[1], Situation(facts=facts), {sign}
        ),
    ):
        advice, _ = found
        assert advice.id == f"finding.{sign}"
        assert "refund" in advice.offers
        assert not advice.awaits_answer
        if sign != "locked":
            assert "hotspot" in advice.text["en"]
            assert "热点" in advice.text["zh"]


def test_a_newer_sign_cancels_what_it_excludes():
    signs = Signs("no_service installed", BOOKS)
    signs.report({"bars"})
    assert signs.holding == ("installed", "bars")
    signs.learn({"no_service", "bars"})  # the conversation remembers it; it is not newer for that
    assert signs.holding == ("installed", "bars")
    signs.report({"no_service"})
    assert signs.holding == ("installed", "no_service")
    assert Signs(str(signs), BOOKS).holding == signs.holding


def test_what_was_fixed_does_not_call_for_its_fix_in_the_next_fault():
    situation = replace(NOBODY, symptom="no_data", observed=frozenset({"airplane_symbol"}))
    advice, state = begin(situation)
    assert advice.id == "step.airplane_off"
    _, state = answer(state, situation, "works")
    assert begin(situation, state)[0].id != "step.airplane_off"


# What the record says against what the traveller sees

SCANS = {"step.install_qr", "step.manual_code", "step.stable_wifi"}


@pytest.mark.parametrize(
    "signs", [{"installed"}, {"line_on"}, {"line_off"}, {"installed", "bars"}, {"installed", "slow"}]
)
@pytest.mark.parametrize("symptom", ["activation", "no_service", "no_data", "slow", None])
def test_an_unused_code_that_is_on_the_phone_is_never_scanned_again(signs, symptom):
    situation = Situation(facts=unused(), symptom=symptom, observed=frozenset(signs))
    advice, state = begin(situation)
    assert advice.id == "finding.record_differs"
    assert [choice.outcome for choice in advice.choices] == ["match", "differ", "cannot", "not_there"]
    assert "0013" in advice.text["en"]
    assert "0013" in advice.text["zh"]
    other, _ = answer(state, situation, "differ")
    assert (other.id, other.offers) == ("finding.other_order", ("person",))
    for outcome in ("match", "cannot", "works"):
        step, after = answer(state, situation, outcome)
        shown = [step.id]
        for _ in range(12):
            if not step.choices:
                break
            choice = "more" if step.kind == "exhausted" else step.choices[-1].outcome
            step, after = answer(after, situation, "failed" if step.kind == "step" else choice)
            shown.append(step.id)
        assert not SCANS & set(shown), shown
        assert "finding.record_differs" not in shown
    again, after = begin(situation, state)
    assert not {again.id, (again.then or again).id} & (SCANS | {"finding.record_differs", "finding.released"})


@pytest.mark.parametrize(
    "signs",
    [{"bars"}, {"no_service"}, {"slow"}, {"installed", "no_service"}, {"line_on", "bars"}, {"installed", "line_on"}],
)
def test_whoever_is_told_to_scan_and_sees_the_line_is_asked_to_compare(signs):
    situation = Situation(facts=unused(), symptom="no_service")
    advice, state = begin(situation)
    assert advice.then.id == "step.install_qr"
    assert reports(situation, *signs, state=state)[0] == ["finding.record_differs"]
    by_first_message, _ = begin(replace(situation, observed=frozenset({"no_service"})))
    assert by_first_message.id == "finding.released"  # no signal is what an eSIM not installed looks like


@pytest.mark.parametrize(
    ("signs", "step", "playbook"),
    [
        ({"installed", "no_service"}, "step.line_on", "no_service"),
        ({"installed", "bars"}, "step.data_line", "no_data"),
        ({"installed", "slow"}, "step.open_place", "slow"),
        ({"line_on", "no_service"}, "step.airplane", "no_service"),
    ],
)
def test_once_compared_the_playbook_of_what_is_seen_goes_on(signs, step, playbook):
    situation = Situation(facts=unused(), symptom="activation")
    _, state = begin(situation)
    _, state = reports(situation, *signs, state=state)
    for outcome in ("match", "cannot"):
        advice, after = answer(state, situation, outcome)
        assert (advice.id, after["playbook"]) == (step, playbook)


def test_whoever_finds_nothing_on_the_phone_installs_it():
    situation = Situation(facts=unused(), symptom="no_service")
    _, state = begin(situation)
    _, state = reports(situation, "no_service", state=state)
    assert answer(state, situation, "not_there")[0].id == "step.install_qr"


@pytest.mark.parametrize("outcome", ["works", "failed"])
def test_what_was_just_installed_is_no_contradiction_of_a_record_that_lags(outcome):
    situation = Situation(facts=unused(), symptom="activation")
    _, state = begin(situation)
    if outcome == "failed":
        _, state = answer(state, situation, "failed")
    ids, state = reports(situation, "installed", state=state)
    assert ids == ["step.after_install"]
    ids, state = reports(situation, "no_service", state=state)
    assert ids == ["question.screen_signal"]
    assert not SCANS & set(left(state, situation))


@pytest.mark.parametrize("sign", ["not_installed", "no_eid", "no_esim_menu"])
@pytest.mark.parametrize("symptom", ["activation", "no_service", "no_data", None])
def test_an_esim_in_use_that_the_traveller_does_not_see_has_its_own_words(sign, symptom):
    situation = Situation(facts=order(), symptom=symptom, observed=frozenset({sign}))
    advice, state = begin(situation)
    assert advice.id == "finding.record_says_installed"
    assert answer(state, situation, "found")[0].id == "step.after_install"
    assert answer(state, situation, "other_phone")[0].id == "finding.changed_phone"
    nowhere, _ = answer(state, situation, "nowhere")
    assert "reissue" in nowhere.offers


@pytest.mark.parametrize(
    "facts",
    [
        order(data_used_mb=5120), order(data_used_mb=5120, top_up=False), order(expires_at=NOW - DAY),
        unused(expires_at=NOW - DAY),
    ],
)  # fmt: skip
def test_a_plan_that_ended_by_the_record_and_works_may_be_used_on(facts):
    situation = Situation(facts=facts, symptom="stopped")
    _, state = begin(situation)
    advice, state = answer(state, situation, "works")
    assert advice.id == "finding.record_says_ended"
    assert "plans" in advice.offers
    assert answer(state, situation, "slow")[0].id == "step.open_place"
    assert answer(state, situation, "understood")[0].id == "finding.noted"


@pytest.mark.parametrize("sign", ["slow", "some_apps_only"])
@pytest.mark.parametrize("facts", [order(data_used_mb=5120), order(expires_at=NOW - DAY)])
def test_data_that_still_passes_contradicts_a_plan_that_ended(sign, facts):
    situation = Situation(facts=facts, symptom="stopped")
    assert reports(situation, sign)[0] == ["finding.record_says_ended"]


@pytest.mark.parametrize("said", [{"observed": frozenset({"arrived"})}, {"location": "Queenstown"}])
def test_whoever_has_arrived_is_not_told_to_be_abroad(said):
    situation = Situation(facts=DEMO["NZ10000002"], symptom="no_service")
    told, state = begin(situation)
    assert told.id == "finding.outside_coverage"
    arrived = replace(situation, **said)
    advice, _ = begin(arrived, state)
    assert advice.id == "finding.record_says_abroad"
    assert "Australia" in advice.text["en"]
    assert "澳大利亚" in advice.text["zh"]
    assert advice.then.id == "step.airplane"
    assert observe(state, arrived, {"arrived"})[0].id == "finding.record_says_abroad"


@pytest.mark.parametrize(
    ("facts", "sign", "before", "after"),
    [
        (DEMO["NZ10000014"], "unlocked", "finding.carrier_locked", "finding.released"),
        (order(profile_state="disabled", registered=False), "line_on", "finding.profile_off", "question.screen_signal"),
        (order(registered=False), "bars", "finding.not_registered", "step.data_line"),
    ],
)
def test_findings_of_the_record_yield_to_what_is_seen(facts, sign, before, after):
    situation = Situation(facts=facts, symptom="no_data")
    assert begin(situation)[0].id == before
    advice, _ = begin(replace(situation, observed=frozenset({sign})))
    shown = {advice.id, (advice.then or advice).id}
    assert before not in shown
    _, told = begin(situation)
    later = observe(told, situation, {sign})[0]
    assert after in {later.id, (later.then or later).id} | shown


def kept(state):
    return state["answers"].get("seen", "")


ANY_SIGNS = st.frozensets(st.sampled_from(FACTS), max_size=3)


@settings(max_examples=150, deadline=None)
@given(
    facts=st.sampled_from([None, order(), unused(), *DEMO.values()]),
    symptom=st.sampled_from([None, "activation", "no_service", "no_data", "slow", "stopped", "hotspot", "calls_sms"]),
    family=st.sampled_from([None, "iphone", "xiaomi"]),
    turns=st.lists(st.tuples(ANY_SIGNS, st.sampled_from(["works", "failed", "already", "cannot"])), max_size=12),
)
def test_any_reports_leave_a_state_that_can_go_on(facts, symptom, family, turns):
    situation = Situation(facts=facts, symptom=symptom, family=family)
    _, state = begin(situation)
    for signs, outcome in turns:
        situation = replace(situation, observed=situation.observed | signs)
        found = observe(state, situation, signs) if signs else None
        advice, state = found or answer(state, situation, outcome)
        assert json.loads(json.dumps(state)) == state
        last = advice.then or advice
        assert pending(state, situation).choices == last.choices
        for part in (advice, last):
            assert all(part.text[language].strip() and "{" not in part.text[language] for language in ("en", "zh"))
        assert not SCANS & {advice.id, last.id} or not {"installed", "line_on"} & set(Signs(kept(state), BOOKS).holding)
