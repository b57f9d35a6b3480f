"""A question that needs more than its own words: which question of the articles it is, given what was talked about.

"And how long does it take?" alone may ask about a repair, a reply or a refund. A message that no question fits surely
is compared once more with the subject in front of it; what both comparisons find is most likely meant. Each of several
questions in one message is compared with what the message tells besides, and weighed by the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aftercare.base.language import Language
from aftercare.understanding.questions import OF_THE_WHOLE
from aftercare.understanding.reader.context import Context

Ranked = Sequence[tuple[str, float]]

# A question that fits this surely needs no context.
CLEAR_ALONE = 0.6
# A longer message names its subject itself; in letters.
LONGEST = 80
# How much the second comparison counts, and agreement of both (the geometric mean). Chosen on thirty pairs of
# questions: without the agreement a neighbour that only one comparison finds comes first in one of four.
_WITH_SUBJECT, _AGREEMENT = 0.7, 1.5
# However well both agree, a question completed from the context is not sure.
_SUREST = 0.6

# A part so sure alone needs nothing of the whole; what is asked of a step under way always does ("is that normal?").
_CLEAR_PART, _OF_STEPS = 0.85, "while-we-fix-it."
# The one question in a story is clear by itself from here on; a whole that is so sure of its subject needs no help.
_CLEAR_ASKED, _SUBJECT_CLEAR = 0.7, 0.45
# From here on it goes before what the whole makes of the same article.
_CERTAIN_ASKED = 0.95
# By what the message tells besides, a unit that is so likely belongs to it.
_BY_CONTEXT = 0.1
# How much a part counts beside the whole, as a power.
_PART = 0.6

_REFUND: Mapping[Language, str] = {"en": "can I get a refund", "zh": "退款"}
_EXCHANGE: Mapping[Language, str] = {"en": "I want to swap my plan", "zh": "换套餐"}
_ROAMING: Mapping[Language, str] = {"en": "data roaming on the travel eSIM", "zh": "打开数据漫游"}
_INSTALLING: Mapping[Language, str] = {"en": "installing the eSIM", "zh": "安装 eSIM"}
_LINE_ON: Mapping[Language, str] = {"en": "turning the travel line on", "zh": "打开旅行 eSIM 这条线路"}
_VPN: Mapping[Language, str] = {"en": "switching the VPN off", "zh": "关掉 VPN"}
_FOUR_G: Mapping[Language, str] = {"en": "4G as the network mode", "zh": "网络模式选 4G"}
_SUBJECTS: Mapping[tuple[str, str], Mapping[Language, str]] = {
    ("refund_confirm", ""): _REFUND,
    ("done", "refund"): _REFUND,
    ("told", "refund_status"): _REFUND,
    ("told", "refund_decision"): _REFUND,
    ("exchange_choice", ""): _EXCHANGE,
    ("exchange_confirm", ""): _EXCHANGE,
    ("done", "exchange"): _EXCHANGE,
    ("plan_list", ""): {"en": "which plan should I buy", "zh": "买哪个套餐"},
    ("step", "data_line"): _ROAMING,
    ("step", "roaming"): _ROAMING,
    ("step", "apn"): {"en": "setting the APN", "zh": "设置 APN"},
    ("step", "airplane"): {"en": "airplane mode on and off", "zh": "开关飞行模式"},
    ("step", "restart"): {"en": "restarting the phone", "zh": "重启手机"},
    ("step", "manual_network"): {"en": "choosing the network by hand", "zh": "手动选择网络"},
    ("step", "reset_network"): {"en": "resetting the network settings", "zh": "还原网络设置"},
    ("step", "vpn_off"): _VPN,
    ("step", "data_saver"): {"en": "switching data saver off", "zh": "关掉省流量模式"},
    ("step", "line_on"): _LINE_ON,
    ("step", "after_install"): _LINE_ON,
    ("step", "lte_mode"): _FOUR_G,
    ("step", "four_g"): _FOUR_G,
    ("step", "install_qr"): _INSTALLING,
    ("step", "manual_code"): _INSTALLING,
    ("step", "wait_activating"): {"en": "stuck on activating", "zh": "一直显示正在激活"},
    ("finding", "throttled"): {"en": "slower after the daily full speed", "zh": "每天的高速流量用完后限速"},
    ("finding", "incident"): {"en": "an outage of the network", "zh": "网络故障"},
}


def subject(context: Context, focus: Mapping[str, Any] | None, language: Language) -> str | None:
    """What was talked about when the message came, in words of a question; None when that is not clear.

    `focus` is the slot of this name: after an article it has the question that was answered as `about`.
    """
    if (context.situation, context.asked) == ("told", "article"):
        return str((focus or {}).get("about") or "") or None
    words = _SUBJECTS.get((context.situation, context.asked)) or _SUBJECTS.get((context.situation, ""))
    return words[language] if words else None


def fused(alone: Ranked, with_subject: Ranked, last_unit: str | None) -> list[tuple[str, float]]:
    """Units by both comparisons, best first, with the probability that they answer; without the unit told last."""
    first, second = dict(alone), dict(with_subject)
    chances = {}
    for name in {**first, **second}:
        one, two = first.get(name, 0.0), second.get(name, 0.0)
        both = one + _WITH_SUBJECT * two + _AGREEMENT * (one * two) ** 0.5
        chances[name] = one if name == last_unit else max(one, min(_SUREST, both))
    return sorted(chances.items(), key=lambda each: -each[1])


def with_whole(part: float, whole: float) -> float:
    """The probability of a unit by a part of a message and by the whole of it."""
    return float(part**_PART * whole ** (1 - _PART))


def by_question(whole: Ranked, asked: Ranked) -> list[tuple[str, float]]:
    """Units by a whole message and by the one question in it, best first.

    "What do I do?" alone may ask anything, so a unit counts with what the whole makes of it or, where the whole does
    not know it, of its article. Between units of one article the whole knows better, unless it is unsure.
    """
    chances = dict(whole)
    articles: dict[str, float] = {}
    for name, chance in whole:
        article = name.partition(".")[0]
        articles[article] = articles.get(article, 0.0) + chance
    best, surely = whole[0][0].partition(".")[0], whole[0][1] >= _SUBJECT_CLEAR
    for name, chance in asked:
        article = name.partition(".")[0]
        known = chances.get(name, 0.0)
        if surely and article == best and name != whole[0][0] and chance < _CERTAIN_ASKED:
            continue
        support = max(known, articles.get(article, 0.0) if chance >= _CLEAR_ASKED else 0.0)
        if support >= OF_THE_WHOLE:
            chances[name] = max(known, with_whole(chance, support))
    return sorted(chances.items(), key=lambda each: -each[1])


def best_of_part(alone: Ranked, in_context: Ranked, whole: Ranked) -> tuple[str, float] | None:
    """The unit that answers one of several questions; `in_context` is by the question after what the message tells.

    What only the question alone finds is left out unless it is clear: nothing says that it belongs to the message.
    """
    single, after, every = dict(alone), dict(in_context), dict(whole)
    worth = {}
    for name in {**single, **after}:
        if name.startswith(_OF_STEPS) and every.get(name, 0.0) < _BY_CONTEXT:
            continue
        supported = every.get(name, 0.0) >= OF_THE_WHOLE or (
            in_context is not alone and after.get(name, 0.0) >= _BY_CONTEXT
        )
        clear = single.get(name, 0.0) >= _CLEAR_PART
        if supported or clear:
            worth[name] = single.get(name, 0.0) + after.get(name, 0.0) + every.get(name, 0.0) / 2
    if not worth:
        return None
    best = max(worth, key=lambda name: worth[name])
    return best, max(single.get(best, 0.0), after.get(best, 0.0))
