"""Which model answers: the file, the fingerprint of what it was made of, and the candidates beside it."""

from __future__ import annotations

import json
from pathlib import Path

from aftercare.base.settings import MODELS
from aftercare.training.inputs import fingerprint

STATE = MODELS / "trained.json"
# Models made at the desk; each stays until the desk removes it.
CANDIDATES = MODELS / "candidates"


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
