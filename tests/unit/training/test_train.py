"""A model is trained when what it is made of has changed, and a failed training replaces nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from aftercare.base.settings import ROOT
from aftercare.training.inputs import SOURCES, TRAINING_DATA, fingerprint, write_sentences
from aftercare.training.model_in_use import current_model, is_current, use
from aftercare.training.train import TrainingError, train

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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file of every kind a model is made of."""
    for name in ("config.yml", "domain.yml", "uv.lock"):
        (tmp_path / name).write_text(f"{name}: 1")
    for folder in ("data/nlu/en", "data/nlu/zh", "data/rules", "data/stories", "aftercare/rasa_components"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("data/nlu/en/faults.yml", "data/nlu/zh/faults.yml", "data/rules/a.yml", "data/stories/a.yml"):
        (tmp_path / name).write_text('version: "3.1"\n\nnlu: []\n')
    (tmp_path / "data/jieba").mkdir()
    (tmp_path / "data/jieba/words.txt").write_text("流量 100")
    (tmp_path / "aftercare/rasa_components/tokenizer.py").write_text("pass")
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa/__init__.py").touch()
    (tmp_path / "rasa/__main__.py").write_text(FAKE_RASA)
    (tmp_path / "models").mkdir()
    for module in ("inputs", "train"):
        monkeypatch.setattr(f"aftercare.training.{module}.ROOT", tmp_path)
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
        "data/nlu/en/refunds.yml",  # not there yet
    ],
)
def test_a_change_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint()
    assert fingerprint() == before
    (project / name).write_text("changed")
    assert fingerprint() != before


def test_moving_a_sentence_to_another_file_is_a_change(project: Path) -> None:
    before = fingerprint()
    (project / "data/nlu/en/faults.yml").rename(project / "data/nlu/en/trouble.yml")
    assert fingerprint() != before


@pytest.mark.parametrize(
    "name", ["README.md", "data/nlu/.faults.yml.swp", "models/old.tar.gz", "aftercare/rasa_components/x.pyc"]
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
