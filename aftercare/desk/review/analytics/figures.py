"""The figures of a period: counted from one row per conversation, so that a million messages take a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercare.desk.review.analytics.tables import conversation_fact, intent_fact, step_fact
from aftercare.desk.review.reading import FALLBACK
from aftercare.orders.tables import Plan, Provider, Purchase, RefundRequest

LONGEST = 731  # days of a period
_TOP = 20

fact = conversation_fact.c


@dataclass(frozen=True)
class Chosen:
    """What is looked at: days from `first` to `last`, both included, and what narrows it down."""

    first: date
    last: date
    language: str = ""
    channel: str = ""
    provider: str = ""

    def of_conversations(self) -> list[Any]:
        """Conditions on `conversation_fact` beside its day."""
        wanted = ((fact.language, self.language), (fact.channel, self.channel), (fact.provider, self.provider))
        return [column == value for column, value in wanted if value]


@dataclass
class Day:
    """The figures of a day; conversations by the day they began, understanding by the day of the message."""

    day: date
    conversations: int = 0
    contained: int = 0
    person: int = 0
    unanswered: int = 0
    messages: int = 0  # typed ones that the assistant read
    fallbacks: int = 0
    confidence: float = 0.0  # summed over the messages

    @property
    def containment(self) -> float | None:
        """Share of the conversations that needed no person, 0 to 1."""
        return self.contained / self.conversations if self.conversations else None

    @property
    def mean_confidence(self) -> float | None:
        """Of the typed messages, 0 to 1."""
        return self.confidence / self.messages if self.messages else None

    @property
    def fallback_rate(self) -> float | None:
        """Share of the typed messages nobody was sure of, 0 to 1."""
        return self.fallbacks / self.messages if self.messages else None


@dataclass(frozen=True)
class Spread:
    """Median and 90th percentile of times in seconds, and of how many."""

    count: int
    median: float | None
    p90: float | None


@dataclass
class Report:
    """All figures of a choice."""

    days: list[Day]
    total: Day
    reasons: list[tuple[str, int]]
    first_reply: Spread
    resolution: Spread
    intents: list[tuple[str, int, float]]  # name, messages, mean confidence
    steps: list[tuple[str, int, int, int]]  # name, worked, failed, unknown
    ratings: list[tuple[int, int]]  # score, conversations
    refunds: list[tuple[str, str, str, int]] = field(default_factory=list)  # kind, state, decision, requests

    @property
    def mean_rating(self) -> float | None:
        """1 to 5."""
        rated = sum(number for _, number in self.ratings)
        return sum(score * number for score, number in self.ratings) / rated if rated else None


def report(desk: Engine, orders: Engine, chosen: Chosen, zone: ZoneInfo) -> Report:
    """The figures of a choice."""
    with desk.connect() as connection:
        understood = _understood(connection, chosen)
        days = _days(connection, chosen, understood)
        total = Day(chosen.first)
        for each in days:
            for name in ("conversations", "contained", "person", "unanswered", "messages", "fallbacks", "confidence"):
                setattr(total, name, getattr(total, name) + getattr(each, name))
        return Report(
            days=days,
            total=total,
            reasons=_reasons(connection, chosen),
            first_reply=_spread(connection, chosen, fact.first_reply_seconds),
            resolution=_spread(connection, chosen, fact.resolution_seconds),
            intents=_intents(understood),
            steps=_steps(connection, chosen),
            ratings=_ratings(connection, chosen),
            refunds=_refunds(orders, chosen, zone),
        )


def choices(desk: Engine, orders: Engine) -> dict[str, list[str]]:
    """The channels and providers there are to choose from."""
    with desk.connect() as connection:
        channels = list(connection.execute(sa.select(fact.channel).distinct().order_by(fact.channel)).scalars())
    with orders.connect() as connection:
        providers = list(connection.execute(sa.select(Provider.id).order_by(Provider.id)).scalars())
    return {"channels": channels, "providers": providers}


def _began(chosen: Chosen) -> list[Any]:
    return [fact.day.between(chosen.first, chosen.last), fact.outcome.isnot(None), *chosen.of_conversations()]


def _narrowed(query: Any, table: sa.Table, chosen: Chosen) -> Any:
    """Rows of the days, and of the chosen conversations where a choice narrows them down."""
    query = query.where(table.c.day.between(chosen.first, chosen.last))
    if narrowing := chosen.of_conversations():
        query = query.join(conversation_fact, fact.conversation_id == table.c.conversation_id).where(*narrowing)
    return query


def _understood(connection: Connection, chosen: Chosen) -> list[tuple[date, str, int, float]]:
    """Messages and summed confidence by day and intent."""
    c = intent_fact.c
    query = sa.select(c.day, c.intent, sa.func.sum(c.messages), sa.func.sum(c.confidence)).select_from(intent_fact)
    rows = connection.execute(_narrowed(query, intent_fact, chosen).group_by(c.day, c.intent))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _days(connection: Connection, chosen: Chosen, understood: Sequence[tuple[date, str, int, float]]) -> list[Day]:
    found = {
        chosen.first + timedelta(days=number): Day(chosen.first + timedelta(days=number))
        for number in range((chosen.last - chosen.first).days + 1)
    }
    counted = sa.select(fact.day, fact.outcome, sa.func.count()).where(*_began(chosen)).group_by(fact.day, fact.outcome)
    for day, outcome, number in connection.execute(counted):
        found[day].conversations += number
        setattr(found[day], outcome, number)
    for day, intent, messages, confidence in understood:
        found[day].messages += messages
        found[day].confidence += confidence
        if intent == FALLBACK:
            found[day].fallbacks += messages
    return list(found.values())


def _reasons(connection: Connection, chosen: Chosen) -> list[tuple[str, int]]:
    number = sa.func.count()
    query = sa.select(fact.handoff_reason, number).where(fact.handoff_reason.isnot(None), *_began(chosen))
    rows = connection.execute(query.group_by(fact.handoff_reason).order_by(number.desc(), fact.handoff_reason))
    return [(row[0], row[1]) for row in rows]


def _spread(connection: Connection, chosen: Chosen, column: Any) -> Spread:
    values = list(connection.execute(sa.select(column).where(column.isnot(None), *_began(chosen))).scalars())
    if not values:
        return Spread(0, None, None)
    cuts = quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    return Spread(len(values), cuts[4], cuts[8])


def _intents(understood: Sequence[tuple[date, str, int, float]]) -> list[tuple[str, int, float]]:
    found: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for _, intent, messages, confidence in understood:
        found[intent] = (found[intent][0] + messages, found[intent][1] + confidence)
    rows = [(intent, messages, confidence / messages) for intent, (messages, confidence) in found.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:_TOP]


def _steps(connection: Connection, chosen: Chosen) -> list[tuple[str, int, int, int]]:
    c = step_fact.c
    query = sa.select(c.step, c.outcome, sa.func.count()).select_from(step_fact)
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"worked": 0, "failed": 0, "unknown": 0})
    for step, outcome, number in connection.execute(_narrowed(query, step_fact, chosen).group_by(c.step, c.outcome)):
        found[step][outcome] = number
    rows = [(step, each["worked"], each["failed"], each["unknown"]) for step, each in found.items()]
    return sorted(rows, key=lambda row: (-sum(row[1:]), row[0]))


def _ratings(connection: Connection, chosen: Chosen) -> list[tuple[int, int]]:
    query = sa.select(fact.rating, sa.func.count()).where(fact.rating.isnot(None), *_began(chosen))
    found = {row[0]: row[1] for row in connection.execute(query.group_by(fact.rating))}
    return [(score, found.get(score, 0)) for score in (5, 4, 3, 2, 1)] if found else []


def _refunds(orders: Engine, chosen: Chosen, zone: ZoneInfo) -> list[tuple[str, str, str, int]]:
    """Of all languages and channels: a request belongs to an order, which may have been talked about in several."""
    start = datetime.combine(chosen.first, time(), zone)
    end = datetime.combine(chosen.last + timedelta(days=1), time(), zone)
    number = sa.func.count()
    columns = (RefundRequest.kind, RefundRequest.state, RefundRequest.decision)
    query = sa.select(*columns, number).where(RefundRequest.requested_at >= start, RefundRequest.requested_at < end)
    if chosen.provider:
        query = query.join(Purchase, Purchase.id == RefundRequest.purchase_id).join(Plan, Plan.id == Purchase.plan_id)
        query = query.where(Plan.provider_id == chosen.provider)
    with orders.connect() as connection:
        rows: Sequence[Any] = connection.execute(query.group_by(*columns).order_by(number.desc(), *columns)).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows]
