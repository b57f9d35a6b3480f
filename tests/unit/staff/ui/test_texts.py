"""The staff pages say everything in both languages, and every text that a page asks for exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from aftercare.base.yaml_data import read_yaml
from aftercare.staff.ui import texts
from aftercare.staff.ui.pages import FOLDER as TEMPLATES

CODE = Path(texts.__file__).parents[1]
KEY = re.compile(r"""["']((?:base|people|inbox|teaching|analytics|reading)\.[a-z0-9_.]+)["']""")
FILES = sorted(texts.FOLDER.glob("*.yml"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_exists_in_both_languages_with_the_same_placeholders(path: Path) -> None:
    wrong = []
    for key, sides in read_yaml(path).items():
        complete = isinstance(sides, dict) and set(sides) == {"en", "zh"}
        if not complete or not all(isinstance(side, str) and side.strip() for side in sides.values()):
            wrong.append(f"{key}: {sides}")
        elif placeholders(sides["en"]) != placeholders(sides["zh"]):
            wrong.append(f"{key}: other placeholders")
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_key_is_written_twice(path: Path) -> None:
    keys = re.findall(r"^([\w-]+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


def test_every_text_that_is_asked_for_exists() -> None:
    asked = {
        (path.name, key)
        for path in [*TEMPLATES.rglob("*.html"), *CODE.rglob("*.py")]
        for key in KEY.findall(path.read_text(encoding="utf-8"))
    }
    asked = {each for each in asked if not each[1].endswith(".html")}
    assert len(asked) > 100
    known = texts.texts()
    # a key that ends with "_" is the beginning of several: t("people.role_" ~ role)
    missing = {
        each
        for each in asked
        if not (any(key.startswith(each[1]) for key in known) if each[1].endswith("_") else each[1] in known)
    }
    assert missing == set()


def test_a_text_is_filled_in_the_readers_language() -> None:
    assert texts.translate("en", "people.throttled", minutes=3) == "Too many attempts. Please try again in 3 min."
    assert "3 分钟" in texts.translate("zh", "people.throttled", minutes=3)
    with pytest.raises(KeyError):
        texts.translate("en", "people.nothing_of_that_name")
