"""Reads data/articles/<language>/<id>.yml: writers edit help texts as data and learn which line is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from aftercare.base.language import HAN, LANGUAGES, Language, normalise, to_simplified
from aftercare.base.settings import DATA
from aftercare.catalogue.models import Entry, Identifier, Key, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

ARTICLES = DATA / "articles"
INTENT_NAMES = DATA / "intent_names.yml"
# An answer is one chat bubble.
ANSWER_LIMIT: Mapping[Language, int] = {"en": 300, "zh": 150}

# What an answer for a known order may name.
PLACEHOLDERS = frozenset({"plan", "days", "expires", "data_left", "data_total", "countries", "refund_days"})
FEWEST_ASKED = 3

Articles = Mapping[Language, Mapping[str, "Article"]]
_YesNo = Literal["yes", "no"]
State = Literal["not_installed", "installed", "in_use", "ended", "deleted"]


def _fitting(value: str, language: Language) -> str:
    """`value` as it is.

    Raises:
        ValueError: it is longer than a chat bubble.
    """
    if len(value) > (limit := ANSWER_LIMIT[language]):
        raise ValueError(f"has {len(value)} characters; a chat bubble takes {limit}")
    return value


def _written_in(value: str, language: Language) -> str:
    """`value` as it is.

    Raises:
        ValueError: it is in another language, or in Traditional characters.
    """
    if bool(HAN.search(value)) != (language == "zh"):
        raise ValueError("is not in the language of its folder")
    return _simplified(value)


def _simplified(value: str) -> str:
    if to_simplified(value) != value:
        raise ValueError("has Traditional characters: please write Simplified, it is converted when it is said")
    return value


class Conditions(Entry):
    """What must hold of the traveller's order; at least one."""

    starts: Literal["purchase", "install", "first_use"] | None = None
    hotspot: _YesNo | None = None
    calls: _YesNo | None = None
    top_up: _YesNo | None = None
    unlimited: _YesNo | None = None
    state: State | None = None
    phone: Literal["iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other"] | None = None

    @model_validator(mode="after")
    def _some(self) -> Conditions:
        if not self.model_fields_set:
            raise ValueError("needs a condition at least")
        return self


class Variant(Entry):
    """The answer when `when` holds of the order; it may name figures of the order in braces.

    With `when_said` it is also told where no order is known and the traveller says the state: it claims nothing of the
    order.
    """

    when: Conditions
    answer: Text
    when_said: bool = False

    @field_validator("answer")
    @classmethod
    def _known_placeholders(cls, value: str) -> str:
        unknown = {name for _, name, _, _ in Formatter().parse(value) if name is not None} - PLACEHOLDERS
        if unknown:
            raise ValueError(f"{{{min(unknown)}}} is not known; there are {', '.join(sorted(PLACEHOLDERS))}")
        return value


class ArticleQuestion(Entry):
    """One question of an article: how it is asked, its direct answer, and answers for orders that are known.

    `action` answers instead where the answer has to be looked up at this moment; the text says what it does. With
    `passes_on` a person is offered beside the answer: it ends with what only staff can do. `states` are those of the
    eSIM it is for: who says that theirs is in another one is not told it. What is asked `before_buying` needs no order.
    """

    id: Identifier
    asked: Annotated[tuple[Text, ...], Field(min_length=FEWEST_ASKED)]
    answer: Text
    steps: Text | None = None
    action: Annotated[str, Field(pattern=r"^(action|utter)_[a-z_]+$")] | None = None
    passes_on: bool = False
    states: tuple[State, ...] = ()
    before_buying: bool = False
    variants: tuple[Variant, ...] = ()
    source: Text | None = None
    checked: date | None = Field(default=None, validate_default=True)

    @field_validator("checked")
    @classmethod
    def _source_and_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        return _together(value, info)


def _together(value: date | None, info: ValidationInfo) -> date | None:
    if (value is None) != (info.data.get("source") is None):
        raise ValueError("a source needs the day it was read, and the other way round")
    return value


class Article(Entry):
    """A help text in one language.

    `questions` are what the chat answers; `body` is the whole article for staff (paragraphs and lists in Markdown).
    `source` and `checked` (the day it was read) belong to facts that can change.
    """

    id: Identifier
    language: Language
    title: Text
    intents: tuple[Key, ...] = ()
    body: Text
    source: Text | None = None
    checked: date | None = Field(default=None, validate_default=True)

    questions: tuple[ArticleQuestion, ...] = ()

    @field_validator("title", "body")
    @classmethod
    def _in_its_language(cls, value: str, info: ValidationInfo) -> str:
        return _written_in(value, info.data["language"]) if "language" in info.data else value

    @field_validator("checked")
    @classmethod
    def _source_and_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        return _together(value, info)


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


def article(article_id: str, language: Language) -> Article | None:
    """An article by id; None when there is none."""
    return load_articles()[language].get(article_id)


def _read(path: Path, language: Language) -> Article:
    file = YamlFile(path)
    if not isinstance(file.data, dict):
        raise CatalogueError(f"{file.name}:1: the file must have a title and a body")
    article = file.validate(Article, {**file.data, "id": path.stem, "language": language}, ())
    faults = list(_question_faults(file, article))
    if faults:
        raise CatalogueError("\n".join(faults))
    return article


def _question_faults(file: YamlFile, article: Article) -> Iterator[str]:
    """What is wrong with the language and length of the questions' texts, and with their ids."""
    seen: set[str] = set()
    for at, question in enumerate(article.questions):
        here = ("questions", at)
        if question.id in seen:
            yield file.fault((*here, "id"), f"{question.id} is there twice")
        seen.add(question.id)
        for number, asked in enumerate(question.asked):
            if to_simplified(asked) != asked:
                yield file.fault((*here, "asked", number), "has Traditional characters: please write Simplified")
        answers: list[tuple[tuple[str | int, ...], str]] = [((*here, "answer"), question.answer)]
        answers += [((*here, "variants", n, "answer"), each.answer) for n, each in enumerate(question.variants)]
        for place, text in answers:
            try:
                _fitting(_written_in(text, article.language), article.language)
            except ValueError as error:
                yield file.fault(place, str(error))


def validate_articles(folder: Path = ARTICLES, intent_names: Path = INTENT_NAMES) -> list[str]:
    """Everything wrong with the articles, in each language and between them; empty when all is well."""
    try:
        articles = load_articles(folder)
        names = YamlFile(intent_names).data
    except CatalogueError as error:
        return str(error).splitlines()
    return list(_contradictions(articles, set(names or ()), folder))


def _contradictions(articles: Articles, intents: set[str], folder: Path) -> Iterator[str]:
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
        yield from _asked_twice(articles[language], folder / language)
    for name in sorted(set(articles["en"]) & set(articles["zh"])):
        en, zh = articles["en"][name], articles["zh"][name]
        for field in ("intents", "checked"):
            if getattr(en, field) != getattr(zh, field):
                yield f"data/articles/zh/{name}.yml: {field}: differs from the English article"
        yield from _unlike_questions(en, zh, YamlFile(folder / "zh" / f"{name}.yml"))
    for intent in sorted(intents - covered):
        if intent.startswith("ask_"):
            yield f"data/articles: no article names the intent {intent}"


def compared(sentence: str) -> str:
    """A sentence without what makes no difference: case, width, script, spaces and signs."""
    return "".join(filter(str.isalnum, normalise(sentence).casefold()))


def _asked_twice(articles: Mapping[str, Article], folder: Path) -> Iterator[str]:
    """Sentences that stand in two places: which answer they get would be chance."""
    owners: dict[str, str] = {}
    for article in articles.values():
        for at, question in enumerate(article.questions):
            for number, asked in enumerate(question.asked):
                here = f"{article.id}.{question.id}"
                owner = owners.setdefault(compared(asked), here)
                if owner != here or question.asked.index(asked) != number:
                    file = YamlFile(folder / f"{article.id}.yml")
                    yield file.fault(("questions", at, "asked", number), f"{owner} has it as well")


def _unlike_questions(en: Article, zh: Article, file: YamlFile) -> Iterator[str]:
    """What differs between an article's questions in both languages, besides their texts."""
    if [each.id for each in en.questions] != [each.id for each in zh.questions]:
        yield file.fault(("questions",), "the ids or their order differ from the English article")
        return
    for at, (one, other) in enumerate(zip(en.questions, zh.questions, strict=True)):
        if one.checked != other.checked:
            yield file.fault(("questions", at, "checked"), "differs from the English article")
        if one.action != other.action:
            yield file.fault(("questions", at, "action"), "differs from the English article")
        if one.before_buying != other.before_buying:
            yield file.fault(("questions", at, "before_buying"), "differs from the English article")
        if one.states != other.states:
            yield file.fault(("questions", at, "states"), "differ from the English article")
        if one.passes_on != other.passes_on:
            yield file.fault(("questions", at, "passes_on"), "differs from the English article")
        if (one.steps is None) != (other.steps is None):
            yield file.fault(("questions", at, "steps"), "are in one language only")
        if [(v.when, v.when_said) for v in one.variants] != [(v.when, v.when_said) for v in other.variants]:
            yield file.fault(("questions", at, "variants"), "have other conditions than the English article")
