"""How much data of an order is used, and on which days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from actions.orders.about import facts_of, link_to, picture, ticket_for, validity
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.documents.locales import country, locale_of
from aftercare.documents.usage_chart import usage_chart
from aftercare.orders import usage
from aftercare.understanding.order_questions import day_asked

MAX_RECORDS = 10


class ActionDataUsage(OrderAction):
    """How much data is used and left, and until when."""

    action_name = "action_data_usage"
    asks_issuer = True

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """From the profile's counters; of a day that is named, from its records."""
        facts = facts_of(turn, session, number)
        if (day := _day_asked(turn)) is not None:
            return _tell_of_day(turn, session, number, day)
        left = facts.data_left_mb
        if left is not None:
            left_text = turn.words.phrase("usage_left", data=turn.words.data(left))
        else:
            left_text = turn.words.phrase("usage_unlimited", daily=turn.words.data(facts.fair_use_mb or 0))
        turn.say(
            "utter_usage",
            number=number,
            used=turn.words.data(facts.data_used_mb),
            left=left_text,
            validity=validity(turn, facts),
        )
        if turn.esim_as_of is not None:
            minutes = int((turn.now - turn.esim_as_of).total_seconds() // 60)
            asked = turn.words.phrase("usage_as_of_now") if minutes < 1 else turn.words.counted("usage_as_of", minutes)
            turn.say_text(asked, "usage_as_of")
        turn.say("utter_usage_lag")
        return []


class ActionUsageRecords(OrderAction):
    """The usage of each day; days that are missing are asked for."""

    action_name = "action_usage_records"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """List the days, or tell of one that is named; file a recovery request when data is unaccounted for."""
        if (day := _day_asked(turn)) is not None:
            return _tell_of_day(turn, session, number, day)
        summary = usage.summary(session, number, turn.now)
        if summary is None or not summary.records:
            turn.say("utter_usage_none", number=number)
            return []
        locale = locale_of(turn.language, turn.voice.traditional)
        lines = [
            turn.words.phrase(
                "usage_record",
                day=turn.words.day(record.day),
                used=turn.words.data(record.used_mb),
                operator=record.operator,
                country=country(record.country, locale),
            )
            for record in summary.records[-MAX_RECORDS:]
        ]
        cut = turn.words.phrase("usage_latest", count=MAX_RECORDS)
        turn.say(
            "utter_usage_records",
            number=number,
            count=len({record.day for record in summary.records}),
            total=turn.words.data(summary.recorded_mb),
            cut=cut if len(summary.records) > MAX_RECORDS else "",
            records="\n".join(lines),
            link=link_to(turn, "usage", number),
            image=picture(turn, usage_chart(summary, locale), "alt_usage", total=turn.words.data(summary.recorded_mb)),
        )
        if summary.recoverable:
            days = turn.words.listing([turn.words.day(day) for day in summary.missing_days])
            filed = ticket_for(turn, session, number, "recover_usage", missing=[str(d) for d in summary.missing_days])
            turn.say("utter_usage_gap", days=days, **filed)
        return []


def _day_asked(turn: Turn) -> date | None:
    """The day in New Zealand that the message names."""
    back = day_asked(turn.text)
    return None if back is None else (turn.now.astimezone(turn.words.zone) - timedelta(back)).date()


def _tell_of_day(turn: Turn, session: Session, number: str, day: date) -> list[Event]:
    """What the records say of one day; where they say nothing yet, the total beside it."""
    found = usage.summary(session, number, turn.now)
    used = [record.used_mb for record in found.records if record.day == day] if found else []
    values: dict[str, Any] = {
        "number": number,
        "day": turn.words.day(day),
        "total": turn.words.data(found.used_mb if found else 0),
    }
    if used:
        turn.say("utter_usage_of_day", used=turn.words.data(sum(used)), **values)
    else:
        turn.say("utter_usage_of_day_unknown", **values)
    return []
