"""A damaged model is noticed before it is served, and the last good one is served instead."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from aftercare.training import model_in_use


@pytest.fixture(scope="module")
def made_of() -> str:
    """Of what lies here; it is not made again for every state."""
    return model_in_use.fingerprint()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_of: str) -> Path:
    monkeypatch.setattr(model_in_use, "MODELS", tmp_path)
    monkeypatch.setattr(model_in_use, "STATE", tmp_path / "trained.json")
    content = tmp_path / "content"
    content.write_bytes(os.urandom(100_000))
    for age, name in enumerate(("newest", "older", "oldest")):
        with tarfile.open(tmp_path / f"{name}.tar.gz", "w:gz") as archive:
            archive.add(content, "content")
        os.utime(tmp_path / f"{name}.tar.gz", (1_000_000 - age, 1_000_000 - age))
    model_in_use.use(tmp_path / "newest.tar.gz", made_of)
    return tmp_path


def damage(model: Path, keep: float) -> None:
    """Leave only the first part of a file."""
    os.truncate(model, int(model.stat().st_size * keep))


@pytest.mark.parametrize("keep", [0, 0.5, 0.999])
def test_instead_of_a_truncated_model_the_last_good_one_is_served(models: Path, keep: float) -> None:
    assert model_in_use.usable_model() == models / "newest.tar.gz"
    damage(models / "newest.tar.gz", keep)
    assert model_in_use.usable_model() == models / "older.tar.gz"
    damage(models / "older.tar.gz", 0.5)
    assert model_in_use.usable_model() == models / "oldest.tar.gz"
    damage(models / "oldest.tar.gz", 0.5)
    assert model_in_use.usable_model() is None


@pytest.mark.parametrize("state", ["", "{", '{"model": "newe', "[]", "null", '{"model": 7}', '{"fingerprint": "x"}'])
def test_a_half_written_state_means_that_a_model_is_trained(models: Path, state: str) -> None:
    (models / "trained.json").write_text(state)
    assert model_in_use.current_model() is None
    assert not model_in_use.is_current()
