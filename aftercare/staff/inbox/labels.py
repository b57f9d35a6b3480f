"""Readable names for staff of rules, steps, tickets and filters, instead of the internal ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aftercare.base import money_and_dates
from aftercare.base.language import Language
from aftercare.base.responses import counted
from aftercare.catalogue.load import load_catalogue
from aftercare.documents.refund_rules import rule_line
from aftercare.orders.refunds.decide import Rule
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.staff.inbox.filters import Filters
from aftercare.staff.ui.names import channel_name, entity_name, provider_name, readable
from aftercare.staff.ui.reading_words import step_words
from aftercare.staff.ui.texts import texts, translate
from aftercare.troubleshooting.wording import country_name, region_name

# filters whose text has another name than they
_FILTERS = {"certain": "confidence", "date": "dates", "time": "clock"}
_SIDES = {"from": "≥ ", "to": "≤ "}
_VALUES = {"en": "English", "zh": "中文", "hant": "繁體"}
# rules whose words name figure and limit themselves
_RULES_WITH_FIGURES = frozenset({"window", "fault_window", "data_limit", "profile", "duplicate_charge"})
# shown elsewhere beside the conversation, or of no use to staff
_SHOWN_ELSEWHERE = frozenset({"order", "plan", "difference", "language", "steps_tried", "steps_given", "rules", "goal"})


def rule(kept: Mapping[str, Any], currency: str, language: Language, terms: RefundTerms | None = None) -> str:
    """A rule of a decision, as it is kept with the request, in the words the traveller reads.

    In brackets stand figure and limit where those words leave them out. `terms` are those of the order's provider.
    """
    parts = {name: kept.get(name) for name in ("name", "passed", "figure", "limit", "unit")}
    decided = Rule(**parts)  # type: ignore[arg-type]
    words = rule_line(decided, currency, language, terms)
    if decided.name in _RULES_WITH_FIGURES or decided.unit == "yes_no" or decided.figure == decided.limit == 0:
        return words
    figures = (_figure(value, decided.unit, currency, language) for value in (decided.figure, decided.limit))
    listed = " / ".join(figure for figure in figures if figure)
    return f"{words} ({listed})" if listed else words


def _figure(value: Any, unit: Any, currency: str, language: Language) -> str:
    if value is None:
        return ""
    if unit == "money":
        return money_and_dates.money(int(value), currency)
    if unit == "mb":
        return money_and_dates.data(int(value))
    if unit == "days":
        return counted("days", int(value), language)
    return named("value", value, language)


def named(kind: str, value: Any, language: Language) -> str:
    """The words for a value; a value that has none loses only its underscores."""
    key = f"inbox.{kind}_{value}"
    return translate(language, key) if key in texts() else str(value).replace("_", " ")


def filters_in_use(filters: Filters, language: Language) -> list[tuple[str, str]]:
    """(what is filtered by, the query without it) of each filter but the search's words, which stand in their field."""
    return [(_filter(name, filters, language), filters.query(**{name: ""})) for name in filters.narrow if name != "q"]


def _filter(name: str, filters: Filters, language: Language) -> str:
    about, _, side = name.partition("_")
    value = str(getattr(filters, name))
    label = translate(language, f"inbox.{_FILTERS.get(about, about)}")
    if about == "certain":
        value = f"{int(value) * 10} %" if value.isdigit() else value
    elif about == "intent":
        value = readable(value, language)
    elif about == "entity":
        value = entity_name(value, language)
    elif about == "channel":
        value = channel_name(value, language)
    elif about == "provider":
        value = provider_name(value, language)
    elif about in ("flag", "reviewed") and f"inbox.{about}_{value}" in texts():
        value = translate(language, f"inbox.{about}_{value}")
    elif about in ("language", "reviewed"):
        value = _VALUES.get(value) or named("value", value, language)
    return f"{label} {_SIDES.get(side, '')}{value}"


def steps(names: Iterable[str], language: Language) -> list[tuple[str, str]]:
    """(name, what the traveller was asked to do) of steps; names of anything else, like a finding, are left out."""
    found = dict.fromkeys(str(name) for name in names)
    return [(name, words) for name in found if (words := _step(name, language))]


def _step(name: str, language: Language) -> str:
    kind, _, key = name.rpartition(".")
    return step_words(key, language) if kind in ("", "step") else ""


def _phone(value: str, language: Language) -> str:
    """A phone by its id, as a traveller named it, or by its model, as the order has it."""
    known = (each.name(language) for each in load_catalogue().devices if value in (each.id, each.model))
    return next(known, value)


def _place(value: str, language: Language) -> str:
    """A country by its code, or a place of New Zealand by its name."""
    return country_name(region_name(value, language), language) or value


_OF_CATALOGUE = {"device": _phone, "place": _place}


def ticket_facts(summary: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """(label, value) of what a ticket tells beyond the order."""
    for name, value in summary.items():
        if not value or name in _SHOWN_ELSEWHERE:
            continue
        if isinstance(value, (list, tuple)):
            text = ", ".join(str(each) for each in value)
        elif value is True:
            text = translate(language, "inbox.value_yes")
        elif name in _OF_CATALOGUE:
            text = _OF_CATALOGUE[name](str(value), language)
        else:
            text = named("value", str(value).rpartition(".")[2] if name == "finding" else value, language)
        yield named("fact", name, language), text
