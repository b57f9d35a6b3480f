"""Drafts survive their slot, and content of other releases does not break them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.drafts import DiagnosisState, RefundDraft
from aftercare.troubleshooting.player import begin
from aftercare.troubleshooting.situation import Situation

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
REFUND_PARTS = st.sampled_from(["kind", "number", "ready", "duplicate", "plan", "request", "unheard_of"])
DIAGNOSIS_PARTS = st.sampled_from(["playbook", "current", "waiting", "general", "failed", "done", "answers", "new"])


@pytest.mark.parametrize(
    "draft",
    [
        RefundDraft(),
        RefundDraft(number="NZ10000013", duplicate=True),
        RefundDraft("exchange", "NZ10000005", ready=True, plan="kiwi-nz-5gb-15d"),
        RefundDraft("withdraw", "NZ10000008", ready=True, request=3),
    ],
)
def test_a_refund_draft_survives_its_slot(draft: RefundDraft) -> None:
    assert RefundDraft.from_slot(json.loads(json.dumps(draft.as_slot()))) == draft


def test_a_diagnosis_survives_its_slot_as_the_player_gave_it() -> None:
    _, given_by_player = begin(Situation(symptom="no_data"))
    state = DiagnosisState.from_slot(json.loads(json.dumps(given_by_player)))
    assert state is not None
    assert state.as_slot() == given_by_player
    assert state.is_open


@given(JSON | st.dictionaries(REFUND_PARTS, JSON))
def test_any_content_is_read_as_a_refund_draft(value: Any) -> None:
    draft = RefundDraft.from_slot(value)
    assert RefundDraft.from_slot(draft.as_slot()) == draft


@given(JSON | st.dictionaries(DIAGNOSIS_PARTS, JSON))
def test_any_content_is_read_as_a_diagnosis_or_as_none(value: Any) -> None:
    state = DiagnosisState.from_slot(value)
    assert state is None or DiagnosisState.from_slot(state.as_slot()) == state


def test_what_other_releases_kept_is_read_as_far_as_it_goes() -> None:
    assert RefundDraft.from_slot({"kind": "gift", "number": "NZ10000001", "mood": "good"}) == RefundDraft(
        number="NZ10000001"
    )
    assert DiagnosisState.from_slot({"step": 3}) is None
    assert DiagnosisState.from_slot({"current": "step.roaming", "done": None}) == DiagnosisState("step.roaming")
