"""The questions the articles answer, one by one, and their answers worded for a traveller's own order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter

from aftercare.articles.files import ARTICLES, Variant, load_articles
from aftercare.base.identifiers import order_numbers
from aftercare.base.language import LANGUAGES, Language

# From this probability on the best unit is told. A wrong answer costs half of what a right one is worth: with chances
# that are true, telling is worth it from a third on.
WORTH_TELLING = 1 / 3


@dataclass(frozen=True)
class Unit:
    """A question with its answer, in one language; `id` is "article.question" and the same in both."""

    id: str
    language: Language
    title: str
    """That of its article."""
    asked: tuple[str, ...]
    """How travellers put it."""
    answer: str
    steps: str | None
    """A Markdown list to say after the answer."""
    intents: tuple[str, ...]
    """Those of its article."""
    variants: tuple[Variant, ...]
    action: str | None = None
    """What answers instead, by the catalogue, the clock or the order."""
    passes_on: bool = False
    """Whether the answer ends with what only staff can do."""
    states: tuple[str, ...] = ()
    """Those of the eSIM it is for; empty for any."""

    before_buying: bool = False
    """Whether it is asked before anything is bought: there is no order to look up."""

    def suits(self, state: str | None) -> bool:
        """Whether it may be told to somebody whose eSIM is in this state."""
        return state is None or not self.states or state in self.states

    def speaks_of(self, state: str) -> bool:
        """Whether it, or a variant of its answer, is for an eSIM in this state, as the traveller tells it."""
        return state in self.states or any(each.when_said and each.when.state == state for each in self.variants)


@dataclass(frozen=True)
class OrderView:
    """What an answer may say of an order, worded in the traveller's language; None where it is not known."""

    starts: str | None = None
    """`purchase`, `install` or `first_use`."""
    hotspot: bool | None = None
    calls: bool | None = None
    top_up: bool | None = None
    unlimited: bool | None = None
    state: str | None = None
    """`not_installed`, `installed`, `in_use`, `ended` or `deleted`."""
    phone: str | None = None
    """A family of phones with menus of its own, or `other`."""
    plan: str | None = None
    days: str | None = None
    expires: str | None = None
    data_left: str | None = None
    data_total: str | None = None
    countries: str | None = None
    refund_days: str | None = None


@lru_cache(maxsize=4)
def units(folder: Path = ARTICLES) -> Mapping[Language, Mapping[str, Unit]]:
    """All units by language and id, in the order of the files; made once per folder.

    Raises:
        CatalogueError: an article is wrong.
    """
    articles = load_articles(folder)
    return {
        language: {
            (name := f"{article.id}.{each.id}"): Unit(
                name,
                language,
                article.title,
                each.asked,
                _of_this_shop(each.answer),
                each.steps and _of_this_shop(each.steps),
                article.intents,
                each.variants,
                each.action,
                each.passes_on,
                each.states,
                each.before_buying,
            )
            for article in articles[language].values()
            for each in article.questions
        }
        for language in LANGUAGES
    }


def _of_this_shop(text: str) -> str:
    """A text with what is a setting: what an order number looks like."""
    return text.replace("{order_number_example}", order_numbers().example)


def unit(unit_id: str, language: Language) -> Unit | None:
    """A unit by id; None when there is none."""
    return units()[language].get(unit_id)


def worded(found: Unit, view: OrderView | None, state: str | None = None) -> str:
    """The answer: of the first variant that holds for the order and whose figures are known, else the general one.

    Without an order the variants hold that need no more than the `state` that the message names.
    """
    variants = found.variants if view else tuple(each for each in found.variants if each.when_said)
    view = view or OrderView(state=state)
    for variant in variants:
        figures = {name: getattr(view, name) for _, name, _, _ in Formatter().parse(variant.answer) if name}
        if _holds(variant, view) and None not in figures.values():
            return variant.answer.format(**figures)
    return found.answer


def _holds(variant: Variant, view: OrderView | None) -> bool:
    wanted = variant.when.model_dump(exclude_none=True)
    in_words = {True: "yes", False: "no"}
    known = {name: getattr(view, name) for name in wanted}
    return all(wanted[name] == (in_words[value] if isinstance(value, bool) else value) for name, value in known.items())
