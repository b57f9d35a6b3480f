"""Orders of one traveller told apart and set beside each other: by day, price, end, state, plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.turn import Event, Turn
from aftercare.orders import ownership
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.understanding.choices import named_item
from aftercare.understanding.order_references import Criterion, asks_which_order, order_reference

_IN_USE = ("enabled", "installed", "downloaded", "disabled")


def _end(facts: OrderFacts) -> float:
    return facts.expires_at.timestamp() if facts.expires_at else float("inf")


_SORTED_BY: dict[Criterion, Callable[[OrderFacts], Any]] = {
    "bought": lambda facts: facts.bought_at,
    "price": lambda facts: facts.amount_minor,
    "ends": _end,
    "state": lambda facts: facts.profile_state in _IN_USE,
}


def _orders(turn: Turn, numbers: Sequence[str]) -> list[OrderFacts]:
    with turn.orders() as session:
        found = (order_facts(session, each, turn.now) for each in numbers)
        return sorted((facts for facts in found if facts), key=lambda facts: facts.bought_at)


def named_order(turn: Turn, numbers: Sequence[str]) -> str | None:
    """The number of the order that a message means by its plan, or by what tells it from the others."""
    orders = _orders(turn, numbers)
    if len(orders) < 2:
        return None
    plans = [turn.words.pick(facts.plan_en, facts.plan_zh) for facts in orders]
    if len(set(plans)) > 1 and (place := named_item(turn.text, plans)) is not None:
        return orders[place].number
    reference = order_reference(turn.text)
    if reference is None:
        return None
    ordered = sorted(orders, key=_SORTED_BY[reference.by])
    return ordered[-1 if reference.last else 0].number


def compare_orders(turn: Turn) -> list[Event] | None:
    """Questions that set orders of this conversation beside each other; None when only one is known or meant."""
    reading = turn.reading
    if turn.called_by_action or reading.situation in ("plan_list", "exchange_choice"):
        return None  # after another action the order that is meant is known; plans shown are meant before orders
    with turn.orders() as session:
        numbers = ownership.verified_orders(session, turn.conversation_id, turn.now)
        current = ownership.verified_order(session, turn.conversation_id, turn.now)
    if len(numbers) < 2:
        return None
    reference = order_reference(turn.text)
    compares = reference is not None and (reading.has("refer") or asks_which_order(turn.text))
    if not compares and not reading.has("switch_order"):
        return None  # "does that one work in Australia?" is about the one at hand
    last = turn.last_order_answer()
    if reading.has("switch_order") and last and reference is None:
        return [_chosen(turn, next((each for each in numbers if each != current), numbers[0])), FollowupAction(last)]
    by: Criterion = reference.by if reference else "bought"
    orders = sorted(_orders(turn, numbers), key=_SORTED_BY[by])
    turn.say(f"utter_orders_by_{by}", body="\n".join(_line(turn, facts, by) for facts in orders))
    return [_chosen(turn, orders[-1 if reference and reference.last else 0].number)]


def _chosen(turn: Turn, number: str) -> Event:
    """Make this the order that is talked about; no slot has to say so any more."""
    with turn.orders() as session:
        ownership.choose(session, turn.conversation_id, number)
    event: Event = SlotSet("order_number", None)
    return event


def _line(turn: Turn, facts: OrderFacts, by: Criterion) -> str:
    words = turn.words
    if by == "price":
        detail = words.money(facts.amount_minor, facts.currency)
    elif by == "ends":
        detail = words.time(facts.expires_at) if facts.expires_at else words.phrase("order_not_begun")
    elif by == "state":
        detail = words.word(facts.profile_state) if facts.profile_state else words.word(facts.status)
    else:
        detail = words.time(facts.bought_at)
    plan = words.pick(facts.plan_en, facts.plan_zh)
    return words.phrase(f"order_{by}", number=facts.number, plan=plan, detail=detail)
