"""How diagnoses ended and what was behind them, without anything that tells whose they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.tables import Diagnosis


@dataclass(frozen=True)
class Ended:
    """A diagnosis that came to an end; None is what is not known.

    `case` is a random key of its own; `causes` are pairs of the symptom and the cause found behind it
    (data/playbooks/causes.yml); `country` is an ISO code.
    """

    case: str
    day: date
    outcome: str
    """"solved", or "open" when no step was left."""
    symptom: str | None
    causes: tuple[tuple[str, str], ...]
    device_family: str | None
    operator: str | None
    country: str | None
    steps: int


def record(session: Session, ended: Ended) -> None:
    """Store how a case ended, in place of what was stored of it before."""
    session.execute(sa.delete(Diagnosis).where(Diagnosis.case == ended.case))
    found = {cause: symptom for symptom, cause in ended.causes} or {"": ended.symptom or ""}
    for cause, symptom in found.items():
        session.add(
            Diagnosis(
                case=ended.case,
                cause=cause,
                symptom=symptom,
                day=ended.day,
                outcome=ended.outcome,
                device_family=ended.device_family,
                operator=ended.operator,
                country=ended.country,
                steps=ended.steps,
            )
        )


def experience(session: Session, since: date) -> dict[tuple[str, str], int]:
    """How many solved cases there were since a day, by symptom and cause."""
    d = Diagnosis
    rows = session.execute(
        sa.select(d.symptom, d.cause, sa.func.count())
        .where(d.outcome == "solved", d.cause != "", d.day >= since)
        .group_by(d.symptom, d.cause)
    )
    return {(symptom, cause): number for symptom, cause, number in rows}


def by_cause(session: Session, first: date, last: date) -> Sequence[tuple[str, str, str, str, str, int]]:
    """Cases of these days by outcome, cause, phone, operator and country, the most frequent first; "" is unknown."""
    d = Diagnosis
    known = (sa.func.coalesce(column, "") for column in (d.device_family, d.operator, d.country))
    columns = (d.outcome, d.cause, *known)
    number = sa.func.count()
    query = sa.select(*columns, number).where(d.day.between(first, last)).group_by(*columns)
    return [tuple(row) for row in session.execute(query.order_by(number.desc(), *columns))]
