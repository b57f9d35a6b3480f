"""What makes a model load quickly gives the same as Rasa's own way."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
import rasa.shared.utils.io as rasa_io
from rasa.shared.core.domain import Domain

from aftercare.base.settings import ROOT, Settings
from aftercare.rasa_components import model_archive
from aftercare.rasa_components.model_archive import is_kept, unpack
from aftercare.rasa_components.model_domain import read_stored

TRICKY = [
    "no",
    "yes",
    "on",
    "~",
    "null",
    "12",
    "1.5",
    "1e3",
    "true",
    "中文",
    "",
    " x",
    "é: #",
    "010",
    "=",
    "<<",
    "-.inf",
]


def same(ours: Any, theirs: Any) -> bool:
    """Equal, and of equal types all the way down."""
    return repr(ours) == repr(theirs)


@pytest.mark.parametrize("value", [*TRICKY, True, None, 7, -3, 0, 0.25, 1e-05, [], {}, ["no", {"on": "off"}]])
def test_a_value_that_rasa_writes_is_read_as_rasa_reads_it(value: Any) -> None:
    text = rasa_io.dump_obj_as_yaml_to_string({"value": value, "beside": "中文"})
    assert same(read_stored(text)["value"], value)
    assert same(read_stored(text), rasa_io.read_yaml(text))


def test_the_domain_is_read_as_rasa_reads_it() -> None:
    stored = Domain.load(ROOT / "domain.yml").as_yaml() + "\n# 中文\n"
    assert same(read_stored(stored), rasa_io.read_yaml(stored))


def test_variables_of_the_environment_and_escapes_are_left_to_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", "Kiwi")
    assert read_stored("name: ${SHOP}\nbeside: 中文") == {"name": "Kiwi", "beside": "中文"}
    assert read_stored(r"name: \u4e2d") == {"name": "中"}


def archive(path: Path, name: str) -> Path:
    with tarfile.open(path, "w:gz") as made:
        member = tarfile.TarInfo(name)
        member.size = 2
        made.addfile(member, io.BytesIO(b"{}"))
    return path


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to unpack into; what is kept is kept in the test's own."""
    monkeypatch.setattr(model_archive, "settings", lambda: Settings().model_copy(update={"var_dir": tmp_path / "var"}))
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


def test_an_archive_is_unpacked_and_nothing_leaves_the_folder(tmp_path: Path, inside: Path) -> None:
    unpack(archive(tmp_path / "good.tar.gz", "components/one.json"), inside)
    assert (inside / "components" / "one.json").read_text() == "{}"
    with pytest.raises(tarfile.FilterError):
        unpack(archive(tmp_path / "bad.tar.gz", "../outside.json"), inside)
    assert not list(tmp_path.rglob("outside.json"))
    assert not is_kept(tmp_path / "bad.tar.gz")


def test_an_archive_is_decompressed_once(tmp_path: Path, inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = archive(tmp_path / "good.tar.gz", "components/one.json")
    assert not is_kept(good)
    unpack(good, tmp_path / "before")
    monkeypatch.setattr(tarfile, "open", None)
    unpack(good, inside)
    assert (inside / "components" / "one.json").read_text() == "{}"


def test_another_archive_replaces_what_was_kept_also_under_the_same_name(tmp_path: Path, inside: Path) -> None:
    good = archive(tmp_path / "good.tar.gz", "components/one.json")
    unpack(good, tmp_path / "before")
    archive(good, "components/another.json")
    assert not is_kept(good)
    unpack(good, inside)
    assert [file.name for file in (inside / "components").iterdir()] == ["another.json"]
    assert len(list((tmp_path / "var" / "model").iterdir())) == 1


def test_a_truncated_archive_is_not_kept(tmp_path: Path, inside: Path) -> None:
    cut = archive(tmp_path / "cut.tar.gz", "components/one.json")
    cut.write_bytes(cut.read_bytes()[:60])
    with pytest.raises((EOFError, tarfile.TarError)):
        unpack(cut, inside)
    assert not is_kept(cut)


def test_without_space_to_keep_it_is_unpacked_all_the_same(tmp_path: Path, inside: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    unpack(archive(tmp_path / "good.tar.gz", "components/one.json"), inside)
    assert (inside / "components" / "one.json").read_text() == "{}"
