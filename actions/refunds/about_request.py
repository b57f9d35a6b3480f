"""What is said right after a request was made or told of: an article about the money, the withdrawal, or its state."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.dialogue import knowledge
from actions.orders.about import facts_of, validity
from actions.orders.qr_code import NOT_USABLE
from actions.refunds import withdrawal
from actions.refunds.status import latest_request_of, tell_date
from actions.turn import Event, Turn
from aftercare.understanding.follow_ups import asks_faster, asks_if_scannable, asks_if_usable, asks_validity
from aftercare.understanding.negation import denies_request, drops_request, takes_request_back

# Articles about requests and their money; of these, the questions that the state itself answers.
OF_REQUESTS = ("refund-", "payment-problems.", "exchange.")
_BY_STATE = frozenset({"refund-requests.status", "refund-requests.asked-twice", "refund-money.how-long"})
# From this confidence on the words alone take a request back.
_TAKES_BACK = 0.8


def about_request(turn: Turn) -> list[Event]:
    """The withdrawal when the request is to be dropped; else what is asked of it, the date after it; else its state."""
    intent, confidence = turn.likeliest
    takes_back = turn.reading.has("undo", "start:withdraw_request")
    if takes_back or drops_request(turn.text) or (intent == "withdraw_request" and confidence >= _TAKES_BACK):
        return [FollowupAction("action_undo")]
    if asks_if_usable(turn.text) and (events := whether_usable(turn)) is not None:
        return events
    found = None if asks_faster(turn.text) else knowledge.best(turn, knowledge.BEFORE_A_MATTER)
    if found is None or found.action or not found.id.startswith(OF_REQUESTS) or found.id in _BY_STATE:
        return [FollowupAction("action_refund_status")]
    events = knowledge.answer(turn, knowledge.BEFORE_A_MATTER) or []
    with turn.orders() as session:
        number = turn.verified_order(session)
        request = latest_request_of(turn, session, number) if number else None
        if request is not None:
            tell_date(turn, session, request)
    return events


def after_withdrawal(turn: Turn) -> list[Event] | None:
    """What is asked of the plan once its request was taken back: the order, not the request; None otherwise."""
    usable_asked, until = asks_if_usable(turn.text) or asks_if_scannable(turn.text), asks_validity(turn.text)
    if turn.pressed or turn.form or turn.called_by_action or not (usable_asked or until):
        return None
    with turn.orders() as session:
        number = turn.verified_order(session)
        request = latest_request_of(turn, session, number) if number else None
        if request is None or request.state != "withdrawn" or str(request.purchase.number) != number:
            return None
    return [FollowupAction("action_plan_start")] if until else whether_usable(turn)


def request_origin(turn: Turn) -> list[Event] | None:
    """When and in which way a request was made that the traveller says not to have made; its withdrawal beside it."""
    if turn.pressed or turn.called_by_action or turn.form == "order_form" or not denies_request(turn.text):
        return None
    with turn.orders() as session:
        number = turn.verified_order(session)
        request = withdrawal.open_here(turn, session, number) if number else None
        if request is None:
            return None
        if takes_request_back(turn.text):
            return [FollowupAction("action_undo")]
        here = request.conversation_id == turn.conversation_id
        way = "request_way_here" if here else "request_way_chat" if request.conversation_id else "request_way_other"
        turn.say(
            "utter_request_origin",
            [turn.choice_of_intent("withdraw_request"), turn.choice_of_offer("person")],
            number=str(request.purchase.number),
            kind=turn.words.word(f"kind_{request.kind}"),
            at=turn.words.time(request.requested_at),
            way=turn.words.phrase(way),
        )
    return [SlotSet("offer", "withdraw_request")]


def request_open(turn: Turn) -> bool:
    """Whether a request of the proven order is open."""
    with turn.orders() as session:
        number = turn.verified_order(session)
        return number is not None and withdrawal.open_here(turn, session, number) is not None


def whether_usable(turn: Turn) -> list[Event] | None:
    """Yes or no by the order, to "can I still use it?"; None without a proven order."""
    with turn.orders() as session:
        number = turn.verified_order(session)
        if number is None:
            return None
        return usable(turn, session, number)


def usable(turn: Turn, session: Session, number: str) -> list[Event]:
    """Yes or no by this order, as it stands in the session."""
    facts = facts_of(turn, session, number)
    request = withdrawal.open_here(turn, session, number)
    if facts.status in NOT_USABLE or facts.profile_state == "deleted":
        state = facts.status if facts.status in NOT_USABLE else "deleted"
        turn.say("utter_usable_no", [turn.choice_of_offer("person")], number=number, state=turn.words.word(state))
        return [SlotSet("offer", "human_handoff")]
    if facts.expired:
        turn.say("utter_usable_ended", number=number, validity=validity(turn, facts))
        return []
    if request is not None and turn.refund_draft.kind == "withdraw":
        turn.say("utter_usable_once_withdrawn", number=number, validity=validity(turn, facts))
        return []
    if request is not None:
        turn.say("utter_usable_but_requested", [turn.choice_of_intent("withdraw_request")], number=number)
        return [SlotSet("offer", "withdraw_request")]
    turn.say("utter_usable_yes", number=number, validity=validity(turn, facts))
    return []
