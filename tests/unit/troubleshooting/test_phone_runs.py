"""The playbooks against phones that break as phones do: they end well, in few instructions, and leave no harm."""

from __future__ import annotations

from statistics import median

import pytest

from aftercare.troubleshooting.playbooks import load_playbooks
from tests.support.phone.actions import TESTED, left_worse, take_back
from tests.support.phone.device import Phone, Surroundings
from tests.support.phone.faults import FAULTS, MOST
from tests.support.phone.traveller import KINDS, Traveller

RUNS = 160


@pytest.fixture(scope="module")
def runs():
    return [Traveller(seed).talk() for seed in range(RUNS)]


def test_there_are_enough_faults_alone_and_together(runs):
    assert len(FAULTS) >= 14
    assert {len(run.faults) for run in runs} == set(range(1, MOST + 1))
    assert {run.kind for run in runs} == set(KINDS)


def test_phones_are_fixed_or_the_reason_is_told(runs):
    wrong = [(run.names, run.verdict, run.said) for run in runs if not run.right]
    assert len(wrong) <= 0.03 * RUNS, wrong


def test_it_takes_few_instructions(runs):
    for number in range(1, MOST + 1):
        taken = [run.instructions for run in runs if run.verdict == "fixed" and len(run.faults) == number]
        assert median(taken) <= number + 2, number


def test_nothing_is_called_solved_that_is_not(runs):
    assert not [run.said for run in runs if run.verdict == "false solved"]


def test_no_setting_is_left_worse(runs):
    assert not [(run.names, run.worse, run.said) for run in runs if run.worse]


def test_no_instruction_comes_twice(runs):
    assert not [run.said for run in runs if run.loops]


def test_the_simulator_and_the_playbooks_agree_which_steps_test():
    assert {step.id for step in load_playbooks().steps.values() if step.tests} == TESTED


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_shows(fault):
    phone = Phone((fault.only or ("pixel",))[0])
    assert phone.page() == phone.line() == "works"
    fault.breaks(phone)
    assert "works" not in (phone.page(), phone.line()) or phone.wifi == "login_page"


def test_a_setting_left_worse_is_noticed():
    original = Phone("iphone", Surroundings())
    phone = Phone("iphone", Surroundings(), mode="4g", chosen_network="2degrees")
    assert left_worse(phone, original) == ["mode", "chosen_network"]
    take_back(phone, "four_g", original)
    take_back(phone, "manual_network", original)
    assert left_worse(phone, original) == []


@pytest.mark.parametrize("seed", [8_800_072, 8_800_210, 8_802_351, 8_803_108])
def test_a_vpn_that_was_not_the_cause_is_taken_back(seed: int) -> None:
    run = Traveller(seed).talk()
    assert "step.vpn_off" in run.said
    assert run.right
    assert not run.worse
