"""What was charged for an order, and its invoice."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.dialogue.about_case import tell_ticket
from actions.dialogue.double_charge import PAIR
from actions.drafts import RefundDraft
from actions.orders.about import facts_of, link_to, plan_name, ticket_for
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.orders import ownership, tickets
from aftercare.orders.payments import duplicate_charge, first_of_duplicate, returned_duplicate
from aftercare.orders.tables import Ticket
from aftercare.understanding.invoice_requests import asks_currency, asks_for_pdf, gives_company, names_company
from aftercare.understanding.order_questions import means_all


class ActionPaymentIssue(OrderAction):
    """Charged twice, not at all, or wrongly."""

    action_name = "action_payment_issue"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """A second charge goes straight to its refund."""
        facts = facts_of(turn, session, number)
        amount = turn.words.money(facts.amount_minor, facts.currency)
        other = duplicate_charge(session, number)
        if other is not None:
            second = number if first_of_duplicate(session, number) else str(other.number)
            turn.say("utter_duplicate_found", number=number, other=str(other.number), amount=amount)
            draft = RefundDraft(number=second, duplicate=True).as_slot()
            pair = [number if second != number else str(other.number), second]
            focus = SlotSet("focus", {**(turn.slot("focus") or {}), PAIR: pair})
            return [focus, SlotSet("goal", "refund"), SlotSet("refund_draft", draft), FollowupAction("refund_form")]
        if (returned := returned_duplicate(session, number)) is not None:  # it is being given back already
            focus = SlotSet("focus", {**(turn.slot("focus") or {}), PAIR: [number, returned]})
            return [focus, FollowupAction("action_refund_status")]
        if facts.status == "payment_failed":
            turn.say("utter_payment_failed", number=number)
        else:
            turn.say("utter_payment_single", number=number, amount=amount, bought_at=turn.words.day(facts.bought_at))
        if facts.status == "paid" and not facts.delivered:
            turn.say("utter_qr_not_delivered", due=turn.words.time(facts.delivery_due_at))
        return [SlotSet("offer", "human_handoff")]


class ActionInvoice(OrderAction):
    """The invoice at once; a person writes one with a company's name."""

    action_name = "action_invoice"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """A link to the PDF, and a ticket when a company's name is wanted on it; what the name is goes with it."""
        shown = turn.did(self.action_name) and turn.intent != "ask_invoice"
        if shown and gives_company(turn.text):
            self._pass_on(turn, session, number, [turn.text])
            self._tell_currency(turn, session, number)
            return []
        if turn.did(self.action_name) and self._tell_currency(turn, session, number):
            return []
        if (
            turn.did(self.action_name)
            and not asks_for_pdf(turn.text)
            and (ticket := self._written_by_hand(turn, session, number)) is not None
        ):
            tickets.add_to_list(session, turn.conversation_id, "invoice", "said_since", [turn.text])
            tell_ticket(turn, ticket)  # "my boss needs it on Thursday": not the same PDF once more
            return []
        facts = facts_of(turn, session, number)
        if facts.status == "payment_failed":
            turn.say("utter_payment_failed", number=number)
            return [SlotSet("offer", "human_handoff")]
        if turn.entity("invoice_for") == "company":
            turn.say("utter_invoice_company", **ticket_for(turn, session, number, "invoice", company=True))
            return []
        others = ownership.verified_orders(session, turn.conversation_id, turn.now) if means_all(turn.text) else ()
        for each in others:
            if each != number and facts_of(turn, session, each).status != "payment_failed":
                self._tell(turn, session, each, company=False)
        asked = self._asked(turn)
        company = any(names_company(text) or gives_company(text) for text in asked)
        self._tell(turn, session, number, company=company)
        if company:
            self._pass_on(turn, session, number, [text for text in asked if gives_company(text)])
        return []

    @staticmethod
    def _tell_currency(turn: Turn, session: Session, number: str) -> bool:
        """The currency of the invoice, where another one is wanted on it; whether that was asked."""
        facts = facts_of(turn, session, number)
        once_more = turn.answered_last("utter_invoice_currency") and asks_currency(turn.text, "")
        if not (asks_currency(turn.text, facts.currency) or once_more):
            return False
        turn.say("utter_invoice_currency", number=number, amount=turn.words.money(facts.amount_minor, facts.currency))
        return True

    @staticmethod
    def _written_by_hand(turn: Turn, session: Session, number: str) -> Ticket | None:
        """The ticket by which a person writes this order's invoice; None when a company's name was not wanted."""
        found = tickets.open_tickets(session, turn.conversation_id)
        ours = (each for each in found if each.reason == "invoice" and each.summary.get("order") == number)
        return next(ours, None)

    @staticmethod
    def _pass_on(turn: Turn, session: Session, number: str, details: Sequence[str]) -> None:
        """A ticket for the invoice, with what was told to stand on it, the earlier first."""
        opened = ticket_for(turn, session, number, "invoice", company=True)
        if not details:
            turn.say("utter_invoice_company", **opened)
            return
        tickets.add_to_list(session, turn.conversation_id, "invoice", "company_details", details)
        turn.say("utter_invoice_company_noted", **opened)

    @staticmethod
    def _tell(turn: Turn, session: Session, number: str, *, company: bool) -> None:
        facts = facts_of(turn, session, number)
        title = turn.words.phrase("choice_company_name")
        turn.say(
            "utter_invoice",
            [] if company else [turn.choice(title, '/ask_invoice{"invoice_for": "company"}')],
            number=number,
            plan=plan_name(turn, facts),
            amount=turn.words.money(facts.amount_minor, facts.currency),
            bought_at=turn.words.day(facts.bought_at),
            link=link_to(turn, "invoice", number),
        )

    @staticmethod
    def _asked(turn: Turn) -> list[str]:
        """What was said since the invoice was asked for: proof of the order may have come between."""
        texts: list[str] = []
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                texts.append(str(event.get("text") or ""))
                if (event.get("parse_data") or {}).get("intent", {}).get("name") == "ask_invoice":
                    return texts
        return [turn.text]
