"""What is asked of a ticket at hand, or added to it: told in words, and noted on it for whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions.dialogue import knowledge
from actions.people import tell_contacts
from actions.turn import Event, Turn
from aftercare.orders import support_hours, tickets
from aftercare.orders.tables import Ticket
from aftercare.understanding.danger import asks_cost
from aftercare.understanding.named_days import named_days
from aftercare.understanding.refund_requests import asks_for_refund
from aftercare.understanding.ticket_talk import TicketWant, adds_to_ticket, reason_named

# Of what stands on a ticket the parts in the traveller's own words.
_OWN_WORDS = ("told", "company_details", "said_since")
_REPEATED = 200
_COST_OF_REPLACEMENT = "change-phone.reissue-cost"
_REISSUE = "reissue"
# Of a refund or a swap its request says when and where.
_MAY_BE_ASKED = (_REISSUE, "invoice", tickets.HANDOFF)


def answer(turn: Turn, wish: TicketWant, meant: Sequence[Ticket]) -> list[Event] | None:
    """What is wanted of the tickets that are meant, beside their state; None when only that is asked."""
    if wish in ("when", "where"):
        meant = [each for each in meant if each.reason in _MAY_BE_ASKED]
        if not meant:
            return None
    ticket = _likeliest(turn, meant)
    if wish == "add" or (wish in ("passed_on", "when") and adds_to_ticket(turn.text)):
        return note(turn, ticket, asked_when=wish == "when")
    if wish == "passed_on" and ticket.conversation_id == turn.conversation_id:
        return _content(turn, ticket)
    if wish == "where":
        turn.say("utter_ticket_where", ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(ticket.read_by))
        return []
    if wish == "when":
        return _when(turn, ticket)
    return None


def repeated(told: Sequence[str]) -> str:
    """What is repeated of it: the last message, and of those before as much as fits."""
    said = told[-1]
    for each in reversed(told[:-1]):
        if len(each) + len(said) > _REPEATED:
            break
        said = f"{each} / {said}"
    return said if len(said) <= _REPEATED else f"{said[:_REPEATED].rstrip()} …"


def meanwhile(turn: Turn, ticket: Ticket) -> list[Event]:
    """How to get online until the new eSIM is there, and the seller's own line where it has one."""
    if asks_for_refund(turn.text) and turn.was_sent("utter_until_reissue") and not turn.form:
        return [SlotSet("goal", "refund"), FollowupAction("refund_form")]
    turn.say("utter_until_reissue", ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(ticket.read_by))
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    if not turn.was_sent("utter_handoff_contacts"):
        tell_contacts(turn, turn.seller_of(facts), everyone=False)
    return []


def _likeliest(turn: Turn, meant: Sequence[Ticket]) -> Ticket:
    """The one that the message is about: an invoice or a new eSIM where it is named, else the newest."""
    reason = reason_named(turn.text)
    return next((each for each in meant if each.reason == reason), meant[0])


def note(turn: Turn, ticket: Ticket, *, asked_when: bool = False) -> list[Event] | None:
    """Add what is said to the ticket, and say so; a day by which it is needed as well."""
    with turn.orders() as session:
        tickets.add_note(session, ticket.id, turn.text)
    turn.say(
        "utter_ticket_added",
        ticket=turn.words.ticket(ticket.id),
        said=repeated([turn.text]),
        read_by=turn.words.time(ticket.read_by),
    )
    return _before_day(turn, ticket) if asked_when else []


def _content(turn: Turn, ticket: Ticket) -> list[Event]:
    """What of the traveller's own words stands on the ticket; the whole chat is attached in any case."""
    parts = [str(each) for name in _OWN_WORDS for each in ticket.summary.get(name) or ()]
    order = ticket.summary.get("order")
    said = repeated([*([str(order)] if order else []), *parts]) if parts or order else ""
    name = "utter_ticket_content" if said else "utter_ticket_content_chat"
    turn.say(name, said=said, ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(ticket.read_by))
    return []


def _when(turn: Turn, ticket: Ticket) -> list[Event] | None:
    """By when it is read, against a day that is named; of a new eSIM also what it costs, where that is asked."""
    if ticket.state != "open" or ticket.read_by < turn.now:
        return _before_day(turn, ticket, told=False)
    if ticket.reason == tickets.HANDOFF and not named_days(turn.text, turn.now.date()):
        return [FollowupAction("action_support_hours")]  # the place in the line
    name = "utter_ticket_when" if turn.was_sent("utter_ticket_open") else "utter_ticket_open"
    turn.say(name, ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(ticket.read_by))
    if ticket.reason == _REISSUE and asks_cost(turn.text):
        knowledge.tell(turn, _COST_OF_REPLACEMENT)
    return _before_day(turn, ticket)


def _before_day(turn: Turn, ticket: Ticket, *, told: bool = True) -> list[Event] | None:
    """A day by which it is needed is noted, and compared with when it is read."""
    today = turn.now.astimezone(support_hours.timezone()).date()
    days = named_days(turn.text, today)
    if days:
        with turn.orders() as session:
            tickets.add_note(session, ticket.id, turn.text)
        early = ticket.read_by.astimezone(support_hours.timezone()).date() < days[0]
        turn.say("utter_ticket_day_noted" if early else "utter_ticket_day_close")
    return [] if told or days else None
