"""Details that we asked for and promised to pass on: they go to a person with this message, whatever they resemble."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.dialogue.own_ticket import repeated
from actions.history import meaning_of
from actions.people import Line, brought_order, case_of, tell_contacts
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.understanding.promises import HELD, promises
from aftercare.understanding.ticket_talk import takes_promise_up

_PASSED_ON = "utter_passed_on"
_LEAST = 4


def answer(turn: Turn) -> list[Event] | None:
    """Pass on what a message tells after we promised that; None when it tells nothing of the kind."""
    if turn.pressed or turn.called_by_action:
        return None
    told = _details_of_promise(turn)
    if told is None:
        return None
    line = Line.of(turn)
    with turn.orders() as session:
        brought = brought_order(turn, session)
        ticket, created = case_of(turn, session, line)
        own = ticket.conversation_id == turn.conversation_id
        if own:
            tickets.add_to_list(session, turn.conversation_id, tickets.HANDOFF, "told", told)
        identifier, facts = ticket.id, turn.verified_facts(session)
    turn.say(
        _PASSED_ON if own else "utter_handoff_limit",
        ticket=turn.words.ticket(identifier),
        details=repeated(told),
        read_by=turn.words.time(line.read_by),
        handoff_ticket=identifier if own else None,
    )
    if created:
        tell_contacts(turn, turn.seller_of(facts), everyone=False)
    left = [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.form == "order_form" else []
    ended = [*left, SlotSet("offer", None), SlotSet("misunderstandings", 0)]
    return [*brought, *ended, FollowupAction("action_listen")]


def _details_of_promise(turn: Turn) -> list[str] | None:
    """The messages from the one that the promise answered on; None when the last one does not take it up."""
    told: list[str] = []
    promise, since, count = None, 0, 0
    for event in reversed(turn.tracker.events):
        kind, text = event.get("event"), str(event.get("text") or "")
        if kind == "user":
            count += 1
            if promise is None and count > HELD:
                return None
            if not text.startswith("/") and len(text.strip()) >= _LEAST:
                told.insert(0, text.strip())
            if promise is not None:
                break
        elif kind == "bot" and promise is None:
            if meaning_of(event) == _PASSED_ON:
                return None
            if promises(text):
                promise, since = text, count
    return told if promise is not None and takes_promise_up(turn.text, promise, since, turn.brings) else None
