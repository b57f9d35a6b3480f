"""Which orders a message names, whose they are said to be, and whether another one than those proven is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn
from aftercare.base.identifiers import normalise_order_number
from aftercare.understanding.order_pairs import NamedOrder, orders_with_emails
from aftercare.understanding.order_references import owner_named

# In the slot `focus`: the form asks for another order than the ones that are proven.
WANTS_OTHER = "wants_other"
# There as well: the order at hand, of orders whose they were said to be, and those named together, in their order.
AT_HAND, OWNERS, IN_ORDER = "at", "owners", "orders"


def wants_other(turn: Turn) -> bool:
    """Whether the form asks for another order than those proven in this conversation."""
    return bool((turn.slot("focus") or {}).get(WANTS_OTHER))


def no_other(turn: Turn) -> list[Event]:
    """Events that end the wish for another order; none when there was none."""
    focus = turn.slot("focus") or {}
    if WANTS_OTHER not in focus:
        return []
    return [SlotSet("focus", {name: value for name, value in focus.items() if name != WANTS_OTHER})]


def with_owner(turn: Turn, number: str, focus: dict[str, Any]) -> dict[str, Any]:
    """What was talked about, with the order at hand, those named beside one another, and whose they were said to be."""
    named = named_together(turn)
    words_of = {each.number: each.words for each in named} or {number: turn.text}
    named_owners = {each: owner for each, text in words_of.items() if (owner := owner_named(text))}
    owners = {**(focus.get(OWNERS) or {}), **named_owners}
    kept: dict[str, Any] = {OWNERS: owners} if owners else {}
    if came_up := [*(focus.get(IN_ORDER) or ()), *(each.number for each in named)]:
        kept[IN_ORDER] = list(dict.fromkeys([*came_up, number]))
    return {**focus, AT_HAND: number, **kept}


def named_together(turn: Turn) -> list[NamedOrder]:
    """The orders that this message names, each with its e-mail address; none of one that corrects another."""
    if turn.pressed:
        return []
    named = orders_with_emails(turn.text, turn.tracker.latest_message.get("entities") or ())
    of_each = {owner_named(each.words) for each in named} - {None}
    return [] if turn.reading.has("correct") and len(of_each) < 2 else named  # "not that one, this one"


def named_unproven(turn: Turn, known: Sequence[str]) -> str | None:
    """The order number named last in this conversation that is not proven; None when all are, or none was named."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            entities = (event.get("parse_data") or {}).get("entities") or ()
            named = [str(each.get("value")) for each in entities if each.get("entity") == "order_number"]
            if left := [each for each in named if each not in known]:
                return normalise_order_number(left[-1])
    return None
