"""The meaning of a message as a vector: runs the pretrained sentence encoder that `aftercare encoder prepare` made."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aftercare.base.settings import settings
from aftercare.understanding.trained_parts import locked

if TYPE_CHECKING:
    from aftercare.understanding.pieces import Pieces

Floats = npt.NDArray[np.float32]
LONGEST_TOKENS = 256
# In the folder of our own network only: how `Pieces` cuts a text as its tokenizer.json does.
PIECES = "pieces.npz"
# Hardly a character makes less than a fifth of a token; more are cut off before the text is cut into tokens.
LONGEST_TEXT = 5 * LONGEST_TOKENS
# Each remembered text takes about 2 kB.
REMEMBERED = 2048
# Texts that a training encodes before it writes their vectors down, which takes a fraction of a second.
KEPT_AT_A_TIME = 4096

_log = logging.getLogger(__name__)


class EncoderError(Exception):
    """A folder holds no encoder that can be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class _About:
    """encoder.json: `inputs` names the network's inputs by role (ids, mask, types), `pooling` is mean or first."""

    prefix: str
    dim: int
    inputs: dict[str, str]
    pooling: str = "mean"
    made_of: Any = None  # of any form; another value for other vectors

    def __post_init__(self) -> None:
        roles = {"ids", "mask", "types"}
        if "ids" not in self.inputs or not roles.issuperset(self.inputs) or self.pooling not in ("mean", "first"):
            raise ValueError("inputs must name ids and may name mask and types; pooling is mean or first")


class Encoder:
    """Turns texts into unit vectors, one at a time and with one thread: results do not depend on what comes along.

    The network is loaded when the first text comes. One encoder may be used by several threads.
    """

    def __init__(self, folder: Path, about: _About) -> None:
        self.folder = folder
        self._about = about
        self.dim = about.dim
        self._vector = lru_cache(maxsize=REMEMBERED)(self._compute)

    @classmethod
    def load(cls, folder: Path) -> Encoder:
        """The encoder in `folder`: model.onnx, tokenizer.json and encoder.json.

        Raises:
            EncoderError: one of them is missing, or encoder.json does not say what it has to.
        """
        for name in ("encoder.json", "model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise EncoderError(f"{folder} holds no sentence encoder: {name} is missing.")
        try:
            about = _About(**json.loads((folder / "encoder.json").read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise EncoderError(f"{folder / 'encoder.json'} cannot be used: {error}") from error
        return cls(folder, about)

    @cached_property
    def identity(self) -> str:
        """Changes when vectors do: what learned from vectors is of use only with the same encoder.

        It is made of encoder.json when that says what the network was made of, else of all three files.
        """
        names = ["encoder.json"] if self._about.made_of else ["encoder.json", "tokenizer.json", "model.onnx"]
        digest = hashlib.sha256()
        for name in names:
            digest.update(hashlib.sha256((self.folder / name).read_bytes()).digest())
        return digest.hexdigest()

    def encode(self, texts: Iterable[str], workers: int = 1) -> Floats:
        """One row of length 1 per text. `workers` texts are encoded at a time, with the same result as one by one."""
        cleaned = [clean(text) for text in texts]
        if not cleaned:
            return np.empty((0, self.dim), np.float32)
        rows = [self._vector(cleaned[0])]  # which loads the network, once
        with ThreadPoolExecutor(workers) as pool:
            rows += (map if workers == 1 else pool.map)(self._vector, cleaned[1:])
        return np.stack(rows)

    def encode_kept(self, texts: Sequence[str], workers: int = 2) -> Floats:
        """As `encode`, for training: vectors are rounded to 16 bits and kept in a file.

        Most sentences of a training were encoded in the one before; a model made with their kept vectors is the one
        that a training from nothing makes. The file lies beside the network and belongs to it; what cannot be read or
        written is encoded anew. It is written and read again after every `KEPT_AT_A_TIME` texts: of two processes
        that learn at once from some of the same sentences, each takes what the other has encoded meanwhile.
        """
        kept = self.folder / f"vectors-{self.identity[:16]}.npz"
        cleaned = [clean(text) for text in texts]
        keys = [hashlib.sha256(text.encode()).digest()[:16] for text in cleaned]
        wanted = dict(zip(keys, cleaned, strict=True))
        made: dict[bytes, npt.NDArray[np.float16]] = {}
        while True:
            known = _known_vectors(kept, self.dim) | made
            missing = list(islice((key for key in wanted if key not in known), KEPT_AT_A_TIME))
            if not missing:
                break
            rows = self.encode((wanted[key] for key in missing), workers).astype(np.float16)
            new = dict(zip(missing, rows, strict=True))
            _keep_vectors(kept, new, self.dim)
            made |= new
        return (
            np.stack([known[key] for key in keys]).astype(np.float32) if keys else np.empty((0, self.dim), np.float32)
        )

    def tokens(self, text: str) -> list[str]:
        """The pieces the network reads of a text, with the prefix and the marks of beginning and end."""
        return [self._tokenizer.id_to_token(i) for i in self._tokenizer.encode(self._about.prefix + clean(text)).ids]

    @cached_property
    def _pieces(self) -> Pieces | None:
        """Ours, where the folder has the file they need."""
        from aftercare.understanding.pieces import Pieces  # with spaCy, which is slow to import

        path = self.folder / PIECES
        return Pieces.load(path) if path.is_file() else None

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer  # slow to import

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST_TOKENS)
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime  # slow to import

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # it would keep what the longest message so far needed
        model = str(self.folder / "model.onnx")
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _ranks(self) -> dict[str, int]:
        """How many dimensions each input of the network has: 1 without, 2 with one for several texts."""
        return {given.name: len(given.shape) for given in self._session.get_inputs()}

    def _compute(self, text: str) -> Floats:
        """Of a cleaned text. Never of several at a time: the network's rounding would make one depend on the others."""
        ids = np.asarray([self._ids(text)], np.int64)
        roles = {"ids": ids, "mask": np.ones_like(ids), "types": np.zeros_like(ids)}
        given = {}
        for role, name in self._about.inputs.items():
            given[name] = roles[role][0] if self._ranks[name] == 1 else roles[role]
        found = np.asarray(self._session.run(None, given)[0], np.float32)
        if found.ndim == 3:  # a vector for each token
            found = found[:, 0] if self._about.pooling == "first" else found.mean(axis=1)
        found = found.reshape(self.dim)
        vector = np.asarray(found / max(float(np.linalg.norm(found)), 1e-12), np.float32)
        vector.setflags(write=False)
        return vector

    def _ids(self, text: str) -> list[int]:
        """The numbers of the pieces of a cleaned text, with the prefix."""
        if self._pieces is not None:
            return self._pieces.ids(self._about.prefix + text, LONGEST_TOKENS)
        return list(self._tokenizer.encode(self._about.prefix + text).ids)


def _known_vectors(path: Path, dim: int) -> dict[bytes, npt.NDArray[np.float16]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, rows = file["keys"], file["rows"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    if rows.shape != (len(keys), dim):
        return {}
    return {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}


def _keep_vectors(path: Path, new: Mapping[bytes, npt.NDArray[np.float16]], dim: int) -> None:
    """Add to what is kept, through a temporary file; of two trainings at once one waits for the other."""
    try:
        with locked(path.with_suffix(".lock")):
            known = _known_vectors(path, dim) | dict(new)
            keys = np.frombuffer(b"".join(known), np.uint8).reshape(len(known), -1)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
                np.savez(file, allow_pickle=False, keys=keys, rows=np.stack(list(known.values())))
            os.replace(file.name, path)
    except OSError as error:
        _log.warning("The vectors of this training cannot be kept: %s", error)


def clean(text: str) -> str:
    """What the encoder reads of a text: characters that exist, in composed form, single spaces, not too many."""
    exists = text[: 4 * LONGEST_TEXT].encode("utf-8", "ignore").decode("utf-8")  # drops halves of surrogate pairs
    return " ".join(unicodedata.normalize("NFC", exists).split())[:LONGEST_TEXT]


@lru_cache(maxsize=1)
def encoder() -> Encoder | None:
    """The encoder of this process; None when ENCODER is off, or when none has been prepared.

    Raises:
        EncoderError: ENCODER names a folder that holds none.
    """
    folder = settings().encoder_folder
    if folder is None:
        _log.info("The sentence encoder is switched off (ENCODER=off).")
        return None
    try:
        return Encoder.load(folder)
    except EncoderError as error:
        if settings().encoder:
            raise
        _log.warning("Without the sentence encoder: %s Run `aftercare encoder prepare`.", error)
        return None


def identity() -> str:
    """Of the encoder of this process; "off" without one."""
    found = encoder()
    return found.identity if found else "off"
