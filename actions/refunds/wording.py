"""How a refund decision, a provider's terms, an exchange and a request are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from actions.messages import Choice
from actions.refunds.exchange_payment import awaits_payment
from actions.turn import Turn
from actions.wording import Wording
from aftercare.documents.refund_rules import payout_promise, rule_line
from aftercare.orders import payouts
from aftercare.orders.refunds.decide import RefundDecision
from aftercare.orders.refunds.exchange import ExchangeOption
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.tables import RefundRequest


def rules_text(turn: Turn, decision: RefundDecision, terms: RefundTerms) -> str:
    """The rules a traveller needs to see: all of them, those that stand in the way first."""
    ordered = (*decision.failed, *(rule for rule in decision.rules if rule.passed))
    silent = (
        {"charged", "not_refunded", "something_left"} if decision.failed or decision.outcome != "declined" else set()
    )
    lines = [
        f"{'✓' if rule.passed else '✗'} {rule_line(rule, decision.currency, turn.language, terms)}"
        for rule in ordered
        if not (rule.passed and rule.name in silent)
    ]
    return "\n".join(lines)


def provider_name(turn: Turn, terms: RefundTerms) -> str:
    """The provider whose terms they are."""
    return turn.words.pick(terms.provider_en, terms.provider_zh)


def alternatives(turn: Turn, decision: RefundDecision) -> list[Choice]:
    """What remains possible beside a refusal, a person always among it."""
    offered = [option for option in decision.options if option in ("exchange", "top_up", "fault_review", "person")]
    if "person" not in offered:
        offered.append("person")
    return [turn.choice_of_offer(option) for option in offered]


def price_difference(words: Wording, option: ExchangeOption) -> str:
    """What an exchange costs or gives back."""
    if option.difference_minor == 0:
        return words.phrase("exchange_same_price")
    amount = words.money(abs(option.difference_minor), option.currency)
    return words.phrase("exchange_to_pay" if option.difference_minor > 0 else "exchange_back", amount=amount)


def payout_text(turn: Turn, session: Session, number: str, paid_to: str, by: datetime) -> str:
    """How and by when the money of an order comes back: only what is configured for it is promised."""
    return payout_promise(turn.language, payouts.pays_itself(session, number), paid_to, turn.words.day(by))


def state_of(turn: Turn, session: Session, request: RefundRequest) -> str:
    """How far a request is, in words: of an approved refund, how far its money is."""
    if request.kind == "refund" and request.state == "approved":
        return turn.words.word(payouts.state_of(session, request.id))
    if awaits_payment(session, request):
        return turn.words.word("exchange_unpaid")
    special = {("refund", "paid"): "request_paid", ("exchange", "approved"): "exchange_approved"}
    special[("exchange", "paid")] = "exchange_done"
    return turn.words.word(special.get((request.kind, request.state), request.state))


def terms_text(words: Wording, terms: RefundTerms, currency: str) -> str:
    """A provider's refund terms in one line; `currency` is the order's, or the one the provider sells in."""
    if terms.window_days == 0:
        clauses = [words.phrase("refund_terms_none")]
    else:
        clauses = [words.phrase(f"refund_terms_window_{terms.window_from}", days=terms.window_days)]
        if not terms.installed_refundable:
            clauses.append(words.phrase("refund_terms_not_installed"))
        elif terms.data_limit_mb == 0:
            clauses.append(words.phrase("refund_terms_unused"))
        elif terms.data_limit_mb is not None:
            clauses.append(words.phrase("refund_terms_data_limit", limit=words.data(terms.data_limit_mb)))
        if terms.partial_refund:
            clauses.append(words.phrase("refund_terms_partial"))
        if terms.fee_minor:
            clauses.append(words.phrase("refund_terms_fee", fee=words.money(terms.fee_minor, currency)))
        paid_to = words.word(terms.paid_to)
        back = payouts.provider_configured() or terms.paid_to == "credit"
        clauses.append(
            words.phrase("refund_terms_paid_back", paid_to=paid_to, days=terms.paid_within_days)
            if back
            else words.phrase("refund_terms_paid", days=terms.paid_within_days)
        )
    if terms.exchange_allowed:
        clauses.append(words.phrase("refund_terms_exchange", days=terms.exchange_window_days))
    if terms.fault_window_days:
        clauses.append(words.phrase("refund_terms_faults", days=terms.fault_window_days))
    return words.phrase("clause_separator").join(clauses)
