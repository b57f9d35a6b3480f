"""Finds what a message says about orders, phones, places and time, with exact spans in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aftercare.base.identifiers import order_numbers, valid_eid, valid_iccid
from aftercare.base.language import written
from aftercare.catalogue.models import Catalogue
from aftercare.understanding.segmentation import aligned
from aftercare.understanding.steps_taken import TriedFinder

# A message longer than this is no longer read for entities; the channel cuts earlier.
LONGEST = 2_000


class Entity(NamedTuple):
    """A thing a message names: `start` and `end` are its place in the message, `value` is normalised."""

    entity: str
    value: str | float
    start: int
    end: int


# A telephone's keyboard likes to put a blank before or after the @, a Chinese one its own full stop.
_EMAIL = re.compile(
    r"[a-z0-9](?:[a-z0-9._%+-]{0,62}[a-z0-9_+-])? ?@ ?[a-z0-9-]{1,63}"
    r"(?:(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}|。[a-z]{2,24}(?![a-z0-9.@-]))"
)
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ \-‐-―−]?[0-9]){18,31}(?![0-9])")

_EN_NUMBERS = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0,
    "eight": 8.0, "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "fourteen": 14.0, "fifteen": 15.0,
    "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "sixty": 60.0, "ninety": 90.0, "half a": 0.5, "half": 0.5,
    "a couple of": 2.0, "couple of": 2.0, "couple": 2.0,
}  # fmt: skip
_EN_UNITS = {
    "hour": 1 / 24, "hr": 1 / 24, "day": 1.0, "night": 1.0, "week": 7.0, "wk": 7.0, "fortnight": 14.0, "month": 30.0,
    "year": 365.0,
}  # fmt: skip
_EN_TIME = re.compile(
    rf"(?<![a-z0-9.])(?P<number>[0-9]{{1,3}}(?:\.[0-9])?|{'|'.join(sorted(_EN_NUMBERS, key=len, reverse=True))})"
    rf"[ -]?(?:more |extra )?(?P<half>and a half )?(?P<unit>{'|'.join(_EN_UNITS)})s?"
    r"(?P<half_after> and a half)?(?![a-z0-9])"
)
_ZH_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_ZH_UNITS = {
    "小时": 1 / 24, "钟头": 1 / 24, "天": 1.0, "晚": 1.0, "周": 7.0, "星期": 7.0, "礼拜": 7.0, "月": 30.0, "年": 365.0,
}  # fmt: skip
_ZH_TIME = re.compile(
    r"(?<![0-9.第零一二三四五六七八九十两])(?P<number>[0-9]{1,3}(?:\.[0-9])?|[一二三四五六七八九]?十[一二三四五六七八九]?"
    r"|[一二三四五六七八九两]{1,2}|半)多? ?(?P<piece>个)?多?(?P<half>半)?(?P<unit>小时|钟头|天|晚|周|星期|礼拜|月|年)"
    r"(?P<half_after>半)?"
)


class EntityFinder:
    """Patterns and the catalogue's names; made when a model loads, so new devices and places need no training."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = _Names(_catalogue_names(catalogue))
        self._tried = TriedFinder(catalogue.tried_steps)

    def find(self, text: str) -> list[Entity]:
        """Entities in the order of the message; of names that overlap only one is kept, the longest.

        `language` and `script` span the whole message and are absent when nothing in it tells.
        """
        text = text[:LONGEST]
        plain = aligned(text)
        found = self._named(plain, text)
        found += (Entity("tried", key, start, end) for key, start, end in self._tried.find(plain))
        how = written(text)
        if how.language:
            found.append(Entity("language", how.language, 0, len(text)))
        if how.script:
            found.append(Entity("script", how.script, 0, len(text)))
        return found

    def named(self, text: str) -> list[Entity]:
        """Only what the message names: no steps tried, no language."""
        text = text[:LONGEST]
        return self._named(aligned(text), text)

    def _named(self, plain: str, text: str) -> list[Entity]:
        taken: list[Entity] = []
        for entity in (*_identifiers(plain), *_lengths_of_time(plain), *self._names.find(plain, text)):
            if not any(entity.start < other.end and other.start < entity.end for other in taken):
                taken.append(entity)
        return sorted((_as_sold(entity, plain) for entity in taken), key=lambda entity: entity.start)


def _as_sold(entity: Entity, plain: str) -> Entity:
    """A phone whose maker leaves the eSIM out for mainland China, when the text says that it was sold there."""
    if entity.entity == "device" and str(entity.value).startswith("apple-iphone") and _SOLD_IN_CHINA.search(plain):
        return entity._replace(value="apple-iphone-mainland-china")
    return entity


def _identifiers(plain: str) -> Iterator[Entity]:
    for match in _EMAIL.finditer(plain):
        yield Entity("email", match[0].replace(" ", "").replace("。", "."), match.start(), match.end())
    for found in order_numbers().find(plain):
        yield Entity("order_number", *found)
    for match in _LONG_NUMBER.finditer(plain):
        digits = re.sub(r"[^0-9]", "", match[0])
        if valid_eid(digits):
            yield Entity("eid", digits, match.start(), match.end())
        elif valid_iccid(digits):
            yield Entity("iccid", digits, match.start(), match.end())


def _lengths_of_time(plain: str) -> Iterator[Entity]:
    for match in _EN_TIME.finditer(plain):
        number = _EN_NUMBERS.get(match["number"])
        days = (float(match["number"]) if number is None else number) * _EN_UNITS[match["unit"]]
        if match["half"] or match["half_after"]:
            days += _EN_UNITS[match["unit"]] / 2
        yield _time(days, match)
    for match in _ZH_TIME.finditer(plain):
        unit = match["unit"]
        if unit == "月" and not match["piece"]:
            continue  # 3月 is March, 3个月 three months
        if unit == "年" and not match["piece"] and match["number"].isdigit() and len(match["number"]) > 1:
            continue  # 24年 is a date
        days = _zh_number(match["number"]) * _ZH_UNITS[unit]
        if match["half"] or (match["half_after"] and unit in {"天", "年"}):
            days += _ZH_UNITS[unit] / 2
        yield _time(days, match)


def _time(days: float, match: re.Match[str]) -> Entity:
    return Entity("amount_of_time", round(days, 3), match.start(), match.end())


def _zh_number(text: str) -> float:
    if text == "半":
        return 0.5
    if text[0].isdigit():
        return float(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return float(_ZH_DIGITS[text[-1]])  # 五六天 may be six
    return float(_ZH_DIGITS.get(tens, 1) * 10 + _ZH_DIGITS.get(ones, 0))


# What people put or leave out between the parts of a name.
_JOINTS = frozenset(" \t\n\r\u3000-‐‑‒–—―−_·•'’.")


def _compact(text: str) -> str:
    return "".join(character for character in text if character not in _JOINTS)


_IPHONE = re.compile(r"iphone ?(?=[0-9])", re.IGNORECASE)
# Apple's names are written apart, too; "I phone" is a verb after what asks for one, or before whom or what is called.
_APPLE_APART = re.compile(r"^i(?=phone|pad)", re.IGNORECASE)
_I_PHONE = re.compile(r"i\s+phone")
_OWNED = re.compile(
    r"(?:\b(?:an?|the|this|that|my|your|his|her|our|their|its|old|new|on|with|for|have|got|is|use|own)|['’]s)\s+$"
)
_CALLS_BEFORE = re.compile(
    r"\b(?:can|could|do|did|shall|should|would|will|must|may|might|if|when|before|after|once)\s+$"
)
_CALLS_AFTER = re.compile(
    r"\s+(?:up|an?|the|my|your|his|her|our|their|him|them|you|this|that|some|any|every|people|someone|somebody|anyone"
    r"|home|abroad|support|customer|local)\b"
)
# Initials: "U.S."
_INITIALS = re.compile(r"(?:[A-Z]\.){2,}")
# What forums make of "15 Pro Max" and "S24 Ultra".
_SHORT = ((re.compile(r"(?<=[0-9]) ?pro ?max$", re.IGNORECASE), "pm"), (re.compile(r"(?<=[0-9]) ?ultra$", re.I), "u"))


def _as_written(name: str) -> Iterator[str]:
    """A phone's name and the short forms of forums: 苹果15, ip15 pro, i phone 15, iPhone 15pm, s24u."""
    apart = [_APPLE_APART.sub("i ", name)] if _APPLE_APART.match(name) else []
    for whole in (name, *apart, *(_IPHONE.sub(nick, name) for nick in ("苹果", "爱疯", "ip") if _IPHONE.match(name))):
        yield whole
        yield from (pattern.sub(short, whole) for pattern, short in _SHORT if pattern.search(whole))


def _catalogue_names(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """(name, entity, value) of everything the catalogue names; where two share a name the first wins."""
    for device in catalogue.devices:
        for name in (f"{device.brand} {device.model}", device.model, *device.aliases):
            yield from ((written_name, "device", device.id) for written_name in _as_written(name))
    for device in catalogue.devices:  # "my kids have iPhone 8s"; after all names, as the 6s is a phone of its own
        if device.model[-1].isdigit():
            yield f"{device.model}s", "device", device.id
    for region in catalogue.regions:
        for name in (region.name, region.name_zh, *region.aliases):
            yield name, "location", region.name
    for place in catalogue.destinations:
        for name in (place.name_en, place.name_zh, *place.aliases):
            yield name, "destination", place.country
    for operator in catalogue.operators:
        for name in (operator.name, *operator.aliases):
            yield name, "operator", operator.name
    for plan in catalogue.plans:
        for name in (plan.name_en, plan.name_zh):
            yield name, "plan", plan.id
    for message in catalogue.error_messages:
        for name in message.aliases:
            yield name, "error_message", message.key


def _blanks_of(name: str) -> frozenset[int]:
    """Where a name has a joint, by the number of characters before it without joints; initials are never set apart."""
    if _INITIALS.fullmatch(name.upper()):
        return frozenset()
    return frozenset(
        len(_compact(name[:place])) for place, character in enumerate(name) if place and character in _JOINTS
    )


class _Names:
    """Longest match over text without its joints, so "iPhone15 Pro-Max" is "iphone 15 pro max".

    Matching characters instead of tokens keeps Chinese spans exact however the words around them were cut. Between two
    letters the text has a blank only where some spelling of the name has a joint: "us a" is not the USA.
    """

    def __init__(self, names: Iterable[tuple[str, str, str]]) -> None:
        self._meaning: dict[str, tuple[str, str]] = {}
        self._longest: dict[str, int] = {}
        self._blanks: dict[str, frozenset[int]] = {}
        initials: dict[str, bool] = {}
        for name, entity, value in names:
            plain = aligned(name)
            compact = _compact(plain)
            if len(compact) < 2:
                continue
            self._meaning.setdefault(compact, (entity, value))
            self._longest[compact[:2]] = max(self._longest.get(compact[:2], 0), len(compact))
            self._blanks[compact] = self._blanks.get(compact, frozenset()) | _blanks_of(plain)
            initials[compact] = initials.get(compact, True) and bool(_INITIALS.fullmatch(name))
        self._only_initials = frozenset(compact for compact, only in initials.items() if only)

    def find(self, plain: str, text: str) -> Iterator[Entity]:
        """Names in `plain`, the aligned form of `text`: longest first at each place, none overlapping."""
        places = [place for place, character in enumerate(plain) if character not in _JOINTS]
        compact = "".join(plain[place] for place in places)
        at = 0
        while at < len(compact) - 1:
            if compact[at : at + 2] not in self._longest:
                at += 1
                continue
            length = self._length_at(compact, at, places, plain)
            if length and self._is_name(
                compact[at : at + length], places[at], places[at + length - 1] + 1, plain, text
            ):
                entity, value = self._meaning[compact[at : at + length]]
                yield Entity(entity, value, places[at], places[at + length - 1] + 1)
            at += length or 1

    def _length_at(self, compact: str, at: int, places: list[int], plain: str) -> int:
        longest = self._longest[compact[at : at + 2]]
        if _latin(compact[at]) and places[at] and _latin(plain[places[at] - 1]):
            return 0
        for end in range(min(at + longest, len(compact)), at + 1, -1):
            if (
                compact[at:end] in self._meaning
                and not self._cuts_a_word(compact, end, places, plain)
                and not self._joins_words(compact, at, end, places, plain)
            ):
                return end - at
        return 0

    def _is_name(self, name: str, start: int, end: int, plain: str, text: str) -> bool:
        """Whether these letters are the name and not words: "us", "I phone my mum"."""
        if name == "上海" and _ON_BOARD.search(plain[:start]) and not _TRAVELS.match(plain[end:]):
            return False  # 游轮上 | 海中间
        if name in self._only_initials and plain[start:end] == name:
            return _in_capitals(text, start, end)
        return not _I_PHONE.fullmatch(plain[start:end]) or not _phones(plain, start, end)

    @staticmethod
    def _cuts_a_word(compact: str, end: int, places: list[int], plain: str) -> bool:
        after = places[end - 1] + 1
        return _latin(compact[end - 1]) and after < len(plain) and _latin(plain[after])

    def _joins_words(self, compact: str, start: int, end: int, places: list[int], plain: str) -> bool:
        blanks = self._blanks[compact[start:end]]
        return any(
            at - start not in blanks
            and compact[at - 1].isalpha()
            and compact[at].isalpha()
            and compact[at - 1].isascii()
            and compact[at].isascii()
            and any(character.isspace() for character in plain[places[at - 1] + 1 : places[at]])
            for at in range(start + 1, end)
        )


# "On a ship", and what is said of the city after its name.
_ON_BOARD = re.compile(r"[轮船艇]$")
_TRAVELS = re.compile(r"出发|出港|到|去|飞|市|港|登船|上船|浦东|虹桥|的?(?:客|航|船)|开")


def _in_capitals(text: str, start: int, end: int) -> bool:
    """Whether this part is in capitals in a text that is not."""
    around = text[:start] + text[end:]
    shouted = around.upper() == around and around.lower() != around
    return text[start:end].isupper() and not shouted


def _phones(plain: str, start: int, end: int) -> bool:
    """Whether "I phone" says that somebody is called."""
    before, after = plain[:start], plain[end:]
    return not _OWNED.search(before) and bool(_CALLS_BEFORE.search(before) or _CALLS_AFTER.match(after))


_SOLD_IN_CHINA = re.compile(
    r"国行|國行|大陆版|大陸版|内地版|內地版|(?:大陆|大陸|内地|內地|国内|國內)(?:买|買|购|購)的?"
    r"|(?:mainland|chinese|china)[ -](?:china )?(?:version|model|unit|edition)"
    r"|(?:bought|purchased|got it|sold) in (?:mainland )?china",
    re.IGNORECASE,
)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
