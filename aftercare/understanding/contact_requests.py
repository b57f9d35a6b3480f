"""How a traveller wants to reach a person."""

from __future__ import annotations

import re

_CALLS = re.compile(r"hotline|phone|\bcall\b|video|热线|熱線|电话|電話|视频|視頻|視訊", re.IGNORECASE)


def asks_for_call(text: str) -> bool:
    """Whether a text speaks of a call rather than a chat: "is there a hotline?", "可以视频吗"."""
    return bool(_CALLS.search(text))
