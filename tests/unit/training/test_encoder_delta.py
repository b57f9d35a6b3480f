"""What tuning changed is added to the weights it was made for, and only to those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aftercare.training import encoder_delta
from aftercare.training.encoder_delta import read_delta, with_delta, write_delta
from aftercare.training.encoder_source import DELTA, EncoderSourceError, find_source, parse, read_source
from tests.support.encoder_source import FEED, HIDDEN
from tests.support.encoder_source import encoder_source as written


def test_changes_are_added_to_the_weights(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    changes = {
        "l1.fi.w": random.normal(0, 0.01, (FEED, HIDDEN)).astype(np.float32),
        "l1.fi.b": random.normal(0, 0.01, FEED).astype(np.float32),
    }
    write_delta(changes, tmp_path / "delta.npz")
    plain, changed = parse(written()), with_delta(parse(written()), tmp_path / "delta.npz")
    for name, change in changes.items():
        difference = changed.tensor(name, *change.shape) - plain.tensor(name, *change.shape)
        assert np.abs(difference - change).max() < np.abs(change).max() / 200
    assert np.array_equal(changed.tensor("l0.fi.b", FEED), plain.tensor("l0.fi.b", FEED))


def test_a_delta_of_other_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_delta({"l1.fi.b": np.ones(FEED, np.float32)}, tmp_path / "delta.npz")
    monkeypatch.setattr(encoder_delta, "SHA256", "0" * 64)
    with pytest.raises(EncoderSourceError, match="made for other weights"):
        read_delta(tmp_path / "delta.npz")


def test_ours_is_small_and_fits_the_weights() -> None:
    assert DELTA.stat().st_size < 4_000_000
    source = with_delta(read_source(find_source()))
    hidden, feed = source.sizes.hidden, source.sizes.feed
    matrices = {"q": hidden * hidden, "k": hidden * hidden, "v": hidden * hidden, "ao": hidden * hidden}
    matrices |= {"fi": feed * hidden, "fo": feed * hidden}
    assert source.changes
    for name, change in source.changes.items():
        layer, part, kind = name.split(".")
        count = change.size
        assert source.tensor(name, count).shape == (count,)
        assert 0 <= int(layer[1:]) < source.sizes.layers
        assert kind == "b" or part in ("aln", "oln") or count == matrices[part]
