"""Turns that staff taught become files of data/turns that the reader, the lint and git can read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.staff.teaching.turn_examples import TaughtTurn, conflict_of, draft, lint, patch, write
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import read_examples

KNOWN = """situation: step
turns:
- asked: roaming
  said:
  - ["still nothing", "step:failed, observe:no_data"]
"""
HELD_OUT = 'situation: step\nheld_out: true\nturns:\n- said:\n  - ["what now", "ask_how"]\n'


@pytest.fixture
def turns(tmp_path: Path) -> Path:
    """A project under git with a few turns; its data/turns."""
    folder = tmp_path / "data" / "turns"
    for language in ("en", "zh"):
        (folder / language / "held_out").mkdir(parents=True)
    (folder / "en" / "step.yml").write_text(KNOWN)
    (folder / "en" / "held_out" / "step.yml").write_text(HELD_OUT)
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return folder


def taught(number: int, text: str, *commands: str, asked: str = "roaming", situation: str = "step") -> TaughtTurn:
    return TaughtTurn(number, "en", situation, asked, text, commands)


NEW = taught(1, 'it says "R" now', "step:done", "observe:roaming_symbol")
IDLE = taught(2, "order NZ10000001", "inform", asked="", situation="idle")


def test_turns_are_written_by_situation_and_read_again(turns: Path) -> None:
    made = draft([NEW, IDLE], turns)
    assert sorted(made.texts) == ["en/taught_idle.yml", "en/taught_step.yml"]
    write(made.texts, turns)
    read = {each.text: each for each in read_examples(turns) if "taught_" in each.place}
    assert read[NEW.text].context == Context("step", "roaming")
    assert read[NEW.text].labels == NEW.commands
    assert read[IDLE.text].context == Context("idle")
    more = draft([NEW, taught(3, "no", "step:failed"), taught(4, "no", "step:failed", asked="apn")], turns)
    assert ([each.id for each in more.known], [each.id for each in more.added]) == ([1], [3, 4])
    write(more.texts, turns)
    assert len([each for each in read_examples(turns) if "taught_step" in each.place]) == 3
    assert lint({}, turns) == []


def test_nothing_taught_changes_nothing(turns: Path) -> None:
    assert draft([], turns).texts == {}
    write(draft([NEW], turns).texts, turns)
    assert draft([NEW], turns).texts == {}
    assert patch({}, turns) == ""


def test_git_applies_the_patch(turns: Path) -> None:
    root = turns.parent.parent
    made = draft([NEW], turns)
    subprocess.run(["git", "apply", "-"], input=patch(made.texts, turns), text=True, cwd=root, check=True)
    assert (turns / "en" / "taught_step.yml").read_text() == made.texts["en/taught_step.yml"]
    more = draft([taught(3, "no", "step:failed")], turns)
    subprocess.run(["git", "apply", "-"], input=patch(more.texts, turns), text=True, cwd=root, check=True)
    assert (turns / "en" / "taught_step.yml").read_text() == more.texts["en/taught_step.yml"]


def test_what_contradicts_a_known_turn_is_named_and_left_out(turns: Path) -> None:
    other = taught(5, "Still Nothing", "step:works")
    same = taught(6, "still nothing", "observe:no_data", "step:failed")
    measured = taught(7, "what now", "ask", asked="")
    twice = [taught(8, "hm", "ask"), taught(9, "hm", "ask_why")]
    made = draft([other, same, measured, *twice], turns)
    assert (made.added, made.known) == ((twice[0],), (same,))
    assert [(each.turn.id, each.where, each.commands) for each in made.conflicts] == [
        (5, "en/step.yml:5", ("step:failed", "observe:no_data")),
        (7, "en/held_out/step.yml:5", ("ask_how",)),
        (9, "en/taught_step.yml", ("ask",)),
    ]
    assert conflict_of(other, turns) == made.conflicts[0]
    assert conflict_of(same, turns) is None
    assert conflict_of(taught(10, "still nothing", "step:works", asked="apn"), turns) is None  # another situation


def test_the_lint_judges_the_files_as_they_would_be(turns: Path) -> None:
    assert lint(draft([NEW], turns).texts, turns) == []
    (fault,) = lint(draft([taught(1, "dance", "start:dance")], turns).texts, turns)
    assert fault == "en/taught_step.yml:6: unknown intent dance"
    assert not (turns / "en" / "taught_step.yml").exists()


@given(st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip())), st.text(max_size=10))
def test_any_text_is_read_as_it_was_written(text: str, asked: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "en").mkdir()
        turn = taught(1, text, "ask", asked=asked)
        write(draft([turn], folder).texts, folder)
        (example,) = read_examples(folder)
        assert (example.text, example.context.asked) == (text, asked)
