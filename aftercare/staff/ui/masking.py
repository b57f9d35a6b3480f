"""Replaces personal data in travellers' messages by neutral values, before they become training sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from aftercare.base.identifiers import (
    luhn_digit,
    normalise_order_number,
    order_numbers,
    valid_eid,
    valid_iccid,
    valid_imei,
)
from aftercare.base.language import HAN
from aftercare.base.masking import INVISIBLE, SPELT_EMAIL, half_width

EMAIL = "traveller@example.com"
ICCID = "8964050000000000008"
EID = "89049032000000000000000000000163"
IMEI = "490154203237518"
CARD = "4111 1111 1111 1111"
PHONE = "021 555 0100"
CODE = "LPA:1$smdp.example.com$A1B2"
REFERENCE = "A0000"
LINK = "https://example.com"
NAME = {"en": "Alex", "zh": "小王"}
ADDRESS = {"en": "1 Example Street", "zh": "示例路1号"}
HANDLE = "@traveller"

# Entities that describe the message as a whole; training sentences are not annotated with them.
_ABOUT_THE_MESSAGE = frozenset({"language", "script", "tried", "second_intent", "step_outcome"})
# What adds entities that earlier messages named, which have no place in this one.
_OF_EARLIER_MESSAGES = "ChannelFacts"
# Entities that no rule for names may replace: in "this is iPhone 15" a device is no person.
_NOT_PERSONAL = frozenset({"device", "destination", "location", "operator", "plan", "error_message", "amount_of_time"})


class Span(NamedTuple):
    """An annotated part of a text; offsets in characters, `end` not included."""

    entity: str
    start: int
    end: int


class Masked(NamedTuple):
    """A text without personal data, and its entities."""

    text: str
    spans: tuple[Span, ...]


class _Replacement(NamedTuple):
    """A part of the text, the neutral value for it, and the entity it is, if any."""

    start: int
    end: int
    instead: str
    entity: str | None = None


_GAP = r"[ \t\-‐-―−_.()/]{0,3}"
_LINK = re.compile(
    r"(?:https?://|www\.)[!-~]+"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|nz|net|org|io|cn|co|app|shop|info|me|ly|hk|tw|jp|uk|au|de|fr)[/?][!-~]+",
    re.IGNORECASE,
)
_CODE = re.compile(r"LPA:[!-~]+|(?<![A-Za-z0-9])1\$[!-~]+", re.IGNORECASE)
# Han letters beside an address without a space are no part of it; before the @ of `_HAN_EMAIL` they are
_NOT_HAN = rf"(?:(?!{HAN.pattern})[\w.%+'-])"
_EMAIL = re.compile(rf"{_NOT_HAN}{{1,80}}\s?@\s?{_NOT_HAN}{{1,80}}")
_HAN_EMAIL = re.compile(r"[\w.%+'-]{1,80}@[\w.-]{1,80}")
_DIGITS = re.compile(rf"\+?(?:\(\+?\d+\))?\d(?:{_GAP}\d)*[Xx]?")
_DATE = re.compile(
    r"(?:19|20)\d\d[-/.年] ?\d{1,2}[-/.月] ?\d{1,2}(?!\d)|(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d(?!\d)"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CHINESE_DIGIT = "零〇○一二三四五六七八九幺两"
_CHINESE_DIGITS = re.compile(rf"[{_CHINESE_DIGIT}](?:[ -]?[{_CHINESE_DIGIT}]){{6,}}")
# A booking reference, a passport, a confirmation code
_REFERENCE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*[A-Za-z])(?=(?:[A-Za-z-]*\d){5})[A-Za-z0-9-]{6,}(?![A-Za-z0-9])"
)
# A signed token or a key: at least 20 characters, with letters and digits
_TOKEN = re.compile(r"(?<![\w.-])(?=[\w.-]*[0-9])(?=[\w.-]*[A-Za-z])[A-Za-z0-9_.-]{20,}", re.ASCII)
_HANDLE = re.compile(r"(?<![\w.@])@[A-Za-z]\w{2,}", re.ASCII)
# A secret or identifying value behind the word for it: passport, booking, password, account
_LABELLED = re.compile(
    r"(?:(?<![A-Za-z])(?:passport|visa|licence|license|booking|reservation|confirmation|ref(?:erence)?|pnr|wechat|weixin"
    r"|whatsapp|telegram|username|user name|account|password|passcode|pin|cvv|cvc|puk|token)"
    r"|护照|身份证|驾照|驾驶证|签证|预订|订位|确认|微信|密码|密碼|账号|帐号|用户名|验证码)"
    r"(?:\s*(?:no\.?(?![A-Za-z])|numbers?|id|code|ref|handle|is|号码|号|號|是|为|[:：=#]))*\s*"
    r"(?P<value>[A-Za-z]{1,3} ?[0-9]{5,}|(?=[A-Za-z._-]*[0-9_])[A-Za-z0-9][A-Za-z0-9_.-]{2,})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NO_STREET = (
    r"(?:on|in|at|the|of|for|a|an|my|days?|weeks?|months?|hours?|people|person|gb|mb|esims?|more|next|down|and|or|to)"
)
_ADDRESS = re.compile(
    rf"(?<![\w.])\d{{1,5}}(?:/\d{{1,5}})?[A-Za-z]?\s+(?:(?!{_NO_STREET}\b)[A-Za-zĀ-ž'’.-]+\s+){{1,3}}"
    r"(?:street|st|road|rd|avenue|ave|lane|drive|dr|terrace|tce|crescent|cres|boulevard|blvd|highway|quay|parade)"
    r"(?![A-Za-z])\.?(?:,?\s*(?-i:[A-ZĀ-Ž][\w'’-]+)){0,4}(?:\s+\d{4,5}(?!\d))?",
    re.IGNORECASE,
)
_CHINESE_ADDRESS = re.compile(
    r"(?:[^在是到寄住址我：:，,。！!？?\s]{1,20}(?:路|街|大道|巷|胡同|小区|大厦|花园|公寓|村|弄|里)|[^在是到寄住址我：:，,。！!？?\s]{1,20}[市区县镇]"
    r"[^，,。！!？?\s]{1,12})\s?[0-9一二三四五六七八九十百]{1,6}\s?(?:号楼|號樓|号|號|弄|栋|棟|幢|座|室|单元)"
    r"(?:[0-9A-Za-z一二三四五六七八九十百-]{1,6}(?:号楼|號樓|号|號|栋|棟|幢|座|楼|樓|层|層|室|单元))*(?!线)"
)
_LONGEST_ORDINARY = 6  # digits of a number that stays: a price, a year, a one-time code

_WORD = r"[^\W\d_][^\W\d_'’.-]*(?:['’-][^\W\d_]+)*"
_CAPITAL = r"(?:(?-i:[A-ZÀ-ÖØ-Þ])[^\W\d_]+(?:['’.-][^\W\d_]+)*|(?-i:[A-Z])\.)(?!\w)"
_STOP = r"(?:and|but|my|i|i'm|the|from|with|on|in|at|for|is|was|here|who|have|order|email|e-mail|please|can|because)\b"
_ENGLISH_NAME = re.compile(
    r"(?<![A-Za-z])(?:my (?:full |first |last |family |sur)?name(?:'s| is|:| =)?"
    r"|(?:full |first |last |family )?name ?[:=]|"
    r"name is|i am called|i'm called|they call me|passenger|mr\.?|mrs\.?|ms\.?|miss|dr\.?)\s*[:=]?\s+"
    rf"(?P<name>(?!{_STOP}){_WORD}\.?(?:\s+(?!{_STOP}){_WORD}\.?){{0,3}})",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"(?<![A-Za-z])(?:i am|i'm|i’m|this is|it's|it is|regards,?|cheers,?|sincerely,?|thanks,?|thank you,?|dear|hi,?"
    r"|hello,?)\s+"
    rf"(?P<name>{_CAPITAL}(?:\s+{_CAPITAL}){{0,3}})",
    re.IGNORECASE,
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤張劉陳楊黃趙吳孫馬鄭羅謝許韓馮鄧蕭"
    "葉蘇魏呂盧鍾譚陸賈韋鄒閻龍賀顧龔萬錢嚴湯"
)
_CHINESE_STOP = ",.!?;:我的你想要在是有没沒和跟，。！？；：、 \n买買订訂了手电電不能怎就这這那也从從来來去到用"
_CHINESE_NAME = re.compile(
    r"(?:我叫|我的?(?:名字|姓名|全名)(?:叫|是|：|:)?|我姓|本人姓?名?(?:叫|是)?|名字(?:叫|是|：|:)|姓名(?:是|：|:)?|联系人(?:是|：|:)?"
    r"|(?:收件|乘客|旅客|购买|下单)人(?:叫|是|：|:)?)\s*"
    rf"(?P<name>[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’. -]{{0,40}}[A-Za-zÀ-ÿ]|[^{_CHINESE_STOP}A-Za-z0-9]{{1,4}})"
)
_CHINESE_TITLE = re.compile(
    rf"(?P<name>[{_SURNAMES}][^{_CHINESE_STOP}\W\d]{{0,2}})(?=先生|女士|小姐|太太|老师|師傅|师傅)"
    rf"|我是(?P<other>[{_SURNAMES}][^{_CHINESE_STOP}\W\d]{{1,2}})(?=[，。！,.!\s]|$)"
)


def same_value(value: str) -> str:
    """The canonical form of an order number or e-mail address, for comparison."""
    plain = half_width(value)
    return normalise_order_number(plain) or re.sub(r"\s", "", plain).casefold()


def mask(
    text: str, entities: Iterable[Mapping[str, Any]] = (), stand_in: Callable[[str, str], str] | None = None
) -> Masked:
    """Replace personal data in `text` by neutral values.

    The rules prefer false positives: a sentence with a neutral value trains as well, a published name stays published.

    Args:
        text: a traveller's message.
        entities: Rasa's entities of `text`, each with `entity`, `start` and `end` in characters.
        stand_in: gives another replacement, from the original part and the neutral value.

    Returns:
        One line of text with the entities at their new offsets; order numbers, e-mail addresses, ICCIDs and EIDs are
        among them whether or not Rasa found them.
    """
    known = [
        Span(str(e["entity"]), int(e["start"]), int(e["end"]))
        for e in entities
        if e.get("entity") not in _ABOUT_THE_MESSAGE
        and e.get("extractor") != _OF_EARLIER_MESSAGES
        and 0 <= int(e.get("start", -1)) < int(e.get("end", -1)) <= len(text)
    ]
    text, known = _visible(text, known)
    plain = half_width(text)
    kept = [span for span in known if span.entity in _NOT_PERSONAL]
    taken: list[_Replacement] = []
    for find in _FINDERS:
        for found in find(plain, kept):
            if not any(found.start < other.end and other.start < found.end for other in taken):
                if stand_in is not None:
                    found = found._replace(instead=stand_in(plain[found.start : found.end], found.instead))
                taken.append(found)
    taken.sort()
    return _replaced(text, taken, known)


def _replaced(text: str, taken: list[_Replacement], known: list[Span]) -> Masked:
    parts, spans, at, shift = [], [], 0, 0
    moves: list[tuple[int, int]] = []  # (offset in the text, shift of the offsets behind it)
    for found in taken:
        parts += [text[at : found.start], found.instead]
        if found.entity:
            spans.append(Span(found.entity, found.start + shift, found.start + shift + len(found.instead)))
        shift += len(found.instead) - (found.end - found.start)
        moves.append((found.end, shift))
        at = found.end
    parts.append(text[at:])
    for span in known:
        if any(span.start < found.end and found.start < span.end for found in taken):
            continue
        by = next((moved for place, moved in reversed(moves) if place <= span.start), 0)
        spans.append(Span(span.entity, span.start + by, span.end + by))
    line = _CONTROL.sub(" ", "".join(parts))
    return _trimmed(line, sorted(spans, key=lambda span: span.start))


def _trimmed(line: str, spans: list[Span]) -> Masked:
    left = len(line) - len(line.lstrip())
    text = line.strip()
    moved = (Span(name, start - left, end - left) for name, start, end in spans)
    return Masked(text, tuple(span for span in moved if 0 <= span.start < span.end <= len(text)))


def _visible(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """The text without what cannot be seen, and the spans there."""
    hidden = [match.start() for match in INVISIBLE.finditer(text)]
    if not hidden:
        return text, spans
    moved = [Span(name, *(at - sum(place < at for place in hidden) for at in ends)) for name, *ends in spans]
    return INVISIBLE.sub("", text), [span for span in moved if span.start < span.end]


def neutral_order_number() -> str:
    """What stands for any order number: the example of this seller's numbers, so that it is read as one."""
    return order_numbers().example


def _addresses(plain: str, _kept: list[Span]) -> Iterator[_Replacement]:
    for match in _CODE.finditer(plain):
        yield _Replacement(match.start(), match.end(), CODE)
    for pattern in (_EMAIL, _HAN_EMAIL, SPELT_EMAIL):
        for match in pattern.finditer(plain):
            yield _Replacement(match.start(), match.end(), EMAIL, "email")
    for match in _LINK.finditer(plain):
        yield _Replacement(match.start(), match.end(), LINK)


def _numbers(plain: str, kept: list[Span]) -> Iterator[_Replacement]:
    for found in order_numbers().find(plain):
        yield _Replacement(found.start, found.end, neutral_order_number(), "order_number")
    for match in _REFERENCE.finditer(plain):
        if not any(span.start <= match.start() and match.end() <= span.end for span in kept):
            yield _Replacement(match.start(), match.end(), REFERENCE)
    dates = [(match.start(), match.end()) for match in _DATE.finditer(plain)]
    for match in _DIGITS.finditer(plain):
        digits = "".join(re.findall(r"\d", match[0]))
        if len(digits) > _LONGEST_ORDINARY and not any(s <= match.start() and match.end() <= e for s, e in dates):
            yield _number(match, digits)
    for match in _CHINESE_DIGITS.finditer(plain):
        yield _Replacement(match.start(), match.end(), PHONE)


def _number(match: re.Match[str], digits: str) -> _Replacement:
    if valid_eid(digits) or len(digits) == len(EID):
        return _Replacement(match.start(), match.end(), EID, "eid")
    if valid_iccid(digits) or (digits.startswith("89") and len(digits) in (19, 20)):
        return _Replacement(match.start(), match.end(), ICCID, "iccid")
    if valid_imei(digits):
        return _Replacement(match.start(), match.end(), IMEI)
    if 13 <= len(digits) <= 19 and luhn_digit(digits[:-1]) == digits[-1]:
        return _Replacement(match.start(), match.end(), CARD)
    return _Replacement(match.start(), match.end(), PHONE)


def _places(plain: str, kept: list[Span]) -> Iterator[_Replacement]:
    for pattern, language in ((_ADDRESS, "en"), (_CHINESE_ADDRESS, "zh")):
        for match in pattern.finditer(plain):
            yield _Replacement(match.start(), match.end(), ADDRESS[language])


def _labelled(plain: str, kept: list[Span]) -> Iterator[_Replacement]:
    for match in _LABELLED.finditer(plain):
        start, end = match.span("value")
        if not any(span.start < end and start < span.end for span in kept):
            yield _Replacement(start, end, REFERENCE)
    for match in _TOKEN.finditer(plain):
        yield _Replacement(match.start(), match.end(), REFERENCE)
    for match in _HANDLE.finditer(plain):
        yield _Replacement(match.start(), match.end(), HANDLE)


def _names(plain: str, kept: list[Span]) -> Iterator[_Replacement]:
    for pattern, language in (
        (_ENGLISH_NAME, "en"), (_CHINESE_NAME, "zh"), (_CHINESE_TITLE, "zh"), (_INTRODUCED, "en"),
    ):  # fmt: skip
        for match in pattern.finditer(plain):
            group = "name" if match["name"] is not None else "other"
            start, end = match.span(group)
            if any(span.start < end and start < span.end for span in kept):
                continue
            yield _Replacement(start, end, NAME[language if HAN.search(match[group]) or language == "en" else "en"])


_FINDERS: tuple[Callable[[str, list[Span]], Iterator[_Replacement]], ...] = (
    _addresses, _places, _numbers, _labelled, _names,
)  # fmt: skip
