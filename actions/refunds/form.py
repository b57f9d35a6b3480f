"""The refund form: decide by the provider's terms, explain, confirm, request."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.dialogue.double_charge import second_of_pair
from actions.dialogue.other_order import other_with_matter
from actions.dialogue.subjects import OF_THE_ORDER
from actions.drafts import RefundDraft
from actions.history import meaning_of
from actions.marketplaces import refunds_elsewhere
from actions.orders.about import ticket_for
from actions.plans.needs import keep_trip_messages
from actions.refunds import withdrawal
from actions.refunds.after_yes import answer_rest
from actions.refunds.argued import argued
from actions.refunds.exchange_choices import (
    exchange_choices,
    option_of,
    plans_requested,
    talked_about,
    wants_another,
)
from actions.refunds.exchange_form import ExchangeSteps
from actions.refunds.exchange_payment import asked_to_pay
from actions.refunds.view import view_of
from actions.refunds.wording import (
    alternatives,
    payout_text,
    price_difference,
    provider_name,
    rules_text,
    state_of,
)
from actions.turn import Event, Turn
from aftercare.orders import requests, support_hours
from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.refunds.decide import Kind, RefundDecision
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.tables import RefundRequest
from aftercare.understanding.commands import PHONE_CANNOT
from aftercare.understanding.negation import drops_request, refuses_refund
from aftercare.understanding.order_questions import asks_to_install, goes_back, tries_again
from aftercare.understanding.refund_topics import wants_back
from aftercare.understanding.yes_no import after_yes

# Money moves on a yes of this probability, not on a guess.
SURE_OF_A_YES = 0.6
# Against words that resemble a no, only on one of this probability.
SURE_WHATEVER_ELSE = 0.85
_SPEAKS_AGAINST, _AGAINST = ("cancel", "deny", "start_over", "complain"), 0.4
_KIND_OF = {"request_refund": "refund", "request_exchange": "exchange", "withdraw_request": "withdraw"}


def _was_sent_of(turn: Turn, response: str, number: str) -> bool:
    """Whether this order was told this before, as far back as Rasa remembers it."""
    return any(
        meaning_of(message) == response and number in str(message.get("text")) for message in turn.answers_backwards()
    )


class ValidateRefundForm(ExchangeSteps):
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
                return [SlotSet("order_verified", False), *self.ended(), FollowupAction("order_form")]
            if number is None or first_of_duplicate(session, number) != verified:
                number = verified
            if not draft.kind and (second := second_of_pair(turn, session, number)):
                number, draft = second, RefundDraft(number=second, duplicate=True)
            running = turn.answers_form
            if running and draft.kind == "withdraw":
                return self._answered_withdrawal(turn, session, number, draft)
            if not turn.form_waits and turn.slot("goal") in ("refund", "exchange") and refuses_refund(turn.text):
                turn.say("utter_which_problem")
                return self.ended(goal="diagnose")
            if running and turn.entity("exchange_plan"):
                return self.ask_to_exchange(turn, session, number, str(turn.entity("exchange_plan")))
            chooses = draft.kind == "exchange" and turn.reading.chance("choose") >= SURE_OF_A_YES
            if (
                turn.form_waits
                and chooses
                and not draft.ready
                and (found := self.pointed_at(turn, session, number, draft))
            ):
                return found  # also beside a question, which was answered
            if turn.form_waits and turn.resumed_after_question and draft.kind:
                return self._ask_again(turn, session, number, draft)
            reading = turn.reading
            if running and draft.plan and reading.has("back"):
                return self._offer_exchange(turn, session, number)
            if running and draft.kind == "exchange" and (found := self.pointed_at(turn, session, number, draft)):
                return found
            if running and draft.ready and self._agrees(turn, draft):
                return [*self._request(turn, session, number, draft), *answer_rest(turn, session, number, draft.kind)]
            other = "request_refund" if draft.kind == "exchange" else "request_exchange"
            changes_kind = reading.has(f"start:{other}") or turn.intent == other
            corrects = draft.kind == "exchange" and reading.has("correct") and not reading.has("decline", "cancel")
            refuses = reading.has("decline", "cancel", "undo") or turn.intent in ("deny", "withdraw_request")
            if running and corrects and not changes_kind:  # "no, I meant the other": which one is asked
                turn.say("utter_exchange_choose_again", exchange_choices(turn, session, number))
                return [
                    keep_trip_messages(turn, plan=None),
                    *self.keep_open(RefundDraft(kind="exchange", number=number)),
                ]
            if running and refuses and not changes_kind:
                return self._not_now(turn, session, number, draft)
            if (
                running
                and draft.kind == "exchange"
                and not draft.ready
                and (found := self.named(turn, session, number))
            ):
                return found
            if running and draft.kind and not changes_kind:
                return self._ask_again(turn, session, number, draft)
            kind = self._wanted(turn, draft)
            if kind == "withdraw":
                return self._offer_withdrawal(turn, session, number)
            if refunds_elsewhere(turn, session, number):
                return self.ended()
            if kind == "exchange" and draft.plan:
                return self.ask_to_exchange(turn, session, number, draft.plan)
            if kind == "exchange":
                return self._offer_exchange(turn, session, number)
            return self._offer_refund(turn, session, number, draft)

    def _not_now(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """Nothing is requested; another plan is shown when only this one is refused, and a matter left is taken up."""
        if draft.kind == "exchange" and draft.plan and wants_another(turn):
            rest = exchange_choices(turn, session, number, but=draft.plan)
            if rest:
                turn.say("utter_exchange_choose_again", rest)
                return [
                    keep_trip_messages(turn, plan=None),
                    *self.keep_open(RefundDraft(kind="exchange", number=number)),
                ]
        turn.say("utter_refund_not_now")
        back = turn.likeliest[0].startswith("report_") or turn.reading.has("back", "resume", "switch_order")
        back = back or goes_back(turn.text)
        if back and other_with_matter(turn, number):
            return [*self.ended(), FollowupAction("action_other_order")]
        if back and turn.diagnosis_open:
            return [*self.ended(goal="diagnose"), FollowupAction("diagnosis_form")]
        wished, confidence = turn.likeliest
        if turn.answers_form and confidence >= SURE_WHATEVER_ELSE and (action := OF_THE_ORDER.get(wished)):
            return [*self.ended(goal=None), FollowupAction(action)]  # "no, add data"
        if tries_again(turn.text) and turn.diagnosis_open:
            return [*self.ended(goal="diagnose"), FollowupAction("action_resume")]
        return self.ended()

    @staticmethod
    def _wanted(turn: Turn, draft: RefundDraft) -> str:
        """What this is about: a new request, what already waits to be confirmed, or the goal that led here."""
        waits = draft.kind if turn.form_waits else None
        return str(_KIND_OF.get(turn.intent or "") or waits or turn.slot("goal"))

    def _offer_withdrawal(self, turn: Turn, session: Session, number: str) -> list[Event]:
        draft = withdrawal.offer(turn, session, number)
        if draft is None and asks_to_install(turn.text):  # "it's withdrawn, how do I install it now"
            return [*self.ended(goal=None), FollowupAction("action_how_to_install")]
        return self.ended() if draft is None else self.keep_open(draft)

    def _answered_withdrawal(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """ "Cancel" alone may mean the request or the withdrawal, so it is asked once more."""
        if turn.resumed_after_question:
            return self._ask_again(turn, session, number, draft)
        reading = turn.reading
        again = f"start:request_{draft.then}" if draft.then else "start:withdraw_request"
        if self._agrees(turn, draft) or reading.has("undo", "start:withdraw_request", again):
            withdrawn = withdrawal.carry_out(turn, session, number, draft)
            if not withdrawn or draft.then is None:
                return [*self.ended(), *(answer_rest(turn, session, number, draft.kind) if withdrawn else ())]
            offer = self._offer_exchange if draft.then == "exchange" else self._offer_refund
            return [SlotSet("goal", draft.then), *offer(turn, session, number)]
        if reading.has("decline") or (turn.pressed and turn.intent == "deny"):
            turn.say("utter_withdraw_kept", number=draft.number)
            return self.ended()
        return self._ask_again(turn, session, number, draft)

    @staticmethod
    def _agrees(turn: Turn, draft: RefundDraft) -> bool:
        """A yes that is read as such; of words that also ask or doubt something it is none."""
        if turn.pressed:
            return turn.intent == "affirm"
        if after_yes(turn.text, of_money=draft.kind != "withdraw"):
            return True  # what follows the yes is read apart from it
        reading = turn.reading
        doubts = reading.has("ask", "ask_why", "decline", "cancel", "object", "chat", "unclear")
        chance, (intent, confidence) = reading.chance("confirm"), turn.likeliest
        against = intent in _SPEAKS_AGAINST and confidence >= _AGAINST and draft.kind != "withdraw"
        if against and chance < SURE_WHATEVER_ELSE:
            return False  # "and if I change my mind"
        return chance >= SURE_OF_A_YES and not doubts

    def _ask_again(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """What waits for a yes, in a short line: after a question in between, or a message that is no answer."""
        if draft.kind == "exchange":
            option = option_of(turn, session, number, talked_about(turn, session, number, draft))
            if option is None:
                turn.say("utter_exchange_choose_again", exchange_choices(turn, session, number))
                return self.keep_open(RefundDraft(kind="exchange", number=number))
            plan = turn.words.pick(option.name_en, option.name_zh)
            difference = price_difference(turn.words, option)
            turn.say("utter_exchange_confirm_again", number=number, plan=plan, difference=difference)
            return self.keep_open(RefundDraft(kind="exchange", number=number, ready=True, plan=option.plan_id))
        if found := [fact for fact in PHONE_CANNOT if turn.reading.has(f"observe:{fact}")]:
            turn.say("utter_noted_then", fact=turn.words.phrase(f"fact_{found[0]}"))
        if draft.kind == "withdraw":
            turn.say("utter_withdraw_confirm_again", number=draft.number)
        else:
            turn.say("utter_refund_confirm_again", number=draft.number or number)
        return self.keep_open(draft)

    def _decide(self, turn: Turn, session: Session, number: str, kind: Kind) -> tuple[RefundDecision, RefundTerms]:
        view = view_of(turn, session, number, kind)
        if view is None:
            raise LookupError("order vanished")
        return view.decision, view.terms

    def _offer_refund(self, turn: Turn, session: Session, number: str, draft: RefundDraft | None = None) -> list[Event]:
        draft = draft or RefundDraft()
        if (existing := self._open(session, number)) is not None:
            if existing.kind == "exchange":
                return self._instead_of(turn, number, existing, "refund")
            if drops_request(turn.text):  # in words that name the refund to be rid of it
                return self._offer_withdrawal(turn, session, number)
            return self._already(turn, session, number, existing)
        decision, terms = self._decide(turn, session, number, "refund")
        rules = rules_text(turn, decision, terms)
        amount = turn.words.money(decision.amount_minor, decision.currency)
        arrives = turn.now + timedelta(days=decision.arrives_in_days or 0)
        if decision.outcome in ("approved", "partial"):
            paid = turn.words.money(decision.up_to_minor, decision.currency)
            turn.say(
                f"utter_refund_{decision.outcome}",
                number=number,
                amount=amount,
                paid=paid,
                rules=rules,
                payout=payout_text(turn, session, number, decision.paid_to, arrives),
            )
            return self.keep_open(RefundDraft(kind="refund", number=number, ready=True, duplicate=draft.duplicate))
        if decision.outcome == "review":
            turn.say("utter_refund_review", rules=rules, read_by=turn.words.time(support_hours.read_by(turn.now)))
            return self.keep_open(RefundDraft(kind="refund", number=number, ready=True))
        return self._decline(turn, number, decision, terms)

    def _decline(self, turn: Turn, number: str, decision: RefundDecision, terms: RefundTerms) -> list[Event]:
        """What stands in the way of a refund or an exchange, and what is possible; asked again, the law."""
        if _was_sent_of(turn, f"utter_{decision.kind}_declined", number):
            if (answered := argued(turn)) is not None:
                return [*self.ended(), *answered]
            turn.say("utter_refund_law", [turn.choice_of_offer("person")], provider=provider_name(turn, terms))
            return self.ended(offer="human_handoff")
        turn.say(
            f"utter_{decision.kind}_declined",
            number=number,
            provider=provider_name(turn, terms),
            rules=rules_text(turn, decision, terms),
        )
        turn.say("utter_refund_options", alternatives(turn, decision))
        return self.ended(offer="human_handoff")

    def _instead_of(self, turn: Turn, number: str, existing: RefundRequest, kind: Kind) -> list[Event]:
        """A swap is wanted while a refund runs, or the other way round: one yes withdraws it and goes on."""
        turn.say(f"utter_withdraw_for_{kind}", number=number)
        return self.keep_open(
            RefundDraft(kind="withdraw", number=number, request=int(existing.id), ready=True, then=kind)
        )

    def _offer_exchange(self, turn: Turn, session: Session, number: str) -> list[Event]:
        if (existing := self._open(session, number)) is not None:
            if existing.kind == "refund":
                return self._instead_of(turn, number, existing, "exchange")
            if drops_request(turn.text) or wants_back(turn.text):
                return self._offer_withdrawal(turn, session, number)
            return self._already(turn, session, number, existing)
        decision, terms = self._decide(turn, session, number, "exchange")
        if decision.outcome == "declined":
            return self._decline(turn, number, decision, terms)
        wanted = plans_requested(turn, session, number) if not turn.answers_form else []
        if len(wanted) == 1:
            return self.ask_to_exchange(turn, session, number, wanted[0])
        choices = exchange_choices(turn, session, number, wanted)
        if not choices:
            turn.say("utter_exchange_none", number=number)
            return self.ended(offer="human_handoff")
        turn.say("utter_exchange_choose", choices, number=number)
        return [keep_trip_messages(turn, plan=None), *self.keep_open(RefundDraft(kind="exchange", number=number))]

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
                else self._offer_refund(turn, session, number)
            )
        if not created:
            return self._already(turn, session, number, request)
        amount = turn.words.money(request.amount_minor, request.currency)
        if request.decision == "review":
            summary = {"rules": request.reasons["rules"], "steps_tried": turn.steps_tried()}
            turn.say("utter_review_sent", **ticket_for(turn, session, number, "refund_review", **summary))
        elif kind == "exchange" and asked_to_pay(turn, session, request):
            pass
        elif kind == "exchange":
            option = {o.plan_id: o for o in exchange_options(session, number, turn.now)}.get(draft.plan or "")
            plan = turn.words.pick(option.name_en, option.name_zh) if option else draft.plan or ""
            difference = price_difference(turn.words, option) if option else amount
            opened = ticket_for(turn, session, number, "exchange", plan=draft.plan, difference=difference)
            turn.say(
                "utter_exchange_requested",
                number=number,
                plan=plan,
                request=request.id,
                difference=difference,
                read_by=opened["read_by"],
            )
        else:
            turn.say(
                "utter_refund_requested",
                number=number,
                amount=amount,
                request=request.id,
                payout=payout_text(turn, session, number, decision.paid_to, request.arrives_by or turn.now),
            )
        return self.ended(diagnosis=None, symptom=None)

    def _open(self, session: Session, number: str) -> RefundRequest | None:
        latest = requests.latest_request(session, number)
        return latest if latest is not None and latest.state in ("requested", "approved") else None

    def _already(self, turn: Turn, session: Session, number: str, request: RefundRequest) -> list[Event]:
        if asked_to_pay(turn, session, request, "utter_exchange_pay_open"):
            return self.ended()
        if request.arrives_by is None:  # an exchange, or a refund that a person still looks at
            turn.say(
                "utter_refund_already_open",
                number=number,
                kind=turn.words.word(f"kind_{request.kind}"),
                state=state_of(turn, session, request),
            )
            return self.ended()
        turn.say(
            "utter_refund_already",
            number=number,
            amount=turn.words.money(request.amount_minor, request.currency),
            state=state_of(turn, session, request),
            arrives_by=turn.words.day(request.arrives_by),
        )
        return self.ended()
