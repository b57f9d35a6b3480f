"""Inert stand-in for TensorFlow: Rasa imports it at every start, even when no component uses it.

Every attribute and submodule is an inert class, so imports, base classes, type annotations and
decorators work. Anything that would compute with TensorFlow raises `TensorFlowMissing`.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import inspect
import sys
import types
from collections.abc import Sequence
from typing import Any, ClassVar

__version__ = "2.12.0"
__path__: list[str] = []

HOW_TO_INSTALL = (
    "this environment has only a stand-in for TensorFlow, which no component in our config.yml needs. "
    "DIETClassifier, TEDPolicy, ResponseSelector, UnexpecTEDIntentPolicy and other TensorFlow components need "
    "TensorFlow 2.12, which ends with Python 3.11: `cd bench/stock && uv sync` makes an environment that has both."
)


class TensorFlowMissing(RuntimeError):
    """A component asked TensorFlow to do something; says how to install the real package."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not available: {HOW_TO_INSTALL}")


def _runs_at_import() -> bool:
    """True when the caller is a module or class body: there, calls are declarations, not computations."""
    frame = inspect.currentframe()
    caller = frame.f_back.f_back if frame and frame.f_back else None
    return caller is not None and not caller.f_code.co_flags & inspect.CO_OPTIMIZED


class _Inert(type):
    """Metaclass of everything the stand-in offers: any attribute exists and is inert as well."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        child = _make(f"{cls.__qualname__}.{name}")
        setattr(cls, name, child)
        return child

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if not _runs_at_import():
            raise TensorFlowMissing(cls.__qualname__)
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]  # used as `@decorator`
        return lambda decorated: decorated  # used as `@decorator(…)`

    def __getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return cls


def _make(qualified_name: str) -> Any:
    return _Inert(qualified_name.rsplit(".", 1)[-1], (), {"__qualname__": qualified_name, "__module__": __name__})


class InertModule(types.ModuleType):
    """A module every attribute of which is inert."""

    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        value = _make(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers `import tensorflow.anything` and `import keras.anything` with an inert module."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if fullname.startswith((f"{__name__}.", "keras.")):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return InertModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run: attributes appear when asked for."""


sys.meta_path.append(_Finder())


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    value = _make(f"{__name__}.{name}")
    globals()[name] = value
    return value
