"""How much data a trip needs by what was said of it: the days, the people, and whether videos are watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn
from aftercare.understanding.plan_requirements import use_each_day
from aftercare.understanding.stay import days_between
from aftercare.understanding.trip import days_named, people, tells_of_stop, tells_of_trip, watches_videos

# In the slot `focus`: the messages that told of the trip, latest first.
TRIP_MESSAGES, MOST_MESSAGES = "said", 4
# MB a day and person: with videos, and of several people who share one plan; a rule of thumb, told as one.
HEAVY, SHARED = 700, 300
# Days from which a stay is a long one, with plans of its own.
LONG_STAY_DAYS = 28


@dataclass(frozen=True)
class Need:
    """What a trip needs by what is used a day, told or by the rule of thumb. Data in MB; 0 and None where not told."""

    people: int
    days: float | None
    each_a_day: int
    use_named: bool = False  # the data of each day was named

    @property
    def a_day(self) -> int:
        """Of all together, each day."""
        return self.each_a_day * self.people

    @property
    def each(self) -> int:
        """Of one traveller, the whole trip."""
        return int(self.each_a_day * (self.days or 0))

    @property
    def total(self) -> int:
        """Of all together, the whole trip."""
        return self.each * self.people


def need_of(turn: Turn) -> Need:
    """What was said of the trip so far, in figures."""
    texts = trip_messages(turn)
    travellers = people(texts)
    a_day = next(filter(None, map(use_each_day, texts)), 0)
    return Need(travellers, trip_days(turn, texts), a_day or mb_a_day(texts) // travellers, use_named=bool(a_day))


def trip_messages(turn: Turn, most: int = 4) -> list[str]:
    """This message and those before it, latest first: what they said of the trip still holds."""
    texts = [str(event.get("text") or "") for event in reversed(turn.tracker.events) if event.get("event") == "user"]
    earlier = [text for text in texts[1 : most + 1] if not text.startswith("/")]
    return list(dict.fromkeys([turn.text, *earlier, *_kept(turn)]))


def _kept(turn: Turn) -> list[str]:
    kept = (turn.slot("focus") or {}).get(TRIP_MESSAGES) or ()
    return [kept] if isinstance(kept, str) else list(map(str, kept))


def keep_trip_messages(turn: Turn, **more: object) -> Event:
    """The event that keeps what was said of the trip: Rasa hands over the last messages only."""
    telling = [text[:300] for text in trip_messages(turn) if tells_of_trip(text)]
    kept = (telling or [turn.text[:300], *_kept(turn)])[:MOST_MESSAGES]
    event: Event = SlotSet("focus", {**(turn.slot("focus") or {}), TRIP_MESSAGES: kept, **more})
    return event


def mb_a_day(texts: Sequence[str]) -> int:
    """MB a day that what was said of the trip asks for; 0 when it says nothing of it."""
    travellers = people(texts)
    if any(map(watches_videos, texts)):
        return HEAVY * travellers
    return SHARED * travellers if travellers > 1 else 0


def trip_days(turn: Turn, texts: Sequence[str]) -> float | None:
    """Days of the trip by the first text that names any, or two dates; else those kept. An hour of calls is none.

    The days of a stop on the way count only when no others were told.
    """
    whole = [text for text in texts if not tells_of_stop(text)]
    today = turn.now.astimezone(turn.words.zone).date()
    named = next((days for text in (*whole, *texts) if (days := days_named(text) or days_between(text, today))), None)
    if named:
        return float(named)
    kept = turn.slot("amount_of_time")
    before = float(kept) if isinstance(kept, int | float) or (isinstance(kept, str) and kept.isdigit()) else 0.0
    return before if before >= 1 else None
