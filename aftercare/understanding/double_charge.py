"""What is asked or wanted of the two orders of a double charge that was found."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.order_references import order_by_ending
from aftercare.understanding.refund_requests import asks_for_refund

PairWant = Literal["each", "letter", "why", "refund"]

_SECOND = (
    r"(?:second|2nd|duplicate|double|extra|other|later"
    r"|第二|后(?:一|来|面|扣)|後(?:一|來|面|扣)|多(?:扣|出)|重(?:复|複)|另)"
)
_EACH = re.compile(
    r"\bwho(?:se)?\b.{0,24}\b(?:bought|ordered|paid|e-?mail|name|order|one|it)\b|\bwhich\b.{0,24}\b(?:first|earlier|later|second|when)\b"
    rf"|\bwhen\b.{{0,16}}\b(?:each|both|{_SECOND}|them|they)\b.{{0,24}}\b(?:bought|ordered|paid|charged|made)"
    r"|\bwhen was (?:each|both|the (?:first|second|other))\b|\b(?:bought|ordered|paid)\b.{0,12}\bby (?:my|me|her|him)\b"
    r"|\b(?:did|has) my \w+\b.{0,12}\b(?:buy|order|pay)|\bis (?:the )?(?:second|other)\b.{0,16}\b(?:my|hers|his)\b"
    r"|\bif it(?:'s| is| was) (?:hers|his|my)\b"
    r"|(?:哪|那).{0,4}[笔筆单單个個].{0,6}(?:先|后|後|早|晚)|(?:是|谁|誰).{0,6}(?:老婆|老公|太太|先生|妈|媽|爸|女儿|女兒|儿子|兒子|朋友|她|他|谁|誰).{0,4}(?:买|買|下单|下單)"
    r"|(?:谁|誰)(?:买|買|下)|(?:谁|誰)的(?:邮箱|郵箱|信箱|单|單)|(?:哪个|哪個|什么|什麼)(?:邮箱|郵箱|信箱)|(?:分别|分別|各自|各).{0,6}(?:什么时候|什麼時候|几点|幾點|几号|幾號|啥时候)"
    r"|(?:如果|要是)是?(?:她|他|我老婆|我老公|我太太)(?:的|买|買)",
    re.IGNORECASE,
)
_ASKS_WHOSE = re.compile(r"\b(?:whose|who)\b|谁|誰|是不是|是否", re.IGNORECASE)
_LETTER = re.compile(
    r"\b(?:in writing|written (?:proof|confirmation|statement)|letter|confirmation for (?:my|the) bank"
    r"|proof for (?:my|the) bank"
    r"|document|something for my bank|statement for (?:my|the) bank)\b"
    r"|书面|書面|证明|證明|(?:给|給)银行的|(?:给|給)銀行的|(?:开|開|出|写|寫)(?:个|個|一份|份|封)?.{0,4}(?:信|说明|說明|文件|凭证|憑證)",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\b(?:how come|how did (?:it|this|that)|why (?:did|was|were|is) (?:it|i|this|that|there)|what caused)\b"
    r"|\bonly (?:pressed|clicked|tapped|paid|pushed)\b.{0,16}\bonce\b"
    r"|(?:怎么会|怎麼會|为什么会|為什麼會|为啥|為啥|什么原因|什麼原因|怎么回事|怎麼回事)|只(?:点|點|按|付)了?一(?:次|下)",
    re.IGNORECASE,
)
_BACK = re.compile(
    rf"\b(?:refund|give back|return|pay back)\b.{{0,12}}\b{_SECOND}\b|退.{{0,6}}{_SECOND}|{_SECOND}.{{0,8}}(?:退"
    rf"|refund)"
    r"|(?:还是|還是|那就|就)退(?:了)?(?:吧|款)|退[啊呀吧了]\W*$|^\W*退\W*$",
    re.IGNORECASE,
)
_NUMBER_BACK = re.compile(r"(?:退|\brefund)\D{0,12}(\d{2,7})(?!\d)", re.IGNORECASE)
_NOT_BACK = re.compile(
    r"(?:别|別|不|先不|不要|不用)(?:要|想|用)?退|\b(?:don'?t|do not|not)\b.{0,12}\brefund", re.IGNORECASE
)
_LONGEST = 160


def wanted_of_pair(text: str, pair: Collection[str]) -> PairWant | None:
    """What is wanted of the orders of a double charge, `pair`; None without a pair, or when another thing is."""
    plain = text.replace("’", "'")
    if len(pair) < 2 or len(plain) > _LONGEST:
        return None
    if _LETTER.search(plain):
        return "letter"
    if _EACH.search(plain) and (asks_something(plain) or _ASKS_WHOSE.search(plain) or _NOT_BACK.search(plain)):
        return "each"
    if _WHY.search(plain):
        return "why"
    if _NOT_BACK.search(plain):
        return None
    named = order_by_ending(plain, pair)
    to_return = _NUMBER_BACK.search(plain)
    if to_return and tuple(pair)[1].endswith(to_return[1]):
        return "refund"
    if asks_something(plain):
        return None  # "which one do you refund, does the other one keep working?"
    if _BACK.search(plain) or (named is not None and asks_for_refund(plain)):
        return "refund"
    return None


def asks_why_twice(text: str) -> bool:
    """Whether a text asks how a double charge came about: "I only pressed pay once"."""
    return bool(_WHY.search(text.replace("’", "'")))
