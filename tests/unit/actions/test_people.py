"""What a traveller hears who waits for a person: place in the line, and the provider's own people."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.people import ActionHandoff
from actions.turn import Turn


def turn(**slots: Any) -> Turn:
    return Turn(Tracker("c1", slots, {}, [], False, None, {}, "action_listen"), CollectingDispatcher())


@pytest.mark.parametrize(
    ("place", "language", "words"),
    [
        (1, "en", "you're next in line"),
        (3, "en", "you're number 3 in line"),
        (1, "zh", "前面没有人排队"),
        (3, "zh", "前面还有 2 位"),
    ],
)
def test_the_place_in_the_line(place: int, language: str, words: str) -> None:
    assert ActionHandoff._queue(turn(language=language), place) == words


@pytest.mark.parametrize(
    ("provider", "there", "absent"),
    [
        ("kiwi-roam", ["hotline +61", " or video call https://"], []),
        ("pacifica", ["video call https://"], ["hotline"]),
        ("tasman-pass", ["hotline +61"], ["video"]),
    ],
)
def test_only_ways_that_the_provider_has(provider: str, there: list[str], absent: list[str]) -> None:
    here = turn(language="en")
    ActionHandoff._contacts(here, provider)
    (said,) = here.dispatcher.messages
    assert said["response"] == "utter_handoff_contacts"
    assert all(words in said["ways"] for words in there)
    assert not any(words in said["ways"] for words in absent)


def test_no_provider_known_no_numbers_of_strangers() -> None:
    here = turn(language="en")
    ActionHandoff._contacts(here, None)
    assert here.dispatcher.messages == []
