"""What was learnt from the same data by the same code is learnt once; whatever changes, it is learnt again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aftercare.base import source_files
from aftercare.base.settings import TRAINED_PARTS
from aftercare.understanding import trained_parts
from aftercare.understanding.trained_parts import part_key, trained_part


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(TRAINED_PARTS, str(tmp_path / "parts"))
    return tmp_path / "parts"


class Training:
    """Writes a number of its own each time."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "model").write_text(str(self.times))


def put(into: Path, key: str, train: Callable[[Path], None], name: str = "part") -> str:
    into.mkdir(exist_ok=True)
    trained_part(name, key, train, into)
    return (into / "model").read_text()


def test_the_same_is_trained_once_and_something_else_again(parts: Path, tmp_path: Path) -> None:
    train = Training()
    assert put(tmp_path / "a", "one", train) == "1"
    assert put(tmp_path / "b", "one", train) == "1"
    assert put(tmp_path / "c", "two", train) == "2"
    assert put(tmp_path / "d", "one", train, "other part") == "3"


def test_without_a_folder_to_keep_parts_in_all_are_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRAINED_PARTS, raising=False)
    train = Training()
    assert [put(tmp_path / "a", "one", train), put(tmp_path / "b", "one", train)] == ["1", "2"]


def test_a_training_that_fails_leaves_nothing(parts: Path, tmp_path: Path) -> None:
    def failing(folder: Path) -> None:
        (folder / "model").write_text("half")
        raise ValueError("too few examples")

    with pytest.raises(ValueError, match="too few"):
        put(tmp_path / "a", "one", failing)
    assert put(tmp_path / "a", "one", Training()) == "1"


def test_the_parts_used_last_are_kept(parts: Path, tmp_path: Path) -> None:
    train = Training()
    for key in ("one", "two", "three", "one", "four"):
        put(tmp_path / "a", key, train)
    assert train.times == 4
    assert {path.name for path in parts.glob("part-*")} == {"part-one", "part-three", "part-four"}


def test_of_two_that_want_the_same_one_waits(parts: Path, tmp_path: Path) -> None:
    begun, go_on, train = threading.Event(), threading.Event(), Training()

    def slow(folder: Path) -> None:
        begun.set()
        assert go_on.wait(20)
        train(folder)

    first = threading.Thread(target=put, args=(tmp_path / "a", "one", slow))
    first.start()
    assert begun.wait(20)
    second = threading.Thread(target=put, args=(tmp_path / "b", "one", train))
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert train.times == 1
    assert (tmp_path / "b" / "model").read_text() == "1"


def test_the_key_changes_with_data_code_and_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aftercare").mkdir()
    for module in (source_files, trained_parts):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    files = {"uv.lock": "a", "aftercare/fit.py": "from aftercare import words\n", "aftercare/words.py": "CUT = 1\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = [part_key(["aftercare.fit"], ["a sentence"]), part_key(["aftercare.fit"], ["another"])]
    assert part_key(["aftercare.fit"], ["a sentence"]) == found[0]
    for name, text in files.items():
        (tmp_path / name).write_text(f"{text}# changed\n")
        found.append(part_key(["aftercare.fit"], ["a sentence"]))
    assert len(set(found)) == len(found)
