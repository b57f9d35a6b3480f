"""Turns what staff accepted into training sentences: the content of data/nlu/*/reviewed.yml, and a patch for git."""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aftercare.base.language import LANGUAGES, normalise
from aftercare.base.settings import DATA, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.staff.ui.masking import Span

NLU = DATA / "nlu"
_HEADER = """# Sentences of travellers that staff reviewed at the desk; personal data is masked. Written by the desk.
version: "3.1"

"""
_ANNOTATED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")
_LINT_SECONDS = 120.0


@dataclass(frozen=True)
class TrainingExample:
    """A reviewed sentence: masked text, its language folder, intent and entities."""

    id: int
    language: str
    text: str
    intent: str
    spans: tuple[Span, ...] = ()

    @property
    def line(self) -> str:
        """The sentence as Rasa's training data writes it: `my order [NZ10000001](order_number)`."""
        parts, at = [], 0
        for span in sorted(self.spans, key=lambda each: each.start):
            if at <= span.start < span.end <= len(self.text):
                parts += [
                    _plain(self.text[at : span.start]),
                    f"[{_plain(self.text[span.start : span.end])}]({span.entity})",
                ]
                at = span.end
        return "".join((*parts, _plain(self.text[at:]))).strip()


@dataclass(frozen=True)
class ExampleConflict:
    """A reviewed sentence that stands in the training data under another intent."""

    example: TrainingExample
    where: str
    intent: str


@dataclass(frozen=True)
class Draft:
    """What the reviewed files would become, by language, and what cannot go in."""

    texts: dict[str, str]
    added: tuple[TrainingExample, ...]
    known: tuple[TrainingExample, ...]  # stand in the training data already, with the same intent
    conflicts: tuple[ExampleConflict, ...]


def _plain(text: str) -> str:
    """Without the characters that mean an annotation."""
    return text.translate(str.maketrans("[]{}", "()()"))


def folded(text: str) -> str:
    """The form in which two sentences count as the same."""
    plain = normalise(text).casefold()
    return re.sub(r"[\W_]+", " ", plain).strip() or plain


@dataclass(frozen=True)
class Fault:
    """What the lint says of a sentence: `key` of the words for it, and what goes into them."""

    key: str
    values: Mapping[str, str]


# The lint's words (aftercare.rasa_components.lint) for what somebody at the desk can put right.
_FAULTS = {
    "double": re.compile(r".+?: “(?P<text>.+)” \((?P<wanted>\w+)\) is already at (?P<where>\S+) \((?P<intent>\w+)\)"),
    "nearly": re.compile(
        r".+?: “(?P<one>.+)” \((?P<wanted>\w+)\) is nearly “(?P<other>.+)” \((?P<intent>\w+)\) at (?P<where>\S+)"
    ),
    "language": re.compile(r".+?: “(?P<text>.+)” is written in (?P<written>\w+), the folder is (?P<folder>\w+)"),
    "boundary": re.compile(r".+?: “(?P<part>.+)” \((?P<entity>\w+)\) does not start and end with a word"),
}


def fault(line: str) -> Fault:
    """A line of the lint in words for the annotator; as it is where there are no others."""
    for key, pattern in _FAULTS.items():
        if found := pattern.fullmatch(line):
            return Fault(key, found.groupdict())
    return Fault("other", {"line": line})


def conflict_of(sentence: TrainingExample, nlu: Path = NLU) -> ExampleConflict | None:
    """Whether a sentence stands in the training data under another intent."""
    earlier = _known(nlu).get(folded(sentence.text))
    return ExampleConflict(sentence, *earlier) if earlier is not None and earlier[1] != sentence.intent else None


def reviewed_path(language: str, nlu: Path = NLU) -> Path:
    """The file of a language."""
    return nlu / language / "reviewed.yml"


def draft(sentences: Iterable[TrainingExample], nlu: Path = NLU) -> Draft:
    """The reviewed files with `sentences` added to what they hold."""
    known = _known(nlu)
    content: dict[str, dict[str, list[str]]] = {each: _content(reviewed_path(each, nlu)) for each in LANGUAGES}
    added: list[TrainingExample] = []
    already: list[TrainingExample] = []
    conflicts: list[ExampleConflict] = []
    for sentence in sentences:
        earlier = known.get(folded(sentence.text))
        if earlier is None:
            known[folded(sentence.text)] = (f"{sentence.language}/reviewed.yml", sentence.intent)
            content[sentence.language].setdefault(sentence.intent, []).append(sentence.line)
            added.append(sentence)
        elif earlier[1] == sentence.intent:
            already.append(sentence)
        else:
            conflicts.append(ExampleConflict(sentence, *earlier))
    texts = {language: _file(lines) for language, lines in content.items()}
    return Draft(texts, tuple(added), tuple(already), tuple(conflicts))


def patch(texts: Mapping[str, str], nlu: Path = NLU) -> str:
    """The change from the files as they are, for `git apply`; empty when there is none."""
    return "".join(
        file_patch(f"data/nlu/{language}/reviewed.yml", reviewed_path(language, nlu), new)
        for language, new in sorted(texts.items())
    )


def file_patch(name: str, path: Path, new: str) -> str:
    """The change of one file from what it is to `new`, for `git apply`; `name` is its path in the repository."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    before = f"a/{name}" if path.exists() else "/dev/null"
    lines = list(difflib.unified_diff(old.splitlines(True), new.splitlines(True), before, f"b/{name}"))
    created = "" if path.exists() else "new file mode 100644\n"
    return f"diff --git a/{name} b/{name}\n{created}" + "".join(lines) if lines else ""


def writable(nlu: Path = NLU) -> bool:
    """Whether the files can be written here; in production the data folder may be read-only."""
    return all(os.access(nlu / language, os.W_OK) for language in LANGUAGES)


def write(texts: Mapping[str, str], nlu: Path = NLU) -> None:
    """Replace the files, each at once."""
    for language, text in texts.items():
        path = reviewed_path(language, nlu)
        waiting = path.with_suffix(".new")
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(path)


async def lint(texts: Mapping[str, str], nlu: Path = NLU) -> list[str]:
    """What `aftercare.rasa_components.lint` finds wrong with the new files; it runs in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="aftercare-lint-") as folder:
        copy = await asyncio.to_thread(shutil.copytree, nlu, Path(folder) / "nlu")
        await asyncio.to_thread(write, texts, copy)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "aftercare.rasa_components.lint", str(copy),
            cwd=ROOT, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(), _LINT_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            return ["the check did not end in time; please try again"]
    return [] if process.returncode == 0 else out.decode(errors="replace").splitlines()


def _content(path: Path) -> dict[str, list[str]]:
    if not path.exists():
        return {}
    entries = (read_yaml(path) or {}).get("nlu") or []
    return {entry["intent"]: [line[2:] for line in entry["examples"].splitlines() if line] for entry in entries}


def _file(content: Mapping[str, Sequence[str]]) -> str:
    if not any(content.values()):
        return _HEADER + "nlu: []\n"
    lines = ["nlu:"]
    for intent in sorted(name for name, examples in content.items() if examples):
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {line}" for line in content[intent])]
    return _HEADER + "\n".join(lines) + "\n"


def _known(nlu: Path) -> dict[str, tuple[str, str]]:
    """File and intent of each training sentence, by its folded text."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(nlu.rglob("*.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("- intent:"):
                intent = line.partition(":")[2].strip()
            elif line.startswith("    - "):
                text = _ANNOTATED.sub(r"\1", line[6:])
                found.setdefault(folded(text), (str(path.relative_to(nlu)), intent))
    return found
