"""Whether a question is about the plan somebody has, not about one to buy."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_PLAN = r"(?:e-?sims?|plans?|cards?|sims?|packages?|orders?|qr)"
# The plan is there already.
_OWN = re.compile(
    rf"\b(?:my|our|this|that) (?:\w+ ){{0,3}}{_PLAN}\b|\bthe (?:nz |new zealand )?{_PLAN}\b"
    r"|\bmine\b|\bit (?:still )?work|\b(?:i|we)(?:'ve| have)? (?:already |just )?(?:bought|ordered|got|purchased|own)\b"
    r"|\b(?:i|we)(?:'ve| have) (?:already )?(?:an?|the|your) "
    r"|我们?(?:已经)?(?:买|订|购|装|有)|我们?(?:的|这|那|张)|(?:买|订)(?:的|了)"
    r"|(?<![一两几哪每三])[张个]\s*(?:卡|e-?sim|套餐|方案)|(?:新|纽)西[兰蘭]的?(?:卡|套餐|方案|e-?sim)"
)
# Another one is looked for.
_BUYS = re.compile(
    r"\b(?:which|what) (?:plan|e-?sim|package|one)s?\b|\brecommend|\bhow much\b|\bdo you (?:have|sell|offer)\b"
    r"|\b(?:want|need|like|looking|going|where|how) (?:to |can i |do i )?(?:buy|for an?|get an?)\b"
    r"|(?:买|选|推荐)(?:哪|什么|一?个)|哪[个款种](?:套餐|方案|卡)|多少钱|[想要]买|有没有.{0,6}(?:套餐|方案|卡|esim)"
)
# Plans that have something are asked for, rather than whether one has it.
_ANY = re.compile(
    r"\b(?:an?|any|one|some|another) (?:[\w-]+ )?(?:plan|e-?sim|package|pack)s?\b"
    r"|\b(?:plan|package|pack)s? (?:that|which|for)\b"
    r"|\bwhich (?:\w+ )?(?:plan|e-?sim|package|pack|one)s?\b"
    r"|有(?:没有|哪些|什么)?.{0,24}(?:用|通用|覆盖|包含?)的?.{0,2}(?:套餐|方案|卡|esim|流量包)|(?:套餐|方案)有哪些|(?:要|买|找|推荐)一?[个款张]"
)
_WORKS = re.compile(
    r"\b(?:works?|working|usable|covers?|covered|coverage|valid)\b|\b(?:can|could|may) (?:i|we) (?:still )?use\b"
    r"|(?:能|可以|可)不?(?:能)?用|用(?:得|不)|好用|有网|能上网|覆盖|通用|有效|用不用"
)


def asks_if_works(text: str) -> bool:
    """Whether a text asks if something can be used."""
    return bool(_WORKS.search(as_mandarin(aligned(text))))


def asks_for_plans(text: str) -> bool:
    """Whether plans are asked for, rather than something of the plan that is there already."""
    plain = as_mandarin(aligned(text)).replace("’", "'")
    return not asks_of_own_plan(text) and bool(_ANY.search(plain) or _BUYS.search(plain))


def asks_of_own_plan(text: str) -> bool:
    """Whether the words speak of a plan that is there already and ask for no other."""
    plain = as_mandarin(aligned(text)).replace("’", "'")
    return bool(_OWN.search(plain)) and not _BUYS.search(plain)
