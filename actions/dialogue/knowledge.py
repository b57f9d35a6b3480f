"""Answers from the articles: the unit that fits the question, worded for the order at hand."""

from __future__ import annotations

import re
from collections.abc import Collection

from rasa_sdk.events import FollowupAction, SlotSet

from actions import feedback
from actions.turn import Event, Turn
from aftercare.articles.units import OrderView, Unit, unit, worded
from aftercare.orders import ownership
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.troubleshooting.wording import country_name

# Probability from which a unit is told. Of a message that was read as a question an answer is expected: most units
# that come first are right even where several share the probability.
SURE = 0.7
ASKED = 0.2
# Of a message whose subject is sure: from here on a unit of that subject is told, or one where most ask in general.
LIKELY, OTHER, PARTICULAR = 0.35, 0.5, 0.97
SUREST = 0.95
# Below this the intent says nothing against a unit; above it, it does against a faint one.
UNSURE, FAINT = 0.5, 0.3
# The same before an order is asked for: the answer comes first, the question about the order after it.
BEFORE_A_FAULT, BEFORE_A_MATTER = 0.55, 0.3
# A second unit this near to the first answers another part of the question.
SECOND = 0.7
# After "not helpful" a unit less likely than this has hardly anything to do with the question.
NEXT = 0.05
_ASKS_FOR_ORDER = re.compile(
    r"[^.!?。！？\n]*(?:give|send|tell) me (?:the|your) order number[^.!?\n]*[.!?]?"
    r"|[^。！？\n]*(?:给我|发给我|发我|告诉我|把)[^。！？，\n]{0,6}订单号[^。！？\n]*[。！？]?",
    re.IGNORECASE,
)
_TWO_PARTS = re.compile(
    r"[?？].*[?？]|\b(?:and|also|plus|or)\b|[,;，、；]|还有|還有|另外|顺便|順便|以及", re.IGNORECASE | re.DOTALL
)
_INSTALLED = ("downloaded", "installed", "enabled", "disabled")


def best(turn: Turn, least: float | None = None) -> Unit | None:
    """The unit that answers the message, when one does; `least` is the probability it needs."""
    ranked = turn.reading.units
    if not ranked:
        return None
    needed = least if least is not None else (ASKED if turn.reading.has("ask", "ask_how") else SURE)
    article = ranked[0][0].partition(".")[0]
    # units of one article that share the probability say that the subject is right
    beside = sum(probability for name, probability in ranked[1:] if name.partition(".")[0] == article)
    return unit(ranked[0][0], turn.language) if ranked[0][1] + beside / 2 >= needed else None


def fits(turn: Turn, found: Unit, in_general: Collection[str]) -> bool:
    """Whether a unit, rather than the answer in general, is meant by a message whose intent has one."""
    intent, confidence = turn.likeliest
    chance = turn.reading.units[0][1]
    if confidence < SUREST:
        return confidence < UNSURE or chance >= FAINT
    if intent in in_general:
        return chance >= PARTICULAR
    return chance >= (LIKELY if intent in found.intents else OTHER)


def tell_first(turn: Turn) -> None:
    """Before an order is asked for: what can be answered without one, when a unit answers the message."""
    if turn.likeliest[0].startswith("report_"):
        found = best(turn, BEFORE_A_FAULT)
    else:  # a plain request is carried out, not explained
        found = best(turn, BEFORE_A_MATTER if turn.reading.has("ask", "ask_how", "ask_why") else BEFORE_A_FAULT)
    if found is not None and turn.is_first and not turn.form_waits:
        turn.say("utter_article", body=body_of(turn, found))


def answer(turn: Turn, least: float | None = None) -> list[Event] | None:
    """Tell the unit that answers the message, its steps after it; None when none does with that probability."""
    found = best(turn, least)
    if found is None:
        return None
    told = (turn.slot("focus") or {}).get("unit")
    if told == found.id and len(turn.reading.units) > 1:  # just told: another of the subject says something new
        name, probability = turn.reading.units[1]
        if probability >= SURE / 2 and name.partition(".")[0] == found.id.partition(".")[0]:
            found = unit(name, turn.language) or found
    body = "\n".join(body_of(turn, each) for each in (found, *_second_part(turn, found)))
    turn.say("utter_article", feedback.choices(turn, f"article.{found.id}"), body=body)
    others = [name for name, chance in turn.reading.units if name != found.id and chance >= NEXT]
    kept = {**(turn.slot("focus") or {}), "unit": found.id, "next": others}
    return [SlotSet("focus", kept), SlotSet("offer", None), SlotSet("misunderstandings", 0)]


def _second_part(turn: Turn, first: Unit) -> list[Unit]:
    """The unit that answers another part of the question; none when the first stands out."""
    ranked = turn.reading.units
    if not _TWO_PARTS.search(turn.text):
        return []  # of one question the second unit is an alternative, not a part
    if len(ranked) < 2 or ranked[0][0] != first.id or ranked[1][1] < max(ASKED, SECOND * ranked[0][1]):
        return []
    found = unit(ranked[1][0], turn.language)
    return [found] if found is not None and not found.steps and not first.steps else []


def body_of(turn: Turn, found: Unit) -> str:
    """The answer in words, with what this order adds, and the steps when there is something to do."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    text = worded(found, None if facts is None else view_of(turn, facts))
    if facts is not None:  # the order is known: it is not asked for again
        text = _ASKS_FOR_ORDER.sub("", text).strip() or text
    return f"{text}\n{found.steps.strip()}" if found.steps else text


def view_of(turn: Turn, facts: OrderFacts) -> OrderView:
    """What an article may say of an order."""
    words = turn.words
    if facts.expired:
        state = "ended"
    elif facts.profile_state == "deleted":
        state = "deleted"
    elif facts.first_use_at is not None:
        state = "in_use"
    else:
        state = "installed" if facts.profile_state in _INSTALLED else "not_installed"
    left = facts.data_left_mb
    return OrderView(
        starts=facts.plan_starts_at,
        hotspot=facts.hotspot,
        calls=facts.calls_sms,
        top_up=facts.top_up,
        unlimited=facts.data_total_mb is None,
        state=state,
        phone=(turn.phone.menu_family if turn.phone else facts.device_family) or "other",
        plan=words.pick(facts.plan_en, facts.plan_zh),
        days=str(facts.days_of_plan),
        expires=words.time(facts.expires_at) if facts.expires_at else None,
        data_left=None if left is None else words.data(left),
        data_total=None if facts.data_total_mb is None else words.data(facts.data_total_mb),
        countries=words.listing([country_name(code, turn.language) or code for code in sorted(facts.countries)]),
        refund_days=None,
    )


def compare_orders(turn: Turn) -> list[Event] | None:
    """Questions that set two orders of this conversation beside each other; None when only one is known or meant."""
    reading = turn.reading
    if not reading.has("refer", "switch_order") or turn.called_by_action:
        return None  # after another action the order that is meant is known
    with turn.orders() as session:
        numbers = ownership.verified_orders(session, turn.conversation_id, turn.now)
        if len(numbers) < 2:
            return None
        last = turn.last_order_answer()
        if reading.has("switch_order") and last:
            other = next((each for each in numbers if each != turn.slot("order_number")), None)
            return [SlotSet("order_number", other), FollowupAction(last)]
        orders = sorted(
            (facts for each in numbers if (facts := order_facts(session, each, turn.now))),
            key=lambda facts: facts.bought_at,
        )
    lines = [
        turn.words.phrase(
            "order_bought",
            number=facts.number,
            plan=turn.words.pick(facts.plan_en, facts.plan_zh),
            day=turn.words.day(facts.bought_at),
        )
        for facts in orders
    ]
    turn.say("utter_orders_by_date", body="\n".join(lines))
    return [SlotSet("order_number", orders[0].number)]
