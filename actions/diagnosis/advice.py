"""Says what the playbooks advise: in full, as a reminder, in other words; and what is kept with it."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.diagnosis.situation import record_end, situation_of
from actions.diagnosis.waiting import last_of
from actions.dialogue.own_ticket import meanwhile, note
from actions.messages import Choice
from actions.offers import INTENT_OF
from actions.orders.qr_code import show_qr
from actions.orders.reissue import reissue
from actions.plans.incidents import answered_this_turn
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.orders.tables import Ticket
from aftercare.troubleshooting.player import answer, explain, pending, remind, was_left
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.follow_ups import asks_how_long

# After so many messages that were not understood, a person is offered beside whatever comes next.
OFFER_PERSON_AFTER = 3
# The choice beside a reminder that has the step told in full again.
SHOW = "show"


def choices_of(turn: Turn, advice: Advice) -> list[Choice]:
    """The buttons of an advice: its outcomes, then what is offered beside it."""
    outcomes = [
        turn.choice(choice.text[turn.language], f'/inform{{"step_outcome": "{choice.outcome}"}}')
        for choice in advice.choices
    ]
    return outcomes + [turn.choice_of_offer(offer) for offer in advice.offers if offer in INTENT_OF]


def keep_waiting() -> list[Event]:
    """What waits stays as it is."""
    # Rasa takes a form that sets none of its slots for one that refuses the message
    return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]


def give(turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
    """Say the advice; the events that keep it."""
    return [*_say(turn, advice, state), *_events(turn, advice, state)]


def remind_of(turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
    """Come back to what waits in a short line; a step is told in full only when asked for."""
    advice = remind(kept, situation)
    is_step = advice.kind == "step"
    if is_step and (turn.reading.has("resume") or turn.ran("action_resume")):  # "where were we?"
        return show(turn, kept, situation)
    name = f"remind.{advice.id}"
    if turn.was_sent(name) and not is_step:
        advice = explain(kept, situation, 1)
        name = f"explain.{advice.id}"
    choices = choices_of(turn, advice)
    if is_step:
        choices.append(turn.choice(turn.words.phrase("show_step"), f'/inform{{"step_outcome": "{SHOW}"}}'))
    if turn.was_sent(name):
        turn.say("utter_did_it_work", choices, remind=True)
    else:
        turn.say_text(advice.text[turn.language], name, choices, remind=True)
    return keep_waiting()


def show(turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
    """What waits in full: in other words, then as it was told first."""
    advice = explain(kept, situation, 1)
    name = f"explain.{advice.id}"
    if turn.was_sent(name):
        advice = pending(kept, situation)
        name = advice.id
    turn.say_text(advice.text[turn.language], name, choices_of(turn, advice), remind=True)
    return keep_waiting()


def explain_again(turn: Turn, before: PlayerState, situation: Situation) -> list[Event]:
    """What waits, explained differently; after several turns a person is offered beside it."""
    after_answer = answer(before, situation, "unclear")
    if after_answer[1] != before:  # the situation now answers the question: a phone or symptom was named
        return give(turn, *after_answer)
    missed = int(turn.slot("misunderstandings") or 0) + 1
    advice = explain(before, situation, missed)
    turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
    return [*keep_waiting(), SlotSet("misunderstandings", missed)]


def for_named_phone(turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
    """The step that waits in the words of the phone just named, unless that phone ends it."""
    advice, after = answer(kept, situation, "unclear")
    if after == kept:
        after = {**kept, "general": False}
        advice = pending(after, situation)
    if advice.id == kept["current"] and turn.text_was_sent(advice.text[turn.language]):
        return remind_of(turn, after, situation)
    return give(turn, advice, after)


def _say(turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
    events: list[Event] = []
    shown = False
    piece: Advice | None = advice
    while piece is not None:
        if piece.id == "finding.incident" and piece.then is not None and answered_this_turn(turn):
            piece = piece.then  # of the place named it was told just now
            continue
        known = piece.then is not None and turn.diagnosis is not None and piece.id in turn.diagnosis.done
        sent_before = known or turn.text_was_sent(piece.text[turn.language])
        wanted_again = piece.then is None and asks_how_long(turn.text)  # the finding says until when
        if piece.kind == "finding" and "reissue" in piece.offers and (waits := _reissue_asked_before(turn)):
            # the new eSIM is asked for: what helps until it is there, or what the phone shows against the record
            (note if turn.answered_last("utter_record_check") else meanwhile)(turn, waits)
            piece = piece.then
            continue
        if piece.kind == "finding" and sent_before and not wanted_again:
            if piece.then is None:  # told already: what can be done about it
                offers = [offer for offer in ("refund", "exchange", "person") if offer in piece.offers]
                turn.say("utter_ways_out", [turn.choice_of_offer(each) for each in offers or ["person"]])
            piece = piece.then
            continue
        if piece.kind == "solved":
            turn.say("utter_solved")
        else:
            _say_piece(turn, piece, state, sent_before=sent_before)
        with turn.orders() as session:
            number = turn.verified_order(session)
            if number and "show_qr" in piece.offers and not shown:
                shown = True
                events += show_qr(turn, session, number, ask_again=False)
            if number and "reissue" in piece.offers:
                reissue(turn, session, number, "utter_reissue_ticket", finding=piece.id)
        piece = piece.then
    return events


def _reissue_asked_before(turn: Turn) -> Ticket | None:
    """The ticket by which a new eSIM was asked for before this message; None without one."""
    with turn.orders() as session:
        found = tickets.open_tickets(session, turn.conversation_id)
        waits = next((each for each in found if each.reason == "reissue" and each.created_at < turn.now), None)
        if waits is not None:
            session.expunge(waits)
        return waits


def _say_piece(turn: Turn, piece: Advice, state: PlayerState, *, sent_before: bool) -> None:
    """One thing with its choices; the desk asks about a step that stays without an answer."""
    words = piece.text[turn.language]
    # the same step for another order, or come back to: in other words
    again = sent_before or was_left(state)
    if again and piece.then is None and piece.kind in ("step", "question"):
        words = explain(state, situation_of(turn), 1).text[turn.language]
    shown_choices = choices_of(turn, piece)
    lost = int(turn.slot("misunderstandings") or 0) >= OFFER_PERSON_AFTER - 1
    if lost and piece.kind == "step" and "person" not in piece.offers:
        shown_choices.append(turn.choice_of_offer("person"))
    turn.say_text(words, piece.id, shown_choices, remind=piece.kind == "step")


def _events(turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
    last = last_of(advice)
    waits = last.awaits_answer
    if state["current"] in ("solved", "exhausted"):
        record_end(turn, state)
    passed_on = "reissue" in last.offers and bool(turn.slot("order_verified"))  # a nod to it asks for nothing more
    offers = [] if passed_on else [offer for offer in last.offers if offer in INTENT_OF]
    return [
        SlotSet("steps_tried", turn.steps_tried()),
        SlotSet("step_outcome", None),
        SlotSet("diagnosis", state),
        *([SlotSet("error_message", None), SlotSet("observed", None)] if state["current"] == "solved" else []),
        SlotSet("offer", INTENT_OF[offers[0]] if offers and not waits else None),
        SlotSet("requested_slot", "step_outcome" if waits else None),
    ]
