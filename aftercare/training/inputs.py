"""What a model is made of: the files, their fingerprint, and the training sentences in one file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from aftercare.base.settings import ROOT

# Catalogue and playbooks are read when the model loads or the actions run, so editing them needs no training.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/responses",
    "data/rules",
    "data/stories",
    "data/jieba",
    "aftercare/rasa_components",
    "aftercare/understanding",
    "aftercare/base/responses.py",
    "aftercare/base/language.py",
    "aftercare/base/identifiers.py",
    "uv.lock",
)
DIALOGUE = ("data/rules", "data/stories")
TRAINING_DATA = ("data/nlu", *DIALOGUE)


def fingerprint(instead: Mapping[Path, str] = MappingProxyType({})) -> str:
    """SHA-256 over everything a model is made of; `instead` has other content for some of the files."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(instead[path].encode() if path in instead else path.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for source in SOURCES:
        path = ROOT / source
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py", ".txt") and p.is_file())


def write_sentences(path: Path, instead: Mapping[Path, str] = MappingProxyType({})) -> Path:
    """All of data/nlu in one file: Rasa merges files by comparing all sentences so far, half the training's time."""
    lines = ['version: "3.1"', "nlu:"]
    for source in sorted((ROOT / "data" / "nlu").rglob("*.yml")):
        content = instead[source] if source in instead else source.read_text(encoding="utf-8")
        _, _, examples = content.partition("\nnlu:")
        if examples.strip() != "[]":
            lines.append(examples.strip("\n"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
