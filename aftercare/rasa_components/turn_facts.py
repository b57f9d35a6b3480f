"""What the decision about a message goes by beside its reading, taken from the conversation so far."""

from __future__ import annotations

from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.decide import EMERGENCIES
from aftercare.rasa_components.order_meant import order_meant
from aftercare.rasa_components.recent_answers import (
    holds_to_promise,
    hotline_named,
    wants_of_ticket,
    wants_other_currency,
)
from aftercare.rasa_components.turn_context import answers_before, name_of, slot_before
from aftercare.rasa_components.turn_state import State
from aftercare.understanding.contact_requests import (
    asks_about_hotline,
    asks_for_person,
    asks_for_person_beside,
    demands_person,
)
from aftercare.understanding.danger import out_of_danger
from aftercare.understanding.double_charge import wanted_of_pair
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.invoice_requests import gives_company
from aftercare.understanding.network_choice import asks_by_hand, misses_list
from aftercare.understanding.order_answers import wants_steps_without_order
from aftercare.understanding.order_questions import asks_data_left, tries_again
from aftercare.understanding.other_languages import other_language
from aftercare.understanding.reader.context import Context
from aftercare.understanding.refund_requests import asks_for_refund
from aftercare.understanding.refund_topics import blames_us
from aftercare.understanding.repair_ends import ends_repair
from aftercare.understanding.shopping import not_bought_yet
from aftercare.understanding.statements import places
from aftercare.understanding.trip import tells_of_trip
from aftercare.understanding.which_phone import tells_which_phone

# What is said to a message that was not understood.
_NOT_UNDERSTOOD = ("utter_not_understood", "utter_did_you_mean")
# After these the menu of the networks may be missed.
_MENU_OF_NETWORKS = ("utter_incident_switch", "utter_network_by_hand", "utter_network_by_hand_search")
# Tells what would come back, and that a word begins it.
_REFUND_EXPLAINED = "utter_refund_of_order"
# These show plans for a trip; after so many messages they are no longer what is talked about.
_SHOW_PLANS = ("action_price_plans", "action_crossborder_pack", "action_nothing_bought")
_LATELY = 3


def state_of(tracker: DialogueStateTracker, context: Context, words: str, intent: str, confidence: float) -> State:
    """What the decision goes by; `words` is what is read of the last message, `intent` what it means by itself."""
    message = tracker.latest_message
    text, metadata = message.text, message.metadata or {}
    brought = frozenset(str(each.get("entity")) for each in message.entities)
    whereabouts, missed, meant = (
        places(words, message.entities),
        missed_before(tracker),
        order_meant(tracker, context, text),
    )
    answered = [name_of(each) for each in answers_before(tracker)]
    return State(
        intent=intent,
        confidence=confidence,
        entities=brought,
        loop=tracker.active_loop_name,
        verified=bool(tracker.get_slot("order_verified")),
        after_emergency=_of_emergency(tracker, answered),
        emergencies=_emergencies(tracker),
        out_of_danger=out_of_danger(words),
        offer=bool(tracker.get_slot("offer")) or (context.situation == "told" and bool(context.options) and not missed),
        diagnosing=slot_before(tracker, "goal") == "diagnose" and bool(tracker.get_slot("diagnosis")),
        repair_open=(tracker.get_slot("diagnosis") or {}).get("current", "solved") != "solved",
        tries_again=tries_again(words),
        asks_data_left=asks_data_left(words),
        ends_repair=ends_repair(words),
        person_wanted=_did(tracker, "action_handoff"),
        asks_money_back=asks_for_refund(text),
        written_in=other_language(str(metadata.get("typed", text))),
        points_back=meant.points_back,
        points_at_hand=meant.points_at_hand,
        wants_other_back=meant.wants_other_back,
        of_companion=meant.of_companion,
        of_ticket=wants_of_ticket(tracker, words),
        gives_promised=holds_to_promise(tracker, words, brought),
        of_double_charge=wanted_of_pair(words, (tracker.get_slot("focus") or {}).get("pair") or ()) is not None,
        of_hotline=hotline_named(tracker) and asks_about_hotline(words),
        demands_person=demands_person(words),
        of_fault=bool(tracker.get_slot("symptom")) or slot_before(tracker, "goal") == "diagnose",
        wants_steps=wants_steps_without_order(words),
        names_person_beside=asks_for_person_beside(words),
        names_person=asks_for_person(words),
        refund_explained=_REFUND_EXPLAINED in answered,
        names_other_order=meant.names_other_order,
        other_email=meant.other_email,
        tells_of_trip=_plans_lately(tracker) and tells_of_trip(words),
        tells_place=bool(whereabouts.stated or whereabouts.denied),
        waiting=bool((metadata.get("line") or {}).get("waiting")),
        gives_company=(gives_company(words) and _did(tracker, "action_invoice"))
        or wants_other_currency(tracker, words),
        missed=missed,
        tells_which_phone=tells_which_phone(context.asked, words, message.entities),
        asks_network_by_hand=_asks_network_by_hand(answered, context, words, brought),
        blames_us=blames_us(words),
        not_bought=not_bought_yet(words),
        asks_in_form=asks_something(words),
    )


def missed_before(tracker: DialogueStateTracker) -> int:
    """How many messages in a row before the last one were not understood."""
    count, of_turn, seen = 0, False, 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and seen:
            of_turn = of_turn or name_of(event).startswith(_NOT_UNDERSTOOD)
        elif isinstance(event, UserUttered):
            seen += 1
            if seen > 1 and not of_turn:
                break
            count += of_turn
            of_turn = False
    return count


def _of_emergency(tracker: DialogueStateTracker, answered: list[str]) -> bool:
    """Whether the last answer was about danger, also one from the articles."""
    about = str((tracker.get_slot("focus") or {}).get("unit") or "")
    by_article = "utter_article" in answered and about.startswith(EMERGENCIES)
    return by_article or any(name.startswith("utter_emergency") for name in answered)


def _emergencies(tracker: DialogueStateTracker) -> int:
    """How many of the last answers in a row were about danger."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            if not name_of(event).startswith("utter_emergency"):
                break
            count += 1
    return count


def _asks_network_by_hand(answered: list[str], context: Context, text: str, brought: frozenset[str]) -> bool:
    """Whether the menu of the networks is asked for; where its step waits, for another phone only."""
    if context.asked == "manual_network" and not ("device" in brought and asks_something(text)):
        return False
    described = any(name in _MENU_OF_NETWORKS for name in answered)
    return asks_by_hand(text, names_operator="operator" in brought) or (described and misses_list(text))


def _did(tracker: DialogueStateTracker, action: str) -> bool:
    """Whether an action ran in this conversation, as far back as the tracker reaches."""
    return any(isinstance(event, ActionExecuted) and event.action_name == action for event in tracker.events)


def _plans_lately(tracker: DialogueStateTracker) -> bool:
    """Whether plans were shown for a trip since the third message before this one."""
    messages = 0
    for event in reversed(tracker.events):
        messages += isinstance(event, UserUttered)
        if messages > _LATELY:
            return False
        if isinstance(event, ActionExecuted) and event.action_name in _SHOW_PLANS:
            return True
    return False
