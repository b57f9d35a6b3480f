"""The figures of a period: counted from one row per conversation, so that a million messages take a moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercare.conversations.reading import FALLBACK
from aftercare.orders.tables import Plan, Provider, Purchase, RefundRequest
from aftercare.staff.analytics.tables import conversation_fact, feedback_fact, intent_fact, step_fact

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

    @property
    def before(self) -> Chosen:
        """The same choice in as many days before."""
        days = (self.last - self.first).days + 1
        return replace(self, first=self.first - timedelta(days=days), last=self.first - timedelta(days=1))

    def of_conversations(self, table: sa.Table = conversation_fact) -> list[Any]:
        """Conditions on a table that has language, channel and provider."""
        wanted = ((table.c.language, self.language), (table.c.channel, self.channel), (table.c.provider, self.provider))
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


@dataclass(frozen=True)
class Intent:
    """How often an intent was typed, and how sure the assistant was of it; `earlier` in as many days before."""

    name: str
    messages: int
    confidence: float
    earlier: float | None

    @property
    def drift(self) -> float | None:
        """By how much the mean confidence has changed since, -1 to 1."""
        return None if self.earlier is None else self.confidence - self.earlier


@dataclass(frozen=True)
class Step:
    """How often a step of a playbook worked."""

    name: str
    worked: int
    failed: int
    unknown: int

    @property
    def success(self) -> float | None:
        """Of those whose end is known, 0 to 1."""
        known = self.worked + self.failed
        return self.worked / known if known else None


@dataclass(frozen=True)
class Helpful:
    """What travellers said of an answer, in one language."""

    about: str
    language: str
    helpful: int
    not_helpful: int

    @property
    def share(self) -> float:
        """Who found it helpful, of those who said, 0 to 1."""
        return self.helpful / (self.helpful + self.not_helpful)


@dataclass
class Group:
    """The conversations of a language, channel or provider."""

    by: str
    name: str
    conversations: int = 0
    contained: int = 0
    person: int = 0
    rated: int = 0
    stars: int = 0

    @property
    def containment(self) -> float:
        """Share that needed no person, 0 to 1."""
        return self.contained / self.conversations

    @property
    def mean_rating(self) -> float | None:
        """1 to 5."""
        return self.stars / self.rated if self.rated else None


@dataclass
class Report:
    """All figures of a choice."""

    days: list[Day]
    total: Day
    before: Day  # the total of as many days before
    groups: list[Group]
    reasons: list[tuple[str, int]]
    first_reply: Spread
    resolution: Spread
    intents: list[Intent]
    steps: list[Step]
    helpful: list[Helpful]
    ratings: list[tuple[int, int]]  # score, conversations
    refunds: list[tuple[str, str, str, int]] = field(default_factory=list)  # kind, state, decision, requests

    @property
    def mean_rating(self) -> float | None:
        """1 to 5."""
        rated = sum(number for _, number in self.ratings)
        return sum(score * number for score, number in self.ratings) / rated if rated else None

    @property
    def helpful_share(self) -> float | None:
        """Of all that was said about answers, 0 to 1."""
        helpful, said = sum(h.helpful for h in self.helpful), sum(h.helpful + h.not_helpful for h in self.helpful)
        return helpful / said if said else None


def report(desk: Engine, orders: Engine, chosen: Chosen, zone: ZoneInfo) -> Report:
    """The figures of a choice."""
    with desk.connect() as connection:
        understood, earlier = _understood(connection, chosen), _understood(connection, chosen.before)
        days = _days(connection, chosen, understood)
        return Report(
            days=days,
            total=_total(days),
            before=_total(_days(connection, chosen.before, earlier)),
            groups=_groups(connection, chosen),
            reasons=_reasons(connection, chosen),
            first_reply=_spread(connection, chosen, fact.first_reply_seconds),
            resolution=_spread(connection, chosen, fact.resolution_seconds),
            intents=_intents(understood, earlier),
            steps=_steps(connection, chosen),
            helpful=_helpful(connection, chosen),
            ratings=_ratings(connection, chosen),
            refunds=_refunds(connection, orders, chosen, zone),
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
    query = sa.select(c.day, c.intent, sa.func.sum(c.messages), sa.func.sum(c.confidence))
    query = query.where(c.day.between(chosen.first, chosen.last), *chosen.of_conversations(intent_fact))
    rows = connection.execute(query.group_by(c.day, c.intent))
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


def _total(days: Sequence[Day]) -> Day:
    total = Day(days[0].day)
    for each in days:
        for name in ("conversations", "contained", "person", "unanswered", "messages", "fallbacks", "confidence"):
            setattr(total, name, getattr(total, name) + getattr(each, name))
    return total


def _groups(connection: Connection, chosen: Chosen) -> list[Group]:
    """By language, channel and provider; each conversation stands once in each."""
    columns = (fact.language, fact.channel, fact.provider)
    numbers = (sa.func.count(), sa.func.count(fact.rating), sa.func.sum(fact.rating))
    found: dict[tuple[str, str], Group] = {}
    query = sa.select(*columns, fact.outcome, *numbers).where(*_began(chosen)).group_by(*columns, fact.outcome)
    for *names, outcome, conversations, rated, stars in connection.execute(query):
        for column, name in zip(columns, names, strict=True):
            group = found.setdefault((column.name, name or ""), Group(column.name, name or ""))
            group.conversations += conversations
            group.rated += rated
            group.stars += stars or 0
            if outcome in ("contained", "person"):
                setattr(group, outcome, getattr(group, outcome) + conversations)
    order = [column.name for column in columns]
    return sorted(found.values(), key=lambda group: (order.index(group.by), -group.conversations, group.name))


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


def _intents(
    understood: Sequence[tuple[date, str, int, float]], earlier: Sequence[tuple[date, str, int, float]]
) -> list[Intent]:
    now, before = _by_intent(understood), _by_intent(earlier)
    found = (
        Intent(name, messages, confidence / messages, before[name][1] / before[name][0] if name in before else None)
        for name, (messages, confidence) in now.items()
    )
    return sorted(found, key=lambda intent: (-intent.messages, intent.name))[:_TOP]


def _by_intent(understood: Sequence[tuple[date, str, int, float]]) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for _, intent, messages, confidence in understood:
        number, total = found.get(intent, (0, 0.0))
        found[intent] = (number + messages, total + confidence)
    return found


def _steps(connection: Connection, chosen: Chosen) -> list[Step]:
    c = step_fact.c
    query = sa.select(c.step, c.outcome, sa.func.count()).select_from(step_fact)
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"worked": 0, "failed": 0, "unknown": 0})
    for step, outcome, number in connection.execute(_narrowed(query, step_fact, chosen).group_by(c.step, c.outcome)):
        found[step][outcome] = number
    return sorted(
        (Step(name, **each) for name, each in found.items()),
        key=lambda step: (-step.worked - step.failed - step.unknown, step.name),
    )


def _helpful(connection: Connection, chosen: Chosen) -> list[Helpful]:
    c = feedback_fact.c
    columns = (c.about, c.language, c.helpful)
    query = sa.select(*columns, sa.func.count()).select_from(feedback_fact)
    found: dict[tuple[str, str], dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for about, language, helpful, number in connection.execute(
        _narrowed(query, feedback_fact, chosen).group_by(*columns)
    ):
        found[about, language][helpful] = number
    return sorted(
        (Helpful(*key, said[True], said[False]) for key, said in found.items()),
        key=lambda each: (-each.helpful - each.not_helpful, each.about, each.language),
    )


def _ratings(connection: Connection, chosen: Chosen) -> list[tuple[int, int]]:
    query = sa.select(fact.rating, sa.func.count()).where(fact.rating.isnot(None), *_began(chosen))
    found = {row[0]: row[1] for row in connection.execute(query.group_by(fact.rating))}
    return [(score, found.get(score, 0)) for score in (5, 4, 3, 2, 1)] if found else []


def _refunds(connection: Connection, orders: Engine, chosen: Chosen, zone: ZoneInfo) -> list[tuple[str, str, str, int]]:
    """Requests by what they are, what became of them and what the rules said.

    A request belongs to an order; where a language or channel is chosen, only those made in such a conversation count.
    """
    start = datetime.combine(chosen.first, time(), zone)
    end = datetime.combine(chosen.last + timedelta(days=1), time(), zone)
    columns = (RefundRequest.kind, RefundRequest.state, RefundRequest.decision)
    query = sa.select(RefundRequest.conversation_id, *columns)
    query = query.where(RefundRequest.requested_at >= start, RefundRequest.requested_at < end)
    if chosen.provider:
        query = query.join(Purchase, Purchase.id == RefundRequest.purchase_id).join(Plan, Plan.id == Purchase.plan_id)
        query = query.where(Plan.provider_id == chosen.provider)
    with orders.connect() as beside:
        rows: Sequence[Any] = beside.execute(query).all()
    if chosen.language or chosen.channel:
        wanted = _conversations(connection, [row[0] for row in rows if row[0]], replace(chosen, provider=""))
        rows = [row for row in rows if row[0] in wanted]
    counted = Counter(tuple(row[1:]) for row in rows)
    return [(*key, number) for key, number in sorted(counted.items(), key=lambda each: (-each[1], each[0]))]


def _conversations(connection: Connection, ids: Sequence[str], chosen: Chosen) -> set[str]:
    """Those of `ids` that fit the choice, whenever they began."""
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        part = fact.conversation_id.in_(ids[start : start + 500])
        query = sa.select(fact.conversation_id).where(part, *chosen.of_conversations())
        found.update(connection.execute(query).scalars())
    return found
