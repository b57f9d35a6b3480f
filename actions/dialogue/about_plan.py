"""What is asked of the plans shown: how to buy one, why it was shown, how two differ, what comes after its data."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.dialogue.narrowing import at_odds
from actions.dialogue.shown import (
    OF_EXCHANGE,
    answer_about_plan,
    fact_of,
    offers_shown,
    plan_pointed_at,
    plans_meant,
    plans_shown,
)
from actions.plans.needs import mb_a_day, told_of_trip, trip_days
from actions.plans.offers import card_of, currency_of, data_of, price_in, price_nzd
from actions.plans.top_up import PICKED
from actions.turn import Event, Turn, meaning_of
from aftercare.orders.plans import PlanOffer
from aftercare.understanding.plan_requirements import plan_attribute

_PLACES = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "一": 0,
    "二": 1,
    "三": 2,
    "1": 0,
    "2": 1,
    "3": 2,
}
_PLACE = re.compile(
    r"\b(first|second|third|1st|2nd|3rd)\b|第?([一二三123])(?:个|個|款|种|種)|第([一二三123])", re.IGNORECASE
)
_DIFFER = re.compile(
    r"\bdiff\w*|\bcompar\w+|\b(?:or|versus|vs)\b|区别|區別|差别|差別|不同|不一样|不一樣|哪个好|哪個好|比较|比較",
    re.IGNORECASE,
)
_BUYS = re.compile(
    r"\b(?:buy|order|purchase|get (?:it|that|this|one)|check ?out|link)\b"
    r"|\btake (?:it|that|this|the)\b|\bhow (?:do|can) i pay\b"
    r"|\bwant (?:it|that one|this one|the)\b|[买買]|[购購]|下单|下單|付款|链接|連結|就(?:要|它|这|這)",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\btoo (?:little|small|much)\b"
    r"|\benough\b|为什么|為什麼|为啥|為啥|点解|點解|凭什么|够不够|夠不夠|够吗|夠嗎|不够|不夠",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:after|then|once|when|if)\b.{0,40}\b(?:\d+ ?gb|gone|used(?: up)?"
    r"|runs? out|daily|amount|allowance|limit|finish\w*|over)\b|\bthrottl\w*|\bslow(?:s|ed|er)? down\b"
    r"|\bhow slow\b|(?:用完|超(?:过|過|了)|用光|之后|之後|以后|以後).{0,8}(?:会|會|怎|还|還|多)|限速|降速|断网|斷網",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:a|phone|local|its own) number\b|有(?:没有)?.{0,4}号码|有.{0,4}號碼|带号码|帶號碼|能打电话|能打電話",
    re.IGNORECASE,
)
# After so many of the traveller's messages plans shown are no longer what is talked about.
_LATELY = 3
_OF_PLANS = "utter_plan_"


def answer(turn: Turn) -> list[Event] | None:
    """Tell what is asked of the plans on the table; None when something else is asked."""
    if turn.called_by_action or turn.form == "order_form" or turn.entity("device"):
        return None
    if turn.reading.situation in OF_EXCHANGE:
        return _of_target(turn)
    offers = offers_shown(turn)
    if not offers or not _lately(turn):
        return None
    text = turn.text
    named = _places(text, len(offers))
    if len(named) > 1 and _DIFFER.search(text):
        return _compared(turn, [offers[place] for place in named])
    plan = _meant(turn, offers, named)
    if _BUYS.search(text) and turn.last_answer() == "action_topup" and not turn.entities("destination"):
        return [FollowupAction("action_topup")]
    if _BUYS.search(text) and plan is not None and plan_attribute(text) not in ("hotspot", "calls", "days"):
        return _bought(turn, plan)
    if (taken := _chosen(turn, offers, plan, named)) is not None:
        return _taken(turn, taken)
    if (turn.reading.has("ask_why", "object") or _WHY.search(text)) and plan is not None:
        return _reason(turn, plan, offers)
    if _AFTER.search(text) and (plan := plan or next((each for each in offers if each.data_mb is None), None)):
        return _afterwards(turn, plan)
    attribute = "calls" if _NUMBER.search(text) else plan_attribute(text)
    if plan is not None and attribute == "calls" and answer_about_plan(turn, plan.plan_id, "calls"):
        return _kept(turn, plan)
    if turn.reading.situation == "plan_list" and plan is None and attribute in ("hotspot", "calls"):
        return _each(turn, offers, attribute)
    return None


def _each(turn: Turn, offers: list[PlanOffer], attribute: str) -> list[Event]:
    """A property of each plan shown."""
    lines = [turn.words.labelled(_name(turn, each), fact_of(turn, each, attribute)) for each in offers]
    turn.say("utter_plan_each", body="\n".join(f"• {line}" for line in lines))
    return []


def _of_target(turn: Turn) -> list[Event] | None:
    """A property asked of the plan that an exchange is about to lead to, not of the one that is given away."""
    plan = plan_pointed_at(turn) or turn.refund_draft.plan or (turn.slot("focus") or {}).get("plan")
    attribute = "calls" if _NUMBER.search(turn.text) else plan_attribute(turn.text)
    if attribute in (None, "price") or not turn.reading.has("ask", "refer"):
        return None
    if not plan:
        return _each(turn, offers_shown(turn), attribute) if attribute in ("hotspot", "calls") else None
    if not answer_about_plan(turn, str(plan), attribute):
        return None
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": str(plan)})]


def _lately(turn: Turn) -> bool:
    """Whether the plans were shown or spoken of in the last few messages."""
    if turn.reading.situation == "plan_list":
        return True
    said = 0
    for event in reversed(turn.tracker.events):
        said += event.get("event") == "user"
        if said > _LATELY:
            return False
        if event.get("event") != "bot":
            continue
        cards = ((event.get("data") or {}).get("custom") or {}).get("cards")
        if cards or meaning_of(event).startswith(_OF_PLANS):
            return True
    return False


def _places(text: str, most: int) -> list[int]:
    found = [_PLACES[next(filter(None, groups)).casefold()] for groups in _PLACE.findall(text)]
    return [place for place in dict.fromkeys(found) if place < most]


def _meant(turn: Turn, offers: list[PlanOffer], named: list[int]) -> PlanOffer | None:
    """The plan a message is about: pointed at, named by its place, the one talked about, or the only one."""
    pointed = plan_pointed_at(turn)
    if pointed is None and len(named) == 1:
        pointed = offers[named[0]].plan_id
    pointed = pointed or (turn.slot("focus") or {}).get("plan")
    found = next((offer for offer in offers if offer.plan_id == pointed), None)
    found = found or (offers[0] if len(offers) == 1 else None)
    return None if found is not None and at_odds(turn.text, found) else found


def _name(turn: Turn, offer: PlanOffer) -> str:
    return turn.words.pick(offer.name_en, offer.name_zh)


def _kept(turn: Turn, offer: PlanOffer) -> list[Event]:
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": offer.plan_id, "shown": plans_shown(turn)})]


def _compared(turn: Turn, offers: list[PlanOffer]) -> list[Event]:
    currency = currency_of(turn, offers_shown(turn) or offers)
    lines = []
    for offer in offers:
        facts = [fact_of(turn, offer, name) for name in ("data", "days", "countries", "hotspot", "calls")]
        price = price_in(turn, offer.price_minor, offer, currency)
        lines.append("• " + turn.words.labelled(_name(turn, offer), turn.words.listing([*facts, price])))
    turn.say("utter_plan_compared", body="\n".join(lines))
    return _kept(turn, offers[0])


def _bought(turn: Turn, offer: PlanOffer) -> list[Event]:
    """Where it is bought, with the button that leads there."""
    currency = currency_of(turn, [offer, *offers_shown(turn)])
    card = card_of(turn, offer, "", currency)
    starts = turn.words.word(offer.starts_at)
    values: dict[str, Any] = {"plan": card.title, "price": card.price, "seller": card.seller, "starts": starts}
    turn.say("utter_plan_buy" if card.url else "utter_plan_buy_seller", cards=[card], **values, link=card.url)
    return _kept(turn, offer)


def _chosen(turn: Turn, offers: list[PlanOffer], plan: PlanOffer | None, named: list[int]) -> PlanOffer | None:
    """The plan that a message takes: pointed at, or alone in having what is named by words that say nothing else."""
    reading = turn.reading
    if reading.has("ask", "ask_why") or turn.pressed:
        return None
    if plan is not None and reading.has("choose", "refer"):
        return plan if len(named) == 1 or plan_pointed_at(turn) == plan.plan_id else None
    of_those = plans_meant(turn) if reading.has("unclear") else []
    return next((offer for offer in offers if of_those == [offer.plan_id]), None)


def _taken(turn: Turn, offer: PlanOffer) -> list[Event]:
    """The plan that is chosen of a list: bought, or added to the eSIM where the list was one of top-ups."""
    if not _lists_top_ups(turn):
        return _bought(turn, offer)
    picked = {**(turn.slot("focus") or {}), "plan": offer.plan_id, PICKED: offer.plan_id}
    return [SlotSet("focus", picked), FollowupAction("action_topup")]


def _lists_top_ups(turn: Turn) -> bool:
    """Whether the plans on the table are what an order can be topped up with."""
    for message in turn.answers_backwards():
        if ((message.get("data") or {}).get("custom") or {}).get("cards"):
            return meaning_of(message).startswith("utter_topup")
    return False


def _reason(turn: Turn, offer: PlanOffer, offers: list[PlanOffer]) -> list[Event]:
    """Why it was shown, and what its data is for each day of the trip: whether that is enough can be judged by it."""
    cheapest = price_nzd(offer) == min(map(price_nzd, offers))
    why = turn.words.phrase("plan_why_cheapest" if cheapest else "plan_why_beside")
    if offer.data_mb is None:
        turn.say("utter_plan_why_unlimited", plan=_name(turn, offer), why=why, data=data_of(turn, offer))
        return _kept(turn, offer)
    texts = told_of_trip(turn)
    days = min(trip_days(turn, texts) or offer.days, offer.days)
    needed = mb_a_day(texts)
    a_day = offer.data_mb // max(1, int(days))
    enough = (
        turn.words.phrase("plan_short" if needed > a_day else "plan_enough", need=turn.words.data(needed))
        if needed
        else ""
    )
    turn.say(
        "utter_plan_why",
        plan=_name(turn, offer),
        why=why,
        data=data_of(turn, offer),
        days=turn.words.days(int(days)),
        a_day=turn.words.data(a_day),
        enough=enough,
    )
    return _kept(turn, offer)


def _afterwards(turn: Turn, offer: PlanOffer) -> list[Event]:
    """What comes after its data: slower until the next day, or an end that a top-up can put off."""
    name = _name(turn, offer)
    if offer.data_mb is None:
        daily = turn.words.data(offer.fair_use_mb or 0)
        speed = turn.words.phrase("plan_kbps", kbps=offer.throttle_kbps) if offer.throttle_kbps else ""
        turn.say("utter_plan_after_daily", plan=name, daily=daily, speed=speed)
    else:
        more = turn.words.phrase("plan_top_up_yes" if offer.top_up else "plan_top_up_no")
        turn.say("utter_plan_after_data", plan=name, data=data_of(turn, offer), more=more)
    return _kept(turn, offer)
