"""Understands a choice that is typed instead of clicked: by its title, or by its place among those offered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aftercare.base.language import normalise

_PLACES = {
    "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "一": 0, "二": 1, "三": 2, "四": 3, "五": 4,
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "one": 0, "two": 1, "three": 2, "four": 3, "five": 4,
    "1st": 0, "2nd": 1, "3rd": 2, "4th": 3, "5th": 4,
}  # fmt: skip
_PLACE = re.compile(
    r"\W*(?:the\s+|option\s+|number\s+|no\.?\s*|第|我?选|我?要)*"
    r"([1-5](?:st|nd|rd|th)|first|second|third|fourth|fifth|one|two|three|four|five|[1-5一二三四五])"
    r"\s*(?:one|option|个|项|种|号)?(?:吧|please|,|\s)*\W*",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"(?<![a-z])(?:the\s+|option\s+|number\s+|no\.?\s*)(first|second|third|fourth|fifth|[1-5](?:st|nd|rd|th)?)(?![\w.]|\s*(?:g|gb|gigs?|days?|weeks?)\b)"
    r"|(?<![a-z0-9.])([1-5](?:st|nd|rd|th))(?![a-z])"
    r"|第([1-5一二三四五])[个個张張种種款项項條条]?",
    re.IGNORECASE,
)
_POINTS_LAST = re.compile(
    r"\b(?:the|that) last\b(?! (?:time|week|night|month))|最[后後尾][一那]?[个個张張种種款项項條条]", re.IGNORECASE
)
# A place beside the one talked about: before it, after it, or the only other one.
_BESIDE = (
    (-1, re.compile(r"\b(?:the )?one (?:above|before)\b|上面那?[一个個款]|前一[个個款]|上一[个個款]", re.IGNORECASE)),
    (
        1,
        re.compile(
            r"\b(?:the )?one (?:below|after)\b|\bnext one\b|下面那?[一个個款]|[后後]一[个個款]|下一[个個款]",
            re.IGNORECASE,
        ),
    ),
)
_OTHER = re.compile(r"\bother one\b|另[一外]那?一?[个個款]", re.IGNORECASE)
_SUPERLATIVES = {
    "cheapest": re.compile(r"cheap(?:est|er)|lowest price|最便宜|最平|便宜(?:的|点|點|啲)?那?[个個款]", re.IGNORECASE),
    "dearest": re.compile(r"most expensive|dearest|pricier|最贵|最貴|贵(?:的|点)那?[个款]", re.IGNORECASE),
    "most_data": re.compile(
        r"(?:most|more) data|big(?:gest|ger) (?:one|plan|pack)|largest|流量(?:最|更)[多大]|最大那?[个個款]",
        re.IGNORECASE,
    ),
    "longest": re.compile(r"longest|longer one|(?:天数|天數|时间|時間)(?:最|更)[长長多]", re.IGNORECASE),
}
_ORDINALS = re.compile(r"\b(first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th)\b|第([1-5一二三四五])", re.IGNORECASE)
_LAST = re.compile(r"\W*(?:(?:the\s+)?last\s+(?:one|option)|最后一?[个项种])(?:吧|please|,|\s)*\W*", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\W_]+")


def typed_choice(text: str, choices: Sequence[Mapping[str, str]]) -> str | None:
    """The payload of the choice a text names ("2", "the second one", "第二个", its title); None when it names none.

    `choices` have `title` and `payload`, in the order in which they were offered.
    """
    plain = normalise(text).casefold()
    bare = _PUNCTUATION.sub("", plain)
    for choice in choices:
        if bare and bare == _PUNCTUATION.sub("", normalise(choice["title"]).casefold()):
            return choice["payload"]
    if len(choices) < 2:
        return None
    if _LAST.fullmatch(plain):
        return choices[-1]["payload"]
    found = _PLACE.fullmatch(plain)
    place = _PLACES[found[1]] if found else len(choices)
    return choices[place]["payload"] if place < len(choices) else None


def is_place(text: str) -> bool:
    """Whether a text is nothing but a place among things offered: "the second one", "第二个吧"."""
    return bool(_PLACE.fullmatch(normalise(text).casefold()))


def named_places(text: str, most: int) -> list[int]:
    """Every place among `most` things that a text names, from 0, in its order: "第一和第三" names two."""
    found = (next(filter(None, groups)) for groups in _ORDINALS.findall(normalise(text).casefold()))
    return [place for place in dict.fromkeys(_PLACES[word] for word in found) if place < most]


def named_item(text: str, titles: Sequence[str]) -> int | None:
    """The place among `titles` that a text points at, from 0: "the second one", "最后一个", part of a title.

    Unlike `typed_choice` it looks anywhere in the text. None when it points at none.
    """
    plain = normalise(text).casefold()
    if found := _POINTS.search(plain):
        word = next(filter(None, found.groups()))
        place = _PLACES.get(word, _PLACES.get(word[0], len(titles)))
        return place if place < len(titles) else None
    if titles and _POINTS_LAST.search(plain):
        return len(titles) - 1
    compact = _PUNCTUATION.sub("", plain)
    names = [_PUNCTUATION.sub("", normalise(title).casefold()) for title in titles]
    whole = [place for place, name in enumerate(names) if name and name in compact]
    if whole:
        return max(whole, key=lambda place: len(names[place]))
    own = [_own_words(title, titles) for title in titles]
    words_of_text = set(_WORDS.findall(plain))
    hits = [len(words & words_of_text) for words in own]
    best = max(hits, default=0)
    return hits.index(best) if best and hits.count(best) == 1 else None


def beside(text: str, at: int, count: int) -> int | None:
    """The place a text points at from the one talked about, `at` of `count`: "the one above", "另外那个"; None else."""
    plain = normalise(text).casefold()
    step = next((step for step, pattern in _BESIDE if pattern.search(plain)), None)
    if step is None and count == 2 and _OTHER.search(plain):
        return 1 - at
    return at + step if step is not None and 0 <= at + step < count else None


# Words of titles that a sentence about anything else has as well.
_OF_ANY_SENTENCE = frozenset(
    [
        "with",
        "from",
        "that",
        "this",
        "them",
        "these",
        "those",
        "have",
        "here",
        "there",
        "just",
        "only",
        "more",
        "been",
        "what",
        "when",
        "which",
        "your",
        "mine",
        "very",
        "does",
        "like",
        "into",
        "over",
        "then",
        "than",
        "some",
        "none",
        "another",
        "other",
        "phone",
    ]
)
_WORDS = re.compile(r"\d+(?:\.\d+)?|[a-z]{4,}|不限量|澳大利亚|澳洲|亚太|全球|塔斯曼|长住|留学|打工")


def _own_words(title: str, titles: Sequence[str]) -> set[str]:
    """The words and figures that only this title has."""
    others = set(_OF_ANY_SENTENCE) | {
        word for other in titles if other != title for word in _WORDS.findall(normalise(other).casefold())
    }
    return set(_WORDS.findall(normalise(title).casefold())) - others


def pointed_superlative(text: str) -> str | None:
    """Whether a text points at the extreme one of things shown: cheapest, dearest, most_data, longest; None else."""
    plain = normalise(text).casefold()
    return next((name for name, pattern in _SUPERLATIVES.items() if pattern.search(plain)), None)
