"""A lock that is denied, looked at on the phone, and settled by another carrier's SIM."""

from __future__ import annotations

from typing import Any

import pytest

from actions.diagnosis import lock
from actions.diagnosis.form import ValidateDiagnosisForm
from tests.support.turns import next_action, said, slots, told, turn

LOCKED: dict[str, Any] = {"current": "finding.carrier_locked", "done": ["finding.carrier_locked"]}


@pytest.mark.parametrize(
    ("device", "response"),
    [
        ("google-pixel-7", "utter_lock_look_sim"),
        ("apple-iphone-14", "utter_lock_look_iphone"),
        (None, "utter_lock_look"),
    ],
)
def test_where_a_lock_is_seen_depends_on_the_phone(device: str | None, response: str) -> None:
    here = turn("object", "observe:unlocked", text="mine isn't locked at all", diagnosis=LOCKED, device=device)
    ValidateDiagnosisForm().handle(here)
    assert said(here) == [response]


def test_a_line_that_is_missing_is_no_proof_that_the_phone_is_unlocked() -> None:
    here = turn("step:cannot_find", text="I can't find a carrier lock entry anywhere in the settings", diagnosis=LOCKED)
    ValidateDiagnosisForm().handle(here)
    assert said(here) == ["utter_lock_look_sim"]


def test_a_sim_that_is_refused_settles_it() -> None:
    here = turn("step:failed", text="my friend's SIM says SIM not supported", diagnosis=LOCKED, observed=["unlocked"])
    events = lock.answer(here)
    assert events is not None
    assert said(here) == ["utter_lock_certain"]
    assert slots(events)["observed"] is None
    assert slots(events)["offer"] == "request_refund"


def test_the_money_is_given_back_where_it_is_asked_for_beside() -> None:
    here = turn(
        text="it's not supported, that means locked. then I want my money back",
        diagnosis=LOCKED,
        before=[told("utter_lock_certain")],
        order_verified=True,
    )
    assert next_action(lock.answer(here) or []) == "refund_form"


def test_an_unlock_of_the_carrier_may_be_late() -> None:
    here = turn(text="运营商上周已经解锁了，手机还是显示有锁", language="zh")
    assert lock.answer(here) is not None
    assert said(here) == ["utter_unlock_late"]
