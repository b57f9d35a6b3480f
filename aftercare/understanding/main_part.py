"""What a message is about: without the words that correct a wrong answer and without a matter that is dropped.

"No, I mean the price" is about the price, "forget the Huawei. Which plan for 3 weeks?" about a plan. Read whole, both
resemble what they rule out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from aftercare.understanding.negation import wants_it_mended

# Before what is really meant: "no, I mean …", "that's not what I asked, …", "我问的是…", "我不是说…，".
_CORRECTS = re.compile(
    r"^\W*(?:(?:no|nope|nah|wait|sorry|hm+|well|but|oh|ok(?:ay)?|please)\b[\s,.!:;-]*)*"
    r"(?:i (?:only |just |actually )?(?:mean|meant|said|was asking)(?: about)?\b(?! (?:that|it|so|this)\b)"
    r"|i (?:only |just |actually )?asked(?: you)?(?: about\b|(?= (?:whether|if|how|what|which|where|when|why|who)\b))"
    r"|i ?['’]?a?m (?:only |just |actually )?(?:asking|talking) (?:about|for|whether|if)\b"
    r"|(?:that ?['’]?s|that is|this is|it ?['’]?s) not (?:what|my|the thing)\b[^,.!?;:]{0,40}[,.!?;:]"
    r"|i (?:did ?n['’]?t|did not|was ?n['’]?t|was not|don['’]?t|do not) (?:ask|mean|say|want to know)\b"
    r"[^,.!?;:]{0,60}[,.!?;:]"
    r"|(?:you|u) (?:did ?n['’]?t|did not|still have ?n['’]?t) (?:say|answer|tell me)\b(?: if| whether)?"
    r"|(?:my|the) question (?:is|was)\b|what i (?:mean|meant|asked|want to know)(?: about)? (?:is|was)\b"
    r")[\s,.:;!-]*"
    r"|^[\s，。！!、]*(?:(?:不是?|不对|不對|不係|唔係|哎|诶|欸|等等|等下|额|呃|啊|你好|喂)[\s，,。！!、]*)*"
    r"(?:我(?:不是|没有?|沒有?|唔係)(?:在)?(?:问|問|说|說|讲|講|指|话|話)[^，,。！!？?\s]{1,20}[，,。！!？?\s]+"
    r"(?:(?:我)?(?:是|系|係)?(?:在)?(?:想)?(?:问|問|说|說|讲|講|指)(?:的)?(?:是|係)?)?"
    r"|我(?:是|係|就|想)?(?:在)?(?:想)?(?:问|問|说|說|讲|講|指|话|話)(?:你|您)?(?:的|嘅)?(?:是|係)"
    r"|我(?:是|係)(?:在)?(?:想)?(?:问|問|说|說|讲|講|指|话|話)(?:你|您)?|我的意思是|我嘅意思係|我指的是"
    r"|我就(?:问|問)(?:你|您)?)[\s，,：:]*",
    re.IGNORECASE,
)
_DROP = r"(?:forget|never ?mind|leave|skip|drop|ignore)"
# A matter that is dropped before another is taken up: "forget the swap. …", "never mind the price, …", "算了先不换 …".
_DROPS = re.compile(
    r"^\W*(?:(?:no|ok(?:ay)?|well|hm+|actually|then|and)\b[\s,.!:;-]*)*"
    rf"(?:please )?{_DROP}\b(?: the| my| that| this| it| about| all)*"
    r"(?: [\w'’-]+){0,4}?\s*(?:[,.!?;:]+\s+|\s+-+\s+|\n+"
    r"| and (?=(?:just|can|could|tell|how|what|where|which|do|is|are)\b))"
    r"|^[\s，。]*(?:(?:好吧?|行吧?|那|哎|唉|嗯)[\s，,。]*)*(?:算了|算啦|算|罢了|先)[\s，,。]*"
    r"(?:我|咱们|就|先|还是|還是)*(?:不|别|別|唔)(?!行|能|会|會|知|懂|对|對|可以|好|是|显|顯|通|到|动|動)"
    r"(?:用|要|想|再)?[^，,。！!？?\s]{1,10}[，,。！!？?\s]+",
    re.IGNORECASE,
)
# The same of a phone, right before its name or after it: "forget about the Huawei", "华为先不管了".
_BEFORE_NAME = re.compile(
    rf"\b{_DROP}(?: about)?(?: (?:the|my|that|this|your|his|her))?\s*$"
    r"|(?:不管|别管|別管|不说|不說|不问|不問)(?:那个|那個)?\s*$",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s*(?:的?(?:手机|手機))?(?:就|先|那个|那個)*(?:算了|不管|不用管|别管|別管|不说了|不說了|不问了|不問了)"
)
# At the end, what is not meant: "…, not the road state", "…，不是重装".
_RULED_OUT = re.compile(
    r",\s*(?:and )?not (?:about |for )?(?:the |a |my |any )?[\w'’-]+(?: [\w'’-]+){0,3}\s*[.!]*$"
    r"|[，,\s]\s*(?:不是|唔係)(?:问|問|说|說|讲|講)?[^，,。！!？?\s吗嗎吧呢么麼]{1,10}[。！!]*$",
    re.IGNORECASE,
)
# At the beginning, what is not meant, before what is: "不是重装 是切换网络".
_NOT_BUT = re.compile(
    r"^[\s，。]*(?:不是|唔係)(?:问|問|说|說|要|想)?[^，,。！!？?\s是係]{1,10}[，,。！!？?\s]+"
    r"(?:我)?(?:(?:是|係)(?:要|想|问|問|说|說)?|(?:想)?(?:问|問|说|說)(?:的|嘅)?(?:是|係)?)"
)
# A sentence, or a clause of Chinese, that does nothing but rule one of our matters out: "not refund", "不要二维码".
_MATTER = (
    r"(?:(?:a|an|any|my|the|that|this|another|new|to|your)\s+)*(?:refunds?|money back|swap(?:ped)?|exchanges?"
    r"|qr(?: ?codes?)?|codes?|top[- ]?ups?|invoices?|receipts?|persons?|humans?|agents?|tickets?"
    r"|reset|reinstall|plan list|\d+ ?gb)"
)
_DENIES = re.compile(
    r"(?:(?:no+|nope|wait|please|ok(?:ay)?|and|but|again)[\s,]+)*"
    rf"(?:(?:i ?['’]?a?m )?not (?:(?:asking|talking|looking) (?:for|about) |about |for )?{_MATTER}"
    rf"|i (?:do ?n['’]?t|did ?n['’]?t|do not|did not|never) (?:want|need|ask(?:ed)? for|mean|wanted) {_MATTER}"
    rf"|(?:leave|forget|skip|drop) {_MATTER}|no (?:refunds?|swaps?|exchanges?|top[- ]?ups?))"
    r"(?: (?:please|now|yet|any ?more|at all))?",
    re.IGNORECASE,
)
_MATTER_ZH = (
    r"(?:退款|退钱|退錢|退|换套餐|換套餐|换|換|二维码|二維碼|加购|加購|充值|发票|發票|收据|收據|人工|工单|工單|重装|重裝"
    r"|选网络|選網路|選網絡|补发|補發|\d+ ?GB?)"
)
_DENIES_ZH = re.compile(
    r"(?:(?:不|唔|喂|哎|等等|那|我|都|也|又)[\s，,]*)*(?:不是|唔係|不要|唔要|不想|不用|唔使|没有?要|沒有?要|没说要|沒說要|没叫|沒叫)"
    rf"(?:在)?(?:问|問|要|想|说|說|讲|講)?{_MATTER_ZH}(?:啊|呀|吖|啦|的|了|喔|哦)*",
    re.IGNORECASE,
)
_AROUND = " \t\n.!?;,。！？；，"
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|\s*(?<=[。！？；])")
_CLAUSE_ZH = re.compile(r"[，,。！!？?；;\s]+")
# So much must be left to be about something: letters, those of the Latin script by halves.
_LEAST = 4


@lru_cache(maxsize=256)
def main_part(text: str) -> str:
    """The part of a text that it is about; the whole text where nothing else is left."""
    rest = _without(_NOT_BUT, _without(_CORRECTS, text))
    rest = _without(_DROPS, _without_denials(rest))
    return _without(_RULED_OUT, rest)


def _without_denials(text: str) -> str:
    """The text without what only rules a matter out at its beginning or end, as long as enough is left.

    "I don't want a refund, I want it to work" stays: what rules the refund out says what is wanted.
    """
    if wants_it_mended(text):
        return text
    for cut, denies in ((_SENTENCE, _DENIES), (_CLAUSE_ZH, _DENIES_ZH)):
        ends = [0, *(found.end() for found in cut.finditer(text)), len(text)]
        spans = every = [(start, end) for start, end in pairwise(ends) if text[start:end].strip()]
        while len(spans) > 1 and denies.fullmatch(text[slice(*spans[0])].strip(_AROUND)):
            spans = spans[1:]
        while len(spans) > 1 and denies.fullmatch(text[slice(*spans[-1])].strip(_AROUND)):
            spans = spans[:-1]
        rest = text[spans[0][0] : spans[-1][1]].strip() if spans else text
        text = rest if len(spans) < len(every) and _says_enough(rest, _LEAST / 2) else text
    return text


def corrects(text: str) -> bool:
    """Whether a text says that what was answered is not what was asked, and what was: "no, I mean the price"."""
    return _without(_CORRECTS, text) != text or _without(_NOT_BUT, text) != text


def main_span(text: str) -> tuple[int, int]:
    """Where the main part begins and ends in the text."""
    kept = main_part(text)
    start = text.rfind(kept)
    return start, start + len(kept)


def is_dropped(text: str, start: int, end: int) -> bool:
    """Whether the phone named from `start` to `end` is one that the text leaves: "forget the Huawei"."""
    return bool(_BEFORE_NAME.search(text[:start]) or _AFTER_NAME.match(text[end:]))


def _without(pattern: re.Pattern[str], text: str) -> str:
    rest, found = pattern.subn("", text, count=1)
    rest = rest.strip() if found else text
    return rest if _says_enough(rest) else text


def _says_enough(text: str, least: float = _LEAST) -> bool:
    letters = [sign for sign in text if sign.isalnum()]
    latin = sum(map(str.isascii, letters))
    return len(letters) - latin / 2 >= least
