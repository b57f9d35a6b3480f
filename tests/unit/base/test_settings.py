"""Settings: defaults, errors that name the variable, secrets made once, and .env.example telling the truth."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from dotenv import dotenv_values

from aftercare.base import settings as module
from aftercare.base.settings import ROOT, Settings, SettingsError, settings

FIELDS = {str(field.validation_alias) for field in Settings.model_fields.values()}


def _calls_of_secret() -> set[str]:
    """Names of the secrets the code asks for: `settings().secret("engine")`."""
    names = set()
    for path in [*(ROOT / "aftercare").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "secret":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: name the secret literally"
                names.add(node.args[0].value)
    return names


@cache
def _variables() -> set[str]:
    """Parses every module of ours, once."""
    return FIELDS | {f"{name.upper()}_SECRET" for name in _calls_of_secret()}


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """None of our variables set, no .env read, nothing cached."""
    for name in _variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "load_dotenv", lambda _path: None)
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(dotenv_values(ROOT / ".env.example")) == _variables()


def test_the_example_holds_the_defaults(clean: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    for name, value in dotenv_values(ROOT / ".env.example").items():
        clean.setenv(name, value or "")
    assert Settings() == defaults


def test_the_example_explains_every_variable() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    # a comment stands above each variable or above the group of variables right before it
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            above = lines[number - 1]
            assert above.startswith("#") or "=" in above, f"{line} has no explanation"


def test_only_settings_reads_the_environment() -> None:
    for path in [*(ROOT / "aftercare").rglob("*.py"), *(ROOT / "actions").rglob("*.py")]:
        # training passes the whole environment on to Rasa, conversation tests give their stack one of its own, and a
        # process that is forked ready-made takes the one it is started with
        passing_on = ("aftercare/training/conversations.py", "aftercare/run/nursery.py")
        if path.name in ("settings.py", "train.py") or path in [ROOT / each for each in passing_on]:
            continue
        source = path.read_text(encoding="utf-8")
        assert "os.environ" not in source, path
        assert "getenv" not in source, path


def test_defaults_are_local(clean: pytest.MonkeyPatch) -> None:
    found = Settings()
    assert found.bind_host == "127.0.0.1"
    assert found.rasa_url == "http://127.0.0.1:5005"
    assert found.actions_url == "http://127.0.0.1:5055"
    assert found.public_url == "http://127.0.0.1:8080"
    assert found.orders_database_url == f"sqlite:///{ROOT}/var/orders.db"
    assert found.desk_database_url == f"sqlite:///{ROOT}/var/desk.db"
    assert found.tracker_database_url == f"sqlite:///{ROOT}/var/tracker.db"


def test_databases_and_urls_follow_what_is_set(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean.setenv("AFTERCARE_VAR", str(tmp_path))
    clean.setenv("RASA_PORT", "6005")
    clean.setenv("ACTIONS_URL", "http://actions.internal:80/")
    clean.setenv("ORDERS_DATABASE_URL", "postgresql://shop@db/orders")
    found = Settings()
    assert found.desk_database_url == f"sqlite:///{tmp_path}/desk.db"
    assert found.orders_database_url == "postgresql://shop@db/orders"
    assert found.rasa_url == "http://127.0.0.1:6005"
    assert found.actions_url == "http://actions.internal:80"


def test_a_relative_folder_starts_at_the_project(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("AFTERCARE_VAR", "somewhere")
    assert Settings().var_dir == ROOT / "somewhere"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DESK_PORT", "eighty"),
        ("DESK_PORT", "70000"),
        ("RASA_PORT", "-1"),
        ("DATABASE_TIMEOUT", "0"),
        ("CHAT_RATE", "many"),
        ("SUPPORT_TIMEZONE", "Pacific/Atlantis"),
        ("SUPPORT_TIMEZONE", "../../etc/passwd"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_an_impossible_value_is_named(clean: pytest.MonkeyPatch, name: str, value: str) -> None:
    clean.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"{name}: "):
        settings()


def test_every_impossible_value_is_named_at_once(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("DESK_PORT", "x")
    clean.setenv("LOG_LEVEL", "x")
    with pytest.raises(SettingsError, match=r"DESK_PORT.*LOG_LEVEL"):
        settings()


def test_a_secret_is_made_once_and_is_private(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean.setenv("AFTERCARE_VAR", str(tmp_path / "var"))
    found = Settings()
    secret = found.secret("engine")
    assert len(secret) >= 40
    assert secret == found.secret("engine") == Settings().secret("engine")
    assert secret != found.secret("chat_token")
    path = tmp_path / "var" / "secrets" / "engine"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["chat_token", "engine"]


def test_a_secret_from_the_environment_leaves_no_file(clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean.setenv("AFTERCARE_VAR", str(tmp_path / "var"))
    clean.setenv("ENGINE_SECRET", "from outside")
    assert Settings().secret("engine") == "from outside"
    assert not (tmp_path / "var").exists()


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    command = "from aftercare.base.settings import settings; print(settings().secret('engine'))"
    environment = {**os.environ, "AFTERCARE_VAR": str(tmp_path), "ENGINE_SECRET": ""}
    started = [
        subprocess.Popen([sys.executable, "-c", command], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    secrets = {process.communicate(timeout=60)[0].strip() for process in started}
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 40


def test_an_empty_secret_file_is_refused_and_the_way_out_said(tmp_path: Path) -> None:
    found = Settings(var_dir=tmp_path)
    assert found.secret("engine")
    (tmp_path / "secrets" / "engine").write_text("\n")
    with pytest.raises(SettingsError, match=r"secrets/engine is empty.*remove the file"):
        found.secret("engine")
    (tmp_path / "secrets" / "engine").unlink()
    assert found.secret("engine")
