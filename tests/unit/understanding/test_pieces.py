"""Our own cutting into pieces gives what the library gives with the same tokenizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from aftercare.training.encoder_file import write
from aftercare.training.encoder_source import parse
from aftercare.understanding.encoder import LONGEST_TOKENS, PIECES, Encoder, clean
from aftercare.understanding.pieces import Pieces
from tests.support.encoder_source import encoder_source

TEXTS = (
    "",
    "怎么退款",
    "no  signal in Whangārei",
    "ＮＺ１０００ ﬁne～ ① ½",
    "привет 안녕 ありがとう",
    "<s> </s> <pad> <unk> <mask>",
    "\u200b\ufeff\u2028a\x00\x07b",
    "x" * 3000,
    "我的流量用不了" * 400,
    "e" + "\u0301" * 900,
)


@pytest.fixture(scope="module")
def both(sentence_encoder: Encoder) -> tuple[Pieces, tokenizers.Tokenizer]:
    library = tokenizers.Tokenizer.from_file(str(sentence_encoder.folder / "tokenizer.json"))
    library.enable_truncation(LONGEST_TOKENS)
    return Pieces.load(sentence_encoder.folder / PIECES), library


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_pieces(both: tuple[Pieces, tokenizers.Tokenizer], text: str) -> None:
    ours, library = both
    cleaned = f"query: {clean(text)}"
    assert ours.ids(cleaned, LONGEST_TOKENS) == library.encode(cleaned).ids


@given(st.text(max_size=40))
def test_the_same_pieces_of_any_text(both: tuple[Pieces, tokenizers.Tokenizer], text: str) -> None:
    ours, library = both
    cleaned = f"query: {clean(text)}"
    assert ours.ids(cleaned, LONGEST_TOKENS) == library.encode(cleaned).ids


def test_of_a_small_file(tmp_path: Path) -> None:
    write(parse(encoder_source()), tmp_path)
    library = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    ours = Pieces.load(tmp_path / PIECES)
    for text in TEXTS[:6]:
        assert ours.ids(text, LONGEST_TOKENS) == library.encode(text).ids


def test_a_message_is_read_without_the_library(sentence_encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Encoder.load(sentence_encoder.folder)
    monkeypatch.setattr(Encoder, "_tokenizer", property(lambda self: pytest.fail("80 MB")))
    np.testing.assert_array_equal(fresh.encode(["no signal"]), sentence_encoder.encode(["no signal"]))
