"""Each Rasa command we use works without TensorFlow: data validate, train, test core, test nlu, shell, run.

`rasa export` is in `test_event_broker.py`, beside the broker it sends to.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT
from aftercare.training.inputs import TRAINING_DATA
from aftercare.training.model_in_use import current_model, is_current
from aftercare.training.train import environment
from tests.support.running_stack import free_port, request_json
from tests.support.waiting import wait_until

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


def rasa(*arguments: str, cwd: Path = ROOT, said: str | None = None) -> subprocess.CompletedProcess[str]:
    """One Rasa command as `make` and `aftercare` run it; `said` is what is typed into it."""
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=cwd,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        input=said,
        text=True,
        timeout=150,
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


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny assistant, trained."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "data").mkdir()
    for name, content in TINY.items():
        (folder / name).write_text(content, encoding="utf-8")
    done = rasa("train", "--fixed-model-name", "tiny", cwd=folder)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def test_another_assistant_can_be_trained_with_our_parts(tiny: Path) -> None:
    assert (tiny / "models/tiny.tar.gz").is_file()
    done = rasa("test", "core", "--stories", "data/stories.yml", "--fail-on-prediction-errors", cwd=tiny)
    assert done.returncode == 0, done.stdout[-5000:]


def test_one_can_talk_in_the_shell(tiny: Path) -> None:
    done = rasa("shell", "--port", str(free_port()), cwd=tiny, said="你好\n/stop\n")
    assert "Bot loaded" in done.stdout, done.stdout[-5000:]
    assert re.search(r"^hello$", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout), re.MULTILINE), done.stdout[-5000:]


def test_sentences_are_read_in_the_shell(tiny: Path) -> None:
    done = rasa("shell", "nlu", cwd=tiny, said="你好\n")
    assert '"name": "greet"' in done.stdout, done.stdout[-5000:]


def test_it_is_served_over_http(tiny: Path) -> None:
    port = free_port()
    (tiny / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    with (tiny / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "rasa", "run", "--enable-api", "--port", str(port), "--interface", "127.0.0.1"],
            cwd=tiny,
            env={**environment(), "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        answers = _answers(f"http://127.0.0.1:{port}", "你好", within=120)
        assert [each["text"] for each in answers] == ["hello"]
        assert len(_processes_of_group(server.pid)) == 1
        _wait_for_text(tiny / "server.log", "Worker ready")  # from then on sanic minds signals
    finally:
        server.terminate()
        status = server.wait(60)
    assert status == 0, (tiny / "server.log").read_text()[-5000:]
    assert not _processes_of_group(server.pid)


def _answers(url: str, text: str, within: float) -> list[dict[str, str]]:
    """What the server says, once it is there."""
    end = time.monotonic() + within
    while True:
        try:
            status, said = request_json("POST", f"{url}/webhooks/rest/webhook", {"sender": "me", "message": text})
            if status == 200 and said:
                return list(said)
        except OSError:
            pass
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.2)


def _wait_for_text(log: Path, text: str, within: float = 60) -> None:
    try:
        wait_until(lambda: text in log.read_text(encoding="utf-8"), within)
    except AssertionError:
        raise AssertionError(log.read_text(encoding="utf-8")[-5000:]) from None


def _processes_of_group(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, of = entry.read_text().rsplit(")", 1)[1].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(entry.parent.name))
    return found
