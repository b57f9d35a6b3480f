"""Fills the texts of playbooks: figures of the order, names of places, menu paths of the phone in hand."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from aftercare.base import money_and_dates
from aftercare.base.language import LANGUAGES, Language
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.conditions import other_operators
from aftercare.troubleshooting.entries import BilingualText
from aftercare.troubleshooting.playbooks import Playbooks
from aftercare.troubleshooting.situation import NEW_ZEALAND, Situation, TextByLanguage

# Each has a text under `phrases` (unknown_…) for when the order does not tell.
PLACEHOLDERS = (
    "order", "plan", "provider", "device", "coverage", "here", "destination", "operator", "operators", "region",
    "incident", "apn", "due", "expires", "throttled_until", "data_total", "data_used", "data_left", "fair_use", "speed",
    "validity", "installed_country", "last_seen", "iccid_end", "in_hand", "local_time",
)  # fmt: skip
_DAYS_ZH = "一二三四五六日"


def fill(words: BilingualText, situation: Situation, family: str | None, books: Playbooks) -> TextByLanguage:
    """`words` with every placeholder filled, in both languages; `{menu.x}` is the path on phones of `family`."""
    return {language: _fill(getattr(words, language), language, situation, family, books) for language in LANGUAGES}


def placeholders(text: str) -> Iterator[str]:
    """The names in braces.

    Raises:
        ValueError: the braces do not match.
    """
    return (field for _, field, _, _ in string.Formatter().parse(text) if field is not None)


def menus_in(words: BilingualText) -> frozenset[str]:
    """The menus whose path the text names."""
    return frozenset(name.removeprefix("menu.") for name in placeholders(words.en) if name.startswith("menu."))


def _fill(text: str, language: Language, situation: Situation, family: str | None, books: Playbooks) -> str:
    parts = []
    for literal, field, _, _ in string.Formatter().parse(text):
        parts.append(literal)
        if field is None:
            continue
        if field == "in_hand":
            parts.append(_name_of(situation.in_hand, language, books))
        elif field.startswith("menu."):
            parts.append(getattr(books.menus[field.removeprefix("menu.")].path(family or "other"), language))
        else:
            parts.append(
                _value(field, situation, language) or getattr(books.phrases[_unknown(field, situation)], language)
            )
    return "".join(parts)


def _name_of(family: str | None, language: Language, books: Playbooks) -> str:
    """A menu family as the choices of phones call it."""
    named = next((choice for choice in books.questions["phone"].choices if choice.id == family), None)
    return str(getattr((named and named.text) or books.phrases["unknown_in_hand"], language))


def _unknown(field: str, situation: Situation) -> str:
    if field == "validity" and situation.facts:
        return f"validity_{situation.facts.plan_starts_at}"
    return f"unknown_{field}"


def _value(field: str, situation: Situation, language: Language) -> str | None:
    """The figure or name, or None when it is not known."""
    if field == "operators":
        return _listing(list(other_operators(situation)), language)
    if field == "local_time" and situation.local_time:
        return f"{situation.local_time:%H:%M}"
    if field == "region":
        return region_name(situation.place, language)
    if field == "here":
        return country_name(situation.here, language)
    if field == "destination":
        return country_name(situation.destination, language)
    if field == "device" and situation.device and not situation.facts:
        return situation.device.name(language)
    return _from_order(field, situation.facts, situation, language) if situation.facts else None


def _from_order(field: str, facts: OrderFacts, situation: Situation, language: Language) -> str | None:
    incident = facts.incident
    found = {
        "order": facts.number,
        "plan": facts.plan_zh if language == "zh" else facts.plan_en,
        "provider": facts.provider_zh if language == "zh" else facts.provider_en,
        "device": device_name(facts.device_model, language)
        or (situation.device.name(language) if situation.device else None),
        "coverage": _listing([country_name(code, language) or code for code in _in_order(facts)], language),
        "operator": facts.last_operator,
        "incident": (incident.summary_zh if language == "zh" else incident.summary_en) if incident else None,
        "apn": plan_apn(facts, situation.here),
        "due": _time(facts.delivery_due_at, language),
        "expires": _time(facts.expires_at, language),
        "throttled_until": _time(facts.throttled_until, language),
        "data_total": _data(facts.data_total_mb),
        "data_used": _data(facts.data_used_mb),
        "data_left": _data(facts.data_left_mb),
        "fair_use": _data(facts.fair_use_mb),
        "speed": _speed(facts.throttle_kbps),
        "last_seen": country_name(facts.last_country, language),
        "iccid_end": facts.iccid[-4:] if facts.iccid else None,
        "installed_country": country_name(facts.installed_country, language),
    }
    return found.get(field)


def plan_apn(facts: OrderFacts, here: str | None) -> str | None:
    """The APN this plan needs in the country the phone is in (New Zealand when that is unknown), never a guess."""
    country = here if here in facts.countries else "NZ"
    there = [network for network in facts.networks if network.country == country]
    of_operator = [network for network in there if network.operator == facts.last_operator]
    return next((network.apn for network in of_operator or there if network.apn), None)


def _in_order(facts: OrderFacts) -> list[str]:
    return list(dict.fromkeys(network.country for network in facts.networks))


def _listing(names: list[str], language: Language) -> str:
    """Names as in a sentence; a long list is cut, because nobody reads thirty countries."""
    if len(names) > 6:
        names = [*names[:5], f"等 {len(names)} 个国家和地区" if language == "zh" else f"{len(names) - 5} more"]
        return "、".join(names[:5]) + names[5] if language == "zh" else ", ".join(names[:5]) + " and " + names[5]
    if language == "zh":
        return "、".join(names)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _data(megabytes: int | None) -> str | None:
    return None if megabytes is None else money_and_dates.data(megabytes)


def _speed(kbps: int | None) -> str | None:
    if kbps is None:
        return None
    return f"{kbps} kbps" if kbps < 1000 else f"{kbps / 1000:g} Mbps"


def _time(moment: datetime | None, language: Language) -> str | None:
    """A time in New Zealand, named as such."""
    if moment is None:
        return None
    local = moment.astimezone(NEW_ZEALAND)
    if language == "zh":
        return f"{local.month}月{local.day}日（周{_DAYS_ZH[local.weekday()]}）{local:%H:%M}（新西兰时间）"
    return f"{local:%H:%M} on {local:%a} {local.day} {local:%b} (NZ time)"


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, str]]:
    return {place.country: (place.name_en, place.name_zh) for place in load_catalogue().destinations}


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    return {region.name: region.name_zh for region in load_catalogue().regions}


def country_name(code: str | None, language: Language) -> str | None:
    """A country's name, or its code when the catalogue does not have it."""
    if code is None:
        return None
    return _countries().get(code, (code, code))[language == "zh"]


def device_name(model: str | None, language: Language) -> str | None:
    """A phone's name in the language, by the catalogue's `model`; the model itself when the catalogue has none."""
    found = next((device for device in load_catalogue().devices if device.model == model), None)
    return found.name(language) if found else model


def region_name(name: str | None, language: Language) -> str | None:
    """A region's name in the language."""
    return _regions().get(name, name) if name and language == "zh" else name
