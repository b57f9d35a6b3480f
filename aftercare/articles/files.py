"""Reads data/articles/<language>/<id>.yml: writers edit help texts as data and learn which line is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from aftercare.base.language import HAN, LANGUAGES, Language, to_simplified
from aftercare.base.settings import DATA
from aftercare.catalogue.models import Entry, Identifier, Key, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

ARTICLES = DATA / "articles"
INTENT_NAMES = DATA / "intent_names.yml"
# An answer is one chat bubble.
ANSWER_LIMIT: Mapping[Language, int] = {"en": 300, "zh": 150}

Articles = Mapping[Language, Mapping[str, "Article"]]


class Article(Entry):
    """A help text in one language.

    `answer` is said in the chat and stands alone; `body` is the whole article (paragraphs and lists in Markdown).
    `keywords` are further words travellers use for it. `source` and `checked` (the day it was read) belong to facts
    that can change.
    """

    id: Identifier
    language: Language
    title: Text
    intents: tuple[Key, ...] = ()
    keywords: tuple[Text, ...]
    answer: Text
    body: Text
    source: Text | None = None
    checked: date | None = Field(default=None, validate_default=True)

    @field_validator("title", "answer", "body")
    @classmethod
    def _in_its_language(cls, value: str, info: ValidationInfo) -> str:
        chinese = bool(HAN.search(value))
        if chinese != (info.data.get("language") == "zh"):
            raise ValueError("is not in the language of its folder")
        if to_simplified(value) != value:
            raise ValueError("has Traditional characters: please write Simplified, it is converted when it is said")
        return value

    @field_validator("answer")
    @classmethod
    def _fits_a_bubble(cls, value: str, info: ValidationInfo) -> str:
        limit = ANSWER_LIMIT[info.data["language"]]
        if len(value) > limit:
            raise ValueError(f"has {len(value)} characters; a chat bubble takes {limit}")
        return value

    @field_validator("checked")
    @classmethod
    def _source_and_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        if (value is None) != (info.data.get("source") is None):
            raise ValueError("a source needs the day it was read, and the other way round")
        return value


@lru_cache(maxsize=4)
def load_articles(folder: Path = ARTICLES) -> Articles:
    """All articles by language and id; read once per folder.

    Raises:
        CatalogueError: naming file, line and what is expected, one line per fault.
    """
    faults: list[str] = []
    articles: dict[Language, dict[str, Article]] = {}
    for language in LANGUAGES:
        articles[language] = {}
        for path in sorted((folder / language).glob("*.yml")):
            try:
                articles[language][path.stem] = _read(path, language)
            except CatalogueError as error:
                faults.append(str(error))
        if not articles[language]:
            faults.append(f"{folder / language}: there are no articles")
    if faults:
        raise CatalogueError("\n".join(faults))
    return articles


def _read(path: Path, language: Language) -> Article:
    file = YamlFile(path)
    if not isinstance(file.data, dict):
        raise CatalogueError(f"{file.name}:1: the file must have a title, keywords, an answer and a body")
    return file.validate(Article, {**file.data, "id": path.stem, "language": language}, ())


def validate_articles(folder: Path = ARTICLES, intent_names: Path = INTENT_NAMES) -> list[str]:
    """Everything wrong with the articles, in each language and between them; empty when all is well."""
    try:
        articles = load_articles(folder)
        names = YamlFile(intent_names).data
    except CatalogueError as error:
        return str(error).splitlines()
    return list(_contradictions(articles, set(names or ())))


def _contradictions(articles: Articles, intents: set[str]) -> Iterator[str]:
    covered: set[str] = set()
    for language in LANGUAGES:
        titles: dict[str, str] = {}
        for article in articles[language].values():
            file = f"data/articles/{language}/{article.id}.yml"
            covered.update(article.intents)
            for unknown in sorted(set(article.intents) - intents):
                yield f"{file}: intents: {unknown} is not in data/intent_names.yml"
            owner = titles.setdefault(article.title.casefold(), article.id)
            if owner != article.id:
                yield f"{file}: title: {owner} has the same one"
            for other in LANGUAGES:
                if article.id not in articles[other]:
                    yield f"{file}: the article is missing in {other}"
    for name in sorted(set(articles["en"]) & set(articles["zh"])):
        en, zh = articles["en"][name], articles["zh"][name]
        for field in ("intents", "checked"):
            if getattr(en, field) != getattr(zh, field):
                yield f"data/articles/zh/{name}.yml: {field}: differs from the English article"
    for intent in sorted(intents - covered):
        if intent.startswith("ask_"):
            yield f"data/articles: no article names the intent {intent}"
