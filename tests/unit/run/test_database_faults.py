"""An operator is told which database cannot be used and what to do, without passwords and without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is no database at all, but long enough to be looked at " * 40, "is damaged. Put the latest backup"),
        (b"SQLite format 3\0" + b"\xff" * 8192, "ORDERS_DATABASE_URL"),
    ],
)
def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "orders.db").write_bytes(content)
    said = _seed({"AFTERCARE_VAR": str(tmp_path)})
    assert words in " ".join(said.split())
    assert "orders.db" in said


def test_a_server_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:hush@127.0.0.1:9/orders"
    said = _seed({"AFTERCARE_VAR": str(tmp_path), "ORDERS_DATABASE_URL": url})
    assert "ORDERS_DATABASE_URL" in said
    assert "hush" not in said


def _seed(environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aftercare.run.cli", "seed"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr
