"""Which messages are worth a look: misread ones first, then those whose answer did not help, then the unsure ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aftercare.base.language import written
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.transcript import Exchange, TranscriptMessage, chosen_intent, exchanges
from aftercare.staff.teaching.spans import plausible
from aftercare.staff.ui.masking import mask

# TurnReading with less than this confidence, a message is worth a look; the assistant asks back below 0.4.
LOW_CONFIDENCE = 0.55
# The best and the worst rating that count as unhappy.
UNHAPPY = (1, 2)
# Longer messages are stories; one sentence teaches better.
LONGEST = 300
_ASKED_BACK = "utter_did_you_mean"
_OPEN = "out_of_scope"
# Messages that only answer a question teach nothing about intents.
_PLAIN = frozenset({"inform", "affirm", "deny", "greet", "thank", "goodbye", "cancel", "start_over"})


def worth_a_look(events: Sequence[TranscriptMessage], rating: int | None, language: str) -> list[dict[str, Any]]:
    """The rows of `annotation` a conversation gives, without its id: masked text, why, and how it was understood.

    `rating` is the traveller's latest; `language` is the conversation's, for messages that tell none.
    """
    rows = []
    turns = list(exchanges(events))
    unhelpful = _not_helped(turns)
    for number, turn in enumerate(turns):
        reading = turn.message.reading
        if reading is None or reading.likeliest is None or len(turn.message.text) > LONGEST:
            continue
        intent, confidence = reading.likeliest
        read = reading.in_context
        suggestion = None
        if _ASKED_BACK in turn.names and number + 1 < len(turns):
            suggestion = chosen_intent(turns[number + 1].message)
            suggestion = None if suggestion == "human_handoff" else suggestion
        if suggestion:
            reason = "corrected"
        elif number in unhelpful:
            reason = "not_helped"
        elif rating in UNHAPPY and intent not in _PLAIN:
            reason = "rated_bad"
        elif intent == _OPEN:
            reason = _OPEN
        elif reading.unsure or (confidence < LOW_CONFIDENCE and intent not in _PLAIN) or (read and read.unsure):
            reason = "low_confidence"
        else:
            continue
        row = entry_of(turn, turns[number - 1] if number else None, reason, language, suggestion)
        if any(character.isalpha() for character in row["text"]):
            rows.append(row)
    return rows


def entry_of(
    turn: Exchange, before: Exchange | None, reason: str, language: str, suggestion: str | None = None
) -> dict[str, Any]:
    """The row of `annotation` for one message, without the conversation's id: masked, with how it was understood."""
    reading = TurnReading.from_json(turn.message.turn)
    masked = mask(turn.message.text, reading.entities)
    intent, confidence = reading.likeliest or (None, None)
    read = reading.in_context
    return {
        "seq": turn.message.seq,
        "at": turn.message.at,
        "reason": reason,
        "language": written(masked.text).language or language,
        "text": masked.text,
        "spans": [list(span) for span in plausible(masked.spans, masked.text)],
        "intent": intent,
        "confidence": confidence,
        "ranking": [[name, round(chance, 4)] for name, chance in reading.candidates[:5]],
        "suggestion": suggestion,
        "situation": read.situation if read else None,
        "asked": read.asked if read else None,
        "prompt": _last_message(before) if before else None,
        "read_commands": [list(each) for each in read.commands] if read else None,
    }


def _last_message(before: Exchange) -> str | None:
    """The assistant's last message of an exchange, masked."""
    answers = [answer.text for answer in before.answers if answer.sender == "assistant" and answer.text.strip()]
    return mask(answers[-1]).text if answers else None


def _not_helped(turns: Sequence[Exchange]) -> set[int]:
    """Which messages were answered by what the traveller then said did not help (`actions/feedback.py`)."""
    found = set()
    for number, turn in enumerate(turns):
        feedback = ((turn.message.turn or {}).get("slots") or {}).get("feedback") or {}
        if feedback.get("about") and not feedback.get("helpful"):
            asked = (at for at in range(number - 1, -1, -1) if feedback["about"] in turns[at].names)
            found.add(next(asked, -1))
    return found
