"""A local SIM asked about for a phone that is locked to its carrier."""

from __future__ import annotations

from typing import Any

import pytest

from actions.diagnosis.form import ValidateDiagnosisForm
from actions.dialogue.of_situation import locked_elsewhere
from tests.support.turns import said, turn

SHOP = "visitors.airport-sim-shop@0.8"
LOCKED = {"current": "finding.carrier_locked", "done": ["finding.carrier_locked"]}


def test_a_locked_phone_takes_no_sim_of_a_shop_either() -> None:
    here = turn("ask", text="any data for this phone at the airport shop?", units=SHOP, diagnosis=LOCKED)
    assert locked_elsewhere(here) == []
    assert said(here) == ["utter_locked_elsewhere"]


@pytest.mark.parametrize(
    "changes",
    [{"units": SHOP}, {"units": "coverage.auckland@0.9", "diagnosis": LOCKED}],
    ids=["no lock is known", "something else is asked"],
)
def test_of_other_phones_and_questions_nothing_is_said(changes: dict[str, Any]) -> None:
    assert locked_elsewhere(turn("ask", text="a SIM at the airport?", **changes)) is None


def test_a_lock_that_is_denied_is_looked_at_on_the_phone_before_anything_is_installed() -> None:
    here = turn("object", "observe:unlocked", text="my carrier says it's unlocked", diagnosis=LOCKED)
    ValidateDiagnosisForm().handle(here)
    assert said(here) == ["utter_lock_look"]
