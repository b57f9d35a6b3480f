"""In the order form: a code by mail for who knows the e-mail of an order but not its number."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.messages import Choice
from actions.orders.about import facts_of, plan_name
from actions.turn import Event, Turn, orders_engine
from aftercare.base.identifiers import normalise_order_number
from aftercare.base.settings import settings
from aftercare.connectors.order_lookup import bring
from aftercare.orders import email_codes, ownership
from aftercare.understanding.order_questions import asks_for_mailed_code

CHOICE = "code"  # the value of the entity `order_help` that asks for a code
# In the slot `focus`: the address is wanted for a code. Whether one was sent, the order database knows.
WANTS_ADDRESS = "code_address"
_MINUTES = int(email_codes.LIVES.total_seconds() // 60)


def offered(turn: Turn) -> list[Choice]:
    """The choice of a code, where mail is sent; none on the way to it."""
    if not settings().mails:
        return []
    return [turn.choice(turn.words.phrase("code_by_mail"), f'/inform{{"order_help": "{CHOICE}"}}')]


def typed(turn: Turn) -> email_codes.CodeResult | None:
    """What came of a code that is all the message says; None when none is open here, or it may be an order's number."""
    code = email_codes.typed_code(turn.text) if settings().mails else None
    if code is None:
        return None
    with turn.orders() as session:
        result = email_codes.use(session, turn.conversation_id, code, turn.now, turn.origin)
    meant_otherwise = result.status == "none" or (
        result.status != "verified" and normalise_order_number(turn.text.strip()) is not None
    )
    return None if meant_otherwise else result


def wanted(turn: Turn, choice: str | None, email: str | None) -> bool:
    """Whether a code is asked for now, or the address has come to which one is to go."""
    if not settings().mails:
        return False
    if choice == CHOICE or (turn.form_waits and asks_for_mailed_code(turn.text)):
        return True
    if email is None or turn.entity("email") is None or turn.entity("order_number"):
        return False
    awaited = bool((turn.slot("focus") or {}).get(WANTS_ADDRESS))
    return awaited or (email != turn.slot_before("email") and _is_open(turn))


def missed(turn: Turn, choice: str | None) -> bool:
    """Whether a mail that cannot be found is rather the one with the code; said once."""
    return choice == "number" and not turn.was_sent("utter_code_missing") and settings().mails and _is_open(turn)


def _is_open(turn: Turn) -> bool:
    with turn.orders() as session:
        return email_codes.is_open(session, turn.conversation_id, turn.now)


def send(turn: Turn, email: str | None) -> list[Event]:
    """Have a code mailed, or ask for the address first; the form goes on waiting."""
    focus = {name: value for name, value in (turn.slot("focus") or {}).items() if name != WANTS_ADDRESS}
    if email is None:
        turn.say("utter_code_email_wanted")
        waits = [SlotSet("requested_slot", "email"), SlotSet("focus", {**focus, WANTS_ADDRESS: True})]
        return [SlotSet("order_number", None), SlotSet("email", None), *waits]
    bring(orders_engine(), emails=[email])
    with turn.orders() as session:
        result = email_codes.ask(session, turn.conversation_id, email, turn.now, turn.origin)
    if result.status == "locked" and result.until:
        turn.say("utter_code_wait", until=turn.words.clock(result.until), minutes=_MINUTES)
    else:
        turn.say("utter_code_sent", minutes=_MINUTES)
    return [*_waiting(email), SlotSet("focus", focus), SlotSet("goal", turn.slot_before("goal"))]


def tell_where(turn: Turn, email: str | None) -> list[Event]:
    """Say what to do when the mail with the code does not come."""
    turn.say("utter_code_missing")
    return [*_waiting(email), SlotSet("goal", turn.slot_before("goal"))]


def help_with_number(turn: Turn, response: str) -> None:
    """Say one of the texts that help without a number, with the choice of a code where mail is sent."""
    turn.say(response, offered(turn))


def refused(turn: Turn, result: email_codes.CodeResult, email: str | None) -> list[Event]:
    """Say why a code opened nothing."""
    if result.status == "locked" and result.until:
        turn.say("utter_order_locked", until=turn.words.clock(result.until))
    else:
        turn.say("utter_code_over" if result.status == "over" else "utter_code_wrong")
    return [*_waiting(email), SlotSet("goal", turn.slot_before("goal"))]


def name_orders(turn: Turn, numbers: tuple[str, ...]) -> None:
    """Make the latest order the one the conversation is about, and tell which there are when there are several."""
    with turn.orders() as session:
        ownership.choose(session, turn.conversation_id, numbers[0])
        if len(numbers) > 1:
            orders = [turn.words.labelled(each, plan_name(turn, facts_of(turn, session, each))) for each in numbers]
            values = {"count": len(numbers), "orders": "\n".join(orders), "number": numbers[0]}
            turn.say_text(turn.words.phrase("orders_opened", **values), "orders_opened")


def _waiting(email: str | None) -> list[Event]:
    asked = [SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", 0)]
    return [SlotSet("order_number", None), SlotSet("email", email), *asked]
