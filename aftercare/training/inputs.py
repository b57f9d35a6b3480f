"""What a model is made of: the files, their fingerprint, and the training sentences in one file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from aftercare.base.settings import ROOT
from aftercare.base.source_files import files_behind
from aftercare.understanding.encoder import identity

# Read whole. Playbooks and what the catalogue says besides names are read when the actions run.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/jieba",
    "data/turns",
    "data/articles/en",
    "data/articles/zh",
    "aftercare/training/inputs.py",
    "aftercare/training/train.py",
    "uv.lock",
)
DIALOGUE = ("data/rules", "data/stories")
TRAINING_DATA = ("data/nlu", *DIALOGUE)
# Names by which words are cut and entities masked in training: what else the catalogue says changes no model.
CATALOGUE_NAMES = MappingProxyType(
    {
        "destinations": ("country", "name_en", "name_zh", "aliases"),
        "devices": ("id", "brand", "model", "aliases"),
        "error_messages": ("key", "aliases"),
        "operators": ("name", "aliases"),
        "plans": ("id", "name_en", "name_zh"),
        "regions": ("name", "name_zh", "aliases"),
    }
)
_COMPONENT = re.compile(r"aftercare(?:\.\w+)+")


def fingerprint(instead: Mapping[Path, str] = MappingProxyType({})) -> str:
    """SHA-256 over everything a model is made of; `instead` has other content for some of the files,
    and what is in new ones.

    In it are the training data, the code of the components that config.yml names with whatever of ours they import, and
    the locked libraries, and the sentence encoder. Of the catalogue only names count, of the responses only which there
    are: their texts are read when Rasa starts.
    """
    digest = hashlib.sha256()

    def content(path: Path) -> bytes:
        return instead[path].encode() if path in instead else path.read_bytes()

    for path in sorted({*_source_files(), *component_files(), *instead}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(content(path))
    for names in (catalogue_names(), response_names()):
        digest.update(json.dumps(names, ensure_ascii=False).encode())
    digest.update(identity().encode())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for source in SOURCES:
        path = ROOT / source
        if path.is_file():
            yield path
        else:
            yield from (p for p in path.rglob("*") if p.suffix in (".yml", ".txt") and p.is_file())


def component_files() -> set[Path]:
    """Our modules that run in training: those of the components in config.yml and all of ours that they import."""
    return files_behind(_COMPONENT.findall((ROOT / "config.yml").read_text(encoding="utf-8")))


def catalogue_names() -> dict[str, list[dict[str, Any]]]:
    """What training reads of the catalogue, in its order: of two equal names the first counts."""
    named = {}
    for section, fields in CATALOGUE_NAMES.items():
        entries = _yaml(ROOT / "data" / "catalogue" / f"{section}.yml").get(section) or []
        named[section] = [{field: entry[field] for field in fields if field in entry} for entry in entries]
    return named


def response_names() -> list[str]:
    """The names of all responses: a model can only say what its domain lists."""
    files = (ROOT / "data" / "responses").rglob("*.yml")
    return sorted({name for file in files for name in _yaml(file).get("responses") or ()})


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {} if path.is_file() else {}


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
