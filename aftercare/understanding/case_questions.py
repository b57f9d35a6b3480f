"""Questions about the numbers of a case and about money that does not come in time."""

from __future__ import annotations

import re

from aftercare.understanding.follow_ups import asks_something

_LONGEST = 70
_TICKET = re.compile(
    r"\b(?:ticket|case)(?:'s)? ?(?:number|no\b\.?|nr\b|id\b|#)"
    r"|^\W*(?:(?:and|so|ok(?:ay)?|sorry|wait)\W+)?"
    r"(?:what(?:'?s| is| was)|which (?:is|was)) (?:my|our|the) (?:ticket|case)(?: again| now)?\W*$"
    r"|(?:工单|工單|案件)(?:的)?(?:编号|編號|号码|號碼|号|號)|(?:工单|工單)(?:是|叫)?(?:几号|幾號|多少|哪个|哪個)",
    re.IGNORECASE,
)
# What became of a ticket, or why, is another question than its number.
_OF_ITS_FATE = re.compile(
    r"\b(?:closed?|nobody|no ?one|ignored|why|without)\b"
    r"|关闭|關閉|关了|關了|没人|沒人|为什么|為什麼|怎么没|怎麼沒|没有回|沒有回",
    re.IGNORECASE,
)
# Where a ticket stands, and that it is not wanted any more.
_STATE_OF_TICKET = re.compile(
    r"\b(?:ticket|case)\b.{0,40}\b(?:still open|status|progress|answered|being (?:looked|worked))\b"
    r"|(?:工单|工單).{0,8}(?:进度|進度|状态|狀態|怎么样|怎麼樣|处理|處理|还开着|還開著|还在|還在)|(?:查|看).{0,4}(?:工单|工單)",
    re.IGNORECASE,
)
_DROPS_TICKET = re.compile(
    r"\b(?:cancel|close|drop|withdraw|don'?t need)\b.{0,16}\b(?:ticket|case)\b"
    r"|(?:取消|撤销|撤銷|关掉|關掉|不用|不需要).{0,4}(?:工单|工單)|(?:工单|工單).{0,4}(?:取消|撤|关掉|關掉|不用|不需要)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<![A-Za-z0-9])T(\d{6,9})(?!\d)", re.IGNORECASE)
_REQUEST = re.compile(
    r"\b(?:request|refund|exchange|swap)(?:'s)? (?:request )?(?:number|no\b\.?|nr\b|id\b|reference)"
    r"|(?:申请|申請|退款|换货|換貨)(?:的)?(?:编号|編號|单号|單號|号码|號碼|号|號)",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"\b(?:if|when|suppose|in case|what if)\b.{0,30}"
    r"(?:\b(?:not|never|still no|nothing|late)\b|n['’]?t\b).{0,40}"
    r"\b(?:by then|by that (?:day|date|time)|that (?:day|date)|after that|in time|on time|arriv\w*|come|came|there|here"
    r"|show(?:s|n|ed)? up|receive[ds]?|got|get)\b"
    r"|(?:如果|要是|假如|万一|萬一|到时|到時|到那|那天|当天|當天|\d号|\d號|\d日).{0,10}?(?:没|沒|未|不)(?:有)?"
    r"(?:到|收到|来|來|退|见|見|拿到|打过来)",
    re.IGNORECASE,
)
_OF_GOODS = re.compile(
    r"\bq\s?r\b|\be-?sims?\b|\bcodes?\b|\bpackage\b|二维码|二維碼|激活码|啟動碼|卡|码", re.IGNORECASE
)


def asks_ticket_number(text: str) -> bool:
    """Whether a text asks for the number of a ticket: "what was my ticket number again", "工单号是多少"."""
    return len(text) <= _LONGEST and bool(_TICKET.search(text)) and not _OF_ITS_FATE.search(text)


def asks_ticket_state(text: str) -> bool:
    """Whether a text asks where a ticket stands: "is my ticket still open", "工单处理得怎么样了"."""
    return bool(_STATE_OF_TICKET.search(text))


def drops_ticket(text: str) -> bool:
    """Whether a text wants a ticket closed: "cancel my ticket", "工单取消吧"; a question does not."""
    return bool(_DROPS_TICKET.search(text.replace("’", "'"))) and not asks_something(text)


def named_ticket(text: str) -> int | None:
    """The number of the ticket that a short text names: "T000002, right?"; None when it names none."""
    named = _NAMED.search(text) if len(text) <= _LONGEST and not _OF_ITS_FATE.search(text) else None
    return int(named[1]) if named else None


def asks_request_number(text: str) -> bool:
    """Whether a text asks for the number of a request: "what's my request number", "退款申请编号"."""
    return len(text) <= _LONGEST and bool(_REQUEST.search(text)) and not _OF_ITS_FATE.search(text)


def asks_if_late(text: str) -> bool:
    """Whether a text asks what happens when money is not there in time: "and if it hasn't come by then?"."""
    return len(text) <= _LONGEST and bool(_LATE.search(text)) and not _OF_GOODS.search(text)
