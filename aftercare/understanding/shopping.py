"""What somebody says who has bought nothing yet: that there is no order, and which plans are asked for."""

from __future__ import annotations

import re

_NOT_BOUGHT = re.compile(
    r"\b(?:haven'?t|havent|have not|hasn'?t|not|didn'?t|did not|never)\s+(?:\w+\s+){0,2}?"
    r"(?:bought|buy|purchased?|ordered)"
    r"(?:\s+(?:anything|one|it|any|from you|yet|an? e-?sim|a plan))*"
    r"(?:\s*$|\s*[.,;!?…]|\s+(?:yet|so|but|just|i|and|because)\b)"
    r"|\b(?:before|until) (?:i|we) (?:buy|order|purchase|pay)\b|\bno order yet\b|\bnot (?:a|your) customer(?: yet)?\b"
    r"|\b(?:thinking (?:of|about)|planning on) (?:buying|getting)\b"
    r"|\b(?:we|i) have no order\b(?! (?:number|no\b|id|mail|e-?mail|confirmation))"
    r"|(?:没有?|沒有?|未|冇)(?:有)?(?:买(?!到|错|贵|对|够|过期)|買(?!到|錯|貴|對|夠)|下单|下單|购买|購買|落單|落单)"
    r"(?!这|這|那|其他|别的|另|记录|記錄|紀錄|保险|保險)"
    r"|(?:打算|准备|準備|想要?|考虑|考慮)(?:先)?(?:买|買)(?:个|個|张|張|一)|(?:买|買|下单|下單)(?:之)?前",
    re.IGNORECASE,
)
# Said of what was bought: "I didn't buy the Australia one", "我没买保险".
_OF_ANOTHER = re.compile(
    r"\b(?:bought|buy|order(?:ed)?)\s+(?:that|this|the|from|two|twice|insurance|2|a (?:second|new))\b"
    r"|\b(?:again|twice)\b"
    r"|(?:买|買)(?:两|兩|二|2|第)|重复|重複",
    re.IGNORECASE,
)
_WHICH_PLAN = re.compile(
    r"\b(?:which|what)(?: (?:kind|sort|type) of)?(?: of (?:your|the))?(?: (?!phone|apple|android)\w+)?"
    r" (?:plans?|e-?sims|packages?|packs?)\b"
    r"(?! (?:do|did|have|am|are) (?:i|we)\b| (?:is|was) (?:mine|my|installed|active))"
    r"|\bplans? (?:with|that (?:has|have|include))\b"
    r"|\b(?:which|what) (?:one )?(?:should|do|would|to) (?:i|we|you)? ?(?:get|buy|take|choose|pick|recommend|suggest)\b"
    r"|(?:哪些|哪个|哪個|哪款|哪种|哪種|哪几个|什么|什麼|咩|邊個|边个|边款|邊款|有没有|有沒有|有冇).{0,8}"
    r"(?:套餐|方案|流量卡|plan)|(?:买|買|选|選|要|拣|揀)(?:哪|边|邊|什么|什麼|咩)(?:个|個|款|种|種)?"
    r"|(?:推荐|推薦|建议|建議)(?:个|個|一|哪|买|買|什)|(?:哪些|哪个|哪個|哪款|邊個|边个)(?:可以|能|可|有)(?:开|開|分享|带|帶)",
    re.IGNORECASE,
)


def not_bought_yet(text: str) -> bool:
    """Whether the traveller says that nothing was bought yet: "haven't bought anything yet", "还没买呢"."""
    return bool(_NOT_BOUGHT.search(text)) and not _OF_ANOTHER.search(text)


def asks_which_plan(text: str) -> bool:
    """Whether it is asked which plans there are or which to take: "which plans have hotspot", "买哪个好"."""
    return bool(_WHICH_PLAN.search(text))
