"""Which of our source files run when a module of ours is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from aftercare.base.settings import ROOT


def files_behind(names: Iterable[str]) -> set[Path]:
    """The files of the modules (or classes) of these dotted names, and of all of ours that they import."""
    found: set[Path] = set()
    left = [path for name in names for path in _files_of(name)]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("aftercare"):
                left += [file for alias in node.names for file in _files_of(f"{node.module}.{alias.name}")]
            elif isinstance(node, ast.Import):
                left += [file for alias in node.names for file in _files_of(alias.name)]
    return found


def _files_of(name: str) -> Iterator[Path]:
    """The files that importing a dotted name of ours runs: its packages and its module; others' names have none."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1) if parts[0] == "aftercare" else ():
        place = ROOT.joinpath(*parts[:length])
        yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())
