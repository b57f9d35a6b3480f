"""jieba's dictionary without its cache file and its rare words: the one place that uses jieba's inner names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

import jieba

from aftercare.base.foreign import Foreign, require

# Words seen fewer times in jieba's own corpus only cost memory: travellers do not write them.
_RARE = 10
# Catalogue words win against any cut into common words.
_SURE = 200_000

# The dictionary of a `jieba.Tokenizer`: it is filled here instead of by `initialize`, which writes a file to /tmp.
USED = (
    Foreign("jieba:Tokenizer.FREQ"),
    Foreign("jieba:Tokenizer.total"),
    Foreign("jieba:Tokenizer.initialized"),
    Foreign("jieba:Tokenizer.get_dict_file", ("self",)),
    Foreign("jieba:Tokenizer.add_word", ("self", "word", "freq", "tag")),
    Foreign("jieba:Tokenizer.cut", ("self", "sentence", "cut_all", "HMM", "use_paddle")),
)


class ChineseWords(jieba.Tokenizer):  # type: ignore[misc]
    """A jieba of our own: not the process-global one, without its cache file in /tmp, without words nobody writes.

    Raises:
        ForeignNameMoved: jieba keeps its dictionary differently.
    """

    def __init__(self, words: Iterable[str]) -> None:
        require(USED)
        super().__init__()
        with self.get_dict_file() as file:
            self.FREQ, self.total = _read(file)
        self.initialized = True
        for word in words:
            self.add_word(word, _SURE)

    def lengths(self, text: str) -> Iterable[int]:
        """The lengths of the words of a run of Han characters, in order."""
        return map(len, self.cut(text, HMM=False))


def _read(file: IO[bytes]) -> tuple[dict[str, int], int]:
    """How often each word occurs in jieba's corpus (0 for what only begins one), and how often all of them do."""
    frequencies: dict[str, int] = {}
    total = 0
    for line in file:
        word, count, _ = line.decode().split(" ")
        frequency = int(count)
        if frequency < _RARE:
            continue
        frequencies[word] = frequency
        total += frequency
        for end in range(1, len(word)):
            frequencies.setdefault(word[:end], 0)
    return frequencies, total
