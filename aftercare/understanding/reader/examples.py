"""Reads data/turns/<language>/<situation>.yml: what is said in a situation and which commands it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aftercare.base.language import LANGUAGES
from aftercare.understanding.commands import UnknownCommand, parse
from aftercare.understanding.reader.context import SITUATIONS, Context


class TurnsError(Exception):
    """A file of data/turns cannot be used; the message names file and line."""


@dataclass(frozen=True)
class TurnExample:
    """A message with its context and the labels of its commands; `held_out` ones are for measuring only."""

    language: str
    context: Context
    text: str
    labels: tuple[str, ...]
    held_out: bool
    place: str
    others: tuple[tuple[str, ...], ...] = ()
    """Other readings that a second annotator held right, of messages held out."""


def read_examples(folder: Path) -> list[TurnExample]:
    """All examples under `folder`, in the order of files and lines.

    Raises:
        TurnsError: a file is malformed, or names a situation or command there is not.
    """
    return [
        example for language in LANGUAGES for path in sorted((folder / language).rglob("*.yml"))
        for example in _of_file(path, language)
    ]  # fmt: skip


def _of_file(path: Path, language: str) -> Iterator[TurnExample]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise TurnsError(f"{path}: {error}") from error
    fields = _mapping(root, path)
    situation = _text(fields.get("situation"), path)
    if situation not in SITUATIONS:
        raise TurnsError(f"{path}:1: unknown situation {situation!r}")
    held_out = "held_out" in fields and fields["held_out"].value == "true"
    for block in _items(fields.get("turns"), path):
        parts = _mapping(block, path)
        asked = parts["asked"].value if "asked" in parts else ""
        for pair in _items(parts.get("said"), path):
            place = f"{path}:{pair.start_mark.line + 1}"
            values = [_text(node, path) for node in _items(pair, path)]
            if len(values) not in ((2, 3) if held_out else (2,)) or not values[0].strip():
                raise TurnsError(f"{place}: needs [message, commands]")
            labels, *others = (_labels(each, place) for text in values[1:] for each in text.split(" / "))
            yield TurnExample(language, Context(situation, asked), values[0], labels, held_out, place, tuple(others))


def _labels(text: str, place: str) -> tuple[str, ...]:
    labels = tuple(dict.fromkeys(label.strip() for label in text.split(",")))
    for label in labels:
        try:
            parse(label)
        except UnknownCommand:
            raise TurnsError(f"{place}: unknown command {label!r}") from None
    return labels


def _mapping(node: Any, path: Path) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise TurnsError(f"{path}:{node.start_mark.line + 1 if node else 1}: needs names with values")
    return {key.value: value for key, value in node.value}


def _items(node: Any, path: Path) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise TurnsError(f"{path}:{node.start_mark.line + 1 if node else 1}: needs a list")
    return list(node.value)


def _text(node: Any, path: Path) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise TurnsError(f"{path}:{node.start_mark.line + 1 if node else 1}: needs a text")
    return str(node.value)
