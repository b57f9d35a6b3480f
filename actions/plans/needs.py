"""How much data a trip needs by what was said of it: the days, the people, and whether videos are watched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn

_HEAVY = re.compile(
    r"\b(?:tik ?tok|youtube|netflix|videos?|stream(?:ing|s)?|reels"
    r"|series|films?|movies?|gaming|zoom|teams|(?:video|teams|zoom|facetime|skype) ?calls?|facetime|skype)\b"
    r"|抖音|视频|視頻|視訊|影片|直播|追剧|追劇|刷剧|刷劇|小红书|小紅書|b站|优酷|youtube|netflix|打游戏|打遊戲|开会|開會"
    r"|动画|動畫|卡通",
    re.IGNORECASE,
)
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "both": 2, "a": 1, "an": 1,
    "一": 1, "两": 2, "兩": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
}  # fmt: skip
_COUNT = r"\d|one|two|three|four|five|six|seven|eight"
_COUNT_ZH = r"[一两兩俩二三四五六七八\d]"
# All who travel, and some of them.
_TOTAL = re.compile(
    rf"\b({_COUNT})\s+(?:people|persons|of us|friends|travell?ers|pax|users?)\b|\bfamily of ({_COUNT})\b"
    rf"|({_COUNT_ZH})\s*(?:个|個|位|名)?(?:人(?!民)|口)",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"\b({_COUNT}|an?)\s+(?:\w+\s+)?(?:adults?|kids?|child(?:ren)?|teen(?:ager)?s?|toddlers?|boys?|girls?"
    r"|\d+ ?(?:yo\b|y/o|years?[- ]olds?|year[- ]old))"
    rf"|({_COUNT_ZH})\s*(?:个|個|位|名)?(?:大人|成人|小孩|孩子|娃|老人|朋友|同伴|大(?=.{{0,3}}小)|老(?=.{{0,2}}小)|小(?![时時]))",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\bmy (?:wife|husband|partner|girlfriend|boyfriend) and (?:i|me)\b"
    r"|我(?:和|跟|同|与|與)我?(?:老婆|老公|太太|先生|女朋友|男朋友|爱人|對象|对象)|(?:老婆|老公|太太|先生)(?:和|跟)我",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"(\d{1,3}|a|one|two|three|four|一|两|兩|二|三|四|五|六|七|八|九|十[一二三四五六七八九]?|二十)\s*(?:个|個)?\s*"
    r"(days?|weeks?|months?|天|日(?!元)|周|週|星期|礼拜|禮拜|月)(?![a-z])",
    re.I,
)
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "天": 1, "日": 1, "周": 7, "週": 7, "星": 7, "礼": 7, "禮": 7, "月": 30}
# How often something happens is no length of a trip: "two hours a day", "every week".
_RATE = re.compile(r"\b(?:a|per|each|every)\s+(?:day|week|month)\b", re.I)
_TENS = {"十": 10, "二十": 20}
_DIGITS = {"九": 9, **_NUMBERS}
# In the slot `focus`: the messages that told of the trip, latest first.
SAID, MOST_SAID = "said", 4
# MB a day and person: with videos, and of several people who share one plan; a rule of thumb, told as one.
HEAVY, SHARED = 700, 300
# A plan with this share of what is needed by that rule still fits.
NEARLY = 0.85


@dataclass(frozen=True)
class Need:
    """What a trip needs by the rule of thumb. Data in MB; 0 and None where nothing was said of it."""

    people: int
    days: float | None
    each_a_day: int

    @property
    def a_day(self) -> int:
        """Of all together, each day."""
        return self.each_a_day * self.people

    @property
    def each(self) -> int:
        """Of one traveller, the whole trip."""
        return int(self.each_a_day * (self.days or 0))

    @property
    def total(self) -> int:
        """Of all together, the whole trip."""
        return self.each * self.people


def need_of(turn: Turn) -> Need:
    """What was said of the trip so far, in figures."""
    texts = told_of_trip(turn)
    travellers = people(texts)
    return Need(travellers, trip_days(turn, texts), mb_a_day(texts) // travellers)


def told_of_trip(turn: Turn, most: int = 4) -> list[str]:
    """This message and those before it, latest first: what they said of the trip still holds."""
    texts = [str(event.get("text") or "") for event in reversed(turn.tracker.events) if event.get("event") == "user"]
    earlier = [text for text in texts[1 : most + 1] if not text.startswith("/")]
    return list(dict.fromkeys([turn.text, *earlier, *_kept(turn)]))


def _kept(turn: Turn) -> list[str]:
    kept = (turn.slot("focus") or {}).get(SAID) or ()
    return [kept] if isinstance(kept, str) else list(map(str, kept))


def keep_said(turn: Turn, **more: object) -> Event:
    """The event that keeps what was said of the trip: Rasa hands over the last messages only."""
    telling = [text[:300] for text in told_of_trip(turn) if _SPAN.search(text) or _counts(text) or _HEAVY.search(text)]
    kept = (telling or [turn.text[:300], *_kept(turn)])[:MOST_SAID]
    event: Event = SlotSet("focus", {**(turn.slot("focus") or {}), SAID: kept, **more})
    return event


def _counts(text: str) -> bool:
    return bool(_TOTAL.search(text) or _PART.search(text) or _PAIR.search(text))


def people(texts: Iterable[str]) -> int:
    """How many people travel; 1 when no text tells.

    By the first text that names all of them; else by the one that names most: "two kids" are some of a family.
    """
    most = 1
    for text in texts:
        if whole := _TOTAL.findall(text):
            return max(most, sum(_number(next(filter(None, groups))) for groups in whole))
        parts = sum(_number(next(filter(None, groups))) for groups in _PART.findall(text))
        most = max(most, parts + (2 if _PAIR.search(text) else 0))
    return most


def mb_a_day(texts: Sequence[str]) -> int:
    """MB a day that what was said of the trip asks for; 0 when it says nothing of it."""
    travellers = people(texts)
    if any(_HEAVY.search(text) for text in texts):
        return HEAVY * travellers
    return SHARED * travellers if travellers > 1 else 0


def trip_days(turn: Turn, texts: Sequence[str]) -> float | None:
    """Days of the trip by the first text that names any, parts added up; else those kept from before."""
    for text in texts:
        spans = _SPAN.findall(_RATE.sub(" ", text))
        if spans:
            return float(sum(_number(number) * _DAYS_OF[unit[0].lower()] for number, unit in spans))
    kept = turn.slot("amount_of_time")
    return float(kept) if isinstance(kept, int | float) or (isinstance(kept, str) and kept.isdigit()) else None


def _number(word: str) -> int:
    word = word.casefold()
    if word.isdigit():
        return int(word)
    if word in _TENS:
        return _TENS[word]
    return 10 + _DIGITS[word[1]] if word.startswith("十") else _DIGITS.get(word, 1)
