"""The numbers of this conversation's cases: of its tickets with their state, and of the request that is made."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.refunds.status import latest_request_of
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.orders.tables import Ticket
from aftercare.understanding.case_questions import (
    asks_request_number,
    asks_ticket_number,
    asks_ticket_state,
    drops_ticket,
    named_ticket,
)
from aftercare.understanding.contact_requests import asks_if_called
from aftercare.understanding.feature_faults import asks_if_requested

# So many tickets are told of one conversation, the newest first.
_MOST = 3
# Work for a person that ends when the traveller no longer wants it; a refund or a swap is withdrawn by its request.
_MAY_BE_DROPPED = ("reissue", "invoice")


def answer(turn: Turn) -> list[Event] | None:
    """Tell the number that is asked for; None when another thing is asked."""
    if turn.pressed or turn.called_by_action:
        return None
    if asks_request_number(turn.text) and _tell_request(turn):
        return []
    if drops_ticket(turn.text) and (dropped := _drop(turn)) is not None:
        return dropped
    if turn.did("action_handoff") and asks_if_called(turn.text):
        turn.say("utter_handoff_no_call")
        return []
    named = named_ticket(turn.text)
    of_reissue = turn.was_sent("finding.deleted") and asks_if_requested(turn.text)
    of_state = asks_ticket_state(turn.text) or of_reissue
    if named is None and not of_state and not asks_ticket_number(turn.text):
        return None
    with turn.orders() as session:
        own = tickets.page(session, _MOST, conversation_id=turn.conversation_id)
        meant = (
            [each for each in own if each.id == named] or [each for each in own if each.state != "closed"] or own[:1]
        )
        for each in meant:
            tell_ticket(turn, each)
    if not meant and not turn.form:
        turn.say("utter_ticket_none", [turn.choice_of_offer("person")])
        return [SlotSet("offer", "human_handoff")]
    also_refund = of_state and turn.likeliest[0] == "check_refund_status" and not turn.form
    if meant and also_refund and turn.slot("order_verified"):
        return [FollowupAction("action_refund_status")]  # "when does it come, and is my ticket still open"
    return [] if meant else None


def _drop(turn: Turn) -> list[Event] | None:
    """Close the tickets for a person's work that the traveller no longer wants; None without any.

    The line for a person is left by other words.
    """
    with turn.orders() as session:
        found = [each for each in tickets.open_tickets(session, turn.conversation_id) if each.reason in _MAY_BE_DROPPED]
        for each in found:
            tickets.close(session, each.id)
        numbers = [turn.words.ticket(each.id) for each in found]
    if not numbers:
        return None
    dropped = turn.words.phrase("ticket_dropped", tickets=turn.words.listing(numbers))
    turn.say_text(dropped, "ticket_dropped")
    if turn.form == "diagnosis_form":
        return [ActiveLoop(None), SlotSet("requested_slot", None), FollowupAction("action_listen")]
    return []


def tell_ticket(turn: Turn, ticket: Ticket) -> None:
    """The number of a ticket, its state, and when it is read."""
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
