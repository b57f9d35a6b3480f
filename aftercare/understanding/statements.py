"""What a message plainly says of a switch, of the phones at hand and of where somebody is: rules beside the reader.

"Plane mode is off" has the words of a plane on the screen, "roaming was off, it's on now" those of a switch that is
off: what holds at the end of the sentence decides. A question, a condition or a plan states nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from aftercare.understanding.clauses import clause_ends
from aftercare.understanding.commands import Command
from aftercare.understanding.reader.reader import CommandReading, Read
from aftercare.understanding.segmentation import aligned
from aftercare.understanding.success import plainly_works

# How sure a rule is.
_STATED = 0.9
# That it works is believed against the symptom that was asked about.
_SURELY = 0.96
_EXCUSES = frozenset({"step:not_now", "step:not_mine", "step:cannot_find"})
_IN_DIAGNOSIS = ("step", "question", "finding")
# Where a fact of these steps would be one of the installation.
_CODE_STEPS = ("install_qr", "manual_code", "find_used_code")

_NOT_STATED = re.compile(
    r"[?？]|[吗嘛呢]\s*[。!！]?$|\b(?:should|shall|do i|how|where|whether|if|unless|when|would|could|will|i'll|gonna"
    r"|going to|can i|can you|what|which|why)\b"
    r"|怎么|如何|哪里|哪儿|要不要|是不是|需不需要|需要|如果|要是|是否|能不能|可不可以|为什么"
)
_CANNOT = re.compile(
    r"\b(?:can'?t|cannot|won'?t|unable|refuses?|greyed|grayed|by itself)\b"
    r"|不了|不能|无法|没法|打不开|关不掉|自动(?:打开|关)"
)
_TOGGLED = re.compile(
    r"\bon (?:and|then|&) (?:then )?(?:back )?off|\boff (?:and|then|&) (?:then )?(?:back )?on|\bon/off|\btoggl"
    r"|开关(?:了|过|一)|开了又关|关了又开"
)
_OF_HOME = re.compile(
    r"\b(?:home|other|main|physical|primary|old) (?:sim|line|number|card)|\bmy (?:home|other|main)\b"
    r"|原来的|主卡|国内的?(?:卡|号)|另一张|实体卡"
)
_OFF = re.compile(
    r"\b(?:off|not on|not (?:turned |switched )on|disabled|inactive|not (?:enabled|active|running))\b"
    r"|\b(?:is|was)n'?t (?:turned |switched )?(?:on|enabled|active|running)\b"
    r"|没有?(?:打|开|启|用|在用)|未(?:开|启|打)|关(?:了|着|掉|闭|上|的)|已关|是关|不是开"
)
_ON = re.compile(
    r"\b(?:on|enabled|active|activated|running)\b|(?:打|启|已|刚|才|也|都|又|再|是|在|还)开|开(?:了|着|启|好|的)|启用|打开"
)
_OFF_BEFORE = re.compile(
    r"(?:\b(?:(?:turned|switched|took|put) off|no|without|not (?:in|on|using)|disabled|deactivated|quit|closed|stopped"
    r"|left|out of)|n'?t (?:in|on|using|have|use|see))(?: (?:the|my|that|this|little|an?|any))*\s*$"
    r"|(?:不是|没有?(?:在)?(?:开|用|打开|连|看到|看见)?|不在|未开|关(?:了|掉|闭)?(?:了)?|退出了?)$"
)
_ON_BEFORE = re.compile(
    r"\b(?:(?:turned|switched) on|enabled|activated|was in|were in|is in|had|i'?m in)(?: (?:the|my|a|data))*\s*$"
    r"|(?:(?:打开|开启|启用|开)(?:了|着)|打开|开启)(?:数据|国际)?$"
)
_CHANGED = re.compile(r"\b(?:was|were|had been|been)\b|之前|原来|刚才|刚刚|本来|一直|以前|的[，,]")


class _Switch(NamedTuple):
    words: re.Pattern[str]
    shown_on: str | None
    """The fact while it is on."""
    shown_off: str | None
    """The fact while it is off."""
    wanted_on: bool


_SWITCHES = (
    _Switch(
        re.compile(
            r"\b(?:air|aero)?plane(?: |-)?(?:mode|symbol|icon)|\bflight(?: |-)?mode|\baeroplane\b"
            r"|飞行模式|飞航模式|飞机模式"
        ),
        "airplane_symbol",
        None,
        wanted_on=False,
    ),
    _Switch(re.compile(r"(?<![a-z])vpn(?![a-z])"), "vpn_symbol", None, wanted_on=False),
    _Switch(
        re.compile(
            r"\bdata ?saver|\blow data mode|\bdata saving"
            r"|省流量|低数据|低流量模式|流量节省|节省流量|数据节省"
        ),
        "data_saver",
        None,
        wanted_on=False,
    ),
    _Switch(
        re.compile(r"\b(?:data )?roaming\b|(?:数据|流量|国际)?漫游(?:开关)?"),
        "roaming_on",
        "roaming_off",
        wanted_on=True,
    ),
)

_SYMBOLS = frozenset(switch.shown_on for switch in _SWITCHES if switch.shown_on and not switch.wanted_on)
# The fact that each of these steps ends.
_MENDED_BY = {"airplane_off": "airplane_symbol", "vpn_off": "vpn_symbol", "data_saver": "data_saver"}

_EVERY_TIME = re.compile(
    r"\b(?:ask|asks|asking) (?:me )?(?:every|each) time\b|\balways ask\b"
    r"|\bauto(?:matic(?:ally)?)?[ -](?:data |sim |line )?switch(?:ing|es)?\b"
    r"|\bswitch(?:es|ing)? (?:the )?(?:data|sims?|lines?|cards?)(?: \w+){0,2}"
    r" (?:by (?:itself|themselves)|automatically|on its own)\b"
    r"|\b(?:data|sim) switching (?:is |was |'s )?on\b"
    r"|(?:每次|总是|每一次)(?:都)?(?:询问|问)|自动(?:切换|选择|换)(?:上网|数据|流量)?(?:卡|线路|sim)"
    r"|(?:卡|流量|数据|线路)自动切换|智能切换"
)
_CALLS = re.compile(r"\b(?:calls?|texts?|sms|imessage)\b|短信|通话|电话|拨号")

_ONE_DEVICE = re.compile(
    r"\bonly (?:have |got |have got )?(?:this|the|one|my|a single) (?:one )?(?:phone|device|screen|mobile)\b"
    r"|\b(?:this|my) (?:phone|device) is (?:all|the only)|\bjust (?:this|the|one|my) (?:one )?(?:phone|device)\b"
    r"|\b(?:no|(?:do|have)n'?t (?:have |got )?(?:a|an|any)|without (?:a|an|any))"
    r" (?:second |other |another |extra )?"
    r"(?:screen|laptop|computer|tablet|printer|second phone|other phone|other device|second device)\b"
    r"|\b(?:laptop|computer|tablet|pc)(?:'s| is| was)? (?:not with me|at home|not here|in the|(?:left|stayed) \w+)"
    r"|\bleft (?:the|my|our) (?:laptop|computer|tablet)\b"
    r"|(?:只有|就|只带了?|就带了?|手上只有)(?:这|我)?么?一(?:台|部|个)(?:手机|设备|屏幕)"
    r"|只有(?:这|一)?(?:台|部|个)?手机"
    r"|没有?带?(?:其他|别的|另外的?|第二)一?(?:台|部|个|块)?(?:手机|设备|屏幕|电脑)"
    r"|没有?带?(?:电脑|平板|打印机|笔记本)"
)

_CLAUSES = clause_ends(marks=":：、", words=r"\b(?:but|and|though|now)\b|但|而是|现在")
# "isn't" and "isnt"; not the end of "apartment".
_NOT = r"n't|\b(?:is|are|was|were|do|does|did|have|has|had|ca|wo)nt"
# "not working in": the place is where that is so.
_FAILS = (
    r"(?! (?:[a-z]+ )?(?:work|connect|load|get|have|had|got|find|see|show|function|regist|open|log|us(?:e|ing)|any"
    r"|enough|much|signal|service|internet|data|online|reception|coverage|available))"
)
_DENIED_PLACE = re.compile(
    rf"(?:\b(?:not|never|no longer)|{_NOT}|\bnowhere near){_FAILS}(?: [a-z]+){{0,3}} ?(?:the )?$"
    r"|\b(?:left|leaving|out of) (?:the )?$"
    r"|(?:不(?:是)?(?:人)?在|没有?在|没有?去过?|没有?到过|离开了?|不是)$"
)
_NOT_LEFT = re.compile(rf"(?:\bnot|{_NOT}|never) (?:yet )?(?:left|leaving) (?:the )?$|没有?离开$")
_PRESENT_PLACE = re.compile(
    r"\b(?:in|at|reached|inside|around|back in)(?: the| sunny| central| downtown)? ?$"
    r"|\b(?:came|got|get|arrived|made it|returned|moved|flew)(?: (?:back|over|already|now))* (?:to|in|at) (?:the )?$"
    r"|(?:在|到了?|抵达|回到?了?|来到?了?|回来|落地了?|飞到了?)$"
)
_NOT_YET = re.compile(
    r"\b(?:will|i'll|we'll|tomorrow|tonight|next|soon|before|until|going|about to|planning|if|when|once|later|bought"
    r"|buy|works?|used|was)\b"
    r"|明天|明日|后天|下周|下个月|还没|没到|准备|打算|要去|要到|之前|以前|如果|等|买|能用|可以用|当时|曾"
)

_AHEAD = re.compile(
    r"\b(?:tomorrow|tonight|next|soon|will|i'll|we'll|going|about to|fly|flying|leave|leaving"
    r"|haven'?t (?:arrived|landed))\b"
    r"|明天|明早|今晚|后天|下周|下个月|还没|准备|打算|要去|要到|才到|才去|才飞"
)
_TO_PLACE = re.compile(r"\b(?:to|for|in) (?:the )?$|(?:到达?|去|往|飞|抵达|回)$")

# Said of one place among several: it works there, or it was only passed.
_FINE = re.compile(
    r"\b(?:work(?:s|ed)|was working|had (?:\w+ )?(?:signal|service|internet|data|bars|4g|5g)|(?:was|were|is) (?:\w+ )?"
    r"(?:fine|ok|okay|good|great|perfect|normal|fast)|no problems?)\b"
    r"|能用|可以(?!吗)|正常|没问题|(?<!没)(?<!没有)有(?:信号|网|4g|5g)|好好的|好使"
)
_FINE_NOT = re.compile(rf"(?:{_NOT}|\bnot|\bnever|不|没|没有|不太|不能)\s*$")
_AGAINST = re.compile(r"\W*(?:just |only )?not (?:here )?(?:in|at) (?:the )?")
_PASSED = re.compile(
    r"\b(?:over|via|through|past|across|from|between|leaving) (?:the )?$|(?:经过|路过|翻过|开过|途经|穿过|经|过了)$"
)

_DENIED_PHONE = re.compile(
    r"(?:\bnot(?: on)?|n't|isnt)(?: a| an| the| my)? ?$|(?:不是|并非|並非|没有|沒有)(?:用)?(?:的)?$", re.IGNORECASE
)


class Statements(NamedTuple):
    """Facts by `understanding.commands.FACTS`: what holds, what does not, and what did and was put right."""

    seen: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    undone: frozenset[str] = frozenset()


class Whereabouts(NamedTuple):
    """Where somebody says to be, the last of several, and places they say not to be in; values of entities."""

    stated: tuple[str, str] | None
    """The entity (`location` or `destination`) and its value."""
    denied: tuple[str, ...] = ()
    ahead: tuple[str, str] | None = None
    """Where the journey is said to lead, as an entity and its value."""
    all_stated: tuple[tuple[str, str], ...] = ()
    """Each place where somebody is said to be: "he's in Queenstown and I'm in Christchurch"."""


def statements(text: str) -> Statements:
    """What the words plainly state of switches and of the devices at hand."""
    plain = aligned(text).replace("’", "'")
    seen: set[str] = set()
    denied: set[str] = set()
    undone: set[str] = set()
    if _ONE_DEVICE.search(plain):  # in a question as well: "I have one phone only, how do I scan it"
        seen.add("one_device")
    if _NOT_STATED.search(plain):
        return Statements(frozenset(seen))
    if _EVERY_TIME.search(plain) and not _CALLS.search(plain):
        seen.add("home_line_data")
    for switch in _SWITCHES:
        states = _states(plain, switch)
        if not states:
            continue
        now = states[-1]
        before = switch.shown_on if states[0] else switch.shown_off
        against = switch.shown_off if now else switch.shown_on
        if before and states[0] != now and now == switch.wanted_on:
            undone.add(before)
        if against:
            denied.add(against)
        if not now and switch.shown_off:
            seen.add(switch.shown_off)
        if now and switch.wanted_on and switch.shown_on:
            seen.add(switch.shown_on)
    return Statements(frozenset(seen), frozenset(denied), frozenset(undone))


def put_right(text: str) -> bool:
    """Whether a switch that is not named was one way and is the other now: "it was off, on now"."""
    plain = aligned(text).replace("’", "'")
    if _NOT_STATED.search(plain) or _CANNOT.search(plain) or _TOGGLED.search(plain) or not _CHANGED.search(plain):
        return False
    states = _in_order(plain)
    return len(states) > 1 and states[0] != states[-1]


def _states(plain: str, switch: _Switch) -> list[bool]:
    """Whether the switch is on, in the order in which the message says so; none when it says nothing plain."""
    mentions = list(switch.words.finditer(plain))
    if not mentions or _CANNOT.search(plain) or _OF_HOME.search(plain) or _TOGGLED.search(plain):
        return []
    first, last = mentions[0], mentions[-1]
    others = [
        match.start() for other in _SWITCHES if other is not switch for match in other.words.finditer(plain, last.end())
    ]
    before, rest = plain[: first.start()], plain[last.end() : min(others, default=len(plain))]
    states = [False] if _OFF_BEFORE.search(before) else [True] if _ON_BEFORE.search(before) else []
    if states and not re.match(r"\s*(?:mode)?\s*(?:[,.;，。；]|and|but|then|so|$|了|现在|已)", rest):
        return states
    return states + _in_order(rest)


def _in_order(words: str) -> list[bool]:
    """Each "on" as True and each "off" as False; "not on" is one off."""
    off = [(match.start(), match.end()) for match in _OFF.finditer(words)]
    on = [
        match.start()
        for match in _ON.finditer(words)
        if not any(start <= match.start() < end or match.end() == start + 1 for start, end in off)
    ]
    return [state for _, state in sorted([(start, False) for start, _ in off] + [(place, True) for place in on])]


def phone_meant(text: str, entities: Iterable[Mapping[str, Any]]) -> str | None:
    """The phone that is named against another one, "a Pixel 8, not a Samsung"; None when none is denied.

    `entities` are those of the message, with `entity`, `value`, `start` and `end`.
    """
    plain = aligned(text).replace("’", "'")
    named = [each for each in entities if each.get("entity") == "device" and "start" in each]
    denied = {id(each) for each in named if _DENIED_PHONE.search(plain[: int(each["start"])])}
    meant = [str(each["value"]) for each in named if id(each) not in denied]
    return meant[-1] if denied and meant else None


def places(text: str, entities: Iterable[Mapping[str, Any]]) -> Whereabouts:
    """Where the message says that somebody is and is not.

    `entities` are those of the message, with `entity`, `value`, `start` and `end`.
    """
    plain = aligned(text).replace("’", "'")
    stated: tuple[str, str] | None = None
    ahead: tuple[str, str] | None = None
    present: list[tuple[str, str]] = []
    asks = bool(re.search(r"[?？]|[吗嘛]\s*$", plain))
    named = [each for each in entities if each.get("entity") in ("location", "destination") and "start" in each]
    left = tuple(_not_of_fault(plain, named))
    denied = list(left)
    for each in sorted(named, key=lambda each: int(each["start"])):
        if str(each["value"]) in denied:
            continue
        before = plain[: int(each["start"])]
        clause = _CLAUSES.split(before)[-1]
        against = bool(left) and bool(_AGAINST.fullmatch(clause))  # "worked in Picton, not in Nelson"
        if _DENIED_PLACE.search(clause) and not _NOT_LEFT.search(clause) and not against:
            denied.append(str(each["value"]))
            continue
        after = _CLAUSES.split(plain[int(each["end"]) :], maxsplit=1)[0]
        place = (str(each["entity"]), str(each["value"]))
        if asks:
            continue
        if _TO_PLACE.search(clause) and _AHEAD.search(f"{clause} {after}"):
            ahead = place
        elif _PRESENT_PLACE.search(clause) and not _NOT_YET.search(clause):
            stated = place
            present.append(place)
    return Whereabouts(stated, tuple(denied), ahead, tuple(dict.fromkeys(present)))


def _not_of_fault(plain: str, named: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of several places those where it is said to have worked, and those only passed; none when that holds for all."""
    ordered = sorted(named, key=lambda each: int(each["start"]))
    values = [str(each["value"]) for each in ordered]
    found = []
    for place, each in enumerate(ordered):
        start, end = int(each["start"]), int(each["end"])
        since = int(ordered[place - 1]["end"]) if place else 0
        until = int(ordered[place + 1]["start"]) if place + 1 < len(ordered) else len(plain)
        before = _CLAUSES.split(plain[since:start])[-1]
        after = _CLAUSES.split(plain[end:until], maxsplit=1)[0]
        clauses = (before, after) if re.search(r"\b(?:in|at|around)\b(?: the)? $|在$", before) else (after,)
        fine = any(
            not _FINE_NOT.search(clause[: match.start()]) for clause in clauses for match in _FINE.finditer(clause)
        )
        if fine or _PASSED.search(before):
            found.append(values[place])
    if set(found) < set(values):
        yield from dict.fromkeys(found)


def _with_success(reading: CommandReading, text: str) -> CommandReading:
    """The reading, with a success that is plainly said beside another matter, whatever the whole resembles."""
    waits = reading.situation in ("step", "question", "order_number", "email") and reading.asked != "symptom"
    if not waits or reading.has("step:works", "step:works_but", "person", "emergency") or not plainly_works(text):
        return reading
    kept = [read for read in reading.commands if read.command.name not in ("step", "choose", "unclear", "observe")]
    return replace(reading, commands=(Read(Command("step", "works"), _SURELY), *kept))


def with_statements(reading: CommandReading, text: str, typed: bool = True) -> CommandReading:
    """The reading, with what the words plainly state instead of what they resemble.

    Facts are added only where a fault is being looked for. `typed` is False for words read in a picture.
    """
    if not typed:
        return reading
    reading = _with_success(reading, text)
    stated = statements(text)
    diagnosing = reading.situation in _IN_DIAGNOSIS
    gone = stated.denied | stated.undone
    if stated.undone:  # that it is on now is what was done, not what was found
        gone |= {switch.shown_on for switch in _SWITCHES if switch.shown_off in stated.undone and switch.shown_on}
    kept = [read for read in reading.commands if read.command.name != "observe" or read.command.value not in gone]
    if diagnosing and gone:  # what is stated of a switch is no excuse for not trying
        kept = [read for read in kept if str(read.command) not in _EXCUSES or read.probability >= _STATED]
    added: list[Read] = []
    new = stated.seen - stated.undone - gone
    if reading.asked not in _CODE_STEPS:
        new -= {"one_device"}
    if reading.situation == "idle":
        new &= {"home_line_data", "roaming_off", "roaming_on"}
    if diagnosing or (reading.situation == "idle" and reading.has("start")):
        added = [
            Read(Command("observe", fact), _STATED)
            for fact in sorted(new)
            if reading.chance(f"observe:{fact}") < _STATED
        ]
        kept = [read for read in kept if str(read.command) not in {str(each.command) for each in added}]
    mended = {_MENDED_BY.get(reading.asked)} & stated.denied  # "the VPN is off" after being asked to switch it off
    done = stated.undone or mended or (reading.situation == "step" and not gone and put_right(text))
    outcome = {"step:works", "step:works_but", "step:failed", "step:done"} & {str(read.command) for read in kept}
    if diagnosing and done and not outcome:
        added.append(Read(Command("step", "done"), _STATED))
    if not (added or len(kept) != len(reading.commands) or (diagnosing and gone)):
        return reading
    if "one_device" in new and diagnosing:  # how to do it with one phone answers whatever was asked of the step
        outcomes = ("observe", "step:fail", "step:work")
        kept = [read for read in kept if str(read.command).startswith(outcomes)]
        return replace(reading, commands=(*added, *kept), units=())
    if added:  # a guess beside what is plainly said is none
        kept = [read for read in kept if read.probability >= 0.5]
    elif diagnosing and stated.denied & _SYMBOLS and not any(read.probability >= 0.5 for read in kept):
        kept = [Read(Command("resume"), _STATED)]  # it is not that: what waits goes on
    commands: Sequence[Read] = sorted([*added, *kept], key=lambda read: -read.probability)
    return replace(reading, commands=tuple(commands) or (Read(Command("inform"), _STATED),))
