"""Whether somebody asks if an unused code may be installed by another person, or on another phone."""

from __future__ import annotations

import re

from aftercare.understanding.segmentation import aligned

_WHO = (
    r"(?:he|she|they|(?:my|our|a|his|her) (?:wife|husband|partner|girlfriend|boyfriend|brother|sister|mum|mom"
    r"|mother|dad|father|son|daughter|friend|colleague|parents)|some(?:one|body) else|another person|anyone else)"
)
_CODE = r"(?:it|this|that one|(?:the|this|that|my|same|your) (?:same )?(?:qr(?: code)?|code|e-?sim|plan|one))"
_ON = r"(?:hers|his|(?:my|another|a different|her|his|their|someone else'?s)(?: (?!first|own)\w+){0,2}(?:'?s)?)"
_ASKED = re.compile(
    rf"\b(?:can|could|may|will|is)\b.{{0,20}}\b{_WHO}\b.{{0,20}}\b(?:use|scan|install|have|take)\b.{{0,12}}\b{_CODE}\b"
    rf"|\b(?:can|could|may|shall|should)\b.{{0,12}}\b(?:put|install|use|scan)\b.{{0,12}}\b{_CODE} (?:on|for|in) {_ON}"
    rf"|\b(?:can|could|may)\b.{{0,20}}\b(?:give|pass|hand)\b.{{0,6}}\b{_CODE} (?:on )?to {_WHO}\b"
    rf"|\bfor (?:{_WHO}|her|him|them)\b.{{0,40}}\b(?:use|the|this) (?:the )?same (?:qr|code|e-?sim)"
    r"|\bsame (?:qr|code)\b.{0,20}\b(?:on|for) (?:it|hers|his|her|him)\b"
    r"|(?:给|让|叫)?(?:别人|其他人|家人|朋友|同伴|老婆|老公|太太|先生|我?(?:爸爸?|妈妈?|哥哥?|弟弟?|姐姐?|妹妹?|儿子|女儿)|他|她)(?:的?手机)?.{0,4}"
    r"(?:能|可以|能不能|可不可以)?.{0,3}(?:用|装|扫)(?:我|这|那|同)(?:的)?(?:一)?(?:个|张|单)?(?:单|码|二维码|esim|卡)?"
    r"|(?:能|可以|能不能|可不可以)(?:给|让|装(?:在|到)?|放(?:在|到)?)"
    r"(?:别人|其他人|家人|朋友|别的手机|另一部|我?(?:老婆|老公|爸爸?|妈妈?|哥哥?|弟弟?|姐姐?|妹妹?|儿子|女儿)|他|她)"
    r"|给(?:别人|家人|朋友|老婆|老公|我?(?:爸爸?|妈妈?|哥哥?|弟弟?|姐姐?|妹妹?|儿子|女儿)|他|她)(?:用|装).{0,30}(?:可以|行|能|可不可以)(?:吗|么|不)?"
)
_BOTH = re.compile(
    r"\b(?:both|too|also|as well|at once|share|hotspot|again|laptop|tablet|ipad|watch|computer)\b"
    r"|平板|电脑|手表|同时|一起|也装|热点|两部|再装"
)


def asks_for_other_user(text: str) -> bool:
    """Whether a text asks if another person or phone may use the code instead; not beside the phone that has it."""
    plain = aligned(text).replace("’", "'")
    return bool(_ASKED.search(plain)) and not _BOTH.search(plain)
