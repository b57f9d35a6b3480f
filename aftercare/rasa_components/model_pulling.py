"""Lets Rasa fetch its first model from a model server."""

from __future__ import annotations

from typing import Any

import rasa.core.agent
from rasa.utils.endpoints import EndpointConfig

_pull = rasa.core.agent._pull_model_and_fingerprint


async def pull(server: EndpointConfig, fingerprint: str | None, folder: Any) -> str | None:
    """As Rasa does. Before the first model Rasa sends None as a header's value, which a current aiohttp refuses."""
    found: str | None = await _pull(server, fingerprint or "", folder)
    return found


def prepare_pulling() -> None:
    """Apply the correction; doing it twice changes nothing."""
    rasa.core.agent._pull_model_and_fingerprint = pull
