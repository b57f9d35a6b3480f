"""Shops through which orders are bought that are not the seller's own (`data/marketplaces.yml`)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from aftercare.base.settings import DATA
from aftercare.catalogue.models import Entry, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

FILE = DATA / "marketplaces.yml"


class Marketplace(Entry):
    """A marketplace: which number its buyers have, who refunds, and where that is asked for."""

    id: Text
    name_en: Text
    name_zh: Text
    aliases: tuple[Text, ...]
    number_en: Text
    number_zh: Text
    where_en: Text
    where_zh: Text
    sold_here: bool
    refunds: Literal["marketplace", "seller"]


@lru_cache(maxsize=1)
def marketplaces() -> tuple[Marketplace, ...]:
    """All of them.

    Raises:
        CatalogueError: with file and line of the fault.
    """
    return read_marketplaces(FILE)


def read_marketplaces(path: Path) -> tuple[Marketplace, ...]:
    """Read a file.

    Raises:
        CatalogueError: with file and line of the fault.
    """
    file = YamlFile(path)
    if not isinstance(file.data, list):
        raise CatalogueError(f"{file.name}: a list of marketplaces is expected")
    return tuple(file.validate(Marketplace, each, (place,)) for place, each in enumerate(file.data))


def marketplace(marketplace_id: str | None) -> Marketplace | None:
    """The one with this id."""
    return next((each for each in marketplaces() if each.id == marketplace_id), None)


def marketplace_named(text: str) -> Marketplace | None:
    """The one that a message names; None for none, or several."""
    plain = text.lower()
    named = [each for each in marketplaces() if any(_names(alias, plain) for alias in each.aliases)]
    return named[0] if len(named) == 1 else None


def _names(alias: str, text: str) -> bool:
    if not alias.isascii():
        return alias in text
    return re.search(rf"(?<![a-z0-9]){re.escape(alias)}(?![a-z0-9])", text) is not None
