"""Keeps what was learnt from the same data by the same code, so that a training only makes what has changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aftercare.base.settings import ROOT, trained_parts_folder
from aftercare.base.source_files import files_behind

# Of each part so many are kept: the one in use, that of a candidate, and one to go back to.
_KEEP = 3


def part_key(code: Iterable[str], *data: Any) -> str:
    """Changes with `data` (by `repr`), with the code of the modules of these names, and with the locked libraries."""
    digest = hashlib.sha256()
    for path in sorted({*files_behind(code), ROOT / "uv.lock"}):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for each in data:
        digest.update(hashlib.sha256(repr(each).encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


def trained_part(name: str, key: str, train: Callable[[Path], None], into: Path) -> None:
    """Put into the folder `into` what `train` writes into the folder it is given.

    What was written for the same `name` and `key` before is copied. Of several processes that want the same part one
    makes it and the others wait.
    """
    parts = trained_parts_folder()
    if parts is None:
        train(into)
        return
    parts.mkdir(parents=True, exist_ok=True)
    with locked(parts / f"{name}.lock"):
        kept = parts / f"{name}-{key[:32]}"
        if not kept.is_dir():
            with tempfile.TemporaryDirectory(prefix=".part-", dir=parts) as work:
                made = Path(work) / "made"
                made.mkdir()
                train(made)
                made.rename(kept)
        os.utime(kept)
        shutil.copytree(kept, into, dirs_exist_ok=True)
        used = sorted(parts.glob(f"{name}-*"), key=lambda part: part.stat().st_mtime_ns)
        for old in used[:-_KEEP]:
            shutil.rmtree(old)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of this file; it ends with the process."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
