"""Parts that several files of data/playbooks share: names of conditions and texts in both languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from aftercare.catalogue.models import Entry, Text
from aftercare.troubleshooting.conditions import CONDITIONS


def _known(value: str) -> str:
    if value.removeprefix("not ") not in CONDITIONS:
        raise ValueError(f"{value!r} is not a condition; there are " + ", ".join(CONDITIONS))
    return value


Condition = Annotated[
    Text,
    AfterValidator(_known),
    Field(description="a condition of aftercare/troubleshooting/conditions.py, perhaps after `not`"),
]


class BilingualText(Entry):
    """One text in both languages; the Chinese is Simplified."""

    en: Text
    zh: Text
