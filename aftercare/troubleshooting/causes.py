"""Why an eSIM does not work and which step ends it, as data/playbooks/causes.yml says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aftercare.catalogue.models import Entry, Key, Positive, Text
from aftercare.troubleshooting.entries import BilingualText, Condition

Share = Annotated[int, Field(ge=0, le=100, description="how many of 100")]


class CauseAdjustment(Entry):
    """How many times likelier a cause is when the conditions hold and, if `places` names regions, in one of these."""

    when: tuple[Condition, ...] = ()
    places: tuple[Text, ...] = ()
    times: Annotated[float, Field(gt=0)]


class Cause(Entry):
    """One cause of a fault.

    `prior`: how many of 100 reports of its kind it is behind; `shows`: in how many of 100 cases each playbook's symptom
    is seen; `cured_by`: in how many of 100 a step ends it; `helped_by`: the same for a step given here that asks for
    this on the way (who did that step before was not asked). `when` limits it to phones and orders; `symbols` are signs
    the screen shows with it, on phones where `symbols_when` holds. `name` is for the figures, `told` for the traveller
    once it works; `gives_back` is a step that `told` names the way back from.
    """

    id: Key
    prior: Annotated[float, Field(gt=0, le=100)]
    when: tuple[Condition, ...] = ()
    shows: dict[Key, Share]
    adjust: tuple[CauseAdjustment, ...] = ()
    symbols: tuple[Key, ...] = ()
    symbols_when: tuple[Condition, ...] = ()
    cured_by: dict[Key, Share]
    helped_by: dict[Key, Share] = Field(default_factory=dict)
    name: BilingualText
    told: BilingualText | None = None
    gives_back: Key | None = None


class Effort(Entry):
    """What a step asks for: minutes, and in how many of 100 cases it leaves the phone worse off until taken back."""

    step: Key
    minutes: Positive
    risk: Share = 0


class Look(Entry):
    """A question about the screen for these symptoms.

    It is asked once, after so many steps, when causes with a symbol make up at least `from` per cent of what is left.
    One that `follows` another comes when that one's answer led to a step which did not end the fault.
    """

    question: Key
    symptoms: tuple[Key, ...]
    least: Share = Field(alias="from")
    after: Annotated[int, Field(ge=0)] = 1
    follows: Key | None = None
