"""What the staff pages say, in both languages: `texts/<part>.yml`, one file per part of the desk."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from aftercare.base.language import Language
from aftercare.base.yaml_data import read_yaml

FOLDER = Path(__file__).parents[1] / "texts"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@lru_cache(maxsize=1)
def texts(folder: Path = FOLDER) -> dict[str, dict[Language, str]]:
    """All texts by "<part>.<key>"."""
    found = {}
    for path in sorted(folder.glob("*.yml")):
        for key, sides in (read_yaml(path) or {}).items():
            found[f"{path.stem}.{key}"] = sides
    return found


def translate(language: Language, key: str, /, **values: object) -> str:
    """The text of a key, its placeholders filled.

    Raises:
        KeyError: there is no such text.
    """
    text = texts()[key][language]
    return text.format(**values) if values else text
