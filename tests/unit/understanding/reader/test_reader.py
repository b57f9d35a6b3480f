"""The same words mean different things in different situations; a model reads the same after saving."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sparse

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.commands import parse
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.reader import network as module
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.reader.network import ReaderNetwork, TrainingSet, train_networks
from aftercare.understanding.reader.reader import CommandReading, Read, TurnReader
from aftercare.understanding.segmentation import segmenter

STEP, REFUND = Context("step", "roaming"), Context("refund_confirm")
TURNS = [
    *((STEP, text, ["step:works"]) for text in ("yes", "yes it does", "yep works", "it works now", "works", "online")),
    *((STEP, text, ["step:failed"]) for text in ("no", "nope", "still nothing", "no change", "nothing", "still dead")),
    *(
        (STEP, text, ["ask"])
        for text in ("does it cost extra?", "will it cost me?", "what does it cost?", "is it free")
    ),
    *((REFUND, text, ["confirm"]) for text in ("yes", "yes please", "yep", "go ahead", "do it", "sure yes")),
    *((REFUND, text, ["decline"]) for text in ("no", "nope", "no thanks", "leave it", "no don't", "rather not")),
    *((REFUND, text, ["ask"]) for text in ("how long does it take?", "which card?", "is there a fee?", "what fee?")),
]


def words(text: str) -> list[str]:
    return [word.norm for word in segmenter().words(text)]


@pytest.fixture(scope="module")
def model() -> ReaderModel:
    return ReaderModel.fit([words(text) for _, text, _ in TURNS], [c for c, _, _ in TURNS], [x for _, _, x in TURNS])


def read(model: ReaderModel, text: str, context: Context) -> list[str]:
    found = EntityFinder(load_catalogue()).find(text)
    return [str(each.command) for each in TurnReader(model).read(segmenter().words(text), found, context)]


def test_the_context_decides(model: ReaderModel) -> None:
    assert read(model, "yes", STEP) == ["step:works"]
    assert read(model, "yes", REFUND) == ["confirm"]
    assert read(model, "nope", STEP) == ["step:failed"]
    assert read(model, "nope", REFUND) == ["decline"]


def test_a_model_reads_the_same_after_saving(model: ReaderModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = ReaderModel.load(tmp_path)
    for context, text, _ in TURNS:
        assert model.probabilities(words(text), context) == pytest.approx(
            again.probabilities(words(text), context), abs=0.01
        )


@pytest.mark.parametrize("text", ["", "\x00", "🙂", "ἀρχή", "a" * 3000])
def test_any_text_is_read(model: ReaderModel, text: str) -> None:
    assert read(model, text, STEP)


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="enough examples"):
        ReaderModel.fit([["yes"]], [STEP], [["confirm"]])


def test_a_reading_is_the_same_after_the_slot() -> None:
    reading = CommandReading(
        "step", "roaming", (Read(parse("ask"), 0.75),), (("hotspot.hotspot-allowed", 0.5), ("a.b", 0.25))
    )
    assert CommandReading.from_slot(reading.as_slot()) == reading


def test_a_slot_of_an_earlier_version_has_no_units() -> None:
    assert CommandReading.from_slot({"situation": "idle", "asked": "", "commands": []}).units == ()


# sentence vectors

LABELS = ["step:works", "step:failed", "ask", "confirm", "decline"]


def vector_of(label: str, shift: int = 0) -> npt.NDArray[np.float32]:
    """A vector that stands for what a sentence means, whatever its words."""
    vector = np.zeros(16, np.float32)
    vector[LABELS.index(label)] = 1.0
    vector[8 + shift % 8] = 0.2
    return vector / np.linalg.norm(vector)


@pytest.fixture(scope="module")
def model_of_vectors() -> ReaderModel:
    vectors = np.stack([vector_of(labels[0], at) for at, (_, _, labels) in enumerate(TURNS)])
    texts, contexts, labels = [words(text) for _, text, _ in TURNS], [c for c, _, _ in TURNS], [x for _, _, x in TURNS]
    return ReaderModel.fit(texts, contexts, labels, vectors)


def likeliest(model: ReaderModel, text: str, context: Context, vector: npt.NDArray[np.float32] | None = None) -> str:
    return model.labels[int(model.probabilities(words(text), context, vector).argmax())]


@pytest.mark.parametrize("label", ["step:works", "step:failed", "ask"])
def test_words_never_seen_are_read_by_their_vector(model_of_vectors: ReaderModel, label: str) -> None:
    assert likeliest(model_of_vectors, "zut alors", STEP, vector_of(label)) == label


@pytest.mark.parametrize(("text", "context", "label"), [("yes", REFUND, "confirm"), ("nope", STEP, "step:failed")])
def test_without_a_vector_the_words_alone_count(
    model_of_vectors: ReaderModel, model: ReaderModel, text: str, context: Context, label: str
) -> None:
    assert likeliest(model_of_vectors, text, context) == label
    # a model made without vectors takes no notice of one
    with_vector = model.probabilities(words(text), context, vector_of("ask"))
    assert with_vector == pytest.approx(model.probabilities(words(text), context))


def test_a_model_of_vectors_reads_the_same_after_saving(model_of_vectors: ReaderModel, tmp_path: Path) -> None:
    model_of_vectors.save(tmp_path)
    again = ReaderModel.load(tmp_path)
    assert again.labels == model_of_vectors.labels
    for at, (context, text, labels) in enumerate(TURNS):
        for vector in (vector_of(labels[0], at), None):
            assert again.probabilities(words(text), context, vector) == pytest.approx(
                model_of_vectors.probabilities(words(text), context, vector), abs=0.01
            )


# from probabilities to commands


class Fixed:
    """A model that gives every message the same probabilities."""

    labels: tuple[str, ...] = ("ask", "step:works", "thank")
    thresholds = np.array([0.5, 0.4, 0.3], np.float32)

    def __init__(self, *chances: float) -> None:
        self.chances = np.array(chances, np.float32)

    def probabilities(self, words: object, context: Context, vector: object = None) -> npt.NDArray[np.float32]:
        return self.chances


@pytest.mark.parametrize(
    ("chances", "commands"),
    [
        ((0.6, 0.9, 0.1), ["step:works", "ask"]),  # the surest first
        ((0.49, 0.4, 0.3), ["step:works", "thank"]),  # each by its own threshold
        ((0.49, 0.3, 0.2), ["ask"]),  # none: the likeliest
        ((0.05, 0.1, 0.02), ["step:works"]),
        ((0.05, 0.09, 0.02), ["unclear"]),  # nothing is likely
    ],
)
def test_each_command_has_its_threshold(chances: tuple[float, ...], commands: list[str]) -> None:
    read = TurnReader(cast(ReaderModel, Fixed(*chances))).read([], [], STEP)
    assert [str(each.command) for each in read] == commands
    assert [each.probability for each in read] == sorted((each.probability for each in read), reverse=True)


class Outcomes(Fixed):
    """The same, of commands that exclude each other."""

    labels = ("acknowledge", "step:failed", "step:works", "unclear")
    thresholds = np.full(4, 0.3, np.float32)


@pytest.mark.parametrize(
    ("chances", "commands"),
    [
        ((0.1, 0.4, 0.6, 0.5), ["step:works"]),
        ((0.5, 0.4, 0.1, 0.1), ["acknowledge"]),
        ((0.4, 0.5, 0.1, 0.1), ["step:failed"]),
        ((0.1, 0.1, 0.4, 0.6), ["unclear"]),  # what is surely unclear means nothing else
    ],
)
def test_a_surer_command_excludes_what_contradicts_it(chances: tuple[float, ...], commands: list[str]) -> None:
    read = TurnReader(cast(ReaderModel, Outcomes(*chances))).read([], [], STEP)
    assert [str(each.command) for each in read] == commands


def test_a_reading_is_asked_by_command_or_by_its_name() -> None:
    read = CommandReading(
        "step",
        "apn",
        (Read(parse("step:failed"), 0.8), Read(parse("observe:slow"), 0.6), Read(parse("observe:bars"), 0.5)),
    )
    assert read.has("step")
    assert read.has("step:failed")
    assert read.has("ask", "observe:bars")
    assert not read.has("step:works", "ask")
    assert not read.has()
    assert read.values("observe") == ["slow", "bars"]
    assert (read.chance("step:failed"), read.chance("step"), read.chance("ask")) == (0.8, 0.0, 0.0)


@pytest.mark.parametrize("slot", [None, "ask", [], {"commands": None}, {"commands": [["sings", 0.9]]}])
def test_of_what_is_no_reading_nothing_is_read(slot: object) -> None:
    assert CommandReading.from_slot(slot).commands == ()
    assert CommandReading.from_slot(slot).situation == "idle"


def test_joined_networks_give_the_mean_of_their_logits() -> None:
    random = np.random.default_rng(0)
    rows, vectors = sparse.random(40, 12, 0.4, "csr", np.float32, random), random.standard_normal((40, 5), np.float32)
    contexts, truth = random.integers(0, 3, (40, 2)), random.random((40, 4)) > 0.5
    each = train_networks(lambda seed: TrainingSet(rows, vectors, contexts, truth, np.ones_like(truth), 3, seed), 2)
    mean = sum(network.table(rows, vectors, contexts) for network in each) / 2
    assert ReaderNetwork.joined(each).table(rows, vectors, contexts) == pytest.approx(mean, abs=1e-4)


def test_networks_trained_beside_each_other_are_those_trained_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    rows = sparse.random_array((300, 40), density=0.2, format="csr", dtype=np.float32, random_state=3)
    vectors = random.standard_normal((300, 8), np.float32)
    contexts, truth = random.integers(0, 3, (300, 2)), random.random((300, 5)) < 0.3

    def learnt(number: int) -> TrainingSet:
        seen = np.flatnonzero(np.arange(300) % 3 != number)
        return TrainingSet(rows[seen], vectors[seen], contexts[seen], truth[seen], truth[seen] | True, 3, number)

    in_turn = train_networks(learnt, 3)
    monkeypatch.setattr(module, "_WORTH_A_PROCESS", 0)
    for one, other in zip(in_turn, train_networks(learnt, 3), strict=True):
        for name, array in one.arrays().items():
            np.testing.assert_array_equal(array, other.arrays()[name])
