"""What is scored of the reader, and how the report says it."""

from __future__ import annotations

import pytest

from aftercare.training.evaluate_turns import Scored, Tally, report
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import TurnExample


def scored(language: str, situation: str, labels: tuple[str, ...], *read: str) -> Scored:
    return Scored(TurnExample(language, Context(situation), "hm", labels, True, "held_out.yml:4"), frozenset(read))


def test_commands_are_counted_one_by_one() -> None:
    tally = Tally()
    tally.add(["step:failed", "observe:no_service"], ["step:failed", "complain"])
    tally.add(["ask"], ["ask"])
    assert (tally.right, tally.false, tally.missed) == (2, 1, 1)
    assert tally.f1 == pytest.approx(2 / 3)


def test_the_report_has_language_situation_and_command_and_what_was_misread() -> None:
    lines = report(
        [scored("en", "step", ("ask",), "ask"), scored("zh", "idle", ("greet", "ask"), "ask")],
    ).splitlines()
    assert "| language en | 1 | 1.000 | 1.000 | 1.000 |" in lines
    assert "| situation idle | 1 | 1.000 | 0.500 | 0.667 |" in lines
    assert "| command greet | 1 | 1.000 | 0.000 | 0.000 |" in lines
    assert "1 of 2 read exactly." in lines
    assert lines[-1] == "- idle  `hm`: greet, ask; read ask"


def test_the_nearest_of_the_readings_held_right_counts() -> None:
    context = Context("step")
    example = TurnExample("en", context, "hm", ("ask",), True, "held_out.yml:4", (("ask_how",), ("ask", "object")))
    lines = report([Scored(example, frozenset({"ask", "object"}))]).splitlines()
    assert "| language en | 1 | 1.000 | 1.000 | 1.000 |" in lines
    assert "| first annotator en | 1 | 0.500 | 1.000 | 0.667 |" in lines
