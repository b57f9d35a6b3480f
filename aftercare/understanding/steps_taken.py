"""Recognises the repair steps a traveller says they have already taken, so that none is asked for twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from aftercare.base.language import HAN
from aftercare.catalogue.models import TriedStep
from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.clauses import MARKS

_LATIN = re.compile(r"[a-z]")
# A step and its negation belong together within a clause only.
_CLAUSE = re.compile(rf"[^{MARKS}:：、…]+")
# A denial counts right before the step only: in "it is not working I restarted" the step was taken.
_NOT_DONE = re.compile(
    r"(?:\b(?:haven't|hasn't|havent|didn't|didnt|not|never|without|should i|do i (?:have|need) to|(?:can|could) i"
    r"|how (?:do i|to|can i)|need to|going to|will|would|before|if|want to|don't know|cannot|can't|cant|couldn't|won't)"
    r"(?: (?!i\b|i've\b|we\b)[a-z']+){0,2} ?"
    r"|(?:没有|没|未|还没|不会|不想|不知道|不能|怎么|如何|要不要|需要|是否|是不是|能不能|可不可以|可以|准备|打算|想要|应该|别"
    r"|不敢|如果|要是|无法).{0,3})$"
)
_ASKS = re.compile(r"^\s*(?:is|are|does|do|should|can|could|would|will|must|shall)\b|[吗么嘛]\s*$")


class TriedFinder:
    """Steps of data/catalogue/tried_steps.yml found in aligned text (lower case, Simplified).

    An English pattern begins at the beginning of a word; a message without Han is not searched for Chinese ones.
    """

    def __init__(self, steps: Sequence[TriedStep]) -> None:
        self._english = _Patterns([(step.key, rf"\b(?:{'|'.join(step.patterns.en)})") for step in steps])
        self._chinese = _Patterns([(step.key, "|".join(step.patterns.zh)) for step in steps])

    def find(self, plain: str) -> Iterator[tuple[str, int, int]]:
        """(key, start, end) of each step taken; a step denied, asked about or planned in its clause does not count."""
        ends, plain = len(plain), as_mandarin(plain.replace("’", "'"))
        seen: set[str] = set()
        for patterns, present in ((self._english, _LATIN), (self._chinese, HAN)):
            if not present.search(plain) or not patterns.any.search(plain):
                continue
            for clause in _CLAUSE.finditer(plain):
                if _ASKS.search(clause[0]):
                    continue
                for key, pattern in patterns.each:
                    if key in seen:
                        continue
                    match = pattern.search(plain, clause.start(), clause.end())
                    if match and not _NOT_DONE.search(plain, clause.start(), match.start()):
                        seen.add(key)
                        yield key, min(match.start(), ends), min(match.end(), ends)


class _Patterns:
    """One language's patterns: each by itself, and all in one to dismiss most messages with a single search."""

    def __init__(self, patterns: Sequence[tuple[str, str]]) -> None:
        self.each = [(key, re.compile(pattern)) for key, pattern in patterns]
        self.any = re.compile("|".join(pattern.removeprefix(r"\b") for _, pattern in patterns) or r"(?!)")
        if patterns and all(pattern.startswith(r"\b") for _, pattern in patterns):
            self.any = re.compile(rf"\b(?:{self.any.pattern})")
