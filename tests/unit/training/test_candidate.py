"""What a candidate is trained on besides the reviewed sentences."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from aftercare.base.settings import DATA, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.training import candidate
from aftercare.training.candidate import JobError, _check, _with_turns
from aftercare.training.train import command
from aftercare.understanding.reader.examples import TurnExample, read_examples

TAUGHT = 'situation: step\nturns:\n- asked: roaming\n  said:\n  - ["kua oti te mahi, kei te pai", "step:works"]\n'


def test_the_reader_learns_from_the_shipped_turns_and_those_taught(
    tmp_path: Path, shipped_turns: tuple[TurnExample, ...]
) -> None:
    config = _with_turns(tmp_path, {"en/taught_step.yml": TAUGHT})
    read, shipped = (read_yaml(path) for path in (config, ROOT / "config.yml"))
    folder = Path(read["policies"][-1].pop("turns"))
    assert read == shipped
    examples = {each.text: each.labels for each in read_examples(folder)}
    assert examples.pop("kua oti te mahi, kei te pai") == ("step:works",)
    assert len(examples) == len({each.text for each in shipped_turns})
    assert str(config) in command(tmp_path / "nlu.yml", tmp_path, "name", config)


def test_taught_turns_with_faults_make_no_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    for name in ("nlu/en/reviewed.yml", "nlu/zh/reviewed.yml", "turns/en/step.yml"):
        (data / name).parent.mkdir(parents=True)
        shutil.copyfile(DATA / name, data / name)
    monkeypatch.setattr(candidate, "DATA", data)
    wrong = TAUGHT.replace("step:works", "start:dance")
    _with_turns(tmp_path, {"en/taught_step.yml": wrong})
    with pytest.raises(JobError, match=r"taught_step.yml:5: unknown intent dance"):
        _check({}, tmp_path / "turns")


@pytest.mark.parametrize("same_disk", [True, False])
def test_a_candidate_is_kept_whichever_disk_it_was_made_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_disk: bool
) -> None:
    """Working files may lie on another disk than the models: a volume of a container, or memory."""
    made, kept = tmp_path / "made.tar.gz", tmp_path / "candidates"
    made.write_bytes(b"model")
    kept.mkdir()
    monkeypatch.setattr(candidate, "CANDIDATES", kept)
    replace = os.replace

    def between_disks(source: Path, target: Path) -> None:
        if not same_disk and Path(source).parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        replace(source, target)

    monkeypatch.setattr(os, "rename", between_disks)
    monkeypatch.setattr(os, "replace", between_disks)
    candidate.keep(made)
    assert [path.name for path in kept.iterdir()] == ["made.tar.gz"]
    assert (kept / "made.tar.gz").read_bytes() == b"model"
    assert not made.exists()
