"""What a message wants of a ticket of this conversation: its state, its content, an addition, an end."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from aftercare.understanding.case_questions import asks_ticket_number, asks_ticket_state, drops_ticket
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.invoice_requests import gives_company
from aftercare.understanding.promises import gives_promised, reminds_of_promise

TicketWant = Literal["drop", "passed_on", "add", "when", "meanwhile", "where", "state"]

_WORD = re.compile(
    r"(?<!ferry )(?<!plane )(?<!train )(?<!bus )(?<!parking )(?<!return )\b(?:my|the|this|that|a|which|two|both"
    r"|first|second"
    r"|other|old|new|no|your|any|got|have|already|status of(?: \w+)?)\s+(?:\w+ )?(?:support )?tickets?\b"
    r"|\btickets? (?:number|no|id|status)\b|^\W*tickets?\b|工单|工單|(?<![A-Za-z])tickets?(?=\s*[\u4e00-\u9fff])"
    r"|[\u4e00-\u9fff]\s*tickets?\b",
    re.IGNORECASE,
)
_OF_TRAVEL = re.compile(
    r"\b(?:ferry|plane|train|bus|flight|parking|concert|museum|bungy|e-)[ -]?tickets?\b"
    r"|\btickets? (?:for|to) (?:the |a )?(?:ferry|plane|train|bus|flight|museum|boat|concert|interislander"
    r"|gondola)\b|ticket (?:office|counter)|船票|机票|機票|车票|車票|门票|門票",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:them|him|her|the (?:team|colleague|person|people|support|staff|agent|guy)"
    r"|your (?:team|colleague|people|boss)|a (?:person|colleague|human))"
)
_PASSED_ON = re.compile(
    rf"\b(?:did|have|has|do|does) (?:you|it|they|{_PEOPLE})\b.{{0,24}}\b(?:give|given|gave|pass|passed|tell|told"
    rf"|send|sent"
    rf"|forward|forwarded|note|noted|add|added|write|wrote|written|mention|mentioned|record|recorded|got|get|have)\b"
    rf"(?=.{{0,30}}\b(?:{_PEOPLE}|on|down|my|it|that|this|everything|all|@)\b|.{{0,30}}@)"
    r"|\b(?:is|was) (?:my|that|this|it|everything|all)\b.{0,24}\b(?:noted|passed on|added|on the ticket"
    r"|in the ticket|written down)\b"
    r"|(?:记|記)(?:下|上|录|錄)?(?:来|來)?(?:了)?(?:没有|沒有|没|沒|吗|嗎)|(?:有没有|有沒有|有冇)(?:帮我|幫我|把|给|給|跟)?.{0,10}"
    r"(?:记下|記下|转|轉|写进|寫進|告诉(?:他们|同事|人工)|告訴(?:他們|同事)|备注|備註|加上)"
    r"|(?:转|轉)(?:过去|過去|给|給|交|达|達).{0,6}(?:了)?(?:没有|沒有|没|沒|吗|嗎)|(?:写|寫)(?:进|進|上)(?:去)?.{0,4}了?(?:没|沒|吗|嗎)"
    r"|(?:他们|他們|同事|客服).{0,4}(?:知道|看得到|看到).{0,8}(?:吗|嗎|没|沒)",
    re.IGNORECASE,
)
_READ = re.compile(
    r"\b(?:has|have|did|does|is|will|was) (?:any(?:body|one)|some(?:body|one)|they|(?:the|your) (?:team|colleague"
    r"|person|people))\b"
    r".{0,16}\b(?:read|seen|see|looked|look|looking|working|answer(?:ed)?|repl(?:y|ied)|started|opened|done)\b"
    r"|(?:有人|同事|客服|他们|他們|你们|你們).{0,4}(?:看|处理|處理|回|查)(?:了|过|過|到)?.{0,6}(?:没|沒|吗|嗎|了么)"
    r"|怎么还没(?:人|消息|动静)|(?:没|沒)(?:有)?(?:动静|動靜|下文)",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\bwhen (?:will|do|does|can|is|are)\b.{0,30}\b(?:done|ready|get|have|finished|come|arrive|answer(?:ed)?|made"
    r"|sorted|here|sent|it)\b"
    r"|\b(?:need|want|must have) (?:it|this|that|them|the \w+)\b.{0,16}\b(?:by|before|until)\b"
    r"|\b(?:it|this|that|get|have|ready|done|one|answer)\b.{0,24}\b(?:by|before) (?:mon|tues|wednes|thurs|fri"
    r"|satur|sun)day\b"
    r"|(?:要|還要|还要|得)等?多久|等多久|\bhow (?:long|soon)\b"
    r"|(?:什么时候|什麼時候|啥时候|几时|幾時|多久|何时|何時).{0,8}(?:好|办|辦|开|開|处理|處理|有|拿|收|发|發|出|回|弄)"
    r"|(?:周|週|星期|礼拜|禮拜)[一二三四五六日天](?:之?前|要)|(?:明天|后天|後天|今天|今晚)(?:之?前|就?要|能不能)",
    re.IGNORECASE,
)
_ADDS = re.compile(
    r"\b(?:please |can you |could you |also |and )*(?:note|add|write|put|mention)\b.{0,12}\b(?:that|it|this|down"
    r"|on the ticket|to (?:the|my|it))\b"
    rf"|\btell {_PEOPLE}\b|\blet {_PEOPLE} know\b"
    r"|\b(?:send|post|e-?mail|mail|forward|go|goes|sent) (?:it |that |this |the \w+ )?to\b.{0,12}(?:@|\w+@"
    r"|\baccounts?\b|\bmy \w+|\bour \w+|\bthe (?:address|hotel))"
    r"|(?:记|記)(?:一)?(?:下|上)|备注|備註|补充(?:一下|[:：]|说)|補充|(?:加|写|寫)(?:一句|上|进|進)|转告|轉告|(?:跟|告诉|告訴|和)(?:同事|客服|他们|他們|人工)"
    r"|(?:发|發|寄|传|傳)(?:到|去|给|給).{0,12}@",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:i )?(?:mis(?:typed|spelled|spelt)|made a (?:mistake|typo)|got .{0,16} wrong|wrote .{0,16} wrong)\b"
    r"|\b(?:is|was|were|it's|ends?|should be|reads?)\b.{0,24}[,;]? ?\bnot \w+|\bnot \w{1,20}[,;]? (?:but|it'?s|its"
    r"|should be)\b"
    r"|\bthe (?:right|correct) (?:one|number|name|address|spelling)\b|\bchange .{1,24} to \w|\b(?:is"
    r"|was) wrong\b.{0,24}\b(?:it'?s|should|is|correct)"
    r"|(?:写|寫|打|填|搞|弄)错|(?:寫|打|填|弄)錯|改(?:成|为|為)|更正|(?:应该|應該|正确的?|正確的?)(?:是|为|為)"
    r"|不是.{1,16}[，, ]?(?:是|而是).{1,}|要改",
    re.IGNORECASE,
)
_DETAIL = re.compile(
    r"\b(?:tax|gst|vat|abn|nzbn|company|invoice|name|address|e-?mail|number|phone|model|spelling|date|amount)\b"
    r"|税号|稅號|抬头|抬頭|公司|名称|名稱|名字|邮箱|郵箱|信箱|地址|发票|發票|号码|號碼|手机|手機|机型|機型|金额|金額",
    re.IGNORECASE,
)
_WORK = (
    r"(?:re-?issue|new (?:code|e-?sim|one|qr|invoice)|replacement|company invoice|invoice|"
    r"补发|補發|重发|重發|新码|新碼|新卡|新的|发票|發票|开票|開票)"
)
_DROPS = re.compile(
    rf"\b(?:do(?:es)?n'?t|no longer|not) (?:need|want)\b.{{0,12}}{_WORK}.{{0,12}}|\bno {_WORK} (?:needed|any ?more)\b"
    rf"|\b(?:cancel|stop|drop|forget)\b.{{0,12}}{_WORK}"
    r"|\b(?:cancel|close|drop|withdraw|delete)\b.{0,12}\bt\d{6}|\bt\d{6}\b.{0,12}\b(?:cancel|close|not needed"
    r"|no longer)"
    r"|t\d{6}.{0,4}(?:取消|撤|关|關|不要|不用|不需要)|(?:取消|撤销|撤銷|关掉|關掉|不用|不需要|不要).{0,4}t\d{6}"
    rf"|(?:不用|不需要|不要|唔使|取消|别|別|没说要|沒說要|没要|沒要|没让|沒讓).{{0,3}}{_WORK}了?|tickets?.{{0,4}}(?:取消|撤|关|關|不要|不用|不需要)",
    re.IGNORECASE,
)
_SUBJECTS = (
    (
        "invoice",
        re.compile(r"\binvoice|\bcompany\b|\btax\b|\bgst\b|发票|發票|抬头|抬頭|税号|稅號|开票|開票", re.IGNORECASE),
    ),
    (
        "reissue",
        re.compile(
            r"\bre-?issue|\bnew (?:code|e-?sim|qr|one)\b|\breplacement\b|补发|補發|重发|新码|新碼|新卡|新的",
            re.IGNORECASE,
        ),
    ),
)
_OF_WORK = re.compile(
    r"\bcompany (?:one|invoice)\b|\bthe invoice\b|\bnew (?:code|e-?sim|qr|one)\b|\breplacement\b|\bre-?issued?\b"
    r"|发票|發票|抬头|抬頭|补发|補發|重发|新码|新碼|新卡",
    re.IGNORECASE,
)
_MEANWHILE = re.compile(
    r"\b(?:no|without) (?:any )?(?:data|internet|net)\b.{0,16}\b(?:tonight|until|now what|ideas?)\b|"
    r"\b(?:until|till) (?:then|that|you|it|the new|they|somebody|someone|\d)|\bmeanwhile\b|\bin the meantime\b"
    r"|\bwhile i(?:'m)? wait"
    r"|\bwhat (?:do|can|should) i (?:do|use) (?:for|about|without) (?:internet|data)\b|\b(?:tonight"
    r"|right now)\b.{0,30}\bno (?:data|internet)\b"
    r"|(?:在那|在此|這|这)(?:之前|期间|期間|段时间|段時間)|等(?:的|待)?(?:时候|時候|期间|期間)|(?:别|別|其他|其它)的?(?:办法|辦法|方法|法子)"
    r"|(?:到|在).{0,8}(?:之前|以前).{0,8}(?:怎么|怎麼|用什么|用什麼|咋)|(?:今晚|现在|現在).{0,6}(?:没网|沒網|上不了网|上不了網).{0,6}(?:怎么|怎麼|咋)|先(?:怎么|怎麼)(?:上网|上網|办|辦)",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\bwhat(?:'s| is) (?:happening|going on|new)\b|\bany (?:news|updates?)\b"
    r"|^\W*(?:那|现在|現在)?(?:怎么样|怎麼樣|咋样|咋樣)了|有(?:什么|什麼|新)?(?:消息|进展|進展)",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\bwhere (?:is|will|does|do) (?:it|the|my|this|that)\b.{0,24}\b(?:sent|send|arrive|come|go|posted)\b"
    r"|\b(?:which|what) (?:e-?mail|mail|address|mailbox)\b|(?:寄|发|發|送)(?:到|去|给|給)(?:哪|那里|那個|那个|什么"
    r"|什麼|邊)|哪(?:个|個)?(?:邮箱|郵箱|信箱)",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\bwhat (?:does|did|do|has) (?:the|your) (?:colleague|team|person|people|staff)\b.{0,12}\b(?:say|said|write"
    r"|wrote|answer)"
    r"|(?:同事|客服).{0,3}(?:怎么|怎麼)(?:说|說)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9])T\d{6,9}(?!\d)", re.IGNORECASE)
_WITH_REFUND = re.compile(
    r"(?=.*(?:ticket|new (?:code|e-?sim|one)|工单|工單|补发|補發|新码|新碼))(?=.*(?:refund|money back|退))"
    r"(?=.*(?:still|faster|quicker|count|both|instead|还|還|快|同时|同時|作数|算))",
    re.IGNORECASE | re.DOTALL,
)
_OF_MINE = re.compile(
    r"\b(?:status|state|progress|news|update|happen\w*|became|answer\w*)\b.{0,24}\b(?:my|our) (?:support )?tickets?\b"
    r"|\b(?:my|our) (?:support )?tickets?\b.{0,24}\b(?:status|state|progress|news|update|happen\w*|answer\w*)\b",
    re.IGNORECASE,
)
_LONGEST = 160


def wanted_of_ticket(text: str, *, has: bool, lately: bool) -> TicketWant | None:
    """What a message wants of a ticket; None when it wants nothing of one.

    `has`: the conversation has a ticket; `lately`: the last answers named one. Without either a ticket must be named.
    """
    plain = text.replace("’", "'")
    if len(plain) > _LONGEST:
        return None
    asks = asks_something(plain)
    names = ticket_in(plain) is not None
    speaks = names or (bool(_WORD.search(plain)) and not _OF_TRAVEL.search(plain))
    if drops_ticket(plain) or (_DROPS.search(plain) and not asks and (has or names)):
        return "drop"
    if asks_ticket_state(plain) or asks_ticket_number(plain):
        return "state"
    corrects = bool(_CORRECTS.search(plain)) and (speaks or (has and bool(_DETAIL.search(plain))))
    if has and (((speaks or lately) and _PASSED_ON.search(plain)) or (lately and reminds_of_promise(plain))):
        return "passed_on"
    of_work = bool(_OF_WORK.search(plain))
    if has and (speaks or lately or of_work) and _WHERE.search(plain):
        return "where"
    if has and (lately or of_work or speaks) and _MEANWHILE.search(plain):
        return "meanwhile"
    adds = bool(_ADDS.search(plain)) and (speaks or lately) and not gives_company(plain)
    if has and (corrects or adds):
        return "add"
    if (has or names) and (speaks or lately or (of_work and asks)) and _WHEN.search(plain):
        return "when"
    if ((speaks or lately) and (_READ.search(plain) or _NEWS.search(plain))) or (has and _SAYS.search(plain)):
        return "state"
    if speaks and (has or names or _OF_MINE.search(plain)):
        return "state"
    return None


def ticket_in(text: str) -> int | None:
    """The number of the ticket that a text names: "T000002"; None when it names none."""
    found = _NUMBER.search(text)
    return int(found[0][1:]) if found else None


def names_ticket(answer: str) -> bool:
    """Whether a text of ours names a ticket by its number."""
    return bool(_NUMBER.search(answer))


def compares_with_refund(text: str) -> bool:
    """Whether a text asks how a ticket and money back go together: "does the ticket still count then"."""
    return bool(_WITH_REFUND.search(text))


def adds_to_ticket(text: str) -> bool:
    """Whether a message adds or corrects something: "send it to my office too"; "did you tell them?" adds nothing."""
    rest = _PASSED_ON.sub(" ", text.replace("’", "'"))
    return bool(_ADDS.search(rest) or _CORRECTS.search(rest))


def reason_named(text: str) -> str | None:
    """The reason of the ticket that a message names: an invoice or a new eSIM; None when it names neither."""
    return next((reason for reason, pattern in _SUBJECTS if pattern.search(text)), None)


def takes_promise_up(text: str, promise: str, since: int, entities: Collection[str]) -> bool:
    """Whether a message gives what `promise`, a text of ours, asked for to pass it on, or reminds of it.

    `since` is how many messages have come after it, this one included; `entities` are the names of those in this one.
    """
    if wanted_of_ticket(text, has=True, lately=False) == "drop":
        return False
    return (since == 1 and gives_promised(text, promise, entities)) or reminds_of_promise(text)
