"""The two orders of a double charge that was found: when each was bought, the one given back, a letter for the bank."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.drafts import RefundDraft
from actions.orders.about import facts_of, link_to
from actions.people import Line, case_of
from actions.turn import Event, Turn
from aftercare.orders import ownership, tickets
from aftercare.orders.payments import first_of_duplicate
from aftercare.understanding.double_charge import asks_why_twice, wanted_of_pair
from aftercare.understanding.order_references import order_by_ending

# In the slot `focus`: the numbers of a double charge that was found, the first one first.
PAIR = "pair"


def answer(turn: Turn) -> list[Event] | None:
    """What is wanted of the two orders; None without a double charge, or when another thing is wanted."""
    pair = _pair(turn)
    if pair is None or turn.pressed or turn.called_by_action:
        return None
    wish = wanted_of_pair(turn.text, pair)
    if wish is None:
        return None
    first, second = pair
    with turn.orders() as session:
        known = ownership.verified_orders(session, turn.conversation_id, turn.now)
        if first not in known and second not in known:
            return None
        open_still = first_of_duplicate(session, second) is not None
        if wish == "refund":
            return _refund(turn, second) if open_still or second == order_by_ending(turn.text, pair) else None
        bought = {each: facts_of(turn, session, each) for each in pair}
        times = {each: turn.words.time(facts.bought_at) for each, facts in bought.items()}
        amount = turn.words.money(bought[first].amount_minor, bought[first].currency)
        if wish == "each":
            turn.say("utter_double_each", first=first, second=second, at=times[first], later=times[second])
            return []
        if asks_why_twice(turn.text):
            turn.say("utter_double_why", first=first, second=second, at=times[first], later=times[second])
        if wish == "letter":
            _letter(turn, session, pair, amount)
    return []


def _pair(turn: Turn) -> tuple[str, str] | None:
    numbers: list[str] = list((turn.slot("focus") or {}).get(PAIR) or ())
    return (str(numbers[0]), str(numbers[1])) if len(numbers) == 2 else None


def second_of_pair(turn: Turn, session: Session, number: str) -> str | None:
    """The second charge where money back is wanted for the first one of a double charge: None of any other order."""
    pair = _pair(turn)
    if pair is None or number != pair[0] or turn.entity("order_number") == number:
        return None
    if order_by_ending(turn.text, pair) == number:
        return None
    return pair[1] if first_of_duplicate(session, pair[1]) == pair[0] else None


def _refund(turn: Turn, second: str) -> list[Event] | None:
    if turn.form == "refund_form":
        return []  # it asks for its yes
    draft = RefundDraft(number=second, duplicate=True).as_slot()
    return [SlotSet("goal", "refund"), SlotSet("refund_draft", draft), FollowupAction("refund_form")]


def _letter(turn: Turn, session: Session, pair: tuple[str, str], amount: str) -> None:
    """A colleague writes it; the receipt of the order that is proven is there at once."""
    line = Line.of(turn)
    ticket, _ = case_of(turn, session, line)
    if ticket.conversation_id != turn.conversation_id:
        turn.say("utter_handoff_limit", ticket=turn.words.ticket(ticket.id), read_by=turn.words.time(line.read_by))
        return
    note = turn.words.phrase("double_letter_note", first=pair[0], second=pair[1], amount=amount)
    tickets.add_to_list(session, turn.conversation_id, tickets.HANDOFF, "told", [note, turn.text])
    number = turn.verified_order(session) or pair[0]
    turn.say(
        "utter_double_letter",
        ticket=turn.words.ticket(ticket.id),
        read_by=turn.words.time(line.read_by),
        first=pair[0],
        second=pair[1],
        amount=amount,
        number=number,
        link=link_to(turn, "invoice", number),
        handoff_ticket=ticket.id,
    )
