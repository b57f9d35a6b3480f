"""The matter a message begins, by what was read and by what its words alone say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aftercare.articles.files import compared
from aftercare.rasa_components.message_kind import (
    SURE,
    answered,
    asked_before_buying,
    is_question,
    likely_answered,
    only_complains,
)
from aftercare.rasa_components.turn_state import CERTAIN, CLEAR, State
from aftercare.understanding.choices import named_item
from aftercare.understanding.goals import FAULT_SEEN, GOAL_OF
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT
from aftercare.understanding.reader.reader import CommandReading
from aftercare.understanding.second_intent import two_matters

# A fault named beside a question is kept from this probability on.
_KEPT = 0.4
# The only reading offered is taken without naming it from this probability on.
_TAKEN = 0.4
# Offered beside the readings.
_WAYS_OUT = ("human_handoff",)
# Each of two matters is read with this probability at least.
_BOTH = 0.6
# A fault that is no fault of the line, with a goal of its own: "a problem with my payment".
_OF_PAYMENT = "payment_issue"
# Beside number and e-mail few words are left to tell the matter.
_FEW_WORDS = 0.25
_REQUESTS = ("request_refund", "request_exchange", "withdraw_request", "resend_qr", "ask_invoice", "payment_issue")
# Commands beside which a request may be meant all the same.
_SAYS_NOTHING = frozenset({"acknowledge", "confirm", "inform", "unclear", "thank", "greet", "pause", "complain"})
# Here a yes or a no is awaited.
_YES_AWAITED = ("refund_confirm", "exchange_confirm")


# Where an order stands.
_OF_STATUS = "check_order_status"


def begun_by(reading: CommandReading, state: State) -> str | None:
    """The intent of the matter a message begins; `report_fault` when nothing tells which fault."""
    if state.loop is None and state.intent == "ask_refund_policy" and "order_number" in state.entities:
        return "request_refund"  # asked of this very order
    if only_complains(reading, state) or (
        reading.has("start:request_refund") and state.intent == "ask_refund_policy" and state.asks_clearly
    ):
        return None
    if state.loop is None and reading.has("ask", "ask_how") and asked_before_buying(reading):
        return None
    starts = [value for value in reading.values("start") if reading.chance(f"start:{value}") >= SURE]
    if not starts and state.intent in reading.values("start") and state.confidence >= CERTAIN:
        starts = [] if is_question(reading) else [state.intent]  # in a word or two: "refund"
    if not starts and state.brings_order and state.loop is None and not is_question(reading):
        # beside number and e-mail few words are left to tell the matter; a greeting says what they are
        least = SURE if reading.chance("greet") >= CERTAIN else _FEW_WORDS
        starts = [value for value in reading.values("start") if reading.chance(f"start:{value}") >= least]
    of_status = state.brings_order and state.loop is None and state.intent == _OF_STATUS
    if not starts and of_status and state.confidence >= CERTAIN and not is_question(reading):
        starts = [_OF_STATUS]  # "where is my order NZ…": the words are certain
    agreed = state.intent in reading.values("start") and state.confidence >= SURE
    if not starts and agreed and _KEPT <= reading.chance(f"start:{state.intent}") > reading.chance("ask"):
        starts = [state.intent]  # neither is sure alone
    if not starts and _begun_by_words(reading, state):
        starts = [state.intent]
    if len(starts) > 1 and state.intent in starts:
        starts = [state.intent]  # what the words alone say decides between two readings
    begun = starts[0] if starts else None
    if begun and _overruled(reading, state, begun):
        begun = state.intent
    sure = CERTAIN if reading.chance("ask") >= SURE else CLEAR
    by_both = begun == state.intent and state.confidence >= CERTAIN
    if state.loop is None and begun and answered(reading) and reading.chance(f"start:{begun}") < sure and not by_both:
        return None
    if begun and begun.startswith("report_") and state.asks_surely and reading.chance(f"start:{begun}") < CERTAIN:
        return None
    asks = reading.chance("ask") > (reading.chance(f"start:{begun}") if begun else 0.0)
    if begun and begun != UNSPECIFIED_FAULT:
        surely = state.loop is None and by_both and reading.chance(f"start:{begun}") >= CLEAR and not answered(reading)
        return begun if surely or not asks else None  # "where's my code?" has the words of a question
    if begun and state.intent == _OF_PAYMENT and state.confidence >= CERTAIN and not asks:
        return state.intent  # the words alone say which fault it is
    if state.loop is not None:
        if not begun and _fault_before_yes(reading, state):
            return state.intent
        return begun if begun and not asks else None
    seen = next((FAULT_SEEN[fact] for fact in reading.values("observe") if fact in FAULT_SEEN), None)
    fault = state.intent if state.intent.startswith("report_") and state.confidence >= SURE else None
    asks_surely = reading.has("ask_why", "ask_how") or reading.chance("ask") >= SURE or answered(reading)
    if fault and state.confidence >= CERTAIN and not (is_question(reading) and asks_surely):
        return seen or fault
    if fault and state.confidence >= CERTAIN and _asks_in_passing(reading):
        return fault
    if begun or not is_question(reading):
        return seen or (fault if begun or state.confidence >= CLEAR else None) or begun
    return None


def _begun_by_words(reading: CommandReading, state: State) -> bool:
    """Whether the words alone certainly begin a request, and the reading has nothing to say against it."""
    alone = state.loop is None and reading.situation in ("idle", "told", "solved")
    says = {read.command.name for read in reading.commands}
    return alone and state.intent in _REQUESTS and state.confidence >= CERTAIN and says <= _SAYS_NOTHING


def _overruled(reading: CommandReading, state: State, begun: str) -> bool:
    """Whether the words alone certainly begin another request than the one that is only read: refund or withdrawal."""
    alone = reading.situation in ("idle", "told", "solved")
    differs = begun in _REQUESTS and state.intent in _REQUESTS and begun != state.intent
    return alone and differs and state.confidence >= CERTAIN > reading.chance(f"start:{begun}")


def _fault_before_yes(reading: CommandReading, state: State) -> bool:
    """Whether a fault is clearly told where a yes is awaited: "no refund if it can be fixed: bars but no internet"."""
    top = max((read.probability for read in reading.commands), default=0.0)
    clearly = state.intent.startswith("report_") and state.confidence >= CERTAIN
    return reading.situation in _YES_AWAITED and clearly and top < SURE and not is_question(reading)


def _asks_in_passing(reading: CommandReading) -> bool:
    """Whether beside a clear fault and what was seen is only asked what to do: no article is likely to say."""
    return reading.has("observe") and not reading.has("ask_why", "ask_how") and not likely_answered(reading)


def kept_slots(reading: CommandReading, state: State) -> tuple[tuple[str, Any], ...]:
    """The slots of a matter that a question stands beside: it goes on after the answer."""
    least = SURE if state.asks_clearly else _KEPT
    started = next((value for value in reading.values("start") if reading.chance(f"start:{value}") >= least), None)
    seen = next((FAULT_SEEN[fact] for fact in reading.values("observe") if fact in FAULT_SEEN), None)
    return goal_slots(started or seen or "")


def goal_slots(intent: str) -> tuple[tuple[str, Any], ...]:
    goal, symptom = GOAL_OF.get(intent, (None, None))
    slots: list[tuple[str, Any]] = [("goal", goal)] if goal else []
    return (*slots, ("symptom", symptom)) if symptom else tuple(slots)


def two_begun(reading: CommandReading) -> tuple[str, str] | None:
    """Two matters that a message begins, so different that neither may be ignored; None for one or none."""
    starts = [value for value in reading.values("start") if reading.chance(f"start:{value}") >= _BOTH]
    pairs = ((first, second) for place, first in enumerate(starts) for second in starts[place + 1 :])
    return next((pair for pair in pairs if two_matters(*pair) and two_matters(*reversed(pair))), None)


def typed_title(text: str, offered: Sequence[tuple[str, str]]) -> str | None:
    """The intent of the choice whose title was typed; None when none was, or it brings more than an intent."""
    plain = compared(text)
    return next((intent for title, intent in offered if plain and compared(title) == plain and intent in GOAL_OF), None)


def offered_reading(reading: CommandReading, text: str, offered: Sequence[tuple[str, str]]) -> str | None:
    """The intent of an offered reading that is taken in words: by its place or name, or as the only one.

    `offered` has title and intent of each choice shown, in order.
    """
    if reading.situation != "choices" or not reading.has("choose") or reading.has("ask"):
        return None
    if max(map(reading.chance, ("decline", "person"))) > reading.chance("choose"):
        return None  # "no, I do not want the QR code. A person please"
    if reading.chance("switch_order") > reading.chance("choose"):
        return None  # of another order, which is to be named first
    matters = [(title, intent) for title, intent in offered if intent in GOAL_OF]
    place = named_item(text, [title for title, _ in matters])
    only = [intent for _, intent in offered if intent not in _WAYS_OUT]
    if place is None and len(only) == len(matters) == 1 and reading.chance("choose") >= _TAKEN:
        place = 0
    return None if place is None else matters[place][1]
