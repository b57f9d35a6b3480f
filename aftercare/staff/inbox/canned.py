"""Canned replies from data/canned_replies.yml, in the traveller's language and script, with what is known filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import field_validator

from aftercare.base.language import Language, Script
from aftercare.base.settings import DATA
from aftercare.base.voice import Voice
from aftercare.catalogue.models import Entry, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

FILE = DATA / "canned_replies.yml"
VARIABLES = ("agent", "order", "plan", "provider", "amount", "date")
_VARIABLE = re.compile(r"\{(\w*)\}")


class CannedText(Entry):
    """The same text in both languages."""

    en: Text
    zh: Text

    @field_validator("en", "zh")
    @classmethod
    def _known_variables(cls, value: str) -> str:
        unknown = sorted(set(_VARIABLE.findall(value)) - set(VARIABLES))
        if unknown:
            raise ValueError(f"unknown variable {unknown[0]!r}; there are {', '.join(VARIABLES)}")
        return value


class CannedReply(Entry):
    """A canned reply as it stands in the file."""

    id: Text
    title: CannedText
    text: CannedText

    @field_validator("text")
    @classmethod
    def _same_variables(cls, value: CannedText) -> CannedText:
        if set(_VARIABLE.findall(value.en)) - {"agent"} != set(_VARIABLE.findall(value.zh)) - {"agent"}:
            raise ValueError("both languages need the same variables")
        return value

    def filled(self, language: Language, script: Script | None, values: Mapping[str, str | None]) -> str:
        """The text; a variable without a value stays in braces for the member of staff to see."""
        text: str = getattr(self.text, language)
        filled = _VARIABLE.sub(lambda match: values.get(match[1]) or match[0], text)
        return Voice(language, script).write(filled)


@lru_cache(maxsize=4)
def canned_replies(path: Path = FILE) -> tuple[CannedReply, ...]:
    """The validated replies, read once per file.

    Raises:
        CatalogueError: naming file, line and what is expected.
    """
    file = YamlFile(path)
    if not isinstance(file.data, list):
        raise CatalogueError(f"{file.name}:1: expected a list of replies")
    return tuple(file.validate(CannedReply, entry, (index,)) for index, entry in enumerate(file.data))
