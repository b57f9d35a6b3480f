"""A file like the one the sentence encoder is made of, with a small network of random weights."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

HIDDEN, LAYERS, HEADS, FEED, POSITIONS = 32, 2, 4, 64, 16
PIECES = {
    "<s>": 0.0,
    "<pad>": 0.0,
    "</s>": 0.0,
    "<unk>": 0.0,
    "\u2581": -3.0,
    "привет": -4.0,
    "\u2581query": -5.0,
    ":": -3.5,
    "激": -7.0,
    "活": -7.0,
    "激活": -8.0,
    "する": -6.0,
    "不了": -8.5,
    "～": -9.0,
    "ā": -9.5,
    "a": -6.5,
    "<mask>": 0.0,
}
CHARACTERS = {"\t": " ", "\x07": "", "\u3000": " ", "Ａ": "A", "：": ":", "…": "..."}


def four_bit(rows: npt.NDArray[np.int8], scales: npt.NDArray[np.float16]) -> bytes:
    """Blocks of 32 weights from -8 to 7, one row each, with the scale of each."""
    halves = (rows[:, :16] + 8).astype(np.uint8) | ((rows[:, 16:] + 8).astype(np.uint8) << 4)
    return b"".join(scale.tobytes() + half.tobytes() for scale, half in zip(scales, halves, strict=True))


def tensors(seed: int = 1) -> dict[str, tuple[int, int, bytes]]:
    """Name → (kind, count, content) of every tensor of the small network."""
    random = np.random.default_rng(seed)
    made: dict[str, tuple[int, int, bytes]] = {}

    def matrix(name: str, outgoing: int, incoming: int) -> None:
        blocks = outgoing * incoming // 32
        weights = random.integers(-8, 8, (blocks, 32)).astype(np.int8)
        content = four_bit(weights, random.uniform(0.01, 0.05, blocks).astype(np.float16))
        made[name] = (1, outgoing * incoming, content)

    def vector(name: str, count: int, around: float = 0.0) -> None:
        made[name] = (0, count, (around + random.normal(0, 0.1, count)).astype("<f4").tobytes())

    matrix("emb.word", len(PIECES), HIDDEN)
    vector("emb.pos", POSITIONS * HIDDEN)
    vector("emb.type", 2 * HIDDEN)
    norms = ["emb.ln", *(f"l{layer}.{norm}" for layer in range(LAYERS) for norm in ("aln", "oln"))]
    for norm in norms:
        vector(f"{norm}.w", HIDDEN, 1.0)
        vector(f"{norm}.b", HIDDEN)
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            matrix(f"l{layer}.{part}.w", HIDDEN, HIDDEN)
            vector(f"l{layer}.{part}.b", HIDDEN)
        matrix(f"l{layer}.fi.w", FEED, HIDDEN)
        vector(f"l{layer}.fi.b", FEED)
        matrix(f"l{layer}.fo.w", HIDDEN, FEED)
        vector(f"l{layer}.fo.b", HIDDEN)
    return made


def encoder_source(content: Mapping[str, tuple[int, int, bytes]] | None = None) -> bytes:
    """The whole file."""
    content = tensors() if content is None else content
    letters = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, letters)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, FEED, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, ends[-1]) + ends.tobytes()
    head += np.array([*PIECES.values()], "<f4").tobytes() + b"".join(letters)
    mapped = b"".join(
        struct.pack(f"<IB{len(instead)}I", ord(letter), len(instead), *map(ord, instead))
        for letter, instead in CHARACTERS.items()
    )
    head += struct.pack("<iI", len(CHARACTERS), len(mapped)) + mapped
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in content)
    directory = struct.pack("<i", len(content))
    for name, (kind, count, body) in content.items():
        directory += struct.pack(f"<H{len(name)}sBIQQ", len(name), name.encode(), kind, count, start, len(body))
        start += len(body)
    return head + directory + b"".join(body for _, _, body in content.values())
