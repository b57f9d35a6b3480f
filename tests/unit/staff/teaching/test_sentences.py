"""Accepted sentences become training data that Rasa, the lint and git can read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from aftercare.base.settings import DATA
from aftercare.rasa_components.lint import read_sentences
from aftercare.staff.teaching.examples import (
    ExampleConflict,
    TrainingExample,
    conflict_of,
    draft,
    fault,
    lint,
    patch,
    write,
)
from aftercare.staff.ui.masking import Span


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project under git with a little training data; its data/nlu."""
    nlu = tmp_path / "data" / "nlu"
    for language, sentence in (("en", "where is [NZ10000001](order_number)"), ("zh", "我的订单呢")):
        (nlu / language).mkdir(parents=True)
        text = f'version: "3.1"\nnlu:\n- intent: check_order_status\n  examples: |\n    - {sentence}\n'
        (nlu / language / "orders.yml").write_text(text)
        (nlu / language / "reviewed.yml").write_text((DATA / "nlu" / language / "reviewed.yml").read_text())
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return nlu


def reviewed(project: Path, language: str) -> dict[str, list[str]]:
    content = yaml.safe_load((project / language / "reviewed.yml").read_text())
    return {entry["intent"]: entry["examples"].splitlines() for entry in content["nlu"]}


ORDER = TrainingExample(1, "en", "has NZ10000001 gone out", "check_order_status", (Span("order_number", 4, 14),))
REFUND = TrainingExample(2, "zh", "钱退哪儿去啦", "check_refund_status")


def test_sentences_are_written_with_their_entities(project: Path) -> None:
    made = draft([ORDER, REFUND], project)
    write(made.texts, project)
    assert reviewed(project, "en") == {"check_order_status": ["- has [NZ10000001](order_number) gone out"]}
    assert reviewed(project, "zh") == {"check_refund_status": ["- 钱退哪儿去啦"]}
    (example,) = read_sentences(project / "en" / "reviewed.yml", project)
    assert (example.text, example.entities[0]["entity"]) == (ORDER.text, "order_number")
    again = draft([ORDER, TrainingExample(3, "en", "did it go out?", "check_order_status")], project)
    assert [each.id for each in again.added] == [3]
    assert [each.id for each in again.known] == [1]
    write(again.texts, project)
    assert len(reviewed(project, "en")["check_order_status"]) == 2


def test_git_applies_the_patch(project: Path) -> None:
    made = draft([ORDER, REFUND], project)
    root = project.parent.parent
    subprocess.run(["git", "apply", "--check", "-"], input=patch(made.texts, project), text=True, cwd=root, check=True)
    subprocess.run(["git", "apply", "-"], input=patch(made.texts, project), text=True, cwd=root, check=True)
    assert {p: (project / p / "reviewed.yml").read_text() for p in ("en", "zh")} == made.texts
    assert patch(made.texts, project) == ""


def test_git_applies_the_patch_where_the_file_is_new(project: Path) -> None:
    (project / "zh" / "reviewed.yml").unlink()
    root = project.parent.parent
    made = draft([REFUND], project)
    subprocess.run(["git", "apply", "-"], input=patch(made.texts, project), text=True, cwd=root, check=True)
    assert reviewed(project, "zh") == {"check_refund_status": ["- 钱退哪儿去啦"]}


def test_nothing_accepted_changes_nothing(project: Path) -> None:
    assert patch(draft([], project).texts, project) == ""


def test_what_is_known_already_is_left_out_and_a_contradiction_is_named(project: Path) -> None:
    same = TrainingExample(4, "en", "Where is NZ10000001?", "check_order_status")
    other = TrainingExample(5, "zh", "我的订单呢", "ask_invoice")
    made = draft([same, other], project)
    assert (made.added, made.known) == ((), (same,))
    assert (made.conflicts[0].where, made.conflicts[0].intent) == ("zh/orders.yml", "check_order_status")


def test_brackets_mean_no_annotation(project: Path) -> None:
    write(draft([TrainingExample(6, "en", "[help](me) {now}", "human_handoff")], project).texts, project)
    assert reviewed(project, "en")["human_handoff"] == ["- (help)(me) (now)"]


async def test_the_lint_judges_the_new_files(project: Path) -> None:
    assert await lint(draft([ORDER, REFUND], project).texts, project) == []
    faults = await lint(
        draft([TrainingExample(7, "zh", "where has my refund gone", "ask_nothing")], project).texts, project
    )
    assert any("ask_nothing" in fault for fault in faults)
    assert any("is written in en" in fault for fault in faults)
    assert "ask_nothing" not in (project / "zh" / "reviewed.yml").read_text()


async def test_what_the_lint_says_is_put_in_words(project: Path) -> None:
    (project / "en" / "more.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: ask_apn\n  examples: |\n    - has my order gone out at last\n'
        "    - where is NZ10000001\n"
    )
    (project / "zh" / "more.yml").write_text('version: "3.1"\nnlu:\n- intent: ask_apn\n  examples: |\n    - 接入点\n')
    wrong = [
        TrainingExample(1, "en", "has my order gone out at last!!", "check_order_status"),
        TrainingExample(2, "zh", "where did it go to", "check_order_status"),
        TrainingExample(3, "en", "my iphone died", "report_no_service", (Span("device", 3, 6),)),
        TrainingExample(4, "en", "so has my order gone out at last", "check_order_status"),
    ]
    texts = draft([each for each in wrong if each.id != 1], project).texts
    faults = [fault(line) for line in await lint(texts, project)]
    assert {each.key for each in faults} == {"double", "language", "boundary", "nearly"}, faults
    assert any(each.values.get("part") == "iph" for each in faults)
    assert conflict_of(wrong[0], project) == ExampleConflict(wrong[0], "en/more.yml", "ask_apn")
    assert conflict_of(wrong[2], project) is None
    assert fault("something new").values == {"line": "something new"}
