"""What the market a phone was sold in says of its eSIM."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from aftercare.base.language import to_simplified
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device, Market

Verdict = Literal["yes", "mostly_yes", "depends", "mostly_no", "no"]
# The entry that stands for any iPhone of mainland China, and the market its name tells.
MAINLAND_IPHONE, MAINLAND = "apple-iphone-mainland-china", "mainland"


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    """Every name of a market; those in Latin letters as whole words."""
    names = sorted((name for market in load_catalogue().markets for name in market.aliases), key=len, reverse=True)
    return re.compile("|".join(rf"\b{re.escape(name)}\b" if name.isascii() else re.escape(name) for name in names))


@lru_cache(maxsize=1)
def _after_phone() -> re.Pattern[str]:
    """A market said right after a phone: "reno6 5g from Singapore", "iPhone 15, bought in Hong Kong"."""
    names = "|".join(re.escape(market.name_en.casefold().removeprefix("the ")) for market in load_catalogue().markets)
    return re.compile(
        r"(?:\d[a-z]{0,2}|\b(?:pro|max|plus|ultra|mini|phone|iphone|samsung|galaxy|pixel|huawei|oppo|xiaomi)),?"
        r" (?:(?:is|was|which|that|i|we|she|he) ){0,2}(?:from|(?:bought|got|purchased|sold)(?: it)? (?:in|from))"
        rf" (?:the )?({names})\b"
    )


def _plain(text: str) -> str:
    return to_simplified(text).casefold()


def market_named(text: str) -> Market | None:
    """Where a phone was sold, as the words tell; None when they do not."""
    plain = _plain(text)
    markets = load_catalogue().markets
    if found := _names().search(plain):
        return next((market for market in markets if found.group() in market.aliases), None)
    if found := _after_phone().search(plain):
        return next((each for each in markets if each.name_en.casefold().removeprefix("the ") == found[1]), None)
    return None


def without_market(text: str) -> str:
    """The text without the names of markets: what is left names the model."""
    return _names().sub(" ", _plain(text))


def verdict(device: Device, market: Market | None) -> Verdict:
    """Whether this model takes an eSIM: by its market where that decides, else as the model does."""
    if market is not None and device.esim != "no":
        for each in load_catalogue().market_verdicts:
            fits = each.brand == device.brand and each.market == market.id and device.id not in each.but
            if fits and (not each.models or device.id in each.models):
                return each.esim
    return device.esim
