"""Which conversation tests there are to play with a model, where the project's tests are installed."""

from __future__ import annotations

import importlib.util

from aftercare.base.language import LANGUAGES
from aftercare.base.settings import ROOT
from aftercare.base.yaml_data import read_yaml

CONVERSATIONS = ROOT / "tests" / "conversations"
ALL, QUICK = "all", "quick"


def installed() -> bool:
    """Whether the tests and what plays them are here; a production image has neither."""
    return CONVERSATIONS.is_dir() and importlib.util.find_spec("pytest") is not None


def parts() -> list[str]:
    """What can be played: the quick selection, each folder of scripts, all of them; nothing where none are here."""
    if not installed():
        return []
    folders = sorted(path.name for path in CONVERSATIONS.iterdir() if any(path.glob("*.yml")))
    return [QUICK, *folders, ALL]


def quick() -> set[str]:
    """The first script of every file, in its languages, by the names pytest gives them."""
    names = set()
    for path in sorted(CONVERSATIONS.rglob("*.yml")):
        first = read_yaml(path)[0]
        names |= {f"{path.parent.name}: {first['script']} [{each}]" for each in first.get("languages", LANGUAGES)}
    return names
