"""What a conversation adds to the figures; the page shows these definitions beside each figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aftercare.conversations.reading import FALLBACK
from aftercare.conversations.transcript import Exchange, TranscriptMessage, exchanges

_NOT_UNDERSTOOD = frozenset({"utter_not_understood", "utter_did_you_mean", "desk_failed", "desk_no_answer"})
# Intents that tell nothing of what the traveller is about.
_MANNERS = frozenset(
    {"human_handoff", "affirm", "deny", "inform", "greet", "thank", "goodbye", "complain", "bot_challenge", "cancel"}
)
_APOLOGIES = frozenset({"utter_apology", "utter_apology_plain"})


@dataclass(frozen=True)
class ConversationFacts:
    """The figures of one conversation; seconds, and sums over messages."""

    messages: int
    outcome: str | None
    handoff_reason: str | None = None
    handoff_at: datetime | None = None
    first_reply_seconds: float | None = None
    resolution_seconds: float | None = None
    # (day, intent) → number of typed messages and their summed confidence; too unsure of any counts as fallback
    intents: dict[tuple[date, str], tuple[int, float]] = field(default_factory=dict)
    steps: dict[str, tuple[date, str]] = field(default_factory=dict)
    # name of an answer → (day, language, whether it helped)
    feedback: dict[str, tuple[date, str, bool]] = field(default_factory=dict)


def facts_of(events: Sequence[TranscriptMessage], zone: ZoneInfo, ticket: str | None = None) -> ConversationFacts:
    """The figures of a conversation. `ticket` is why its latest ticket was opened (`aftercare.orders.tickets`)."""
    turns = list(exchanges(events))
    handoff = next((e for e in events if e.kind == "state" and e.state == "waiting"), None)
    person = next((e for e in events if e.sender == "agent" and e.kind == "message"), None)
    outcome = None
    if handoff or person:
        outcome = "person"
    elif turns:
        outcome = "contained" if _answered(turns[-1]) else "unanswered"
    began = handoff or person
    ended = began and next(
        (e for e in events if e.seq > began.seq and e.kind == "state" and e.state in ("closed", "assistant")), None
    )
    return ConversationFacts(
        messages=len(turns),
        outcome=outcome,
        handoff_reason=_reason(turns, handoff, ticket) if handoff else None,
        handoff_at=handoff.at if handoff else None,
        first_reply_seconds=_seconds(handoff, person) if handoff and person and person.seq > handoff.seq else None,
        resolution_seconds=_seconds(began, ended),
        intents=_intents(turns, zone),
        steps=_steps(turns, zone),
        feedback=_feedback(turns, zone),
    )


def _seconds(start: TranscriptMessage | None, end: TranscriptMessage | None) -> float | None:
    return (end.at - start.at).total_seconds() if start and end else None


def _answered(turn: Exchange) -> bool:
    return turn.message.status == "answered" and not (_NOT_UNDERSTOOD | _APOLOGIES).intersection(turn.names)


def _reason(turns: Sequence[Exchange], handoff: TranscriptMessage, ticket: str | None) -> str:
    """Why a person was asked for: the ticket's reason where it has one of its own, else the last intent before it."""
    if ticket and ticket != "handoff":
        return ticket
    before = [turn for turn in turns if turn.message.seq < handoff.seq]
    if any("exhausted" in turn.names for turn in before):
        return "steps_exhausted"
    for turn in reversed(before):
        reading = turn.message.reading
        if reading and reading.intent and reading.intent not in {FALLBACK, *_MANNERS}:
            return reading.intent
    return "asked"


def _intents(turns: Sequence[Exchange], zone: ZoneInfo) -> dict[tuple[date, str], tuple[int, float]]:
    found: dict[tuple[date, str], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for turn in turns:
        reading = turn.message.reading
        if reading is None or reading.likeliest is None or reading.intent is None:
            continue
        key = (turn.message.at.astimezone(zone).date(), reading.intent)
        number, confidence = found[key]
        found[key] = (number + 1, confidence + reading.likeliest[1])
    return dict(found)


def _steps(turns: Sequence[Exchange], zone: ZoneInfo) -> dict[str, tuple[date, str]]:
    """The steps that were shown, and whether the next message said that they worked; the last time counts."""
    found: dict[str, tuple[date, str]] = {}
    shown: str | None = None
    for turn in turns:
        day = turn.message.at.astimezone(zone).date()
        if shown is not None and turn.names:
            if "utter_solved" in turn.names:
                found[shown] = (found[shown][0], "worked")
            elif any(name.startswith(("step.", "finding.", "question.", "exhausted")) for name in turn.names):
                found[shown] = (found[shown][0], "failed")
            shown = None
        for name in turn.names:
            if name.startswith("step."):
                shown = name.removeprefix("step.").removesuffix(".general")
                found[shown] = (day, "unknown")
    return found


def _feedback(turns: Sequence[Exchange], zone: ZoneInfo) -> dict[str, tuple[date, str, bool]]:
    """The feedback on answers, from "did this help?" beside them (`actions/feedback.py`)."""
    found = {}
    for turn in turns:
        stored = turn.message.turn or {}
        feedback = (stored.get("slots") or {}).get("feedback") or {}
        if about := feedback.get("about"):
            day = turn.message.at.astimezone(zone).date()
            found[str(about)] = (day, stored.get("language") or "en", bool(feedback.get("helpful")))
    return found
