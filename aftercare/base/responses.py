"""What is said to travellers: `data/responses/<language>/<subject>.yml`, the same names in every language.

A file has two parts. `responses` are whole messages that Rasa says by name (texts and buttons as in a Rasa domain,
without conditions; several variations are wordings of the same). `phrases` are texts that code says or puts into a
message, by name, with `{placeholders}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from aftercare.base.language import LANGUAGES, Language
from aftercare.base.settings import DATA

FOLDER = DATA / "responses"
_DEFAULT: Language = "en"


class ResponsesError(Exception):
    """A file of data/responses cannot be used; the message names file and place."""


@dataclass(frozen=True)
class Responses:
    """Everything said in one language: `responses` by name (variations as in a Rasa domain), `phrases` by name."""

    responses: Mapping[str, list[dict[str, Any]]]
    phrases: Mapping[str, str]


@lru_cache(maxsize=1)
def all_responses() -> Mapping[Language, Responses]:
    """What is said in each language; read once per process.

    Raises:
        ResponsesError: a file is malformed, or a name is given twice.
    """
    return read_responses(FOLDER)


def read_responses(folder: Path) -> Mapping[Language, Responses]:
    """Read the files under `folder`.

    Raises:
        ResponsesError: a file is malformed, or a name is given twice.
    """
    return MappingProxyType({language: _read(folder / language) for language in LANGUAGES})


def phrase(name: str, language: Language, /, **values: object) -> str:
    """The phrase in this language with its placeholders filled in.

    Raises:
        KeyError: there is no such phrase, or a placeholder has no value.
    """
    return all_responses()[language].phrases[name].format(**values)


def counted(name: str, count: int, language: Language) -> str:
    """The phrase `<name>_one` or `<name>_many` with `{count}` filled in: "1 day", "7 days".

    Raises:
        KeyError: there is no such phrase.
    """
    return phrase(f"{name}_one" if count == 1 else f"{name}_many", language, count=count)


def term(key: str | None, language: Language) -> str:
    """The words for a state or another fixed value, from the phrase `term_<key>`; one without words stays as it is."""
    known = all_responses()[language].phrases
    return known.get(f"term_{key}", key) if key else known["term_unknown"]


def as_domain(responses: Mapping[Language, Responses]) -> dict[str, list[dict[str, Any]]]:
    """The responses as a Rasa domain has them: English is the default, others are chosen by the slot `language`."""
    merged: dict[str, list[dict[str, Any]]] = {}
    for language in sorted(responses, key=lambda each: each == _DEFAULT):
        condition = {} if language == _DEFAULT else {"condition": [_when(language)]}
        for name, variations in responses[language].responses.items():
            merged.setdefault(name, []).extend({**condition, **variation} for variation in variations)
    return merged


def _when(language: Language) -> dict[str, str]:
    return {"type": "slot", "name": "language", "value": language}


def _read(folder: Path) -> Responses:
    responses: dict[str, list[dict[str, Any]]] = {}
    phrases: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        content = _content(path)
        for name, variations in content.get("responses", {}).items():
            if name in responses:
                raise ResponsesError(f"{path}: response {name} is there already")
            if not isinstance(variations, list) or not all(isinstance(each, dict) for each in variations):
                raise ResponsesError(f"{path}: response {name} must be a list of variations")
            responses[name] = variations
        for name, text in content.get("phrases", {}).items():
            if name in phrases:
                raise ResponsesError(f"{path}: phrase {name} is there already")
            if not isinstance(text, str):
                raise ResponsesError(f"{path}: phrase {name} must be a text")
            phrases[name] = text
    return Responses(MappingProxyType(responses), MappingProxyType(phrases))


def _content(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = (
            yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        )  # the same, ten times faster
    except yaml.YAMLError as error:
        raise ResponsesError(f"{path}: {error}") from error
    unknown = set(content) - {"responses", "phrases"} if isinstance(content, dict) else {"the whole file"}
    if unknown:
        raise ResponsesError(f"{path}: only `responses` and `phrases` belong here, not {', '.join(sorted(unknown))}")
    return {part: entries or {} for part, entries in content.items()}
