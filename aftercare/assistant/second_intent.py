"""When a message asks two things: where it can be cut, and which intents count as two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_CUT = re.compile(
    r"\.+(?!\S)|[;!?\n。；！？…]+|[,，]|\s+(?:and|also|plus|but|then|so)\s+|另外|还有|還有|而且|并且|並且|顺便|順便|同时|同時|所以|以及",
    re.IGNORECASE,
)

# Intents of one family are one matter told in different words; those in none never count as a second matter.
_FAMILIES = {
    name: family
    for family, names in {
        "fault": (
            "report_activation_failure", "report_no_service", "report_no_data", "report_slow_data",
            "report_stopped_working", "ask_roaming_setting", "ask_apn", "ask_how_to_install", "ask_delete_reinstall",
        ),
        "refund": (
            "request_refund", "request_exchange", "ask_refund_policy", "check_refund_status", "withdraw_request",
        ),
        "payment": ("payment_issue",),
        "invoice": ("ask_invoice",),
        "order": ("check_order_status", "resend_qr"),
        "usage": ("check_data_usage", "recover_usage_records"),
        "plans": (
            "ask_topup", "ask_crossborder_pack", "ask_local_plan", "ask_promotions", "ask_price_plans", "ask_coverage",
            "ask_plan_start",
        ),
        "device": ("ask_device_compatibility", "ask_change_device", "ask_dual_sim", "ask_hotspot", "ask_calls_sms"),
        "person": ("human_handoff", "ask_support_hours"),
    }.items()
    for name in names
}  # fmt: skip


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
    said = [word for word in words if any(map(str.isalnum, word))]
    facts = [word for word in said if word.startswith("<")]
    return bool(facts) and all(word in facts or word in _NAMES_OF_FACTS for word in said)


def is_matter(intent: str) -> bool:
    """Whether an intent asks for something, unlike a greeting, a yes, thanks or an order number."""
    return intent in _FAMILIES


def two_matters(first: str, second: str) -> bool:
    """Whether two intents are so different that answering one would leave the other unanswered."""
    return second in _FAMILIES and _FAMILIES.get(first) != _FAMILIES[second]
