"""Which of the orders of a conversation a message means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.decide import PLANS_SHOWN
from aftercare.rasa_components.message_kind import OF_A_REQUEST
from aftercare.understanding.choices import named_item
from aftercare.understanding.order_references import (
    asks_which_order,
    comes_back_to_first,
    comes_back_to_own,
    means_other,
    names_place,
    order_by_ending,
    order_reference,
    owner_named,
)
from aftercare.understanding.reader.context import Context
from aftercare.understanding.refund_requests import asks_for_refund
from aftercare.understanding.refund_topics import asks_what_stays

# What waits here is a request for one order.
TO_CONFIRM = ("refund_confirm", "withdraw_confirm")


@dataclass(frozen=True)
class OrderMeant:
    """What a message says of the order at hand and of the others: the fields of `State` with these names."""

    points_at_hand: bool
    points_back: bool
    wants_other_back: bool
    of_companion: bool
    names_other_order: bool
    other_email: bool


def order_meant(tracker: DialogueStateTracker, context: Context, text: str) -> OrderMeant:
    """Which order the last message means, `text`, read in its context."""
    focus = tracker.get_slot("focus") or {}
    by_place = _order_by_place(focus, context, text)
    at_hand = _points_at_hand(focus, context, text, by_place)
    left = {*(focus.get("left") or {}), *(focus.get("orders") or ())}
    others = left - {tracker.get_slot("order_number"), focus.get("at")}
    entities = tracker.latest_message.entities if tracker.latest_message else ()
    given = {str(each.get("entity")) for each in entities}
    return OrderMeant(
        points_at_hand=at_hand,
        points_back=bool(others) and not at_hand and _points_back(focus, context, text, by_place),
        wants_other_back=_wants_other_back(focus, text),
        of_companion=_of_companion(focus, text),
        names_other_order=_names_other_order(tracker),
        other_email="email" in given and "order_number" not in given and len(_numbers_named(tracker)) > 1,
    )


def _points_back(focus: Mapping[str, Any], context: Context, text: str, by_place: str | None) -> bool:
    """Whether a message means another order of this conversation: the own one, or one told apart by what it is."""
    if context.situation in PLANS_SHOWN:
        return False
    at = focus.get("at")
    named = order_reference(text) is not None and not asks_which_order(text)
    owner, owners = owner_named(text), focus.get("owners") or {}
    of_another = owner is not None and owner in owners.values() and owners.get(at) not in (None, owner)
    back = comes_back_to_first(text) or (comes_back_to_own(text) and not owners)
    return named or by_place not in (None, at) or of_another or means_other(text) or back


def _order_by_place(focus: Mapping[str, Any], context: Context, text: str) -> str | None:
    """The order that a message means by its place among those that came up; None when it means none."""
    came_up = list(focus.get("orders") or ())
    of_orders = context.situation in TO_CONFIRM or names_place(text, choices_shown=bool(context.options))
    place = named_item(text, came_up) if of_orders and len(came_up) > 1 else None
    return None if place is None else str(came_up[place])


def _points_at_hand(focus: Mapping[str, Any], context: Context, text: str, by_place: str | None) -> bool:
    """Whether a message means the order at hand by its place among those that came up."""
    at = focus.get("at")
    if (
        (context.situation, context.asked) in OF_A_REQUEST
        and len(focus.get("orders") or ()) < 2
        and asks_what_stays(text)
    ):
        return True  # "the first one, can I keep it?": of two charges, of which one is given back
    return at is not None and by_place == at


def _wants_other_back(focus: Mapping[str, Any], text: str) -> bool:
    """Whether money is asked back for another order of this conversation, named by the end of its number."""
    came_up = {*(focus.get("left") or {}), *(focus.get("orders") or ()), focus.get("at")} - {None}
    return order_by_ending(text, came_up) not in (None, focus.get("at")) and asks_for_refund(text)


def _of_companion(focus: Mapping[str, Any], text: str) -> bool:
    """Whether a message names a companion's order, and the order at hand was not said to be theirs."""
    at_hand = (focus.get("owners") or {}).get(focus.get("at"))
    return owner_named(text) == "companion" and at_hand != "companion"


def _numbers_named(tracker: DialogueStateTracker) -> set[str]:
    """The order numbers of all messages so far."""
    messages = (event for event in tracker.events if isinstance(event, UserUttered))
    found = (entity for message in messages for entity in message.entities or ())
    return {str(entity.get("value")) for entity in found if entity.get("entity") == "order_number"}


def _names_other_order(tracker: DialogueStateTracker) -> bool:
    """Whether the last message has an order number, and not that of the order at hand."""
    entities = tracker.latest_message.entities if tracker.latest_message else ()
    named = {str(entity.get("value")) for entity in entities if entity.get("entity") == "order_number"}
    return bool(named) and _named_before(tracker) not in {None, *named}


def _named_before(tracker: DialogueStateTracker) -> str | None:
    """The order number given last before this message; the slot itself is empty again once an order is proven."""
    events = iter(reversed(tracker.events))
    for event in events:
        if isinstance(event, UserUttered):
            break
    given = (event.value for event in events if isinstance(event, SlotSet) and event.key == "order_number")
    return next((str(value) for value in given if value), None)
