"""Order numbers of any shop: their patterns come from ORDER_NUMBER_PATTERNS, and one reader serves every part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

# what people put between the parts of a number, and what forms and mails put before it
_GAP = r"[ \-‐-―−_.]?"
_WIDE_GAP = r"[ :#.\-‐-―−_]{0,2}"
_SLASH = r"[ :#.\-‐-―−_/]{0,2}"
_SEPARATORS = re.compile(r"[\s\-‐-―−_.#:]+")
_PART = re.compile(
    r"(?P<kind>[dx])(?:\{(?P<least>\d{1,2})(?:,(?P<most>\d{1,2}))?\})?|(?P<plain>[A-Z0-9]+)|(?P<gap>[-_./])"
)
_CLASS = {"d": "[0-9]", "x": "[0-9a-z]"}
_LINE = re.compile(r"/([0-9]{1,2})$")
# what stands before a number without letters of its own, so that no price, date or word is taken for one
_INTRODUCED = (
    r"(?:\border\s?(?:number|no\.?|id)?\s?(?:is|:|#|：)?\s?#?|#"
    r"|[订訂][单單][编編]?号?號?[码碼]?(?:是|为|為|：|:)?\s?#?|[单單][号號][:：]?\s?)"
)
LONGEST_NUMBER = 40
"""Characters of the longest number a shop may have, with the `/2` of a second eSIM."""


class OrderNumberPatternError(ValueError):
    """A pattern cannot be read; the message says what a pattern looks like."""


class FoundNumber(NamedTuple):
    """An order number in a text: its canonical form and its place."""

    number: str
    start: int
    end: int


@dataclass(frozen=True)
class OrderNumberPattern:
    """One shape of order numbers.

    In `mask` capital letters, digits and `-` `_` `.` `/` stand for themselves, `d` for a digit, `x` for either;
    `d{4,6}` is four to six digits. `example` is a number of this shape.
    """

    mask: str
    example: str
    parts: tuple[tuple[str, str], ...]
    """Each ("text", literal), ("gap", separator) or (class, repetition as `{4,6}`)."""

    @property
    def needs_introduction(self) -> bool:
        """Whether it has no letters of its own that tell it from prices, dates and words."""
        return not any(kind == "text" and not value.isdigit() for kind, value in self.parts)

    @property
    def digits_at_end(self) -> OrderNumberPattern | None:
        """The shape of its changing part, where that is digits at its end alone."""
        kinds = [kind for kind, _ in self.parts if kind in ("d", "x")]
        return replace(self, parts=self.parts[-1:]) if kinds == ["d"] and self.parts[-1][0] == "d" else None

    def canonical(self, compact: str, slashes: bool) -> str | None:
        """The number as the shop writes it, from one in capitals without separators; None when it has another shape.

        With `slashes` its own slashes must be there, without them they are left out.
        """
        pieces = []
        for kind, value in self.parts:
            if kind == "text" or (slashes and value == "/"):
                pieces.append(re.escape(value))
            elif kind != "gap":
                pieces.append(f"({'[0-9]' if kind == 'd' else '[0-9A-Z]'}{value})")
        found = re.fullmatch("".join(pieces), compact, re.ASCII)
        if found is None:
            return None
        groups = iter(found.groups())
        return "".join(value if kind in ("text", "gap") else next(groups) for kind, value in self.parts)

    def expression(self) -> str:
        """A regular expression for the number as people write it, whatever the case of its letters."""
        written = ""
        before = ""
        for kind, value in self.parts:
            if kind == "gap":
                before = value
                continue
            if kind == "text":
                piece = re.escape(value)
            else:
                single = _CLASS[kind]
                least, most = _bounds(value)
                gap = _GAP if kind == "d" else ""
                piece = f"{single}(?:{gap}{single}){{{least - 1},{most - 1}}}"
            if written:
                written += _SLASH if before == "/" else _GAP if before in _CLASS else _WIDE_GAP
            written += piece
            before = kind
        return written


def _bounds(repetition: str) -> tuple[int, int]:
    if not repetition:
        return 1, 1
    least, _, most = repetition.strip("{}").partition(",")
    return int(least), int(most or least)


def read_patterns(setting: str) -> tuple[OrderNumberPattern, ...]:
    """The patterns of the setting: separated by blanks, each `MASK` or `MASK=EXAMPLE`.

    Raises:
        OrderNumberPatternError: one is malformed, or its example has another shape.
    """
    found = tuple(_read(each) for each in setting.split())
    if not found:
        raise OrderNumberPatternError("name at least one pattern, for instance NZdddddddd or SHOP-d{4,6}")
    return found


def _read(text: str) -> OrderNumberPattern:
    mask, _, example = text.partition("=")
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(mask):
        match = _PART.match(mask, at)
        if match is None:
            raise OrderNumberPatternError(
                f"{mask}: {mask[at]!r} cannot stand in a pattern. Capital letters, digits and - stand for themselves, d"
                " for a digit, x for a letter or digit: NZdddddddd or SHOP-d{4,6}"
            )
        at = match.end()
        if match["kind"]:
            least, most = int(match["least"] or 1), int(match["most"] or match["least"] or 1)
            if not 1 <= least <= most:
                raise OrderNumberPatternError(f"{mask}: {match[0]} must go from a smaller to a larger number")
            if parts and parts[-1][0] == match["kind"]:
                before = _bounds(parts.pop()[1])
                least, most = least + before[0], most + before[1]
            parts.append((match["kind"], f"{{{least},{most}}}"))
        elif match["gap"]:
            parts.append(("gap", match["gap"]))
        else:
            parts.append(("text", match["plain"]))
    longest = sum(len(value) if kind in ("text", "gap") else _bounds(value)[1] for kind, value in parts)
    if longest > LONGEST_NUMBER - 3:
        raise OrderNumberPatternError(f"{mask}: order numbers have at most {LONGEST_NUMBER - 3} characters")
    if all(kind in ("text", "gap") for kind, _ in parts):
        raise OrderNumberPatternError(f"{mask}: a pattern needs a d or x for what changes from order to order")
    pattern = OrderNumberPattern(mask, example or _made_up(parts), tuple(parts))
    if pattern.canonical(_compact(pattern.example), slashes=True) != pattern.example:
        raise OrderNumberPatternError(f"{mask}: the example {example} does not have this shape")
    return pattern


def _made_up(parts: list[tuple[str, str]]) -> str:
    """An example: 1000… with a 1 at its end."""
    written = ""
    for kind, value in parts:
        if kind in ("text", "gap"):
            written += value
        else:
            least = _bounds(value)[0]
            written += "1" if least == 1 else "1" + "0" * (least - 2) + "1"
    return written


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


class OrderNumbers:
    """Reads order numbers of these patterns."""

    def __init__(self, patterns: tuple[OrderNumberPattern, ...]) -> None:
        self.patterns = patterns
        end = r"(?:/[0-9]{1,2})?(?![0-9a-z])(?![a-z0-9._%+-]*@)"  # shop4711@example.com is no order
        named = [each.expression() for each in patterns if not each.needs_introduction]
        bare = [each.expression() for each in patterns if each.needs_introduction]
        # "order 4711" and "#4711" of SHOP-4711
        ends = (each.digits_at_end for each in patterns if not each.needs_introduction)
        bare += [each.expression() for each in ends if each is not None]
        self._named = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(named)}){end}", re.IGNORECASE) if named else None
        alone = r"(?![ .\-]{0,3}[0-9])"  # digits that go on are those of a card, a phone or an eSIM
        introduced = rf"{_INTRODUCED}(?P<number>(?:{'|'.join(bare)}){end}){alone}"
        self._bare = re.compile(introduced, re.IGNORECASE) if bare else None

    @property
    def example(self) -> str:
        """A number as the first pattern has it."""
        return self.patterns[0].example

    def normalise(self, text: str) -> str | None:
        """The number as the shop writes it, from "nz 1000 0001" or full-width digits; None if `text` is none.

        `SHOP-4711/2` is the second eSIM of SHOP-4711.
        """
        plain = unicodedata.normalize("NFKC", text).strip()
        line = _LINE.search(plain)
        read = [(_compact(plain), 1), *([(_compact(plain[: line.start()]), int(line[1]))] if line else [])]
        for slashes in (True, False):  # a slash that a number has of its own goes before that of a second eSIM
            for compact, place in read:
                for pattern in self.patterns if slashes or "/" not in compact else ():
                    if number := pattern.canonical(compact, slashes):
                        return f"{number}/{place}" if place > 1 else number
        return None

    def shop_number(self, number: str) -> str:
        """The number of the whole order: SHOP-4711 of its second eSIM SHOP-4711/2."""
        line = _LINE.search(number)
        whole = number[: line.start()] if line else number
        return whole if self.normalise(whole) == whole else number

    def find(self, plain: str) -> Iterator[FoundNumber]:
        """The order numbers in a text in half width, with their places in it."""
        named: list[FoundNumber] = []
        for match in self._named.finditer(plain) if self._named else ():
            if number := self.normalise(match[0]):
                named.append(FoundNumber(number, match.start(), match.end()))
        yield from named
        for match in self._bare.finditer(plain) if self._bare else ():
            start, end = match.span("number")
            number = self.normalise(match["number"])
            if number is None:
                digits, slash, place = match["number"].partition("/")
                whole = self.from_digits(re.sub(r"[^0-9]", "", digits))
                number = self.normalise(f"{whole}{slash}{place}") if whole else None
            if number and not any(each.start < end and start < each.end for each in named):
                yield FoundNumber(number, start, end)

    def from_digits(self, digits: str) -> str | None:
        """The number whose changing part is these digits, when the letters were left out; None when unclear."""
        found = set()
        for pattern in self.patterns:
            text = "".join(value for kind, value in pattern.parts if kind == "text")
            if pattern.parts[-1][0] in _CLASS and sum(kind in _CLASS for kind, _ in pattern.parts) == 1:
                found.add(pattern.canonical(text + digits, slashes=False))
        found.discard(None)
        return found.pop() if len(found) == 1 else None

    def seem_meant(self, text: str) -> bool:
        """Whether a text begins like a number of ours: its letters, then a digit."""
        plain = unicodedata.normalize("NFKC", text).lower()
        letters = (value.lower() for each in self.patterns for kind, value in each.parts[:1] if kind == "text")
        return any(re.search(rf"(?<![a-z0-9]){re.escape(start)}{_WIDE_GAP}[0-9]", plain) for start in letters)


@lru_cache(maxsize=8)
def reader_of(setting: str) -> OrderNumbers:
    """The reader for a value of ORDER_NUMBER_PATTERNS.

    Raises:
        OrderNumberPatternError: the value cannot be used.
    """
    return OrderNumbers(read_patterns(setting))
