"""Whether another person or phone may use the code of this order: its own state says it, not the rule in general."""

from __future__ import annotations

from actions.turn import Event, Turn
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.understanding.other_user import asks_for_other_user


def answer(turn: Turn) -> list[Event] | None:
    """Yes while the code is unused, with what the other phone needs.

    None when it is used or being refunded, or when that is not asked.
    """
    if turn.called_by_action or not asks_for_other_user(turn.text):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        request = requests.latest_request(session, facts.number) if facts else None
        running = request is not None and request.state in OPEN_REQUEST_STATES
    if facts is None or facts.profile_state != "released" or facts.expired:
        return None
    if running:
        return None  # the answers about that request say what holds meanwhile
    turn.say("utter_code_unused", number=facts.number)
    return []
