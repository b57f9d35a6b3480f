"""The prepared network computes what the weights say, from the pieces that are kept; it is prepared once."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from aftercare.training import encoder_file, encoder_source
from aftercare.training.encoder_delta import write_delta
from aftercare.training.encoder_file import is_kept, prepare, write
from aftercare.training.encoder_source import EncoderSourceError, Floats, Source, is_prepared, parse
from aftercare.understanding.encoder import Encoder
from tests.support.encoder_source import HIDDEN, PIECES
from tests.support.encoder_source import encoder_source as written

SOURCE = parse(written())
FILES = ["encoder.json", "model.onnx", "pieces.npz", "tokenizer.json"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(SOURCE, tmp_path)
    return tmp_path


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for an encoder, which `prepare` makes of the small file."""
    (tmp_path / "weights.bin").write_bytes(written())
    monkeypatch.setattr(encoder_file, "find_source", lambda: tmp_path / "weights.bin")
    monkeypatch.setattr(encoder_file, "read_source", lambda path: parse(path.read_bytes()))
    monkeypatch.setattr(encoder_source, "DELTA", tmp_path / "delta.npz")
    write_delta({"l1.fo.b": np.linspace(-1, 1, HIDDEN, dtype=np.float32)}, encoder_source.DELTA)
    return tmp_path / "models" / "encoder"


def computed(source: Source, pieces: list[str]) -> Floats:
    """The vector of a message by the textbook, in 64 bits."""
    sizes = source.sizes
    hidden, size = sizes.hidden, sizes.hidden // sizes.heads

    def linear(name: str, x: Floats, outgoing: int) -> Floats:
        weights = source.tensor(f"{name}.w", outgoing, x.shape[1]).astype(np.float64)
        return np.asarray(x @ weights.T + source.tensor(f"{name}.b", outgoing))

    def norm(name: str, x: Floats) -> Floats:
        spread = np.sqrt(x.var(axis=1, keepdims=True) + sizes.epsilon)
        scaled = (x - x.mean(axis=1, keepdims=True)) / spread
        return np.asarray(scaled * source.tensor(f"{name}.w", hidden) + source.tensor(f"{name}.b", hidden))

    ids = [source.pieces.index(piece) for piece in pieces]
    x = source.tensor("emb.word", sizes.words, hidden)[ids].astype(np.float64)
    x = x + source.tensor("emb.pos", sizes.positions, hidden)[: len(ids)]
    x = norm("emb.ln", x + source.tensor("emb.type", sizes.types, hidden)[0])
    for layer in range(sizes.layers):
        query, key, value = (
            linear(f"l{layer}.{part}", x, hidden).reshape(-1, sizes.heads, size).transpose(1, 0, 2) for part in "qkv"
        )
        shares = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(size))
        shares /= shares.sum(axis=-1, keepdims=True)
        seen = (shares @ value).transpose(1, 0, 2).reshape(-1, hidden)
        x = norm(f"l{layer}.aln", x + linear(f"l{layer}.ao", seen, hidden))
        fed = linear(f"l{layer}.fi", x, sizes.feed)
        fed = fed * (1 + np.vectorize(math.erf)(fed / math.sqrt(2))) / 2
        x = norm(f"l{layer}.oln", x + linear(f"l{layer}.fo", fed, hidden))
    vector = x.mean(axis=0)
    return np.asarray(vector / np.linalg.norm(vector))


@pytest.mark.parametrize("text", ["激活不了", "a", "激活a～", "不了 激 活 a"])
def test_the_network_computes_what_the_weights_say(folder: Path, text: str) -> None:
    encoder = Encoder.load(folder)
    (vector,) = encoder.encode([text])
    expected = computed(SOURCE, encoder.tokens(text))
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert float(vector @ expected) > 0.999


def test_a_text_is_cut_into_the_likeliest_pieces(folder: Path) -> None:
    encoder = Encoder.load(folder)
    start = ["<s>", "\u2581query", ":", "\u2581"]
    assert encoder.tokens("激活不了") == [*start, "激活", "不了", "</s>"]
    assert encoder.tokens("激不了") == [*start, "激", "不了", "</s>"]
    assert encoder.tokens("激\x07活\t：～") == [*start, "激活", "\u2581", ":", "～", "</s>"]
    assert encoder.tokens("a一a") == [*start, "a", "<unk>", "a", "</s>"]


def test_pieces_of_other_scripts_are_left_out(folder: Path) -> None:
    kept = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    assert sorted(kept, key=kept.__getitem__) == [p for p in PIECES if p not in ("привет", "する", "<mask>")]


@pytest.mark.parametrize("piece", ["\u2581activate", "激活", "々", "Whāngarei", "。", "１", "🙂", "～", "、「"])
def test_what_chinese_and_english_texts_hold_is_kept(piece: str) -> None:
    assert is_kept(piece)


@pytest.mark.parametrize("piece", ["<mask>", "привет", "café", "食べ", "の", "안녕", "सिम", "٣", "ا"])
def test_what_they_do_not_hold_is_not_kept(piece: str) -> None:
    assert not is_kept(piece)


def test_it_is_prepared_once_and_whole(small: Path) -> None:
    assert not is_prepared(small)
    assert prepare(small)
    assert sorted(path.name for path in small.iterdir()) == FILES
    assert [path.name for path in small.parent.iterdir()] == ["encoder"], "a working folder is left"
    assert is_prepared(small)
    before = (small / "model.onnx").stat().st_mtime_ns
    assert not prepare(small)
    assert (small / "model.onnx").stat().st_mtime_ns == before
    assert prepare(small, force=True)


def test_it_is_prepared_again_for_another_version(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(small)
    monkeypatch.setattr(encoder_source, "VERSION", encoder_source.VERSION + 1)
    assert not is_prepared(small)
    assert prepare(small)
    assert json.loads((small / "encoder.json").read_text())["made_of"]["version"] == encoder_source.VERSION


def test_it_is_prepared_with_the_delta_and_again_for_another(small: Path) -> None:
    prepare(small)
    before = Encoder.load(small)
    (changed,), identity = before.encode(["激活"]), before.identity
    plain = computed(SOURCE, before.tokens("激活"))
    write_delta({"l1.fo.b": np.zeros(HIDDEN, np.float32)}, encoder_source.DELTA)
    assert not is_prepared(small)
    prepare(small)
    after = Encoder.load(small)
    assert after.identity != identity
    (unchanged,) = after.encode(["激活"])
    assert float(unchanged @ plain) > 0.999 > float(changed @ plain)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"made_of": null}'])
def test_a_damaged_record_counts_as_not_prepared(small: Path, content: str) -> None:
    small.mkdir(parents=True)
    (small / "encoder.json").write_text(content)
    assert not is_prepared(small)


def test_a_failure_leaves_the_old_one(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(small)
    before = (small / "model.onnx").read_bytes()

    def refuse(path: Path) -> Source:
        raise EncoderSourceError(f"{path} is another file")

    monkeypatch.setattr(encoder_file, "read_source", refuse)
    with pytest.raises(EncoderSourceError):
        prepare(small, force=True)
    assert (small / "model.onnx").read_bytes() == before
    assert [path.name for path in small.parent.iterdir()] == ["encoder"]
