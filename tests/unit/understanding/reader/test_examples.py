"""Turns are read with the place of every fault; those that are shipped have none and cover every situation."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercare.base.settings import DATA, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.understanding.reader.context import SITUATIONS, Context
from aftercare.understanding.reader.examples import TurnExample, TurnsError, read_examples
from aftercare.understanding.reader.lint import turn_faults


def write(folder: Path, text: str) -> Path:
    (folder / "en").mkdir(exist_ok=True)
    (folder / "en" / "step.yml").write_text(text, encoding="utf-8")
    return folder


def test_an_example_has_its_context_and_labels(tmp_path: Path) -> None:
    text = 'situation: step\nturns:\n- asked: apn\n  said:\n  - ["works, but slow", "step:works_but, observe:slow"]\n'
    (example,) = read_examples(write(tmp_path, text))
    assert example.context == Context("step", "apn")
    assert example.labels == ("step:works_but", "observe:slow")
    assert example.place.endswith("step.yml:5")
    assert not example.held_out


def test_held_out_ones_may_have_other_readings(tmp_path: Path) -> None:
    text = 'situation: step\nheld_out: true\nturns:\n- said:\n  - ["hm", "unclear", "pause / ask, object"]\n'
    (example,) = read_examples(write(tmp_path, text))
    assert (example.labels, example.others) == (("unclear",), (("pause",), ("ask", "object")))
    with pytest.raises(TurnsError, match=r"needs \[message, commands\]"):
        read_examples(write(tmp_path, text.replace("held_out: true\n", "")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("situation: dancing\nturns: []\n", "unknown situation 'dancing'"),
        ('situation: step\nturns:\n- said:\n  - ["hm", "sings"]\n', "step.yml:4: unknown command 'sings'"),
        ('situation: step\nturns:\n- said:\n  - ["hm"]\n', r"step.yml:4: needs \[message, commands\]"),
        ('situation: step\nturns:\n- said:\n  - ["", "ask"]\n', "step.yml:4: needs"),
        ("situation: step\nturns:\n- said: no\n", "step.yml:3: needs a list"),
        ("- step\n", "needs names with values"),
        ("situation: [\n", "step.yml"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(TurnsError, match=fault):
        read_examples(write(tmp_path, text))


def test_what_contradicts_or_repeats_is_found(tmp_path: Path) -> None:
    said = '  - ["Yes", "confirm"]\n  - ["yes", "decline"]\n  - ["yes", "confirm"]\n  - ["to it", "start:dance"]\n'
    faults = list(turn_faults(write(tmp_path, f"situation: step\nturns:\n- said:\n{said}"), {"greet"}))
    assert [fault.split("step.yml:")[1].split(" /")[0] for fault in faults] == [
        "5: contradicts",
        "6: again as in",
        "7: unknown intent dance",
    ]


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ("acknowledge, thank", "acknowledge stands alone"),
        ("confirm, ask, decline", "confirm and decline at once"),
        ("step:failed, step:works_but", "step:failed and step:works_but at once"),
    ],
)
def test_labels_that_exclude_each_other_are_found(tmp_path: Path, labels: str, fault: str) -> None:
    text = f'situation: step\nturns:\n- said:\n  - ["hm", "{labels}"]\n  - ["fine", "step:works, thank"]\n'
    (found,) = turn_faults(write(tmp_path, text), set())
    assert found.endswith(f"step.yml:4: {fault}")


def test_the_turns_that_are_shipped_are_sound_and_many(shipped_turns: tuple[TurnExample, ...]) -> None:
    listed = read_yaml(ROOT / "domain.yml")["intents"]
    assert list(turn_faults(DATA / "turns", {each for each in listed if isinstance(each, str)})) == []
    for language in ("en", "zh"):
        of_language = [each for each in shipped_turns if each.language == language]
        assert sum(not each.held_out for each in of_language) > 5000
        assert {each.context.situation for each in of_language if each.held_out} == set(SITUATIONS)
