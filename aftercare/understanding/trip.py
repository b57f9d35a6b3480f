"""What a text says of a trip: how many people, how many days, and whether videos are watched."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aftercare.understanding.plan_requirements import use_each_day, words_of_each_day
from aftercare.understanding.stay import names_stay

_HEAVY = re.compile(
    r"\b(?:tik ?tok|youtube|netflix|videos?|stream(?:ing|s)?|reels"
    r"|series|films?|movies?|gaming|zoom|teams|(?:video|teams|zoom|facetime|skype) ?calls?|facetime|skype)\b"
    r"|抖音|视频|視頻|視訊|影片|直播|追剧|追劇|刷剧|刷劇|小红书|小紅書|b站|优酷|youtube|netflix|打游戏|打遊戲|开会|開會"
    r"|动画|動畫|卡通",
    re.IGNORECASE,
)
_NUMBERS = {
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "twenty": 20,
    "thirty": 30, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "both": 2,
    "a": 1, "an": 1,
    "一": 1, "两": 2, "兩": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
}  # fmt: skip
_COUNT = (
    r"\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty"
)
_COUNT_ZH = r"(?:(?<!\d)\d{1,2}|[二两三四五六七八九]?十[一二三四五六七八九]?|[一两兩俩二三四五六七八九])"
# All who travel, and some of them.
_TOTAL = re.compile(
    rf"\b({_COUNT})\s+(?:people|persons|of us|friends|travell?ers|pax|users?)\b"
    rf"|\b(?:family|group|class|team|party) of ({_COUNT})\b"
    rf"|({_COUNT_ZH})\s*(?:个|個|位|名)?(?:人(?!民)|口)"
    # of two phones both may be one person's
    rf"|(?<!\d)(?=[3-9]|\d\d)(\d{{1,2}})\s*(?:phones|devices|handsets|e-?sims|(?:部|台|支|只)(?:手机|手機))",
    re.IGNORECASE,
)
# Said of some of a group, whose size it leaves as it is: "2 of us stream, the other 2 don't".
_OF_SOME = re.compile(
    rf"\bone of us\b|\b(?:the |my )?others?\b|\bthe rest\b|\b(?:some|half|most) of us\b"
    rf"|\b(?:{_COUNT})\s+of us\s+(?!(?:are |will be )?(?:all |both )?(?:going|travel|com|fly|head|visit|go\b))(?=[a-z])"
    r"|其中|另外?(?:的|那)?[一两兩二三四五六七八\d]?(?:个|個|位)|其他|其它|其余|其餘|剩下|有(?:的人|[一两兩二三四五六七八\d](?:个|個|位)人?)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rf"\bother\s+({_COUNT})\b(?!\s+(?:people|persons|of us|friends|travell?ers|adults?|kids?|child|teen))"
    rf"|(?:另外?|其他|其它|其余|其餘|剩下)的?({_COUNT_ZH})\s*(?:个|個|位)(?!人|大人|小孩|孩子|老人|朋友)",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"\b({_COUNT}|an?)\s+(?:\w+\s+)?(?:adults?|kids?|child(?:ren)?|teen(?:ager)?s?|toddlers?|boys?|girls?|students?|pupils|teachers?|parents"
    r"|\d+ ?(?:yo\b|y/o|years?[- ]olds?|year[- ]old))"
    rf"|({_COUNT_ZH})\s*(?:个|個|位|名)?(?:大人|成人|小孩|孩子|娃|老人|朋友|同伴|学生|學生|同学|同學|老师|老師|家长|家長|大(?=.{{0,3}}小)|老(?=.{{0,2}}小)|小(?![时時]))",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\bmy (?:wife|husband|partner|girlfriend|boyfriend) and (?:i|me)\b"
    r"|我(?:和|跟|同|与|與)我?(?:老婆|老公|太太|先生|女朋友|男朋友|爱人|對象|对象)|(?:老婆|老公|太太|先生)(?:和|跟)我",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"(?<!月)(\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|"
    r"一|两|兩|二|三|四|五|六|七|八|九|十[一二三四五六七八九]?|二十)\s*"
    # 三月 is March, 三个月 three months
    r"(?:(?:个|個)?\s*(days?|weeks?|months?|天|日(?!元)|周|週|星期|礼拜|禮拜)|(?:个|個)\s*(月))(?![a-z])",
    re.I,
)
# A stop on the way is a part of a trip whose days were told: "and two days in Sydney on the way".
_STOP = re.compile(
    r"\bstop(?:s|ping|ped)?[ -]?overs?\b|\bstop(?:s|ping)? (?:in|at)\b|\blayovers?\b|\bon the way\b|\bin transit\b"
    r"|转机|轉機|中转|中轉|经停|經停|过境|過境|停留|顺便|順便|顺路|順路",
    re.IGNORECASE,
)
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "天": 1, "日": 1, "周": 7, "週": 7, "星": 7, "礼": 7, "禮": 7, "月": 30}
# How often something happens is no length of a trip: "two hours a day", "every week".
_RATE = re.compile(r"\b(?:a|per|each|every)\s+(?:day|week|month)\b", re.I)
# Beside another length it is what was reckoned: "5 GB for 14 days? that's less than two days".
_LESS = re.compile(r"\bless than \w+ days?\b|不到?.{0,2}[一两兩二三四五六七八九\d]天", re.I)
_DIGITS = {"九": 9, **_NUMBERS}


def tells_of_trip(text: str) -> bool:
    """Whether a text says how many travel, for how long or between which dates, that videos are watched, or what is
    used a day.
    """
    spans = _SPAN.search(_RATE.sub(" ", text)) or names_stay(text)
    return bool(spans or counts_people(text) or _HEAVY.search(text) or use_each_day(text))


def counts_people(text: str) -> bool:
    """Whether a text says how many people there are, or some of them."""
    return bool(_TOTAL.search(text) or _PART.search(text) or _PAIR.search(text))


def watches_videos(text: str) -> bool:
    """Whether a text names what takes much data: videos, video calls, games."""
    return bool(_HEAVY.search(text))


def days_named(text: str) -> int | None:
    """The days a text names, parts added up; None when it names none."""
    rate = words_of_each_day(text)  # "一天3个G" is no day of the trip
    plain = _RATE.sub(" ", text.replace(rate, " ") if rate else text)
    spans = _SPAN.findall(_LESS.sub(" ", plain)) or _SPAN.findall(plain)
    return sum(_number(each) * _DAYS_OF[(unit or month)[0].lower()] for each, unit, month in spans) if spans else None


def tells_of_stop(text: str) -> bool:
    """Whether a text speaks of a stop on the way: its days are not those of the trip."""
    return bool(_STOP.search(text))


def people(texts: Iterable[str]) -> int:
    """How many people travel; 1 when no text tells.

    By the first text that names all of them; else by the one that names most: "two kids" are some of a family.
    """
    most = 1
    for text in texts:
        named, some = _counted(_TOTAL, text), bool(_OF_SOME.search(text))
        if named and not some:
            return max(most, named)
        parts = named + _counted(_PART, text) + (_counted(_OTHERS, text) if some else 0)
        most = max(most, parts + (2 if _PAIR.search(text) else 0))
    return most


def _counted(pattern: re.Pattern[str], text: str) -> int:
    """The numbers that a pattern finds, added up."""
    return sum(_number(next(filter(None, groups))) for groups in pattern.findall(text))


def _number(word: str) -> int:
    word = word.casefold()
    if word.isdigit():
        return int(word)
    tens, ten, ones = word.partition("十")
    return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0) if ten else _DIGITS.get(word, 1)
