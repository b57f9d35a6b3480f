"""What goes into a diagnosis and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from aftercare.base.language import Language
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device
from aftercare.orders.facts import OrderFacts

NEW_ZEALAND = ZoneInfo("Pacific/Auckland")
Symptom = Literal["activation", "no_service", "no_data", "slow", "stopped", "hotspot", "calls_sms"]
Kind = Literal["finding", "step", "question", "solved", "exhausted", "note"]
TextByLanguage = Mapping[Language, str]


@dataclass(frozen=True)
class Situation:
    """What is known at this turn; None means not known.

    `family` is a menu family, `device_id` the phone in the traveller's hand, `error` and `tried` keys of the catalogue,
    `observed` facts the traveller reports, `location` a place in New Zealand, `destination` an ISO country they named.
    `in_hand` is the menu family of the phone the traveller writes from, by its browser. `now` has a time zone.
    `experience` is how often a cause was behind a symptom in recorded cases (`aftercare.orders.diagnoses`).
    """

    facts: OrderFacts | None = None
    symptom: Symptom | None = None
    family: str | None = None
    device_id: str | None = None
    error: str | None = None
    tried: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()
    location: str | None = None
    destination: str | None = None
    in_hand: str | None = None
    now: datetime | None = None
    experience: Mapping[tuple[str, str], int] = field(default_factory=dict, compare=False)

    @property
    def device(self) -> Device | None:
        """The phone in hand, as the catalogue knows it."""
        return _devices().get(self.device_id) if self.device_id else None

    @property
    def menu_family(self) -> str | None:
        """Whose menus to name: what the traveller said, then the phone in hand, then what the order knows."""
        return self.named_family or self.in_hand or (self.facts.device_family if self.facts else None)

    @property
    def named_family(self) -> str | None:
        """Whose menus the phone has by the traveller's own words."""
        return self.family or (self.device.menu_family if self.device else None)

    @property
    def here(self) -> str | None:
        """The ISO country the phone is in, by the traveller's word, then by the network's last report."""
        if self.location:
            return "NZ"
        return self.facts.last_country if self.facts else None

    @property
    def local_time(self) -> datetime | None:
        """The time in New Zealand, where the phone is or will be; None when it is known to be elsewhere."""
        moment = self.now or (self.facts.now if self.facts else None)
        return moment.astimezone(NEW_ZEALAND) if moment and self.here in (None, "NZ") else None

    @property
    def place(self) -> str | None:
        """The region of New Zealand the phone is in, by the traveller's word, then by the network's last report."""
        return self.location or (self.facts.last_region if self.facts else None)


class PlayerState(TypedDict):
    """Where a diagnosis stands, as JSON: advice ids (`waiting`: the one that needs a phone) and the choices made."""

    playbook: str | None
    current: str
    waiting: str | None
    general: bool
    failed: int
    done: list[str]
    answers: dict[str, str]


@dataclass(frozen=True)
class AdviceChoice:
    """A button: `outcome` is what `answer` takes."""

    outcome: str
    text: TextByLanguage


@dataclass(frozen=True)
class Advice:
    """One thing to say, filled in, in both languages.

    `id` is stable (`finding.used_up`, `step.roaming`, `question.phone`); `offers` names what else the caller may put
    beside it (`show_qr`, `top_up`, `person`, …); `then` is said straight after, in the same turn, with its choices.
    `undo` are steps that the text takes back.
    """

    kind: Kind
    id: str
    text: TextByLanguage
    choices: tuple[AdviceChoice, ...] = ()
    offers: tuple[str, ...] = ()
    then: Advice | None = None
    undo: tuple[str, ...] = ()

    @property
    def awaits_answer(self) -> bool:
        """Whether the traveller is to choose something now; when not, the diagnosis has come to its end."""
        return self.then.awaits_answer if self.then else bool(self.choices)


@lru_cache(maxsize=1)
def _devices() -> dict[str, Device]:
    return {device.id: device for device in load_catalogue().devices}
