"""Short questions that mean what waits or was told last: how long, what now, who answers."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.dialogue import explaining, knowledge
from actions.dialogue.about_case import tell_ticket
from actions.dialogue.other_order import without_order
from actions.dialogue.subjects import OF_A_REQUEST, OF_THE_ORDER, SURER, SUREST
from actions.email_code import help_with_number
from actions.follow_up import follow_up
from actions.history import meaning_of
from actions.people import in_a_hurry, tell_contacts
from actions.refunds.about_request import about_request
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.understanding.danger import asks_cost
from aftercare.understanding.follow_ups import (
    asks_faster,
    asks_how_long,
    asks_how_long_in_part,
    asks_what_now,
    names_plan_or_refund,
)
from aftercare.understanding.goals import GOAL_OF
from aftercare.understanding.invoice_requests import names_company

# The phone may not be able to use an eSIM at all: "what now?" is about the way out, not about the step.
_OF_THE_PHONE = frozenset(
    {
        "step.eid",
        "finding.no_eid",
        "finding.no_esim_menu",
        "finding.locked",
        "finding.carrier_locked",
        "finding.lock_message",
        "finding.device_without_esim",
        "finding.mainland_iphone",
    }
)
WITHOUT_ESIM = "phone-compatibility.no-esim-phone-alternatives"
_LOCKED = frozenset({"finding.locked", "finding.carrier_locked", "finding.lock_message"})
# Local SIMs and where they are sold.
_OF_LOCAL_SIMS, _LIKELY_LOCAL = ("visitors.airport-sim-shop", WITHOUT_ESIM), 0.4
_OF_STEPS = "while-we-fix-it.how-long-until-works"
# Units about how long a person takes: who waits is told their own time.
_OF_THE_LINE = ("talking-to-us.response-time", "talking-to-us.notified")
_OF_REPLACEMENT, _FAINTLY, _LIKELY_OF_REPLACEMENT = "finding-your-order.replacement-when", 0.1, 0.3
_COST_OF_REPLACEMENT = "change-phone.reissue-cost"
_OF_HOTLINES = "talking-to-us.phone-number"
# Said of a phone that takes no eSIM, or most likely none, and what there is instead.
_NO_ESIM = frozenset({"utter_device_no", "utter_device_market_no", "utter_device_market_mostly_no"})
_OF_MARKETS = "mainland-china-phones."
# Said to who has no number of an order.
_NO_ORDER = ("utter_order_needed", "utter_email_alone", "utter_order_help")


def time_of_replacement(turn: Turn) -> list[Event] | None:
    """ "How long does a new one take?" after it was asked for: of the new eSIM, not of what was found."""
    chance = dict(turn.reading.units).get(_OF_REPLACEMENT, 0.0)
    if turn.form or chance < _FAINTLY or not asks_how_long(turn.text) or not _replacement_asked_for(turn):
        return None
    return [] if knowledge.tell(turn, _OF_REPLACEMENT) else None


def time_of_reissue(turn: Turn) -> list[Event] | None:
    """When the new eSIM that was asked for comes, and whether it can come sooner: by its ticket."""
    wanted = dict(turn.reading.units).get(_OF_REPLACEMENT, 0.0) >= _LIKELY_OF_REPLACEMENT
    how_long = wanted or asks_how_long_in_part(turn.text)
    sooner = asks_faster(turn.text)
    if turn.form or turn.called_by_action or not (how_long or sooner) or turn.reading.situation == "waiting":
        return None
    with turn.orders() as session:
        found = [each for each in tickets.open_tickets(session, turn.conversation_id) if each.reason == "reissue"]
        if not found:
            return None
        if not sooner:
            tell_ticket(turn, found[0])
            return []
    return in_a_hurry(turn)


def cost_of_replacement(turn: Turn) -> list[Event] | None:
    """Whether the new eSIM that was asked for costs something: nothing of a swap for another plan."""
    if turn.form or not asks_cost(turn.text) or names_plan_or_refund(turn.text) or not _replacement_asked_for(turn):
        return None
    answered = knowledge.tell(turn, _COST_OF_REPLACEMENT, [turn.choice_of_offer("person")])
    return [SlotSet("offer", "human_handoff")] if answered else None


def _replacement_asked_for(turn: Turn) -> bool:
    if any(map(turn.was_sent, ("utter_reissue_ticket", "utter_reissue_begun", "utter_qr_deleted"))):
        return True
    with turn.orders() as session:  # Rasa hands over the last messages only
        return any(each.reason == "reissue" for each in tickets.open_tickets(session, turn.conversation_id))


def time_of_step(turn: Turn) -> list[Event] | None:
    """ "How long does it take?" of who carries out a step: how long a step takes."""
    if turn.form != "diagnosis_form" or turn.reading.situation != "step":
        return None
    best = turn.reading.units[0][0] if turn.reading.units else ""
    of_time = asks_how_long(turn.text) or (best in _OF_THE_LINE and not turn.waits_for_person)
    of_else = best != _OF_STEPS and knowledge.best(turn, knowledge.CERTAIN) is not None  # "when is it fast again?"
    return [] if of_time and not of_else and knowledge.tell(turn, _OF_STEPS) else None


def place_in_line(turn: Turn) -> list[Event] | None:
    """ "How long will it take?" of who waits for a person: their own place and time, not what is usual."""
    if turn.called_by_action or not turn.waits_for_person:
        return None
    intent, confidence = turn.likeliest
    found = knowledge.best(turn)
    of_people = found is not None and found.id in _OF_THE_LINE
    hours = intent == "ask_support_hours" and confidence >= SURER
    asked_now = turn.reading.situation == "waiting" and asks_how_long(turn.text)
    return [FollowupAction("action_support_hours")] if of_people or hours or asked_now else None


def what_now(turn: Turn) -> list[Event] | None:
    """ "So what do I do now?" after a finding, or without an order: the ways from there, whatever it resembles."""
    if asks_what_now(turn.text) and not turn.slot("order_verified") and any(map(turn.was_sent, _NO_ORDER)):
        turn.say("utter_without_order")
        left = [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.form == "order_form" else []
        return [*left, SlotSet("offer", "human_handoff"), FollowupAction("action_listen")]
    if turn.form or not asks_what_now(turn.text):
        return None
    if _after_phone_cannot(turn) and knowledge.tell(turn, WITHOUT_ESIM):
        return []
    return ways_out(turn) if turn.reading.situation == "finding" else None


def _after_phone_cannot(turn: Turn) -> bool:
    """Whether the last answer was that the phone takes no eSIM, or most likely none."""
    last = next(iter(turn.answers_backwards()), None)
    of_market = str((turn.slot("focus") or {}).get("unit") or "").startswith(_OF_MARKETS)
    meaning = meaning_of(last) if last is not None else None
    return meaning in _NO_ESIM or (meaning == "utter_article" and of_market)


def by_phone(turn: Turn) -> list[Event] | None:
    """Whether there is a hotline: the numbers configured, after what holds for calls."""
    found = knowledge.best(turn, knowledge.SURE)
    if found is None or found.id != _OF_HOTLINES:
        return None
    events = knowledge.answer(turn, knowledge.SURE)
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    tell_contacts(turn, turn.seller_of(facts), everyone=True)
    return events


def short_question(turn: Turn) -> list[Event] | None:
    """ "How long?", "and the S21?", "with the company's name": about what was answered last."""
    if turn.called_by_action:
        return None
    sure_unit = bool(turn.reading.units) and turn.reading.units[0][1] >= knowledge.SUREST
    if sure_unit and not names_company(turn.text):
        return None  # "when is it fast again?" has an answer of its own
    if turn.likeliest[0] in OF_THE_ORDER and turn.likeliest[1] >= SURER and not asks_how_long(turn.text):
        return None  # "how long will that take?" names no subject, whatever its words resemble
    goes_on = follow_up(turn)
    return None if goes_on is None else [FollowupAction(goes_on)]


def fault(turn: Turn) -> list[Event] | None:
    """What reads like a question and surely reports a fault: "while I wait: bars but no internet"."""
    intent, confidence = turn.likeliest
    goal, symptom = GOAL_OF.get(intent, (None, None))
    if goal != "diagnose" or confidence < SUREST or turn.form or turn.called_by_action:
        return None
    with turn.orders() as session:
        known = turn.verified_order(session) is not None
    slots = [SlotSet("goal", goal), SlotSet("symptom", symptom)]
    return [*slots, FollowupAction("diagnosis_form" if known else "order_form")]


def locked_elsewhere(turn: Turn) -> list[Event] | None:
    """A local SIM or a shop asked about for a phone that is locked: it refuses those as well."""
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    if turn.called_by_action or unit not in _OF_LOCAL_SIMS or chance < _LIKELY_LOCAL or turn.entity("device"):
        return None
    state = turn.diagnosis
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    found = {state.current, *state.done} if state is not None else set()
    if not (_LOCKED & found or (facts is not None and facts.carrier_locked)):
        return None
    turn.say("utter_locked_elsewhere")
    return []


def ways_out(turn: Turn) -> list[Event] | None:
    """ "What now?" after a finding, a refusal or an order that was not found: what can still be done."""
    reading = turn.reading
    if turn.form == "order_form":
        if turn.was_sent("utter_order_help"):
            return without_order(turn)
        help_with_number(turn, "utter_order_help")
        return []
    where = (reading.situation, reading.asked)
    if where in OF_A_REQUEST and turn.slot("order_verified"):
        return about_request(turn)
    state = turn.diagnosis
    may_be_unable = state is not None and state.current in _OF_THE_PHONE
    about_phone = may_be_unable or (state is not None and bool(_OF_THE_PHONE & set(state.done)))
    if reading.situation != "finding" and where != ("told", "refund_decision") and not about_phone:
        return None
    if turn.form == "diagnosis_form" and state is not None and not (may_be_unable or asks_what_now(turn.text)):
        return explaining.once_more(turn, state)  # "so it's fine?"
    offers = ["person"] if reading.situation == "told" else ["refund", "exchange", "person"]
    turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in offers])
    return [SlotSet("offer", "human_handoff")]
