"""Lists the licences of what is installed, by licence; `--write` puts the list into docs/dependencies.md.

Run it in the development environment after `uv lock --upgrade`: .venv/bin/python scripts/licences.py --write
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "dependencies.md"
OURS = {"esim-aftercare", "rasa-compat", "tensorflow"}  # this project and what stands in vendor/
# the families that need no more than a mention; a licence outside them has to be looked at by a person
FAMILIES = {
    "MIT": r"MIT|X11",
    "BSD": r"BSD|TCL",
    "Apache 2.0": r"Apache",
    "ISC": r"ISC",
    "PSF": r"PSF|Python Software Foundation",
    "HPND": r"HPND|MIT-CMU",
    "MPL 2.0": r"MPL|Mozilla",
    "LGPL": r"LGPL|Lesser General Public",
}
# what the metadata of these leaves out, looked up in their repositories
LOOKED_UP = {"axe-playwright-python": "MIT"}


def licence_of(distribution: Distribution) -> str:
    """The licence as its metadata has it: the expression, else the classifiers, else the first line of the text."""
    metadata = distribution.metadata  # read from the file each time
    classified = [
        line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if line.startswith("License ::")
    ]
    named = metadata.get("License-Expression") or "; ".join(classified) or (metadata.get("License") or "")
    return LOOKED_UP.get(_name(metadata["Name"])) or named.strip().partition("\n")[0]


def family_of(licence: str) -> str:
    """The strictest of our families that a licence names; "other" when it names none."""
    named = [family for family, pattern in FAMILIES.items() if re.search(pattern, licence)]
    return named[-1] if named else "other"


@cache
def by_family() -> dict[str, list[str]]:
    """Names of the installed distributions by family of their licence."""
    found: dict[str, list[str]] = {}
    for distribution in distributions():
        if (name := _name(distribution.name)) not in OURS:
            found.setdefault(family_of(licence_of(distribution)), []).append(name)
    return {family: sorted(set(found[family])) for family in (*FAMILIES, "other") if family in found}


def table() -> str:
    """The list as a table in Markdown."""
    return "\n".join(("| licence | packages |", "|---|---|", *_rows()))


def _rows() -> Iterator[str]:
    for family, names in by_family().items():
        yield f"| {family} | {', '.join(names)} |"


def _name(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def main() -> None:
    """Print the table, or write it where the page has one."""
    if "--write" not in sys.argv:
        print(table())
        return
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(r"\| licence \| packages \|\n(\|.*\n)+", f"{table()}\n", page), encoding="utf-8")


if __name__ == "__main__":
    main()
