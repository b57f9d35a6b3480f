"""A refund or an exchange of one order as it would be decided now: what every answer about its money is told from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from actions.turn import Turn
from aftercare.documents.refund_rules import rule_line
from aftercare.orders import authority
from aftercare.orders.refunds.decide import Kind, RefundDecision, Rule, decide, open_until
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.refunds.terms import RefundFacts, RefundTerms


@dataclass(frozen=True)
class RefundView:
    """The order's facts, its seller's terms, and what follows from both, within what is approved automatically."""

    number: str
    facts: RefundFacts
    terms: RefundTerms
    decision: RefundDecision

    @property
    def possible(self) -> bool:
        """Whether money comes back by the terms alone."""
        return self.decision.outcome in ("approved", "partial") and self.decision.amount_minor > 0

    @property
    def until(self) -> datetime | None:
        """The last moment to ask for it; None where the terms set none that is known."""
        return open_until(self.facts, self.terms)

    @property
    def less(self) -> bool:
        """Whether less comes back than was paid."""
        return self.decision.amount_minor < self.facts.paid_minor

    @property
    def decisive(self) -> tuple[Rule, ...]:
        """The rules that keep a part of the price, or those that stand in the way of any money back."""
        if not self.possible:
            return self.decision.failed
        return tuple(rule for rule in self.decision.rules if rule.name in ("fee", "data_limit") and rule.figure)


def view_of(turn: Turn, session: Session, number: str, kind: Kind = "refund") -> RefundView | None:
    """How it would be decided now; None when there is no such order. Ownership is proven before."""
    loaded = facts_for(session, number, turn.now, fault_reported=turn.fault_reported)
    if loaded is None:
        return None
    facts, terms = loaded
    return RefundView(number, facts, terms, authority.bounded(session, number, decide(facts, terms, kind), turn.now))


def decisive_text(turn: Turn, view: RefundView) -> str:
    """The decisive rules in a line."""
    lines = [rule_line(rule, view.decision.currency, turn.language, view.terms) for rule in view.decisive]
    return turn.words.listing(lines)
