"""On which phone the travel line is, where that was asked: by "this one" and by the phones named or denied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.segmentation import aligned

# The finding that asks which phone has the line, and the one that it is not the phone in use.
ASKED_WHICH, OTHER_ONE = "other_phone", "changed_phone"

_THIS = (
    r"(?:(?:this|my own|the same) (?:very )?(?:phone|one|iphone|android|mobile|device|handset)?\b"
    r"|the (?:phone|one) (?:that )?i'?m (?:using|on|holding|writing from)|mine\b|my (?:iphone|android|phone)\b)"
)
_THIS_ZH = (
    r"(?:这|呢|我(?:手上|现在|自己|正在)(?:用)?的?(?:这)?)(?:一)?(?:部|台|个|支|只)?"
    r"(?:手机|电话|机|三星|小米|华为|苹果|[a-z0-9 ]{1,14})?"
)
# Said of the line: also beside a question.
_LINE_HERE = re.compile(
    rf"\b(?:it|line|e-?sim|sim|plan)(?:'s| is| was)(?: \w+){{0,2}} (?:on|in) {_THIS}"
    rf"|(?:卡|线路|esim|它)?(?:就|都|明明|确实|已经)?(?:是)?(?:装|插|在|喺)(?:是)?(?:在|喺|咗喺)?{_THIS_ZH}(?:上|里|度|上面)"
)
_HERE = re.compile(rf"\b(?:on|in|only|just|it'?s|is) {_THIS}|(?:就|只)(?:是|有|在|喺)?{_THIS_ZH}")
_NOT_BEFORE = re.compile(r"(?:\b(?:not|never)|n'?t)(?: (?:even|really|actually))?\s*$|(?:不|没|没有|不是|唔)$")
_NOT_FOUND_AFTER = re.compile(
    r"[^,.;!?，。；！？]*?(?:\b(?:can'?t|cannot|don'?t|do not|never) (?:find|see|have|show)"
    r"|找不到|看不到|没看到|没找到|没有$)"
)
_DENIED = re.compile(
    r"(?:\b(?:no|not|never|without)|n'?t)"
    r"(?: (?:ever|had|have|has|own|owned|used|use|got|bought|on|in|a|an|any|the|my|that|some|other|of|samsung))*\s*$"
    r"|(?:没有?|从没|从来没|不是|不在|并非|冇|唔系)(?:有|用|买|装|插|在|过|到|是)*(?:什么|任何|别的|我的|一)?(?:部|台|个)?$"
)

# Right before a phone: that the line is on it.
_ON_BEFORE = re.compile(
    r"\b(?:it|line|e-?sim|sim|plan)(?:'s| is| was)(?: \w+){0,2} (?:on|in)(?: (?:the|my|this|that|his|her|our|a))?"
    r"(?: (?:new|old|other|own))?\s*$"
    r"|(?:卡|线路|线|esim|它).{0,4}?(?:在|喺)(?:了|咗)?(?:我|他|她|这|那|呢)?(?:的|部|台|个|支)*(?:新|旧)?(?:的)?\s*$"
)
_NEITHER = re.compile(
    r"\b(?:neither(?: (?:one|phone|of)\b)?|on neither|none of (?:them|the two|my phones)|not on (?:either|any)"
    r"|on no phone|nowhere to be (?:seen|found))\b"
    r"|(?:[两几三]|哪一?)[部台个支]?(?:手机|电话)?(?:上|里)?[都也](?:没|冇|不在|无|看不到|找不到)"
    r"|^\W*都(?:没有?|冇|不在|看不到|找不到)",
    re.IGNORECASE,
)


class PhonesOfLine(NamedTuple):
    """What is said of the phone that has the line."""

    here: bool
    """Whether it is said to be on the phone in use."""
    named: tuple[str, ...]
    """Phones that are named and not denied."""
    denied: tuple[str, ...]
    """Phones that are said not to be there, or not to have it."""

    asks: bool
    """Whether the message has the form of a question."""
    on_named: bool = False
    """Whether it is said to be on one of the phones named: "it's on the Pixel"."""
    neither: bool = False
    """Whether it is said to be on none of the phones."""

    @property
    def tells(self) -> bool:
        """Whether it plainly tells where the line is; a question does so only with "it is on this one"."""
        return self.here or (not self.asks and bool(self.named or self.denied))


def phones_of_line(text: str, entities: Iterable[Mapping[str, Any]]) -> PhonesOfLine:
    """What a message says of the phone that has the line.

    `entities` are those of the message, with `entity`, `value`, `start` and `end`.
    """
    plain = aligned(text).replace("’", "'")
    asks = asks_something(text)
    patterns = (_LINE_HERE,) if asks else (_LINE_HERE, _HERE)
    found = (match for pattern in patterns for match in pattern.finditer(plain))
    here = any(
        not _NOT_BEFORE.search(plain[: match.start()]) and not _NOT_FOUND_AFTER.match(plain, match.end())
        for match in found
    )
    phones = [each for each in entities if each.get("entity") == "device"]
    denied = [each for each in phones if "start" in each and _DENIED.search(plain[: int(each["start"])])]
    named = tuple(str(each["value"]) for each in phones if each not in denied)
    on_named = any(
        each not in denied and "start" in each and bool(_ON_BEFORE.search(plain[: int(each["start"])]))
        for each in phones
    )
    neither = bool(_NEITHER.search(plain))
    return PhonesOfLine(here, named, tuple(str(each["value"]) for each in denied), asks, on_named, neither)


def tells_which_phone(asked: str, text: str, entities: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a message answers the finding that asks which phone has the line, or refutes that it is the other one.

    `asked` is the finding told last.
    """
    if asked not in (ASKED_WHICH, OTHER_ONE):
        return False
    phones = phones_of_line(text, entities)
    if asked == ASKED_WHICH:
        return phones.tells or phones.neither
    return phones.here or ((bool(phones.denied) or phones.on_named) and not phones.asks)
