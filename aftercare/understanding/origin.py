"""Whether a place that a message names is where a traveller or a phone comes from, and so none to travel to."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

_MAINLAND = r"(?: (?:the|mainland))?"
_BEFORE = re.compile(
    r"(?:\b(?:i|we)(?:'m| am|'re| are)(?: \w+)?"
    r"|\b(?:come|comes|came|originally|is|was|it's|people|tourists?|travell?ers?|phone|handset|model|mobile|device|one))"
    rf" from{_MAINLAND} $"
    rf"|\b(?:bought|purchased|sold|got)(?: (?:it|this|mine|one|my phone|the phone))? (?:in|from){_MAINLAND} $"
    rf"|\b(?:citizens? of|live in|living in|home in|resident of){_MAINLAND} $"
    r"|\b(?:calls?|calling|ring|text|texts|message)(?: \w+)? (?:back )?home(?: to| in)? $"
    r"|(?:来自|(?:家|住)在|打(?:电话)?回)(?:中国)?$"
)
_AFTER = re.compile(
    r"(?: mainland)?(?:n)? (?:version|model|edition|unit|passport|citizens?)\b"
    r"|(?:中国)?(?:大陆|内地)?(?:的?(?:版|行货|公司货|护照)|人(?!多|少|民)|(?:那边)?(?:买|购买?|销售)的?(?:手机|机|苹果|iphone|$|[,，。的])"
    r"|(?:过来|来)的)"
)
_FROM_PHONE = re.compile(rf"[a-z0-9] (?:is |was )?from{_MAINLAND} $")
# Said by who is there.
_WRITES = re.compile(
    r"\b(?:i|we)(?:'m| am|'re| are) (?:writing|texting|calling|chatting|asking|messaging|back|here) from"
)


def is_origin(text: str, start: int, end: int, phone_end: int | None = None) -> bool:
    """Whether the place at `start` to `end` is an origin; `phone_end`: where the phone named before it ends."""
    plain = as_mandarin(aligned(text)).replace("’", "'")
    before, after = plain[:start], plain[end:]
    if _WRITES.search(before):
        return False
    of_phone = phone_end is not None and bool(_FROM_PHONE.fullmatch(plain[max(phone_end - 1, 0) : start]))
    return of_phone or bool(_BEFORE.search(before) or _AFTER.match(after))
