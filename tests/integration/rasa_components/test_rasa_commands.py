"""Each Rasa command we use works without TensorFlow: data validate, train, test core, test nlu."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT
from aftercare.training.inputs import TRAINING_DATA
from aftercare.training.model_in_use import current_model, is_current
from aftercare.training.train import environment

pytestmark = pytest.mark.timeout(400)

SENTENCES = """
version: "3.1"
nlu:
- intent: report_no_data
  examples: |
    - it shows four bars but no page will open
    - 有信号但是上不了网
- intent: request_refund
  examples: |
    - please give me my money back
    - 我想退款
"""

TINY = {
    "config.yml": """
recipe: default.v1
assistant_id: tiny
language: zh
pipeline:
- name: aftercare.rasa_components.tokenizer.MixedTokenizer
- name: aftercare.rasa_components.extractor.CatalogueEntityExtractor
- name: aftercare.rasa_components.classifier.LinearIntentClassifier
- {name: FallbackClassifier, threshold: 0.4}
policies:
- name: RulePolicy
- name: aftercare.rasa_components.policies.StoryPolicy
""",
    "domain.yml": """
version: "3.1"
intents: [greet, report_no_data, request_refund]
entities: [order_number]
responses:
  utter_hello: [{text: hello}]
  utter_bars: [{text: bars}]
  utter_refund: [{text: refund}]
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello there
    - good morning
    - 你好
    - 早上好
- intent: report_no_data
  examples: |
    - there are bars but nothing loads
    - the internet does not work here
    - 有信号没有网
    - 网页打不开
- intent: request_refund
  examples: |
    - I would like a refund
    - give the money back
    - 我要退款
    - 把钱退给我
""",
    "data/rules.yml": """
version: "3.1"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_hello}]
""",
    "data/stories.yml": """
version: "3.1"
stories:
- story: no data, then refund
  steps:
  - intent: report_no_data
  - action: utter_bars
  - intent: request_refund
  - action: utter_refund
""",
}


def rasa(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """One Rasa command as `make` and `aftercare` run it."""
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=cwd,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def model() -> Path:
    """The trained model of the assistant."""
    assert is_current(), "train first: make train"
    found = current_model()
    assert found is not None
    return found


def test_data_validate_finds_nothing_to_complain_about() -> None:
    done = rasa("data", "validate", "--fail-on-warnings", "--domain", "domain.yml", "--data", *TRAINING_DATA)
    assert done.returncode == 0, done.stdout[-5000:]


def test_every_story_and_rule_is_predicted(model: Path, tmp_path: Path) -> None:
    stories = ("--stories", "data/stories", "--fail-on-prediction-errors")
    done = rasa("test", "core", "--model", str(model), *stories, "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout[-5000:]
    report = json.loads((tmp_path / "story_report.json").read_text())
    assert report["conversation_accuracy"]["accuracy"] == 1.0
    assert report["conversation_accuracy"]["total"] >= 10


def test_nlu_can_be_tested(model: Path, tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text(SENTENCES, encoding="utf-8")
    arguments = ("--model", str(model), "--nlu", str(tmp_path / "nlu.yml"), "--out", str(tmp_path), "--no-plot")
    done = rasa("test", "nlu", *arguments)
    assert done.returncode == 0, done.stdout[-5000:]
    report = json.loads((tmp_path / "intent_report.json").read_text())
    assert report["weighted avg"]["support"] == 4
    assert {"report_no_data", "request_refund"} <= set(report)


def test_another_assistant_can_be_trained_with_our_parts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name, content in TINY.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    done = rasa("train", "--out", "models", "--fixed-model-name", "tiny", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-5000:]
    assert (tmp_path / "models/tiny.tar.gz").is_file()

    done = rasa("test", "core", "--stories", "data/stories.yml", "--fail-on-prediction-errors", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-5000:]
