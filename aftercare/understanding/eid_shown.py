"""Whether a text says that the phone shows an EID: then it has an eSIM, whatever article the words resemble."""

from __future__ import annotations

import re

from aftercare.understanding.segmentation import aligned

_SHOWN = re.compile(
    r"\b(?:there(?:'s| is)|i (?:can |do |did )?(?:see|saw|found|find|have|got)"
    r"|it (?:does |did )?(?:shows?|has|have|lists?)|(?:does|did) show|shows|showed|displays?)"
    r"(?: (?:me|an?|the|my|one|some|line|called|long|with|number)){0,4} eid\b"
    r"|(?<!没)(?<!没有)(?<!有没)(?<!是否)(?:有|看到了?|显示了?|出现了?|出来了?)(?:了)?(?:一)?(?:个|串|行|条)?(?:32位|很长|长)?(?:的)?eid"
    r"|eid(?:号|那行|这行)?(?:有|显示出来了|出来了|看到了)(?!没)"
)
_NOT_STATED = re.compile(
    r"\b(?:do|does|did|is|are|can) (?:it|i|you|there|they)\b"
    r"|\b(?:if|whether|no|not|without|what|where|how|why)\b|n't\b|如果|要是|没|吗|是不是|什么|怎么|哪"
)


def eid_is_shown(text: str) -> bool:
    """Whether the sentence that names an EID says that it is there: "it DOES show an EID! So what now?"."""
    plain = aligned(text).replace("’", "'")
    return any(
        _SHOWN.search(sentence) and not _NOT_STATED.search(re.sub(r"^\W*(?:no\W+)+", "", sentence))
        for sentence in re.split(r"[.!?。！？，,\n]\s*", plain)
    )
