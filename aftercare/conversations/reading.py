"""How a message was understood: Rasa's result of a turn, stored with the message (column `turn`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FALLBACK = "nlu_fallback"
UNCLEAR = "unclear"  # the command of a message that cannot be understood even in its situation
LOW = 0.5  # confidence, 0 to 1; a message below it is shown to staff for annotation


@dataclass(frozen=True)
class ContextReading:
    """What a typed message meant in its situation: what the assistant decided on."""

    situation: str
    """What the assistant had asked or told; the names are those of data/turns/README.md."""
    asked: str = ""
    """The id of the step, question, finding or subject; empty if there was none."""
    commands: tuple[tuple[str, float], ...] = ()
    """Labels of what was read with their probabilities, 0 to 1, the surest first."""
    units: tuple[tuple[str, float], ...] = ()
    """Questions of the help articles ("article.question") it may ask, with their probabilities, the likeliest first."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ContextReading:
        """Reads it as Rasa's channel gave it, or from the column.

        Raises:
            ValueError: it is of another shape.
        """
        return cls(
            _text(value.get("situation")),
            _text(value.get("asked") or ""),
            _chances(value.get("commands") or ()),
            _chances(value.get("units") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        """As the column holds it."""
        return {
            "situation": self.situation,
            "asked": self.asked,
            "commands": [list(each) for each in self.commands],
            "units": [list(each) for each in self.units],
        }

    @property
    def unsure(self) -> bool:
        """Whether no command was read surely; False where nothing read the message."""
        return bool(self.commands) and (self.commands[0][1] < LOW or self.commands[0][0] == UNCLEAR)


@dataclass(frozen=True)
class TurnReading:
    """How a traveller's message was understood, and what the assistant did; what is missing is empty."""

    language: str | None = None
    """What the assistant answered in, "please speak English" included."""
    script: str | None = None
    intent: str | None = None
    """The one the assistant acted on: FALLBACK where it was too unsure of any."""
    confidence: float | None = None
    ranking: tuple[Mapping[str, Any], ...] = ()
    """`name` and `confidence` of the intents as the model gave them, the likeliest first; see `candidates`."""
    entities: tuple[Mapping[str, Any], ...] = ()
    """As Rasa has them: `entity`, `value`, `start`, `end` and more."""
    actions: tuple[str, ...] = ()
    """Names of what was done, in order."""
    in_context: ContextReading | None = None
    """None for what was pressed, and where nothing read messages in their situation."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    """The slots that were set, with their last values."""
    answers: int | None = None
    """How many answers the turn gave; None until it is stored."""

    @classmethod
    def from_json(cls, turn: Mapping[str, Any] | None) -> TurnReading:
        """Reads a turn as Rasa's channel gave it, or the column that holds one."""
        turn = turn or {}
        return cls(
            language=turn.get("language"),
            script=turn.get("script"),
            intent=turn.get("intent") or None,
            confidence=_number(turn.get("confidence")),
            ranking=tuple(turn.get("ranking") or ()),
            entities=tuple(each for each in turn.get("entities") or () if each.get("entity")),
            actions=tuple(map(str, turn.get("actions") or ())),
            in_context=ContextReading.from_json(turn["in_context"]) if turn.get("in_context") else None,
            slots=turn.get("slots") or {},
            answers=turn.get("answers"),
        )

    def to_json(self) -> dict[str, Any]:
        """The reading as the column holds it."""
        return {
            "language": self.language,
            "script": self.script,
            "intent": self.intent,
            "confidence": self.confidence,
            "ranking": list(self.ranking),
            "entities": list(self.entities),
            "actions": list(self.actions),
            "in_context": None if self.in_context is None else self.in_context.to_json(),
            "slots": dict(self.slots),
            "answers": self.answers,
        }

    @property
    def unsure(self) -> bool:
        """Whether the assistant was too unsure to act on any intent."""
        return self.intent == FALLBACK

    @property
    def low(self) -> bool:
        """Whether the message was understood badly or not at all."""
        return self.unsure or (self.confidence is not None and self.confidence < LOW)

    @property
    def certainty(self) -> float | None:
        """The confidence, 0 to 1; 0 when the assistant fell back, whose own confidence says nothing of the intents."""
        return 0.0 if self.unsure else self.confidence

    @property
    def complains(self) -> bool:
        """Whether the traveller is angry, beside whatever else the message is about."""
        commands = self.in_context.commands if self.in_context else ()
        return self.intent == "complain" or any(label == "complain" and chance >= LOW for label, chance in commands)

    @property
    def candidates(self) -> tuple[tuple[str, float], ...]:
        """The intents it may be, the likeliest first, FALLBACK left out."""
        found = tuple(
            (str(each["name"]), _number(each.get("confidence")) or 0.0)
            for each in self.ranking
            if each.get("name") and each["name"] != FALLBACK
        )
        if not found and self.intent and not self.unsure:
            return ((self.intent, self.confidence or 0.0),)
        return found

    @property
    def likeliest(self) -> tuple[str, float] | None:
        """The likeliest intent and its confidence, also where the assistant was too unsure to act on it."""
        if self.intent is None or not (candidates := self.candidates):
            return None
        return candidates[0] if self.unsure else (self.intent, self.confidence or 0.0)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected")
    return value


def _chances(listed: object) -> tuple[tuple[str, float], ...]:
    if not isinstance(listed, (list, tuple)):
        raise ValueError("a list is expected")
    found = []
    for each in listed:
        if not isinstance(each, (list, tuple)) or len(each) != 2 or not isinstance(each[1], (int, float)):
            raise ValueError("names with probabilities are expected")
        found.append((_text(each[0]), float(each[1])))
    return tuple(found)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
