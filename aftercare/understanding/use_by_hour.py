"""What a text says is done on the phone each day, by the hour: "two hours of Netflix a day", "每天视频通话半小时"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from aftercare.understanding.segmentation import aligned

# GB an hour, from and to, as data/articles/*/data-use-figures.yml has them; the first that a clause names counts.
_GB_AN_HOUR: Mapping[str, tuple[float, float]] = {
    "voice": (0.02, 0.05),
    "meeting": (0.5, 2.5),
    "video_call": (0.3, 1.0),
    "short_video": (0.7, 1.0),
    "video": (0.7, 1.5),
    "music": (0.05, 0.15),
    "maps": (0.005, 0.015),
    "social": (0.3, 0.7),
    "web": (0.06, 0.15),
}
_NAMES: Mapping[str, re.Pattern[str]] = {
    "voice": re.compile(r"\b(?:voice|audio) (?:calls?|chats?)\b|语音(?:通话|电话)?"),
    "meeting": re.compile(r"\b(?:zoom|teams|meetings?|webex)\b|会议|开会|腾讯会"),
    "video_call": re.compile(
        r"\b(?:video[- ]?(?:calls?|calling|chats?)|facetime|skype)\b|视频(?:通话|电话|聊天)|视讯通话|微信视频|打视频"
    ),
    "short_video": re.compile(r"\b(?:tik ?tok|reels|shorts|douyin)\b|抖音|短视频|快手"),
    "video": re.compile(
        r"\b(?:netflix|you ?tube|disney|videos?|stream(?:ing|s)?|films?|movies?|series|episodes?|shows?|cartoons?|tv)\b"
        r"|视频|影片|电影|追剧|刷剧|看剧|电视|动画|卡通|直播|奈飞|网飞|油管|b站"
    ),
    "music": re.compile(r"\b(?:spotify|music|podcasts?|audio ?books?|radio)\b|音乐|听歌|播客|有声书"),
    "maps": re.compile(r"\b(?:maps?|navigation|nav|sat ?nav|waze|gps)\b|导航|地图"),
    "social": re.compile(
        r"\b(?:instagram|insta|facebook|social(?: media)?|scrolling)\b|小红书|朋友圈|微博|ig|脸书|社交"
    ),
    "web": re.compile(r"\b(?:brows(?:e|ing)|web|surf(?:ing)?)\b|网页|上网"),
}
_WORDS = {
    "half an": 0.5, "half a": 0.5, "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "半": 0.5, "一": 1, "两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
}  # fmt: skip
_NUMBER = rf"(\d{{1,3}}(?:\.\d)?|{'|'.join(_WORDS)})"
_TIME = re.compile(
    rf"\b{_NUMBER}(?: or (?:two|three|so))?[ -]?(hours?|hrs?|h|minutes?|mins?|min)\b(?: and a half)?"
    r"|(\d{1,3}(?:\.\d)?|[半一两俩二三四五六])个?(半)?多?(小时|钟头|个钟|分钟)"
)
# A film is two hours, an episode three quarters of one.
_PIECES = re.compile(r"\b(\d|an?|one|two|three) (films?|movies?|episodes?)\b|(\d|[一两二三])(部电影|部片|部影片|集)")
_HOURS_OF = {"f": 2.0, "m": 2.0, "e": 0.75, "部": 2.0, "集": 0.75}
_EACH_DAY = re.compile(
    r"\b(?:a|per|each|every) (?:day|evening|night|morning)\b|\bdaily\b|\bevenings\b|\bnightly\b"
    r"|每[天日晚]|天天|一天|日均|每个晚上"
)
_CLAUSE = re.compile(
    r"[,，.。;；!！?？、+]|\b(?:and|plus)\b(?! a half)|(?<=[时钟集])(?=[^,，.。]{0,2}(?:加|和|跟))|再加|还有"
)


class Use(NamedTuple):
    """What is done for so many hours a day; `kind` names it."""

    kind: str
    hours: float

    @property
    def low(self) -> float:
        """MB a day at the least."""
        return self.hours * _GB_AN_HOUR[self.kind][0] * 1024

    @property
    def high(self) -> float:
        """MB a day in better quality."""
        return self.hours * _GB_AN_HOUR[self.kind][1] * 1024


def uses_each_day(text: str) -> list[Use]:
    """What a text says is done each day, with the hours; empty when it tells no hours of anything that is known."""
    plain = aligned(text)
    return list(_uses(plain)) if _EACH_DAY.search(plain) else []


def _uses(plain: str) -> Iterator[Use]:
    clauses = [clause for clause in _CLAUSE.split(plain) if clause]
    for at, clause in enumerate(clauses):
        hours = _hours(clause)
        if not hours:
            continue
        kind = _kind(clause) or (_kind(clauses[at - 1]) if at else None)
        if kind is not None:
            yield Use(kind, hours)


def _hours(clause: str) -> float:
    if found := _TIME.search(clause):
        number, unit = (found[1], found[2]) if found[1] else (found[3], found[5])
        hours = _number(number) + (0.5 if found[4] or found[0].endswith("and a half") else 0)
        return hours / 60 if unit[0] in ("m", "分") else hours
    if found := _PIECES.search(clause):
        number, piece = (found[1], found[2]) if found[1] else (found[3], found[4])
        return _number(number) * _HOURS_OF[piece[0]]
    return 0.0


def _number(word: str) -> float:
    return float(word) if word[0].isdigit() else float(_WORDS[word])


def _kind(clause: str) -> str | None:
    return next((kind for kind, names in _NAMES.items() if names.search(clause)), None)


_HOW_MUCH = re.compile(
    r"\bhow (?:many (?:gb|gigs?|gigabytes?)|much (?:data|gb|internet|do (?:i|we) need))\b"
    r"|\b(?:what|which) (?:size|amount)\b"
    r"|多少(?:流量|g|个g|数据)|几个?g|多大的?(?:流量|套餐)"
)
_BARE = re.compile(r"(?<![\d.])(\d{1,3}) ?g(?![a-z])")
_OK = re.compile(r"\b(?:ok(?:ay)?|do|sufficient|suffice|fine|manage|run out)\b|行[吗不]|可以吗|得唔得|用得完|用不完")


def asks_how_much(plain: str) -> bool:
    """Whether a text asks how much data it takes: "how many GB do I need", "要多少流量"."""
    return bool(_HOW_MUCH.search(plain))


def asks_if_fine(plain: str) -> bool:
    """Whether a text asks if something will do: "is that ok", "行吗"."""
    return bool(_OK.search(plain))


def bare_amount(plain: str) -> int:
    """Beside hours of use "5G" is an amount, in MB, no network; 0 when none is named."""
    found = _BARE.search(plain)
    return int(found[1]) * 1024 if found else 0
