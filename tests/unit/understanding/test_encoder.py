"""One meaning lies in one place, also across languages; any text gets a vector; a process may have no encoder."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from aftercare.base import settings as settings_module
from aftercare.base.settings import settings
from aftercare.understanding import encoder as module
from aftercare.understanding.encoder import LONGEST_TEXT, LONGEST_TOKENS, Encoder, EncoderError, clean, encoder

MATTERS = {
    "refund": ("我想退款", "I would like my money back"),
    "activation": ("eSIM 激活不了", "I can't activate my eSIM"),
    "signal": ("手机一直没有信号", "my phone has no signal at all"),
    "invoice": ("能给我开发票吗", "could you send me an invoice"),
    "usage": ("还剩多少流量", "how much data do I have left"),
    "person": ("我要找真人客服", "let me talk to a human agent"),
    "weather": ("明天皇后镇天气怎么样", "what will the weather be like in Queenstown tomorrow"),
}
ODD = {
    "empty": "",
    "spaces": " \t\n\u3000",
    "half a pair": "激活\ud83d不了",
    "emoji": "😭😭🙏🏽",
    "unknown letters": "привет 안녕 ありがとう",
    "control characters": "\x00\x07\x1b[31m",
    "marks of the model": "<s> </s> <pad> <unk> <mask>",
    "10,000 letters": "x" * 10_000,
    "10,000 characters": "我的流量用不了" * 1430,
    "10,000 spaces": "a" + " " * 10_000 + "b",
    "10,000 accents": "e" + "\u0301" * 10_000,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  没有\n信号\t ", "没有 信号"),
        ("激活\ud83d不了", "激活不了"),
        ("cafe\u0301", "caf\u00e9"),
        ("", ""),
        ("x" * 9000, "x" * LONGEST_TEXT),
    ],
)
def test_cleaning(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_both_languages_mean_the_same(sentence_encoder: Encoder) -> None:
    chinese, english = (sentence_encoder.encode(texts) for texts in zip(*MATTERS.values(), strict=True))
    for first, second in ((chinese, english), (english, chinese)):
        nearest = (first @ second.T).argmax(axis=1)
        assert nearest.tolist() == list(range(len(MATTERS)))


@pytest.mark.parametrize(
    ("text", "same", "other"),
    [
        ("激活不了", "无法激活", "怎么退款"),
        ("套餐什么时候到期", "我的流量包几号过期", "怎么联系人工客服"),
        ("I want a refund", "please give me my money back", "please send me the QR code again"),
        ("the internet is very slow", "my connection crawls", "can I share a hotspot"),
        ("不能用", "it doesn't work", "thank you"),
    ],
)
def test_the_same_in_other_words_is_nearer(sentence_encoder: Encoder, text: str, same: str, other: str) -> None:
    vector, near, far = sentence_encoder.encode([text, same, other])
    assert vector @ near > vector @ far + 0.02


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_any_text_gets_a_vector_soon(sentence_encoder: Encoder, text: str) -> None:
    began = time.monotonic()
    (vector,) = sentence_encoder.encode([text])
    assert time.monotonic() - began < 5
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert len(sentence_encoder.tokens(text)) <= LONGEST_TOKENS


def test_pieces(sentence_encoder: Encoder) -> None:
    start = ["<s>", "\u2581que", "ry", ":"]
    assert sentence_encoder.tokens("怎么退款") == [*start, "\u2581", "怎么", "退", "款", "</s>"]
    assert sentence_encoder.tokens("no  signal") == [*start, "\u2581no", "\u2581signal", "</s>"]
    assert sentence_encoder.tokens("ＮＺ１") == sentence_encoder.tokens("NZ1")
    assert "～" in sentence_encoder.tokens("你好～")
    assert "<unk>" not in sentence_encoder.tokens("Māori: Whangārei, Kāpiti 訂單編號 @#%……—「」🙂")


def test_company_threads_and_repetition_change_nothing(sentence_encoder: Encoder) -> None:
    texts = [text for pair in MATTERS.values() for text in pair]
    together = sentence_encoder.encode(texts)
    fresh = Encoder.load(sentence_encoder.folder)
    assert np.array_equal(fresh.encode(texts, workers=4), together)
    assert np.array_equal(np.concatenate([fresh.encode([text]) for text in reversed(texts)])[::-1], together)
    assert sentence_encoder.encode([]).shape == (0, 384)


def test_what_is_returned_may_be_written_to(sentence_encoder: Encoder) -> None:
    vectors = sentence_encoder.encode(["no signal"])
    vectors[:] = 0
    assert np.linalg.norm(sentence_encoder.encode(["no signal"])) == pytest.approx(1, abs=1e-5)


def test_a_text_is_computed_once(sentence_encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    compute = Encoder._compute

    def counted(self: Encoder, text: str) -> module.Floats:
        computed.append(text)
        return compute(self, text)

    monkeypatch.setattr(Encoder, "_compute", counted)
    fresh = Encoder.load(sentence_encoder.folder)
    fresh.encode(["no signal", "no  signal ", "没信号", "no signal"])
    assert computed == ["no signal", "没信号"]


# --- another network ---

WORDS = {"[UNK]": 0, "no": 1, "signal": 2, "query": 3}
TABLE = np.array([[0, 0], [3, 4], [0, 2], [1, 0]], np.float32)


def other_network(folder: Path, **about: object) -> Path:
    """A network as they are commonly exported: several texts in rows, a vector for each token of each."""
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=8)
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    names = ("input_ids", "attention_mask")
    graph = helper.make_graph(
        [
            helper.make_node("Mul", [*names], ["kept"]),
            helper.make_node("Gather", ["table", "kept"], ["hidden"]),
        ],
        "other",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in names],
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["texts", "tokens", 2])],
        [numpy_helper.from_array(TABLE, "table")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), folder / "model.onnx"
    )
    inputs = {"ids": "input_ids", "mask": "attention_mask"}
    (folder / "encoder.json").write_text(json.dumps({"prefix": "", "dim": 2, "inputs": inputs, **about}))
    return folder


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, [3 / np.sqrt(45), 6 / np.sqrt(45)]),
        ({"pooling": "first"}, [0.6, 0.8]),
        ({"pooling": "first", "prefix": "query "}, [1, 0]),
    ],
)
def test_another_network_can_be_used(tmp_path: Path, about: dict[str, object], expected: list[float]) -> None:
    other = Encoder.load(other_network(tmp_path / "other", **about))
    assert other.dim == 2
    np.testing.assert_allclose(other.encode(["no signal"]), [expected], rtol=1e-6)


def test_another_network_has_another_identity(tmp_path: Path, sentence_encoder: Encoder) -> None:
    first = other_network(tmp_path / "first")
    second = other_network(tmp_path / "second")
    assert Encoder.load(first).identity == Encoder.load(second).identity != sentence_encoder.identity
    (second / "model.onnx").write_bytes(b"other weights")
    assert Encoder.load(first).identity != Encoder.load(second).identity


@pytest.mark.parametrize(
    ("about", "fault"),
    [
        ({"inputs": {}}, "inputs must name ids"),
        ({"inputs": {"ids": "x", "positions": "y"}}, "may name mask and types"),
        ({"pooling": "last"}, "pooling is mean or first"),
        ({"size": 3}, "size"),
    ],
)
def test_a_wrong_description_is_refused(tmp_path: Path, about: dict[str, object], fault: str) -> None:
    folder = other_network(tmp_path / "other", **about)
    with pytest.raises(EncoderError, match=fault):
        Encoder.load(folder)


# --- vectors kept for the next training ---


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts the network was asked for."""
    asked: list[str] = []
    compute = Encoder._compute

    def counted(self: Encoder, text: str) -> module.Floats:
        asked.append(text)
        return compute(self, text)

    monkeypatch.setattr(Encoder, "_compute", counted)
    return asked


def test_a_training_asks_for_new_texts_only(tmp_path: Path, computed: list[str]) -> None:
    folder = other_network(tmp_path / "other")
    first = Encoder.load(folder).encode_kept(["no signal", "no", " no  signal"])
    assert sorted(computed) == ["no", "no signal"]
    computed.clear()
    later = Encoder.load(folder).encode_kept(["signal", "no signal", "no"])
    assert computed == ["signal"]
    assert (later[1] == first[0]).all()
    assert (later[2] == first[1]).all()
    np.testing.assert_allclose(first, Encoder.load(folder).encode(["no signal", "no", "no signal"]), atol=1e-3)
    assert (first.dtype, later.shape) == (np.float32, (3, 2))


def test_of_no_texts_there_are_no_vectors(tmp_path: Path) -> None:
    assert Encoder.load(other_network(tmp_path / "other")).encode_kept([]).shape == (0, 2)


def test_vectors_of_another_network_are_not_taken(tmp_path: Path, computed: list[str]) -> None:
    folder = other_network(tmp_path / "other")
    Encoder.load(folder).encode_kept(["no signal"])
    description = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps({**description, "pooling": "first"}))
    found = Encoder.load(folder).encode_kept(["no signal"])
    assert computed == ["no signal", "no signal"]
    np.testing.assert_allclose(found, [[0.6, 0.8]], atol=1e-3)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", None])
def test_a_file_that_cannot_be_read_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    folder = other_network(tmp_path / "other")
    expected = Encoder.load(folder).encode_kept(["no signal"])
    (kept,) = folder.glob("vectors-*.npz")
    if content is None:  # of another size
        with kept.open("wb") as file:
            np.savez(file, keys=np.zeros((1, 16), np.uint8), rows=np.zeros((1, 3), np.float16))
    else:
        kept.write_bytes(content)
    assert (Encoder.load(folder).encode_kept(["no signal"]) == expected).all()
    assert list(folder.glob("vectors-*.npz")) == [kept]
    with np.load(kept) as file:
        assert file["rows"].shape == (1, 2)


def test_a_folder_that_cannot_be_written_to_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("aftercare.understanding.encoder.tempfile.NamedTemporaryFile", full)
    found = Encoder.load(other_network(tmp_path / "other")).encode_kept(["no signal"])
    assert found.shape == (1, 2)
    assert "cannot be kept: No space left" in caplog.text


# --- which encoder a process has ---


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Nothing chosen, nothing kept from before or afterwards."""
    monkeypatch.delenv("ENCODER", raising=False)
    monkeypatch.setattr(settings_module, "load_dotenv", lambda _path: None)
    settings.cache_clear()
    encoder.cache_clear()
    yield monkeypatch
    settings.cache_clear()
    encoder.cache_clear()


def test_it_can_be_switched_off(chosen: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    chosen.setenv("ENCODER", "off")
    with caplog.at_level(logging.INFO):
        assert encoder() is None
        assert encoder() is None
    assert [record.getMessage() for record in caplog.records] == ["The sentence encoder is switched off (ENCODER=off)."]


def test_without_a_prepared_one_there_is_none(
    chosen: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    chosen.setattr(settings_module, "PREPARED_ENCODER", tmp_path)
    assert encoder() is None
    assert encoder() is None
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "`aftercare encoder prepare`" in record.getMessage()


def test_a_folder_can_be_chosen(chosen: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen.setenv("ENCODER", str(other_network(tmp_path / "other")))
    found = encoder()
    assert found is not None
    assert found.dim == 2
    assert encoder() is found


def test_a_chosen_folder_without_one_is_an_error(chosen: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen.setenv("ENCODER", str(tmp_path))
    with pytest.raises(EncoderError, match=r"encoder\.json is missing"):
        encoder()


def test_the_prepared_one_is_the_default(chosen: pytest.MonkeyPatch, sentence_encoder: Encoder) -> None:
    found = encoder()
    assert found is not None
    assert found.identity == sentence_encoder.identity


def test_vectors_of_a_training_are_kept_beside_the_network(sentence_encoder, tmp_path):
    folder = shutil.copytree(sentence_encoder.folder, tmp_path / "encoder", ignore=shutil.ignore_patterns("vectors-*"))
    texts = ["no signal", "没有信号", "no signal"]
    first = Encoder.load(folder).encode_kept(texts)
    (kept,) = folder.glob("vectors-*.npz")
    again = Encoder.load(folder)
    again.encode = lambda *_: pytest.fail("encoded again what is kept")
    assert np.array_equal(again.encode_kept(texts), first)
    assert np.allclose(first, sentence_encoder.encode(texts), atol=2e-4)
    kept.write_bytes(b"no archive")
    assert np.array_equal(Encoder.load(folder).encode_kept(texts), first)


def test_kept_vectors_are_those_of_a_training_from_nothing(sentence_encoder: Encoder, tmp_path: Path) -> None:
    """Else a model would depend on which sentences were new when it was trained."""
    texts = [text for pair in MATTERS.values() for text in pair] + [f"no signal in town {at}" for at in range(30)]
    at_once, bit_by_bit = (
        Encoder.load(
            shutil.copytree(sentence_encoder.folder, tmp_path / name, ignore=shutil.ignore_patterns("vectors*"))
        )
        for name in ("one", "other")
    )
    for start in range(0, len(texts), 7):
        bit_by_bit.encode_kept(texts[start : start + 7][::-1])
    np.testing.assert_array_equal(bit_by_bit.encode_kept(texts), at_once.encode_kept(texts))
    np.testing.assert_array_equal(at_once.encode_kept(texts), sentence_encoder.encode(texts).astype(np.float16))


def test_two_trainings_at_once_keep_the_vectors_of_both(tmp_path: Path) -> None:
    folder = other_network(tmp_path / "other")
    one, other = Encoder.load(folder), Encoder.load(folder)
    known = module._known_vectors
    one.encode_kept(["no"])
    (kept,) = folder.glob("vectors-*.npz")
    other.encode_kept(["signal"])
    assert len(known(kept, 2)) == 2


def test_of_two_trainings_at_once_neither_encodes_what_the_other_has(
    tmp_path: Path, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_AT_A_TIME", 2)
    folder = other_network(tmp_path / "other")
    alone = Encoder.load(folder).encode(["no", "signal", "no signal", "query"]).astype(np.float16)
    one, other = Encoder.load(folder), Encoder.load(folder)
    encode = one.encode

    def meanwhile(texts: Iterable[str], workers: int = 1) -> module.Floats:
        other.encode_kept(["no signal"])
        return encode(texts, workers)

    monkeypatch.setattr(one, "encode", meanwhile)
    computed.clear()
    together = one.encode_kept(["no", "signal", "no signal", "query"])
    assert sorted(computed) == ["no", "no signal", "query", "signal"]  # each once
    np.testing.assert_array_equal(together, alone)
