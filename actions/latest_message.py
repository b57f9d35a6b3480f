"""The last message of the traveller: what it was read as, the slots it left, and what the desk tells with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from aftercare.understanding.main_part import is_dropped
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading
from aftercare.understanding.yes_no import is_just_no


def _span(entity: Mapping[str, Any]) -> tuple[int, int]:
    return int(entity.get("start") or 0), int(entity.get("end") or 0)


@dataclass(eq=False)
class LatestMessage:
    """The message that is being answered."""

    tracker: Tracker
    """The conversation as Rasa sends it."""

    @property
    def intent(self) -> str | None:
        """The intent of the last message; a bare "no" is one, whatever the classifier makes of so short a word."""
        if is_just_no(self.text):
            return "deny"
        name = self.tracker.latest_message.get("intent", {}).get("name")
        return str(name) if name else None

    @property
    def confidence(self) -> float:
        """How certain that intent is, 0 to 1."""
        return float(self.tracker.latest_message.get("intent", {}).get("confidence") or 0.0)

    @property
    def likeliest(self) -> tuple[str, float]:
        """The likeliest intent and its confidence, also where it is not sure enough to act on it alone."""
        for entry in self.tracker.latest_message.get("intent_ranking") or ():
            if entry.get("name") not in (None, "nlu_fallback"):
                return str(entry["name"]), float(entry.get("confidence") or 0.0)
        return str(self.intent or ""), self.confidence

    def confidence_in(self, *intents: str) -> float:
        """The probability that the message has one of these intents."""
        ranking = self.tracker.latest_message.get("intent_ranking") or ()
        together = sum(float(entry.get("confidence") or 0.0) for entry in ranking if entry.get("name") in intents)
        return together or (self.confidence if self.intent in intents else 0.0)

    @property
    def text(self) -> str:
        """The last message as typed."""
        return str(self.tracker.latest_message.get("text") or "")

    @property
    def reading(self) -> CommandReading:
        """The commands of the last message in its context; none for a pressed button."""
        return CommandReading.from_slot(self.slot(READING_SLOT))

    @property
    def pressed(self) -> bool:
        """Whether the message is a button's payload, not typed words."""
        return self.text.startswith("/")

    def entities(self, name: str) -> list[Any]:
        """Values of an entity in the last message, in order; a phone that it leaves ("forget the Huawei") is none."""
        found = [each for each in self.tracker.latest_message.get("entities") or [] if each.get("entity") == name]
        if name == "device":
            found = [each for each in found if not is_dropped(self.text, *_span(each))]
        return [entity.get("value") for entity in found]

    def entity(self, name: str) -> Any:
        """The last value of an entity in the last message: a correction comes after what it corrects."""
        values = self.entities(name)
        return values[-1] if values else None

    @property
    def brings(self) -> set[str]:
        """The names of the entities in the last message, but those that every message has."""
        found = self.tracker.latest_message.get("entities") or []
        return {str(entity.get("entity")) for entity in found} - {"language", "script"}

    @property
    def names_order(self) -> bool:
        """Whether the last message has an order number or an e-mail."""
        return bool(self.entity("order_number") or self.entity("email"))

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self.tracker.get_slot(name)

    def slot_before(self, name: str) -> Any:
        """A slot's value before this message, whose intent may have changed it."""
        before_message = False
        for event in reversed(self.tracker.events):
            before_message = before_message or event.get("event") == "user"
            if before_message and event.get("event") == "slot" and event.get("name") == name:
                return event.get("value")
        return self.slot(name)

    @property
    def waited(self) -> float | None:
        """Seconds the traveller has waited for this answer since the desk accepted the message; None without a desk."""
        waited = self._metadata.get("waited")
        return float(waited) if isinstance(waited, int | float) else None

    @property
    def origin(self) -> str:
        """A hash of the network the traveller comes from, as the desk tells it with the message; else empty."""
        return str(self._metadata.get("origin") or "")

    @property
    def phone_in_hand(self) -> str | None:
        """The menu family of the phone the traveller writes from, as the desk tells it with the message."""
        return self._metadata.get("phone")

    @property
    def page_seller(self) -> str | None:
        """The seller on whose page the traveller writes, by its id in the catalogue."""
        return self._metadata.get("seller")

    @property
    def page_currency(self) -> str | None:
        """The currency of the page the traveller writes on."""
        return self._metadata.get("currency")

    @property
    def _metadata(self) -> dict[str, Any]:
        """What the desk tells with the message."""
        messages = (event for event in reversed(self.tracker.events) if event.get("event") == "user")
        latest: dict[str, Any] = next(messages, {})
        return dict(latest.get("metadata") or {})
