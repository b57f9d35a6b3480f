"""Finds the help article that answers a free question in Chinese, English or both (SQLite FTS5)."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from math import log
from pathlib import Path
from typing import NamedTuple

import jieba

from aftercare.articles.files import ARTICLES, Article, Articles, load_articles
from aftercare.base.foreign import Foreign, require
from aftercare.base.language import HAN, LANGUAGES, Language, normalise
from aftercare.base.settings import DATA

DICTIONARY = DATA / "jieba" / "words.txt"
_COLUMNS = ("title", "keywords", "answer", "body")
_TABLE = (
    "CREATE VIRTUAL TABLE help USING fts5(id UNINDEXED, title, keywords, answer, body, tokenize='porter unicode61')"
)
# The weights say how much a column tells of what an article is about; bm25() is better the lower it is.
_RANKED = "SELECT id, -bm25(help, 0, 8, 5, 2, 1) AS relevance FROM help WHERE help MATCH ? ORDER BY relevance DESC, id"
_COUNT = "SELECT count(*) FROM help WHERE help MATCH ?"
# k1 + 1 in SQLite's bm25(): what a term found again and again approaches, in units of its rarity.
_SATURATION = 2.2
# A lower score means that a word matched by chance.
_MIN_SCORE = 0.05
# From this score on the best article mostly answers the question; below it, offer its title instead of its answer.
CONFIDENT_SCORE = 0.35
# Characters and terms of a question that are searched for; more, such as a pasted page, would only cost time.
_QUESTION_LENGTH = 300
_MAX_TERMS = 60

_SAME_WORD = re.compile(r"(?<![a-z])(wi|e)[-‐ ](fi|mail|sim)(?![a-z])")
_RUN = re.compile(rf"(?P<han>{HAN.pattern}+)|(?:(?!{HAN.pattern})[^\W_]|(?<=\w)['’](?=[a-z]))+")
# Stop words: they say nothing about the subject of a question.
_ENGLISH_STOP_WORDS = re.compile(
    "a|about|am|an|and|any|are|as|at|be|been|but|by|can|could|did|do|does|doing|for|from|get|getting|got|had|has|have|here"
    "|having|hello|help|hey|hi|how|i|if|in|into|is|it|its|just|know|let|like|me|my|need|of|on|or|our|please|s|should|so"
    "|some|tell|than|thanks|that|the|their|them|then|there|these|they|this|to|u|up|us|want|was|we|well|were|what|when"
    "|where|which|who|why|will|with|would|you|your|(?:do|does|did|ca|could|wo|would|is|are|have|has)nt"
    "|(?:i|you|we|they|it|that|what|there)(?:m|s|d|re|ve|ll)"
)
_CHINESE_STOP_WORDS = re.compile(
    "为什么|怎么办|怎么样|怎么|什么|如何|请问|可不可以|可以|能不能|是不是|有没有|会不会|要不要|一下|知道|告诉|帮忙|帮我|谢谢|你好"
    "|您好|我们|你们|我想|我要|这个|那个|哪个|哪些|在哪里|在哪|哪里|[的了吗呢吧啊呀么我你您他她们是]"
)
# A pair of characters that no article has and that holds one of these spans two words: it is not an unknown word.
_BETWEEN_WORDS = re.compile("[上下不个也会去又只在多好就少很想把来没有用看给能要过还都]")


class Hit(NamedTuple):
    """An article found; `score` runs from 0 to 1 (every word of the question is there, and the article is about it)."""

    article_id: str
    title: str
    answer: str
    score: float


# jieba's inner names that are used here: its dictionary is filled with our words alone.
USED = (
    Foreign("jieba:Tokenizer.FREQ"),
    Foreign("jieba:Tokenizer.total"),
    Foreign("jieba:Tokenizer.initialized"),
    Foreign("jieba:Tokenizer.add_word", ("self", "word", "freq", "tag")),
)


class _DictionaryTokenizer(jieba.Tokenizer):  # type: ignore[misc]
    """A jieba tokenizer with our dictionary alone; common words are matched by their pairs of characters."""

    def __init__(self, words: Iterable[str]) -> None:
        require(USED)
        super().__init__()
        self.FREQ: dict[str, int] = {}
        self.total, self.initialized = 1, True
        for word in words:
            self.add_word(word, 1000)


@lru_cache(maxsize=1)
def _dictionary_tokenizer() -> _DictionaryTokenizer:
    lines = DICTIONARY.read_text(encoding="utf-8").splitlines()
    return _DictionaryTokenizer(word for line in lines if (word := line.partition("#")[0].strip()))


def chinese_words(run: str) -> list[str]:
    """A run of Han characters cut into the words of our dictionary; what it does not know comes out as characters."""
    return list(_dictionary_tokenizer().cut(run, HMM=False))


def _terms(text: str, *, single_characters: bool) -> Iterator[str]:
    """What is compared: English words, Chinese words of our dictionary, and every pair of Chinese characters.

    Pairs make any word of two characters match, however the words around it are cut; a word of the dictionary counts
    twice that way. `single_characters` is for the indexed side, so that a question of one character ("慢") finds it.
    """
    for match in _RUN.finditer(_SAME_WORD.sub(r"\1\2", normalise(text).lower())):
        if not match["han"]:
            word = match[0].replace("'", "").replace("’", "")
            if not _ENGLISH_STOP_WORDS.fullmatch(word):
                yield word
            continue
        for run in filter(None, _CHINESE_STOP_WORDS.split(match["han"])):
            if single_characters or len(run) == 1:
                yield from run
            yield from (run[start : start + 2] for start in range(len(run) - 1))
            yield from (word for word in _dictionary_tokenizer().cut(run, HMM=False) if len(word) > 1)


class ArticleIndex:
    """The articles of both languages in one index, so that mixed questions and either language find them.

    A full-text index of PostgreSQL could take its place: it needs the two queries below and nothing else of SQLite.
    """

    def __init__(self, articles: Articles) -> None:
        self._articles = articles
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(_TABLE)
        ids = sorted({name for language in LANGUAGES for name in articles[language]})
        self._database.executemany(
            "INSERT INTO help VALUES (?, ?, ?, ?, ?)",
            ((name, *(self._column(name, column) for column in _COLUMNS)) for name in ids),
        )
        self._size = len(ids)

    def search(self, query: str, language: Language, limit: int = 3) -> list[Hit]:
        """The best articles for `query`, best first, in `language`; empty when nothing fits even remotely."""
        terms = dict.fromkeys(islice(_terms(query[:_QUESTION_LENGTH], single_characters=False), _MAX_TERMS))
        if not terms or limit < 1:
            return []
        with self._lock:
            best = sum(self._rarity(term) for term in terms) * _SATURATION
            rows = self._database.execute(_RANKED, (" OR ".join(f'"{term}"' for term in terms),)).fetchall()
        found = ((self._articles[language].get(name), relevance / best) for name, relevance in rows)
        return [
            Hit(a.id, a.title, a.answer, round(score, 4)) for a, score in found if a is not None and score >= _MIN_SCORE
        ][:limit]

    def _rarity(self, term: str) -> float:
        """SQLite's own inverse document frequency of `term`; a word we never use weighs most of all."""
        (count,) = self._database.execute(_COUNT, (f'"{term}"',)).fetchone()
        if not count and _BETWEEN_WORDS.search(term):
            return 0.0
        return max(log((self._size - count + 0.5) / (count + 0.5)), 1e-6)

    def _column(self, name: str, column: str) -> str:
        versions = (self._articles[language].get(name) for language in LANGUAGES)
        texts = (_text(getattr(version, column)) for version in versions if version)
        return " ".join(term for text in texts for term in _terms(text, single_characters=True))


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " . ".join(value)


@lru_cache(maxsize=4)
def article_index(folder: Path = ARTICLES) -> ArticleIndex:
    """The index over the articles in `folder`; made once per process.

    Raises:
        CatalogueError: an article is wrong.
    """
    return ArticleIndex(load_articles(folder))


def search(query: str, language: Language, limit: int = 3) -> list[Hit]:
    """The help articles that answer `query` best, in `language`; the question itself may be in either or both."""
    return article_index().search(query, language, limit)


def article(article_id: str, language: Language) -> Article | None:
    """An article by id; None when there is none."""
    return load_articles()[language].get(article_id)
