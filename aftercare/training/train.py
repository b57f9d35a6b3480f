"""Trains the Rasa model when what it is made of has changed, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from aftercare.base.settings import MODELS, ROOT, settings
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
    result = subprocess.run(  # noqa: S603
        arguments, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(result.stdout)
    model = MODELS / f"{name}.tar.gz"
    if result.returncode or not model.is_file():
        raise TrainingError("Training failed.\n" + "\n".join(result.stdout.splitlines()[-25:]))
    use(model, made_of)
    for old in sorted(MODELS.glob("*.tar.gz"))[:-KEEP]:
        old.unlink()
    return model
