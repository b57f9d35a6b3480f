"""Declares private names of other libraries that our code relies on, and names those that moved."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class ForeignNameMoved(Exception):
    """A library no longer has what our code relies on; the message names each symbol."""


@dataclass(frozen=True)
class Foreign:
    """A name of another library that its documentation does not promise.

    `place` is `module:Class.name`. `takes` are the parameters of a function, in order, `self` included; None stands for
    an attribute that the class sets in `__init__`.
    """

    place: str
    takes: tuple[str, ...] | None = None


def moved(names: Iterable[Foreign]) -> list[str]:
    """What is wrong with each name, in words; empty when the library has all of them."""
    return [f"{name.place} {problem}" for name in names if (problem := _problem(name))]


def require(names: Iterable[Foreign]) -> None:
    """Stop a process whose library has changed: a patch that no longer applies would silently do nothing.

    Raises:
        ForeignNameMoved: naming every symbol that is gone or takes other parameters.
    """
    faults = moved(names)
    if faults:
        raise ForeignNameMoved("; ".join(faults))


def _problem(name: Foreign) -> str | None:
    module, _, path = name.place.partition(":")
    *owners, last = path.split(".")
    try:
        owner: Any = importlib.import_module(module)
        for part in owners:
            owner = getattr(owner, part)
    except (ImportError, AttributeError):
        return "is gone"
    if name.takes is None:
        return None if last in owner.__init__.__code__.co_names else "is not set any more"
    if not hasattr(owner, last):
        return "is gone"
    function = inspect.getattr_static(owner, last)
    found = tuple(inspect.signature(getattr(function, "__func__", function)).parameters)
    return None if found == name.takes else f"takes ({', '.join(found)}) instead of ({', '.join(name.takes)})"
