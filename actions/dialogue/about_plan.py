"""What is asked of the plans shown: how to buy one, why it was shown, how two differ, what comes after its data."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.dialogue import knowledge
from actions.dialogue.narrowing import at_odds
from actions.dialogue.shown import (
    OF_EXCHANGE,
    answer_about_plan,
    fact_of,
    offers_shown,
    plan_pointed_at,
    plans_meant,
)
from actions.dialogue.subjects import OF_PLANS
from actions.dialogue.taking import bought, kept_in_focus, name_of, times
from actions.history import meaning_of
from actions.plans import own_plan
from actions.plans.needs import Need, need_of
from actions.plans.offers import currency_of, data_of, note_of_rates, price_in, price_nzd
from actions.plans.top_up import LIST, TOP_UPS
from actions.plans.trip import fits, tell_need
from actions.turn import Event, Turn
from aftercare.orders.plans import PlanOffer, plan_offer
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.choices import named_places
from aftercare.understanding.follow_ups import asks_if_usable, asks_until_when
from aftercare.understanding.plan_questions import (
    asks_for_any,
    asks_for_difference,
    asks_for_number,
    asks_plan_reason,
    asks_what_comes_after,
    takes_or_buys,
)
from aftercare.understanding.plan_requirements import (
    ENDLESS,
    count_named,
    data_wanted,
    plan_attribute,
    use_each_day,
)
from aftercare.understanding.trip import days_named

# Articles on how much data a trip needs; what was told of the trip answers that in its own figures.
_OF_SIZE = (
    "choose-a-plan.one-week",
    "choose-a-plan.two-weeks",
    "choose-a-plan.how-much-each-use",
    "choose-a-plan.family-size",
    "choose-a-plan.remote-work",
    "choose-a-plan.work-several-people",
    "choose-a-plan.maps-and-social",
    "data-use-figures.how-long-does-it-last",
    "data-use-figures.video-call-data",
    "data-use-figures.work-data",
)
_OF_CHOOSING = ("choose-a-plan.", "several-countries.one-plan", "several-countries.other-destinations")
_LIKELY = 0.2
_OF_PAYING = ("payment_issue", "ask_price_plans")
_SURELY = 0.6
_OF_DAYS = ("top-up.adds-days", "top-up.days-only")
# What becomes of the old data: told as of a pack that is added, whatever end of a plan the words resemble.
_CREDITED, _STARTS = "top-up.credited-when", "plan-start-and-validity.starts-when"
_OF_REST = ("plan-start-and-validity.unused-data", "exchange.old-esim-after-exchange", "top-up.left-over-adds-up")
# After so many of the traveller's messages plans shown are no longer what is talked about.
_LATELY = 5
_OF_PLANS = "utter_plan_"


def answer(turn: Turn) -> list[Event] | None:
    """Tell what is asked of the plans on the table; None when something else is asked."""
    if turn.called_by_action or turn.form == "order_form" or turn.entity("device"):
        return None
    if turn.reading.situation in OF_EXCHANGE:
        return _of_target(turn)
    if use_each_day(turn.text) and _reckons_use(turn):
        return [FollowupAction("action_price_plans")]  # "5 GB at 3 a day?": what holds that
    offers = offers_shown(turn)
    if not offers or not _lately(turn):
        return None
    text = turn.text
    named = named_places(text, len(offers))
    if len(named) > 1 and asks_for_difference(text):
        return _compared(turn, [offers[place] for place in named])
    plan = _meant(turn, offers, named)
    if plan_attribute(text) in ("hotspot", "calls") and asks_for_any(text) and plan_pointed_at(turn) is None:
        return [FollowupAction("action_price_plans")]
    if (turn.slot("focus") or {}).get(LIST) == TOP_UPS:
        return _of_top_up(turn, plan or _chosen(turn, offers, plan, named))
    taken = turn.reading.has("choose", "confirm") and not turn.reading.has("ask", "ask_why")
    if taken and plan is not None and turn.reading.situation == "plan_list":
        return bought(turn, plan)
    wanted = days_named(text) if turn.entity("amount_of_time") and turn.reading.has("ask") else None
    if plan is None and wanted and (spoken := (turn.slot("focus") or {}).get("plan")):
        plan = next((each for each in offers if each.plan_id == spoken), None)
    if plan is not None and wanted and plan.days < wanted:
        turn.say("utter_plan_too_short", plan=name_of(turn, plan), has=turn.words.days(plan.days), wanted=wanted)
        return [FollowupAction("action_price_plans")]
    if (answered := _of_trip(turn, offers, plan)) is not None:
        return answered
    if turn.reading.has("ask_why") and asks_plan_reason(text) and plan is not None:
        return _reason(turn, plan, offers)
    if takes_or_buys(text) and plan is not None and plan_attribute(text) not in ("hotspot", "calls", "days"):
        return bought(turn, plan)
    if (chosen := _chosen(turn, offers, plan, named)) is not None:
        return bought(turn, chosen)
    if (turn.reading.has("ask_why", "object") or asks_plan_reason(text)) and plan is not None:
        return _reason(turn, plan, offers)
    if asks_what_comes_after(text) and (plan := plan or next((each for each in offers if each.data_mb is None), None)):
        return _afterwards(turn, plan)
    attribute = "calls" if asks_for_number(text) else plan_attribute(text)
    if plan is not None and attribute == "calls" and answer_about_plan(turn, plan.plan_id, "calls"):
        return kept_in_focus(turn, plan)
    if turn.reading.situation == "plan_list" and plan is None and attribute in ("hotspot", "calls"):
        return _each(turn, offers, attribute)
    return None


def _reckons_use(turn: Turn) -> bool:
    """Whether what is used each day is told for a plan to be chosen, and the days are known."""
    unit, _ = (turn.reading.units or (("", 0.0),))[0]
    of_plans = turn.likeliest[0] in OF_PLANS or unit.startswith((*_OF_CHOOSING, "data-use-figures."))
    return not turn.form and (of_plans or turn.reading.situation == "plan_list") and need_of(turn).total > 0


def of_countries(turn: Turn) -> list[Event] | None:
    """Plans for each of several countries, whatever plan was spoken of; None when something else is asked."""
    if turn.called_by_action or turn.form or turn.reading.situation in OF_EXCHANGE:
        return None
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    if not own_plan.asks_for_several(turn) or (chance >= _LIKELY * 2 and not unit.startswith(_OF_CHOOSING)):
        return None
    return [FollowupAction("action_price_plans")]


def _of_top_up(turn: Turn, plan: PlanOffer | None) -> list[Event] | None:
    """A pack that is taken or paid, the days it adds, what is left of the old data; None when something else is asked.

    The action of top-ups tells the first two, by the pack that was spoken of.
    """
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    intent, confidence = turn.likeliest
    pays = takes_or_buys(turn.text) or (intent in _OF_PAYING and confidence >= _SURELY)
    named = turn.reading.has("choose", "refer", "confirm", "unclear") or bool(data_wanted(turn.text))
    taken = plan is not None and named and turn.reading.chance("ask") < _SURELY
    if unit in _OF_REST and chance >= _LIKELY and knowledge.tell(turn, _OF_REST[-1]):
        return []
    if turn.entities("destination"):
        return None
    starts = unit.startswith((_CREDITED, _STARTS)) or asks_if_usable(turn.text)
    if starts and knowledge.tell(turn, _CREDITED):
        return []
    lasts = unit in _OF_DAYS or (intent == "ask_plan_start" and asks_until_when(turn.text))
    if pays or taken or (lasts and chance >= _LIKELY / 2):
        wallet = knowledge.answer(turn, knowledge.SURE) if pays and unit.startswith("payment-problems.") else None
        kept = {**(turn.slot("focus") or {}), **({"plan": plan.plan_id} if plan else {})}
        return [*(wallet or []), SlotSet("focus", kept), FollowupAction("action_topup")]
    if intent == "ask_topup" and confidence >= _SURELY and chance < knowledge.SURE:
        return [FollowupAction("action_topup")]  # the packs once more, or that there is none of the size named
    return knowledge.answer(turn, _LIKELY) if unit.startswith("top-up.") and chance >= _LIKELY else None


def _of_trip(turn: Turn, offers: list[PlanOffer], plan: PlanOffer | None) -> list[Event] | None:
    """How much data the trip takes in all, or what several plans cost together; None when neither is asked."""
    attribute, need = plan_attribute(turn.text), need_of(turn)
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    sized = unit in _OF_SIZE and chance >= _LIKELY
    if plan is None and turn.reading.has("ask") and (sized or attribute == "data") and tell_need(turn, need):
        return []
    if attribute != "price" or not turn.reading.has("ask", "refer"):
        return None
    count, meant = count_named(turn.text), [plan] if plan else offers
    currency = currency_of(turn, offers)
    if count > 1:
        lines = [times(turn, each, count, currency) for each in meant]
    elif need.people > 1 and need.total:
        lines = [times(turn, fit.offer, fit.count, currency) for each in meant for fit in fits(need, [each])]
    else:
        return None
    if not lines:
        return None
    turn.say("utter_plan_total", body="\n".join(f"• {line}" for line in lines))
    return kept_in_focus(turn, plan) if plan else []


def _each(turn: Turn, offers: list[PlanOffer], attribute: str) -> list[Event]:
    """A property of each plan shown."""
    lines = [turn.words.labelled(name_of(turn, each), fact_of(turn, each, attribute)) for each in offers]
    turn.say("utter_plan_each", body="\n".join(f"• {line}" for line in lines))
    return []


def _of_target(turn: Turn) -> list[Event] | None:
    """A property asked of the plan that an exchange is about to lead to, not of the one that is given away."""
    plan = plan_pointed_at(turn) or turn.refund_draft.plan or (turn.slot("focus") or {}).get("plan")
    if plan and turn.entity("destination") and turn.reading.has("ask", "refer"):
        return _works_in(turn, str(plan))
    attribute = "calls" if asks_for_number(turn.text) else plan_attribute(turn.text)
    if attribute in (None, "price") or not turn.reading.has("ask", "refer"):
        return None
    if not plan:
        return _each(turn, offers_shown(turn), attribute) if attribute in ("hotspot", "calls") else None
    if not answer_about_plan(turn, str(plan), attribute):
        return None
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": str(plan)})]


def _works_in(turn: Turn, plan: str) -> list[Event] | None:
    """Whether the plan of a swap works in the country that is named."""
    with turn.orders() as session:
        offer = plan_offer(session, plan)
    if offer is None:
        return None
    code = str(turn.entity("destination"))
    turn.say(
        "utter_coverage_order_yes" if code in offer.countries else "utter_coverage_order_no",
        plan=name_of(turn, offer),
        country=country_name(code, turn.language) or code,
        countries=fact_of(turn, offer, "countries"),
    )
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan})]


def _lately(turn: Turn) -> bool:
    """Whether the plans were shown or spoken of in the last few messages."""
    if turn.reading.situation == "plan_list":
        return True
    messages = 0
    for event in reversed(turn.tracker.events):
        messages += event.get("event") == "user"
        if messages > _LATELY:
            return False
        if event.get("event") != "bot":
            continue
        cards = ((event.get("data") or {}).get("custom") or {}).get("cards")
        if cards or meaning_of(event).startswith(_OF_PLANS):
            return True
    return False


def _meant(turn: Turn, offers: list[PlanOffer], named: list[int]) -> PlanOffer | None:
    """The plan a message is about: pointed at, named by its place, the one talked about, or the only one."""
    pointed = plan_pointed_at(turn)
    if pointed is None and len(named) == 1:
        pointed = offers[named[0]].plan_id
    pointed = pointed or (turn.slot("focus") or {}).get("plan")
    found = next((offer for offer in offers if offer.plan_id == pointed), None)
    found = found or (offers[0] if len(offers) == 1 else None)
    return None if found is not None and at_odds(turn.text, found) else found


def _compared(turn: Turn, offers: list[PlanOffer]) -> list[Event]:
    currency = currency_of(turn, offers_shown(turn) or offers)
    lines = []
    for offer in offers:
        facts = [fact_of(turn, offer, name) for name in ("data", "days", "countries", "hotspot", "calls")]
        price = price_in(turn, offer.price_minor, offer, currency)
        lines.append("• " + turn.words.labelled(name_of(turn, offer), turn.words.listing([*facts, price])))
    lines += note_of_rates(turn, offers, currency)
    turn.say("utter_plan_compared", body="\n".join(lines))
    return kept_in_focus(turn, offers[0])


def _chosen(turn: Turn, offers: list[PlanOffer], plan: PlanOffer | None, named: list[int]) -> PlanOffer | None:
    """The plan that a message takes: pointed at, or alone in having what is named by words that say nothing else."""
    reading = turn.reading
    if reading.has("ask", "ask_why") or turn.pressed:
        return None
    if plan is not None and reading.has("choose", "refer"):
        return plan if len(named) == 1 or plan_pointed_at(turn) == plan.plan_id else None
    of_those = plans_meant(turn) if reading.has("unclear") else []
    return next((offer for offer in offers if of_those == [offer.plan_id]), None)


def _reason(turn: Turn, offer: PlanOffer, offers: list[PlanOffer]) -> list[Event]:
    """Why it was shown, and what its data is for each day of the trip: whether that is enough can be judged by it."""
    cheapest = price_nzd(offer) == min(map(price_nzd, offers))
    why = turn.words.phrase("plan_why_cheapest" if cheapest else "plan_why_beside")
    if offer.data_mb is None:
        enough = _enough(turn, need_of(turn), offer, offer.fair_use_mb or ENDLESS)
        turn.say(
            "utter_plan_why_unlimited", plan=name_of(turn, offer), why=why, data=data_of(turn, offer), enough=enough
        )
        return kept_in_focus(turn, offer)
    need = need_of(turn)
    days = min(need.days or offer.days, offer.days)
    a_day = offer.data_mb // max(1, int(days))
    enough = _enough(turn, need, offer, a_day)
    turn.say(
        "utter_plan_why",
        plan=name_of(turn, offer),
        why=why,
        data=data_of(turn, offer),
        days=turn.words.days(int(days)),
        a_day=turn.words.data(a_day),
        enough=enough,
    )
    return kept_in_focus(turn, offer)


def _enough(turn: Turn, need: Need, offer: PlanOffer, a_day: int) -> str:
    """Whether so much a day is what the trip takes, of all by hotspot or of one; empty when nothing was told."""
    shared = need.people > 1 and offer.hotspot and a_day >= need.a_day
    needed = need.a_day if shared or need.people == 1 else need.each_a_day
    if not needed:
        return ""
    kind = "enough_all" if shared else "enough_each" if need.people > 1 else "enough"
    kind = "short" if needed > a_day else kind
    return turn.words.phrase(f"plan_{kind}", need=turn.words.data(needed), people=need.people)


def _afterwards(turn: Turn, offer: PlanOffer) -> list[Event]:
    """What comes after its data: slower until the next day, or an end that a top-up can put off."""
    name = name_of(turn, offer)
    if offer.data_mb is None:
        daily = turn.words.data(offer.fair_use_mb or 0)
        speed = turn.words.phrase("plan_kbps", kbps=offer.throttle_kbps) if offer.throttle_kbps else ""
        turn.say("utter_plan_after_daily", plan=name, daily=daily, speed=speed)
    else:
        more = turn.words.phrase("plan_top_up_yes" if offer.top_up else "plan_top_up_no")
        turn.say("utter_plan_after_data", plan=name, data=data_of(turn, offer), more=more)
    return kept_in_focus(turn, offer)
