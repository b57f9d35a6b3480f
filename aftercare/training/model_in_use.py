"""Which model answers: the file, the fingerprint of what it was made of, and the candidates beside it."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from aftercare.base.settings import MODELS
from aftercare.rasa_components.model_archive import is_kept
from aftercare.training.inputs import fingerprint

STATE = MODELS / "trained.json"
# Models made at the desk; each stays until the desk removes it.
CANDIDATES = MODELS / "candidates"


def current_model() -> Path | None:
    """The model in use, if it is on disk."""
    try:
        model = MODELS / json.loads(STATE.read_text())["model"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return model if model.is_file() else None


def is_intact(model: Path) -> bool:
    """Whether the file can be read to its end, which its checksums say: half a second for 50 MB."""
    try:
        with gzip.open(model) as file:
            begins = file.read(1)
            while file.read(2**20):
                pass
    except (OSError, EOFError, zlib.error):
        return False
    return begins != b""


def usable_model() -> Path | None:
    """The model in use or, where that is damaged, the latest one that is not; None without any."""
    current = current_model()
    if current is None or is_kept(current) or is_intact(current):
        return current
    others = sorted(MODELS.glob("*.tar.gz"), key=lambda each: each.stat().st_mtime, reverse=True)
    return next((each for each in others if each != current and is_intact(each)), None)


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
