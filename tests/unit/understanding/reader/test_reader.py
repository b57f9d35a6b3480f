"""The same words mean different things in different situations; a model reads the same after saving."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.commands import parse
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
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
