"""Loads data/playbooks/*.yml: menus, findings, questions, steps and the order in which each symptom tries them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from aftercare.base import settings
from aftercare.catalogue.models import Entry, Key, Positive, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile
from aftercare.troubleshooting.conditions import CONDITIONS
from aftercare.troubleshooting.situation import Symptom

FAMILIES = ("iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other")
Offer = Literal[
    "show_qr", "resend", "reissue", "refund", "exchange", "top_up", "crossborder", "plans", "usage_records",
    "refund_status", "person",
]  # fmt: skip
# Where a choice leads besides `finding.x`, `question.x`, `step.x` and `playbook.x`.
TURNS = ("solved", "next", "general", "resume", "diagnose")


def _known(value: str) -> str:
    if value.removeprefix("not ") not in CONDITIONS:
        raise ValueError(f"{value!r} is not a condition; there are " + ", ".join(CONDITIONS))
    return value


Condition = Annotated[
    Text,
    AfterValidator(_known),
    Field(description="a condition of aftercare/troubleshooting/conditions.py, perhaps after `not`"),
]


class BilingualText(Entry):
    """One text in both languages; the Chinese is Simplified."""

    en: Text
    zh: Text


class Phrase(BilingualText):
    """A text with a name."""

    id: Key


class Menu(Entry):
    """Where a switch is on each family of phones, and the word that finds it in the search box of the settings."""

    id: Key
    iphone: BilingualText
    pixel: BilingualText
    samsung: BilingualText
    xiaomi: BilingualText
    huawei: BilingualText
    oppo: BilingualText
    other: BilingualText
    search: BilingualText

    def path(self, family: str) -> BilingualText:
        """The path on phones of this family."""
        words: BilingualText = getattr(self, family)
        return words


class PlaybookChoice(Entry):
    """A choice and where it leads; without `text` it has the usual words of its id."""

    id: Key
    text: BilingualText | None = None
    then: Text


class Finding(Entry):
    """A conclusion. With `when` it is drawn from facts, otherwise a choice leads to it; `then` goes on at once.

    `symptoms` limits it to these (`unknown`: the traveller has not said); empty means any. One that waits for a choice
    has other words (`again`) and a line that comes back to it (`reminder`).
    """

    id: Key
    when: tuple[Condition, ...] | None = None
    symptoms: tuple[Symptom | Literal["unknown"], ...] = ()
    text: BilingualText
    again: BilingualText | None = None
    reminder: BilingualText | None = None
    offers: tuple[Offer, ...] = ()
    choices: tuple[PlaybookChoice, ...] = ()
    then: Text | None = None

    @model_validator(mode="after")
    def _one_way_on(self) -> Self:
        if self.then and self.choices:
            raise ValueError(f"{self.id}: `then` goes on at once and leaves no room for choices")
        if self.choices and not (self.again and self.reminder):
            raise ValueError(f"{self.id}: what waits for a choice needs `again` and `reminder`")
        return self


class Question(Entry):
    """A forced choice; `again`, `reminder` and `why` as in a step."""

    id: Key
    text: BilingualText
    again: BilingualText
    reminder: BilingualText
    why: BilingualText
    choices: tuple[PlaybookChoice, ...]


class PlaybookStep(Entry):
    """One thing to try. `iphone` replaces the text on an iPhone; `tried_key` is what travellers call having done it.

    `covers` are steps that need not come after this one. `again` explains it differently, `simpler` one action at a
    time, `reminder` comes back to it after something else, `why` says what it is good for; they fit every phone.
    """

    id: Key
    tried_key: Key | None = None
    covers: tuple[Key, ...] = ()
    when: tuple[Condition, ...] = ()
    text: BilingualText
    iphone: BilingualText | None = None
    again: BilingualText
    simpler: BilingualText
    reminder: BilingualText
    why: BilingualText
    offers: tuple[Offer, ...] = ()
    choices: tuple[PlaybookChoice, ...] = ()


class Adjustment(Entry):
    """How much likelier a step is to help when the conditions hold and, if `places` names regions, in one of these."""

    when: tuple[Condition, ...] = ()
    places: tuple[Text, ...] = ()
    by: int


class RankedStep(Entry):
    """A step with the likelihood, of 100 such cases, that it is what helps: a judgement to be revised by experience."""

    step: Key
    likelihood: Positive
    adjust: tuple[Adjustment, ...] = ()


class Playbook(Entry):
    """What to try for one symptom, perhaps after a question that splits it."""

    id: Key
    opening: Key | None = None
    steps: tuple[RankedStep, ...] = ()


class ErrorFix(Entry):
    """The steps a known error message calls for before any other."""

    key: Key
    first: tuple[Key, ...]


class _PlaybookFile(Entry):
    """What a file may hold."""

    menus: tuple[Menu, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    steps: tuple[PlaybookStep, ...] = ()
    errors: tuple[ErrorFix, ...] = ()
    playbook: Playbook | None = None


class Playbooks:
    """All playbooks by name; `findings` keep their order, which is the order in which they are considered."""

    def __init__(self, files: list[_PlaybookFile]) -> None:
        self.menus = _by_id("menu", [item for file in files for item in file.menus])
        self.phrases = _by_id("phrase", [item for file in files for item in file.phrases])
        self.findings = _by_id("finding", [item for file in files for item in file.findings])
        self.questions = _by_id("question", [item for file in files for item in file.questions])
        self.steps = _by_id("step", [item for file in files for item in file.steps])
        self.symptoms = _by_id("playbook", [file.playbook for file in files if file.playbook])
        self.errors: dict[str, tuple[Key, ...]] = {fix.key: fix.first for file in files for fix in file.errors}


def _by_id[Item: (Menu, Phrase, Finding, Question, PlaybookStep, Playbook)](
    kind: str, items: list[Item]
) -> dict[str, Item]:
    named: dict[str, Item] = {}
    for item in items:
        if item.id in named:
            raise CatalogueError(f"playbooks: {kind} {item.id} is given twice")
        named[item.id] = item
    return named


@lru_cache(maxsize=4)
def load_playbooks(folder: Path = settings.PLAYBOOKS) -> Playbooks:
    """Every file in `folder`, validated; read once per folder.

    Raises:
        CatalogueError: naming file, line and what is expected, one line per fault.
    """
    files, faults = [], []
    for path in sorted(folder.rglob("*.yml")):
        try:
            file = YamlFile(path)
            files.append(file.validate(_PlaybookFile, file.data, ()))
        except CatalogueError as error:
            faults.append(str(error))
    if faults:
        raise CatalogueError("\n".join(faults))
    return Playbooks(files)
