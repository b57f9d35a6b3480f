"""Counts the figures of a period from one row per conversation, so that no report reads the messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from aftercare.conversations.reading import FALLBACK
from aftercare.orders.diagnoses import by_cause
from aftercare.orders.tables import Plan, Provider, Purchase, RefundRequest
from aftercare.staff.analytics.report import (
    CauseFigures,
    DayFigures,
    FeedbackFigures,
    GroupFigures,
    IntentFigures,
    Report,
    Selection,
    StepFigures,
    TimeSpread,
)
from aftercare.staff.analytics.tables import FLAGS, conversation_fact, feedback_fact, intent_fact, step_fact

LONGEST = 731  # days of a period
_TOP = 20

fact = conversation_fact.c


def report(desk: Engine, orders: Engine, selection: Selection, zone: ZoneInfo) -> Report:
    """The figures of a selection."""
    with desk.connect() as connection:
        understood, earlier = (
            _messages_by_intent(connection, selection),
            _messages_by_intent(connection, selection.before),
        )
        days = _days(connection, selection, understood)
        return Report(
            days=days,
            total=_total(days),
            before=_total(_days(connection, selection.before, earlier)),
            groups=_groups(connection, selection),
            reasons=_reasons(connection, selection),
            first_reply=_spread(connection, selection, fact.first_reply_seconds),
            resolution=_spread(connection, selection, fact.resolution_seconds),
            intents=_intents(understood, earlier),
            steps=_steps(connection, selection),
            helpful=_helpful(connection, selection),
            ratings=_ratings(connection, selection),
            refunds=_refunds(connection, orders, selection, zone),
            causes=_causes(orders, selection),
        )


def filter_values(desk: Engine, orders: Engine) -> dict[str, list[str]]:
    """The channels and providers to filter by."""
    with desk.connect() as connection:
        channels = list(connection.execute(sa.select(fact.channel).distinct().order_by(fact.channel)).scalars())
    with orders.connect() as connection:
        providers = list(connection.execute(sa.select(Provider.id).order_by(Provider.id)).scalars())
    return {"channels": channels, "providers": providers}


def _began(selection: Selection) -> list[Any]:
    return [fact.day.between(selection.first, selection.last), fact.outcome.isnot(None), *selection.of_conversations()]


def _narrowed(query: Any, table: sa.Table, selection: Selection) -> Any:
    """Rows of the days, and of the chosen conversations where filters narrow them down."""
    query = query.where(table.c.day.between(selection.first, selection.last))
    if narrowing := selection.of_conversations():
        query = query.join(conversation_fact, fact.conversation_id == table.c.conversation_id).where(*narrowing)
    return query


def _messages_by_intent(connection: Connection, selection: Selection) -> list[tuple[date, str, int, float]]:
    """Messages and summed confidence by day and intent."""
    c = intent_fact.c
    query = sa.select(c.day, c.intent, sa.func.sum(c.messages), sa.func.sum(c.confidence))
    query = query.where(c.day.between(selection.first, selection.last), *selection.of_conversations(intent_fact))
    rows = connection.execute(query.group_by(c.day, c.intent))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _days(
    connection: Connection, selection: Selection, understood: Sequence[tuple[date, str, int, float]]
) -> list[DayFigures]:
    found = {
        selection.first + timedelta(days=number): DayFigures(selection.first + timedelta(days=number))
        for number in range((selection.last - selection.first).days + 1)
    }
    flagged = [sa.func.sum(sa.case((fact[name], 1), else_=0)) for name in FLAGS]
    counted = (
        sa.select(fact.day, fact.outcome, sa.func.count(), *flagged)
        .where(*_began(selection))
        .group_by(fact.day, fact.outcome)
    )
    for day, outcome, number, *of_flags in connection.execute(counted):
        found[day].conversations += number
        setattr(found[day], outcome, number)
        for name, each in zip(FLAGS, of_flags, strict=True):
            setattr(found[day], name, getattr(found[day], name) + each)
    for day, intent, messages, confidence in understood:
        found[day].messages += messages
        found[day].confidence += confidence
        if intent == FALLBACK:
            found[day].fallbacks += messages
    return list(found.values())


def _total(days: Sequence[DayFigures]) -> DayFigures:
    total = DayFigures(days[0].day)
    for each in days:
        for name in (
            *("conversations", "contained", "person", "unanswered", *FLAGS),
            *("messages", "fallbacks", "confidence"),
        ):
            setattr(total, name, getattr(total, name) + getattr(each, name))
    return total


def _groups(connection: Connection, selection: Selection) -> list[GroupFigures]:
    """By language, channel and provider; each conversation stands once in each."""
    columns = (fact.language, fact.channel, fact.provider)
    numbers = (sa.func.count(), sa.func.count(fact.rating), sa.func.sum(fact.rating))
    found: dict[tuple[str, str], GroupFigures] = {}
    query = sa.select(*columns, fact.outcome, *numbers).where(*_began(selection)).group_by(*columns, fact.outcome)
    for *names, outcome, conversations, rated, stars in connection.execute(query):
        for column, name in zip(columns, names, strict=True):
            group = found.setdefault((column.name, name or ""), GroupFigures(column.name, name or ""))
            group.conversations += conversations
            group.rated += rated
            group.stars += stars or 0
            if outcome in ("contained", "person"):
                setattr(group, outcome, getattr(group, outcome) + conversations)
    order = [column.name for column in columns]
    return sorted(found.values(), key=lambda group: (order.index(group.by), -group.conversations, group.name))


def _reasons(connection: Connection, selection: Selection) -> list[tuple[str, int]]:
    number = sa.func.count()
    query = sa.select(fact.handoff_reason, number).where(fact.handoff_reason.isnot(None), *_began(selection))
    rows = connection.execute(query.group_by(fact.handoff_reason).order_by(number.desc(), fact.handoff_reason))
    return [(row[0], row[1]) for row in rows]


def _spread(connection: Connection, selection: Selection, column: Any) -> TimeSpread:
    values = list(connection.execute(sa.select(column).where(column.isnot(None), *_began(selection))).scalars())
    if not values:
        return TimeSpread(0, None, None)
    cuts = quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    return TimeSpread(len(values), cuts[4], cuts[8])


def _intents(
    understood: Sequence[tuple[date, str, int, float]], earlier: Sequence[tuple[date, str, int, float]]
) -> list[IntentFigures]:
    now, before = _by_intent(understood), _by_intent(earlier)
    found = (
        IntentFigures(
            name, messages, confidence / messages, before[name][1] / before[name][0] if name in before else None
        )
        for name, (messages, confidence) in now.items()
    )
    return sorted(found, key=lambda intent: (-intent.messages, intent.name))[:_TOP]


def _by_intent(understood: Sequence[tuple[date, str, int, float]]) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for _, intent, messages, confidence in understood:
        number, total = found.get(intent, (0, 0.0))
        found[intent] = (number + messages, total + confidence)
    return found


def _steps(connection: Connection, selection: Selection) -> list[StepFigures]:
    c = step_fact.c
    query = sa.select(c.step, c.outcome, sa.func.count()).select_from(step_fact)
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"worked": 0, "failed": 0, "unknown": 0})
    for step, outcome, number in connection.execute(_narrowed(query, step_fact, selection).group_by(c.step, c.outcome)):
        found[step][outcome] = number
    return sorted(
        (StepFigures(name, **each) for name, each in found.items()),
        key=lambda step: (-step.worked - step.failed - step.unknown, step.name),
    )


def _causes(orders: Engine, selection: Selection) -> list[CauseFigures]:
    """Diagnoses of the days; they are kept apart from conversations, so filters do not narrow them down."""
    with Session(orders) as session:
        return [CauseFigures(*row) for row in by_cause(session, selection.first, selection.last)]


def _helpful(connection: Connection, selection: Selection) -> list[FeedbackFigures]:
    c = feedback_fact.c
    columns = (c.about, c.language, c.helpful)
    query = sa.select(*columns, sa.func.count()).select_from(feedback_fact)
    found: dict[tuple[str, str], dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for about, language, helpful, number in connection.execute(
        _narrowed(query, feedback_fact, selection).group_by(*columns)
    ):
        found[about, language][helpful] = number
    return sorted(
        (FeedbackFigures(*key, counts[True], counts[False]) for key, counts in found.items()),
        key=lambda each: (-each.helpful - each.not_helpful, each.about, each.language),
    )


def _ratings(connection: Connection, selection: Selection) -> list[tuple[int, int]]:
    query = sa.select(fact.rating, sa.func.count()).where(fact.rating.isnot(None), *_began(selection))
    found = {row[0]: row[1] for row in connection.execute(query.group_by(fact.rating))}
    return [(score, found.get(score, 0)) for score in (5, 4, 3, 2, 1)] if found else []


def _refunds(
    connection: Connection, orders: Engine, selection: Selection, zone: ZoneInfo
) -> list[tuple[str, str, str, int]]:
    """Requests by kind, by state and what the rules decided.

    A request belongs to an order; with a language or channel, only those made in such conversations count.
    """
    start = datetime.combine(selection.first, time(), zone)
    end = datetime.combine(selection.last + timedelta(days=1), time(), zone)
    columns = (RefundRequest.kind, RefundRequest.state, RefundRequest.decision)
    query = sa.select(RefundRequest.conversation_id, *columns)
    query = query.where(RefundRequest.requested_at >= start, RefundRequest.requested_at < end)
    if selection.provider:
        query = query.join(Purchase, Purchase.id == RefundRequest.purchase_id).join(Plan, Plan.id == Purchase.plan_id)
        query = query.where(Plan.provider_id == selection.provider)
    with orders.connect() as beside:
        rows: Sequence[Any] = beside.execute(query).all()
    if selection.language or selection.channel:
        wanted = _conversations(connection, [row[0] for row in rows if row[0]], replace(selection, provider=""))
        rows = [row for row in rows if row[0] in wanted]
    counted = Counter(tuple(row[1:]) for row in rows)
    return [(*key, number) for key, number in sorted(counted.items(), key=lambda each: (-each[1], each[0]))]


def _conversations(connection: Connection, ids: Sequence[str], selection: Selection) -> set[str]:
    """Those of `ids` that fit the filters, whenever they began."""
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        part = fact.conversation_id.in_(ids[start : start + 500])
        query = sa.select(fact.conversation_id).where(part, *selection.of_conversations())
        found.update(connection.execute(query).scalars())
    return found
