"""Whether a clause of a text plainly says that the line works now, whatever else the text is about."""

from __future__ import annotations

import re

from aftercare.understanding.clauses import sentences
from aftercare.understanding.segmentation import aligned

_BEGINS = (
    r"(?:^|[.!,;:，。！；]\s*|\b(?:i|we) .{0,60}\band (?:now )?)"
    r"(?:(?:yes|ok|okay|great|wow|no|hey|well|oh|now|finally)[,!. ]+)*"
)
_ENDS = r"(?: (?:now|again|fine|great|perfectly|well|already))*\s*(?:[.!;]|,(?! (?:but|except|only|though))|$)"
_WORKS = re.compile(
    rf"{_BEGINS}(?:it|that|(?:the |my )?(?:signal|internet|connection|line|e-?sim|data))"
    rf"(?:'s| is| has been)? (?:works?|working|fixed|back|solved){_ENDS}"
    r"|^(?:(?:yes|ok|okay|great|yay|now)[,!. ]+)*[a-z0-9 ]{2,12} works (?:on|for)"
    r" (?:mine|me|my (?:phone|iphone))\s*[.!,]"
)
_WORKS_ZH = re.compile(
    r"(?:^|[.!,;，。！；\s])(?:哦|噢|啊|欸|现在|已经|终于|都|网[络路]|信号|上网)*(?:修好了|有信号了|恢复了|能上网了|可以上网了|能用了|(?:网页|页面)?(?:能|可以)打开(?:网页)?了)(?=[.!,;，。！；\s]|$)"
)
_AMISS = re.compile(
    r"\b(?:but|except|still|only|slow|no (?:internet|data|signal)|not|n't)\b|n't\b"
    r"|但|可是|不过|还是|只是|慢|没网|不行|打不开"
)


def plainly_works(text: str) -> bool:
    """Whether it is said to work, in a sentence that names nothing amiss: "signal is fixed!! now a charge …"."""
    plain = aligned(text).replace("’", "'")
    return any(
        (_WORKS.search(sentence) or _WORKS_ZH.search(sentence)) and not _AMISS.search(sentence)
        for sentence in sentences(plain)
        if not sentence.endswith(("?", "？", "吗"))
    )
