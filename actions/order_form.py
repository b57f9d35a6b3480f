"""The order form: which order is this about, and is it theirs? Number and e-mail, checked against the database."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions import email_code
from actions.base import AftercareAction
from actions.dialogue.knowledge import tell_first
from actions.history import meaning_of
from actions.marketplaces import asks_number, names_other_shop, tell_theirs
from actions.orders.about import facts_of, plan_name
from actions.orders.named import WANTS_OTHER, named_together, named_unproven, no_other, wants_other, with_owner
from actions.phones import tell_if_useless
from actions.plans.incidents import tell_of_place
from actions.plans.own_plan import tell_outside
from actions.reported_trouble import reported_trouble
from actions.turn import Event, Turn, orders_engine
from aftercare.base.identifiers import normalise_order_number
from aftercare.connectors.order_lookup import bring
from aftercare.orders import ownership
from aftercare.understanding.dictation import dictated_email, dictated_order_number
from aftercare.understanding.email_corrections import corrected_email
from aftercare.understanding.negation import refuses_refund
from aftercare.understanding.order_answers import (
    looks_like_email,
    looks_like_order_number,
    wants_steps_without_order,
)
from aftercare.understanding.promises import promises
from aftercare.understanding.unspecified_fault import is_unspecified

# After so many messages that bring nothing, say how to find the number instead of asking a third time.
PATIENCE = 2
# Of several numbers named at once so many are tried with the e-mail: each counts against the limit of wrong tries.
MOST_TRIED = 2
# Said of an order of another shop.
_THEIRS = ("utter_order_theirs", "utter_order_other_shop", "utter_order_of_marketplace")
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
        code = email_code.typed(turn)
        if code is not None and code.status == "verified":
            email_code.name_orders(turn, code.numbers)
            return [SlotSet("goal", turn.slot_before("goal")), *self._proven(turn)]
        if code is not None:
            return email_code.refused(turn, code, email)
        vague_fault = (turn.intent or "").startswith("report_") and is_unspecified(turn.text)
        refused = str(turn.intent).startswith(("request_", "report_")) and refuses_refund(turn.text)
        if not turn.form_waits and (vague_fault or refused):
            turn.say("utter_which_problem")
            listen = FollowupAction("action_listen")
            return [SlotSet("symptom", None), SlotSet("goal", "diagnose"), SlotSet("requested_slot", None), listen]
        if (turn.reading.has("observe:other_shop") or names_other_shop(turn)) and not turn.names_order:
            return self._bought_elsewhere(turn)
        if turn.slot("goal") == "diagnose" and not turn.names_order and self._is_of_other_shop(turn):
            return self._done(verified=False, goal="diagnose")  # no number of ours is asked for
        choice = turn.entity("order_help") or (None if dictated else self._typed_choice(turn))
        if not turn.form_waits and choice is None and not turn.names_order and turn.was_sent("utter_order_needed"):
            with turn.orders() as session:
                at_hand = ownership.verified_order(session, turn.conversation_id, turn.now)
            if at_hand is None and turn.slot("goal") != "diagnose":
                return self._done(verified=False)  # said already that there is no number: who can find it is told again
        if email_code.wanted(turn, choice, email):
            return email_code.send(turn, email)
        if email_code.missed(turn, choice):
            return email_code.tell_where(turn, email)
        helped = turn.was_sent("utter_order_help") or turn.was_sent("utter_email_alone")
        if choice == "number" and helped and turn.answers_form and turn.slot("requested_slot") == "order_number":
            choice = "skip"  # told already how to find it: help without it rather than the same text again
        if choice == "number" and turn.answers_form and turn.slot("requested_slot") == "email":
            if turn.was_sent("utter_email_help"):
                choice = "skip"
            else:
                turn.say("utter_email_help")
                return [*self._kept(number, None), SlotSet("requested_slot", "email")]
        if choice == "number":
            tell_first(turn)  # "no mail came, no number": the answer, then where the number is
            helps = "utter_email_alone" if turn.entity("email") and not helped else "utter_order_help"
            email_code.help_with_number(turn, helps)
            asking_again = [SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", PATIENCE)]
            return [*self._kept(number, email), *asking_again, SlotSet("goal", turn.slot_before("goal"))]
        with turn.orders() as session:
            known = ownership.verified_orders(session, turn.conversation_id, turn.now)
            another = wants_other(turn)
            if known and number is None and turn.entity("email"):
                number = named_unproven(turn, known)  # of two numbers given together this is the other one's e-mail
            if known and (number in known or (number is None and not another)):
                if number is not None:
                    ownership.choose(session, turn.conversation_id, number)
                return self._proven(turn)
        brings = turn.names_order or bool(dictated)
        if turn.answers_form and turn.reading.has("cancel") and not brings and choice is None:
            turn.say("utter_cancelled")
            return [*self._done(verified=False, goal=None), FollowupAction("action_listen")]
        refuses = turn.answers_form and (turn.reading.has("decline") or turn.intent == "deny")
        if choice == "skip" or (refuses and not brings):
            if known and another:
                return self._without_other(turn, known[0])
            return self._done(verified=False, goal=turn.slot_before("goal"))
        if number and not email and turn.entity("order_number") and self._of_same_buyer(turn, number):
            return self._proven(turn)
        checks = number and email and (brings or not turn.answers_form)  # a pair that failed is not tried again
        events = self._verify(turn, str(number), str(email)) if checks else self._ask(turn, number, email)
        if turn.answers_form and (dictated or (brings and turn.confidence < SURE_OF_A_SWITCH)):
            # what was asked for came, in words that resemble another goal: the goal stays what it was
            return [SlotSet(name, turn.slot_before(name)) for name in ("goal", "symptom")] + events
        return events

    def _given(self, turn: Turn) -> tuple[str | None, str | None]:
        """Number and e-mail, the newest first: a correction in this message beats what was given just before.

        An e-mail address counts with its own message, or soon after it: a proof that has ended cannot be renewed from
        memory.
        """
        if named := named_together(turn):  # the one named first is looked at first
            return normalise_order_number(named[0].number), named[0].email
        number = normalise_order_number(str(turn.entity("order_number") or turn.slot("order_number") or ""))
        email = turn.entity("email") or turn.email_just_given()
        return number, str(email).lower() if email else None

    @staticmethod
    def _dictated(turn: Turn) -> dict[str, str]:
        """Number and e-mail in words or without their NZ, when the form has asked for them.

        Beside an order number "li at example dot com" is an e-mail in any case.
        """
        if not turn.answers_form:
            spoken = dictated_email(turn.text) if turn.entity("order_number") and not turn.entity("email") else None
            return {"email": spoken} if spoken else {}
        before = turn.email_just_given()
        put_right = corrected_email(before, turn.text) if before and not turn.pressed else None
        dictated = {"order_number": dictated_order_number(turn.text), "email": dictated_email(turn.text) or put_right}
        return {name: value for name, value in dictated.items() if value and not turn.entity(name)}

    @staticmethod
    def _of_same_buyer(turn: Turn, number: str) -> bool:
        """Whether the number that this message brings is another order of a buyer who has proven one just now."""
        with turn.orders() as session:
            return ownership.verify_beside(session, turn.conversation_id, number, turn.now, turn.origin)

    def _verify(self, turn: Turn, number: str, email: str) -> list[Event]:
        before = self._named_before(turn, number)
        others = [other for other in dict.fromkeys(map(str, turn.entities("order_number"))) if other != number]
        email_of = {each.number: each.email for each in named_together(turn)}
        bring(orders_engine(), [number])  # one that was typed without its letters, or dictated
        with turn.orders() as session:
            ownership.lock_attempts(session, turn.conversation_id, [number, *before, *others], turn.origin)
            outcome = ownership.verify(session, turn.conversation_id, number, email, turn.now, turn.origin)
            for earlier in before if outcome.status == "refused" else ():
                address = email_of.get(earlier, email)
                found = ownership.verify(session, turn.conversation_id, earlier, address, turn.now, turn.origin)
                if found.status == "verified":  # of several numbers the mail belongs to this one
                    outcome, number = found, earlier
                    break
            if outcome.status == "verified":
                # further orders named in the same message, each with its own address or of the same buyer
                others = [other for other in others if other != number]
                for other in others:
                    address = email_of.get(other, email)
                    ownership.verify(session, turn.conversation_id, other, address, turn.now, turn.origin)
                if others:
                    ownership.choose(session, turn.conversation_id, number)
                self._name_esims(turn, session, number)
                opened = ownership.verified_orders(session, turn.conversation_id, turn.now)
                together = [each for each in email_of if each in opened]
        if outcome.status == "verified" and len(together) > 1:
            email_code.name_orders(turn, (number, *(each for each in together if each != number)))
        if outcome.status == "verified":
            return self._proven(turn)
        if outcome.status == "locked" and outcome.until:
            turn.say("utter_order_locked", until=turn.words.clock(outcome.until))
            listen = FollowupAction("action_listen")  # nothing else can be done about the goal
            return [*self._done(verified=False, goal=None), listen]
        told = dictated_email(turn.text) or corrected_email(turn.email_just_given() or "", turn.text)
        if turn.slot_before("order_number") and not turn.entity("email") and not told:
            # only the number is new and the e-mail may be that of another order: ask for it, do not call it wrong
            turn.say("utter_email_wanted")
            return [*self._kept(number, None), SlotSet("requested_slot", "email"), SlotSet("misunderstandings", 0)]
        email_code.help_with_number(turn, "utter_order_mismatch")
        return [*self._kept(number, email), SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", 0)]

    @staticmethod
    def _name_esims(turn: Turn, session: Session, number: str) -> None:
        """Of an order with several eSIMs: which there are, and which one is looked at."""
        together = ownership.esims_of_order(session, number)
        if len(together) < 2:
            return
        plans = [turn.words.labelled(each, plan_name(turn, facts_of(turn, session, each))) for each in together]
        turn.say_text(
            turn.words.phrase("order_has_several", count=len(together), esims="\n".join(plans), number=number),
            "order_has_several",
        )

    @staticmethod
    def _named_before(turn: Turn, number: str) -> list[str]:
        """Other order numbers of the last message that had any: two orders named at once, the mail told later."""
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                entities = (event.get("parse_data") or {}).get("entities") or ()
                named = [str(each.get("value")) for each in entities if each.get("entity") == "order_number"]
                if named:
                    return [each for each in dict.fromkeys(named) if each != number][:MOST_TRIED]
        return []

    def _ask(self, turn: Turn, number: str | None, email: str | None) -> list[Event]:
        """Ask for what is missing; of a pair that did not match, for the number."""
        asked = "email" if number and not email else "order_number"
        brought_nothing = turn.answers_form and turn.slot("requested_slot") == asked and not turn.names_order
        if turn.resumed_after_question and turn.form_waits:
            turn.say(f"utter_{asked}_again")
            return [*self._kept(number, email), SlotSet("requested_slot", asked)]
        missed = int(turn.slot("misunderstandings") or 0) + 1 if brought_nothing else 0
        if turn.slot("goal") == "diagnose" and turn.is_first and not turn.resumed_after_question:
            tell_of_place(turn)
            tell_outside(turn)
        tell_if_useless(turn)
        tell_first(turn)
        answered = bool(turn.dispatcher.messages)  # "can you find it by my phone number?" brings no order number
        tried = asked == "order_number" and (brought_nothing or not turn.form_waits) and not answered
        if answered and any(promises(str(each.get("body") or "")) for each in turn.dispatcher.messages):
            pass  # it asks for the number, or for what a person finds the order by
        elif tried and looks_like_order_number(turn.text):
            turn.say("utter_order_number_invalid")
        elif brought_nothing and asked == "email" and looks_like_email(turn.text):
            turn.say("utter_email_invalid")
        elif brought_nothing and turn.reading.has("start") and turn.was_sent("utter_order_mismatch"):
            turn.say("utter_order_needed", [turn.choice_of_offer("person")])
        elif brought_nothing and turn.intent == "out_of_scope" and not turn.reading.has("start"):
            turn.say("utter_out_of_scope")
            turn.say(f"utter_{asked}_wanted")
        elif missed >= PATIENCE and turn.was_sent("utter_order_help"):
            return self._done(verified=False)  # told where to find it, and still without: on without an order
        elif brought_nothing and turn.was_sent("utter_order_mismatch") and not turn.was_sent("utter_order_help"):
            email_code.help_with_number(
                turn, "utter_order_help"
            )  # sure of a pair that does not match: where both are to be found
        elif asked == "order_number" and turn.entity("email") and not turn.was_sent("utter_email_alone"):
            email_code.help_with_number(
                turn, "utter_email_alone"
            )  # it does not find an order, and is kept for the number
        elif missed >= PATIENCE or (asked == "order_number" and turn.answers_form and turn.entity("email")):
            email_code.help_with_number(turn, "utter_order_help")
        elif asked == "email" and wants_other(turn):
            turn.say("utter_email_of_other_wanted", number=number)
        else:
            turn.say(f"utter_{asked}_wanted")
        return [*self._kept(number, email), SlotSet("requested_slot", asked), SlotSet("misunderstandings", missed)]

    def _typed_choice(self, turn: Turn) -> str | None:
        """ "I can't find it" and "without it, please", typed instead of chosen."""
        if not turn.form_waits and turn.reading.has("observe:no_order_mail") and not turn.entity("order_number"):
            return "number"  # said before it was asked for
        if not turn.names_order and turn.slot("goal") == "diagnose" and wants_steps_without_order(turn.text):
            return "skip"  # "I don't know the number, just tell me the steps"
        if not turn.answers_form or turn.names_order:
            return None
        if turn.reading.has("decline"):
            return "skip"
        lost = max(map(turn.reading.chance, ("observe:no_order_mail", "dont_know", "step:cannot_find")))
        tells_phone = turn.entity("device") and turn.reading.chance("inform") > lost  # "bought at Apple's, not locked"
        return "number" if lost and not tells_phone else None

    @staticmethod
    def _is_of_other_shop(turn: Turn) -> bool:
        """Whether the order was said to be another shop's, and none of ours was named since."""
        for event in turn.answers_backwards():
            if meaning_of(event) in _THEIRS:
                return True
            if meaning_of(event).startswith("utter_order_number_wanted"):
                return False
        return False

    def _bought_elsewhere(self, turn: Turn) -> list[Event]:
        """An order of another seller: who is responsible; a fault is still looked at, by the general steps.

        Where the seller sells through the shop that is named, its number is asked for.
        """
        if asks_number(turn):
            asked = [SlotSet("requested_slot", "order_number"), SlotSet("misunderstandings", 0)]
            return [*self._kept(None, None), *asked, SlotSet("goal", turn.slot_before("goal") or turn.slot("goal"))]
        if turn.slot_before("goal") == "diagnose" or turn.slot("goal") == "diagnose":
            tell_theirs(turn, "utter_order_other_shop", person=True)
            return self._done(verified=False, goal="diagnose")
        tell_theirs(turn, "utter_order_theirs")
        return [*self._done(verified=False, goal=None), FollowupAction("action_listen")]

    @staticmethod
    def _kept(number: str | None, email: str | None) -> list[Event]:
        return [SlotSet("order_number", number), SlotSet("email", email)]

    def _proven(self, turn: Turn) -> list[Event]:
        """The order is theirs; of a phone that is gone with its eSIM a person decides, and that is offered."""
        with turn.orders() as session:
            at_hand = turn.verified_facts(session)
        kept = {name: value for name, value in (turn.slot("focus") or {}).items() if name != WANTS_OTHER}
        left = [SlotSet("focus", with_owner(turn, at_hand.number, kept))] if at_hand else no_other(turn)
        trouble = reported_trouble(turn) if turn.slot("goal") in ("diagnose", "order_status", None) else None
        if trouble is None or not trouble.phone_gone:
            return [*left, *self._done(verified=True)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
        if facts is None:
            return [*left, *self._done(verified=True)]
        person = [turn.choice_of_offer("person")]
        turn.say("utter_phone_gone_order", person, number=facts.number, plan=plan_name(turn, facts))
        ended = self._done(verified=True, goal=None, symptom=None, offer="human_handoff")
        return [*left, *ended, FollowupAction("action_listen")]

    def _without_other(self, turn: Turn, number: str) -> list[Event]:
        """Another order was wanted and is not proven: the one that is stays the order at hand."""
        turn.say("utter_other_order_needed", number=number)
        return [*no_other(turn), *self._done(verified=True, goal=None), FollowupAction("action_listen")]

    def _done(self, verified: bool, **slots: Any) -> list[Event]:
        """The form's end. What is proven is in the order database; an e-mail stays for a number that is found later.

        `Turn.email_just_given` says how long it counts.
        """
        return [
            SlotSet("order_number", None),
            *([SlotSet("email", None)] if verified else []),
            SlotSet("order_verified", verified),
            SlotSet("misunderstandings", 0),
            *(SlotSet(name, value) for name, value in slots.items()),
            SlotSet("requested_slot", None),
        ]
