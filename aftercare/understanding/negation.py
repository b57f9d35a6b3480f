"""A wish that is named only to be refused: "I don't want a refund, I want it to work"."""

from __future__ import annotations

import re

_NO_REFUND = re.compile(
    r"(?:don'?t|do not|not|n't|never) (?:want|need|ask(?:ing)?|looking|after|here)(?: for| to)?(?: a| my| any| the)?"
    r" (?:refund|money back|exchange|swap)"
    r"|(?:不(?:是)?|别)(?:给我|要|想|需要|用|打算)?(?:申请|办|来)?(?:退款|退钱|退费|退錢|退貨|退货|换套餐|換套餐)(?![了吗嗎么行])",
    re.IGNORECASE,
)


def refuses_refund(text: str) -> bool:
    """Whether a refund or exchange is what the traveller does not want."""
    return bool(_NO_REFUND.search(text.replace("’", "'")))
