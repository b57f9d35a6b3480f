"""What is pending, in other words: differently, simpler, shorter, and why; never changing the state."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from aftercare.base.language import LANGUAGES
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import answer, begin, explain, pending, remind, why
from aftercare.troubleshooting.situation import PlayerState, Situation
from aftercare.troubleshooting.validate import LONGEST_REMINDER
from tests.support.order_samples import DEMO

BOOKS = load_playbooks()
NOBODY = Situation(family="iphone")
WAITING = (
    [f"step.{name}" for name in BOOKS.steps]
    + [f"question.{name}" for name in BOOKS.questions]
    + [f"finding.{name}" for name, finding in BOOKS.findings.items() if finding.choices]
    + ["solved", "exhausted"]
)


def at(current: str, playbook: str | None = "no_data") -> PlayerState:
    return {
        "playbook": playbook, "current": current, "waiting": None, "general": False, "failed": 0, "done": [current],
        "answers": {},
    }  # fmt: skip


@pytest.mark.parametrize("current", WAITING)
@pytest.mark.parametrize("situation", [NOBODY, Situation(facts=DEMO["NZ10000006"], symptom="no_data")])
def test_everything_that_waits_has_other_words(current, situation):
    state = at(current)
    before = copy.deepcopy(state)
    said = pending(state, situation)
    differently, short = explain(state, situation, 1), remind(state, situation)
    assert differently.id == said.id == short.id
    assert differently.choices == said.choices == short.choices
    reason = why(state, situation)
    for language in LANGUAGES:
        texts = {said.text[language], differently.text[language], short.text[language], reason[language]}
        if current.startswith("step."):
            texts.add(explain(state, situation, 2).text[language])
        assert len(texts) == (5 if current.startswith("step.") else 4)
        assert all(text.strip() and "{" not in text for text in texts)
        assert len(short.text[language]) <= LONGEST_REMINDER[language]
    assert state == before


def test_the_menus_in_other_words_are_those_of_the_phone_in_hand():
    state = at("step.roaming")
    for level in (1, 2):
        assert "SIM manager" not in explain(state, Situation(family="samsung"), level).text["en"]
        assert "Connections > Mobile networks" in explain(state, Situation(family="samsung"), level).text["en"]
        assert "travel eSIM > Data Roaming" in explain(state, NOBODY, level).text["en"]


@pytest.mark.parametrize("level", [3, 4, 9])
def test_a_step_that_stays_unclear_offers_a_person_and_another_way(level):
    situation = replace(NOBODY, symptom="no_data")
    _, state = begin(situation)
    advice = explain(state, situation, level)
    assert (advice.kind, advice.offers) == ("exhausted", ("person",))
    assert [choice.outcome for choice in advice.choices] == ["works", "skip"]
    assert answer(state, situation, "works")[0].kind == "solved"
    other, after = answer(state, situation, "skip")
    assert other.id == "step.roaming"
    assert after["current"] == "step.roaming"


def test_skipping_a_test_of_the_phone_is_no_proof_that_the_phone_cannot():
    situation = replace(NOBODY, symptom="activation", error="not_supported")
    _, state = begin(situation)
    assert state["current"] == "step.eid"
    assert answer(state, situation, "skip")[0].kind == "step"


@pytest.mark.parametrize("level", [2, 3])
def test_a_question_that_stays_unclear_keeps_its_choices_beside_a_person(level):
    advice, state = begin(Situation())
    stuck = explain(state, Situation(), level)
    assert (stuck.kind, stuck.offers, stuck.choices) == ("exhausted", ("person",), advice.choices)


def test_a_finding_without_choices_says_where_it_comes_from():
    situation = Situation(facts=DEMO["NZ10000007"], symptom="activation")
    advice, state = begin(situation)
    assert advice.id == "finding.deleted"
    assert "records" in why(state, situation)["en"]
    assert remind(state, situation).text == explain(state, situation, 1).text == advice.text


def test_a_state_the_playbooks_no_longer_know_begins_anew():
    state = at("step.gone")
    situation = replace(NOBODY, symptom="no_data")
    assert explain(state, situation, 1).id == remind(state, situation).id == "step.data_line"
    assert why(state, situation) == why(at("step.data_line"), situation)
