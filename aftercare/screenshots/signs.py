"""What the words of a screen show: data/screenshots.yml and the error messages of the catalogue."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.yaml_file import YamlFile
from aftercare.screenshots.phrases import Phrases
from aftercare.understanding.commands import FACTS

_Text = Annotated[str, Field(min_length=1)]
FILE = DATA / "screenshots.yml"


def _known_fact(name: str) -> str:
    if name not in FACTS:
        raise ValueError("no fact of aftercare/understanding/commands.py")
    return name


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Annotated[str, AfterValidator(_known_fact)]
    words: tuple[_Text, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    menus: tuple[_Text, ...]
    status_bar: tuple[_Words, ...]
    anywhere: tuple[_Words, ...]


class ScreenSigns:
    """The phrases to look for on a screen, with the facts (`FACTS`) and error messages (catalogue keys) they show."""

    def __init__(self, file: Path = FILE) -> None:
        """Reads the file.

        Raises:
            CatalogueError: it is malformed; the message has the lines.
        """
        read = YamlFile(file)
        signs = read.validate(_File, read.data, ())
        self.menus = Phrases((name, name) for name in signs.menus)
        self.status_bar = _phrases(signs.status_bar)
        self.anywhere = _phrases(signs.anywhere)
        errors = load_catalogue().error_messages
        self.errors = Phrases((alias, error.key) for error in errors for alias in error.aliases)


def _phrases(listed: tuple[_Words, ...]) -> Phrases:
    return Phrases((phrase, words.fact) for words in listed for phrase in words.words)


@lru_cache(maxsize=1)
def screen_signs() -> ScreenSigns:
    """The signs of data/screenshots.yml, read once per process.

    Raises:
        CatalogueError: the file or the catalogue is malformed.
    """
    return ScreenSigns()
