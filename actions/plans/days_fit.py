"""Whether the days of the own plan are enough between two dates."""

from __future__ import annotations

from actions.orders.about import validity
from actions.turn import Event, Turn
from aftercare.understanding.plan_requirements import data_wanted
from aftercare.understanding.stay import asks_if_enough, stay


def answer(turn: Turn, text: str | None = None) -> list[Event] | None:
    """The days of the stay against those of the proven order; None when that is not asked.

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
    if facts is None or facts.expired:
        return None
    begins, ends = between
    needed = (ends - begins).days + 1
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
