"""Refunds and exchanges decided by the provider's written terms: every rule with its figure, never by a model.

Every function here is pure. Money is an integer in minor units and always rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aftercare.orders.refunds.terms import RefundFacts, RefundTerms

Kind = Literal["refund", "exchange"]
Result = Literal["approved", "partial", "review", "declined"]
Option = Literal["exchange", "top_up", "fault_review", "consumer_rights", "person"]
RuleName = Literal[
    "charged",
    "not_refunded",
    "duplicate_charge",
    "phone_cannot_use",
    "window",
    "data_limit",
    "profile",
    "expiry",
    "promotion",
    "fault_window",
    "exchange_allowed",
    "something_left",
    "fee",
    "authority",
]

# The code is consumed once a phone has downloaded the profile, so everything between the two ends counts as installed.
UNUSED_STATES = (None, "released")
CHARGED_STATES = ("paid", "delivered")


@dataclass(frozen=True)
class Rule:
    """One rule of the decision: the order's `figure` against the provider's `limit` (None: it sets none)."""

    name: RuleName
    passed: bool
    figure: int | str | None
    limit: int | str | None
    unit: Literal["days", "mb", "state", "money", "order", "yes_no"]


@dataclass(frozen=True)
class RefundDecision:
    """What is decided, and why. `amount_minor` is promised now; for an exchange it is the credit towards a plan.

    `up_to_minor` is the most a person may still grant after a review; `arrives_in_days` is None when no money moves.
    """

    kind: Kind
    outcome: Result
    amount_minor: int
    up_to_minor: int
    currency: str
    rules: tuple[Rule, ...]
    options: tuple[Option, ...]
    arrives_in_days: int | None
    paid_to: Literal["card", "credit"]
    fault_reported: bool = False

    @property
    def failed(self) -> tuple[Rule, ...]:
        """The rules that stand in the way, the most telling first."""
        return tuple(rule for rule in self.rules if not rule.passed)


def decide(facts: RefundFacts, terms: RefundTerms, kind: Kind) -> RefundDecision:
    """Decide by the terms. Never more than was paid and not yet returned; never better with more days or data used."""
    return _exchange(facts, terms) if kind == "exchange" else _refund(facts, terms)


def _refund(facts: RefundFacts, terms: RefundTerms) -> RefundDecision:
    settled = _settled(facts)
    if not _all_passed(settled):
        return _decision(facts, terms, "refund", "declined", 0, settled)
    paid = facts.paid_minor - facts.refunded_minor
    in_fault_window = _fault_window(facts, terms)

    if facts.duplicate_of is not None and facts.data_used_mb == 0:
        second = Rule("duplicate_charge", True, facts.duplicate_of, None, "order")
        return _decision(facts, terms, "refund", "approved", paid, (*settled, second))
    if _phone_cannot_use(facts):
        useless = Rule("phone_cannot_use", True, "locked" if facts.carrier_locked else "no_esim", None, "state")
        # The plan was of no use to this phone from the first day: the longer of both windows applies, without a fee.
        window = _window(facts, terms, max(terms.window_days, terms.fault_window_days))
        result: Result = "approved" if window.passed else "review"
        return _decision(
            facts, terms, "refund", result, paid if window.passed else 0, (*settled, useless, window), up_to=paid
        )

    share, full = _share(facts, terms, paid)
    hard = (
        _window(facts, terms, terms.window_days),
        _profile(facts, terms),
        _expiry(facts, terms),
        *_promotion(facts, terms),
        *_something_left(facts, share),
    )
    within = terms.data_limit_mb is None or facts.data_used_mb <= terms.data_limit_mb
    data = Rule("data_limit", within, facts.data_used_mb, terms.data_limit_mb, "mb")
    if not full and not terms.partial_refund:
        share = 0
    fee = (Rule("fee", share > terms.fee_minor, terms.fee_minor, share, "money"),) if terms.fee_minor else ()
    rules = (*settled, *hard, data, *fee)
    amount = max(0, share - terms.fee_minor)
    if _all_passed(hard) and amount:
        return _decision(facts, terms, "refund", "approved" if full else "partial", amount, rules, up_to=paid)
    if facts.fault_reported:
        result = "review" if in_fault_window.passed else "declined"
        return _decision(facts, terms, "refund", result, 0, (*rules, in_fault_window), up_to=paid)
    return _decision(facts, terms, "refund", "declined", 0, rules)


def _exchange(facts: RefundFacts, terms: RefundTerms) -> RefundDecision:
    settled = _settled(facts)
    allowed = Rule("exchange_allowed", terms.exchange_allowed, _yes(terms.exchange_allowed), "yes", "yes_no")
    if not _all_passed(settled) or not allowed.passed:
        return _decision(facts, terms, "exchange", "declined", 0, (*settled, allowed))
    paid = facts.paid_minor - facts.refunded_minor
    credit, full = _share(facts, terms, paid)
    gone = facts.profile_state == "deleted" and not terms.deleted_refundable
    rules = (
        *settled,
        allowed,
        _window(facts, terms, terms.exchange_window_days),
        Rule("profile", not gone, facts.profile_state, "deleted" if gone else None, "state"),
        _expiry(facts, terms),
        *_something_left(facts, credit),
    )
    if not _all_passed(rules):
        return _decision(facts, terms, "exchange", "declined", 0, rules)
    return _decision(facts, terms, "exchange", "approved" if full else "partial", credit, rules)


def _decision(
    facts: RefundFacts,
    terms: RefundTerms,
    kind: Kind,
    result: Result,
    amount: int,
    rules: tuple[Rule, ...],
    up_to: int = 0,
) -> RefundDecision:
    money_moves = kind == "refund" and amount > 0
    return RefundDecision(
        kind=kind,
        outcome=result,
        amount_minor=amount,
        up_to_minor=max(amount, up_to if result in ("review", "partial") else 0),
        currency=facts.currency,
        rules=rules,
        options=tuple(_options(facts, terms, kind, result)),
        arrives_in_days=terms.paid_within_days if money_moves else None,
        paid_to=terms.paid_to,
        fault_reported=facts.fault_reported,
    )


def _options(facts: RefundFacts, terms: RefundTerms, kind: Kind, result: Result) -> Iterable[Option]:
    """What remains possible beside this decision, the most useful first."""
    open_order = _all_passed(_settled(facts))
    usable = not _phone_cannot_use(facts) and not _expired(facts) and facts.profile_state != "deleted"
    if kind == "refund" and open_order and usable and _exchange(facts, terms).outcome in ("approved", "partial"):
        yield "exchange"
    if result != "approved":
        if open_order and usable and facts.top_up:
            yield "top_up"
        if open_order and not facts.fault_reported and result != "review" and _fault_window(facts, terms).passed:
            yield "fault_review"
        # Written terms never replace the law of New Zealand (Consumer Guarantees Act).
        yield "consumer_rights"
    yield "person"


def _settled(facts: RefundFacts) -> tuple[Rule, ...]:
    """Rules that end every other question: something was charged and has not gone back yet."""
    returned = facts.status in ("refunded", "exchanged") or facts.refunded_minor > 0
    charged = facts.paid_minor > 0 and facts.status in (*CHARGED_STATES, "refunded", "exchanged")
    rules = (Rule("charged", charged, facts.paid_minor, None, "money"),) if not charged else ()
    return (*rules, Rule("not_refunded", not returned, facts.refunded_minor, None, "money")) if returned else rules


def _reference(facts: RefundFacts, terms: RefundTerms) -> datetime | None:
    """The moment the provider counts days from; None while it has not come."""
    if terms.window_from == "purchase":
        return facts.bought_at
    return facts.delivered_at if terms.window_from == "delivery" else facts.expires_at


def _days_since(moment: datetime | None, now: datetime) -> int:
    """Whole days gone by; a day that has begun does not count yet, in the traveller's favour."""
    return 0 if moment is None else max(0, (now - moment) // timedelta(days=1))


def open_until(facts: RefundFacts, terms: RefundTerms) -> datetime | None:
    """When the provider's window for a refund closes; None while the moment it counts from has not come."""
    moment = _reference(facts, terms)
    return None if moment is None else moment + timedelta(days=terms.window_days)


def _window(facts: RefundFacts, terms: RefundTerms, limit: int) -> Rule:
    days = _days_since(_reference(facts, terms), facts.now)
    return Rule("window", days <= limit, days, limit, "days")


def _fault_window(facts: RefundFacts, terms: RefundTerms) -> Rule:
    days = _days_since(facts.delivered_at or facts.bought_at, facts.now)
    return Rule("fault_window", days <= terms.fault_window_days, days, terms.fault_window_days, "days")


def _profile(facts: RefundFacts, terms: RefundTerms) -> Rule:
    state = facts.profile_state
    if state in UNUSED_STATES:
        return Rule("profile", True, state, None, "state")
    if state == "deleted":
        return Rule("profile", terms.deleted_refundable, state, "deleted", "state")
    return Rule("profile", terms.installed_refundable, state, "installed", "state")


def _expired(facts: RefundFacts) -> bool:
    return facts.expires_at is not None and facts.expires_at <= facts.now


def _expiry(facts: RefundFacts, terms: RefundTerms) -> Rule:
    """Where the provider counts its window from the end of the plan, an unused plan may be returned after it."""
    unused = facts.data_used_mb <= (terms.data_limit_mb or 0)
    passed = not _expired(facts) or (terms.window_from == "expiry" and unused)
    return Rule("expiry", passed, _days_since(facts.expires_at, facts.now), 0, "days")


def _something_left(facts: RefundFacts, share: int) -> tuple[Rule, ...]:
    """A plan whose data or days are used up has been delivered in full."""
    if facts.data_used_mb == 0:
        return ()
    used_up = facts.data_total_mb is not None and facts.data_used_mb >= facts.data_total_mb
    return (Rule("something_left", share > 0 and not used_up, facts.data_used_mb, facts.data_total_mb, "mb"),)


def _promotion(facts: RefundFacts, terms: RefundTerms) -> tuple[Rule, ...]:
    if not facts.promotion:
        return ()
    return (Rule("promotion", terms.promotion_refundable, "yes", _yes(terms.promotion_refundable), "yes_no"),)


def _phone_cannot_use(facts: RefundFacts) -> bool:
    return (facts.carrier_locked or facts.device_esim == "no") and facts.data_used_mb == 0


def _share(facts: RefundFacts, terms: RefundTerms, paid: int) -> tuple[int, bool]:
    """What the order is still worth, and whether that is all that was paid: within the data limit it is.

    A provider that pays in part and sets no limit pays in full only what is unused.
    """
    limit = terms.data_limit_mb
    if limit is None:
        limit = 0 if terms.partial_refund else facts.data_used_mb
    return (paid, True) if facts.data_used_mb <= limit else (_unused(facts, paid), False)


def _unused(facts: RefundFacts, paid: int) -> int:
    """The unused share of what was paid: by data, or by days left where the plan is unlimited."""
    if facts.data_total_mb is not None:
        left = max(0, facts.data_total_mb - facts.data_used_mb)
        return paid * left // max(1, facts.data_total_mb)
    if facts.expires_at is None:
        return 0
    days_left = max(0, (facts.expires_at - facts.now) // timedelta(days=1))
    return paid * min(days_left, facts.days_of_plan) // facts.days_of_plan


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _all_passed(rules: Iterable[Rule]) -> bool:
    return all(rule.passed for rule in rules)
