"""Rasa's `rest` channel as tests, benchmarks and tools use it: with the demo orders, on this machine only.

It has no secret, so `aftercare/run/endpoints.py` leaves it out of any other installation.
"""

from __future__ import annotations

import re
from typing import Any

from sanic.request import Request

from aftercare.rasa_components.patches import RenamingRest

# ids that the desk gives to conversations (`Store.open_conversation`)
_OF_THE_DESK = re.compile(r"[0-9a-fA-F]{40}")


class DemoRest(RenamingRest):
    """`POST /webhooks/rest/webhook` with `{sender, message}`; conversations of the desk are out of its reach."""

    def renamed(self, sender: str | None) -> str | None:
        """One that is a conversation of the desk elsewhere gets another name here."""
        return f"rest-{sender}" if isinstance(sender, str) and _OF_THE_DESK.fullmatch(sender.strip()) else sender

    def get_metadata(self, request: Request) -> dict[str, Any] | None:
        """Nothing: what the desk tells about a message cannot be claimed here."""
        return None
