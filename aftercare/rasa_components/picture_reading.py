"""How a message is read whose words come from a picture: what a screen shows is seen, and a screen asks nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from aftercare.rasa_components.matters import goal_slots
from aftercare.rasa_components.turn_state import Decision, State
from aftercare.understanding.commands import FACTS, Command
from aftercare.understanding.reader.reader import CommandReading, Read

# What stands on a screen is not a guess; that it was read rightly nearly is not one.
_SHOWN = 0.95
_ERROR = "error_shown"
# From this probability on an article surely answers the words beside an error message.
_ANSWERED = 0.85
# What words about an error message do that only point at it.
_ASKING = frozenset(
    {"ask", "ask_why", "ask_how", "refer", "rephrase", "repeat", "dont_know", "chat", "unclear", "challenge"}
)
# What a screen shows that is a fault by itself, though in a traveller's words it may only be beside one.
_FAULT_SHOWN = {"data_off": "report_no_data", "airplane_symbol": "report_no_data", "no_sim": "report_no_service"}


def only_a_picture(metadata: Mapping[str, Any]) -> bool:
    """Whether all words of the message were read in a picture."""
    return metadata.get("typed") == ""


def words_to_read(text: str, metadata: Mapping[str, Any]) -> str:
    """The words that are read for commands and questions, of a text that may have a picture's.

    Beside words of the traveller's own, what a picture says are facts and would only blur them: "What does this mean?"
    with the words of a dialog resembles an article about another one.
    """
    return str(metadata.get("typed") or "") or text


def with_picture(reading: CommandReading, metadata: Mapping[str, Any], entities: Collection[str]) -> CommandReading:
    """The reading with what a picture beside the words shows: the facts the desk found, and an error message.

    Of a picture alone, only a fault is read in the words besides: "VPN" on a screen is no question about VPNs.
    """
    if "typed" not in metadata:
        return reading
    facts = [fact for fact in metadata.get("seen") or () if fact in FACTS]
    if "error_message" in entities and _ERROR not in facts:
        facts.insert(0, _ERROR)
    shown = tuple(Read(Command("observe", fact), _SHOWN) for fact in facts)
    if not only_a_picture(metadata):
        written = tuple(read for read in reading.commands if read.command not in {each.command for each in shown})
        likely = reading.units[0][1] if reading.units else 0.0
        if _ERROR in facts and likely < _ANSWERED:  # "what is this": the diagnosis is the answer
            written = tuple(read for read in written if read.command.name not in _ASKING)
            return replace(reading, commands=(*written, *shown), units=())
        return replace(reading, commands=(*written, *shown))
    faults = tuple(read for read in reading.commands if str(read.command).startswith("start:report_"))
    return replace(reading, commands=(*shown, *faults), units=())


def of_picture(decision: Decision, reading: CommandReading, state: State, before: Collection[str]) -> Decision:
    """The decision on a picture alone: signs without a fault ("VPN") are kept, and the fault is asked for."""
    shown = next((_FAULT_SHOWN[fact] for fact in reading.values("observe") if fact in _FAULT_SHOWN), None)
    if state.loop or state.brings_order or decision.intent or decision.action not in (None, "action_answer_question"):
        return decision
    if shown:
        return Decision(slots=goal_slots(shown), intent=shown)
    seen = sorted({*before, *reading.values("observe")})
    return Decision("utter_which_problem", (("goal", "diagnose"), ("observed", seen)))
