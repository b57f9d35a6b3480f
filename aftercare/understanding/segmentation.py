"""Cuts mixed Chinese and English text into words with exact offsets, so that both languages share one pipeline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import spacy

from aftercare.base.language import HAN, to_simplified
from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Catalogue
from aftercare.understanding.chinese_words import ChineseWords

DICTIONARY = DATA / "jieba" / "words.txt"
# spaCy's rules grow quadratically on long runs without a space; nothing a person types as one word is longer.
_LONGEST_RUN = 40

_LETTER = "A-Za-zＡ-Ｚａ-ｚ"
_DIGIT = "0-9０-９"
# Every repetition is bounded, so that ten thousand characters without a space stay cheap.
_WHOLE = "|".join(
    (
        r"LPA:[!-~]{1,300}[A-Za-z0-9]",
        r"https?://[A-Za-z0-9._~/?#@!&=%+-]{0,300}[A-Za-z0-9/]",
        r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}[@＠][A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}",
        r"[Nn][Zz][-_]?[0-9]{8}(?![A-Za-z0-9])",
        rf"(?:[{_LETTER}]{{1,20}}[{_DIGIT}]|[{_DIGIT}]{{1,20}}[{_LETTER}])[{_LETTER}{_DIGIT}]{{0,40}}\+?",
        r"(?i:wi[-‐ ]?fi|e-(?:mail|sim)|sm-?dp\+?)(?![A-Za-z0-9])",
    )
)
# A tag of a pasted page says nothing; half of a surrogate pair is no character, and spaCy refuses it.
_TAG = r"</?(?:a|b|br|div|em|h[1-6]|i|img|li|p|script|span|strong|style|td|tr|u|ul)(?:\s[^<>]{0,200})?/?>"
_PIECE = re.compile(
    rf"(?P<skip>(?:[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff\x00-\x1f\ud800-\udfff]|(?i:{_TAG}))+)"
    rf"|(?P<whole>{_WHOLE})|(?P<han>{HAN.pattern}+)"
    rf"|(?P<other>(?:(?!(?i:{_TAG})|(?<![A-Za-z0-9])(?:{_WHOLE}))"
    rf"[^\s\ud800-\udfff{HAN.pattern[1:-1]}]){{1,{_LONGEST_RUN}}})"
)


class Word(NamedTuple):
    """A token: its text as written, its place in the message, and the form in which words are compared."""

    text: str
    start: int
    end: int
    norm: str


def aligned(text: str) -> str:
    """`text` in lower case, half width and Simplified, one character for each: offsets stay those of `text`."""
    if text.isascii():
        return text.lower()
    return "".join(map(_one_for_one, text))


@lru_cache(maxsize=20_000)
def _one_for_one(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    plain = plain if len(plain) == 1 else character
    lower = plain.lower()
    plain = lower if len(lower) == 1 else plain
    return to_simplified(plain) if HAN.match(plain) else plain


class Segmenter:
    """Han runs by jieba with our dictionary and the catalogue's words, the rest by spaCy's English rules.

    Order numbers, e-mails, activation codes and words such as "5G" or "S24" stay whole.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._chinese = ChineseWords(words)
        self._english = spacy.blank("en")
        # the memory zone and the bounded cache keep a long-running process from collecting every word ever typed
        self._cut_latin = lru_cache(maxsize=20_000)(self._cut_latin_once)

    def words(self, text: str) -> list[Word]:
        """The words of `text` in order; `text[word.start:word.end] == word.text`, and none is blank."""
        plain = aligned(text)
        found: list[Word] = []
        for match in _PIECE.finditer(text):
            kind, start = match.lastgroup, match.start()
            if kind == "skip":
                continue
            for length in self._lengths(kind, plain[start : match.end()], match[0]):
                end = start + length
                found.append(Word(text[start:end], start, end, plain[start:end]))
                start = end
        return found

    def _lengths(self, kind: str | None, plain: str, piece: str) -> Iterable[int]:
        if kind == "whole":
            return (len(piece),)
        if kind == "han":
            return self._chinese.lengths(plain)
        return self._cut_latin(piece)

    def _cut_latin_once(self, piece: str) -> tuple[int, ...]:
        with self._english.memory_zone():
            return tuple(len(token.text) for token in self._english.tokenizer(piece))


def _han_words(catalogue: Catalogue, dictionary: Path) -> Iterator[str]:
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        if word := line.partition("#")[0].strip():
            yield word
    names: list[str] = []
    for place in catalogue.destinations:
        names += (place.name_zh, *place.aliases)
    for region in catalogue.regions:
        names += (region.name_zh, *region.aliases)
    for operator in catalogue.operators:
        names += operator.aliases
    for device in catalogue.devices:
        names += device.aliases
    for name in names:
        yield from (to_simplified(run) for run in re.findall(f"{HAN.pattern}{{2,}}", name))


@lru_cache(maxsize=2)
def segmenter(catalogue_folder: Path | None = None, dictionary: Path = DICTIONARY) -> Segmenter:
    """The segmenter for a catalogue (ours by default); made once per process, it costs about a second.

    Raises:
        CatalogueError: the catalogue is wrong.
        FileNotFoundError: the dictionary is missing.
    """
    catalogue = load_catalogue(catalogue_folder) if catalogue_folder else load_catalogue()
    return Segmenter(_han_words(catalogue, dictionary))
