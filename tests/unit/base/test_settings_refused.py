"""What would open the desk by mistake is refused when it starts, with the line to change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from aftercare.base.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALLOWED_ORIGINS", "*", "list them"),
        ("ALLOWED_ORIGINS", "https://shop.example.com shop.example.org", "scheme and host"),
        ("ALLOWED_ORIGINS", "http://[", "scheme and host"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "address or network"),
        ("TRUSTED_PROXIES", "*", "address or network"),
        ("PUBLIC_URL", "help.example.com", "scheme and host"),
        ("PUBLIC_URL", "http://[", "scheme and host"),
        ("RASA_URL", "ftp://rasa", "scheme and host"),
        ("IDENTITY_SECRET", "short", "32 bytes"),
        ("ACTIVATION_CODE_KEYS", "short", "16 characters"),
    ],
)
def test_an_impossible_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert (error["loc"], words in error["msg"]) == ((name,), True)


def test_a_short_secret_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TOKEN_SECRET", "hunter2")
    with pytest.raises(SettingsError, match="CHAT_TOKEN_SECRET is too short"):
        Settings.refuse_short_secrets()
    monkeypatch.setenv("CHAT_TOKEN_SECRET", "x" * 16)
    Settings.refuse_short_secrets()


@pytest.mark.parametrize(
    ("changes", "demo"),
    [
        ({}, True),
        ({"demo_orders": False}, False),
        ({"bind_host": "0.0.0.0"}, False),
        ({"public_url": "https://help.example.com"}, False),
        ({"public_url": "http://localhost:8080"}, True),
        ({"bind_host": "::1", "public_url": "http://[::1]:8080"}, True),
    ],
)
def test_the_demo_is_on_this_machine_alone(changes: dict[str, object], demo: bool) -> None:
    assert Settings(**changes).is_demo is demo  # type: ignore[arg-type]


def test_what_is_written_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "var" / "log").mkdir(parents=True)
        (tmp_path / "var" / "log" / "desk.log").write_text("x")
        Settings(var_dir=tmp_path / "var").make_private()
        (tmp_path / "var" / "new").write_text("x")
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [tmp_path / "var", *(tmp_path / "var").rglob("*")]}
        assert modes == {"var": 0o700, "log": 0o700, "desk.log": 0o600, "new": 0o600}
    finally:
        os.umask(before)
