"""A refund or a request that a text asks for, where the conversation has just spoken of something else."""

from __future__ import annotations

import re

from aftercare.understanding.clauses import clause_ends

_REQUEST = re.compile(r"request|refund|exchange|swap|申请|申請|退款|退钱|退錢|更换|更換|换套餐", re.IGNORECASE)
_REFUND = re.compile(r"退(?!出|回上|到上|房|票|税|稅)|[还還][钱錢]|[钱錢][还還]|\brefund|money back", re.IGNORECASE)
_CANCELS = re.compile(
    r"\b(?:want|like|need|wish|have|please|can you|could you|to)\b.{0,12}\bcancel\b|^\W*cancel\b|取消(?!了)",
    re.IGNORECASE,
)
_DENIES = re.compile(r"不|别|別|\bno\b|\bnot\b|n't|\bnever\b", re.IGNORECASE)
# The terms as such, rather than whether an order can be returned.
_TERMS = re.compile(r"\b(?:policy|policies|terms|rules|conditions)\b|政策|规定|规則|規定|规则|條款|条款", re.IGNORECASE)
# What was bought already, rather than one of the plans that are shown.
_BOUGHT = re.compile(
    r"\b(?:i|we)(?:'ve| have)?(?: already| just)? (?:bought|paid|ordered|got|have)\b|\bmy (?:own|order|plan|e-?sim)\b"
    r"|原[来來]|我.{0,4}[买買]|已[经經][买買]",
    re.IGNORECASE,
)


def names_bought(text: str) -> bool:
    """Whether a text means what was bought before: "the one I bought", "原来这个"."""
    return bool(_BOUGHT.search(text.replace("’", "'")))


def asks_for_terms(text: str) -> bool:
    """Whether a text asks for the terms of refunds in general: "what's your policy?", "退款规定"."""
    return bool(_TERMS.search(text))


def names_request(text: str) -> bool:
    """Whether a text names a refund or exchange request: "cancel my refund", "撤销申请"."""
    return bool(_REQUEST.search(text))


def cancels_order(text: str) -> bool:
    """Whether a text that names an order calls it off: "I'd like to cancel NZ10000003", "取消这个订单"."""
    return bool(_CANCELS.search(text)) and not _REQUEST.search(text)


def asks_for_refund(text: str) -> bool:
    """Whether a yes or no asks for the money after all: "actually yes, refund it", "还是退吧"."""
    return bool(_REFUND.search(text)) and not _DENIES.search(text)


_BESIDE = clause_ends(words=r"\bthen\b|那就?|就")


def asks_for_refund_beside(text: str) -> bool:
    """Whether one clause asks for the money, whatever the others deny: "not supported, then refund me"."""
    return any(map(asks_for_refund, _BESIDE.split(text)))
