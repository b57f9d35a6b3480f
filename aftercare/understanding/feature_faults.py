"""Faults told where one would expect a question: hotspot, calls, installing, deleting."""

from __future__ import annotations

import re

_NO_INTERNET = re.compile(
    r"no (?:internet|data|connection)|(?:没|沒)[有]?[网網]|上不了[网網]|[连連]不上[网網]", re.IGNORECASE
)
_FAILS = re.compile(
    r"n'?t\b|\bnot\b|cannot|\bfail|no (?:internet|signal|sound)|unable|problem|broken|nothing"
    r"|不了|不上|不到|不通|不出|不能用|没网|沒網|没反应|沒反應|没声音|失败|失敗|不行|无法|無法",
    re.IGNORECASE,
)
_ASKS_WHETHER = re.compile(r"^\W*(?:can|could|does|do|is|are|may|will|would)\b|(?:吗|嗎|么|麼|吧)\W*$", re.IGNORECASE)
_DELETED = re.compile(
    r"\b(?:deleted|removed|erased)\b|(?:删|刪)(?:掉|除)?了|误删|誤刪|(?:删|刪)(?:掉|除)?(?:之后|以后)", re.IGNORECASE
)


def has_no_internet(text: str) -> bool:
    """Whether a text says that there is no internet: "no data", "上不了网"."""
    return bool(_NO_INTERNET.search(text))


def is_fault(text: str) -> bool:
    """Whether a question of hotspot or calls tells of a fault: "my laptop can't connect to the hotspot"."""
    plain = text.replace("’", "'")
    return bool(_FAILS.search(plain)) and not _ASKS_WHETHER.search(plain)


def has_deleted(text: str) -> bool:
    """Whether a text says that the eSIM is deleted already, rather than asks about it."""
    return bool(_DELETED.search(text)) and not _ASKS_WHETHER.search(text)
