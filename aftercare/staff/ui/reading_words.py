"""How a message was read in its situation, in words for staff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aftercare.articles.units import unit
from aftercare.base.language import Language
from aftercare.staff.ui.names import intents, readable
from aftercare.staff.ui.texts import texts, translate
from aftercare.troubleshooting.playbooks import Finding, Question, load_playbooks
from aftercare.understanding.commands import FACTS, OUTCOMES, SIMPLE, Command, UnknownCommand, parse
from aftercare.understanding.reader.context import SITUATIONS
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT

_FIRST_SENTENCE = re.compile(r".+?[.!?。！？](?=\s|$)|.+?[。！？]", re.DOTALL)
_BLANK = re.compile(r"\s*\(?（?\{[^}]*\}）?\)?")  # where a menu's path or a figure would stand
_LONGEST = 110
# The matters that go over several turns; a question is `ask`, whatever it is about.
_MATTERS = (
    "report_fault", "report_activation_failure", "report_no_service", "report_no_data", "report_slow_data",
    "report_stopped_working", "request_refund", "request_exchange", "check_refund_status", "withdraw_request",
    "payment_issue", "ask_invoice", "check_order_status", "resend_qr", "check_data_usage", "recover_usage_records",
)  # fmt: skip
_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "answers": ("confirm", "decline", "acknowledge", "dont_know", "choose", "refer", "inform"),
        "questions": ("ask", "ask_why", "ask_how", "rephrase", "repeat", "object"),
        "steering": (
            "correct", "switch_order", "cancel", "undo", "pause", "resume", "back", "start_over", "person",
            "no_person", "emergency",
        ),
    }
)  # fmt: skip


@dataclass(frozen=True)
class ReadingWords:
    """The words for the pages of one language."""

    language: Language

    def situation(self, situation: str, asked: str | None = None) -> str:
        """What the assistant had asked or told last, and about what; names without words stay as they are."""
        words = translate(self.language, f"reading.situation_{situation}") if situation in SITUATIONS else situation
        about = self._subject(situation, asked) if asked else ""
        return f"{words}{'：' if self.language == 'zh' else ': '}{about}" if about else words

    def _subject(self, situation: str, asked: str) -> str:
        if situation == "step":
            return step_words(asked, self.language)
        known = load_playbooks()
        waits: Question | Finding | None = None
        if situation == "question":
            waits = known.questions.get(asked)
        elif situation == "finding":
            waits = known.findings.get(asked)
        if waits is not None:
            return _short(str(getattr(waits.text, self.language)))
        key = f"reading.subject_{asked}"
        return translate(self.language, key) if key in texts() else asked.replace("_", " ")

    def command(self, label: str) -> str:
        """What a command means; a label that names none stays as it is."""
        try:
            command = parse(label)
        except UnknownCommand:
            return label
        if command.name == "step":
            return translate(self.language, f"reading.outcome_{command.value}")
        if command.name == "observe":
            return translate(self.language, f"reading.fact_{command.value}")
        if command.name == "start":
            return translate(self.language, "reading.command_start", matter=self._matter(command.value))
        if command.name == "speak":
            key = f"reading.speak_{command.value}"
            spoken = translate(self.language, key) if key in texts() else command.value
            return translate(self.language, "reading.command_speak", language=spoken)
        return translate(self.language, f"reading.command_{command.name}")

    def commands(self, labels: Iterable[str]) -> str:
        """What several commands mean."""
        return "; ".join(map(self.command, labels)) if self.language == "en" else "；".join(map(self.command, labels))

    def _matter(self, name: str) -> str:
        if name == UNSPECIFIED_FAULT:
            return translate(self.language, "reading.fault_unspecified")
        return readable(name, self.language)

    def unit(self, name: str) -> str:
        """A question of a help article by the article's title; its name where it is gone."""
        found = unit(name, self.language)
        return f"{found.title} ({found.asked[0]})" if found is not None else name


def step_words(key: str, language: Language) -> str:
    """What a traveller is asked to do in a step, by its id or by what travellers call having done it."""
    known = load_playbooks().steps
    step = known.get(key) or next((each for each in known.values() if each.tried_key == key), None)
    return _short(str(getattr(step.text, language))) if step is not None else key.replace("_", " ")


def _short(text: str) -> str:
    """The first sentence of a text, without its blanks."""
    text = _BLANK.sub(" …", text)
    first = _FIRST_SENTENCE.match(text)
    found = (first[0] if first else text).replace("….", "…").replace("…。", "…")
    return found if len(found) <= _LONGEST else found[:_LONGEST] + "…"


def teachable(label: str) -> bool:
    """Whether a label names a command that an example can have."""
    try:
        command = parse(label)
    except UnknownCommand:
        return False
    return command.name != "start" or command.value in (UNSPECIFIED_FAULT, *intents())


def command_groups() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The commands to choose from: the name of each group with the labels in it."""
    named = {name for names in _GROUPS.values() for name in names}
    yield "step", tuple(str(Command("step", value)) for value in OUTCOMES)
    yield "answers", _GROUPS["answers"]
    yield "observe", tuple(str(Command("observe", value)) for value in FACTS)
    yield "questions", _GROUPS["questions"]
    yield "steering", _GROUPS["steering"]
    yield "start", tuple(str(Command("start", value)) for value in _MATTERS)
    yield "rest", (*(name for name in SIMPLE if name not in named), "speak:en", "speak:zh")
