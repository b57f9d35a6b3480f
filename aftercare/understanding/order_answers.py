"""What travellers type where an order number or an e-mail was asked for and neither could be read."""

from __future__ import annotations

import re

_LOOKS_LIKE_NUMBER = re.compile(r"\d(?:[\s-]?\d){4}|(?i:nz)\s*-?\s*\d")
_LOOKS_LIKE_EMAIL = re.compile(r"@|(?i:\b(?:gmail|outlook|hotmail|icloud|qq|163)\b)")
_CANNOT_FIND = re.compile(
    r"(?:找不到|没有|沒有|不知道|忘了?|忘记|忘記|不记得|不記得|没收到|没存|哪里|哪裡|在哪|怎么找|怎麼找).{0,8}(?:订单|訂單|单号|單號|号码|號碼|邮件|郵件)"
    r"|(?:订单|訂單|单号|單號|邮箱|郵箱|信箱).{0,6}(?:找不到|没有|沒有|忘|不知道|在哪|哪里|哪裡|丢)"
    r"|(?:can'?t|cannot|don'?t|do not|didn'?t|lost|forgot|no|where|how).{0,24}(?:order|number|confirmation|e-?mail)",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"(?:先不用|不用|跳过|跳過|没有也|不给|不想给).{0,4}(?:订单|訂單|单号|單號)?|without (?:it|the|an order)|skip", re.I
)


def looks_like_order_number(text: str) -> bool:
    """Whether a text seems to be meant as an order number."""
    return bool(_LOOKS_LIKE_NUMBER.search(text))


def looks_like_email(text: str) -> bool:
    """Whether a text seems to be meant as an e-mail address."""
    return bool(_LOOKS_LIKE_EMAIL.search(text))


def cannot_find_order(text: str) -> bool:
    """Whether a text says that number or e-mail are not at hand: "where is the order number?", "订单号找不到"."""
    return bool(_CANNOT_FIND.search(text))


def goes_without_order(text: str) -> bool:
    """Whether a text asks to go on without an order: "skip", "先不用"."""
    return bool(_WITHOUT.search(text))
