"""The simulator's own parts: phrases, slips of the finger and verdicts."""

from __future__ import annotations

import importlib
import importlib.util
import random
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.yaml_data import read_yaml

ROOT = Path(__file__).resolve().parents[3]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("simulate", ROOT / "bench" / "simulate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate"] = module
    spec.loader.exec_module(module)
    return module


sys.path.insert(0, str(ROOT))
simulate = _load()
unruly = importlib.import_module("bench.travellers.unruly")
words = importlib.import_module("tests.support.phone.words")
free = importlib.import_module("tests.support.phone.free_words")


def test_every_goal_has_phrases_in_both_languages_without_identifiers() -> None:
    """Goals name intents that exist; no sentence brings somebody else's order along."""
    phrases = simulate.sentences(ROOT / "data" / "nlu")
    for intent in [*simulate.ORDER_GOALS, *simulate.QUESTIONS, "human_handoff"]:
        for language in ("en", "zh"):
            assert phrases[intent, language], (intent, language)
            assert not any("@" in text or "](" in text for text in phrases[intent, language])


@given(st.text(alphabet="abcdefgh ijklmn", min_size=8, max_size=60), st.integers(0, 999))
def test_a_slip_is_small(text: str, seed: int) -> None:
    """At most one letter more or less."""
    assert abs(len(simulate.misspell(random.Random(seed), text)) - len(text)) <= 1


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("utter_usage", ("utter_usage*",), True),
        ("utter_usage_lag", ("utter_usage",), False),
        (None, ("utter_usage*",), False),
    ],
)
def test_matches(name: str | None, wanted: tuple[str, ...], expected: bool) -> None:
    """Exactly, or by its beginning."""
    assert simulate.matches(name, wanted) is expected


def test_summary_counts_against_the_bars() -> None:
    """Shares are of conversations, language of replies; a failure is shown with its transcript."""
    good = simulate.Report("ask_hotspot", "en", "asks", ["> hotspot?"], "solved", [], 1, 0, [40.0, 50.0])
    bad = simulate.Report("request_refund", "zh", "calm", ["> 退款"], "stuck", ["silent"], 1, 1, [60.0])
    text = simulate.summary([good, bad], [], seed=1)
    assert "| stuck | 1 (50.0%) | ≤ 2% |" in text
    assert "| silent turns | 1 | 0 |" in text
    assert "| replies in the right language | 50.0% | ≥ 98% |" in text
    assert "| asks | 1 | 100.0% | 0.0% | 0.0% | 0 | 0 |" in text
    assert "| calm | 1 | 0.0% | 0.0% | 100.0% | 1 | 1 |" in text
    assert "> 退款" in text
    assert "> hotspot?" not in text


def test_what_travellers_say_is_kept_from_the_model(tmp_path):
    shutil.copytree(ROOT / "data" / "nlu", tmp_path / "nlu")
    before = _all_examples(tmp_path / "nlu")
    removed = simulate.leave_out(tmp_path / "nlu")
    after = _all_examples(tmp_path / "nlu")
    assert sum(map(len, before.values())) - sum(map(len, after.values())) == removed
    assert removed > 100
    assert set(after) == set(before)
    for (intent, language), texts in simulate.sentences(ROOT / "data" / "nlu").items():
        assert not set(texts) & set(after[intent, language])


def _all_examples(folder):
    """Every sentence without annotations by (intent, language)."""
    found = {}
    for path in sorted(folder.rglob("*.yml")):
        for entry in read_yaml(path)["nlu"]:
            lines = [line[2:] for line in entry["examples"].splitlines() if line.startswith("- ")]
            texts = [re.sub(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line).strip() for line in lines]
            found.setdefault((entry.get("intent", ""), path.parent.name), []).extend(texts)
    return found


@pytest.mark.parametrize(
    "sentences",
    [unruly.every_sentence(), words.every_sentence(), free.FREE.sentences()],
    ids=["unruly", "phones", "free"],
)
def test_what_simulated_travellers_type_is_in_no_training_file(sentences):
    """Neither as a whole nor as an example of a turn or an article."""
    files = [path for name in ("nlu", "turns", "articles") for path in sorted((ROOT / "data" / name).rglob("*.yml"))]
    learnt = "\n".join(path.read_text(encoding="utf-8").casefold() for path in files)
    for language in ("en", "zh"):
        known = [text for text in sentences[language] if len(text) > 3 and text.casefold() in learnt]
        assert not known, known


@pytest.mark.parametrize("mood", [mood for mood in unruly.MOODS if mood != "calm"])
def test_each_unruly_mood_shows_where_it_belongs_and_then_lets_the_conversation_go_on(mood):
    situation = ["utter_refund_requested"] if mood == "undoes" else ["step.roaming"]
    own = ("NZ20000001", "someone@example.net")
    for language in ("en", "zh"):
        traveller = unruly.Unruly(mood, left=1)
        said = traveller.interrupts(random.Random(1), situation, language, own)
        assert said is not None
        assert "{" not in said[0] or said == (unruly.REMINDER, True)
        assert traveller.interrupts(random.Random(1), situation, language, own) is None
    assert unruly.Unruly("calm").interrupts(random.Random(1), situation, "en", own) is None
