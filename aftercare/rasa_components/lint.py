"""Checks the training sentences: no duplicates, right language, exact annotations, known names.

Run as `python -m aftercare.rasa_components.lint [FOLDER]`; exit status 1 when something is wrong.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rasa.shared.nlu.training_data.entities_parser import find_entities_in_training_example, replace_entities

from aftercare.base.language import LANGUAGES, normalise, written
from aftercare.base.settings import DATA, ROOT
from aftercare.understanding.segmentation import segmenter

# Two sentences of different intents whose character pairs and triples overlap more than this are one sentence.
TOO_SIMILAR = 0.9


class Example(NamedTuple):
    """A training sentence: where it stands (`file:line`), its language folder, and its text without annotations."""

    where: str
    folder: str
    intent: str
    text: str
    entities: list[dict[str, Any]]


def lint(folder: Path, domain: Path = ROOT / "domain.yml") -> list[str]:
    """What is wrong with the sentences below `folder`, as `file:line: problem`; empty when all is well.

    Expects one sub-folder per language (`en`, `zh`) with the same file names. Names are checked when `domain` exists.
    """
    problems: list[str] = []
    examples: list[Example] = []
    for path in sorted(folder.rglob("*.yml")):
        try:
            examples += read_sentences(path, folder)
        except (yaml.YAMLError, ValueError) as error:
            problems.append(f"{path.relative_to(folder)}: cannot be read: {error}")
    problems += _same_files(folder)
    problems += _duplicates(examples)
    problems += _near_duplicates(examples)
    for example in examples:
        problems += _wrong_language(example)
        problems += _off_boundaries(example)
    if domain.exists():
        problems += _unknown_names(examples, domain)
    return problems


def read_sentences(path: Path, folder: Path) -> Iterator[Example]:
    """The sentences of a file of training data below `folder`.

    Raises:
        ValueError: it is not laid out as our files are.
    """
    file = path.relative_to(folder)
    document = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    content = _mapping(document)
    if "nlu" not in content or not isinstance(content["nlu"], yaml.SequenceNode):
        raise ValueError("expected a list under `nlu:`")
    for item in content["nlu"].value:
        entry = _mapping(item)
        if "intent" not in entry:
            continue  # synonyms, regexes and look-up tables hold no sentences
        block = entry.get("examples")
        if not isinstance(block, yaml.ScalarNode) or block.style != "|":
            raise ValueError(f"line {item.start_mark.line + 1}: expected `examples: |` with one `- sentence` per line")
        for number, line in enumerate(block.value.splitlines(), start=block.start_mark.line + 2):
            where = f"{file}:{number}"
            if not line.startswith("- ") or not line[2:].strip():
                raise ValueError(f"line {number}: expected `- sentence`")
            raw = line[2:].strip()
            yield Example(
                where,
                file.parts[0],
                str(entry["intent"].value),
                replace_entities(raw),
                find_entities_in_training_example(raw),
            )


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("expected `key: value` lines")
    return {str(key.value): value for key, value in node.value}


def _folded(text: str) -> str:
    """The form in which sentences count as equal: without case, punctuation, script; an emoji alone stays."""
    plain = normalise(text).casefold()
    return re.sub(r"[\W_]+", " ", plain).strip() or plain


def _same_files(folder: Path) -> list[str]:
    names = {lang: {p.name for p in (folder / lang).glob("*.yml")} for lang in LANGUAGES if (folder / lang).is_dir()}
    everything = set().union(*names.values())
    return [
        f"{lang}/{name}: missing, another language has it"
        for lang in names
        for name in sorted(everything - names[lang])
    ]


def _duplicates(examples: list[Example]) -> list[str]:
    first: dict[str, Example] = {}
    problems = []
    for example in examples:
        earlier = first.setdefault(_folded(example.text), example)
        if earlier is not example:
            problems.append(
                f"{example.where}: “{example.text}” ({example.intent}) is already at {earlier.where} ({earlier.intent})"
            )
    return problems


def _near_duplicates(examples: list[Example]) -> list[str]:
    texts = [f" {_folded(example.text)} " for example in examples]
    grams = [{text[at : at + size] for size in (2, 3) for at in range(len(text) - size + 1)} for text in texts]
    by_rarity = {gram: rank for rank, (gram, _) in enumerate(Counter(chain.from_iterable(grams)).most_common()[::-1])}
    earlier: defaultdict[int, list[int]] = defaultdict(list)
    problems = []
    for at, (example, own) in enumerate(zip(examples, grams, strict=True)):
        # Sets that share so much share one of the rarest of each too: few pairs are left of hundreds of millions.
        rarest = sorted(map(by_rarity.__getitem__, own))[: len(own) - int(TOO_SIMILAR * len(own))]
        for twin in sorted({each for rank in rarest for each in earlier[rank]}):
            other = examples[twin]
            if other.intent == example.intent or texts[twin] == texts[at]:
                continue
            shared = len(own & grams[twin])
            if shared > TOO_SIMILAR * (len(own) + len(grams[twin]) - shared):
                first = f"“{other.text}” ({other.intent}) at {other.where}"
                problems.append(f"{example.where}: “{example.text}” ({example.intent}) is nearly {first}")
        for rank in rarest:
            earlier[rank].append(at)
    return problems


def _wrong_language(example: Example) -> list[str]:
    found = written(example.text).language
    if example.folder not in LANGUAGES or found in (None, example.folder):
        return []
    return [f"{example.where}: “{example.text}” is written in {found}, the folder is {example.folder}"]


def _off_boundaries(example: Example) -> list[str]:
    if not example.entities:
        return []
    words = segmenter().words(example.text)
    starts, ends = {word.start for word in words}, {word.end for word in words}
    return [
        f"{example.where}: “{example.text[e['start'] : e['end']]}” ({e['entity']}) does not start and end with a word"
        for e in example.entities
        if e["start"] not in starts or e["end"] not in ends
    ]


def _unknown_names(examples: list[Example], domain: Path) -> list[str]:
    content = yaml.safe_load(domain.read_text(encoding="utf-8")) or {}
    intents, entities = _names(content.get("intents")), _names(content.get("entities"))
    problems = []
    for example in examples:
        if example.intent not in intents:
            problems.append(f"{example.where}: intent {example.intent} is not in {domain.name}")
        problems += [
            f"{example.where}: entity {entity['entity']} is not in {domain.name}"
            for entity in example.entities
            if entity["entity"] not in entities
        ]
    return problems


def _names(entries: list[Any] | None) -> set[str]:
    return {name for entry in entries or [] for name in (entry if isinstance(entry, dict) else [entry])}


if __name__ == "__main__":
    found = lint(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "nlu")
    print("\n".join(found) or "The training sentences are fine.")
    sys.exit(1 if found else 0)
