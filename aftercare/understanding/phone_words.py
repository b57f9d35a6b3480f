"""What a text says of phones: the words of a name, and which one to get."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_WORDS = re.compile(r"(?<![a-z0-9])(?:[a-z]+\d+[a-z]*|x[rs]|[a-z]{4,})(?![a-z0-9])")
_OF_MANY = frozenset(("iphone", "galaxy", "note", "plus", "ultra", "phone", "magic", "pixel", "mate", "find", "mini"))


# The rest of a name after the make: "reno6 5g", "nova 9", "A15"; a word and a number apart only of known series.
_SERIES = (
    r"reno|find ?[xn]|mate|nova|note|redmi|galaxy|zenfone|moto ?[eg]|edge|razr|xperia|magic|pura|axon|poco|mix|iqoo"
    r"|nord|phone|play|blade|enjoy|畅享|荣耀|红米"
)
_NUMBERED = re.compile(
    rf"\s*(?:手机|手機)?\s*((?:(?:{_SERIES})\s*[a-z]?\d{{1,4}}[a-z]{{0,2}}|[a-z]{{1,7}}\d{{1,4}}[a-z]{{0,2}}"
    r"|\d{3,4}(?! ?(?:gb|mb|nz|块|元|\$)))"
    r"(?:\s*(?:[45]g|pro|plus|ultra|max|lite|mini|se|fe|\+))*)(?![a-z0-9])",
    re.IGNORECASE,
)


def rest_of_name(text: str, end: int) -> str:
    """The model that a text writes right after the make that ends at `end`; "" when it names none."""
    found = _NUMBERED.match(text, end)
    return found[1].strip() if found else ""


_TO_GET = re.compile(
    r"\b(?:which|what)(?: (?:kind|sort|type|make|model)s?(?: of)?)?(?: (?:other|used|second[- ]?hand|cheap|new))?"
    r" (?:(?:smart ?)?phones?|handsets?|iphones?|androids?|mobiles?|models?)\b.{0,24}?"
    r"\b(?:get|buy|need|look for|recommend|take with|would (?:work|do)|will (?:work|do))\b"
    r"|(?:买|换|选|挑|需要|要)(?:一?[部台个支]|二手)?.{0,8}?(?:什么|哪种|哪款|哪一?[部台款种]|咩)(?!.{0,2}(?:套餐|方案|流量|计划|卡|包))(?:样的?)?(?:手机|机型|型号|iphone|苹果|机)?"
    r".{0,3}?(?:才|就行|可以|能用|合适|好)"
    r"|(?:什么|哪种|哪款|哪些|咩)(?:样的?)?(?:手机|机型|型号|iphone|苹果机?)(?:才|就|先)?(?:能用|可以|支持|行|得)",
    re.IGNORECASE,
)


def asks_which_to_get(text: str) -> bool:
    """Whether a text asks which phone to get, so that it works."""
    return bool(_TO_GET.search(as_mandarin(aligned(text))))


def words_of_name(text: str) -> set[str]:
    """The words of a text that may be a phone's own part of its name: "xr", "p40"; none that many names share."""
    return set(_WORDS.findall(text.casefold())) - _OF_MANY
