"""Rasa servers fetch the model in use from the desk: Rasa's own client against our server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rasa.utils.endpoints import EndpointConfig

from aftercare.rasa_components.patches import pull
from aftercare.run.endpoints import endpoints
from aftercare.training import model_in_use


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for models with none in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model_in_use, "MODELS", folder)
    monkeypatch.setattr(model_in_use, "STATE", folder / "trained.json")
    return folder


def choose(models: Path, name: str, content: bytes) -> None:
    (models / name).write_bytes(content)
    model_in_use.use(models / name, "any fingerprint")


async def test_a_rasa_server_follows_the_model_in_use(desk: Any, models: Path, tmp_path: Path) -> None:
    url = f"{desk.url}/models/production"
    settings = desk.settings.model_copy(update={"model_server_url": url})
    asked = EndpointConfig.from_dict(endpoints(settings)["models"])
    here = tmp_path / "fetched"
    here.mkdir()

    assert await pull(asked, None, str(here)) is None  # nothing was ever trained
    choose(models, "first.tar.gz", b"the first model")
    first = await pull(asked, None, str(here))
    assert (here / "first.tar.gz").read_bytes() == b"the first model"
    assert await pull(asked, first, str(here)) is None
    choose(models, "second.tar.gz", b"the second model")
    second = await pull(asked, first, str(here))
    assert (here / "second.tar.gz").read_bytes() == b"the second model"
    assert second not in (None, first)
    choose(models, "first.tar.gz", b"the first model")  # back again
    assert await pull(asked, second, str(here)) == first


async def test_the_protocol_of_the_model_server(desk: Any, models: Path, http: aiohttp.ClientSession) -> None:
    url, token = f"{desk.url}/models/production", desk.settings.secret("model_server")
    for sent in ({}, {"token": ""}, {"token": "wrong"}, {"token": "é"}):
        async with http.get(url, params=sent) as answer:
            assert answer.status == 401
    async with http.get(url, params={"token": token}) as answer:
        assert answer.status == 204
    choose(models, "only.tar.gz", b"model")
    async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert (answer.status, await answer.read()) == (200, b"model")
        assert answer.headers["filename"] == "only.tar.gz"
        etag = answer.headers["ETag"]
    async with http.get(url, params={"token": token}, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    assert json.loads(model_in_use.STATE.read_text())["model"] == "only.tar.gz"
