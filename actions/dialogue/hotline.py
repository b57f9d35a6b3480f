"""What is asked of the seller's hotline that was named: from where it can be rung, and what to say there."""

from __future__ import annotations

from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.orders import tickets
from aftercare.understanding.contact_requests import asks_about_hotline

_NAMED_BY = ("utter_handoff_contacts", "utter_hotline")
_HERE = "+64"


def answer(turn: Turn) -> list[Event] | None:
    """The number with what is known of it; None when no hotline was named or it is not asked about."""
    if turn.pressed or turn.called_by_action or not asks_about_hotline(turn.text):
        return None
    if not any(map(turn.was_sent, _NAMED_BY)):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        waiting = tickets.open_tickets(session, turn.conversation_id)
        ticket = turn.words.ticket(waiting[-1].id) if waiting else None
    seller = turn.seller_of(facts)
    own = next((each for each in load_catalogue().providers if each.id == seller), None)
    if own is None or not own.hotline:
        return None
    turn.say(
        "utter_hotline",
        provider=turn.words.pick(own.name_en, own.name_zh),
        number=own.hotline,
        abroad="" if own.hotline.startswith(_HERE) else turn.words.phrase("hotline_abroad"),
        ticket=turn.words.phrase("hotline_ticket", ticket=ticket) if ticket else "",
    )
    return []
