"""How a traveller wants to reach a person, and how soon."""

from __future__ import annotations

import re

from aftercare.understanding.clauses import clause_ends
from aftercare.understanding.follow_ups import asks_something

_CALLS = re.compile(r"hotline|phone|\bcall\b|video|热线|熱線|电话|電話|视频|視頻|視訊", re.IGNORECASE)

_URGENT = re.compile(
    r"\b(?:boards?|boarding|take-?off|gate closes|flight (?:leaves|departs|is)|(?:train|bus|ferry) leaves)\b"
    r"|\bin (?:a|\d+|ten|twenty|thirty|half an?) (?:min(?:ute)?s?|hours?)\b|\b(?:urgent(?:ly)?|asap|hurry|no time)\b"
    r"|登机|登機|起飞|起飛|来不及|來不及|赶(?:时间|飞机|车|船)|趕(?:時間|飛機|車)|很急|着急|著急|急用|加急|快点|快點|[，,]急\W*$|马上就?要|馬上就?要",
    re.IGNORECASE,
)

_PERSON = re.compile(
    r"(?<!不)(?<!别)(?:转|轉|找|叫)(?:到|给|給)?(?:真)?人工"
    r"|\b(?:talk|speak|pass me|put me through|connect me) (?:to|with) (?:a |an )?(?:real |human |live )?"
    r"(?:person|human|agent|someone|somebody)\b"
    r"|\bi (?:just |only |really )?(?:want|need|demand) (?:a|an|to (?:talk|speak|chat) (?:to|with) an?) (?:real "
    r"|human |live )?"
    r"(?:person|human|agent|employee|colleague)\b|\b(?:person|human|agent)[,!]? (?:now|please|pls)\b"
    r"|\b(?:get|give|find|bring) me (?:a|an) (?:real |human |live )?(?:person|human|agent)\b"
    r"|(?<!不)(?:我)?(?:只)?(?:要|想要|需要)(?:一个|个|個)?(?:真人|人工)|(?:让|讓|请|請|叫)(?:个|個)?(?:真人|人工|同事)来",
    re.IGNORECASE,
)
_DEMANDS = re.compile(
    r"\bi (?:just |only |really )?(?:want|need|demand) (?:an?|to (?:talk|speak|chat) (?:to|with) an?) (?:real "
    r"|human |live )?"
    r"(?:person|human|agent)\b(?! who| that)|\b(?:person|human|agent)[,!]? (?:now|please|pls)\b"
    r"|^(?:先|直接|帮我|幫我|马上|馬上|请|請)(?:给我|給我)?(?:转|轉|接)人工(?!.{0,4}(?:吗|嗎|么))"
    r"|(?<![不想])我(?:就|只)?(?:要|需要)(?:找|转|轉)?(?:一个|个|個)?(?:真人|人工)(?!.{0,4}(?:吗|嗎|么))",
    re.IGNORECASE,
)
_OF_HOTLINE = re.compile(
    r"\b(?:hotline|that number|the number|ring (?:it|that|them|there)|call (?:it|that|them|there)|phone (?:it|them"
    r"|line))\b|热线|熱線|(?:打|拨|撥)(?:这个|這個|那个|那個|过去|過去|得?通|给他们|給他們|热|熱)",
    re.IGNORECASE,
)
_ABOUT_HOTLINE = re.compile(
    r"\b(?:speak|chinese|english|mandarin|language|open|hours|now|landline|free|cost|charge|toll|ring|call"
    r"|tell them|say|answer|pick(?:s)? up)\b"
    r"|中文|英文|普通话|普通話|粤语|粵語|现在|現在|几点|幾點|接|开|開|座机|座機|收费|收費|免费|免費|怎么说|怎麼說|说什么|說什麼|打",
    re.IGNORECASE,
)
# A clause that wishes for a person and says nothing else: "person then. And …", "can a human see it".
_CLAUSES = clause_ends(words=r"\band\b")
_ONLY_PERSON = re.compile(
    r"\s*(?:(?:ok(?:ay)?|so|then|well|yes|please|just|also)\s+)*"
    r"(?:(?:can|could|may|let|i want|i'?d like|i need|get me|give me)\s+)?(?:an? |some )?(?:real |live )?"
    r"(?:person|human|human being|agent|colleague)"
    r"(?:\s+(?:then|please|instead|(?:look at|check|see|read) (?:it|this|that|my case)))*\s*"
    r"|\s*(?:那|那就|请|請|麻烦|麻煩|还是|還是|能不能|可以)*(?:找|转|轉|换|換|叫|要|让|讓)?(?:个|個|一个|一個)?"
    r"(?:真人|人工|同事|客服)(?:吧|帮我|幫我|看看|看一下|来看|來看|处理|處理|吗|嗎|一下)*\s*",
    re.IGNORECASE,
)
# Whether somebody rings back: "they won't call me, right?".
_CALLED = re.compile(
    r"\b(?:they|you|he|she|someone|somebody|anyone|anybody|team|colleague|person|people)\b(?: [\w']+){0,3}"
    r" (?:call|ring|phone|text) (?:me|us)\b"
    r"|(?:你们|你們|他们|他們|她|他|客服|同事|人工).{0,6}(?:打(?:电话|電話)|打[给給]我|[给給]我打|发短信|發短信)"
    r"|(?:会|會|要)?[给給]我打(?:电话|電話)",
    re.IGNORECASE,
)


def asks_for_person_beside(text: str) -> bool:
    """Whether one clause only wishes for a person and another asks something: "person then. How much did I use?"."""
    clauses = [each for each in _CLAUSES.split(text.replace("’", "'")) if each.strip()]
    rest = [each for each in clauses if not _ONLY_PERSON.fullmatch(each)]
    return len(rest) < len(clauses) and any(map(asks_something, rest))


def asks_if_called(text: str) -> bool:
    """Whether a text asks if somebody of ours rings: "they won't call me, right?", "你们会打电话给我吗"."""
    return bool(_CALLED.search(text.replace("’", "'")))


def demands_person(text: str) -> bool:
    """Whether a person is plainly demanded, whatever is asked beside it: "2 am, anybody there? I want a human"."""
    return bool(_DEMANDS.search(text.replace("’", "'")))


def asks_about_hotline(text: str) -> bool:
    """Whether a text asks about a hotline that was named: "can I ring that from a landline", "熱線可以講中文嗎"."""
    plain = text.replace("’", "'")
    return bool(_OF_HOTLINE.search(plain) and _ABOUT_HOTLINE.search(plain) and asks_something(plain))


def asks_for_person(text: str) -> bool:
    """Whether a text has the words of a wish for a person: "先转人工吧", "talk to a real person"."""
    return bool(_PERSON.search(text))


def asks_for_call(text: str) -> bool:
    """Whether a text speaks of a call rather than a chat: "is there a hotline?", "可以视频吗"."""
    return bool(_CALLS.search(text))


def is_urgent(text: str) -> bool:
    """Whether a text says that little time is left: "we board in ten minutes", "快起飞了"."""
    return bool(_URGENT.search(text))
