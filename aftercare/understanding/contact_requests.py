"""How a traveller wants to reach a person, and how soon."""

from __future__ import annotations

import re

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
    r"(?:person|human|agent|someone|somebody)\b",
    re.IGNORECASE,
)


def asks_for_person(text: str) -> bool:
    """Whether a text has the words of a wish for a person: "先转人工吧", "talk to a real person"."""
    return bool(_PERSON.search(text))


def asks_for_call(text: str) -> bool:
    """Whether a text speaks of a call rather than a chat: "is there a hotline?", "可以视频吗"."""
    return bool(_CALLS.search(text))


def is_urgent(text: str) -> bool:
    """Whether a text says that little time is left: "we board in ten minutes", "快起飞了"."""
    return bool(_URGENT.search(text))
