"""Whether an amount of data is enough for what is done each day, reckoned by the hours that were told."""

from __future__ import annotations

from typing import Any

from actions.plans.needs import keep_trip_messages, trip_days, trip_messages
from actions.turn import Event, Turn
from aftercare.understanding.plan_requirements import ENDLESS, data_wanted
from aftercare.understanding.segmentation import aligned
from aftercare.understanding.stay import asks_if_enough
from aftercare.understanding.trip import people
from aftercare.understanding.use_by_hour import Use, asks_how_much, asks_if_fine, bare_amount, uses_each_day


def answer(turn: Turn) -> list[Event] | None:
    """The verdict on the amount named, yes or no first; without an amount how much it takes.

    None when no hours a day are told, or neither days nor an amount.
    """
    if turn.form or turn.reading.situation in ("exchange_choice", "exchange_confirm"):
        return None
    plain = aligned(turn.text)
    amount = data_wanted(turn.text) or bare_amount(plain)
    asks = asks_how_much(plain) or asks_if_enough(turn.text) or bool(amount and asks_if_fine(plain))
    texts = trip_messages(turn)
    uses = next(filter(None, map(uses_each_day, texts[:2])), [])
    if not asks or not uses or amount == ENDLESS:
        return None
    travellers, days = people(texts), trip_days(turn, texts)
    low = sum(use.low for use in uses) * travellers
    high = sum(use.high for use in uses) * travellers
    use = turn.words.listing([_named(turn, each) for each in uses])
    if travellers > 1:
        use = turn.words.phrase("use_of_several", people=travellers, use=use)
    values: dict[str, Any] = {"use": use, "amount": turn.words.data(amount)}
    if not days:
        if not amount:
            return None
        turn.say("utter_amount_lasts", first=_days(turn, amount / high), last=_days(turn, amount / low), **values)
        return [keep_trip_messages(turn)]
    values |= {"days": turn.words.days(int(days)), "low": turn.words.data(_rounded(low * days))}
    values["high"] = turn.words.data(_rounded(high * days))
    if not amount:
        turn.say("utter_amount_needed", **values)
    elif amount >= high * days:
        turn.say("utter_amount_enough", **values)
    else:
        turn.say("utter_amount_just" if amount >= low * days else "utter_amount_short", **values)
    return [keep_trip_messages(turn)]


def _named(turn: Turn, use: Use) -> str:
    """What is done, with the time of it each day."""
    minutes = round(use.hours * 60)
    whole = minutes % 60 == 0
    return turn.words.phrase(
        "use_hours" if whole else "use_minutes",
        time=minutes // 60 if whole else minutes,
        what=turn.words.phrase(f"use_{use.kind}"),
    )


def _days(turn: Turn, days: float) -> str:
    return turn.words.days(max(1, int(days)))


def _rounded(mb: float) -> int:
    """An estimate is no exact figure: to half a GB from 2 GB up, to a tenth below."""
    step = 512 if mb >= 2048 else 102.4
    return round(max(step, round(mb / step) * step))
