"""Small things a text names of an order: a day, all of several, which of two, the line at home, a mailed code."""

from __future__ import annotations

import re

from aftercare.understanding.refund_requests import names_request

_DAYS_BACK = (
    (1, re.compile(r"\byesterday\b|昨天|昨日|琴日|寻日|尋日", re.IGNORECASE)),
    (0, re.compile(r"\btoday\b|\bso far today\b|今天|今日", re.IGNORECASE)),
)
_USED = re.compile(r"\bus(?:e|ed|age)\b|\bgone\b|用(?:了|掉|去)?|耗", re.IGNORECASE)
_BOTH = re.compile(
    r"\b(?:both|all|each|two)\b|两(?:单|个|张|份)|兩(?:單|個|張|份)|都(?:要|给|給|开|開)|全部", re.IGNORECASE
)
_WHICH = re.compile(r"\bwhich\b|\bor\b|\bshould i\b|哪|还是|選|选", re.IGNORECASE)
_HOME_LINE = re.compile(
    r"\b(?:home|own|normal|usual|old|other|original)\b|原来|原來|原卡|国内|國內|自己的|主卡", re.IGNORECASE
)
_GOES_BACK = re.compile(
    r"\bback to\b|\b(?:go|carry) on with\b|\bcontinue\b|回到|继续|繼續|接着|接著|刚才那|剛才那|先弄", re.IGNORECASE
)
_WANTS_CODE = re.compile(
    r"\s*(?:(?:please |can you )?(?:send|e-?mail|get) (?:me )?(?:a|the|another|a new) code(?: please)?|new code|"
    r"(?:请?(?:再|重新)?(?:给我)?发(?:送)?(?:一个|个)?)?(?:邮件|邮箱)?验证码)\s*[.!?。！？]?\s*",
    re.I,
)

_TO_INSTALL = re.compile(
    r"\bhow (?:do|can|should|to)\b.{0,20}\b(?:install|activate|set (?:it|this) up)\b|\b(?:want|need|like) to install\b"
    r"|(?:怎么|怎麼|如何)安?[装裝]|(?:教|要|想|开始|現在|现在).{0,3}(?:安[装裝]|[装裝](?:卡|上|e-?sim))",
    re.IGNORECASE,
)
# The traveller has the code and would send it, rather than wanting it.
_OFFERS_CODE = re.compile(
    r"\b(?:i|we)(?: can| could|'ll| will|'d)? (?:send|share|post|upload|show)|\b(?:should|shall|must|do) (?:i|we)\b"
    r"|(?:发|發|传|傳|给|給|拍).{0,2}[你您]",
    re.IGNORECASE,
)

_WHICH_CLOCK = re.compile(
    r"\b(?:nz|new zealand|auckland|local|my|your|home|chin(?:a|ese)|beijing) time\b|\b(?:time ?zone|whose time)\b"
    r"|(?:哪里|哪裡|哪儿|哪边|哪邊|哪个|哪個)的?(?:时间|時間)|(?:新西兰|新西蘭|纽西兰|紐西蘭|北京|当地|當地|国内|國內)(?:的)?(?:时间|時間)|时区|時區",
    re.IGNORECASE,
)
_TRIES_AGAIN = re.compile(
    r"\b(?:try|give it)\b.{0,24}\b(?:again|once more|one more time|another (?:go|try|time)|first)\b"
    r"|\btried\b"
    r"|\bkeep (?:trying|going)\b|\bsame (?:error|message|thing|problem|result)\b"
    r"|(?:再|先|多|还是|還是)(?:来|來)?[试試]|[试試](?:了|过|過)(?!用)|(?:还是|還是|依然)(?:一样|一樣|那个|同样|同樣)|同样的?(?:错误|错|报错)|同樣的?錯",
    re.IGNORECASE,
)

_DATA_LEFT = re.compile(
    r"\bhow (?:much|many)\b[^.?!]{0,20}\b(?:data|gb|gigs?|mb)\b[^.?!]{0,20}\b(?:left|remain\w*|have)\b"
    r"|\bdata (?:is )?left\b"
    r"|(?:还|還)?(?:剩|余|餘)(?:下)?(?:多少|几|幾)|(?:流量|数据|數據)(?:还|還)(?:剩|有)",
    re.IGNORECASE,
)


def day_asked(text: str) -> int | None:
    """How many days back the day lies whose use a text asks for; None when it asks for none."""
    return next((back for back, named in _DAYS_BACK if named.search(text)), None) if _USED.search(text) else None


def means_all(text: str) -> bool:
    """Whether a text means all of several orders: "both invoices", "两单都要"."""
    return bool(_BOTH.search(text))


def asks_which(text: str) -> bool:
    """Whether a text asks to choose between things: "Spark or One NZ?"."""
    return bool(_WHICH.search(text))


def names_home_line(text: str) -> bool:
    """Whether a text names the line the traveller has at home."""
    return bool(_HOME_LINE.search(text))


def asks_data_left(text: str) -> bool:
    """Whether a text asks, beside whatever else, how much data is left: "works now. and data left?"."""
    return bool(_DATA_LEFT.search(text))


def asks_to_install(text: str) -> bool:
    """Whether a text asks how the eSIM is installed, or wants to do so now: "how do I install it now", "教我装卡"."""
    return bool(_TO_INSTALL.search(text))


def offers_code(text: str) -> bool:
    """Whether a text offers to send a code, or asks whether to: "should I send you my QR", "我把码发给你"."""
    return bool(_OFFERS_CODE.search(text.replace("’", "'")))


def asks_which_clock(text: str) -> bool:
    """Whether a text asks by which clock a time was told: "is that New Zealand time?", "是哪里的时间"."""
    return bool(_WHICH_CLOCK.search(text))


def tries_again(text: str) -> bool:
    """Whether a text goes on with trying instead of a refund: "let me try once more", "试了还是一样"."""
    return bool(_TRIES_AGAIN.search(text)) and not names_request(text)


def goes_back(text: str) -> bool:
    """Whether a text goes back to what was worked on before: "back to the signal", "继续刚才的"."""
    return bool(_GOES_BACK.search(text))


def asks_for_mailed_code(text: str) -> bool:
    """Whether a text is nothing but the wish for a code by mail, which cannot mean a QR or an activation code."""
    return _WANTS_CODE.fullmatch(text) is not None
