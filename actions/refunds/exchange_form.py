"""The steps of a swap within the refund form: the plan that is meant is named with its money before a yes counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.dialogue.shown import plan_pointed_at, plans_meant
from actions.drafts import RefundDraft
from actions.plans.needs import keep_trip_messages
from actions.refunds.exchange_choices import exchange_choices, option_of, wants_another
from actions.refunds.wording import price_difference
from actions.turn import Event, Turn
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.tables import RefundRequest
from aftercare.understanding.negation import drops_swap


class ExchangeSteps(AftercareAction, ABC):
    """What the refund form does about a swap."""

    @abstractmethod
    def _offer_exchange(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Show what the order can be swapped for, or why not."""

    @abstractmethod
    def _open(self, session: Session, number: str) -> RefundRequest | None:
        """The order's open request."""

    def pointed_at(self, turn: Turn, session: Session, number: str, draft: RefundDraft) -> list[Event]:
        """Events for another plan than the one that waits for a yes: named with its money, before anything is done."""
        if turn.pressed or drops_swap(turn.text) or (turn.reading.has("decline") and wants_another(turn)):
            return []
        plan = plan_pointed_at(turn)
        if plan is None and not draft.ready and turn.reading.has("choose", "confirm"):
            plan = (turn.slot("focus") or {}).get("plan")  # "yes, that one"
        if plan is not None and plan != draft.plan and option_of(turn, session, number, plan) is not None:
            return self.ask_to_exchange(turn, session, number, plan)
        several = plans_meant(turn) if plan is None else []
        if len(several) < 2:
            return []
        turn.say("utter_exchange_choose_among", exchange_choices(turn, session, number, several), number=number)
        return [keep_trip_messages(turn, plan=None), *self.keep_open(RefundDraft(kind="exchange", number=number))]

    def named(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Events for a plan named by its name or days: confirmed when it can be had, else said not to be among them."""
        options = exchange_options(session, number, turn.now)
        plan, days = turn.entity("plan"), turn.entity("amount_of_time")
        if (plan is None and days is None) or drops_swap(turn.text):  # "30 days, that will do, no swap"
            return []
        fitting = [option for option in options if option.plan_id == plan or (plan is None and option.days == days)]
        if len(fitting) == 1:
            return self.ask_to_exchange(turn, session, number, fitting[0].plan_id)
        if fitting:
            return []
        turn.say("utter_exchange_not_among", exchange_choices(turn, session, number), number=number)
        return self.keep_open(RefundDraft(kind="exchange", number=number))

    def ask_to_exchange(self, turn: Turn, session: Session, number: str, plan_id: str) -> list[Event]:
        option = option_of(turn, session, number, plan_id)
        if (
            option is None
            and self._open(session, number) is None
            and (choices := exchange_choices(turn, session, number))
        ):
            turn.say("utter_exchange_not_among", choices, number=number)
            return self.keep_open(RefundDraft(kind="exchange", number=number))
        if option is None:
            return self._offer_exchange(turn, session, number)
        name = turn.words.pick(option.name_en, option.name_zh)
        turn.say(
            "utter_exchange_confirm",
            number=number,
            plan=name,
            difference=price_difference(turn.words, option),
        )
        spoken_of = SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan_id})
        return [spoken_of, *self.keep_open(RefundDraft(kind="exchange", number=number, ready=True, plan=plan_id))]

    def ended(self, **slots: Any) -> list[Event]:
        return [
            SlotSet("refund_draft", None),
            SlotSet("refund_confirmed", None),
            *(SlotSet(name, value) for name, value in slots.items()),
            SlotSet("requested_slot", None),
        ]

    def keep_open(self, draft: RefundDraft) -> list[Event]:
        return [SlotSet("refund_draft", draft.as_slot()), SlotSet("requested_slot", "refund_confirmed")]
