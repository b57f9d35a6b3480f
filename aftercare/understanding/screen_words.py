"""Which signs of the screen a message names, by words that are given: beside the reader, where they are asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from aftercare.understanding.clauses import clause_ends

_CLAUSES = clause_ends("、", r"\b(?:and|but|though|with)\b|而且|但是?|不过|可是", at_questions=False)
_NOT_STATED = re.compile(r"[?？]|[吗嘛]\s*$|\b(?:if|should|shall|how|why|whether)\b|如果|要不要|怎么|为什么")
_GONE = re.compile(
    r"\b(?:off|gone|disappeared|vanished|went away|not)\b|n't\b|\b(?:no|without|never)(?: (?:more|longer))?\W+$"
    r"|没了|消失|不见|关了|关掉|关着|已关|不(?:亮|显示)了?"
)
_NO_BEFORE = re.compile(
    r"(?:\b(?:no|not|without|never)|n't)"
    r"(?: (?:see|have|find|get|a|an|any|the|little|small|more|sign of))*\s*$|(?:没有?|不是?|未|看到)$"
)
_SHOWN = re.compile(
    r"\b(?:symbol|icon|badge|sign|status ?bar|reads?|says?|saying|shows?|shown|showing|written|displayed|up there"
    r"|up top|(?:at|on) (?:the )?top|in the corner|next to|beside|bars?|signal)\b"
    r"|图标|标志|标识|写着|写的|显示|亮着|挂着|状态栏|顶上|顶部|上面|角落|角上|旁边|字样|信号|格"
)
_NONE = re.compile(
    r"\b(?:none|neither)\b|\bnothing\W*$|\bnothing (?:like|of|else|there|up|at all|special)\b|\bno(?:pe)?\W*$"
    r"|\b(?:don'?t|can'?t|do not) see (?:any|one|that|those|these)"
    r"|都没|也没|没有(?:这些|别的|其他)|^没有?[。了]?$|没看(?:到|见)"
)

_EARLIER = re.compile(r"\b(?:was|were|before|earlier|had|used to|didn't)\b|之前|原来|刚才|以前|本来|刚刚")
OF_LINE = frozenset({"bars", "no_service", "no_data", "slow"})
"""Signs of how the line does, which need no word for the screen."""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'")


def says_none(text: str) -> bool:
    """Whether the message says that nothing of what was asked about is there."""
    return bool(_NONE.search(_plain(text).strip(" .!。！").casefold()))


class ScreenWords:
    """Finds signs by a pattern for each; case does not count."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._words = {sign: re.compile(pattern, re.IGNORECASE) for sign, pattern in patterns.items()}

    def signs_named(self, text: str, *, asked: bool = False, line: bool = True) -> frozenset[str]:
        """The signs that the message says to see.

        `asked` is whether the screen was just asked about, so that a bare name says that it is there; else the words
        must speak of the screen. How the line does counts anywhere, with `line`. A question or a condition states
        nothing, and what is said to be gone or not there is not seen.
        """
        plain = _plain(text)
        if _NOT_STATED.search(plain):
            return frozenset()
        found: set[str] = set()
        for clause in _CLAUSES.split(plain):
            on_screen = asked or _SHOWN.search(clause)
            for sign, words in self._words.items():
                if not (line if sign in OF_LINE else on_screen):
                    continue
                named = words.search(clause)
                if (
                    not named
                    or _NO_BEFORE.search(clause[: named.start()].rstrip())
                    or _GONE.search(clause[named.end() :])
                ):
                    continue
                found.add(sign)
        return frozenset(found)

    def still_amiss(self, text: str) -> frozenset[str]:
        """What a message that sounds like success says in its last clause to be amiss: slow, no internet, no signal."""
        clauses = [clause for clause in _CLAUSES.split(_plain(text)) if clause.strip()]
        if not clauses or _EARLIER.search(clauses[-1]):
            return frozenset()
        return self.signs_named(clauses[-1]) & (OF_LINE - {"bars"})
