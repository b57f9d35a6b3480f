"""What Rasa's lines are read into, and what is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aftercare.conversations.messages import Card, NewMessage, OfferedChoice
from aftercare.conversations.rasa_client import RasaFailed, RasaUnavailable, _read
from aftercare.conversations.reading import TurnReading

CARD = {"title": "NZ 5 GB", "lines": ["15 days"], "price": "NZ$19", "reason": "enough", "payload": "/buy"}


def line(**values: Any) -> bytes:
    return json.dumps(values).encode()


def test_answers_and_reading_are_typed() -> None:
    message = {
        "text": "hi",
        "choices": [{"title": "Yes", "payload": "/affirm", "more": 1}],
        "image": "https://elsewhere.example/x.png",
        "custom": {"cards": [CARD]},
        "name": "utter_greet",
    }
    first = _read(line(messages=[message]))
    choices, cards = (OfferedChoice("Yes", "/affirm"),), (Card("NZ 5 GB", ("15 days",), "NZ$19", "enough", "/buy"),)
    custom = {"cards": [CARD]}
    assert first.answers == [NewMessage("hi", choices=choices, cards=cards, custom=custom, name="utter_greet")]
    assert (first.reading, first.last) == (None, False)
    assert first.answers[0].columns()["cards"] == [CARD]
    turn = {"intent": "greet", "confidence": 1, "ranking": [{"name": "greet", "confidence": 1.0}], "slots": {"x": None}}
    last = _read(line(turn=turn, status=200))
    assert last.reading == TurnReading(
        intent="greet", confidence=1.0, ranking=({"name": "greet", "confidence": 1.0},), slots={"x": None}
    )
    assert last.last
    assert _read(line(turn={})).reading is None


@pytest.mark.parametrize(
    "turn",
    [
        {"intent": 7},
        {"confidence": "high"},
        {"ranking": ["greet"]},
        {"entities": ["order_number"]},
        {"slots": []},
        {"in_context": []},
        {"in_context": {"asked": "roaming"}},
        {"in_context": {"situation": "step", "commands": ["step:failed"]}},
        {"in_context": {"situation": "step", "units": [["roaming.cost", "high"]]}},
        {"in_context": {"situation": "step", "commands": {"ask": 1}}},
    ],
)
def test_a_turn_of_another_shape_is_not_believed(turn: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"of another type| expected"):
        _read(line(turn=turn))


@pytest.mark.parametrize(("status", "error"), [(500, RasaFailed), (503, RasaUnavailable)])
def test_a_turn_that_failed_is_asked_again(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        _read(line(error="no", status=status))
    with pytest.raises(RasaUnavailable):
        _read(b"")
