"""The refund form: decide by the provider's terms, explain, confirm, request."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.dialogue.shown import plan_pointed_at
from actions.drafts import RefundDraft
from actions.messages import Choice
from actions.orders.about import ticket_for
from actions.refunds import withdrawal
from actions.refunds.wording import alternatives, price_difference, provider_name, rules_text, state_of
from actions.turn import Event, Turn
from aftercare.orders import requests, support_hours
from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.refunds.decide import Kind, RefundDecision, decide
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.tables import RefundRequest
from aftercare.understanding.negation import refuses_refund

MAX_CHOICES = 5
# Money moves on a yes of this probability, not on a guess.
SURE_OF_A_YES = 0.6
_KIND_OF = {"request_refund": "refund", "request_exchange": "exchange", "withdraw_request": "withdraw"}


class ValidateRefundForm(AftercareAction):
    """Decide, explain, confirm, request: a refund or an exchange of the verified order."""

    action_name = "validate_refund_form"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot`."""
        draft = turn.refund_draft
        with turn.orders() as session:
            number = draft.number if draft.duplicate else None
            verified = turn.verified_order(session)
            if verified is None:
                return [SlotSet("order_verified", False), *self._end(), FollowupAction("order_form")]
            if number is None or first_of_duplicate(session, number) != verified:
                number = verified
            running = turn.answers_form
            if running and draft.kind == "withdraw":
                return self._answered_withdrawal(turn, session, number, draft)
            if not turn.form_waits and turn.slot("goal") in ("refund", "exchange") and refuses_refund(turn.text):
                turn.say("utter_which_problem")
                return self._end(goal="diagnose")
            if running and turn.entity("exchange_plan"):
                return self._confirm_exchange(turn, session, number, str(turn.entity("exchange_plan")))
            if turn.form_waits and turn.resumed_after_question and draft.kind:
                return self._ask_again(turn, session, number, draft)
            reading = turn.reading
            if running and draft.plan and reading.has("back"):
                return self._offer_exchange(turn, session, number)
            if running and draft.ready and self._agrees(turn, draft):
                return self._request(turn, session, number, draft)
            other = "request_refund" if draft.kind == "exchange" else "request_exchange"
            changes_kind = reading.has(f"start:{other}") or turn.intent == other
            refuses = reading.has("decline", "cancel", "undo") or turn.intent in ("deny", "withdraw_request")
            if running and refuses and not changes_kind:
                turn.say("utter_refund_not_now")
                return self._end()
            if running and draft.kind == "exchange" and not draft.ready and (plan := plan_pointed_at(turn)):
                return self._confirm_exchange(turn, session, number, plan)
            if running and draft.kind and not changes_kind:
                return self._ask_again(turn, session, number, draft)
            kind = self._wanted(turn, draft)
            if kind == "withdraw":
                return self._offer_withdrawal(turn, session, number)
            if kind == "exchange" and draft.plan:
                return self._confirm_exchange(turn, session, number, draft.plan)
            if kind == "exchange":
                return self._offer_exchange(turn, session, number)
            return self._offer_refund(turn, session, number, draft)

    @staticmethod
    def _wanted(turn: Turn, draft: RefundDraft) -> str:
        """What this is about: a new request, what already waits to be confirmed, or the goal that led here."""
        waits = draft.kind if turn.form_waits else None
        return str(_KIND_OF.get(turn.intent or "") or waits or turn.slot("goal"))

    def _offer_withdrawal(self, turn: Turn, session: Session, number: str) -> list[Event]:
        draft = withdrawal.offer(turn, session, number)
        return self._end() if draft is None else self._wait(draft)

    def _answered_withdrawal(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """ "Cancel" alone may mean the request or the withdrawal, so it is asked once more."""
        if turn.resumed_after_question:
            return self._ask_again(turn, session, number, draft)
        reading = turn.reading
        if self._agrees(turn, draft) or reading.has("undo", "start:withdraw_request"):
            withdrawal.carry_out(turn, session, number, draft)
            return self._end()
        if reading.has("decline") or (turn.pressed and turn.intent == "deny"):
            turn.say("utter_withdraw_kept", number=draft.number)
            return self._end()
        return self._ask_again(turn, session, number, draft)

    @staticmethod
    def _agrees(turn: Turn, draft: RefundDraft) -> bool:
        """A yes that is read as such; of words that also ask or doubt something it is none."""
        if turn.pressed:
            return turn.intent == "affirm"
        reading = turn.reading
        doubts = reading.has("ask", "ask_why", "decline", "cancel", "object", "chat", "unclear")
        return reading.chance("confirm") >= SURE_OF_A_YES and not doubts

    def _ask_again(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """What waits for a yes, in a short line: after a question in between, or a message that is no answer."""
        if draft.kind == "exchange" and not draft.ready:
            choices = self._exchange_choices(turn, session, number)
            talked_about = (turn.slot("focus") or {}).get("plan")
            wanted = [choice for choice in choices if talked_about and f'"{talked_about}"' in choice.payload]
            turn.say("utter_exchange_choose_again", wanted or choices)
        elif draft.kind == "exchange":
            turn.say("utter_exchange_confirm_again", number=number)
        elif draft.kind == "withdraw":
            turn.say("utter_withdraw_confirm_again", number=draft.number)
        else:
            turn.say("utter_refund_confirm_again", number=draft.number or number)
        return self._wait(draft)

    @staticmethod
    def _exchange_choices(turn: Turn, session: Session, number: str) -> list[Choice]:
        return [
            turn.choice(
                turn.words.phrase(
                    "exchange_option",
                    plan=turn.words.pick(option.name_en, option.name_zh),
                    difference=price_difference(turn.words, option),
                ),
                f'/inform{{"exchange_plan": "{option.plan_id}"}}',
            )
            for option in exchange_options(session, number, turn.now)[:MAX_CHOICES]
        ]

    def _end(self, **slots: Any) -> list[Event]:
        return [
            SlotSet("refund_draft", None),
            SlotSet("refund_confirmed", None),
            *(SlotSet(name, value) for name, value in slots.items()),
            SlotSet("requested_slot", None),
        ]

    def _wait(self, draft: RefundDraft) -> list[Event]:
        return [SlotSet("refund_draft", draft.as_slot()), SlotSet("requested_slot", "refund_confirmed")]

    def _decide(self, turn: Turn, session: Session, number: str, kind: Kind) -> tuple[RefundDecision, RefundTerms]:
        loaded = facts_for(session, number, turn.now, fault_reported=turn.fault_reported)
        if loaded is None:
            raise LookupError("order vanished")
        facts, terms = loaded
        return decide(facts, terms, kind), terms

    def _offer_refund(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        if (existing := self._open(session, number)) is not None:
            return self._already(turn, number, existing)
        decision, terms = self._decide(turn, session, number, "refund")
        rules = rules_text(turn, decision, terms)
        amount = turn.words.money(decision.amount_minor, decision.currency)
        arrives = turn.words.day_after(turn.now, decision.arrives_in_days or 0)
        if decision.outcome in ("approved", "partial"):
            paid = turn.words.money(decision.up_to_minor, decision.currency)
            turn.say(
                f"utter_refund_{decision.outcome}",
                number=number,
                amount=amount,
                paid=paid,
                rules=rules,
                arrives_by=arrives,
                paid_to=turn.words.word(decision.paid_to),
            )
            return self._wait(RefundDraft(kind="refund", number=number, ready=True, duplicate=draft.duplicate))
        if decision.outcome == "review":
            turn.say("utter_refund_review", rules=rules, read_by=turn.words.time(support_hours.read_by(turn.now)))
            return self._wait(RefundDraft(kind="refund", number=number, ready=True))
        turn.say("utter_refund_declined", number=number, provider=provider_name(turn, terms), rules=rules)
        turn.say("utter_refund_options", alternatives(turn, decision))
        return self._end(offer="human_handoff")

    def _offer_exchange(self, turn: Turn, session: Session, number: str) -> list[Event]:
        if (existing := self._open(session, number)) is not None:
            return self._already(turn, number, existing)
        decision, terms = self._decide(turn, session, number, "exchange")
        if decision.outcome == "declined":
            turn.say(
                "utter_refund_declined",
                number=number,
                provider=provider_name(turn, terms),
                rules=rules_text(turn, decision, terms),
            )
            turn.say("utter_refund_options", alternatives(turn, decision))
            return self._end(offer="human_handoff")
        choices = self._exchange_choices(turn, session, number)
        if not choices:
            turn.say("utter_exchange_none", number=number)
            return self._end(offer="human_handoff")
        turn.say("utter_exchange_choose", choices, number=number)
        return self._wait(RefundDraft(kind="exchange", number=number))

    def _confirm_exchange(self, turn: Turn, session: Session, number: str, plan_id: str) -> list[Event]:
        option = {o.plan_id: o for o in exchange_options(session, number, turn.now)}.get(plan_id)
        if option is None:
            return self._offer_exchange(turn, session, number)
        name = turn.words.pick(option.name_en, option.name_zh)
        turn.say(
            "utter_exchange_confirm",
            number=number,
            plan=name,
            difference=price_difference(turn.words, option),
        )
        return self._wait(RefundDraft(kind="exchange", number=number, ready=True, plan=plan_id))

    def _request(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        kind: Kind = "exchange" if draft.kind == "exchange" else "refund"
        decision, _ = self._decide(turn, session, number, kind)
        try:
            request, created = requests.open_request(
                session, number, kind, decision, turn.conversation_id, turn.now, draft.plan
            )
        except requests.RequestError:
            # the terms or the order changed since they were shown: show what holds now
            return (
                self._offer_exchange(turn, session, number)
                if kind == "exchange"
                else self._offer_refund(turn, session, number, RefundDraft())
            )
        if not created:
            return self._already(turn, number, request)
        amount = turn.words.money(request.amount_minor, request.currency)
        if request.decision == "review":
            summary = {"rules": request.reasons["rules"], "steps_tried": turn.steps_tried()}
            turn.say("utter_review_sent", **ticket_for(turn, session, number, "refund_review", **summary))
        elif kind == "exchange":
            option = {o.plan_id: o for o in exchange_options(session, number, turn.now)}.get(draft.plan or "")
            plan = turn.words.pick(option.name_en, option.name_zh) if option else draft.plan or ""
            difference = price_difference(turn.words, option) if option else amount
            turn.say(
                "utter_exchange_requested",
                number=number,
                plan=plan,
                request=request.id,
                difference=difference,
            )
        else:
            turn.say(
                "utter_refund_requested",
                number=number,
                amount=amount,
                request=request.id,
                arrives_by=turn.words.day(request.arrives_by or turn.now),
                paid_to=turn.words.word(decision.paid_to),
            )
        return self._end(diagnosis=None, symptom=None)

    def _open(self, session: Session, number: str) -> RefundRequest | None:
        latest = requests.latest_request(session, number)
        return latest if latest is not None and latest.state in ("requested", "approved") else None

    def _already(self, turn: Turn, number: str, request: RefundRequest) -> list[Event]:
        if request.arrives_by is None:  # an exchange, or a refund that a person still looks at
            turn.say(
                "utter_refund_already_open",
                number=number,
                kind=turn.words.word(f"kind_{request.kind}"),
                state=state_of(turn, request),
            )
            return self._end()
        turn.say(
            "utter_refund_already",
            number=number,
            amount=turn.words.money(request.amount_minor, request.currency),
            state=turn.words.word(request.state),
            arrives_by=turn.words.day(request.arrives_by),
        )
        return self._end()
