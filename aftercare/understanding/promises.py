"""What we have offered to pass on to a person once it is told, and a message that tells it."""

from __future__ import annotations

import re
from collections.abc import Collection

from aftercare.understanding.follow_ups import asks_something

# Our own texts that ask for details and promise to pass them on.
_PASSES = re.compile(
    r"\bI(?:'ll| can)? pass (?:it|that|them|this|the request|your complaint)\b(?! over)|\bI pass on now\b"
    r"|\b(?:and|or) a person finds\b|(?:由|请)?人工(?:来|可以|能)*(?:找|查(?!看))"
    r"|(?:我|现在就?|就)(?:现在就?|能)?(?:替您)?转(?:过去|上去|给(?:同事|人工)|(?=一次))|我交给(?:同事|人工)|连同.{0,8}再转一次|写在这里再转人工",
    re.IGNORECASE,
)
_ASKS_DETAILS = re.compile(
    r"\b(?:tell|give|send) me\b|\bsay what\b|\bdescribe|\bin a sentence\b|\bTell us\b"
    r"|告诉我|给我|发来|发给我|写在这里|说明|请把|留个",
    re.IGNORECASE,
)
# Asked for in words of one's own, or an address to be corrected.
_OF_A_STORY = re.compile(
    r"\bwhat (?:happened|is still open|it is about|they wrote|you do|to)\b|\bwhich part\b|\bwho you are\b"
    r"|\bin a sentence\b"
    r"|发生了什么|经过|没解决的事|哪一处|对方的话|做什么的|要删的内容",
    re.IGNORECASE,
)
_OF_A_CORRECTION = re.compile(
    r"\b(?:right|correct|new|old) (?:address|e-?mail|spelling)|\bspelling\b|正确|新邮箱|写法", re.IGNORECASE
)
_REMINDS = re.compile(
    r"\bpass (?:it|that|this|them|everything|all that)? ?(?:on|along)\b"
    r"|\byou (?:said|offered|promised|wanted|were going)\b.{0,30}\b(?:pass|forward|hand|tell (?:them|a person))"
    r"|\b(?:i )?(?:just|already) (?:told|gave|wrote|sent|said) (?:you|it|that|all|everything)\b"
    r"|\btold you (?:all|already|everything)\b"
    r"|(?:帮我|幫我|就|请|請|麻烦|麻煩)?转(?:过去|給|给|交|告|达|達)|轉(?:過去|給|交|告)"
    r"|(?:刚才|剛才|刚刚|剛剛|已经|已經|都|不是)(?:都|就|已经|已經|跟你|跟您|全)*(?:说|說|告诉|告訴|发|發|给|給)(?:过|過|了|你|您)"
    r"|(?:你|您)(?:不是)?(?:刚才|剛才|刚刚|剛剛)?(?:说|說|答应|答應)(?:过|過|了|要|会|會|好)*(?:帮|幫)?.{0,4}[转轉]",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:nz|au?|us|hk|s)?\s?[$€£¥]\s?\d|\d(?:[.,]\d+)?\s*(?:(?:nz|us|au|hk) ?)?(?:dollars?|bucks|nzd|usd|aud|cny"
    r"|rmb|euros?|yuan)\b"
    r"|\d\s*(?:块|塊|元|刀|纽币|紐幣|人民币|人民幣|美元|美金)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_DAY = re.compile(
    rf"\b(?:today|yesterday|tonight|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{{1,2}}(?:st|nd|rd"
    rf"|th)?\s+(?:of )?{_MONTH}"
    rf"|{_MONTH}\s+\d{{1,2}}|\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-]\d{{2,4}})?)\b"
    r"|今天|昨天|前天|上周|上週|(?:星期|礼拜|禮拜|周|週)[一二三四五六日天]|\d{1,2}\s*月\s*\d{1,2}|\d{1,2}\s*[号號日]",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:my |the )?name(?:'s| is|:)|\bi'?m called\b|姓名|名字|我叫|我姓|^\W*[A-Z][a-z]+ [A-Z][a-z]+\s*[,;，]",
    re.IGNORECASE,
)
_LAST_FOUR = re.compile(r"(?<![\d@.A-Za-z])\d{4}(?![\d.@])")
_COUNT = re.compile(
    r"\b\d{1,3} (?:phones?|people|persons?|guests?|students?|kids|of us|esims?|plans?|devices|tablets?)\b"
    r"|\d{1,3}\s*(?:台|部|个人|個人|人|张|張|位)",
    re.IGNORECASE,
)
_LEAST_EN, _LEAST_ZH = 18, 8
HELD = 3
"""We are held to a promise for so many messages of the traveller."""


def promises(answer: str) -> bool:
    """Whether a text of ours asks for details and promises to pass them on."""
    return bool(_PASSES.search(answer) and _ASKS_DETAILS.search(answer))


def reminds_of_promise(text: str) -> bool:
    """Whether a message holds us to it: "you offered to pass it on", "我刚才都说了"."""
    return bool(_REMINDS.search(text.replace("’", "'")))


def details_in(text: str, entities: Collection[str]) -> frozenset[str]:
    """The kinds of details that a message gives; `entities` are the names of those found in it."""
    found = {name for name in ("email", "order_number") if name in entities}
    patterns = {"amount": _AMOUNT, "day": _DAY, "name": _NAME, "count": _COUNT, "digits": _LAST_FOUR}
    return frozenset(found | {name for name, pattern in patterns.items() if pattern.search(text)})


def gives_promised(text: str, answer: str, entities: Collection[str]) -> bool:
    """Whether a message gives what `answer`, a text of ours that promises to pass details on, asked for.

    A pair of order number and e-mail alone proves an order, and an address alone is kept for one.
    """
    told = details_in(text, entities)
    if {"email", "order_number"} <= told and not _OF_A_CORRECTION.search(answer):
        return False  # with the order proven most is done at once
    if told - {"email", "order_number"} and (len(told) > 1 or not asks_something(text)):
        return True
    if told and _OF_A_CORRECTION.search(answer):
        return "email" in told and (len(told) > 1 or not asks_something(text))
    least = _LEAST_EN if text.isascii() else _LEAST_ZH
    return bool(_OF_A_STORY.search(answer)) and len(text) >= least and not asks_something(text)
