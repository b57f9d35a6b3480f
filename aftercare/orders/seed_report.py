"""Writes rows so that an unchanged one stays untouched, and counts what was added and changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from aftercare.orders.tables import OrdersBase


@dataclass
class SeedReport:
    """Rows added and changed, by table; `kept` are demo orders left as travellers have made them."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """What was done, in words."""
        if not self.changes:
            return "the orders are up to date"
        named = {"purchase": "orders", "plan": "plans", "provider": "providers"}
        parts = [f"{self.added[table]} {name}" for table, name in named.items() if self.added[table]]
        done = [f"added {', '.join(parts)} and what belongs to them"] if parts else []
        if others := self.changes - (self.added.total() if parts else 0):
            done.append(f"brought {others} rows up to date")
        return "; ".join(done)

    @property
    def changes(self) -> int:
        """How many rows are not what they were before."""
        return self.added.total() + self.changed.total()


class RowWriter:
    """Adds and changes rows, and counts them."""

    def __init__(self, session: Session, report: SeedReport) -> None:
        self.session = session
        self.report = report

    def put[Row: OrdersBase](self, row: Row | None, model: type[Row], values: Mapping[str, Any]) -> Row:
        """`row` with `values`, or a new row of `model`."""
        if row is None:
            row = model(**values)
            self.session.add(row)
            self.report.added[model.__tablename__] += 1
            return row
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in differing.items():
            setattr(row, name, value)
        if differing:
            self.report.changed[model.__tablename__] += 1
        return row

    def remove(self, row: OrdersBase) -> None:
        """Delete the row; it counts as a change of its table."""
        self.session.delete(row)
        self.report.changed[row.__tablename__] += 1
