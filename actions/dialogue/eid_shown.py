"""What follows from an EID on the screen: the phone takes an eSIM, and where it is added."""

from __future__ import annotations

from actions.menus import menu
from actions.turn import Event, Turn
from aftercare.understanding.eid_shown import eid_is_shown


def answer(turn: Turn) -> list[Event] | None:
    """That the phone has an eSIM, with the menu to add one; None while a repair waits, which takes it as an answer."""
    if turn.called_by_action or turn.form == "diagnosis_form" or not eid_is_shown(turn.text):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    turn.say("utter_eid_shown", menu=menu(turn, "add_esim", facts))
    return []
