"""Whether a text asks why our record names a country, or denies having been there."""

from __future__ import annotations

import re

_DOUBTS = re.compile(
    r"\bwhy\b.{0,40}\b(?:say|says|show|shows|think|record|list)"
    r"|(?:\b(?:never|not)|n't)(?: (?:even|actually|ever))? (?:been|went|gone|in|to|go)\b"
    r"|\b(?:transit|layover|stopover|changed? planes?|connecting flight)\b"
    r"|(?:为什么|为啥|怎么会?|為什麼|怎麼會?).{0,8}(?:说|說|显示|顯示|记|記|写|寫|在)"
    r"|(?:没|沒|没有|沒有)(?:去|到|在)(?:过|過)?|(?:转机|轉機|转飞|过境|過境|中转|中轉)",
    re.IGNORECASE,
)
_BUYS = re.compile(
    r"\b(?:buy|plans?|packs?|how much|price|refund)\b|多少钱|多少錢|套餐|方案|流量包|退款|买|買", re.IGNORECASE
)


def doubts_record(text: str) -> bool:
    """Whether the place on record is doubted: "why does it say Australia, I only changed planes there"."""
    return bool(_DOUBTS.search(text)) and not _BUYS.search(text)
