"""By what a text tells orders of one traveller apart: "the one I bought first", "便宜的那单"."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple

from aftercare.base.language import normalise

Criterion = Literal["bought", "price", "ends", "state"]


class OrderReference(NamedTuple):
    """What orders are compared by; `last` means the latest, dearest or the one in use, else the first of that order."""

    by: Criterion
    last: bool


_CRITERIA: tuple[tuple[Criterion, bool, str], ...] = (
    (
        "ends",
        False,
        r"\b(?:expires?|runs? out|ends?|over)\b.{0,12}\b(?:first|sooner|earlier|before)\b"
        r"|(?:先|早)(?:到期|过期|结束)|(?:哪|那).{0,3}(?:先|早).{0,3}(?:到期|过期|结束)",
    ),
    (
        "ends",
        True,
        r"\b(?:expires?|runs? out|ends?|lasts?)\b.{0,12}\b(?:last|later|longer|longest)\b"
        r"|(?:晚|后)(?:到期|过期|结束)",
    ),
    (
        "bought",
        False,
        r"\b(?:bought|ordered|purchased?|paid|buy|order|got|get)\b.{0,24}\b(?:first|earlier|before)\b"
        r"|\bfirst\b.{0,12}\b(?:bought|ordered|purchased?)\b"
        r"|\b(?:earliest|older|oldest|earlier)\b.{0,12}\b(?:bought|ordered|purchased?|order|one)\b"
        r"|(?:先|早)[买下订付]|(?:最早|较早|第一次|先前)的?.{0,2}[买单笔订]",
    ),
    (
        "bought",
        True,
        r"\b(?:bought|ordered|purchased?|paid|buy|order)\b.{0,24}\b(?:last|later|second|recently)\b"
        r"|\b(?:newer|newest|latest|later|most recent)\b"
        r"|(?:[后晚][来]?|最近|新)[买下订付]|(?:最新|较新|后来)的?.{0,2}[单笔订]",
    ),
    ("price", False, r"\b(?:cheaper|cheapest|cost less|less expensive)\b|便宜"),
    ("price", True, r"\b(?:dearer|more expensive|most expensive|pricier|cost more)\b|(?:更|比较|较|最)?贵的?那"),
    (
        "state",
        True,
        r"\b(?:already )?(?:installed|activated|in use|used|active|works|working)\b"
        r"|装(?:了|好|过)|激活了|用过|在用|能用",
    ),
)
_PATTERNS = tuple((OrderReference(by, last), re.compile(pattern, re.IGNORECASE)) for by, last, pattern in _CRITERIA)
_OWN = re.compile(
    r"\b(?:back|return|again)\b.{0,20}\b(?:mine|my (?:own|order|esim|plan|one))\b|\bmy own (?:order|esim|plan|one)\b"
    r"|回到?.{0,4}我|我自己的?[那订单]|先前的?那?[单个]",
    re.IGNORECASE,
)
_FIRST = re.compile(
    r"\b(?:back|return)\b.{0,12}\b(?:the )?first (?:one|order|e-?sim|plan)\b"
    r"|回(?:到|去)?.{0,3}(?:第一|[头頭]一)[张張单單笔筆个個條条]",
    re.IGNORECASE,
)
_PLACE = r"\b(?:first|second|third) "
_BY_PLACE = re.compile(rf"{_PLACE}(?:order|e-?sim|number)\b|第[一二三1-3](?:[张单笔]|个(?:订单|单|卡))", re.IGNORECASE)
_BY_BARE_PLACE = re.compile(rf"{_PLACE}(?:one|plan)\b(?! (?:i|we) )", re.IGNORECASE)
# The end of an order number, as people tell their orders apart: "the one with 038", "refund 13"; no amount of a thing.
_ENDING = re.compile(
    r"(?<![\d.,$€£¥:/+-])(\d{2,7})(?![\d:/%]|[.,]\d)"
    r"(?!\s*(?:gb?|gigs?|mb|days?|weeks?|months?|years?|hours?|hrs?|min\w*|[ap]m|th|st|nd|rd|people|percent|dollars?"
    r"|bucks|nzd|[a-z]*\s*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*)\b|\s*[天日月年元块塊刀点點个個次岁歲秒分周週]"
    r"|\s*(?:小时|小時|号到|號到))",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\bthe other (?:one|order|e-?sim|plan|number)\b|另[一外]那?一?[个個单單张張笔筆]|另外的?那", re.IGNORECASE
)
Owner = Literal["own", "companion"]
_KIN = (
    r"(?:mum|mom|mother|dad|father|wife|husband|partner|son|daughter|sister|brother|friend|girlfriend|boyfriend|mate"
    r"|kid|colleague)"
)
_COMPANION = re.compile(
    rf"\bhers\b|\bmy {_KIN}'?s?\b|\b(?:her|his|their) (?:order|e-?sim|plan|one|card|number)\b"
    r"|[她他](?:的|那)|(?:老公|老婆|太太|妈妈?|爸爸?|朋友|先生)的?[那𠮶](?:[张个]|[单笔])|我(?:妈|媽|爸|老公|老婆|太太|先生|朋友|女儿|女兒|儿子|兒子|同事|女朋友|男朋友|姐|妹|哥|弟)",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\bmine\b|\bmy (?:own|order|e-?sim|plan)\b|我自己|我的(?!妈|媽|朋友|老)|我(?:那|张(?:是|系|卡))", re.IGNORECASE
)
_WHICH = re.compile(
    r"\bwhich\b|\bwhat(?:'s| is) the (?:first|older|newer)|哪[一个張张单單笔筆]|邊[張单單]", re.IGNORECASE
)


def order_reference(text: str) -> OrderReference | None:
    """By what a text means one of several orders; None when it names no difference between orders."""
    plain = normalise(text)
    return next((reference for reference, pattern in _PATTERNS if pattern.search(plain)), None)


def asks_which_order(text: str) -> bool:
    """Whether a text asks which of several it is: "which one did I buy first"."""
    return bool(_WHICH.search(normalise(text)))


def order_by_ending(text: str, numbers: Collection[str]) -> str | None:
    """The one of several orders whose number ends as a number in the text: "refund 13 instead"; None when not just one.

    A number that ends with more of them, or with none, is no order.
    """
    ends = ([each for each in numbers if each.endswith(digits)] for digits in _ENDING.findall(normalise(text)))
    meant = {found[0] for found in ends if len(found) == 1}
    return meant.pop() if len(numbers) > 1 and len(meant) == 1 else None


def comes_back_to_own(text: str) -> bool:
    """Whether a text comes back to the traveller's own order after a companion's: "back to mine", "我自己的那单"."""
    return bool(_OWN.search(normalise(text)))


def means_other(text: str) -> bool:
    """Whether a text means the other of two: "the other one", "另外那个"."""
    return bool(_OTHER.search(normalise(text)))


def owner_named(text: str) -> Owner | None:
    """Whose order a text is about, the own one or a companion's ("hers", "我妈的"); None when it says neither."""
    plain = normalise(text).replace("’", "'")
    if _MINE.search(plain):
        return "own"
    return "companion" if _COMPANION.search(plain) else None


def comes_back_to_first(text: str) -> bool:
    """Whether a text comes back to the order that was talked about first: "back to the first one", "说回第一张"."""
    return bool(_FIRST.search(normalise(text)))


def names_place(text: str, *, choices_shown: bool) -> bool:
    """Whether a text means an order by its place among those that came up: "the second order", "第一张".

    `choices_shown`: "the first one" may be one of them then.
    """
    plain = normalise(text)
    return bool(_BY_PLACE.search(plain)) or (not choices_shown and bool(_BY_BARE_PLACE.search(plain)))
