"""`aftercare encoder prepare` makes the encoder once, says how long it took, and obeys ENCODER."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aftercare.base import settings as settings_module
from aftercare.base.settings import settings
from aftercare.run import cli
from aftercare.training import encoder_file, encoder_source
from aftercare.understanding.encoder import EncoderError


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """How often the encoder was prepared, and whether by force; nothing is really made."""
    calls: list[bool] = []
    monkeypatch.setattr(encoder_file, "prepare", lambda force: calls.append(force))
    monkeypatch.setattr(encoder_source, "is_prepared", lambda: bool(calls))
    monkeypatch.setattr(settings_module, "load_dotenv", lambda _path: None)
    monkeypatch.delenv("ENCODER", raising=False)
    settings.cache_clear()
    yield calls
    settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["encoder", "prepare", *arguments])


def test_it_is_prepared_when_it_is_missing(prepared: list[bool]) -> None:
    assert "Prepared the sentence encoder in 0 s" in run().output
    assert "Prepared" not in run().output
    assert prepared == [False]
    assert "Prepared" in run("--force").output
    assert prepared == [False, True]


def test_nothing_is_prepared_when_it_is_off(prepared: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODER", "off")
    assert "switched off" in run().output
    assert prepared == []


def test_a_chosen_folder_is_checked(prepared: list[bool], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENCODER", str(tmp_path))
    result = run()
    assert isinstance(result.exception, EncoderError)
    assert prepared == []
