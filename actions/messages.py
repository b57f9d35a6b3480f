"""What stands beside the text of an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """An answer offered to press, as Rasa's buttons are."""

    title: str
    """What the traveller reads."""
    payload: str
    """What Rasa is sent when it is chosen: an intent after a slash, perhaps with entities."""

    def as_button(self) -> dict[str, str]:
        """The button of Rasa's message."""
        return asdict(self)


@dataclass(frozen=True)
class PlanCard:
    """A plan as the chat may draw it, in final words; the text beside it says the same."""

    title: str
    lines: tuple[str, ...]
    """Data, days, countries and features, one a line."""
    price: str
    reason: str
    """Why this plan is shown."""

    def as_json(self) -> dict[str, Any]:
        """The card of the message's custom part."""
        return {**asdict(self), "lines": list(self.lines)}
