"""Refunds and exchanges decided by the provider's written terms: every rule with its figure, never by a model.

`decide` is pure. Money is an integer in minor units and always rounded down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.tables import Device, Esim, Plan, Provider, Purchase, RefundPolicy, RefundRequest, TopUp

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
]

# The code is consumed once a phone has downloaded the profile, so everything between the two ends counts as installed.
UNUSED_STATES = (None, "released")
CHARGED_STATES = ("paid", "delivered")


@dataclass(frozen=True)
class RefundTerms:
    """A provider's written terms. Data in MB, money in minor units; `data_limit_mb` None means no limit."""

    provider_en: str
    provider_zh: str
    window_days: int
    window_from: Literal["purchase", "delivery", "expiry"]
    data_limit_mb: int | None
    installed_refundable: bool
    deleted_refundable: bool
    promotion_refundable: bool
    partial_refund: bool
    fault_window_days: int
    fee_minor: int
    exchange_allowed: bool
    exchange_window_days: int
    paid_to: Literal["card", "credit"]
    paid_within_days: int


@dataclass(frozen=True)
class RefundFacts:
    """What a decision needs to know of an order at the moment `now`.

    `paid_minor` includes top-ups; `refunded_minor` is what has already been paid back. `duplicate_of` is the number of
    the earlier order that the same purchase was first charged to. `fault_reported`: the traveller says it never worked
    well; that alone never moves money, it lets a person look.
    """

    now: datetime
    number: str
    status: str
    paid_minor: int
    currency: str
    bought_at: datetime
    delivered_at: datetime | None = None
    profile_state: str | None = None
    carrier_locked: bool = False
    device_esim: str | None = None
    data_total_mb: int | None = None
    data_used_mb: int = 0
    days_of_plan: int = 1
    expires_at: datetime | None = None
    top_up: bool = False
    promotion: bool = False
    refunded_minor: int = 0
    duplicate_of: str | None = None
    fault_reported: bool = False


@dataclass(frozen=True)
class Rule:
    """One rule of the decision: the order's `figure` against the provider's `limit` (None: it sets none)."""

    name: RuleName
    passed: bool
    figure: int | str | None
    limit: int | str | None
    unit: Literal["days", "mb", "state", "money", "order", "yes_no"]


@dataclass(frozen=True)
class Decision:
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


@dataclass(frozen=True)
class ExchangeOption:
    """A plan the order can be exchanged for. `difference_minor` above 0 is still to pay, below 0 comes back."""

    plan_id: str
    name_en: str
    name_zh: str
    kind: str
    data_mb: int | None
    days: int
    price_minor: int
    difference_minor: int
    currency: str


def decide(facts: RefundFacts, policy: RefundTerms, kind: Kind) -> Decision:
    """Decide by the terms. Never more than was paid and not yet returned; never better with more days or data used."""
    return _exchange(facts, policy) if kind == "exchange" else _refund(facts, policy)


def _refund(facts: RefundFacts, policy: RefundTerms) -> Decision:
    settled = _settled(facts)
    if not _all_passed(settled):
        return _decision(facts, policy, "refund", "declined", 0, settled)
    paid = facts.paid_minor - facts.refunded_minor
    in_fault_window = _fault_window(facts, policy)

    if facts.duplicate_of is not None and facts.data_used_mb == 0:
        second = Rule("duplicate_charge", True, facts.duplicate_of, None, "order")
        return _decision(facts, policy, "refund", "approved", paid, (*settled, second))
    if _phone_cannot_use(facts):
        useless = Rule("phone_cannot_use", True, "locked" if facts.carrier_locked else "no_esim", None, "state")
        # The plan was of no use to this phone from the first day: the longer of both windows applies, without a fee.
        window = _window(facts, policy, max(policy.window_days, policy.fault_window_days))
        result: Result = "approved" if window.passed else "review"
        return _decision(
            facts, policy, "refund", result, paid if window.passed else 0, (*settled, useless, window), up_to=paid
        )

    share, full = _share(facts, policy, paid)
    hard = (
        _window(facts, policy, policy.window_days),
        _profile(facts, policy),
        _expiry(facts, policy),
        *_promotion(facts, policy),
        *_something_left(facts, share),
    )
    within = policy.data_limit_mb is None or facts.data_used_mb <= policy.data_limit_mb
    data = Rule("data_limit", within, facts.data_used_mb, policy.data_limit_mb, "mb")
    if not full and not policy.partial_refund:
        share = 0
    fee = (Rule("fee", share > policy.fee_minor, policy.fee_minor, share, "money"),) if policy.fee_minor else ()
    rules = (*settled, *hard, data, *fee)
    amount = max(0, share - policy.fee_minor)
    if _all_passed(hard) and amount:
        return _decision(facts, policy, "refund", "approved" if full else "partial", amount, rules, up_to=paid)
    if facts.fault_reported:
        result = "review" if in_fault_window.passed else "declined"
        return _decision(facts, policy, "refund", result, 0, (*rules, in_fault_window), up_to=paid)
    return _decision(facts, policy, "refund", "declined", 0, rules)


def _exchange(facts: RefundFacts, policy: RefundTerms) -> Decision:
    settled = _settled(facts)
    allowed = Rule("exchange_allowed", policy.exchange_allowed, _yes(policy.exchange_allowed), "yes", "yes_no")
    if not _all_passed(settled) or not allowed.passed:
        return _decision(facts, policy, "exchange", "declined", 0, (*settled, allowed))
    paid = facts.paid_minor - facts.refunded_minor
    credit, full = _share(facts, policy, paid)
    gone = facts.profile_state == "deleted" and not policy.deleted_refundable
    rules = (
        *settled,
        allowed,
        _window(facts, policy, policy.exchange_window_days),
        Rule("profile", not gone, facts.profile_state, "deleted" if gone else None, "state"),
        _expiry(facts, policy),
        *_something_left(facts, credit),
    )
    if not _all_passed(rules):
        return _decision(facts, policy, "exchange", "declined", 0, rules)
    return _decision(facts, policy, "exchange", "approved" if full else "partial", credit, rules)


def _decision(
    facts: RefundFacts,
    policy: RefundTerms,
    kind: Kind,
    result: Result,
    amount: int,
    rules: tuple[Rule, ...],
    up_to: int = 0,
) -> Decision:
    money_moves = kind == "refund" and amount > 0
    return Decision(
        kind=kind,
        outcome=result,
        amount_minor=amount,
        up_to_minor=max(amount, up_to if result in ("review", "partial") else 0),
        currency=facts.currency,
        rules=rules,
        options=tuple(_options(facts, policy, kind, result)),
        arrives_in_days=policy.paid_within_days if money_moves else None,
        paid_to=policy.paid_to,
        fault_reported=facts.fault_reported,
    )


def _options(facts: RefundFacts, policy: RefundTerms, kind: Kind, result: Result) -> Iterable[Option]:
    """What remains possible beside this decision, the most useful first."""
    open_order = _all_passed(_settled(facts))
    usable = not _phone_cannot_use(facts) and not _expired(facts) and facts.profile_state != "deleted"
    if kind == "refund" and open_order and usable and _exchange(facts, policy).outcome in ("approved", "partial"):
        yield "exchange"
    if result != "approved":
        if open_order and usable and facts.top_up:
            yield "top_up"
        if open_order and not facts.fault_reported and result != "review" and _fault_window(facts, policy).passed:
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


def _reference(facts: RefundFacts, policy: RefundTerms) -> datetime | None:
    """The moment the provider counts days from; None while it has not come."""
    if policy.window_from == "purchase":
        return facts.bought_at
    return facts.delivered_at if policy.window_from == "delivery" else facts.expires_at


def _days_since(moment: datetime | None, now: datetime) -> int:
    """Whole days gone by; a day that has begun does not count yet, in the traveller's favour."""
    return 0 if moment is None else max(0, (now - moment) // timedelta(days=1))


def _window(facts: RefundFacts, policy: RefundTerms, limit: int) -> Rule:
    days = _days_since(_reference(facts, policy), facts.now)
    return Rule("window", days <= limit, days, limit, "days")


def _fault_window(facts: RefundFacts, policy: RefundTerms) -> Rule:
    days = _days_since(facts.delivered_at or facts.bought_at, facts.now)
    return Rule("fault_window", days <= policy.fault_window_days, days, policy.fault_window_days, "days")


def _profile(facts: RefundFacts, policy: RefundTerms) -> Rule:
    state = facts.profile_state
    if state in UNUSED_STATES:
        return Rule("profile", True, state, None, "state")
    if state == "deleted":
        return Rule("profile", policy.deleted_refundable, state, "deleted", "state")
    return Rule("profile", policy.installed_refundable, state, "installed", "state")


def _expired(facts: RefundFacts) -> bool:
    return facts.expires_at is not None and facts.expires_at <= facts.now


def _expiry(facts: RefundFacts, policy: RefundTerms) -> Rule:
    """Where the provider counts its window from the end of the plan, an unused plan may be returned after it."""
    unused = facts.data_used_mb <= (policy.data_limit_mb or 0)
    passed = not _expired(facts) or (policy.window_from == "expiry" and unused)
    return Rule("expiry", passed, _days_since(facts.expires_at, facts.now), 0, "days")


def _something_left(facts: RefundFacts, share: int) -> tuple[Rule, ...]:
    """A plan whose data or days are used up has been delivered in full."""
    if facts.data_used_mb == 0:
        return ()
    used_up = facts.data_total_mb is not None and facts.data_used_mb >= facts.data_total_mb
    return (Rule("something_left", share > 0 and not used_up, facts.data_used_mb, facts.data_total_mb, "mb"),)


def _promotion(facts: RefundFacts, policy: RefundTerms) -> tuple[Rule, ...]:
    if not facts.promotion:
        return ()
    return (Rule("promotion", policy.promotion_refundable, "yes", _yes(policy.promotion_refundable), "yes_no"),)


def _phone_cannot_use(facts: RefundFacts) -> bool:
    return (facts.carrier_locked or facts.device_esim == "no") and facts.data_used_mb == 0


def _share(facts: RefundFacts, policy: RefundTerms, paid: int) -> tuple[int, bool]:
    """What the order is still worth, and whether that is all that was paid: within the data limit it is.

    A provider that pays in part and sets no limit pays in full only what is unused.
    """
    limit = policy.data_limit_mb
    if limit is None:
        limit = 0 if policy.partial_refund else facts.data_used_mb
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


_TERMS = (
    Provider.name_en.label("provider_en"),
    Provider.name_zh.label("provider_zh"),
    *(getattr(RefundPolicy, field.name) for field in fields(RefundTerms) if not field.name.startswith("provider_")),
)
# Built once: building a statement takes longer than running it. Columns are named as facts and terms are.
_TOPPED_UP = sa.select(sa.func.coalesce(sa.func.sum(TopUp.amount_minor), 0)).where(
    TopUp.purchase_id == Purchase.id, TopUp.currency == Purchase.currency
)
_REFUNDED = sa.select(sa.func.coalesce(sa.func.sum(RefundRequest.amount_minor), 0)).where(
    RefundRequest.purchase_id == Purchase.id, RefundRequest.state == "paid"
)
_ORDER = (
    sa.select(
        Purchase.number,
        Purchase.status,
        (Purchase.amount_minor + _TOPPED_UP.scalar_subquery()).label("paid_minor"),
        Purchase.currency,
        Purchase.bought_at,
        Purchase.delivered_at,
        Esim.profile_state,
        sa.func.coalesce(Esim.carrier_locked, sa.false()).label("carrier_locked"),
        Device.esim.label("device_esim"),
        sa.func.coalesce(Esim.data_total_mb, Plan.data_mb).label("data_total_mb"),
        sa.func.coalesce(Esim.data_used_mb, 0).label("data_used_mb"),
        Plan.days.label("days_of_plan"),
        Esim.expires_at,
        Plan.top_up,
        Purchase.promotion_id.is_not(None).label("promotion"),
        _REFUNDED.scalar_subquery().label("refunded_minor"),
        *_TERMS,
    )
    .join(Plan, Purchase.plan_id == Plan.id)
    .join(Provider, Plan.provider_id == Provider.id)
    .join(RefundPolicy, RefundPolicy.provider_id == Provider.id)
    .outerjoin(Esim, Esim.purchase_id == Purchase.id)
    .outerjoin(Device, Esim.device_id == Device.id)
    .where(Purchase.number == sa.bindparam("number"))
)
_POLICY = (
    sa.select(*_TERMS)
    .join(RefundPolicy, RefundPolicy.provider_id == Provider.id)
    .where(Provider.id == sa.bindparam("provider_id"))
)


def facts_for(
    session: Session, number: str, now: datetime, fault_reported: bool = False
) -> tuple[RefundFacts, RefundTerms] | None:
    """The facts and terms of order `number`; None when it is unknown. Callers check `ownership` first."""
    row = session.execute(_ORDER, {"number": number}).one_or_none()
    if row is None:
        return None
    terms = {field.name: row._mapping[field.name] for field in fields(RefundTerms)}
    order = {name: value for name, value in row._mapping.items() if name not in terms}
    # PostgreSQL sums integers to a wider type.
    order |= {"paid_minor": int(row.paid_minor), "refunded_minor": int(row.refunded_minor)}
    duplicate_of = first_of_duplicate(session, number)
    return RefundFacts(now=now, duplicate_of=duplicate_of, fault_reported=fault_reported, **order), RefundTerms(**terms)


def terms_for(session: Session, provider_id: str) -> RefundTerms | None:
    """A provider's terms, to explain them before anything is bought; None when the provider is unknown."""
    row = session.execute(_POLICY, {"provider_id": provider_id}).one_or_none()
    return None if row is None else RefundTerms(**row._mapping)


def exchange_options(session: Session, number: str, now: datetime) -> tuple[ExchangeOption, ...]:
    """Plans on sale of the same provider and currency, smallest difference first; empty when no exchange is possible.

    A cheaper plan returns money only where a refund would be paid in full: else an exchange would be a way round it.
    """
    loaded = facts_for(session, number, now)
    if loaded is None:
        return ()
    facts, terms = loaded
    exchange, refund = decide(facts, terms, "exchange"), decide(facts, terms, "refund")
    if exchange.outcome == "declined":
        return ()
    own = sa.select(Plan).join(Purchase, Purchase.plan_id == Plan.id).where(Purchase.number == number).subquery()
    plans = session.execute(
        sa.select(Plan).where(
            Plan.provider_id == sa.select(own.c.provider_id).scalar_subquery(),
            Plan.id != sa.select(own.c.id).scalar_subquery(),
            Plan.currency == facts.currency,
            Plan.on_sale,
        )
    ).scalars()
    # What comes back is a refund in part, so it is bounded by what a refund would pay.
    lowest = -refund.amount_minor if refund.outcome == "approved" else 0
    options = [
        ExchangeOption(
            plan_id=plan.id,
            name_en=plan.name_en,
            name_zh=plan.name_zh,
            kind=plan.kind,
            data_mb=plan.data_mb,
            days=plan.days,
            price_minor=plan.price_minor,
            difference_minor=max(lowest, plan.price_minor - exchange.amount_minor),
            currency=plan.currency,
        )
        for plan in plans
    ]
    return tuple(sorted(options, key=lambda option: (abs(option.difference_minor), option.plan_id)))
