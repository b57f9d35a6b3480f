"""Whether a text speaks of being on a ship, where no country's network counts."""

from __future__ import annotations

import re

from aftercare.understanding.segmentation import aligned

_CRUISE = re.compile(r"\bcruis(?:e|es|ing)\b|\bliner\b|[邮游]轮")
_ON_BOARD = re.compile(
    r"\b(?:cruis(?:e|es|ing)|ferry|ferries|liner|at sea|sea days?|open (?:sea|water|ocean)"
    r"|\bon (?:the|a|our) (?:ship|boat))\b"
    r"|[邮游]轮|轮船|渡轮|渡船|船上|海上|公海|海中间|航行"
)


def on_cruise(text: str) -> bool:
    """Whether the ship is one of a cruise, no ferry."""
    return bool(_CRUISE.search(aligned(text)))


def on_board(text: str) -> bool:
    """Whether a ship or the sea is spoken of: "between Auckland and Fiji on the cruise", "游轮上"."""
    return bool(_ON_BOARD.search(aligned(text)))
