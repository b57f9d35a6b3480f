"""Short questions that only mean something after what was said last: "how long?", "why not?", "and the S21?"."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.diagnosis import is_open

_HOW_LONG = re.compile(
    r"\W*(?:and |so |ok(?:ay)?,? |but )?(?:how (?:long|soon|much longer)|when)\b"
    r"(?:(?! refund| plan| valid| expire).){0,40}"
    r"|\W*(?:那|大概|大约|還|还)*(?:要|需要|得)?(?:等)?多久.{0,8}|.{0,6}(?:什么时候|什麼時候|几时|啥时候)(?:能|才|会)?(?:好|修好|恢复|恢復|到|有|行).{0,3}",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\W*(?:but )?why(?: not| is that| can'?t i)?\W*"
    r"|\W*(?:那|可是|但)?(?:为什么|為什麼|为啥|凭什么)(?:不能|不可以|不给|不行)?(?:退|换)?(?:啊|呢)?\W*",
    re.IGNORECASE,
)
_LONGEST = 50
# What was answered last, by goal, and says its time again.
_TOLD = {
    "resend_qr": "action_resend_qr",
    "order_status": "action_order_status",
    "refund_status": "action_refund_status",
    "refund": "action_refund_status",
    "diagnose": "diagnosis_form",
}


def asks_how_long(text: str) -> bool:
    """Whether a text only asks for the time: "how long?", "还要多久"."""
    return len(text) <= _LONGEST and bool(_HOW_LONG.fullmatch(text.strip()))


def told_before(turn: Turn) -> str | None:
    """The action that says again what a question of time or reason is about; None when nothing was told."""
    if not turn.slot("order_verified"):
        return None
    if _WHY.fullmatch(turn.text) and turn.slot("goal") in ("refund", "exchange"):
        return "refund_form"
    if not asks_how_long(turn.text):
        return None
    state = turn.slot("diagnosis")
    if turn.slot("goal") == "diagnose" and not is_open(state):
        return None
    return _TOLD.get(str(turn.slot("goal")))


def names_another_phone(turn: Turn) -> bool:
    """Whether a phone is named right after one was asked about."""
    return bool(turn.entity("device")) and turn.slot("offer") == "ask_device_compatibility"
