"""The questions that retrieval is measured on are none of those it learns from, and the figures are counted right."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercare.articles.units import WORTH_TELLING, units
from aftercare.base.language import LANGUAGES, Language, normalise
from aftercare.training.evaluate_knowledge import Answered, Asked, read_held_out, report


def compared(text: str) -> str:
    return "".join(filter(str.isalnum, normalise(text).casefold()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_kept_apart_is_learnt(language: Language) -> None:
    learnt = {compared(text) for each in units()[language].values() for text in each.asked}
    questions = [each for each in read_held_out() if each.language == language]
    assert not [each.text for each in questions if compared(each.text) in learnt]
    assert len({each.text for each in questions}) == len(questions) >= 150
    assert sum(not each.answers for each in questions) >= 25


def test_a_unit_there_is_not_is_named(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text('- ["what is it", no.such-unit]\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"there is no unit no\.such-unit"):
        read_held_out(tmp_path)


def test_figures() -> None:
    question = Asked("en", "may i", frozenset({"a.b"}))
    nothing = Asked("en", "hello", frozenset())
    sure, unsure = WORTH_TELLING + 0.1, WORTH_TELLING - 0.1
    answered = [
        Answered(question, [("a.b", sure)]),
        Answered(question, [("a.b", unsure)]),
        Answered(question, [("a.c", sure), ("a.b", unsure)]),
        Answered(nothing, [("a.b", unsure)]),
        Answered(nothing, [("a.b", sure)]),
    ]
    assert [each.is_right(WORTH_TELLING) for each in answered] == [True, False, False, True, False]
    # first, among three, answered right, wrong answers, refused rightly
    assert "| en | 5 | 0.667 | 1.000 | 0.333 | 0.400 | 0.500 |" in report(answered)
