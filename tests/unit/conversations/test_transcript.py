"""Whose answer is whose, also when a traveller writes on before the first one is answered."""

from __future__ import annotations

from typing import Any

import pytest

from aftercare.conversations.transcript import TranscriptMessage, exchanges
from tests.support.order_rows import NOW


def conversation(*said: tuple[str, str, int | None]) -> list[TranscriptMessage]:
    """Events of (sender, text, how many answers the turn gave)."""
    return [
        TranscriptMessage(
            seq,
            NOW,
            "state" if sender == "system" else "message",
            sender,
            text,
            turn=None if answers is None else {"answers": answers},
        )
        for seq, (sender, text, answers) in enumerate(said, start=1)
    ]


ME: Any = "traveller"
IT: Any = "assistant"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            [(ME, "a", 1), (IT, "a1", None), (ME, "b", 2), (IT, "b1", None), (IT, "b2", None)],
            [["a1"], ["b1", "b2"]],
        ),
        # written on before the answer came
        (
            [(ME, "a", 2), (IT, "a1", None), (ME, "b", 1), (IT, "a2", None), (IT, "b1", None)],
            [["a1", "a2"], ["b1"]],
        ),
        ([(ME, "a", 1), (ME, "b", 1), (IT, "a1", None), (IT, "b1", None)], [["a1"], ["b1"]]),
        # a change of state and a reminder belong to what was said last; an unread message has no answer
        (
            [(ME, "a", 1), (IT, "a1", None), ("system", "waiting", None), (IT, "reminder", None), (ME, "b", None)],
            [["a1", "waiting", "reminder"], []],
        ),
        # nothing is known of how many there were
        ([(ME, "a", None), (IT, "a1", None), (IT, "a2", None)], [["a1", "a2"]]),
    ],
)
def test_whose_answer_is_whose(said: list[tuple[str, str, int | None]], told: list[list[str]]) -> None:
    found = list(exchanges(conversation(*said)))
    assert [[answer.text for answer in each.answers] for each in found] == told
