"""Whether a text asks if a disturbance of the network is behind a fault, or if there is coverage where one is."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_DISTURBANCE = (
    r"(?:outages?|power (?:cut|fault|failure|problem|thing)s?|(?:fibre|fiber|cable) (?:cut|break|fault)s?"
    r"|network (?:fault|problem|issue|failure)s?|disturbances?|cell ?(?:sites?|towers?)|towers?|masts?"
    r"|that fault|the fault)"
)
_BLAMES = re.compile(
    rf"\b(?:is|was|are|could|can|may|might|because|due|same|maybe|still)\b.{{0,40}}?\b{_DISTURBANCE}\b"
    r"|\b(?:is|are) (?:it|they|(?:the|your|this|that) (?:networks?|signal|tower|site|service))"
    r" (?:down|out|dead|broken|offline)\b(?: (?:there|here|again|now|too|at))?"
    r"|(?:是不是|会不会|是否|难道|可能|应该)(?:是|因为|因|跟|和)?.{0,8}?"
    r"(?:停电|供电|断电|光缆|断缆|基站|故障|抢修|维修|挂了|断了|瘫痪)"
    r"|(?:停电|供电|光缆|基站|那个故障|故障).{0,8}?(?:的关系|的原因|造成|引起|导致|影响)(?:的)?(?:吗|吧|呢)?|因为.{0,6}(?:停电|供电|光缆|基站|故障)"
)
_HERE = re.compile(
    r"\b(?:do|does|have|has|is|are)\b.{0,24}\b(?:coverage|reception|signal|service)\b.{0,12}\bhere\b"
    r"|(?:这边|这里|这儿|呢度|本地).{0,6}(?:有没有|有无|有冇|到底有).{0,4}(?:信号|覆盖|网)",
)


def blames_disturbance(text: str) -> bool:
    """Whether a text asks if it is the disturbance: "is that the same power fault", "会不会是停电那个"."""
    return bool(_BLAMES.search(as_mandarin(aligned(text)).replace("’", "'")))


def asks_of_coverage_here(text: str) -> bool:
    """Whether a text asks if there is coverage where its writer is."""
    return bool(_HERE.search(as_mandarin(aligned(text)).replace("’", "'")))
