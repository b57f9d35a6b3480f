"""The features of a message: words and pairs of words, letters within a word, Han characters in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aftercare.base.language import HAN
from aftercare.understanding.entities import Entity
from aftercare.understanding.segmentation import Word

# Beyond this many words a message says nothing new about its intent, and a pasted page must stay cheap.
LONGEST = 250

# Named things an intent must not depend on; days and tried steps do tell something and stay as written.
MASKED = frozenset({"order_number", "email", "iccid", "eid", "device", "destination", "location", "operator", "plan"})
MASKS = frozenset(f"<{name}>" for name in MASKED)


def masked_words(words: Sequence[Word], entities: Iterable[Entity]) -> list[str]:
    """The compared form of `words`, each masked entity as one placeholder such as `<device>`, repeated signs as one."""
    words = [word for before, word in zip((None, *words), words, strict=False) if not _shouted(before, word)]
    spans = [(e.start, e.end, f"<{e.entity}>") for e in entities if e.entity in MASKED]
    if not spans:
        return [word.norm for word in words]
    masked: list[str] = []
    last: tuple[int, int, str] | None = None
    for word in words:
        span = next((span for span in spans if word.start < span[1] and span[0] < word.end), None)
        if span is None:
            masked.append(word.norm)
        elif span != last:
            masked.append(span[2])
        last = span
    return masked


def _shouted(before: Word | None, word: Word) -> bool:
    """Whether a sign only repeats the one before it: three exclamation marks say no more than one."""
    return before is not None and word.norm == before.norm and not word.norm[0].isalnum()


def word_features(words: Sequence[str]) -> list[str]:
    """Words and neighbouring pairs, with the ends of the message marked."""
    pairs = zip(("^", *words), (*words, "$"), strict=True)
    return [*words, *(f"{first} {second}" for first, second in pairs)]


def letter_features(words: Sequence[str]) -> list[str]:
    """Letters 2-5 in a row within a Latin word, Han characters 1-3 in a row across words."""
    found: list[str] = []
    run = ""
    for word in words:
        if HAN.match(word):
            run += word
            continue
        if run:
            found += _slices(run, 1, 3)
            run = ""
        if word[0] == "<" and len(word) > 1:
            continue
        found += _slices(f" {word[:30]} ", 2, 5)
    return found + _slices(run, 1, 3) if run else found


def _slices(text: str, shortest: int, longest: int) -> list[str]:
    return [text[at : at + n] for n in range(shortest, longest + 1) for at in range(len(text) - n + 1)]
