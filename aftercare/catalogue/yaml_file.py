"""Reads YAML files that people edit: data with the line of every value, and faults as `file:line: field: problem`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from aftercare.base import settings

FieldPath = tuple[str | int, ...]


class CatalogueError(Exception):
    """The catalogue is wrong; the message has one line per fault: `file:line: field: what is wrong (expected …)`."""


class _Loader(yaml.CSafeLoader):
    """YAML in which only `true` and `false` are booleans: `esim: no` and the country code `NO` stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class YamlFile:
    """A YAML file's data with the line of every value, to tell the editor of the file where a fault is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[FieldPath, int] = {(): 1}
        self._faults: list[str] = []
        try:
            with path.open(encoding="utf-8") as stream:
                loader = _Loader(stream)
                try:
                    node = loader.get_single_node()
                    self.data = self._read(node, (), loader) if node else None
                finally:
                    loader.dispose()
        except FileNotFoundError:
            raise CatalogueError(f"{self.name}:1: the file is missing") from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise CatalogueError(f"{self.name}:{line}: not valid YAML: {error.problem or error.context}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{self.name}:1: not valid YAML: {error}") from None
        if self._faults:
            raise CatalogueError("\n".join(self._faults))

    @property
    def name(self) -> str:
        """The path as the editor knows it: from the project's folder."""
        return str(self.path.relative_to(settings.ROOT) if self.path.is_relative_to(settings.ROOT) else self.path)

    def fault(self, path: FieldPath, problem: str) -> str:
        """`file:line: field: problem`; a field that is missing is reported at the line of its entry."""
        known = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self._lines)
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return f"{self.name}:{self._lines[known]}: {dotted}: {problem}"

    def validate[Model: BaseModel](self, model: type[Model], data: Any, path: FieldPath) -> Model:
        """`data` as `model`.

        Raises:
            CatalogueError: with the line of every fault.
        """
        try:
            return model.model_validate(data)
        except ValidationError as error:
            faults = [self._explain(model, path, each) for each in error.errors()]
            raise CatalogueError("\n".join(dict.fromkeys(faults))) from None

    def _explain(self, model: type[BaseModel], path: FieldPath, error: ErrorDetails) -> str:
        location, expected = _expected(model, error["loc"])
        problem = explained(error)
        if error["type"] == "literal_error":  # pydantic has listed what is allowed
            expected = ""
        return self.fault((*path, *location), problem + (f" (expected {expected})" if expected else ""))

    def _read(self, node: yaml.Node, path: FieldPath, loader: _Loader) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [self._read(child, (*path, index), loader) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, child in node.value:
                key = str(key_node.value)
                here = (*path, key)
                value = self._read(child, here, loader)
                self._lines[here] = key_node.start_mark.line + 1
                if key in data:
                    self._faults.append(self.fault(here, "is given twice"))
                data[key] = value
            return data
        return loader.construct_object(node)


def explained(error: ErrorDetails) -> str:
    """What is wrong, as pydantic or the validator of ours that found it says it."""
    raised = error.get("ctx", {}).get("error")
    return str(raised) if isinstance(raised, ValueError) else error["msg"]


def _expected(model: type[BaseModel], location: FieldPath) -> tuple[FieldPath, str]:
    """The place of a fault in the data, and in words what the field there takes; "" when the message says it all.

    Pydantic's location of a fault in one of several types ends with the name of that type.
    """
    field: FieldInfo | None = None
    for depth, part in enumerate(location):
        if isinstance(part, int):
            continue
        inner = model if field is None else next(_models(field.annotation), None)
        if inner is None:
            return location[:depth], _described(field)
        fields = {each.alias or name: each for name, each in inner.model_fields.items()}
        model, field = inner, fields.get(part)
        if field is None:
            return location, "one of " + ", ".join(fields)
    return location, "" if field is None else _described(field)


def _described(field: FieldInfo | None) -> str:
    """The description of a field or of what it holds, or the name of its type."""
    if field is None:
        return ""
    if field.description:
        return field.description
    kinds = list(_kinds(field.annotation))
    if described := next((description for _, description in kinds if description), ""):
        return described
    kind = kinds[0][0]
    if kind is bool:
        return "true or false"
    return "" if _is_model(kind) else getattr(kind, "__name__", str(kind))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind, _ in _kinds(annotation):
        if _is_model(kind):
            yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _kinds(annotation: Any) -> Iterator[tuple[Any, str]]:
    """The types a value or an item of it may have, besides None, each with its description."""
    if get_origin(annotation) is Annotated:
        kind, *more = get_args(annotation)
        described = [each.description for each in more if isinstance(each, FieldInfo) and each.description]
        yield from ((inner, described[-1] if described else description) for inner, description in _kinds(kind))
    elif get_origin(annotation) is Literal or not get_args(annotation):
        if annotation not in (NoneType, Ellipsis):
            yield annotation, ""
    else:
        for argument in get_args(annotation):
            yield from _kinds(argument)
