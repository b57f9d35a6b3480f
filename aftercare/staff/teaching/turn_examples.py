"""Turns what staff taught in context into training data: data/turns/*/taught_<situation>.yml, and a patch for git."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aftercare.base.language import LANGUAGES, normalise
from aftercare.base.settings import DATA
from aftercare.staff.teaching.examples import file_patch
from aftercare.staff.ui.names import intents
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import TurnExample, read_examples
from aftercare.understanding.reader.lint import turn_faults

TURNS = DATA / "turns"
_HEADER = "# Turns of travellers that staff reviewed at the desk; personal data is masked. Written by the desk.\n"
_PLAIN = re.compile(r"[a-z][a-z0-9_]*")

# Of one file by the id that was asked: the messages with their commands, as the file writes them.
_ByQuestion = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class TaughtTurn:
    """A reviewed message in its situation: masked text, its language folder, and the labels of its commands."""

    id: int
    language: str
    situation: str
    asked: str
    text: str
    commands: tuple[str, ...]

    @property
    def key(self) -> tuple[Context, str]:
        """By which two examples are the same to the lint."""
        return Context(self.situation, self.asked), _folded(self.text)

    @property
    def file(self) -> str:
        """Where it goes, below data/turns."""
        return f"{self.language}/taught_{self.situation}.yml"


@dataclass(frozen=True)
class TurnConflict:
    """A reviewed turn that stands in data/turns with other commands."""

    turn: TaughtTurn
    where: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class TurnDraft:
    """What the files below data/turns would become, by name, where they change, and what cannot go in."""

    texts: dict[str, str]
    added: tuple[TaughtTurn, ...] = ()
    known: tuple[TaughtTurn, ...] = ()  # stand there already, with the same commands
    conflicts: tuple[TurnConflict, ...] = ()


def conflict_of(turn: TaughtTurn, folder: Path = TURNS) -> TurnConflict | None:
    """Whether a message stands in the same situation with other commands; those kept for measuring count as well."""
    earlier = _known(read_examples(folder)).get(turn.key)
    return None if earlier is None else _conflict(turn, earlier, folder)


def draft(turns: Iterable[TaughtTurn], folder: Path = TURNS) -> TurnDraft:
    """The files with `turns` added to what they hold.

    Raises:
        TurnsError: a file of data/turns is malformed.
    """
    examples = read_examples(folder)
    known = _known(examples)
    content = _content(examples, folder)
    changed: set[str] = set()
    added: list[TaughtTurn] = []
    already: list[TaughtTurn] = []
    conflicts: list[TurnConflict] = []
    for turn in turns:
        earlier = known.get(turn.key)
        if earlier is None:
            context, _ = turn.key
            place = str(folder / turn.file)
            known[turn.key] = TurnExample(turn.language, context, turn.text, turn.commands, False, place)
            line = (turn.text, ", ".join(turn.commands))
            content.setdefault(turn.file, {}).setdefault(turn.asked, []).append(line)
            changed.add(turn.file)
            added.append(turn)
        elif (conflict := _conflict(turn, earlier, folder)) is None:
            already.append(turn)
        else:
            conflicts.append(conflict)
    texts = {name: _file(name, content[name]) for name in sorted(changed)}
    return TurnDraft(texts, tuple(added), tuple(already), tuple(conflicts))


def patch(texts: Mapping[str, str], folder: Path = TURNS) -> str:
    """The change from the files as they are, for `git apply`; empty when there is none."""
    return "".join(file_patch(f"data/turns/{name}", folder / name, new) for name, new in sorted(texts.items()))


def writable(folder: Path = TURNS) -> bool:
    """Whether the files can be written here; in production the data folder may be read-only."""
    return all(os.access(folder / language, os.W_OK) for language in LANGUAGES)


def write(texts: Mapping[str, str], folder: Path = TURNS) -> None:
    """Replace the files, each at once."""
    for name, text in texts.items():
        path = folder / name
        waiting = path.with_suffix(".new")
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(path)


def lint(texts: Mapping[str, str], folder: Path = TURNS) -> list[str]:
    """What is wrong with data/turns once the files are there."""
    with tempfile.TemporaryDirectory(prefix="aftercare-lint-") as place:
        copy = Path(shutil.copytree(folder, Path(place) / "turns"))
        write(texts, copy)
        return [fault.replace(f"{copy}{os.sep}", "") for fault in turn_faults(copy, set(intents()))]


def _folded(text: str) -> str:
    return normalise(text).casefold()


def _known(examples: Iterable[TurnExample]) -> dict[tuple[Context, str], TurnExample]:
    found: dict[tuple[Context, str], TurnExample] = {}
    for example in examples:
        found.setdefault((example.context, _folded(example.text)), example)
    return found


def _conflict(turn: TaughtTurn, earlier: TurnExample, folder: Path) -> TurnConflict | None:
    if set(earlier.labels) == set(turn.commands):
        return None
    return TurnConflict(turn, earlier.place.removeprefix(f"{folder}{os.sep}"), earlier.labels)


def _content(examples: Iterable[TurnExample], folder: Path) -> dict[str, _ByQuestion]:
    """What the desk has written so far, by file."""
    found: dict[str, _ByQuestion] = {}
    for example in examples:
        path = Path(example.place.rpartition(":")[0])
        if path.name.startswith("taught_"):
            name = path.relative_to(folder).as_posix()
            line = (example.text, ", ".join(example.labels))
            found.setdefault(name, {}).setdefault(example.context.asked, []).append(line)
    return found


def _file(name: str, by_question: _ByQuestion) -> str:
    lines = [f"situation: {Path(name).stem.removeprefix('taught_')}", "turns:"]
    for asked, messages in by_question.items():
        lines += (
            [f"- asked: {asked if _PLAIN.fullmatch(asked) else _quoted(asked)}", "  said:"] if asked else ["- said:"]
        )
        lines += [f"  - [{_quoted(text)}, {_quoted(commands)}]" for text, commands in messages]
    return _HEADER + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text between double quotes, as YAML reads it."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in written)
