"""What the desk is told of a turn."""

from __future__ import annotations

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.conversations.reading import ContextReading, TurnReading
from aftercare.rasa_components.turn_wire import turn_outcome

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [inform]
slots:
  reading: {type: any, influence_conversation: false, mappings: [{type: custom}]}
  symptom: {type: text, influence_conversation: false, mappings: [{type: custom}]}
"""
)
READ = {
    "situation": "step",
    "asked": "roaming",
    "commands": [["step:failed", 0.81], ["ask", 0.2]],
    "units": [["data-roaming.cost", 0.12]],
    "parts": [],
}


def outcome(*slots: SlotSet) -> dict[str, object]:
    events = [UserUttered("still nothing", {"name": "inform", "confidence": 0.7}), *slots, ActionExecuted("a_form")]
    tracker = DialogueStateTracker.from_events("x", events, DOMAIN.slots)
    return turn_outcome(tracker, events).as_json()


def test_what_was_read_in_the_situation_is_told_apart_from_the_slots() -> None:
    told = outcome(SlotSet("reading", READ), SlotSet("symptom", "no_data"))
    assert (told["in_context"], told["slots"]) == (READ, {"symptom": "no_data"})
    stored = TurnReading.from_json(told)
    assert stored.in_context == ContextReading(
        "step", "roaming", (("step:failed", 0.81), ("ask", 0.2)), (("data-roaming.cost", 0.12),)
    )


def test_a_pressed_button_is_not_read() -> None:
    told = outcome(SlotSet("reading", None))
    assert (told["in_context"], told["slots"]) == (None, {})
    assert TurnReading.from_json(told).in_context is None
