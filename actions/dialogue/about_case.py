"""The numbers of this conversation's cases: of its tickets with their state, and of the request that is made."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.refunds.status import latest_request_of
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.orders.tables import Ticket
from aftercare.understanding.case_questions import asks_request_number, asks_ticket_number, named_ticket

# So many tickets are told of one conversation, the newest first.
_MOST = 3


def answer(turn: Turn) -> list[Event] | None:
    """Tell the number that is asked for; None when another thing is asked."""
    if turn.pressed or turn.called_by_action:
        return None
    if asks_request_number(turn.text) and _tell_request(turn):
        return []
    named = named_ticket(turn.text)
    if named is None and not asks_ticket_number(turn.text):
        return None
    with turn.orders() as session:
        own = tickets.page(session, _MOST, conversation_id=turn.conversation_id)
        told = [each for each in own if each.id == named] or [each for each in own if each.state != "closed"] or own[:1]
        for each in told:
            _tell(turn, each)
    if not told and not turn.form:
        turn.say("utter_ticket_none", [turn.choice_of_offer("person")])
        return [SlotSet("offer", "human_handoff")]
    return [] if told else None


def _tell(turn: Turn, ticket: Ticket) -> None:
    late = ticket.state == "open" and ticket.read_by < turn.now
    state = "late" if late else ticket.state
    turn.say(f"utter_ticket_{state}", ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(ticket.read_by))


def _tell_request(turn: Turn) -> bool:
    """The number of the latest request of the order at hand, as its confirmation had it; whether there is one."""
    with turn.orders() as session:
        number = turn.verified_order(session)
        request = latest_request_of(turn, session, number) if number is not None else None
        if request is None:
            return False
        kind = turn.words.word(f"kind_{request.kind}")
        turn.say("utter_refund_status_number", number=str(request.purchase.number), kind=kind, request=request.id)
    return True
