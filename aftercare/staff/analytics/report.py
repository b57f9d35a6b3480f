"""What is asked of the figures, and the report that answers: days, groups, times, intents, steps and feedback."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from aftercare.staff.analytics.tables import conversation_fact


@dataclass(frozen=True)
class Selection:
    """Which conversations a report counts: days from `first` to `last`, both included; empty filters mean all."""

    first: date
    last: date
    language: str = ""
    channel: str = ""
    provider: str = ""

    @property
    def before(self) -> Selection:
        """The same filters over as many days before `first`."""
        days = (self.last - self.first).days + 1
        return replace(self, first=self.first - timedelta(days=days), last=self.first - timedelta(days=1))

    def of_conversations(self, table: sa.Table = conversation_fact) -> list[Any]:
        """Conditions on a table that has language, channel and provider."""
        wanted = ((table.c.language, self.language), (table.c.channel, self.channel), (table.c.provider, self.provider))
        return [column == value for column, value in wanted if value]


@dataclass
class DayFigures:
    """The figures of a day; conversations by the day they began, understanding by the day of the message."""

    day: date
    conversations: int = 0
    contained: int = 0
    person: int = 0
    unanswered: int = 0
    deflected: int = 0
    resolved: int = 0
    abandoned: int = 0
    reopened: int = 0
    messages: int = 0  # typed ones that the assistant read
    fallbacks: int = 0
    confidence: float = 0.0  # summed over the messages

    @property
    def containment(self) -> float | None:
        """Share of the conversations that needed no person, 0 to 1."""
        return self.share("contained")

    def share(self, figure: str) -> float | None:
        """Share of the conversations that one of the other figures counts, 0 to 1; None without conversations."""
        return getattr(self, figure) / self.conversations if self.conversations else None

    @property
    def mean_confidence(self) -> float | None:
        """Mean confidence of the typed messages, 0 to 1."""
        return self.confidence / self.messages if self.messages else None

    @property
    def fallback_rate(self) -> float | None:
        """Share of the typed messages the model was too unsure of, 0 to 1."""
        return self.fallbacks / self.messages if self.messages else None


@dataclass(frozen=True)
class TimeSpread:
    """Median and 90th percentile of times in seconds, and of how many."""

    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class IntentFigures:
    """How often an intent was typed, and its mean confidence; `earlier` is that of as many days before."""

    name: str
    messages: int
    confidence: float
    earlier: float | None

    @property
    def drift(self) -> float | None:
        """Change of the mean confidence since then, -1 to 1."""
        return None if self.earlier is None else self.confidence - self.earlier


@dataclass(frozen=True)
class StepFigures:
    """How often a step of a playbook worked."""

    name: str
    worked: int
    failed: int
    unknown: int

    @property
    def success(self) -> float | None:
        """Share that worked of those whose outcome is known, 0 to 1."""
        known = self.worked + self.failed
        return self.worked / known if known else None


@dataclass(frozen=True)
class CauseFigures:
    """How many diagnoses ended so; "" is what is not known."""

    outcome: str  # solved, open
    cause: str  # of data/playbooks/causes.yml
    device_family: str
    operator: str
    country: str
    cases: int


@dataclass(frozen=True)
class FeedbackFigures:
    """The feedback of travellers on an answer, in one language."""

    about: str
    language: str
    helpful: int
    not_helpful: int

    @property
    def share(self) -> float:
        """Share of the feedback that found it helpful, 0 to 1."""
        return self.helpful / (self.helpful + self.not_helpful)


@dataclass
class GroupFigures:
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
        """The mean rating, 1 to 5."""
        return self.stars / self.rated if self.rated else None


@dataclass
class Report:
    """All figures of a selection."""

    days: list[DayFigures]
    total: DayFigures
    before: DayFigures  # the total of as many days before
    groups: list[GroupFigures]
    reasons: list[tuple[str, int]]
    first_reply: TimeSpread
    resolution: TimeSpread
    intents: list[IntentFigures]
    steps: list[StepFigures]
    helpful: list[FeedbackFigures]
    ratings: list[tuple[int, int]]  # score, conversations
    refunds: list[tuple[str, str, str, int]] = field(default_factory=list)  # kind, state, decision, requests
    causes: list[CauseFigures] = field(default_factory=list)

    @property
    def mean_rating(self) -> float | None:
        """The mean rating, 1 to 5."""
        rated = sum(number for _, number in self.ratings)
        return sum(score * number for score, number in self.ratings) / rated if rated else None

    @property
    def helpful_share(self) -> float | None:
        """Share of all feedback that found the answer helpful, 0 to 1."""
        helpful = sum(each.helpful for each in self.helpful)
        total = helpful + sum(each.not_helpful for each in self.helpful)
        return helpful / total if total else None
