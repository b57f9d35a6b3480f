"""Whether the days of the own plan, or of one that is named, are enough between two dates."""

from __future__ import annotations

from datetime import date

from actions.orders.about import validity
from actions.plans.needs import keep_trip_messages
from actions.turn import Event, Turn
from aftercare.understanding.plan_requirements import data_wanted
from aftercare.understanding.stay import asks_if_enough, plan_days_named, stay


def answer(turn: Turn, text: str | None = None) -> list[Event] | None:
    """The days of the stay against those of the proven order, else of a plan named; None when that is not asked.

    `text` is the part of the message that asks, where it is not the whole.
    """
    text = turn.text if text is None else text
    waits = turn.reading.situation in ("plan_list", "exchange_choice", "exchange_confirm") or turn.form == "order_form"
    if waits or not asks_if_enough(text) or data_wanted(text):
        return None
    between = stay(text, turn.now.astimezone(turn.words.zone).date())
    if between is None:
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    begins, ends = between
    needed = (ends - begins).days + 1
    if facts is None:
        return _of_named(turn, text, begins, ends)
    if facts.expired:
        return None
    until = facts.expires_at
    enough = ends <= until.astimezone(turn.words.zone).date() if until else needed <= facts.days_of_plan
    turn.say(
        "utter_days_enough" if enough else "utter_days_short",
        number=facts.number,
        first=turn.words.day(begins),
        last=turn.words.day(ends),
        needed=turn.words.days(needed),
        has=turn.words.days(facts.days_of_plan),
        validity=validity(turn, facts),
    )
    return []


def _of_named(turn: Turn, text: str, begins: date, ends: date) -> list[Event] | None:
    """The days of a plan that is named ("a 15 day plan") against the dates; None when no plan's days are."""
    has = plan_days_named(text)
    if has is None:
        return None
    needed = (ends - begins).days + 1
    short = "utter_stay_just" if has == needed - 1 else "utter_stay_short"
    turn.say(
        "utter_stay_enough" if has >= needed else short,
        first=turn.words.day(begins),
        last=turn.words.day(ends),
        needed=turn.words.days(needed),
        has=turn.words.days(has),
    )
    return [keep_trip_messages(turn)]
