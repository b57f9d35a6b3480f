"""A model is trained when what it is made of has changed, and a failed training replaces nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from aftercare.base.settings import ROOT
from aftercare.catalogue.load import Catalogue, load_catalogue
from aftercare.training.inputs import (
    SOURCES,
    TRAINING_DATA,
    catalogue_names,
    component_files,
    fingerprint,
    write_sentences,
)
from aftercare.training.model_in_use import current_model, is_current, use
from aftercare.training.train import TrainingError, readable, train
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import DICTIONARY, _han_words

# Stands where Rasa would be found: it fails when told to, and otherwise writes the model it was asked for.
FAKE_RASA = """
import pathlib, sys
arguments = sys.argv[1:]
print("training with", arguments)
if pathlib.Path("broken").exists():
    sys.exit("YAML error in line 7")
folder, name = (arguments[arguments.index(option) + 1] for option in ("--out", "--fixed-model-name"))
pathlib.Path(folder, name + ".tar.gz").write_text("model")
"""

# Code and data of which a model has only parts.
FOLDERS = (
    "aftercare/base",
    "aftercare/rasa_components",
    "aftercare/understanding",
    "data/catalogue",
    "data/responses/en",
    "data/responses/zh",
)
FILES = {
    "aftercare/__init__.py": "",
    "aftercare/base/language.py": "",
    "aftercare/base/money.py": "",
    "aftercare/rasa_components/__init__.py": "",
    "aftercare/rasa_components/channel.py": "",
    "aftercare/rasa_components/tokenizer.py": "from aftercare.understanding import words\n",
    "aftercare/understanding/words.py": "def cut():\n    from aftercare.base.language import HAN\n",
    "data/catalogue/devices.yml": "devices:\n- {id: pixel-8, brand: Google, model: Pixel 8, aliases: [P8], note: a}\n",
    "data/catalogue/plans.yml": "plans:\n- {id: nz-10, name_en: NZ 10 GB, name_zh: 新西兰 10 GB, price_minor: 3490}\n",
    "data/responses/en/a.yml": "responses:\n  utter_hello: [{text: Hello}]\n",
    "data/responses/zh/a.yml": "responses:\n  utter_hello: [{text: 你好}]\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file of every kind a model is made of."""
    for name in ("config.yml", "domain.yml", "uv.lock"):
        (tmp_path / name).write_text(f"{name}: 1")
    (tmp_path / "config.yml").write_text("pipeline:\n- name: aftercare.rasa_components.tokenizer.MixedTokenizer\n")
    for folder in ("data/nlu/en", "data/nlu/zh", "data/rules", "data/stories", *FOLDERS):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("data/nlu/en/faults.yml", "data/nlu/zh/faults.yml", "data/rules/a.yml", "data/stories/a.yml"):
        (tmp_path / name).write_text('version: "3.1"\n\nnlu: []\n')
    (tmp_path / "data/jieba").mkdir()
    (tmp_path / "data/jieba/words.txt").write_text("流量 100")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa/__init__.py").touch()
    (tmp_path / "rasa/__main__.py").write_text(FAKE_RASA)
    (tmp_path / "models").mkdir()
    for module in ("training.inputs", "training.train", "base.source_files"):
        monkeypatch.setattr(f"aftercare.{module}.ROOT", tmp_path)
    for module in ("train", "model_in_use"):
        monkeypatch.setattr(f"aftercare.training.{module}.MODELS", tmp_path / "models")
    monkeypatch.setattr("aftercare.training.model_in_use.STATE", tmp_path / "models/trained.json")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "config.yml",
        "domain.yml",
        "uv.lock",
        "data/nlu/zh/faults.yml",
        "data/rules/a.yml",
        "data/stories/a.yml",
        "data/jieba/words.txt",
        "aftercare/rasa_components/tokenizer.py",
        "aftercare/rasa_components/__init__.py",
        "aftercare/understanding/words.py",
        "aftercare/base/language.py",  # imported inside a function
        "data/nlu/en/refunds.yml",  # not there yet
    ],
)
def test_a_change_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint()
    assert fingerprint() == before
    (project / name).write_text("changed = 1")
    assert fingerprint() != before


def test_another_sentence_encoder_changes_the_fingerprint(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for identity in ("off", "one", "another"):
        monkeypatch.setattr("aftercare.training.inputs.identity", lambda identity=identity: identity)
        found.append(fingerprint())
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    ("name", "old", "new", "matters"),
    [
        ("data/catalogue/devices.yml", "P8", "Pixel Eight", True),
        ("data/catalogue/devices.yml", "note: a", "note: b", False),
        ("data/catalogue/plans.yml", "新西兰 10 GB", "新西兰 10GB", True),
        ("data/catalogue/plans.yml", "3490", "3990", False),
        ("data/responses/zh/a.yml", "你好", "您好", False),
        ("data/responses/en/a.yml", "utter_hello", "utter_welcome", True),
    ],
)
def test_names_matter_and_wording_does_not(project: Path, name: str, old: str, new: str, matters: bool) -> None:
    before = fingerprint()
    text = (project / name).read_text()
    assert old in text
    (project / name).write_text(text.replace(old, new))
    assert (fingerprint() != before) is matters


def test_training_reads_no_more_of_the_catalogue_than_is_in_the_fingerprint() -> None:
    names = catalogue_names()
    no_names: dict[str, Any] = {"aliases": ()}
    reduced = SimpleNamespace(
        **{section: [SimpleNamespace(**{**no_names, **entry}) for entry in names[section]] for section in names},
        tried_steps=(),
    )
    text = "My P8 in 皇后镇, iPhone 15 Pro Max, Spark"
    whole = EntityFinder(load_catalogue()).named(text)
    assert whole
    assert EntityFinder(cast(Catalogue, reduced)).named(text) == whole
    assert list(_han_words(cast(Catalogue, reduced), DICTIONARY)) == list(_han_words(load_catalogue(), DICTIONARY))


def test_the_components_bring_what_they_import_and_neither_channel_nor_wording() -> None:
    files = {str(path.relative_to(ROOT)) for path in component_files()}
    assert {
        "aftercare/rasa_components/classifier.py",
        "aftercare/rasa_components/importer.py",
        "aftercare/rasa_components/policies.py",
        "aftercare/understanding/segmentation.py",
        "aftercare/base/language.py",
        "aftercare/base/responses.py",
    } <= files
    assert (
        not {
            "aftercare/rasa_components/channel.py",
            "aftercare/rasa_components/nlg.py",
            "aftercare/rasa_components/patches.py",
            "aftercare/rasa_components/tracker_store.py",
        }
        & files
    )
    assert not [name for name in files if name.startswith(("aftercare/conversations", "aftercare/orders", "actions"))]


def test_moving_a_sentence_to_another_file_is_a_change(project: Path) -> None:
    before = fingerprint()
    (project / "data/nlu/en/faults.yml").rename(project / "data/nlu/en/trouble.yml")
    assert fingerprint() != before


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "data/nlu/.faults.yml.swp",
        "models/old.tar.gz",
        "aftercare/rasa_components/x.pyc",
        "aftercare/rasa_components/channel.py",
        "aftercare/base/money.py",
    ],
)
def test_what_a_model_is_not_made_of_does_not_matter(project: Path, name: str) -> None:
    before = fingerprint()
    (project / name).write_text("changed")
    assert fingerprint() == before


def test_everything_a_model_is_made_of_exists() -> None:
    for source in SOURCES:
        assert (ROOT / source).exists(), source
    assert set(TRAINING_DATA) <= set(SOURCES)


def test_trains_once_and_again_after_a_change(project: Path) -> None:
    assert current_model() is None
    assert not is_current()
    model = train(project / "log/train.log")
    assert model.is_file()
    assert current_model() == model
    assert is_current()
    assert "--data" in (project / "log/train.log").read_text()

    (project / "rasa/__main__.py").write_text("raise SystemExit('must not run')")
    assert train() == model

    (project / "rasa/__main__.py").write_text(FAKE_RASA)
    (project / "domain.yml").write_text("changed")
    assert not is_current()
    assert current_model() == model  # still usable until the new one is there
    train()
    assert is_current()


def test_trains_again_when_asked_or_when_the_model_is_gone(project: Path) -> None:
    train().unlink()
    assert current_model() is None
    assert not is_current()
    model = train()
    (project / "rasa/__main__.py").write_text("raise SystemExit('ran')")
    with pytest.raises(TrainingError, match="ran"):
        train(force=True)
    assert current_model() == model


def test_a_failed_training_says_why_and_replaces_nothing(project: Path) -> None:
    model = train()
    (project / "config.yml").write_text("changed")
    (project / "broken").touch()
    with pytest.raises(TrainingError, match="YAML error in line 7"):
        train()
    assert current_model() == model
    assert not is_current()


def test_a_damaged_note_of_the_model_means_training(project: Path) -> None:
    train()
    (project / "models/trained.json").write_text("{")
    assert current_model() is None
    assert not is_current()
    train()
    assert is_current()


def test_old_models_are_removed_but_the_newest(project: Path) -> None:
    for day in range(1, 6):
        (project / f"models/2020010{day}-000000.tar.gz").touch()
    model = train()
    names = sorted(path.name for path in (project / "models").glob("*.tar.gz"))
    assert names == ["20200104-000000.tar.gz", "20200105-000000.tar.gz", model.name]


def test_a_chosen_model_stays_until_the_data_becomes_something_else(project: Path) -> None:
    train()
    (project / "models/candidates").mkdir()
    candidate = project / "models/candidates/c1.tar.gz"
    candidate.write_text("model")
    reviewed = project / "data/nlu/en/faults.yml"
    new = 'version: "3.1"\n\nnlu:\n- intent: greet\n  examples: |\n    - kia ora\n'
    use(candidate, fingerprint(), fingerprint({reviewed: new}))
    assert current_model() == candidate
    assert train() == candidate
    reviewed.write_text(new)  # what it was trained on is now in the data as well
    assert train() == candidate
    turns = project / "data/turns/zh/taught_step.yml"  # not there yet
    use(candidate, fingerprint(), fingerprint({turns: "situation: step\nturns: []\n"}))
    turns.parent.mkdir(parents=True)
    turns.write_text("situation: step\nturns: []\n")
    assert train() == candidate
    reviewed.write_text(new + "    - hello\n")
    assert not is_current()
    train()
    assert candidate.is_file()  # the desk may want to go back to it


def test_sentences_of_all_files_are_merged_with_those_not_written_yet(project: Path) -> None:
    (project / "data/nlu/en/faults.yml").write_text('version: "3.1"\nnlu:\n- intent: deny\n  examples: |\n    - no\n')
    chinese = project / "data/nlu/zh/faults.yml"
    written = write_sentences(project / "var/nlu.yml")
    assert yaml.safe_load(written.read_text())["nlu"] == [{"intent": "deny", "examples": "- no\n"}]
    write_sentences(written, {chinese: "version: 1\nnlu:\n- intent: deny\n  examples: |\n    - 不\n"})
    assert [entry["examples"] for entry in yaml.safe_load(written.read_text())["nlu"]] == ["- no\n", "- 不\n"]


def test_a_log_of_training_is_for_reading() -> None:
    said = (
        "\x1b[93m/x/rasa/shared/utils/io.py:100: UserWarning: Entity entity 'plan' has only 1 training examples! The "
        "minimum is 2, because of this the training may fail.\n"
        "\x1b[0m\x1b[93m/io.py:1: UserWarning: You have defined training data consisting of entity examples, but …\n"
        "  More info at https://rasa.com/docs/rasa/components\n"
        "\x1b[0m2026-11-30 INFO rasa.hooks - Starting to train component 'RulePolicy'.\n"
        "\rProcessed story blocks:   0%|          | 0/53 [00:00<?, ?it/s]"
        "\rProcessed actions: 69it [00:00, 6799.18it/s, # examples=68]\n"
        "/x/io.py:100: UserWarning: Found a rule that contradicts a story.\n"
    )
    assert readable(said).splitlines() == [
        "2026-11-30 INFO rasa.hooks - Starting to train component 'RulePolicy'.",
        "/x/io.py:100: UserWarning: Found a rule that contradicts a story.",
    ]
