"""Whether a text says that the phone shows an EID: the phone then has an eSIM chip."""

from __future__ import annotations

import re

from aftercare.understanding.clauses import clause_ends

_ID = r"(?:(?<![a-z])eid(?![a-z])|(?<![a-z])e什[么麼]|(?<!\d)32[- ]?digits?\b|(?<!\d)32 ?位)"
# A space before Chinese ends a clause, but not what is said of the EID right after it.
_CLAUSES = clause_ends(
    words=r"\bbut\b|但是?|不过|不過|(?<![dD位]) +(?=[一-鿿])(?![吗嗎么麼呢])|(?<=[dD位]) *(?=那|所以|可以|能不能|咁)"
)
# It is not there, or cannot be found.
_ABSENT = re.compile(
    rf"\b(?:no|without(?: an?)?|neither|nor|missing)\s+(?:\w+\s+){{0,2}}?{_ID}"
    rf"|\b(?:not|never|cannot|can'?t|\w+n'?t)\b.{{0,24}}?{_ID}"
    rf"|{_ID}.{{0,12}}\b(?:not|isn'?t|is missing|missing|doesn'?t|nowhere|no)\b"
    rf"|(?:没有?|沒有?|无|無|找不到|看不到|不显示|不顯示|没看到|沒看到).{{0,8}}?{_ID}"
    rf"|{_ID}.{{0,6}}(?:没有?|沒有?|无|無|找不到|看不到|不显示|不顯示|不见|不見)",
    re.IGNORECASE,
)
# It is asked whether or where, or something depends on it.
_OPEN = re.compile(
    r"\b(?:if|whether|where|unless|until|what(?:'s| is| does)|which|how (?:do|can|to)|should|must|needs?"
    r"|having|only when)\b|^(?:(?:and|so|ok|then|hi) )*(?:is|are|do|does|did|has|have|can|will|would)"
    r" (?:there|i|it|you|my|the|this|we|all|every)\b"
    r"|如果|要是|假如|是否|有没有|有沒有|哪里|哪裡|哪儿|什么是|甚麼是|是什么|是甚麼"
    r"|怎么(?:查|看|找)|怎麼(?:查|看|找)|需要|要有|才|[吗嗎么麼]$",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    rf"\b(?:is|are|there'?s|it'?s|shows?|showed|showing|sees?|saw|has|have|had|got|gives?|gave|found|appears?|appeared|lists?|with|and)\b"
    rf".{{0,30}}?{_ID}|{_ID}.{{0,30}}?\b(?:is|shows?|appears?|appeared|there|came|comes|present|on (?:the|my) screen)\b"
    rf"|(?:有|显示|顯示|看到|看见|看見|出现|出現|出来|出來|跳出|弹出|彈出).{{0,10}}?{_ID}|{_ID}.{{0,10}}(?:有|显示|顯示|出来|出來|出现|出現)",
    re.IGNORECASE,
)

_OF_PHONE = re.compile(
    r"\b(?:does|can|will|would|is) (?:my|this|that|the|it|mine|hers?|his)\b"
    r"|(?:手机|手機|我的|它|这个|這個|那个|那個).{0,6}(?:支持|支援|能用|可以|兼容|相容)|(?:支持|支援|能用)(?:吗|嗎|么|不)",
    re.IGNORECASE,
)


def asks_of_phone(text: str) -> bool:
    """Whether a text asks if a phone can, rather than how that is found out: "does my phone support it"."""
    return bool(_OF_PHONE.search(text))


def shows_eid(text: str) -> bool | None:
    """Whether the phone shows an EID, as a text says: True, False, or None when it says neither or asks for it."""
    shown: bool | None = None
    for clause in _CLAUSES.split(text):
        clause = clause.strip()
        if _OPEN.search(clause):
            continue
        if _ABSENT.search(clause):
            shown = False
        elif _PRESENT.search(clause):
            shown = True
    return shown
