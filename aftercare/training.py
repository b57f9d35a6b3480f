"""Trains the Rasa model when what it is made of has changed, and only then."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

from aftercare.settings import MODELS, ROOT, settings

# Catalogue and playbooks are read when the model loads or the actions run, so editing them needs no training.
SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/jieba",
    "aftercare/assistant",
    "aftercare/language.py",
    "aftercare/identifiers.py",
    "uv.lock",
)
DIALOGUE = ("data/rules", "data/stories")
TRAINING_DATA = ("data/nlu", *DIALOGUE)
STATE = MODELS / "trained.json"
# Models made at the desk; each stays until the desk removes it.
CANDIDATES = MODELS / "candidates"
KEEP = 3


class TrainingError(Exception):
    """Training failed; the message ends with what Rasa said."""


def environment() -> dict[str, str]:
    """The environment for every Rasa process: quiet libraries, URLs for endpoints.yml."""
    return {
        **os.environ,
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "ACTIONS_URL": settings().actions_url,
        "RASA_MAX_CACHE_SIZE": "0",
    }


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


def current_model() -> Path | None:
    """The model in use, if it is on disk."""
    try:
        model = MODELS / json.loads(STATE.read_text())["model"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return model if model.is_file() else None


def is_current() -> bool:
    """Whether the model in use was made of what lies here now, or chosen for it."""
    if current_model() is None:
        return False
    state = json.loads(STATE.read_text())
    return fingerprint() in (state.get("fingerprint"), *state.get("also", ()))


def use(model: Path, *fits: str) -> None:
    """Make `model` the one in use, until the data changes to something whose fingerprint is not among `fits`."""
    state = {"model": str(model.relative_to(MODELS)), "fingerprint": fits[0], "also": list(fits[1:])}
    waiting = STATE.with_suffix(".new")
    waiting.write_text(json.dumps(state))
    waiting.replace(STATE)


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


def command(sentences: Path, out: Path, name: str) -> list[str]:
    """How Rasa is told to train `out/name.tar.gz` from one file of sentences."""
    told = [sys.executable, "-m", "rasa", "train", "--domain", "domain.yml", "--config", "config.yml"]
    told += ["--data", str(sentences), *DIALOGUE, "--out", str(out), "--fixed-model-name", name]
    # validated by `make lint`; augmented stories are for policies that learn from history, which ours do not
    return [*told, "--force", "--skip-validation", "--augmentation", "0"]


def train(log: Path | None = None, force: bool = False) -> Path:
    """Train if needed; the path of the model in use.

    Raises:
        TrainingError: Rasa could not train; nothing is replaced.
    """
    if is_current() and not force:
        model = current_model()
        assert model is not None
        return model
    print_of = fingerprint()
    name = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    sentences = write_sentences(settings().var_dir / "training" / "nlu.yml")
    told = command(sentences, MODELS, name)
    result = subprocess.run(  # noqa: S603
        told, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(result.stdout)
    model = MODELS / f"{name}.tar.gz"
    if result.returncode or not model.is_file():
        raise TrainingError("Training failed.\n" + "\n".join(result.stdout.splitlines()[-25:]))
    use(model, print_of)
    for old in sorted(MODELS.glob("*.tar.gz"))[:-KEEP]:
        old.unlink()
    return model
