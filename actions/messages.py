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
class Picture:
    """A picture of a message."""

    url: str
    """A data URL: no address that somebody else could open."""
    alt: str
    """What it is, in words, for those who do not see it."""


@dataclass(frozen=True)
class PlanCard:
    """A plan as the chat may draw it, in final words; the text beside it says the same."""

    title: str
    lines: tuple[str, ...]
    """Data, days, countries and features, one a line."""
    price: str
    reason: str
    """Why this plan is shown."""
    seller: str = ""
    url: str = ""
    """Where it is bought; "" where the catalogue does not tell."""
    action: str = ""
    """What the button that leads there says."""

    def as_json(self) -> dict[str, Any]:
        """The card of the message's custom part."""
        return {**{name: value for name, value in asdict(self).items() if value != ""}, "lines": list(self.lines)}
