"""A plan that is taken: where it is sold, and what several of them cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions.dialogue.shown import offers_shown, plans_shown
from actions.plans.offers import card_of, currency_of, price_nzd
from actions.plans.trip import price_of_several
from actions.turn import Event, Turn
from aftercare.orders.plans import PlanOffer
from aftercare.understanding.plan_questions import takes_named
from aftercare.understanding.plan_requirements import ENDLESS, count_named, data_each_day, data_wanted


def taken_by_amount(turn: Turn, offers: Sequence[PlanOffer]) -> list[Event] | None:
    """Where the plan is sold that is taken by its data, after plans were shown: of these, else of the `offers`.

    None when nothing is taken, or none has exactly this data.
    """
    shown, wanted = offers_shown(turn), data_wanted(turn.text)
    if not (shown and wanted and takes_named(turn.text)) or data_each_day(turn.text):
        return None
    exact = [[each for each in some if (each.data_mb or ENDLESS) == wanted] for some in (shown, offers)]
    found = min(exact[0] or exact[1], key=price_nzd, default=None)
    if found is None:
        return None
    return bought(turn, found)


def bought(turn: Turn, offer: PlanOffer) -> list[Event]:
    """Where it is bought, with the button that leads there, and what several of them cost."""
    currency = currency_of(turn, [offer, *offers_shown(turn)])
    if (count := count_named(turn.text)) > 1:
        turn.say("utter_plan_total", body=f"• {times(turn, offer, count, currency)}")
    card = card_of(turn, offer, "", currency)
    starts = turn.words.word(offer.starts_at)
    values: dict[str, Any] = {"plan": card.title, "price": card.price, "seller": card.seller, "starts": starts}
    turn.say("utter_plan_buy" if card.url else "utter_plan_buy_seller", cards=[card], **values, link=card.url)
    return kept_in_focus(turn, offer)


def times(turn: Turn, offer: PlanOffer, count: int, currency: str) -> str:
    """So many of a plan, and what these cost together."""
    name = (
        name_of(turn, offer) if count == 1 else turn.words.phrase("plan_times", count=count, plan=name_of(turn, offer))
    )
    return turn.words.labelled(name, price_of_several(turn, offer, count, currency))


def name_of(turn: Turn, offer: PlanOffer) -> str:
    """What it is called."""
    return turn.words.pick(offer.name_en, offer.name_zh)


def kept_in_focus(turn: Turn, offer: PlanOffer) -> list[Event]:
    """The plan as the one that is talked about."""
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": offer.plan_id, "shown": plans_shown(turn)})]
