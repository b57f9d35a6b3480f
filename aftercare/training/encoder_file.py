"""Prepares the sentence encoder: an ONNX network of 8-bit weights and its tokenizer, made of the package's file."""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import regex
import tokenizers
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import models, normalizers, pre_tokenizers, processors

from aftercare.base.settings import PREPARED_ENCODER
from aftercare.training.encoder_delta import with_delta
from aftercare.training.encoder_source import Floats, Source, find_source, is_prepared, made_of, read_source
from aftercare.understanding.encoder import PIECES
from aftercare.understanding.pieces import SPACE, arrays_of

PREFIX = "query: "
_OPSET = 18
# Left in 32 bits: these two of 48 made two fifths of the deviation from the exact network.
_KEPT_EXACT = ("l4.fo", "l5.fo")
# The vocabulary covers a hundred languages. Kept are ASCII, the long vowels of Maori names, Chinese characters, and
# what no script owns: digits, punctuation, full-width forms, emoji.
_KEPT = regex.compile(r"[\p{ASCII}āēīōūĀĒĪŌŪ\p{Han}\p{Common}\p{Inherited}]+")
# NFKC makes an ASCII tilde of it, the file's character map does not; a private character stands for it meanwhile.
_WIDE_TILDE, _STAND_IN = "\uff5e", "\ue000"


def prepare(folder: Path = PREPARED_ENCODER, force: bool = False) -> bool:
    """Make the encoder in `folder` unless it is there; whether there was something to do.

    Raises:
        EncoderSourceError: the package with the weights is missing or another one.
    """
    if is_prepared(folder) and not force:
        return False
    source = with_delta(read_source(find_source()))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as work:
        made = Path(work) / "made"
        made.mkdir()
        write(source, made)
        if force or not is_prepared(folder):  # else another process was faster, and may be reading it
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(made, folder)
    return True


def write(source: Source, folder: Path) -> None:
    """The files of an encoder."""
    kept = [number for number, piece in enumerate(source.pieces) if number <= source.unk or is_kept(piece)]
    _tokenizer(source, kept).save(str(folder / "tokenizer.json"), pretty=False)
    np.savez(folder / PIECES, allow_pickle=False, **_pieces(source, kept))
    _write_network(source, kept, folder / "model.onnx")
    about = {"prefix": PREFIX, "dim": source.sizes.hidden, "inputs": {"ids": "ids"}, "made_of": made_of()}
    (folder / "encoder.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def is_kept(piece: str) -> bool:
    """Whether Chinese or English texts can contain the piece."""
    return piece != "<mask>" and _KEPT.fullmatch(piece) is not None


def _pieces(source: Source, kept: Sequence[int]) -> dict[str, Any]:
    """The same as the tokenizer, for `understanding.pieces`."""
    number = {old: new for new, old in enumerate(kept)}
    pieces = [(source.pieces[old], float(source.scores[old])) for old in kept]
    begin, end, unknown = (number[old] for old in (source.bos, source.eos, source.unk))
    return arrays_of(pieces, begin, end, unknown, *_dropped_and_blank(source))


def _dropped_and_blank(source: Source) -> tuple[str, str]:
    """The characters that the file's map drops, and those that it makes a space of."""
    dropped, blank = (
        "".join(letter for letter, instead in source.characters.items() if instead == wanted) for wanted in ("", " ")
    )
    return dropped, blank


def _tokenizer(source: Source, kept: Sequence[int]) -> tokenizers.Tokenizer:
    """Cuts a text into the likeliest kept pieces, and numbers them by their place among those."""
    number = {old: new for new, old in enumerate(kept)}
    pieces = [(source.pieces[old], float(source.scores[old])) for old in kept]
    tokenizer = tokenizers.Tokenizer(models.Unigram(pieces, number[source.unk], byte_fallback=False))
    tokenizer.normalizer = _normalizer(source)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, prepend_scheme="always", split=False)
    bos, eos = source.pieces[source.bos], source.pieces[source.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, number[source.bos]), (eos, number[source.eos])]
    )
    return tokenizer


def _normalizer(source: Source) -> normalizers.Normalizer:
    """The file's character map: NFKC, but for what it drops, what it makes a space of, and the wide tilde."""
    dropped, blank = (
        "".join(f"\\x{{{ord(letter):x}}}" for letter in letters) for letters in _dropped_and_blank(source)
    )
    return normalizers.Sequence(
        [
            *([normalizers.Replace(tokenizers.Regex(f"[{dropped}]"), "")] if dropped else []),
            normalizers.Replace(tokenizers.Regex(f"[ {blank}]+"), " "),
            normalizers.Replace(_WIDE_TILDE, _STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(_STAND_IN, _WIDE_TILDE),
            normalizers.Replace(tokenizers.Regex(" {2,}"), " "),  # NFKC makes spaces of its own
        ]
    )


def _write_network(source: Source, kept: Sequence[int], path: Path) -> None:
    """The network as ONNX, its matrices in 8 bits."""
    exact = path.with_name("exact.onnx")
    onnx.save(_Network(source, kept).model(), exact)
    logging.getLogger().addFilter(_not_preprocessed)
    try:
        quantize_dynamic(
            exact,
            path,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            # 7 bits: with 8, sums overflow on processors without VNNI, and vectors would depend on the machine
            reduce_range=True,
            nodes_to_exclude=list(_KEPT_EXACT),
            extra_options={"MatMulConstBOnly": True},  # those of attention have no weights
        )
    finally:
        logging.getLogger().removeFilter(_not_preprocessed)
        exact.unlink()
    # beside the network, large tensors are mapped into memory: of the table of words only what is read takes any
    onnx.save(onnx.load(path), path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=100_000)


def _not_preprocessed(record: logging.LogRecord) -> bool:
    """Leaves out the advice to simplify the network first: it is simple."""
    return "pre-processing" not in record.getMessage()


class _Network:
    """Writes the network node by node: messages of one length in, their unit vectors out."""

    def __init__(self, source: Source, kept: Sequence[int]) -> None:
        self._source = source
        self._sizes = source.sizes
        self._kept = kept
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """The whole network, in 32 bits but for the table of words."""
        stream = self._embedded()
        for layer in range(self._sizes.layers):
            stream = self._layer(f"l{layer}", stream)
        mean = self._node("ReduceMean", [stream, self._constant("tokens", np.array([1]))], "mean", keepdims=0)
        length = self._node("ReduceL2", [mean, self._constant("all", np.array([1]))], "length", keepdims=1)
        vector = self._node("Div", [mean, length], "vector")
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["messages", "tokens"])],
            [helper.make_tensor_value_info(vector, onnx.TensorProto.FLOAT, ["messages", self._sizes.hidden])],
            self._constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)

    def _embedded(self) -> str:
        sizes = self._sizes
        words = self._source.tensor("emb.word", sizes.words, sizes.hidden, rows=self._kept)
        largest = np.maximum(words.max(axis=1, keepdims=True), -words.min(axis=1, keepdims=True))
        scale = np.maximum(largest, np.float32(1e-12)) / 127
        words /= scale
        table = self._constant("words", np.rint(words, out=words).astype(np.int8))
        rows = self._node("Cast", [self._node("Gather", [table, "ids"], "rows")], "numbers", to=onnx.TensorProto.FLOAT)
        scales = self._node("Gather", [self._constant("scales", scale), "ids"], "row_scales")
        # the table begins with the first token's position; a message has one part, so its type is always the first
        places = self._source.tensor("emb.pos", sizes.positions, sizes.hidden)
        places = places + self._source.tensor("emb.type", sizes.types, sizes.hidden)[0]
        first = self._constant("first", np.array([0]))
        count = self._node("Shape", ["ids"], "count", start=1)
        place = self._node("Slice", [self._constant("places", places), first, count, first], "place")
        summed = self._node("Add", [self._node("Mul", [rows, scales], "word"), place], "summed")
        return self._normalised("emb.ln", summed)

    def _layer(self, layer: str, stream: str) -> str:
        sizes = self._sizes
        heads, size = sizes.heads, sizes.hidden // sizes.heads
        joined = self._linear(f"{layer}.qkv", stream, *self._attention_weights(layer))
        parts = [f"{layer}.{name}" for name in ("query", "key", "value")]
        self._nodes.append(helper.make_node("Split", [joined], parts, f"{layer}.split", axis=2, num_outputs=3))
        by_head = self._constant(f"{layer}.by_head", np.array([0, 0, heads, size]))
        turned = []
        for part, order in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True):
            cut = self._node("Reshape", [part, by_head], f"{part}.cut")
            turned.append(self._node("Transpose", [cut], f"{part}.turned", perm=order))
        query, key, value = turned
        shares = self._node("Softmax", [self._node("MatMul", [query, key], f"{layer}.qk")], f"{layer}.shares", axis=-1)
        seen = self._node(
            "Transpose", [self._node("MatMul", [shares, value], f"{layer}.pv")], f"{layer}.seen", perm=[0, 2, 1, 3]
        )
        whole = self._constant(f"{layer}.whole", np.array([0, 0, sizes.hidden]))
        attended = self._plain(
            f"{layer}.ao", self._node("Reshape", [seen, whole], f"{layer}.all"), sizes.hidden, sizes.hidden
        )
        stream = self._normalised(f"{layer}.aln", self._node("Add", [stream, attended], f"{layer}.attended"))
        fed = self._gelu(layer, self._plain(f"{layer}.fi", stream, sizes.hidden, sizes.feed))
        fed = self._plain(f"{layer}.fo", fed, sizes.feed, sizes.hidden)
        return self._normalised(f"{layer}.oln", self._node("Add", [stream, fed], f"{layer}.fed"))

    def _attention_weights(self, layer: str) -> tuple[Floats, Floats]:
        """Of query, key and value side by side; the scale of the scores is in the query's."""
        hidden = self._sizes.hidden
        weights = [self._source.tensor(f"{layer}.{part}.w", hidden, hidden).T for part in "qkv"]
        biases = [self._source.tensor(f"{layer}.{part}.b", hidden) for part in "qkv"]
        scale = np.float32(1 / math.sqrt(hidden // self._sizes.heads))
        weights[0], biases[0] = weights[0] * scale, biases[0] * scale
        return np.concatenate(weights, axis=1), np.concatenate(biases)

    def _plain(self, name: str, stream: str, incoming: int, outgoing: int) -> str:
        weights = self._source.tensor(f"{name}.w", outgoing, incoming).T
        return self._linear(name, stream, weights, self._source.tensor(f"{name}.b", outgoing))

    def _linear(self, name: str, stream: str, weights: Floats, bias: Floats) -> str:
        product = self._node("MatMul", [stream, self._constant(f"{name}.w", weights)], name)
        return self._node("Add", [product, self._constant(f"{name}.b", bias)], f"{name}.sum")

    def _normalised(self, name: str, stream: str) -> str:
        scale, bias = (self._source.tensor(f"{name}.{part}", self._sizes.hidden) for part in "wb")
        inputs = [stream, self._constant(f"{name}.w", scale), self._constant(f"{name}.b", bias)]
        return self._node("LayerNormalization", inputs, name, axis=-1, epsilon=self._sizes.epsilon)

    def _gelu(self, layer: str, stream: str) -> str:
        # in the form ONNX Runtime knows as one operation
        part = self._node("Div", [stream, self._constant(f"{layer}.root", np.float32(math.sqrt(2)))], f"{layer}.part")
        share = self._node(
            "Add",
            [self._node("Erf", [part], f"{layer}.erf"), self._constant(f"{layer}.one", np.float32(1))],
            f"{layer}.share",
        )
        product = self._node("Mul", [stream, share], f"{layer}.product")
        return self._node("Mul", [product, self._constant(f"{layer}.half", np.float32(0.5))], f"{layer}.gelu")

    def _node(self, kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def _constant(self, name: str, values: Any) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(np.shape(values)), name))
        return name
