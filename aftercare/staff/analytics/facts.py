"""What a conversation adds to the figures; the page shows these definitions beside each figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.conversations.reading import FALLBACK
from aftercare.conversations.transcript import Exchange, TranscriptMessage, chosen_intent, exchanges

REOPENED_WITHIN = timedelta(hours=72)
_NOT_UNDERSTOOD = frozenset(
    {
        "utter_not_understood", "utter_not_understood_again", "utter_not_understood_person", "utter_not_sure_form",
        "utter_did_you_mean", "utter_out_of_scope", "desk_failed", "desk_no_answer",
    }
)  # fmt: skip
# What answers nothing that was asked: a conversation of these alone has no matter.
_SMALL_TALK = frozenset({"greet", "thank", "goodbye", "rate_answer", "bot_challenge"})
# Answers that end a matter: it works, or what was asked for was done.
SOLVED = frozenset(
    {"utter_solved", "utter_refund_requested", "utter_withdrawn", "utter_usage_records", "utter_qr", "utter_invoice"}
)
# What the traveller has to answer: names of answers, and the beginnings of those of steps and questions.
ASKS = frozenset(
    {
        "utter_order_number_wanted", "utter_order_number_again", "utter_order_number_invalid", "utter_email_wanted",
        "utter_email_again", "utter_email_invalid", "utter_email_of_other_wanted", "utter_refund_approved",
        "utter_refund_partial", "utter_refund_confirm_again", "utter_refund_none", "utter_refund_policy_check",
        "utter_exchange_choose", "utter_exchange_choose_again", "utter_exchange_choose_among", "utter_exchange_confirm",
        "utter_exchange_confirm_again", "utter_withdraw_confirm", "utter_withdraw_confirm_again",
        "utter_withdraw_for_exchange", "utter_withdraw_for_refund", "utter_did_you_mean", "utter_two_matters",
        "utter_which_problem", "utter_did_it_work", "utter_change_it",
    }
)  # fmt: skip
_TO_TRY = ("step.", "question.")
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
    """person: one was asked for, wrote, decided or has a ticket to work on; contained: the assistant alone answered
    what was asked last; unanswered: it did not, or does not do such things; None where only greetings were said."""
    deflected: bool = False
    """Contained, not left in the middle, and not taken up again within `REOPENED_WITHIN`."""
    resolved: bool = False
    """Contained and it works, was done or found helpful; or staff decided the request, or ended it after they had
    written; and it was not taken up again."""
    abandoned: bool = False
    """Left before a person wrote, or without a reply to what the assistant asked."""
    reopened: bool = False
    """Taken up again within `REOPENED_WITHIN` of its end."""
    handoff_reason: str | None = None
    handoff_at: datetime | None = None
    first_reply_seconds: float | None = None
    resolution_seconds: float | None = None
    # (day, intent) → number of typed messages and their summed confidence; too unsure of any counts as fallback
    intents: dict[tuple[date, str], tuple[int, float]] = field(default_factory=dict)
    steps: dict[str, tuple[date, str]] = field(default_factory=dict)
    # name of an answer → (day, language, whether it helped)
    feedback: dict[str, tuple[date, str, bool]] = field(default_factory=dict)


def facts_of(
    events: Sequence[TranscriptMessage], zone: ZoneInfo, ticket: str | None = None, *, decided: bool = False
) -> ConversationFacts:
    """The figures of a conversation.

    `ticket` is why its latest ticket was opened (`aftercare.orders.tickets`); `decided`: staff decided a request made
    in it.
    """
    turns = list(exchanges(events))
    handoff = next((e for e in events if e.kind == "state" and e.state == "waiting"), None)
    person = next((e for e in events if e.sender == "agent" and e.kind == "message"), None)
    about = [turn for turn in turns if _has_matter(turn)]
    outcome = None
    if handoff or person or ticket or decided:
        outcome = "person"
    elif about:
        outcome = "contained" if _answered(about[-1]) else "unanswered"
    began = handoff or person
    # who leaves the line, or ends the chat before anybody wrote, was not helped by a person
    ended = person and next(
        (e for e in events if e.seq > person.seq and e.kind == "state" and e.state in ("closed", "assistant")), None
    )
    reopened = outcome is not None and _reopened(events, turns)
    abandoned = outcome is not None and _abandoned(events, turns, handoff, person)
    return ConversationFacts(
        messages=len(turns),
        outcome=outcome,
        deflected=outcome == "contained" and not (abandoned or reopened),
        resolved=not reopened and (bool(ended) if person else decided or (outcome == "contained" and _solved(turns))),
        abandoned=abandoned,
        reopened=reopened,
        handoff_reason=_reason(turns, handoff, ticket) if handoff else None,
        handoff_at=handoff.at if handoff else None,
        first_reply_seconds=_seconds(handoff, person) if handoff and person and person.seq > handoff.seq else None,
        resolution_seconds=_seconds(began, ended),
        intents=_intents(turns, zone),
        steps=_steps(turns, zone),
        feedback=_feedback(turns, zone),
    )


def _has_matter(turn: Exchange) -> bool:
    """Whether the traveller wanted something; what nobody read may be anything."""
    reading = turn.message.reading
    return (reading.intent if reading else chosen_intent(turn.message)) not in _SMALL_TALK


def _reopened(events: Sequence[TranscriptMessage], turns: Sequence[Exchange]) -> bool:
    """Whether the traveller went on with a matter soon after the conversation had ended or the matter was solved."""
    ends = [e for e in events if (e.kind == "state" and e.state == "closed") or e.name == "utter_solved"]
    again = [turn.message for turn in turns if _has_matter(turn)]
    return any(end.seq < e.seq and e.at - end.at <= REOPENED_WITHIN for end in ends for e in again)


def _abandoned(
    events: Sequence[TranscriptMessage],
    turns: Sequence[Exchange],
    handoff: TranscriptMessage | None,
    person: TranscriptMessage | None,
) -> bool:
    if person:
        return False
    if handoff:
        return any(e.kind == "state" and e.state in ("closed", "assistant") for e in events if e.seq > handoff.seq)
    names = [name for name in turns[-1].names if name] if turns else []
    return bool(names) and (names[-1] in ASKS or names[-1].startswith(_TO_TRY))


def _solved(turns: Sequence[Exchange]) -> bool:
    """Whether the last matter ended well, by the assistant's answer or by what the traveller said of it."""
    about = [turn for turn in turns if _has_matter(turn)]
    if about and SOLVED.intersection(about[-1].names):
        return True
    given = [((turn.message.turn or {}).get("slots") or {}).get("feedback") or {} for turn in turns]
    last: dict[str, Any] = next((each for each in reversed(given) if each.get("about")), {})
    return bool(last.get("helpful"))


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
            if "question.test" in turn.names:
                continue  # said to work; the test decides
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
