"""The order form: which order is this about, and is it theirs? Number and e-mail, checked against the database."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue.knowledge import tell_first
from actions.turn import Event, Turn
from aftercare.base.identifiers import normalise_order_number
from aftercare.orders import ownership
from aftercare.understanding.dictation import spoken_email, spoken_order_number
from aftercare.understanding.negation import refuses_refund
from aftercare.understanding.order_answers import looks_like_email, looks_like_order_number
from aftercare.understanding.unspecified_fault import is_vague

# After so many messages that bring nothing, say how to find the number instead of asking a third time.
PATIENCE = 2
# How certain the understanding must be of another goal in a message that brings the number or the e-mail.
SURE_OF_A_SWITCH = 0.8


class ValidateOrderForm(AftercareAction):
    """One turn of the order form: takes what the message brings, proves ownership, asks for what is missing."""

    action_name = "validate_order_form"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot`; `order_verified` tells how."""
        number, email = self._given(turn)
        dictated = self._dictated(turn)
        number, email = dictated.get("order_number", number), dictated.get("email", email)
        vague_fault = (turn.intent or "").startswith("report_") and is_vague(turn.text)
        refused = str(turn.intent).startswith(("request_", "report_")) and refuses_refund(turn.text)
        if not turn.form_waits and (vague_fault or refused):
            turn.say("utter_which_problem")
            listen = FollowupAction("action_listen")
            return [SlotSet("symptom", None), SlotSet("goal", "diagnose"), SlotSet("requested_slot", None), listen]
        if turn.reading.has("observe:other_shop") and not turn.names_order:
            return self._bought_elsewhere(turn)
        choice = turn.entity("order_help") or self._typed_choice(turn)
        if choice == "number" and turn.was_told("utter_order_help") and turn.answers_form:
            choice = "skip"  # told already how to find it: help without it rather than the same text again
        if choice == "number":
            turn.say("utter_order_help")
            asking_again = [SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", PATIENCE)]
            return [*self._kept(number, email), *asking_again, SlotSet("goal", turn.slot_before("goal"))]
        with turn.orders() as session:
            known = ownership.verified_orders(session, turn.conversation_id, turn.now)
        if known and (number is None or number in known):
            return self._done(number or known[0], verified=True)
        brings = turn.names_order or bool(dictated)
        if turn.answers_form and turn.reading.has("cancel") and not brings and choice is None:
            turn.say("utter_cancelled")
            return [*self._done(None, verified=False, goal=None), FollowupAction("action_listen")]
        refuses = turn.answers_form and (turn.reading.has("decline") or turn.intent == "deny")
        if choice == "skip" or (refuses and not brings):
            return self._done(None, verified=False, goal=turn.slot_before("goal"))
        checks = number and email and (brings or not turn.answers_form)  # a pair that failed is not tried again
        events = self._verify(turn, str(number), str(email)) if checks else self._ask(turn, number, email)
        if turn.answers_form and (dictated or (brings and turn.confidence < SURE_OF_A_SWITCH)):
            # what was asked for came, in words that resemble another goal: the goal stays what it was
            return [SlotSet(name, turn.slot_before(name)) for name in ("goal", "symptom")] + events
        return events

    def _given(self, turn: Turn) -> tuple[str | None, str | None]:
        """Number and e-mail, the newest first: a correction in this message beats what a slot kept."""
        number = normalise_order_number(str(turn.entity("order_number") or turn.slot("order_number") or ""))
        email = turn.entity("email") or turn.slot("email")
        return number, str(email).lower() if email else None

    @staticmethod
    def _dictated(turn: Turn) -> dict[str, str]:
        """Number and e-mail in words or without their NZ, when the form has asked for them."""
        if not turn.answers_form:
            return {}
        dictated = {"order_number": spoken_order_number(turn.text), "email": spoken_email(turn.text)}
        return {name: value for name, value in dictated.items() if value and not turn.entity(name)}

    def _verify(self, turn: Turn, number: str, email: str) -> list[Event]:
        with turn.orders() as session:
            outcome = ownership.verify(session, turn.conversation_id, number, email, turn.now)
            if outcome.status == "verified":
                # further orders named in the same message, of the same buyer
                for other in dict.fromkeys(map(str, turn.entities("order_number"))):
                    if other != number:
                        ownership.verify(session, turn.conversation_id, other, email, turn.now)
        if outcome.status == "verified":
            return self._done(number, verified=True)
        if outcome.status == "locked" and outcome.until:
            turn.say("utter_order_locked", until=turn.words.clock(outcome.until))
            listen = FollowupAction("action_listen")  # nothing else can be done about the goal
            return [SlotSet("email", None), *self._done(None, verified=False, goal=None), listen]
        if turn.slot_before("order_number") and not turn.entity("email") and not spoken_email(turn.text):
            # only the number is new and the e-mail may be that of another order: ask for it, do not call it wrong
            turn.say("utter_email_wanted")
            return [*self._kept(number, None), SlotSet("requested_slot", "email"), SlotSet("misunderstandings", 0)]
        turn.say("utter_order_mismatch")
        return [*self._kept(number, email), SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", 0)]

    def _ask(self, turn: Turn, number: str | None, email: str | None) -> list[Event]:
        """Ask for what is missing; of a pair that did not match, for the number."""
        asked = "email" if number and not email else "order_number"
        brought_nothing = turn.answers_form and turn.slot("requested_slot") == asked and not turn.names_order
        if turn.resumed_after_question and turn.form_waits:
            turn.say(f"utter_{asked}_again")
            return [*self._kept(number, email), SlotSet("requested_slot", asked)]
        missed = int(turn.slot("misunderstandings") or 0) + 1 if brought_nothing else 0
        tell_first(turn)
        if brought_nothing and asked == "order_number" and looks_like_order_number(turn.text):
            turn.say("utter_order_number_invalid")
        elif brought_nothing and asked == "email" and looks_like_email(turn.text):
            turn.say("utter_email_invalid")
        elif brought_nothing and turn.intent == "out_of_scope":
            turn.say("utter_out_of_scope")
            turn.say(f"utter_{asked}_wanted")
        elif missed >= PATIENCE and turn.was_told("utter_order_help"):
            return self._done(None, verified=False)  # told where to find it, and still without: on without an order
        elif missed >= PATIENCE:
            turn.say("utter_order_help")
        else:
            turn.say(f"utter_{asked}_wanted")
        return [*self._kept(number, email), SlotSet("requested_slot", asked), SlotSet("misunderstandings", missed)]

    def _typed_choice(self, turn: Turn) -> str | None:
        """ "I can't find it" and "without it, please", typed instead of chosen."""
        if not turn.answers_form or turn.names_order:
            return None
        if turn.reading.has("decline"):
            return "skip"
        return "number" if turn.reading.has("observe:no_order_mail", "dont_know", "step:cannot_find") else None

    def _bought_elsewhere(self, turn: Turn) -> list[Event]:
        """An order of another seller: who is responsible; a fault is still looked at, by the general steps."""
        turn.say("utter_order_other_shop", [turn.choice_of_offer("person")])
        if turn.slot_before("goal") == "diagnose" or turn.slot("goal") == "diagnose":
            return self._done(None, verified=False, goal="diagnose")
        return [*self._done(None, verified=False, goal=None), FollowupAction("action_listen")]

    @staticmethod
    def _kept(number: str | None, email: str | None) -> list[Event]:
        return [SlotSet("order_number", number), SlotSet("email", email)]

    def _done(self, number: str | None, verified: bool, **slots: Any) -> list[Event]:
        return [
            SlotSet("order_number", number),
            SlotSet("order_verified", verified),
            SlotSet("misunderstandings", 0),
            *(SlotSet(name, value) for name, value in slots.items()),
            SlotSet("requested_slot", None),
        ]
