"""Questions that articles answer: exactly, both parts of a message, or the nearest one."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.clarify import OFFER_PERSON_AFTER
from actions.dialogue import explaining, knowledge
from actions.dialogue.subjects import COMPUTED, NAMED_FAULTS, OF_THE_ORDER, SURE, SURER, SUREST
from actions.turn import Event, Turn
from actions.verification import order_wanted_for

_LANGUAGES = "talking-to-us.languages"


def both_parts(turn: Turn) -> list[Event] | None:
    """Several questions in one message, each of which an article answers; of the order where it is known."""
    if not knowledge.both_parts(turn):
        return None
    events = knowledge.answer(turn)
    faults = max(turn.reading.chance(fault) for fault in NAMED_FAULTS)
    if events and faults < SURER and not turn.form and events[-1].get("event") != "followup":
        return [*events, FollowupAction("action_listen")]  # "how fast is it?" reports no fault
    return events


def article(turn: Turn) -> list[Event] | None:
    """What the articles say about exactly this; not what merely resembles a question of a known subject."""
    disputed = explaining.DISPUTED if turn.reading.has("complain") and turn.reading.has("object") else None
    found = knowledge.best(turn, disputed)
    if found is None:
        return None
    intent, confidence = turn.likeliest
    if intent.startswith("report_") and confidence >= SUREST and knowledge.best(turn, knowledge.LIKELY) is None:
        return None  # a sure fault is looked at rather than explained by what is not likely meant
    answered_already = COMPUTED.get(intent) in (turn.last_answer(), None)
    unlikely = knowledge.article_chance(turn) < knowledge.OTHER and intent not in found.intents
    if not answered_already and confidence >= SUREST and unlikely:
        return None  # "two SIM cards at once" resembles three lines on one phone
    if not answered_already and confidence >= knowledge.UNSURE and knowledge.particular(turn) is None:
        return None
    return _with_offer(turn, knowledge.answer(turn, disputed))


def likely_article(turn: Turn) -> list[Event] | None:
    """Better than no answer: the article that comes nearest, when it is not far off."""
    missed = int(turn.slot("misunderstandings") or 0) + 1
    guesses = turn.reading.has("unclear") or (not turn.form and turn.reading.chance("ask") < SURER)
    if missed >= OFFER_PERSON_AFTER and guesses:
        return None  # a person helps more than one more guess
    return _with_offer(turn, knowledge.answer(turn, knowledge.BEFORE_A_MATTER))


def not_of_ours(turn: Turn) -> bool:
    """Whether something is asked that certainly is none of our subjects, nor what an article likely answers."""
    intent, confidence = turn.likeliest
    asked_anew = turn.reading.situation == "idle" and not turn.form and turn.is_first
    return (
        asked_anew
        and intent == "out_of_scope"
        and confidence >= SUREST
        and knowledge.article_chance(turn) < knowledge.OTHER
    )


def languages(turn: Turn) -> list[Event] | None:
    """Which languages are spoken here: asked, rather than one of them wished for."""
    intent, confidence = turn.likeliest
    if intent != "switch_language" or confidence < SUREST or not turn.reading.has("ask", "rephrase"):
        return None
    return [] if knowledge.tell(turn, _LANGUAGES) else None


def _with_offer(turn: Turn, events: list[Event] | None) -> list[Event] | None:
    """The order that an answer in general asks for, once given, is answered about."""
    intent, confidence = turn.likeliest
    if events and intent == "ask_device_compatibility" and confidence >= SURE and not turn.form:
        return [*events, SlotSet("offer", intent)]  # the phone, once named, is looked up
    action = OF_THE_ORDER.get(intent)
    if not events or action is None or confidence < SURE or turn.form or turn.slot("order_verified"):
        return events
    return [*events, *order_wanted_for(action)]
