"""Units of articles of a test's own, before those that are shipped."""

from __future__ import annotations

import pytest

import actions.feedback
from actions.dialogue import knowledge
from aftercare.articles.units import Unit, unit
from aftercare.base.language import Language
from tests.support.article_units import UNITS


@pytest.fixture(autouse=True)
def own_units(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str, language: Language) -> Unit | None:
        return UNITS.get(name) or unit(name, language)

    for module in (knowledge, actions.feedback):
        monkeypatch.setattr(module, "unit", found)
