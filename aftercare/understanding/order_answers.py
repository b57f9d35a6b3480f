"""What travellers type where an order number or an e-mail was asked for and neither could be read."""

from __future__ import annotations

import re

from aftercare.base.identifiers import order_numbers

# Five digits or more; a phone number begins with 0 or +.
_DIGITS = re.compile(r"\+?\d(?:[\s-]?\d){4,}")
_LOOKS_LIKE_EMAIL = re.compile(r"@|(?i:\b(?:gmail|outlook|hotmail|icloud|qq|163)\b)")


def looks_like_order_number(text: str) -> bool:
    """Whether a text seems to be meant as an order number."""
    runs = (found[0] for found in _DIGITS.finditer(text))
    return any(not run.startswith(("0", "+")) for run in runs) or order_numbers().seem_meant(text)


def looks_like_email(text: str) -> bool:
    """Whether a text seems to be meant as an e-mail address."""
    return bool(_LOOKS_LIKE_EMAIL.search(text))


_NO_NUMBER = re.compile(
    r"\b(?:don'?t|do not|doesn'?t|didn'?t) (?:know|have|got|remember)\b.{0,24}\b(?:number|order|it)\b"
    r"|\bno (?:order )?number\b|\bwithout (?:the |a )?(?:order )?number\b"
    r"|(?:不知道|不晓得|不曉得|没有|沒有|没|沒|找不到).{0,6}(?:订单|訂單|单号|單號|号码|號碼|编号|編號)|(?:订单|訂單|单号|單號)号?.{0,4}(?:不知道|没有|沒有|找不到|不清楚)",
    re.IGNORECASE,
)
_STEPS_WANTED = re.compile(
    r"\bsteps?\b|\b(?:just |please )?tell me (?:what|how)\b|\bwhat (?:should|can|do|could|must) (?:i|we|she|he"
    r"|they)\b|\binstructions?\b|\bgo on without\b"
    r"|步骤|步驟|怎么办|怎麼辦|怎么弄|怎麼弄|(?:先|该|該)(?:让|讓|叫)?(?:她|他|我)?.{0,4}(?:干嘛|做什么|做什麼|怎么|怎麼)|(?:你|就|直接)(?:就)?(?:告诉|告訴|说|說|教)",
    re.IGNORECASE,
)


def wants_steps_without_order(text: str) -> bool:
    """Whether a text wants steps and says that no number is known: "no idea of the number, just tell me what to do"."""
    plain = text.replace("’", "'")
    return bool(_NO_NUMBER.search(plain) and _STEPS_WANTED.search(plain))
