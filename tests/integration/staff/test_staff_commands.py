"""The staff on the command line, beside the running desk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import ROOT
from aftercare.staff.access.tables import audit_entry
from aftercare.staff.people import accounts


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/desk.db"


def aftercare(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DESK_DATABASE_URL": url, "PUBLIC_URL": "https://help.example.com", "COLUMNS": "40"}
    command = [sys.executable, "-m", "aftercare.run.cli", "staff", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_somebody_is_added_listed_and_helped_back_in(url: str) -> None:
    added = aftercare(url, "add", "Mere@Example.com", "--role", "lead")
    link = added.stdout.strip()
    assert link.startswith("https://help.example.com/desk/welcome/")
    assert aftercare(url, "list").stdout.split() == ["mere@example.com", "lead", "invited"]
    again = aftercare(url, "reset", "mere@example.com").stdout.strip()
    engine = open_engine(url)
    secrets = [each.rpartition("/")[2] for each in (link, again)]
    found = [accounts.find_link(engine, secret, utc_now()) for secret in secrets]
    assert found[0] is None
    assert found[1] is not None
    assert found[1].email == "mere@example.com"
    with engine.connect() as connection:
        actions = connection.execute(sa.select(audit_entry.c.action).order_by(audit_entry.c.id)).scalars().all()
    assert actions == ["staff.invited", "staff.reset"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "not an address"), "not an e-mail address"),
        (("add", "a@example.com", "--role", "king"), "no such role"),
        (("add", "a@example.com", "--language", "fr"), "en, zh"),
        (("reset", "nobody@example.com"), "no active account"),
    ],
)
def test_a_mistake_gets_one_line(url: str, words: tuple[str, ...], says: str) -> None:
    done = aftercare(url, *words)
    assert done.returncode == 1
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
