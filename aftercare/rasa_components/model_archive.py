"""Unpacks a model's archive in half the time that Rasa takes, for whoever waits for a Rasa that was killed."""

from __future__ import annotations

import tarfile
from pathlib import Path


def unpack(model_archive_path: str | Path, temporary_directory: Path) -> None:
    """`LocalModelStorage._extract_archive_to_directory`, decompressing once.

    Rasa reads the whole archive for members that lead out of the folder, and then again. Python's own filter refuses
    each such member, devices and links out of the folder when it comes to them.

    Raises:
        tarfile.FilterError: a member leads out of the folder.
    """
    with tarfile.open(model_archive_path, mode="r:gz") as archive:
        archive.extractall(temporary_directory, filter="data")
