"""The file of the encoder's weights is read as it was written, and another file is refused in words."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from aftercare.training import encoder_source
from aftercare.training.encoder_source import EncoderSourceError, find_source, parse, read_source
from tests.support.encoder_source import CHARACTERS, FEED, HIDDEN, PIECES, four_bit, tensors
from tests.support.encoder_source import encoder_source as written


def test_sizes_pieces_and_characters_are_read() -> None:
    source = parse(written())
    sizes = source.sizes
    assert (sizes.hidden, sizes.layers, sizes.heads, sizes.feed) == (HIDDEN, 2, 4, FEED)
    assert (sizes.words, sizes.positions, sizes.types) == (len(PIECES), 16, 2)
    assert sizes.epsilon == pytest.approx(1e-12)
    assert source.pieces == tuple(PIECES)
    assert source.scores.tolist() == list(PIECES.values())
    assert (source.bos, source.pad, source.eos, source.unk) == (0, 1, 2, 3)
    assert source.characters == CHARACTERS


def test_numbers_are_read_as_they_are_and_four_bits_by_block() -> None:
    weights = np.array([[*range(-8, 8), *[7, -8] * 8], [3] * 32], np.int8)
    plain = np.array([1.5, -2.25], "<f4")
    content = {"plain": (0, 2, plain.tobytes()), "packed": (1, 64, four_bit(weights, np.array([0.5, 2], np.float16)))}
    source = parse(written(content))
    assert source.tensor("plain", 2).tolist() == [1.5, -2.25]
    assert source.tensor("packed", 2, 32).tolist() == [(weights[0] * 0.5).tolist(), [6.0] * 32]
    assert source.tensor("packed", 1, 64).tolist() == [[*(weights[0] * 0.5).tolist(), *[6.0] * 32]]
    assert source.tensor("packed", 2, 32, rows=[1]).tolist() == [[6.0] * 32]


def test_every_matrix_of_the_network_has_its_shape() -> None:
    source = parse(written())
    assert source.tensor("l1.fi.w", FEED, HIDDEN).shape == (FEED, HIDDEN)
    assert source.tensor("emb.word", len(PIECES), HIDDEN).dtype == np.float32


@pytest.mark.parametrize(("name", "shape"), [("l9.q.w", (HIDDEN, HIDDEN)), ("l0.q.w", (HIDDEN, FEED))])
def test_a_tensor_that_is_not_there_is_named(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(EncoderSourceError, match=f"no tensor {name}"):
        parse(written()).tensor(name, *shape)


@pytest.mark.parametrize("raw", [b"", b"E5S1", b"PK\3\4" + written()[4:], written()[:400], written(tensors())[:-1]])
def test_what_is_no_such_file_is_refused(raw: bytes) -> None:
    with pytest.raises(EncoderSourceError, match="cannot be read"):
        parse(raw)


def test_only_the_file_with_the_hash_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(written())
    assert read_source(path, hashlib.sha256(written()).hexdigest()).pieces == tuple(PIECES)
    with pytest.raises(EncoderSourceError, match=r"weights\.bin is not the file .* ENCODER=off"):
        read_source(path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_source, "PACKAGE", "no-such-package")
    with pytest.raises(EncoderSourceError, match=r"no-such-package is not installed.*ENCODER=off"):
        find_source()


def test_a_package_without_the_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_source, "PACKAGE", "pytest")
    with pytest.raises(EncoderSourceError, match="pytest is not installed"):
        find_source()
