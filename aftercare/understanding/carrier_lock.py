"""What a text tells of a carrier lock: another carrier's SIM tried, the line of the settings, an unlock in vain."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_OTHER_SIM = (
    r"(?:\b(?:other|another|different|second|local|friend'?s?|mate'?s?|wife'?s?|husband'?s?|sister'?s?|brother'?s?|son'?s?|daughter'?s?|mum'?s?|dad'?s?|partner'?s?"
    r"|girlfriend'?s?|boyfriend'?s?|her|his|their|someone'?s|somebody'?s|vodafone|spark|one ?nz|2degrees|skinny)\b"
    r".{0,24}?\bsim\b(?! (?:card )?slot)"
    r"|(?:别家|其他|另一?[张家]|别的|朋友|同事|同伴|姐|妹|哥|弟|儿子|女儿|老公|老婆|男友|女友|妈|爸|他|她|当地|本地|vodafone|spark)[^,，。;；]{0,8}?"
    r"(?:sim ?卡?|电话卡|手机卡|(?<![示银行])卡))"
)
_REFUSED = re.compile(
    r"\bsim (?:card )?(?:is |was )?(?:not supported|not valid|invalid|not allowed|locked|blocked|rejected|refused)"
    r"|\b(?:not supported|unsupported sim|invalid sim|unlock (?:code|pin)|network (?:pin|lock)|sim ?lock(?:ed)?)\b"
    r"|(?:sim ?卡?)?(?:不支持|不支援|无效)|不被支持|(?:要|输入|输|网络|解锁).{0,4}(?:解锁码|解锁pin|网络锁)|网络锁",
    re.IGNORECASE,
)
_TRIED = re.compile(_OTHER_SIM, re.IGNORECASE)
_LOCK = r"(?:carrier ?lock|sim ?lock|network ?lock|运营商锁|电信业者锁|网络锁)"
_NO_LINE = re.compile(
    rf"\b(?:nothing|no|not|never|cannot|can'?t|don'?t|doesn'?t|isn'?t|hasn'?t|there'?s no)\b.{{0,40}}?{_LOCK}"
    rf"|{_LOCK}.{{0,24}}?(?:\b(?:isn'?t|not|missing|nowhere|doesn'?t)\b)"
    rf"|(?:没有?|找不到|看不到|没看到|无).{{0,10}}?(?:{_LOCK}|这一?[项栏行]|这个(?:选项|菜单|设置))|{_LOCK}.{{0,8}}?(?:没有|找不到|看不到|在哪)",
    re.IGNORECASE,
)
_AS_MENU = re.compile(
    r"\b(?:called|named|menu|entry|line|item|option|setting|settings|find|see|listed)\b"
    r"|找不到|看不到|没看到|选项|菜单|这一?[项栏行]|设置|在哪",
    re.IGNORECASE,
)
_UNLOCKED = re.compile(
    r"\bunlocked\b|\bunlock (?:was|is|has been|got) (?:confirmed|done|approved|completed?)"
    r"|已经?(?:解锁|unlock)|(?:解锁|unlock)(?: ?[了过完]|成功|完成)",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"\b(?:still|yet|again|keeps?|even though|but (?:it|the phone)|anyway)\b"
    r"|还是?|仍|依然|照样|又|一直|都(?:是|说|显示)",
    re.IGNORECASE,
)
_SHOWS_LOCK = re.compile(rf"{_LOCK}|\blocked\b|有锁|被锁|锁(?:机|着|定)|锁住", re.IGNORECASE)
_NOT_UNLOCKED = re.compile(
    r"\b(?:not|isn'?t|never|wasn'?t)\b[^,.;]{0,12}\bunlocked\b|没(?:有)?解锁|未解锁", re.IGNORECASE
)


def _plain(text: str) -> str:
    return as_mandarin(aligned(text)).replace("’", "'")


def refuses_other_sim(text: str) -> bool:
    """Whether a SIM of another carrier was put in and the phone does not take it."""
    plain = _plain(text)
    return bool(_TRIED.search(plain) and _REFUSED.search(plain))


def misses_lock_line(text: str) -> bool:
    """Whether the settings do not have the line that tells of a carrier lock."""
    plain = _plain(text)
    return bool(_NO_LINE.search(plain) and _AS_MENU.search(plain))


def says_unlocked(text: str) -> bool:
    """Whether a text says that the phone was unlocked."""
    plain = _plain(text)
    return bool(_UNLOCKED.search(plain)) and not _NOT_UNLOCKED.search(plain)


def unlocked_in_vain(text: str) -> bool:
    """Whether the carrier has unlocked the phone and it still says to be locked."""
    plain = _plain(text)
    found = _UNLOCKED.search(plain)
    if found is None or _NOT_UNLOCKED.search(plain):
        return False
    rest = plain[: found.start()] + " " + plain[found.end() :]
    return bool(_STILL.search(rest) and _SHOWS_LOCK.search(rest))
