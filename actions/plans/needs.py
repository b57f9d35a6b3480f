"""How much data a trip needs by what was said of it: the days, the people, and whether videos are watched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn

_HEAVY = re.compile(
    r"\b(?:tik ?tok|youtube|netflix|videos?|stream(?:ing|s)?|reels"
    r"|series|films?|movies?|gaming|zoom|teams|video calls?)\b"
    r"|抖音|视频|視頻|影片|直播|追剧|追劇|刷剧|刷劇|小红书|小紅書|b站|优酷|youtube|netflix|打游戏|打遊戲|开会|開會",
    re.IGNORECASE,
)
_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "both": 2, "一": 1, "两": 2, "兩": 2, "二": 2, "三": 3, "四": 4,
    "五": 5,
}  # fmt: skip
_PEOPLE = re.compile(
    r"\b(\d|two|three|four|five)\s+(?:people|persons|adults?|kids?|children|of us|friends|travell?ers)\b"
    r"|\bfamily of (\d|three|four|five)\b|([一两兩二三四五\d])\s*(?:个|個|位|名)?(?:人|大人|小孩|孩子|朋友|同伴|口)",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"\bmy (?:wife|husband|partner|girlfriend|boyfriend) and (?:i|me)\b|我和?(?:老婆|老公|太太|先生|女朋友|男朋友)",
    re.I,
)
_SPAN = re.compile(
    r"(\d{1,3}|a|one|two|three|four|一|两|兩|二|三|四)\s*(?:个|個)?\s*(days?|weeks?|months?|天|日|周|週|星期|礼拜|禮拜|月)(?![a-z])",
    re.I,
)
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "天": 1, "日": 1, "周": 7, "週": 7, "星": 7, "礼": 7, "禮": 7, "月": 30}
# In the slot `focus`: the message that told of the trip.
SAID = "said"
# MB a day and person: with videos, and of several people who share one plan; a rule of thumb, told as one.
HEAVY, SHARED = 700, 300
# A plan with this share of what is needed by that rule still fits.
NEARLY = 0.85


def told_of_trip(turn: Turn, most: int = 4) -> list[str]:
    """This message and those before it, latest first: what they said of the trip still holds."""
    texts = [str(event.get("text") or "") for event in reversed(turn.tracker.events) if event.get("event") == "user"]
    kept = (turn.slot("focus") or {}).get(SAID)
    earlier = [text for text in texts[1 : most + 1] if not text.startswith("/")]
    return [turn.text, *earlier, *([str(kept)] if kept and kept not in earlier else [])]


def keep_said(turn: Turn, **more: object) -> Event:
    """The event that keeps what this message says of the trip: Rasa hands over the last messages only."""
    focus = turn.slot("focus") or {}
    says = _SPAN.search(turn.text) or _PEOPLE.search(turn.text) or _HEAVY.search(turn.text) or SAID not in focus
    event: Event = SlotSet("focus", {**focus, **({SAID: turn.text[:300]} if says else {}), **more})
    return event


def people(texts: Iterable[str]) -> int:
    """How many people travel, by the first text that tells; 1 when none does."""
    for text in texts:
        counted = [next(filter(None, groups)) for groups in _PEOPLE.findall(text)]
        if counted:
            return sum(int(each) if each.isdigit() else _NUMBERS.get(each.casefold(), 1) for each in counted)
        if _PAIR.search(text):
            return 2
    return 1


def mb_a_day(texts: Sequence[str]) -> int:
    """MB a day that what was said of the trip asks for; 0 when it says nothing of it."""
    travellers = people(texts)
    if any(_HEAVY.search(text) for text in texts):
        return HEAVY * travellers
    return SHARED * travellers if travellers > 1 else 0


def trip_days(turn: Turn, texts: Sequence[str]) -> float | None:
    """Days of the trip by the first text that names any, parts added up; else those kept from before."""
    for text in texts:
        spans = _SPAN.findall(text)
        if spans:
            return float(sum(_count(number) * _DAYS_OF[unit[0].lower()] for number, unit in spans))
    kept = turn.slot("amount_of_time")
    return float(kept) if isinstance(kept, int | float) or (isinstance(kept, str) and kept.isdigit()) else None


def _count(word: str) -> int:
    return (
        int(word)
        if word.isdigit()
        else 1
        if word.casefold() in ("a", "one", "一")
        else _NUMBERS.get(word.casefold(), 1)
    )
