"""Loads data/playbooks/*.yml: menus, findings, questions, steps, and the causes that decide their order."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from aftercare.base import settings
from aftercare.catalogue.models import Entry, Key, Positive, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile
from aftercare.troubleshooting.causes import Cause, Effort, Look
from aftercare.troubleshooting.entries import BilingualText, Condition
from aftercare.troubleshooting.situation import Symptom

FAMILIES = ("iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other")
Offer = Literal[
    "show_qr", "resend", "reissue", "refund", "exchange", "top_up", "crossborder", "plans", "usage_records",
    "refund_status", "person",
]  # fmt: skip
# Where a choice leads besides `finding.x`, `question.x`, `step.x` and `playbook.x`: to the end, the next step, the
# general form of a step, what was interrupted, the facts once more, or the playbook of what the traveller sees.
TURNS = ("solved", "next", "general", "resume", "diagnose", "seen")


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
    """A choice and where it leads; without `text` it has the usual words of its id.

    `seen` are signs that mean the same: a traveller who reports one has chosen, and who chooses has reported them.
    """

    id: Key
    text: BilingualText | None = None
    then: Text
    seen: tuple[Key, ...] = ()


class Finding(Entry):
    """A conclusion. With `when` it is drawn from facts, otherwise a choice or sign leads to it; `then` goes on at once.

    `symptoms` limits it to these (`unknown`: the traveller has not said); empty means any. One that waits for a choice
    has other words (`again`) and a line that comes back to it (`reminder`). After one, those it `covers` have nothing
    new to say; one of the record is not drawn once a step in `not_after` was given, which may have changed it. One that
    is `at_once` interrupts whatever is going on; one that is told `once` stays told in a later diagnosis. `works` is
    where "it works" leads although nothing was asked.
    """

    id: Key
    when: tuple[Condition, ...] | None = None
    symptoms: tuple[Symptom | Literal["unknown"], ...] = ()
    text: BilingualText
    again: BilingualText | None = None
    reminder: BilingualText | None = None
    why: BilingualText | None = None
    covers: tuple[Key, ...] = ()
    not_after: tuple[Text, ...] = ()
    at_once: bool = False
    once: bool = False
    works: Text | None = None
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
    time, `reminder` comes back to it after something else, `why` says what it is good for; they fit every phone. `undo`
    is the way back when the step did not help and would leave the phone worse off: told at once or, where another fault
    may still hide its effect, at the end, and never while `keep_when` holds.
    One that `tests` asks to turn Wi-Fi off and open a page, so that "it works" needs no further test. Once it was
    carried out, the signs it `clears` no longer hold.
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
    undo: BilingualText | None = None
    take_back: Literal["at_once", "at_the_end"] = "at_the_end"
    keep_when: tuple[Condition, ...] | None = None
    tests: bool = False
    clears: tuple[Key, ...] = ()
    offers: tuple[Offer, ...] = ()
    choices: tuple[PlaybookChoice, ...] = ()


class Playbook(Entry):
    """One symptom, perhaps with a question that splits it; `works` is what "it works" leads on to.

    `ends` is a finding for when no step is left and the order is known. Unless they are known to be done or not to
    apply, the steps in `before_person` are given before a person is offered for want of better steps.
    Its steps are those that end a cause which shows this symptom (`causes.yml`).
    """

    id: Key
    opening: Key | None = None
    works: Text | None = None
    ends: Key | None = None
    before_person: tuple[Key, ...] = ()


class ErrorFix(Entry):
    """The steps a known error message calls for before any other; `ends` is a finding for when none of them helped."""

    key: Key
    first: tuple[Key, ...]
    ends: Key | None = None


class Opposites(Entry):
    """Signs that exclude each other: a newer one of either side cancels the other side's."""

    one: tuple[Key, ...]
    other: tuple[Key, ...]


class SignRule(Entry):
    """What it means for a diagnosis when the traveller reports one of `signs` and none of `unless`.

    It applies where the conditions hold (`record`: by the record alone, `when`: also by what is seen), for the symptoms
    named (`unknown`: none yet; empty: any), and unless one of `not_after` was said; with `after`, only to what is
    reported once one of these was said. `symptom` is what the fault turns out to be; the first of `then` that is still
    open comes next. Whatever else applies, `means` are conditions that the sign settles against the record, and `done`
    steps it makes needless.
    """

    signs: tuple[Key, ...]
    unless: tuple[Key, ...] = ()
    record: tuple[Condition, ...] = ()
    when: tuple[Condition, ...] = ()
    symptoms: tuple[Key, ...] = ()
    after: tuple[Text, ...] = ()
    not_after: tuple[Text, ...] = ()
    symptom: Symptom | None = None
    then: tuple[Text, ...] = ()
    means: tuple[Condition, ...] = ()
    done: tuple[Key, ...] = ()


class _PlaybookFile(Entry):
    """What a file may hold."""

    menus: tuple[Menu, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    findings: tuple[Finding, ...] = ()
    questions: tuple[Question, ...] = ()
    steps: tuple[PlaybookStep, ...] = ()
    errors: tuple[ErrorFix, ...] = ()
    opposites: tuple[Opposites, ...] = ()
    words: dict[Key, Text] = Field(default_factory=dict)
    signs: tuple[SignRule, ...] = ()
    causes: tuple[Cause, ...] = ()
    efforts: tuple[Effort, ...] = ()
    called_only: tuple[Key, ...] = ()
    looks: tuple[Look, ...] = ()
    experience: Positive | None = None
    playbook: Playbook | None = None


class Playbooks:
    """All playbooks by name; `findings` and `signs` keep their order, in which they are considered."""

    def __init__(self, files: list[_PlaybookFile]) -> None:
        self.menus = _by_id("menu", [item for file in files for item in file.menus])
        self.phrases = _by_id("phrase", [item for file in files for item in file.phrases])
        self.findings = _by_id("finding", [item for file in files for item in file.findings])
        self.questions = _by_id("question", [item for file in files for item in file.questions])
        self.steps = _by_id("step", [item for file in files for item in file.steps])
        self.symptoms = _by_id("playbook", [file.playbook for file in files if file.playbook])
        self.errors: dict[str, tuple[Key, ...]] = {fix.key: fix.first for file in files for fix in file.errors}
        self.error_ends: dict[str, Key] = {fix.key: fix.ends for file in files for fix in file.errors if fix.ends}
        self.signs: tuple[SignRule, ...] = tuple(rule for file in files for rule in file.signs)
        self.causes = _by_id("cause", [item for file in files for item in file.causes])
        self.efforts: dict[str, Effort] = {item.step: item for file in files for item in file.efforts}
        self.called_only = frozenset(step for file in files for step in file.called_only)
        self.looks: tuple[Look, ...] = tuple(look for file in files for look in file.looks)
        self.experience: int = next((file.experience for file in files if file.experience), 1)
        self.sign_words: dict[str, str] = {sign: words for file in files for sign, words in file.words.items()}
        self.opposites: dict[str, frozenset[str]] = {}
        for sides in (sides for file in files for sides in file.opposites):
            for signs, excluded in ((sides.one, sides.other), (sides.other, sides.one)):
                for sign in signs:
                    self.opposites[sign] = self.opposites.get(sign, frozenset()) | frozenset(excluded)

    def offered_signs(self, question: str) -> frozenset[str]:
        """The signs that the choices of a question stand for."""
        return frozenset(sign for choice in self.questions[question].choices for sign in choice.seen)

    def steps_for(self, symptom: str) -> frozenset[str]:
        """Steps that end a cause which shows this symptom."""
        causes = (cause for cause in self.causes.values() if cause.shows.get(symptom))
        return frozenset(step for cause in causes for step in cause.cured_by) - self.called_only


def _by_id[Item: (Menu, Phrase, Finding, Question, PlaybookStep, Playbook, Cause)](
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
