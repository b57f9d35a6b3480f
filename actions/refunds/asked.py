"""What a question about money back or a swap is about: amount, deadline, fee, where and when, the code."""

from __future__ import annotations

from actions.turn import Turn
from aftercare.understanding.refund_topics import (
    Topic,
    asks_amount,
    asks_condition,
    is_conditional,
    named_topic,
    names_money_back,
)

# The question of an article, where the words name none of the subjects above.
_TOPIC_OF_UNIT: dict[str, Topic] = {
    "refund-decision.installed-not-used": "installed",
    "refund-money.fee": "fee",
    "refund-decision.how-many-days": "until",
    "refund-decision.counted-from-when": "until",
    "refund-decision.after-refund-esim": "code",
    "refund-decision.refund-while-in-use": "code",
    "exchange.old-esim-after-exchange": "code",
    "refund-money.which-card": "payout",
    "refund-money.wallet-refund": "payout",
    "refund-money.shop-credit": "payout",
    "refund-money.how-long": "payout",
    "refund-decision.partial-refund": "amount",
    "refund-decision.amount-before-confirm": "amount",
    "refund-decision.data-used-limit": "amount",
    "refund-reasons.too-slow-refund": "amount",
    "refund-reasons.poor-coverage": "amount",
    "refund-reasons.bought-local-sim": "amount",
    "refund-reasons.changed-mind": "amount",
}
_PLAN_QUESTIONS = (
    "ask_plan_start", "check_data_usage", "recover_usage_records", "ask_topup", "ask_hotspot", "ask_calls_sms",
    "ask_coverage",
)  # fmt: skip
# From this probability on a unit's subject is meant, whatever words the message has.
_SURE, _LIKELY = 0.7, 0.3


def _of_the_plan(turn: Turn) -> bool:
    """Whether the words alone surely ask for data, days or features of the plan: "how much" is no sum of money then."""
    intent, confidence = turn.likeliest
    return intent in _PLAN_QUESTIONS and confidence >= _SURE


def names_topic(turn: Turn) -> bool:
    """Whether an article about a refund or a swap likely answers the message."""
    return any(name in _TOPIC_OF_UNIT and chance >= _LIKELY for name, chance in turn.reading.units[:1])


def topic_of(turn: Turn, *, of_request: bool) -> Topic | None:
    """What of a refund a message asks about; None when it is about something else.

    `of_request`: a refund or swap is what was spoken of last, so that "and which card?" needs no word for it.
    """
    text = turn.text
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    named = None if _of_the_plan(turn) else _TOPIC_OF_UNIT.get(unit)
    if (of_request and is_conditional(text)) or asks_condition(text) or (named == "installed" and chance >= _LIKELY):
        return "installed"
    of_money = of_request and _TOPIC_OF_UNIT.get(unit) == "payout" and chance >= _LIKELY  # "how many days is that?"
    if of_money:
        return "payout"
    if _of_the_plan(turn) and not names_money_back(text):
        return None
    if not of_request and not names_money_back(text) and not (named and chance >= _SURE):
        return None
    if topic := named_topic(text, of_request=of_request):
        return topic
    if named and chance >= _LIKELY:
        return named
    return "amount" if asks_amount(text) else None
