"""What a text asks of plans that were shown: to buy one, the reason, the difference, what comes after the data."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_DIFFER = re.compile(
    r"\bdiff\w*|\bcompar\w+|\b(?:or|versus|vs)\b|区别|區別|差别|差別|差在|不同|不一样|不一樣|哪个好|哪個好|比较|比較",
    re.IGNORECASE,
)
_BUYS = re.compile(
    r"\b(?:buy|order|purchase|get (?:it|that|this|one)|check ?out|link)\b"
    r"|\btake (?:it|that|this|the)\b|\bhow (?:do|can) i pay\b"
    r"|\bwant (?:it|that one|this one|the)\b|[买買]|[购購]|下单|下單|付款|链接|連結|就(?:要|它|这|這)",
    re.IGNORECASE,
)
_TAKES = re.compile(
    r"\b(?:i'?ll|we'?ll|i will|we will|let me|gonna|going to) (?:take|have|get|go (?:with|for))\b|\bgo(?:ing)? with\b"
    r"|\bwhere (?:do|can|should) (?:i|we) (?:buy|order|get)\b|\blink\b"
    r"|就(?:要|买|買|选|選)|我们?要|我們要|(?:在|去)?(?:哪里|哪裡|哪儿|哪|怎么|怎麼)[买買]|链接|連結",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\btoo (?:little|small|much)\b"
    r"|\benough\b|为什么|為什麼|为啥|為啥|点解|點解|凭什么|够不够|夠不夠|够吗|夠嗎|不够|不夠",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\b(?:after|then|once|when|if)\b.{0,40}\b(?:\d+ ?gb|gone|used(?: up)?"
    r"|runs? out|daily|amount|allowance|limit|finish\w*|over)\b|\bthrottl\w*|\bslow(?:s|ed|er)? down\b"
    r"|\bhow slow\b|(?:用完|超(?:过|過|了)|用光|之后|之後|以后|以後).{0,8}(?:会|會|怎|还|還|多)|限速|降速|断网|斷網",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:a|phone|local|its own) number\b|有(?:没有)?.{0,4}号码|有.{0,4}號碼|带号码|帶號碼|能打电话|能打電話",
    re.IGNORECASE,
)

# It asks what there is, rather than of a plan that is pointed at.
_ANY = re.compile(
    r"\b(?:any|anything|list|show me|are there|do you (?:have|sell|offer))\b"
    r"|\b(?:which (?:plans?|ones?)|what plans?|plans? with)\b"
    r"|有(?:没有|沒有)?(?:什么|什麼)?.{0,8}(?:的套餐|的方案|的卡|的吗|的嗎|的呢|的$)|(?:哪些|哪几个|哪幾個|哪个|哪個|哪款)(?:套餐|方案)?(?:有|带|帶|含|能|可以|包)|列(?:出|一下)",
    re.IGNORECASE,
)
_POINTS_AT = re.compile(
    r"\b(?:it|that one|this one|the (?:first|second|third|last)|these|those|they)\b"
    r"|(?:这|這|那)(?:个|個|款|几|幾|些)|第[一二三123]",
    re.IGNORECASE,
)


def asks_for_any(text: str) -> bool:
    """Whether it is asked which plans there are with something: "are there any with calls", "有没有能打电话的套餐"."""
    return bool(_ANY.search(text)) and not _POINTS_AT.search(text)


def asks_for_difference(text: str) -> bool:
    """Whether plans are to be compared: "what's the difference", "哪个好"."""
    return bool(_DIFFER.search(text))


def takes_or_buys(text: str) -> bool:
    """Whether a plan is taken, or it is asked where to buy it: "I'll take it", "怎么买"."""
    return bool(_BUYS.search(text))


def takes_named(text: str) -> bool:
    """Whether a plan that the text names is taken, or where it is sold: "we'll take three 5 GB", "5GB的在哪买"."""
    return bool(_TAKES.search(text))


def asks_plan_reason(text: str) -> bool:
    """Whether the reason for a plan is asked, or whether it is enough: "why this one", "够吗"."""
    return bool(_WHY.search(text))


def asks_what_comes_after(text: str) -> bool:
    """Whether it is asked what happens when the data is used up: "how slow is it then", "用完了会怎样"."""
    return bool(_AFTER.search(text))


def asks_for_number(text: str) -> bool:
    """Whether it is asked for a phone number of the plan: "does it come with a number", "有号码吗"."""
    return bool(_NUMBER.search(text))


_INCLUDED = re.compile(
    r"\b(?:includ\w*|cover\w*|works?|valid|usable|use it|good (?:in|for))\b"
    r"|包(?:不包|含|括|吗)?|有没有|能用|可以用|支持|支援|覆盖|用得|能不能用|行不行"
)
_RETURNED = re.compile(r"\brefund|money back|退")
_START_RULE = re.compile(
    r"\b(?:days?|validity|clock|it|plan|one|they|those|that)\b.{0,30}\b(?:starts?|begins?|counts?|run(?:s|ning)?)\b.{0,40}"
    r"\b(?:first use|install\w*|connect\w*|purchase|buy|bought|land\w*|arriv\w*|before i (?:fly|leave|go))\b"
    r"|\bstart\w* (?:at|on|with|from) (?:first use|installation|install|purchase)\b"
    r"|(?:天数|有效期|日子|日).{0,8}(?:从|是|系)?.{0,8}(?:开始|起算|先算|先计|才算|算起)"
    r"|(?:装|安装|激活|连网|联网|到).{0,10}(?:开始算|起算|开始计|先计|算起|才开始)|开始计(?:日|天)"
)


def asks_if_included(text: str) -> bool:
    """Whether it is asked if a plan works somewhere: "does it include Fiji"; not if it can be returned."""
    plain = as_mandarin(aligned(text))
    return bool(_INCLUDED.search(plain)) and not _RETURNED.search(plain)


def asks_start_rule(text: str) -> bool:
    """Whether it is asked when the days of a plan begin: at installation, first use or purchase."""
    return bool(_START_RULE.search(as_mandarin(aligned(text)).replace("’", "'")))
