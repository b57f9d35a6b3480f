"""Which provider a text names."""

from __future__ import annotations

import re

from aftercare.base.language import to_simplified
from aftercare.catalogue.load import load_catalogue


def provider_named(text: str) -> str | None:
    """The provider a text names by its full name or, in English, by the first word of it."""
    plain = to_simplified(text).casefold()
    for provider in load_catalogue().providers:
        english = provider.name_en.casefold()
        if english in plain or provider.name_zh in plain or re.search(rf"\b{english.split()[0]}\b", plain):
            return provider.id
    return None
