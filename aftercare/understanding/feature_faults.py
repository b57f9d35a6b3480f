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


_NEW_CODE = re.compile(
    r"\b(?:new|another|fresh|replacement|second) (?:qr|code|e-?sim|one)\b|\bre-?issu\w+"
    r"|(?:新的?|再[发發给給]|重新?[发發给給]|补[发發]?|補[發]?).{0,6}(?:码|碼|卡|qr|e-?sim)",
    re.IGNORECASE,
)
_REQUESTED = re.compile(
    r"\b(?:did|have) you (?:make|made|open(?:ed)?|send|sent|file|filed|put in|create|created) (?:a|an|the|any|that) "
    r"(?:request|ticket|case)\b|(?:提交|申请|申請|报上去|報上去|建工单|建工單)了?(?:吗|嗎|没|沒)",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\bwithout (?:any )?(?:mobile )?(?:data|internet|connection|signal)\b|(?:没|沒)有?(?:网|網|信号|信號|流量)",
    re.IGNORECASE,
)


def asks_new_code(text: str) -> bool:
    """Whether a text asks for a new code in place of one that is gone: "can I get a new QR code"."""
    return bool(_NEW_CODE.search(text))


def asks_if_requested(text: str) -> bool:
    """Whether a text asks if a request was made for it: "did you make a request?", "提交申请了吗"."""
    return bool(_REQUESTED.search(text))


def is_without_data(text: str) -> bool:
    """Whether a text says that somebody has no data, which asks for no usage: "I'm in Rotorua without data"."""
    return bool(_WITHOUT.search(text))
