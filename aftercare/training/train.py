"""Trains the Rasa model when what it is made of has changed, and only then."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from aftercare.base.settings import DATA, MODELS, ROOT, TRAINED_PARTS, settings
from aftercare.training.inputs import DIALOGUE, fingerprint, write_sentences
from aftercare.training.model_in_use import current_model, is_current, use

KEEP = 3


class TrainingError(Exception):
    """Training failed; the message ends with what Rasa said."""


def environment() -> dict[str, str]:
    """The environment for every Rasa process: quiet libraries, URLs for endpoints.yml."""
    return {
        **os.environ,
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "ACTIONS_URL": settings().actions_url,
        "RASA_MAX_CACHE_SIZE": "0",
    }


def training_environment() -> dict[str, str]:
    """The environment for training: parts whose data and code have not changed are kept.

    Products of small matrices are no faster on two threads, which would wait for each other beside a second process.
    """
    return {**environment(), TRAINED_PARTS: str(MODELS / "parts"), "OPENBLAS_NUM_THREADS": "1"}


_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PROGRESS = re.compile(r"[\d?]it/s")
# Rasa's advice for pipelines that learn entities; ours finds them by the catalogue and learns none.
_NOT_OURS = re.compile(
    r".*UserWarning: (?:Entity entity '\w+' has only \d+ training examples"
    r"|You have defined training data consisting of entity examples).*(?:\n  More info at .*)?\n?"
)


def readable(output: str) -> str:
    """What a training said, without colours, progress bars and advice that does not apply here."""
    plain = _NOT_OURS.sub("", _COLOUR.sub("", output.replace("\r", "\n")))
    lines = [line.rstrip() for line in plain.splitlines() if not _PROGRESS.search(line)]
    return "\n".join(line for line in lines if line) + "\n"


def train_dialogue_beside(turns: Path = DATA / "turns") -> subprocess.Popen[bytes]:
    """Start to train what Rasa needs last, on another processor; should it fail, Rasa does it and says why."""
    arguments = [sys.executable, "-m", "aftercare.rasa_components.dialogue_training", str(turns)]
    return subprocess.Popen(  # noqa: S603
        arguments,
        cwd=ROOT,
        env=training_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def command(sentences: Path, out: Path, name: str, config: Path = Path("config.yml")) -> list[str]:
    """How Rasa is told to train `out/name.tar.gz` from one file of sentences."""
    arguments = [sys.executable, "-m", "rasa", "train", "--domain", "domain.yml", "--config", str(config)]
    arguments += ["--data", str(sentences), *DIALOGUE, "--out", str(out), "--fixed-model-name", name]
    # validated by `make lint`; augmented stories are for policies that learn from history, which ours do not
    return [*arguments, "--force", "--skip-validation", "--augmentation", "0"]


def train(log: Path | None = None, force: bool = False) -> Path:
    """Train if needed; the path of the model in use.

    Raises:
        TrainingError: Rasa could not train; nothing is replaced.
    """
    if is_current() and not force:
        model = current_model()
        assert model is not None
        return model
    made_of = fingerprint()
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    sentences = write_sentences(settings().var_dir / "training" / "nlu.yml")
    arguments = command(sentences, MODELS, name)
    beside = train_dialogue_beside()
    try:
        result = subprocess.run(  # noqa: S603
            arguments,
            cwd=ROOT,
            env=training_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    finally:
        beside.kill()
        beside.wait()
    output = readable(result.stdout)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(output)
    model = MODELS / f"{name}.tar.gz"
    if result.returncode or not model.is_file():
        raise TrainingError("Training failed.\n" + "\n".join(output.splitlines()[-25:]))
    use(model, made_of)
    for old in sorted(MODELS.glob("*.tar.gz"))[:-KEEP]:
        old.unlink()
    return model
