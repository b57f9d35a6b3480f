"""Whether somebody asks how a network is chosen by hand: where the list of networks is, not which network is good."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_OPERATOR = r"(?:operators?|carriers?|运营商(?!锁)|电信(?:业者|商)?|电讯商)"
_NETWORK = rf"(?:networks?\b(?! (?:mode|type|settings?))|网[络路](?!模式|设置|类型)|{_OPERATOR})"
_BY_HAND = re.compile(
    r"\b(?:manual(?:ly)?|by hand)\b.{0,30}\b(?:networks?|operators?|carriers?)\b"
    r"|\b(?:networks?|operators?|carriers?)\b.{0,30}\b(?:manual(?:ly)?|by hand)\b|\bnetwork selection\b"
    r"|手动(?:去)?(?:选|挑|切|换|连).{0,8}|自己选(?:网[络路]|运营商)"
)
_CHOICE = re.compile(
    r"\b(?:choose|pick|select|switch|change)\b(?: (?:to|onto|on|over|the|a|an|another|different|other|second|my|his"
    rf"|her|their|our)){{0,4}} {_NETWORK}"
    rf"|(?:选择?|拣|切换?|换|改)(?:到|成|去|用)?(?:另一?个|别的|其他|第二个?)?(?:家)?(?:的)?{_NETWORK}"
)
_TO_OPERATOR = re.compile(r"\b(?:choose|pick|select|switch|change|move)\b|选|切换|换到|换成|换去|切到")
_CANNOT_SWITCH = re.compile(
    r"\b(?:can'?t|cannot|unable to|won'?t)\b(?: (?:let|me|even|seem|to))* (?:choose|pick|select|switch|change)\b"
    r"|(?:切换|换|选)不(?:到|了|成|过去)|(?:没法|无法|不能)(?:切换|换到|选)"
)
_LIST_MISSING = re.compile(
    r"\b(?:can'?t|cannot|don'?t|do not|no|not)\b(?: \w+){0,4}"
    r" (?:network operators?|network selection|list of networks)\b"
    rf"|(?:找不到|没有?看到|没有|看不到)(?:那个|这个)?(?:{_OPERATOR}|网[络路]选择|网[络路]列表)"
)
_HOW = re.compile(
    r"\b(?:how|where|menu|path|steps|press|tap|show me|tell me)\b"
    r"|怎么|怎样|如何|哪里|哪边|哪儿|在哪|去哪|哪个菜单|步骤|路径|不会|点样|边度|教我"
)
_OF_ELSE = re.compile(
    r"\b(?:wi-?fi|sims?|lines?|plans?|best|better|coverage|contract|refund)\b|\b(?:vpn|apn)\b"
    r"|热点|主卡|副卡|套餐|哪家好|哪个好|信号好|流量|线路"
)
_NOT_REINSTALL = re.compile(
    r"(?:\bnot?\b.{0,20}\b(?:re-?install|install|add)\w*|(?:不是|不要|不用).{0,6}(?:重装|重新安装|安装|加卡|添加)).{0,30}"
    rf"(?:\b(?:switch|change|choose|pick|select)\w*\b.{{0,15}}\bnetworks?\b|(?:切换?|换|选)(?:择)?{_NETWORK})"
)


def asks_by_hand(text: str, *, names_operator: bool = False) -> bool:
    """Whether a text asks how to choose the network by hand: "where do I pick the network", "要去哪里手动选 Spark".

    `names_operator` is whether it names one; that it cannot be switched to asks for the same.
    """
    plain = aligned(text).replace("’", "'")
    if _NOT_REINSTALL.search(plain) or (names_operator and _CANNOT_SWITCH.search(plain)):
        return True
    if not _HOW.search(plain):
        return False
    if _BY_HAND.search(plain):
        return True
    chooses = _CHOICE.search(plain) or (names_operator and _TO_OPERATOR.search(plain))
    return bool(chooses) and not _OF_ELSE.search(plain)


_BACK = re.compile(
    r"\b(?:switch|change|set|turn|put|go|flip)\b.{0,20}?\b(?:back|(?:to|on) automatic|to auto)\b"
    r"|\b(?:do|repeat|choose|pick|undo) (?:that|this|it) (?:all )?(?:again|back)\b"
    r"|(?:改|换|调|切|选|转)回(?:来|去|自动)|(?:还要|要不要|用不用|需不需要|需要).{0,6}(?:再(?:弄|选|换|改)|恢复)"
)
_LATER = re.compile(
    r"\b(?:later|after(?:wards)?|when|once|do i|should i|have to|need to|must i)\b"
    r"|之后|以后|到时|等|修好|恢复|还要|要不要|用不用|需",
)


def asks_back_to_automatic(text: str) -> bool:
    """Whether a text asks if the choice of the network is to be taken back later: "do I switch back afterwards"."""
    plain = as_mandarin(aligned(text)).replace("’", "'")
    return bool(_BACK.search(plain) and _LATER.search(plain))


def misses_list(text: str) -> bool:
    """Whether a text says that the menu of networks is not found, after that menu was told."""
    return bool(_LIST_MISSING.search(aligned(text).replace("’", "'")))
