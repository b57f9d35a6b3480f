"""Whose menus the phone has that a traveller writes from, by what its browser tells."""

from __future__ import annotations

import re

# Model numbers and names as user agents and the client hint Sec-CH-UA-Model write them, by menu family.
_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern, re.IGNORECASE))
    for family, pattern in (
        ("iphone", r"\biPhone\b(?!; Android)"),
        ("samsung", r"\bSM-[A-Z]\d{3}|\bSamsungBrowser\b|\bGalaxy\b"),
        ("pixel", r"\bPixel (?:\d|Fold)"),
        (
            "huawei",
            r"\bHUAWEI|\bHONOR|HarmonyOS|OpenHarmony|HuaweiBrowser"
            r"|\b(?:ELE|VOG|ANA|ELS|NOH|NOP|OCE|ABR|ALN|BRA|LYA|EVR|TET|PAL|MNA|VER|PGT|REA)-[A-Z]{1,2}\d",
        ),
        ("xiaomi", r"\bXiaomi|MiuiBrowser|\bRedmi\b|\bPOCO\b|\bMi \d|\bMIX \d|\b2\d{3}[\dA-Z]{2,7}[A-Z]\b"),
        (
            "oppo",
            r"\bCPH\d{4}|\bOPPO\b|HeyTapBrowser|\bvivo\b|VivoBrowser|\bV2\d{3}[A-Z]?\b|\bOnePlus|\bRMX\d{4}"
            r"|\bP[A-Z]{3}\d0\b",
        ),
    )
)


def family_of(user_agent: str, model: str = "") -> str | None:
    """The menu family of `catalogue.models.Device`; None for a computer, a tablet and a phone that is not known.

    `model` is what the client hint says, which knows more than the user agent of a current Chrome ("Android 10; K").
    """
    if "Android" not in user_agent and "Phone" not in user_agent and "Harmony" not in user_agent:
        return None
    described = f"{user_agent} {model}"
    return next((family for family, pattern in _FAMILIES if pattern.search(described)), None)
