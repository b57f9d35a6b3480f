"""One line for each rule of a refund decision, the same for the traveller and for the staff who review it.

It lies here because the assistant's actions and the staff's inbox may both import this package, and it needs the rules
of `aftercare.orders` as well as the phrases of data/responses.
"""

from __future__ import annotations

from aftercare.base import money_and_dates
from aftercare.base.language import Language
from aftercare.base.responses import all_responses, counted, phrase, term
from aftercare.orders.refunds.decide import Rule
from aftercare.orders.refunds.terms import RefundTerms


def rule_line(rule: Rule, currency: str, language: Language, terms: RefundTerms | None = None) -> str:
    """A rule with its figure and limit, in Chinese in Simplified; a rule without words is written as it is named.

    `currency` is that of the order. Without the provider's `terms` the line names neither the provider nor the moment
    its days are counted from.
    """
    name = f"refund_rule_{rule.name}"
    provider = _provider(language, terms)
    if rule.name == "window":
        return _window(rule, language, terms)
    if rule.name == "fault_window":
        return phrase(name, language, window=_window(rule, language, terms))
    if rule.name == "data_limit":
        return _data_limit(name, rule, language, provider)
    if rule.name == "profile":
        return phrase(name, language, state=term(str(rule.figure or "released"), language))
    if rule.name == "fee":
        return phrase(name, language, fee=money_and_dates.money(int(rule.figure or 0), currency))
    if rule.name == "duplicate_charge":
        return phrase(name, language, number=rule.figure)
    if rule.name == "something_left":
        return phrase(name, language)
    name = f"{name}_{'passed' if rule.passed else 'failed'}"
    return phrase(name, language, provider=provider) if name in all_responses()[language].phrases else rule.name


def payout_promise(language: Language, by_provider: bool, paid_to: str, day: str) -> str:
    """By whom and when the money of a refund is paid: by a payment provider that does it, else by staff."""
    if by_provider:
        return phrase("payout_by_provider", language, paid_to=term(paid_to, language), day=day)
    return phrase("payout_by_staff_credit" if paid_to == "credit" else "payout_by_staff", language, day=day)


def _provider(language: Language, terms: RefundTerms | None) -> str:
    if terms is None:
        return phrase("refund_rule_any_provider", language)
    return terms.provider_zh if language == "zh" else terms.provider_en


def _window(rule: Rule, language: Language, terms: RefundTerms | None) -> str:
    name = f"refund_rule_window_{terms.window_from}" if terms else "refund_rule_window"
    if terms and terms.window_from == "expiry" and not rule.figure:  # it runs on, or has ended less than a day ago
        return phrase("refund_rule_window_expiry_open", language, provider=_provider(language, terms), limit=rule.limit)
    days = counted("days", int(rule.figure or 0), language)
    return phrase(name, language, days=days, provider=_provider(language, terms), limit=rule.limit)


def _data_limit(name: str, rule: Rule, language: Language, provider: str) -> str:
    used = money_and_dates.data(int(rule.figure or 0))
    if not rule.figure:
        return phrase(f"{name}_unused", language)
    if rule.limit is None:
        return phrase(f"{name}_none", language, used=used)
    return phrase(name, language, used=used, provider=provider, limit=money_and_dates.data(int(rule.limit)))
