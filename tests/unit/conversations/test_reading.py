"""How a message was understood, from Rasa's turn into the store and back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from aftercare.conversations.reading import FALLBACK, ContextReading, TurnReading

NAMES = st.text(min_size=1, max_size=10)
CONFIDENCES = st.none() | st.floats(0, 1)
CHANCES = st.lists(st.tuples(NAMES, st.floats(0, 1)), max_size=3).map(tuple)
READINGS = st.builds(
    TurnReading,
    language=st.sampled_from([None, "en", "zh"]),
    script=st.sampled_from([None, "hans", "hant"]),
    intent=st.none() | NAMES,
    confidence=CONFIDENCES,
    ranking=st.lists(st.fixed_dictionaries({"name": NAMES, "confidence": CONFIDENCES}), max_size=3).map(tuple),
    entities=st.lists(st.fixed_dictionaries({"entity": NAMES, "start": st.integers(0, 9)}), max_size=3).map(tuple),
    actions=st.lists(NAMES, max_size=3).map(tuple),
    in_context=st.none() | st.builds(ContextReading, situation=NAMES, asked=NAMES, commands=CHANCES, units=CHANCES),
    slots=st.dictionaries(NAMES, st.none() | st.booleans() | NAMES, max_size=3),
    answers=st.none() | st.integers(0, 9),
)


@given(READINGS)
def test_what_is_stored_is_read_again(reading: TurnReading) -> None:
    assert TurnReading.from_json(json.loads(json.dumps(reading.to_json()))) == reading


def test_what_is_missing_is_empty() -> None:
    assert TurnReading.from_json(None) == TurnReading.from_json({"ranking": None, "slots": None}) == TurnReading()


def test_the_likeliest_intent_is_known_although_the_assistant_was_too_unsure_to_act_on_it() -> None:
    names = ((FALLBACK, 0.9), ("ask_apn", 0.3), ("greet", None))
    ranking = tuple({"name": name, "confidence": confidence} for name, confidence in names)
    unsure = TurnReading(intent=FALLBACK, confidence=0.9, ranking=ranking)
    assert unsure.candidates == (("ask_apn", 0.3), ("greet", 0.0))
    assert unsure.likeliest == ("ask_apn", 0.3)
    assert (unsure.low, unsure.certainty) == (True, 0.0)
    chosen = TurnReading(intent="greet", confidence=1.0)
    assert chosen.candidates == (("greet", 1.0),)
    assert TurnReading(intent=FALLBACK).likeliest is None


def test_a_reading_in_its_situation_is_unsure_when_its_best_command_is() -> None:
    assert not ContextReading("step", "roaming", (("step:failed", 0.8), ("ask", 0.2))).unsure
    assert ContextReading("step", "roaming", (("step:failed", 0.4),)).unsure
    assert ContextReading("idle", commands=(("unclear", 0.9),)).unsure
    assert not ContextReading("idle").unsure  # nothing read it
