"""The numbers of this conversation's cases: of its tickets with their state, and of the request that is made."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.dialogue import own_ticket
from actions.refunds.status import latest_request_of
from actions.turn import Event, Turn
from actions.verification import order_wanted_for
from aftercare.orders import tickets
from aftercare.orders.tables import Ticket
from aftercare.understanding.case_questions import asks_request_number
from aftercare.understanding.contact_requests import asks_if_called
from aftercare.understanding.feature_faults import asks_if_requested
from aftercare.understanding.ticket_talk import compares_with_refund, ticket_in, wanted_of_ticket

# So many tickets are told of one conversation, the newest first.
_MOST = 3
# The answers to so many messages, this one included, are the last ones.
_LATELY = 2
# Work for a person that ends when the traveller no longer wants it; a refund or a swap is withdrawn by its request.
_MAY_BE_DROPPED = ("reissue", "invoice")


def answer(turn: Turn) -> list[Event] | None:
    """Tell or do what is wanted of a ticket or a request's number; None when another thing is asked."""
    # the order that it came with was proven, or gone back to
    checked_first = (turn.ran("action_order_status") and turn.names_order) or turn.ran("action_other_order")
    if turn.pressed or (turn.called_by_action and not checked_first):
        return None
    if asks_request_number(turn.text) and _tell_request(turn):
        return []
    if turn.did("action_handoff") and asks_if_called(turn.text):
        turn.say("utter_handoff_no_call")
        return []
    with turn.orders() as session:
        own = tickets.page(session, _MOST, conversation_id=turn.conversation_id)
        known = turn.verified_order(session)
        own = own or (tickets.of_order(session, known, _MOST) if known else ())
        for each in own:
            session.expunge(each)  # read on below
    lately = _named_lately(turn)
    wish = wanted_of_ticket(turn.text, has=bool(own) or lately is not None, lately=lately is not None)
    if wish is None and turn.was_sent("finding.deleted") and asks_if_requested(turn.text):
        wish = "state"
    if wish is None:
        return None
    named = ticket_in(turn.text)
    named = lately if named is None and not own else named
    if named is not None and named not in {each.id for each in own}:
        return _of_other_chat(turn, named, known)
    if not own:
        return None if turn.form else _none(turn, known)
    meant = [each for each in own if each.id == named] or [each for each in own if each.state != "closed"] or own[:1]
    if wish == "drop" and any(each.state != "closed" for each in meant):
        return _drop(turn, named)
    if wish == "meanwhile":
        waits = next((each for each in meant if each.reason == "reissue"), None)
        return own_ticket.meanwhile(turn, waits) if waits is not None else None
    if turn.form == "refund_form" and compares_with_refund(turn.text):
        turn.say("utter_ticket_or_refund", ticket=turn.words.ticket(meant[0].id), read_by=_read_by(turn, meant[0]))
        return [*_form_left(turn), SlotSet("refund_draft", None), FollowupAction("action_listen")]
    if (events := own_ticket.answer(turn, wish, meant)) is not None:
        return events
    if wish in ("when", "where") and named is None:
        return None  # of a request, whose state says it
    for each in meant:
        tell_ticket(turn, each)
    also_refund = turn.likeliest[0] == "check_refund_status" and not turn.form
    if wish == "state" and also_refund and turn.slot("order_verified"):
        return [FollowupAction("action_refund_status")]  # "when does it come, and is my ticket still open"
    return []


def _named_lately(turn: Turn) -> int | None:
    """The number of the ticket that one of the last two answers named; None when none did."""
    seen = 0
    for event in reversed(turn.tracker.events):
        seen += event.get("event") == "user"
        if seen > _LATELY:
            return None
        named = ticket_in(str(event.get("text") or "")) if event.get("event") == "bot" else None
        if named is not None:
            return named
    return None


def _none(turn: Turn, known: str | None) -> list[Event]:
    if known:
        turn.say("utter_ticket_none_of_order", [turn.choice_of_offer("person")], number=known)
    else:
        turn.say("utter_ticket_none", [turn.choice_of_offer("person")])
    return [SlotSet("offer", "human_handoff")]


def _of_other_chat(turn: Turn, number: int, known: str | None) -> list[Event]:
    """A ticket that is not of this conversation is told to whom its order belongs."""
    with turn.orders() as session:
        found = tickets.of_order(session, known, _MOST) if known else ()
        ticket = next((each for each in found if each.id == number), None)
        if ticket is not None:
            tell_ticket(turn, ticket)
            return []
    name = turn.words.ticket(number)
    if known:
        turn.say("utter_ticket_not_found", [turn.choice_of_offer("person")], ticket=name, number=known)
        return [SlotSet("offer", "human_handoff")]
    turn.say("utter_ticket_other_chat", [turn.choice_of_offer("person")], ticket=name)
    return order_wanted_for("action_answer_question")


def _form_left(turn: Turn) -> list[Event]:
    return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("goal", None)] if turn.form else []


def _read_by(turn: Turn, ticket: Ticket) -> str:
    return turn.words.time(ticket.read_by)


def _drop(turn: Turn, named: int | None) -> list[Event] | None:
    """Close the ticket that is named, or those for a person's work that are no longer wanted; None without any.

    The line for a person is left by other words, unless its ticket is named.
    """
    with turn.orders() as session:
        own = tickets.open_tickets(session, turn.conversation_id)
        found = [each for each in own if each.id == named or (named is None and each.reason in _MAY_BE_DROPPED)]
        if any(each.reason not in (*_MAY_BE_DROPPED, tickets.HANDOFF) for each in found):
            return None  # a refund or a swap is withdrawn by its request
        of_line = any(each.reason == tickets.HANDOFF for each in found)
        for each in found:
            tickets.close(session, each.id)
        numbers = [turn.words.ticket(each.id) for each in found]
    if not numbers:
        return None
    dropped = turn.words.phrase("ticket_dropped", tickets=turn.words.listing(numbers))
    turn.say_text(dropped, "ticket_dropped", leave_line=of_line)
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
