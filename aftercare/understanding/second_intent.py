"""When a message asks two things: where it can be cut, and which intents count as two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from aftercare.base.language import HAN
from aftercare.understanding.entities import Entity
from aftercare.understanding.features import MASKS, masked_words
from aftercare.understanding.negation import refuses_refund
from aftercare.understanding.segmentation import Word

_CUT = re.compile(
    r"\.+(?!\S)|[;!?\n。；！？…]+|[,，]|\s+(?:and|also|plus|but|then|so)\s+|另外|还有|還有|而且|并且|並且|顺便|順便|同时|同時|所以|以及",
    re.IGNORECASE,
)
# Who announces two things says two: then a part needs less confidence.
_ANNOUNCES = re.compile(
    r"\b(?:two|2|both) (?:things|questions|issues|problems|requests)\b|[两兩2]\s*[个個件]?(?:事|问题|問題)",
    re.IGNORECASE,
)
_ANNOUNCED_THRESHOLD = 0.45
# A part of a message must say so much to ask something of its own: a Han character counts one, another word two.
_SAYS_ENOUGH = 3
# A message of more parts is a story; its whole says best what it is about.
_MOST_PARTS = 8

# Intents of one family are one matter told in different words; those in none never count as a second matter.
_FAMILIES = {
    name: family
    for family, names in {
        "fault": (
            "report_activation_failure", "report_no_service", "report_no_data", "report_slow_data",
            "report_stopped_working", "ask_roaming_setting", "ask_apn", "ask_delete_reinstall",
        ),
        "install": ("ask_how_to_install",),
        "refund": (
            "request_refund", "request_exchange", "ask_refund_policy", "check_refund_status", "withdraw_request",
        ),
        "payment": ("payment_issue",),
        "invoice": ("ask_invoice",),
        "order": ("check_order_status", "resend_qr"),
        "usage": ("check_data_usage", "recover_usage_records"),
        "plans": ("ask_crossborder_pack", "ask_local_plan", "ask_price_plans"),
        "topup": ("ask_topup",),
        "promotions": ("ask_promotions",),
        "coverage": ("ask_coverage",),
        "start": ("ask_plan_start",),
        "device": ("ask_device_compatibility",),
        "move": ("ask_change_device",),
        "lines": ("ask_dual_sim",),
        "hotspot": ("ask_hotspot",),
        "calls": ("ask_calls_sms",),
        "person": ("human_handoff", "ask_support_hours"),
    }.items()
    for name in names
}  # fmt: skip

# Of families beside an intent that only give its reason or its circumstances: "order not showing up" explains a
# payment gone wrong, "the plan is too small" an exchange, "still 6 GB left" how a line stopped.
_FAULTS = (
    "report_activation_failure", "report_no_service", "report_no_data", "report_slow_data", "report_stopped_working",
)  # fmt: skip
_REASONS = {
    **{fault: {"install", "lines", "start", "calls", "usage"} for fault in _FAULTS},
    "request_refund": {"order", "device"},
    "request_exchange": {"fault", "plans", "topup", "coverage", "start", "order", "payment"},
    "check_refund_status": {"order", "payment"},
    "payment_issue": {"order", "promotions"},
    "check_order_status": {"payment"},
    "resend_qr": {"fault", "move"},
    "check_data_usage": {"plans", "start"},
    "ask_topup": {"usage", "plans", "start", "install"},
    "ask_price_plans": {"usage", "topup"},
    "ask_local_plan": {"start"},
    "ask_crossborder_pack": {"coverage"},
    "ask_coverage": {"plans"},
    "ask_plan_start": {"plans", "install", "usage"},
    "ask_how_to_install": {"fault", "move", "lines", "start", "device"},
    "ask_hotspot": {"plans", "topup", "usage", "device"},
    "ask_calls_sms": {"lines", "plans"},
    "ask_dual_sim": {"fault", "calls", "coverage"},
    "ask_change_device": {"fault", "order", "install", "device"},
    "ask_device_compatibility": {"lines", "move", "install"},
    "ask_promotions": {"payment"},
    "ask_delete_reinstall": {"install", "move"},
    "ask_roaming_setting": {"lines"},
    "human_handoff": {"order"},
}


# What people put before an order number, an e-mail or a phone without asking anything.
_NAMES_OF_FACTS = frozenset(
    {
        "a", "an", "and", "address", "e-mail", "email", "i", "is", "it", "mail", "my", "no", "number", "on", "order",
        "phone", "the", "use", "with", "be", "have", "i'm", "id", "ref",
        "订单", "订单号", "单号", "我", "我的", "的", "是", "邮箱", "号", "号码", "手机", "用", "邮件",
    }
)  # fmt: skip


def parts(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each part of a message that could ask something of its own; nothing when there is only one."""
    cuts = [(match.start(), match.end()) for match in _CUT.finditer(text)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    found = [(start, end) for start, end in zip(starts, ends, strict=True) if text[start:end].strip()]
    if len(found) > 1:
        yield from found


def only_names_facts(words: Sequence[str]) -> bool:
    """Whether a part only says which order, e-mail or phone is meant: "order <order_number>", "邮箱 <email>"."""
    spelt = [word for word in words if any(map(str.isalnum, word))]
    facts = [word for word in spelt if word in MASKS]
    return bool(facts) and all(word in facts or word in _NAMES_OF_FACTS for word in spelt)


def is_matter(intent: str) -> bool:
    """Whether an intent asks for something, unlike a greeting, a yes, thanks or an order number."""
    return intent in _FAMILIES


def refused(intent: str, text: str) -> bool:
    """Whether `text` names a refund or an exchange only to say that it is not wanted."""
    return intent in ("request_refund", "request_exchange") and refuses_refund(text)


def two_matters(first: str, second: str) -> bool:
    """Whether two intents are so different that answering one would leave the other unanswered."""
    family = _FAMILIES.get(second)
    if first in _FAULTS and second == "check_order_status":
        return False  # a fault is looked for in the order anyway: "no internet, please have a look quickly"
    return family is not None and family != _FAMILIES.get(first) and family not in _REASONS.get(first, ())


def _says_little(words: Sequence[str]) -> bool:
    """Whether a part of a message is too short to ask something: "refund", 用吗; 上不了网 is one word and enough."""
    spelt = [word for word in words if word not in MASKS and any(map(str.isalnum, word))]
    return sum(len(HAN.findall(word)) or 2 for word in spelt) < _SAYS_ENOUGH


class Matter(NamedTuple):
    """What a part of a message asks, with how much confidence, and where it stands."""

    intent: str
    confidence: float
    start: int
    end: int


# The likeliest intent of some words and its confidence; nothing when there is none.
Rank = Callable[[Sequence[str]], tuple[str, float] | None]


def second_matter(
    text: str, words: Sequence[Word], entities: Sequence[Entity], first: str, rank: Rank, threshold: float
) -> Matter | None:
    """The first part of `text` that asks for something else than `first` with confidence `threshold` at least."""
    places = list(parts(text))
    if len(places) > _MOST_PARTS:
        return None
    if _ANNOUNCES.search(text):
        threshold = min(threshold, _ANNOUNCED_THRESHOLD)
    for start, end in places:
        inside = masked_words([word for word in words if start <= word.start and word.end <= end], entities)
        if _says_little(inside) or only_names_facts(inside):
            continue
        best = rank(inside)
        if not best or best[1] < threshold or refused(best[0], text[start:end]):
            continue
        if two_matters(first, best[0]):
            return Matter(*best, start, end)
    return None
