"""What the inbox's text search compares: words and numbers of any script, and pairs of Chinese characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from aftercare.base.language import HAN, normalise
from aftercare.understanding.dictionary_words import dictionary_words

LONGEST = 40  # characters of a word that are kept: longer ones are pasted noise
_READ = 4000  # characters of a message that are indexed
_MOST_WORDS = 8  # words of a search that count
_RUN = re.compile(rf"(?P<han>{HAN.pattern}+)|(?:(?!{HAN.pattern})[^\W_])+")
_SIGNS = frozenset("%_")  # besides emoji and other symbols, each of which is a word
# how the list calls a conversation without an order
_VISITOR = re.compile(r"(?:visitor|访客)\s+(?=[0-9a-z]{6}\b)", re.IGNORECASE)


class SearchWord(NamedTuple):
    """A word to look for; `prefix`: any word that begins so will do."""

    word: str
    prefix: bool


def words_of(text: str) -> set[str]:
    """The words of a message.

    Every pair of Chinese characters is one, so that any word of two characters is found however the sentence around it
    would be cut. The last character of a run stands alone as well: with the pairs it lets a single character be found.
    """
    compared = normalise(text[:_READ]).lower()
    found: set[str] = set(_signs(compared))
    for match in _RUN.finditer(compared):
        run = match[0]
        if match["han"]:
            found.update(run[start : start + 2] for start in range(len(run)))
        else:
            found.add(run[:LONGEST])
    return found


def search_words(search: str) -> list[SearchWord]:
    """What a conversation must contain to be found: every word that was asked for."""
    found = dict.fromkeys(_search_words(normalise(search).lower()))
    return list(found)[: _MOST_WORDS * 2]


def _signs(compared: str) -> Iterator[str]:
    return (sign for sign in compared if sign in _SIGNS or unicodedata.category(sign) in ("So", "Sc"))


def _search_words(search: str) -> Iterator[SearchWord]:
    search = _VISITOR.sub("", search)
    yield from (SearchWord(sign, prefix=False) for sign in _signs(search))
    matches = list(_RUN.finditer(search))[:_MOST_WORDS]
    for match in matches:
        run = match[0]
        if not match["han"]:
            yield SearchWord(run[:LONGEST], prefix=len(run) > 1)
            continue
        for word in _joined(dictionary_words(run)):
            if len(word) == 1:
                if len(run) == 1:
                    yield SearchWord(word, prefix=True)
                continue
            for start in range(len(word) - 1):
                yield SearchWord(word[start : start + 2], prefix=False)


def _joined(words: list[str]) -> Iterator[str]:
    """Neighbouring single characters as one word: what the dictionary does not know is still looked for."""
    single = ""
    for word in words:
        if len(word) == 1:
            single += word
            continue
        if single:
            yield single
            single = ""
        yield word
    if single:
        yield single
