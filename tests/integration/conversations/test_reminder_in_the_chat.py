"""What the assistant says when the desk reminds it of a step that stays without an answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.running_stack import Stack

REMINDER = '/inform{"step_outcome": "reminder"}'


def names(answer: dict[str, Any]) -> list[str]:
    return [message["name"] for message in answer["messages"]]


def outcomes(answer: dict[str, Any]) -> list[str]:
    return [choice["payload"] for choice in answer["messages"][-1]["choices"]]


def at_first_step(stack: Stack, sender: str, complaint: str) -> dict[str, Any]:
    stack.turn(sender, complaint)
    step = stack.turn(sender, "NZ10000006 raj@example.com")
    assert names(step)[-1] == "step.data_line"
    assert step["messages"][-1]["custom"]["remind"] is True
    return step


@pytest.mark.parametrize(
    ("complaint", "question", "still_not"),
    [
        ("bars but no internet", "Is it working now?", "still not"),
        ("有信号没网", "现在能用了吗", "还是不行"),
    ],
)
def test_asks_how_the_step_went_and_goes_on(stack: Stack, complaint: str, question: str, still_not: str) -> None:
    sender = f"reminder-{complaint}"
    step = at_first_step(stack, sender, complaint)
    reminder = stack.turn(sender, REMINDER, payload=True, message_id="7-reminder")
    assert names(reminder) == ["utter_did_it_work"]
    assert question in reminder["messages"][0]["text"]
    assert outcomes(reminder) == outcomes(step)
    assert not (reminder["messages"][0]["custom"] or {}).get("remind")
    assert stack.turn(sender, REMINDER, payload=True, message_id="7-reminder") == reminder
    assert names(stack.turn(sender, still_not))[-1] == "step.apn"


def test_says_nothing_when_the_matter_has_ended(stack: Stack) -> None:
    at_first_step(stack, "reminder-solved", "bars but no internet")
    assert "utter_solved" in names(stack.turn("reminder-solved", "great, it works now"))
    assert stack.turn("reminder-solved", REMINDER, payload=True)["messages"] == []


def test_says_nothing_where_nothing_was_ever_diagnosed(stack: Stack) -> None:
    assert stack.turn("reminder-nobody", REMINDER, payload=True)["messages"] == []


def test_a_typed_reminder_is_only_text(stack: Stack) -> None:
    at_first_step(stack, "reminder-typed", "bars but no internet")
    assert "utter_did_it_work" not in names(stack.turn("reminder-typed", REMINDER))
