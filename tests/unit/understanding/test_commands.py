"""Commands are written as labels and read back; what is no command is refused."""

from __future__ import annotations

import pytest

from aftercare.understanding.commands import FACTS, OUTCOMES, SIMPLE, Command, UnknownCommand, parse


@pytest.mark.parametrize(
    "label",
    [
        *SIMPLE,
        *(f"step:{each}" for each in OUTCOMES),
        *(f"observe:{each}" for each in FACTS),
        "speak:de",
        "start:greet",
    ],
)
def test_a_label_and_its_command_are_one(label: str) -> None:
    assert str(parse(label)) == label


def test_a_command_has_a_name_and_a_value() -> None:
    assert parse("step:works_but") == Command("step", "works_but")
    assert parse("ask") == Command("ask")


@pytest.mark.parametrize("label", ["", "step", "step:dances", "observe:rain", "ask:why", "speak:german", "start", "no"])
def test_what_is_no_command_is_refused(label: str) -> None:
    with pytest.raises(UnknownCommand):
        parse(label)
