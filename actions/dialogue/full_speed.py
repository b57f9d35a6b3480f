"""An unlimited plan that is slowed down today: what it gives a day, and when it is fast again, by the order's facts."""

from __future__ import annotations

from actions.diagnosis.situation import situation_of
from actions.turn import Event, Turn
from aftercare.troubleshooting.player import why_of
from aftercare.understanding.follow_ups import asks_for_time
from aftercare.understanding.plan_requirements import ENDLESS, data_wanted

_BACK_WHEN = "speed-and-fair-use.full-speed-back-when"
_ENDLESS = ("speed-and-fair-use.really-unlimited", "speed-and-fair-use.after-daily-amount")
_LIKELY = 0.3


def answer(turn: Turn) -> list[Event] | None:
    """The plan's day in figures and the time told; None when neither is asked, or the line is not slowed down."""
    if turn.called_by_action or not turn.slot("order_verified") or not (_asks_when(turn) or _disputes(turn)):
        return None
    situation = situation_of(turn)
    if situation.facts is None or not situation.facts.throttled:
        return None
    turn.say_text(why_of("throttled", situation)[turn.language], "why.finding.throttled")
    return []


def _asks_when(turn: Turn) -> bool:
    return _chance(turn, _BACK_WHEN) >= _LIKELY and asks_for_time(turn.text)


def _disputes(turn: Turn) -> bool:
    """Whether "unlimited" is held against the slow line, rather than a plan of that kind asked for."""
    if data_wanted(turn.text) != ENDLESS:
        return False
    slowed = turn.reading.situation == "finding" and turn.reading.asked.startswith("throttled")
    return (slowed and turn.reading.has("object", "complain")) or any(
        _chance(turn, name) >= _LIKELY for name in _ENDLESS
    )


def _chance(turn: Turn, name: str) -> float:
    """How likely an article's question is asked, alone or beside another."""
    return max((chance for found, chance in (*turn.reading.units, *turn.reading.parts) if found == name), default=0.0)
