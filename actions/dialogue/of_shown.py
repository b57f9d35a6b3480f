"""A country, or when the days begin, asked of one of the plans shown: yes or no, or the rule, for that plan."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.dialogue.shown import OF_EXCHANGE, fact_of, offers_shown, plan_pointed_at
from actions.plans.own_plan import abroad_named
from actions.turn import Event, Turn
from aftercare.orders.plans import PlanOffer
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.choices import named_places
from aftercare.understanding.own_plan import asks_for_plans
from aftercare.understanding.plan_questions import asks_if_included, asks_start_rule


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for "does the first one include Fiji?" and "do its days start when I install it?"."""
    if turn.called_by_action or turn.form or turn.reading.situation in OF_EXCHANGE:
        return None
    abroad = [code for code in abroad_named(turn) if asks_if_included(turn.text) and not asks_for_plans(turn.text)]
    starts = asks_start_rule(turn.text)
    if not (abroad or starts):
        return None
    plan = _meant(turn)
    if plan is None:
        return None
    name = turn.words.pick(plan.name_en, plan.name_zh)
    for code in abroad:
        turn.say(
            "utter_coverage_order_yes" if code in plan.countries else "utter_coverage_order_no",
            plan=name,
            country=country_name(code, turn.language) or code,
            countries=fact_of(turn, plan, "countries"),
        )
    if starts:
        turn.say("utter_plan_starts", plan=name, starts=turn.words.word(plan.starts_at))
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan.plan_id})]


def _meant(turn: Turn) -> PlanOffer | None:
    """The plan shown that is named by its place or name, else the one talked about, else the only one."""
    offers = offers_shown(turn)
    places = named_places(turn.text, len(offers))
    if len(places) == 1:
        return offers[places[0]]
    if places or not offers:
        return None
    pointed = plan_pointed_at(turn) or (turn.slot("focus") or {}).get("plan")
    return next((each for each in offers if each.plan_id == pointed), offers[0] if len(offers) == 1 else None)
