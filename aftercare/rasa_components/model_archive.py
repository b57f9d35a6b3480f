"""Unpacks a model's archive once and keeps its files in var/model: a Rasa that starts again reads them there.

Decompressing 50 MB takes a second of the processor, and Rasa does it twice at each start.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from aftercare.base.settings import settings


def unpack(model_archive_path: str | Path, temporary_directory: Path) -> None:
    """`LocalModelStorage._extract_archive_to_directory`, from the files that the last start with this model has kept.

    Rasa reads the whole archive for members that lead out of the folder, and then again. Python's own filter refuses
    each such member, devices and links out of the folder when it comes to them.

    Raises:
        tarfile.FilterError: a member leads out of the folder.
    """
    try:
        kept = _kept(Path(model_archive_path))
        shutil.copytree(kept, temporary_directory, copy_function=_link, dirs_exist_ok=True)
    except (OSError, shutil.Error):  # no space for it, or another Rasa has just put its own there
        _extract(Path(model_archive_path), temporary_directory)


def is_kept(archive: Path) -> bool:
    """Whether the files of this very archive are kept: then it could be read to its end."""
    return _place(archive).is_dir()


def _place(archive: Path) -> Path:
    about = archive.stat()
    return settings().var_dir / "model" / f"{archive.name}-{about.st_size}-{about.st_mtime_ns}"


def _kept(archive: Path) -> Path:
    """The folder with what is in an archive; made when there is none, and those of other archives are removed."""
    kept = _place(archive)
    if kept.is_dir():
        return kept
    folder = kept.parent
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        shutil.rmtree(other, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        whole = Path(fresh, "whole")
        whole.mkdir()
        _extract(archive, whole)
        whole.rename(kept)
    return kept


def _extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive, mode="r:gz") as members:
        members.extractall(folder, filter="data")


def _link(source: str, target: str) -> None:
    """A second name for a file that nobody writes to; a copy on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
