"""What a text says of the plan it wants: days, countries, the smallest, another than the one shown, a longer one."""

from __future__ import annotations

import re

_HOME_ONLY = re.compile(
    r"\b(?:only|just) (?:(?:going|travell?ing|in|to|for|the|need) )*(?:nz"
    r"|new zealand)\b|\b(?:nz|new zealand)[- ](?:only|alone)\b"
    r"|\b(?:nz|new zealand) (?:one\b|\d+ ?gb\b)"
    r"|(?:只|就|单|單)(?:去|要|有|在|用|玩)?(?:新西兰|新西蘭|紐西蘭|纽西兰)|(?:纯|純)(?:新西兰|紐西蘭)",
    re.IGNORECASE,
)
_NOT_AUSTRALIA = re.compile(
    r"\b(?:not|no|without|skip\w*|instead of|forget|drop)\b.{0,12}\baustralia\b"
    r"|(?:不去|不含|不要|没有|沒有|不用).{0,4}(?:澳洲|澳大利亚|澳大利亞)",
    re.IGNORECASE,
)
_AUSTRALIA = re.compile(r"\baustralia\b|\bsydney\b|\bmelbourne\b|澳洲|澳大利亚|澳大利亞|悉尼|雪梨", re.IGNORECASE)
_SMALLEST = re.compile(
    r"\bsmall(?:est|er) (?:one|plan|pack)\b|\bleast data\b|最小那?[个個款]?|流量最[少小]", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"\b(?:don'?t want|not (?:that|this|the|a|an)|another|other|different|something else|recommend)\b"
    r"|不要|不想要|别的|其他|其它|重新(?:选|挑|推荐|推薦|换|換|找|来|來)|换一?个|另外",
    re.IGNORECASE,
)
_DAYS = re.compile(r"(\d{1,3})\s*[- ]?(?:days?\b|天|日(?!本|元))", re.IGNORECASE)
_NOT_THAT_ONE = re.compile(
    r"\bnot (?:that|this|it|the)\b|\b(?:another|other|different|else"
    r"|rest)\b|不(?:是|要)?(?:这|這|那|它)|(?:别|別|另|其)(?:的|外|他|一)|换一个|換一個",
    re.IGNORECASE,
)
_LONGER = re.compile(
    r"\b(?:extend|longer|more days|extra days?|days? more|until the"
    r"|past the|prolong)\b|延(?:长|長|到|期|后|後)?|多(?:用|加)?[几幾一两兩三]天|加.{0,2}天",
    re.IGNORECASE,
)
_BUYS = re.compile(
    r"\b(?:pay|buy|order|link|where|how do i)\b|付款|怎么付|怎麼付|怎么买|怎麼買|下单|下單|哪里买|哪裡買|链接",
    re.IGNORECASE,
)


# "the $27 one", "the 27 one", "27蚊嗰個", "34块9的".
_PRICED = re.compile(
    r"\$\s*(\d{1,4}(?:\.\d{1,2})?)|(?<![\d.])(\d{1,4}(?:\.\d{1,2})?)\s*(?:dollars?|bucks|nzd|[蚊块塊元刀]|纽币|紐幣)"
    r"|\bthe (\d{1,4}(?:\.\d{1,2})?) (?:one|plan)\b|(?<![\d.第])(\d{2,4}(?:\.\d{1,2})?)\s*(?:的)?(?:嗰|那)[个個款]",
    re.IGNORECASE,
)


def price_of_plan(text: str) -> float | None:
    """The price by which a text points at a plan, in units of the currency shown: "the $27 one"; None for none."""
    found = _PRICED.search(text)
    return float(next(filter(None, found.groups()))) if found else None


def days_of_plan(text: str) -> int | None:
    """The first number of days a text names: "the 10 day one", "10天的"."""
    found = _DAYS.search(text)
    return int(found[1]) if found else None


def only_new_zealand(text: str) -> bool:
    """Whether a plan for New Zealand alone is wanted, or Australia is ruled out."""
    return bool(_NOT_AUSTRALIA.search(text) or _HOME_ONLY.search(text))


def also_australia(text: str) -> bool:
    """Whether a text names Australia without ruling it out."""
    return bool(_AUSTRALIA.search(text)) and not _NOT_AUSTRALIA.search(text)


def points_at_smallest(text: str) -> bool:
    """Whether a text points at the plan with least data."""
    return bool(_SMALLEST.search(text))


def wants_other_plan(text: str) -> bool:
    """Whether another plan than the one on the table is wanted."""
    return bool(_ANOTHER.search(text))


def refuses_this_one(text: str) -> bool:
    """Whether the one that is offered is refused rather than the whole matter: "not that one", "换一个"."""
    return bool(_NOT_THAT_ONE.search(text))


def wants_longer(text: str) -> bool:
    """Whether more days are wanted for the plan one has."""
    return bool(_LONGER.search(text))


def asks_to_buy(text: str) -> bool:
    """Whether a text asks how or where to pay."""
    return bool(_BUYS.search(text))
