"""What tuning added to weights of the sentence encoder (scripts/finetune_encoder.py): 8 bits, with a scale per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from aftercare.training import encoder_source
from aftercare.training.encoder_source import SHA256, EncoderSourceError, Floats, Source

_SCALE = ".scale"


def write_delta(changes: Mapping[str, Floats], path: Path) -> None:
    """The changes by the names of the tensors, which have one dimension or two."""
    arrays = {"source": np.array(SHA256)}
    for name, change in changes.items():
        rows = np.atleast_2d(change)
        scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True), np.float32(1e-12)) / 127
        arrays[name] = np.round(rows / scale).astype(np.int8)
        arrays[name + _SCALE] = scale.astype(np.float32)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_delta(path: Path | None = None) -> dict[str, Floats]:
    """What `write_delta` wrote, ours without a path; a change of one dimension comes as one row.

    Raises:
        EncoderSourceError: it was made for other weights.
    """
    path = path or encoder_source.DELTA
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    if str(arrays.pop("source")) != SHA256:
        raise EncoderSourceError(f"{path} was made for other weights: run scripts/finetune_encoder.py again.")
    names = [name for name in arrays if not name.endswith(_SCALE)]
    return {name: arrays[name].astype(np.float32) * arrays[name + _SCALE] for name in names}


def with_delta(source: Source, path: Path | None = None) -> Source:
    """The weights with the changes added."""
    return replace(source, changes=read_delta(path))
