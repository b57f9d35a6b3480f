"""Refund rules: the examples of the written terms, and what must hold whatever the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.refunds.decide import RefundDecision, decide
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.refunds.load import facts_for, terms_for
from aftercare.orders.refunds.terms import RefundFacts, RefundTerms
from tests.support.order_rows import NOW, add_order, add_plan, add_provider, days, facts, terms


def rule(decision: RefundDecision, name: str):
    return next(rule for rule in decision.rules if rule.name == name)


def failed(decision: RefundDecision) -> list[str]:
    return [rule.name for rule in decision.failed]


def test_unused_within_the_window_is_refunded_in_full() -> None:
    decision = decide(facts(), terms(), "refund")
    assert (decision.outcome, decision.amount_minor, decision.currency) == ("approved", 2900, "NZD")
    assert (decision.arrives_in_days, decision.paid_to, decision.failed) == (10, "card", ())
    assert (rule(decision, "window").figure, rule(decision, "window").limit) == (2, 7)
    assert "consumer_rights" not in decision.options


def test_after_the_window_the_rule_and_its_figures_are_named() -> None:
    decision = decide(facts(bought_at=NOW - days(20), delivered_at=NOW - days(20)), terms(), "refund")
    assert (decision.outcome, decision.amount_minor, decision.arrives_in_days) == ("declined", 0, None)
    assert failed(decision) == ["window"]
    assert (rule(decision, "window").figure, rule(decision, "window").limit) == (20, 7)
    assert {"consumer_rights", "person", "fault_review"} <= set(decision.options)


def test_above_the_data_limit_exchange_top_up_and_fault_remain() -> None:
    used = facts(profile_state="enabled", data_used_mb=2400, bought_at=NOW - days(3))
    decision = decide(used, terms(), "refund")
    assert (decision.outcome, failed(decision)) == ("declined", ["data_limit"])
    assert (rule(decision, "data_limit").figure, rule(decision, "data_limit").limit) == (2400, 500)
    assert decision.options == ("exchange", "top_up", "fault_review", "consumer_rights", "person")


def test_a_reported_fault_is_looked_at_by_a_person_and_promises_nothing() -> None:
    used = facts(profile_state="enabled", data_used_mb=2400, fault_reported=True)
    decision = decide(used, terms(), "refund")
    assert (decision.outcome, decision.amount_minor, decision.up_to_minor) == ("review", 0, 2900)
    assert "fault_review" not in decision.options
    late = decide(replace(used, bought_at=NOW - days(40), delivered_at=NOW - days(40)), terms(), "refund")
    assert (late.outcome, failed(late)) == ("declined", ["window", "data_limit", "fault_window"])


def test_a_locked_phone_gets_everything_back_although_installed_and_without_a_fee() -> None:
    locked = facts(
        profile_state="installed", carrier_locked=True, bought_at=NOW - days(20), delivered_at=NOW - days(20)
    )
    strict = terms(installed_refundable=False, window_days=30, fee_minor=350)
    decision = decide(locked, strict, "refund")
    assert (decision.outcome, decision.amount_minor) == ("approved", 2900)
    assert rule(decision, "phone_cannot_use").figure == "locked"
    assert decide(replace(locked, bought_at=NOW - days(90)), strict, "refund").outcome == "review"
    # Data on a locked phone: it does work, so the usual rules hold.
    assert decide(replace(locked, data_used_mb=10), strict, "refund").outcome == "declined"


def test_a_phone_without_esim_counts_like_a_locked_one() -> None:
    assert rule(decide(facts(device_esim="no"), terms(), "refund"), "phone_cannot_use").figure == "no_esim"


def test_the_second_of_two_charges_is_refundable_whatever_the_terms() -> None:
    second = facts(duplicate_of="NZ10000013", bought_at=NOW - days(60), profile_state="installed")
    decision = decide(second, terms(window_days=0, installed_refundable=False, fee_minor=500), "refund")
    assert (decision.outcome, decision.amount_minor) == ("approved", 2900)
    assert rule(decision, "duplicate_charge").figure == "NZ10000013"


@pytest.mark.parametrize(
    ("state", "policy", "outcome"),
    [
        (None, terms(installed_refundable=False), "approved"),
        ("released", terms(installed_refundable=False), "approved"),
        ("downloaded", terms(installed_refundable=False), "declined"),
        ("enabled", terms(installed_refundable=False), "declined"),
        ("disabled", terms(), "approved"),
        ("deleted", terms(), "declined"),
        ("deleted", terms(deleted_refundable=True), "approved"),
    ],
)
def test_profile_state(state: str | None, policy: RefundTerms, outcome: str) -> None:
    decision = decide(facts(profile_state=state), policy, "refund")
    assert decision.outcome == outcome
    assert rule(decision, "profile").figure == state


def test_an_expired_plan_is_refundable_only_where_the_window_counts_from_expiry_and_it_is_unused() -> None:
    expired = facts(bought_at=NOW - days(5), expires_at=NOW - days(1))
    assert failed(decide(expired, terms(), "refund")) == ["expiry"]
    until_a_month_later = terms(window_from="expiry", window_days=30, data_limit_mb=100, partial_refund=True)
    assert decide(expired, until_a_month_later, "refund").outcome == "approved"
    assert decide(replace(expired, data_used_mb=200), until_a_month_later, "refund").outcome == "declined"
    assert decide(replace(expired, expires_at=NOW - days(31)), until_a_month_later, "refund").outcome == "declined"


def test_what_was_bought_in_a_promotion_follows_the_provider() -> None:
    assert failed(decide(facts(promotion=True), terms(promotion_refundable=False), "refund")) == ["promotion"]
    assert decide(facts(promotion=True), terms(), "refund").outcome == "approved"


def test_a_window_from_delivery_has_not_begun_before_delivery() -> None:
    waiting = facts(status="paid", delivered_at=None, profile_state=None, bought_at=NOW - days(3))
    assert decide(waiting, terms(window_from="delivery", window_days=0), "refund").outcome == "approved"


def test_the_fee_is_kept_and_a_fee_above_the_price_refuses() -> None:
    decision = decide(facts(), terms(fee_minor=350), "refund")
    assert (decision.amount_minor, rule(decision, "fee").figure) == (2550, 350)
    assert failed(decide(facts(paid_minor=300), terms(fee_minor=350), "refund")) == ["fee"]


def test_a_provider_that_pays_in_part_pays_the_unused_share_less_the_fee() -> None:
    partial = terms(window_days=180, data_limit_mb=None, partial_refund=True, fee_minor=350)
    decision = decide(facts(profile_state="enabled", data_used_mb=2000), partial, "refund")
    assert (decision.outcome, decision.amount_minor) == ("partial", 2900 * 3000 // 5000 - 350)
    assert decide(facts(), partial, "refund").outcome == "approved"
    used_up = decide(facts(profile_state="enabled", data_used_mb=5000), partial, "refund")
    assert (used_up.outcome, "something_left" in failed(used_up)) == ("declined", True)


def test_an_unlimited_plan_is_shared_by_the_days_left() -> None:
    partial = terms(data_limit_mb=100, partial_refund=True)
    unlimited = facts(data_total_mb=None, data_used_mb=9000, profile_state="enabled", expires_at=NOW + days(5))
    assert decide(unlimited, partial, "refund").amount_minor == 2900 * 5 // 15


@pytest.mark.parametrize("status", ["refunded", "exchanged", "payment_failed", "cancelled"])
@pytest.mark.parametrize("kind", ["refund", "exchange"])
def test_what_is_settled_is_not_paid_again(status: str, kind: str) -> None:
    decision = decide(facts(status=status, duplicate_of="NZ10000013", carrier_locked=True), terms(), kind)
    assert (decision.outcome, decision.amount_minor) == ("declined", 0)
    assert decision.options == ("consumer_rights", "person")


def test_an_exchange_credits_what_the_order_is_still_worth() -> None:
    assert decide(facts(), terms(), "exchange").amount_minor == 2900
    used = decide(facts(profile_state="enabled", data_used_mb=2500), terms(), "exchange")
    assert (used.outcome, used.amount_minor, used.arrives_in_days) == ("partial", 1450, None)
    assert failed(decide(facts(), terms(exchange_allowed=False), "exchange")) == ["exchange_allowed"]
    assert failed(decide(facts(bought_at=NOW - days(15)), terms(), "exchange")) == ["window"]
    assert failed(decide(facts(profile_state="deleted"), terms(), "exchange")) == ["profile"]


# --- properties

STATES = st.sampled_from([None, "released", "downloaded", "installed", "enabled", "disabled", "deleted"])
ANY_TERMS = st.builds(
    terms,
    window_days=st.integers(0, 200),
    window_from=st.sampled_from(["purchase", "delivery", "expiry"]),
    data_limit_mb=st.none() | st.integers(0, 2000),
    installed_refundable=st.booleans(),
    deleted_refundable=st.booleans(),
    promotion_refundable=st.booleans(),
    partial_refund=st.booleans(),
    fault_window_days=st.integers(0, 200),
    fee_minor=st.integers(0, 5000),
    exchange_allowed=st.booleans(),
    exchange_window_days=st.integers(0, 200),
)
ANY_FACTS = st.builds(
    facts,
    status=st.sampled_from(["paid", "delivered", "delivered", "refunded", "exchanged", "cancelled", "payment_failed"]),
    paid_minor=st.integers(0, 20_000),
    bought_at=st.floats(0, 250).map(lambda ago: NOW - days(ago)),
    delivered_at=st.none() | st.floats(0, 200).map(lambda ago: NOW - days(ago)),
    profile_state=STATES,
    carrier_locked=st.booleans(),
    device_esim=st.sampled_from([None, "yes", "no", "depends"]),
    data_total_mb=st.none() | st.integers(1, 50_000),
    data_used_mb=st.just(0) | st.integers(0, 60_000),
    days_of_plan=st.integers(1, 90),
    expires_at=st.none() | st.floats(-100, 100).map(lambda ahead: NOW + days(ahead)),
    top_up=st.booleans(),
    promotion=st.booleans(),
    refunded_minor=st.just(0) | st.integers(0, 20_000),
    duplicate_of=st.none() | st.just("NZ10000013"),
    fault_reported=st.booleans(),
)
KINDS = st.sampled_from(["refund", "exchange"])


@given(ANY_FACTS, ANY_TERMS, KINDS)
def test_never_more_than_was_paid_and_never_below_zero(order: RefundFacts, policy: RefundTerms, kind: str) -> None:
    decision = decide(order, policy, kind)
    assert 0 <= decision.amount_minor <= decision.up_to_minor <= order.paid_minor
    assert decision.amount_minor + order.refunded_minor <= max(order.paid_minor, order.refunded_minor)
    assert type(decision.amount_minor) is int


@given(ANY_FACTS, ANY_TERMS, KINDS)
def test_amount_outcome_and_reasons_agree(order: RefundFacts, policy: RefundTerms, kind: str) -> None:
    decision = decide(order, policy, kind)
    assert (decision.amount_minor > 0) == (decision.outcome in ("approved", "partial"))
    assert (decision.arrives_in_days is not None) == (kind == "refund" and decision.amount_minor > 0)
    assert decision.options[-1] == "person"
    assert len(set(decision.options)) == len(decision.options)
    if decision.outcome == "declined":
        assert decision.failed
    if decision.outcome != "approved":
        assert "consumer_rights" in decision.options


@given(ANY_FACTS, ANY_TERMS, KINDS)
def test_never_twice(order: RefundFacts, policy: RefundTerms, kind: str) -> None:
    first = decide(order, policy, kind)
    for settled in (replace(order, status="refunded"), replace(order, refunded_minor=max(1, first.amount_minor))):
        assert decide(settled, policy, kind).outcome == "declined"


@given(ANY_FACTS, ANY_TERMS, KINDS, st.floats(0, 300))
def test_waiting_never_brings_more(order: RefundFacts, policy: RefundTerms, kind: str, wait: float) -> None:
    later = replace(order, now=order.now + days(wait))
    assert decide(later, policy, kind).amount_minor <= decide(order, policy, kind).amount_minor


@given(ANY_FACTS, ANY_TERMS, KINDS, st.integers(0, 60_000))
def test_using_more_data_never_brings_more(order: RefundFacts, policy: RefundTerms, kind: str, more: int) -> None:
    used = replace(order, data_used_mb=order.data_used_mb + more)
    assert decide(used, policy, kind).amount_minor <= decide(order, policy, kind).amount_minor


# --- from the database


def test_facts_for_reads_order_top_ups_promotion_and_terms(session: Session) -> None:
    add_provider(session, window_days=30, fee_minor=200)
    add_plan(session)
    session.add(
        tables.Promotion(
            id="spring",
            provider_id="kiwi",
            kind="discount",
            value=10,
            title_en="Spring",
            title_zh="春季",
            starts=NOW - days(9),
            ends=NOW,
        )
    )
    session.flush()
    order = add_order(session, promotion_id="spring", esim={"profile_state": "enabled", "data_used_mb": 12})
    session.add(
        tables.TopUp(purchase_id=order.id, data_mb=1000, days=5, amount_minor=900, currency="NZD", bought_at=NOW)
    )
    session.flush()
    order_facts, policy = facts_for(session, order.number, NOW, fault_reported=True)
    assert (order_facts.paid_minor, order_facts.data_used_mb, order_facts.profile_state) == (3800, 12, "enabled")
    assert order_facts.promotion
    assert order_facts.fault_reported
    assert (policy.window_days, policy.fee_minor) == (30, 200)
    assert terms_for(session, "kiwi") == policy
    assert facts_for(session, "NZ99999999", NOW) is None
    assert terms_for(session, "nobody") is None


def test_exchange_options_are_priced_by_difference(session: Session) -> None:
    add_order(session)
    add_plan(session, "kiwi-nz-10", price_minor=3900, data_mb=10_000)
    add_plan(session, "kiwi-nz-1", price_minor=900, data_mb=1000)
    add_plan(session, "kiwi-old", price_minor=2900, on_sale=False)
    add_plan(session, "kiwi-usd", price_minor=2900, currency="USD")
    add_plan(session, "tui-nz-5", provider_id="tui")
    options = {option.plan_id: option.difference_minor for option in exchange_options(session, "NZ10000003", NOW)}
    assert options == {"kiwi-nz-10": 1000, "kiwi-nz-1": -2000}


def test_a_cheaper_plan_is_no_way_round_a_refused_refund(session: Session) -> None:
    add_order(session, esim={"profile_state": "enabled", "data_used_mb": 2500, "expires_at": NOW + timedelta(days=3)})
    add_plan(session, "kiwi-nz-1", price_minor=900, data_mb=1000)
    add_plan(session, "kiwi-nz-10", price_minor=3900, data_mb=10_000)
    options = {option.plan_id: option.difference_minor for option in exchange_options(session, "NZ10000003", NOW)}
    assert options == {"kiwi-nz-1": 0, "kiwi-nz-10": 3900 - 1450}
    assert exchange_options(session, "NZ10000003", NOW + days(20)) == ()
