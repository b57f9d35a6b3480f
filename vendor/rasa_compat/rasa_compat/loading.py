"""Loads one module of Rasa with its adaptation: some of its imports answered otherwise, some names replaced."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What an import of the adapted module gets; with `unless_installed` only where that package is absent."""

    value: Any
    unless_installed: str = ""


@dataclass(frozen=True)
class Adaptation:
    """One module of Rasa and what has to differ in it.

    `lines` are lines of Rasa's source that make it necessary: a test fails with the module's name when one is gone.
    `imports` answers the module's import statements by the module name they ask for; `change` works on the loaded
    module; `instead` takes the module's place where the package named by `unless_installed` is absent.
    """

    module: str
    reason: str
    lines: Sequence[str]
    imports: Mapping[str, Reply] = field(default_factory=dict)
    change: Callable[[ModuleType], None] | None = None
    instead: Callable[[ModuleType], None] | None = None
    unless_installed: str = ""


def installed(package: str) -> bool:
    """Whether a top-level package can be imported."""
    return find_spec(package) is not None


def adapted_spec(adaptation: Adaptation, path: Sequence[str] | None) -> ModuleSpec | None:
    """The spec of an adapted module, or None when its adaptation does not apply here."""
    spec = PathFinder.find_spec(adaptation.module, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return None
    if adaptation.unless_installed and installed(adaptation.unless_installed):
        return None
    spec.loader = _Loader(adaptation, spec.loader.path)
    return spec


class _Loader(SourceFileLoader):
    """Python's own loader, which also gives the module its replies and changes."""

    def __init__(self, adaptation: Adaptation, path: str) -> None:
        super().__init__(adaptation.module, path)
        self._adaptation = adaptation

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code as it is, then change what has to differ."""
        if self._adaptation.instead is not None:
            self._adaptation.instead(module)
            return
        if self._adaptation.imports:
            # A module's import statements call `__import__` of its own builtins: no other module sees these replies.
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _answering(self._adaptation.imports)}
        super().exec_module(module)
        if self._adaptation.change is not None:
            self._adaptation.change(module)


def _answering(replies: Mapping[str, Reply]) -> Callable[..., Any]:
    def find(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        reply = replies.get(name) if level == 0 else None
        if reply is not None and not (reply.unless_installed and installed(reply.unless_installed)):
            return reply.value
        return builtins.__import__(name, globals, locals, fromlist, level)

    return find
