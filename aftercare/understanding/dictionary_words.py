"""Cuts Chinese by the words of data/jieba/words.txt alone: what the inbox's search compares."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import jieba

from aftercare.base.foreign import Foreign, require
from aftercare.base.settings import DATA

DICTIONARY = DATA / "jieba" / "words.txt"

# jieba's inner names that are used here: its dictionary is filled with our words alone.
USED = (
    Foreign("jieba:Tokenizer.FREQ"),
    Foreign("jieba:Tokenizer.total"),
    Foreign("jieba:Tokenizer.initialized"),
    Foreign("jieba:Tokenizer.add_word", ("self", "word", "freq", "tag")),
)


class _DictionaryTokenizer(jieba.Tokenizer):  # type: ignore[misc]
    """A jieba tokenizer with our dictionary alone."""

    def __init__(self, words: Iterable[str]) -> None:
        require(USED)
        super().__init__()
        self.FREQ: dict[str, int] = {}
        self.total, self.initialized = 1, True
        for word in words:
            self.add_word(word, 1000)


@lru_cache(maxsize=1)
def _tokenizer() -> _DictionaryTokenizer:
    lines = DICTIONARY.read_text(encoding="utf-8").splitlines()
    return _DictionaryTokenizer(word for line in lines if (word := line.partition("#")[0].strip()))


def dictionary_words(run: str) -> list[str]:
    """A run of Han characters cut into the words of our dictionary; what it does not know comes out as characters."""
    return list(_tokenizer().cut(run, HMM=False))
