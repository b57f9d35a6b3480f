"""Reads YAML files that people edit: data with the line of every value, and faults as `file:line: field: problem`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConstrainedInt, ConstrainedStr, StrictBool, ValidationError
from pydantic.fields import ModelField
from pydantic.typing import display_as_type, is_literal_type, is_union

from aftercare.base import settings

FieldPath = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


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

    def validate(self, model: type[_Model], data: Any, path: FieldPath) -> _Model:
        """`data` as `model`.

        Raises:
            CatalogueError: with the line of every fault.
        """
        try:
            return model.parse_obj(data)
        except ValidationError as error:
            raise CatalogueError(
                "\n".join(self._explain(model, path, e["loc"], e["msg"]) for e in error.errors())
            ) from None

    def _explain(self, model: type[BaseModel], path: FieldPath, location: tuple[str | int, ...], message: str) -> str:
        location = tuple(part for part in location if part != "__root__")
        expected = _expected(model, location)
        return self.fault((*path, *location), message + (f" (expected {expected})" if expected else ""))

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


def _expected(model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    """In words, what the field at `location` takes; empty when there is nothing to add to the message."""
    field: ModelField | None = None
    for part in location:
        if isinstance(part, int):
            continue
        field = model.__fields__.get(part)
        if field is None:
            return "one of " + ", ".join(model.__fields__)
        if isinstance(field.type_, type) and issubclass(field.type_, BaseModel):
            model = field.type_
    if field is None:
        return ""
    kind = field.type_
    if is_union(getattr(kind, "__origin__", None)):
        kind = next(choice for choice in kind.__args__ if choice is not type(None))
    if is_literal_type(kind):
        return "one of " + ", ".join(str(value) for value in kind.__args__)
    if isinstance(kind, type) and issubclass(kind, ConstrainedInt | ConstrainedStr | timedelta):
        return kind.__doc__ or ""
    names = {StrictBool: "true or false", float: "days from today, or a date such as 2026-12-01"}
    return names.get(kind, display_as_type(kind))
