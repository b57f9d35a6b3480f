"""What a text wants of a plan: data, hotspot, calls."""

from __future__ import annotations

import re

# 5G is a network as long as nobody calls it data.
_DATA = re.compile(
    r"(?<![\d.])(?![345]G(?!b|ig|\s*(?:流量|data|那|的那)))(\d{1,4}(?:\.\d)?)\s*个?\s*(g(?:b|ig(?:abyte)?s?)?|tb?|mb)(?![a-z0-9])",
    re.IGNORECASE,
)
_UNLIMITED = re.compile(r"unlimited|no (?:data )?limit|不限量|不限流量|无限|無限", re.IGNORECASE)
_HOTSPOT = re.compile(r"hot ?spot|tether|laptop|热点|熱點|电脑|電腦|笔记本|筆電", re.IGNORECASE)
_CALLS = re.compile(
    r"(?<!video )(?<!zoom )(?<!teams )(?<!facetime )\b(?:calls?|calling|texts?|sms)\b|(?:local|phone) number"
    r"|(?<!视频)(?<!視頻)(?<!視訊)通[话話]|打[电電][话話]|短信|簡訊|[本当當]地[号號]",
    re.IGNORECASE,
)
_ATTRIBUTES = {
    "price": re.compile(
        r"\b(?:how much (?:extra|more|on top)|price|costs?|how much (?:is|was|does|for|would|will)|comes? to"
        r"|pay|expensive|cheap)\b"
        r"|补多少|補多少|差[价價额額]|多少[钱錢]|几多钱|幾多錢|[价價]|[贵貴]",
        re.IGNORECASE,
    ),
    "data": re.compile(
        r"\b(?:data|gigs?|gb|how much (?:internet|traffic))\b"
        r"|流量|数据|數據|上网量|几个?g\b|多少g",
        re.IGNORECASE,
    ),
    "days": re.compile(
        r"\b(?:how long|days?|weeks?|months?|valid|validity|last)\b"
        r"|几天|幾天|多少天|几日|幾日|多久|有效|天数|天數",
        re.IGNORECASE,
    ),
    "networks": re.compile(
        r"\b(?:which|what|whose)(?: mobile| phone)? (?:networks?|carriers?|operators?)\b"
        r"|(?:什么|什麼|啥|哪个|哪個|哪家|谁家|誰家)(?:的)?(?:网络|網絡|網路|运营商|運營商|電信)|(?:走|用)(?:的是?)?(?:哪家|谁家|誰家|哪个网|哪個網)",
        re.IGNORECASE,
    ),
    "countries": re.compile(
        r"\b(?:countr(?:y|ies)|cover(?:s|ed|age)?|where|australia|work in)\b"
        r"|国家|國家|覆盖|覆蓋|澳洲|澳大利[亚亞]|哪里能?用|哪些地方",
        re.IGNORECASE,
    ),
    "hotspot": re.compile(_HOTSPOT.pattern + r"|\bshar(?:e|ing)\b|分享|共享", re.IGNORECASE),
    "calls": _CALLS,
}
# "2 GB a day", "每天2GB"; and any number of days, said of a plan or of a trip.
_EACH_DAY = re.compile(
    r"(\d{1,2}(?:\.\d)?)\s*(g(?:b|igs?)?|mb)\s*(?:(?:a|per|each|every|/)\s*day\b|daily\b|每[天日]|一天)"
    r"|(?:每[天日]|一天|日)\s*(?:大概|大约|大約|差不多|[得要会會用]){0,4}\s*(\d{1,2}(?:\.\d)?)\s*[个個]?\s*(gb?|mb)(?![a-z0-9])",
    re.IGNORECASE,
)
# What somebody uses each day, also without a unit beside an amount: "5 GB at 3 a day".
_BARE_EACH_DAY = re.compile(r"\bat (?:like |about )?(\d{1,2}(?:\.\d)?) (?:a|per) day\b", re.IGNORECASE)
_USES = re.compile(
    r"\b(?:us(?:e|es|ed|ing)|needs?|burn(?:s|ing)?|go(?:es)? through|average|at)\b[^,.;?!]{0,16}$|[用要需]",
    re.IGNORECASE,
)
_OF_PLAN = re.compile(
    r"^\s*(?:-\s*)?(?:ones?\b|plans?\b|e-?sims?\b|packs?\b|unlimited|(?:at |of )?(?:full|high)[ -]speed"
    r"|[的那]|套餐|方案|高速|不限)",
    re.IGNORECASE,
)
_PLAN_BEFORE = re.compile(
    r"(?:\b(?:the|that|this|your|with|plans?|unlimited)|[那这這]个|不限量|套餐|方案)[\s(（]*$", re.IGNORECASE
)
_ENOUGH = re.compile(r"\benough\b|[够夠]", re.IGNORECASE)
_DAYS_OF_NAME = re.compile(r"\b(?:a|per|each|every)\s*days?\b|(?<!\d)\d{1,3}[\s-]*days?\b|\bdaily\b", re.IGNORECASE)
# Currencies by their codes, signs and names; ¥ alone may be yen.
_CURRENCIES = {
    "NZD": r"\bNZD\b|NZ\$|new zealand dollars?|纽币|紐幣|纽元|紐元|新西兰元|紐西蘭元",
    "AUD": r"\bAUD\b|AU?\$|australian dollars?|澳元|澳币|澳幣",
    "USD": r"\bUSD\b|US\$|us dollars?|american dollars?|美元|美金",
    "CNY": r"\bCNY\b|\bRMB\b|yuan|renminbi|人民币|人民幣",
    "EUR": r"\bEUR\b|€|\beuros?\b|欧元|歐元",
    "GBP": r"\bGBP\b|£|british pounds?|英镑|英鎊",
    "SGD": r"\bSGD\b|S\$|singapore dollars?|新币|新幣|新加坡元",
    "HKD": r"\bHKD\b|HK\$|hong kong dollars?|港币|港幣|港元",
}
_CURRENCY = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in _CURRENCIES.items()}
_MB = {"m": 1, "g": 1024, "t": 1024 * 1024}
# MB; stands for unlimited when plans are compared.
ENDLESS = 10**9


def data_wanted(text: str) -> int:
    """The data a text asks for, in MB; `ENDLESS` for unlimited, 0 when none is named."""
    if _UNLIMITED.search(text):
        return ENDLESS
    return max((int(float(number) * _MB[unit[0].lower()]) for number, unit in _DATA.findall(text)), default=0)


# How many plans are named: "two of them", "买两个".
_COUNTED = re.compile(
    r"\b(two|three|four|five|six|[2-9])\s*(?:x\b|plans?\b|e-?sims?\b|packs?\b|(?<=\s)(?:of (?:the )?)?\d+ ?gb\b"
    r"|of (?:them|these|those)\b)"
    r"|(?<!第)([两兩二三四五六2-9])\s*(?:个|個|张|張|份|套)(?!人|月|小时|小時|大人|小孩|孩子|g)",
    re.IGNORECASE,
)
_COUNTS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "两": 2,
    "兩": 2,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
}


def count_named(text: str) -> int:
    """How many plans a text names: "two of them", "买两个"; 0 when it names no number of plans."""
    found = _COUNTED.search(text)
    word = next(filter(None, found.groups())).casefold() if found else "0"
    return int(word) if word.isdigit() else _COUNTS[word]


def wants_hotspot(text: str) -> bool:
    """Whether a text asks for a hotspot: "tether my laptop", "开热点"."""
    return bool(_HOTSPOT.search(text))


def wants_calls(text: str) -> bool:
    """Whether a text asks for calls, texts or a local number: "can I call", "打电话"."""
    return bool(_CALLS.search(text))


def plan_attribute(text: str) -> str | None:
    """What a text asks of a plan: hotspot, calls, networks, countries, price, days or data; None for none of them.

    Days that a plan has in its name, or in what it gives each day, ask for nothing.
    """
    for name in ("hotspot", "calls", "networks", "countries", "price", "days", "data"):
        if _ATTRIBUTES[name].search(_DAYS_OF_NAME.sub(" ", text) if name == "days" else text):
            return name
    return None


def data_each_day(text: str) -> int:
    """The data for each day that a text names, in MB: "the 2 GB a day one"; 0 when it names none."""
    found = _EACH_DAY.search(text)
    if found is None:
        return 0
    number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
    return int(float(number) * _MB[unit[0].lower()])


def use_each_day(text: str) -> int:
    """The data that somebody says to use each day, in MB; 0 for none, or where the words are those of a plan."""
    found = _EACH_DAY.search(text)
    if found is None:
        bare = _BARE_EACH_DAY.search(text) if _DATA.search(text) else None
        return int(float(bare[1]) * _MB["g"]) if bare else 0
    before, after = text[: found.start()], text[found.end() :]
    if _OF_PLAN.search(after) or _PLAN_BEFORE.search(before):
        return 0
    uses = _USES.search(before) or _USES.search(found[0])
    return data_each_day(text) if uses or not (_ENOUGH.search(text) or _UNLIMITED.search(text)) else 0


def words_of_each_day(text: str) -> str:
    """The words that name the data for each day: "2 GB a day"; empty when there are none."""
    found = _EACH_DAY.search(text)
    return found[0] if found else ""


def currency_wanted(text: str) -> str | None:
    """The currency a text names, as its ISO code; None for none or several."""
    named = [code for code, pattern in _CURRENCY.items() if pattern.search(text)]
    return named[0] if len(named) == 1 else None
