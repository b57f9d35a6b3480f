"""The plans an order can be swapped for, as choices; and which of them a message, or the wish before it, means."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from actions.dialogue.narrowing import description_of, narrowed
from actions.drafts import RefundDraft
from actions.messages import Choice
from actions.orders.about import facts_of
from actions.refunds.wording import price_difference
from actions.turn import Turn
from aftercare.orders.plans import PlanOffer, plan_offer
from aftercare.orders.refunds.exchange import ExchangeOption, exchange_options
from aftercare.understanding.plan_descriptions import refuses_this_one

MAX_CHOICES = 5


def exchange_choices(
    turn: Turn, session: Session, number: str, only: Collection[str] = (), but: str | None = None
) -> list[Choice]:
    """The choices, each with what it costs or gives back: those of `only` when it names any, without `but`."""
    options = [option for option in exchange_options(session, number, turn.now) if option.plan_id != but]
    chosen = [option for option in options if option.plan_id in only] or options
    return [
        turn.choice(
            turn.words.phrase(
                "exchange_option",
                plan=turn.words.pick(option.name_en, option.name_zh),
                difference=price_difference(turn.words, option),
            ),
            f'/inform{{"exchange_plan": "{option.plan_id}"}}',
        )
        for option in chosen[:MAX_CHOICES]
    ]


def option_of(turn: Turn, session: Session, number: str, plan_id: str | None) -> ExchangeOption | None:
    """The option of a plan, when the order can be swapped for it."""
    options = exchange_options(session, number, turn.now)
    return next((option for option in options if option.plan_id == plan_id), None)


def plans_requested(turn: Turn, session: Session, number: str) -> list[str]:
    """Ids of the plans that the wish for a swap named by data, days or countries; none when it named none.

    Of several alike, those for the countries of the order's own plan.
    """
    offers = [
        offer
        for option in exchange_options(session, number, turn.now)
        if (offer := plan_offer(session, option.plan_id)) is not None
    ]
    described = description_of(_request_text(turn))
    if described.says_nothing:
        return []
    exact = [offer for offer in narrowed(described, offers) if described.named(offer)]
    own = facts_of(turn, session, number).countries
    alike = [offer for offer in exact if offer.countries == own]
    return _ids(alike if len(exact) > 1 and len(alike) == 1 else exact)


def _ids(offers: list[PlanOffer]) -> list[str]:
    return [offer.plan_id for offer in offers]


def _request_text(turn: Turn) -> str:
    """The message that asked for the swap: the proof of the order may have come after it."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            found = event.get("parse_data") or {}
            if (found.get("intent") or {}).get("name") == "request_exchange":
                return str(event.get("text") or "")
    return turn.text


def wants_another(turn: Turn) -> bool:
    """Whether the plan that is offered is refused, and not the swap."""
    return not turn.pressed and refuses_this_one(turn.text)


def talked_about(turn: Turn, session: Session, number: str, draft: RefundDraft) -> str | None:
    """The plan spoken of last, when the order can be swapped for it; else the one that waits for a yes."""
    plan = (turn.slot("focus") or {}).get("plan")
    return str(plan) if option_of(turn, session, number, plan) is not None else draft.plan
