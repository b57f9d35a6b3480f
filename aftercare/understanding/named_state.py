"""What a text says of the eSIM's state: not installed yet, installed, partly used, ended, or deleted."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from aftercare.understanding.segmentation import aligned

NamedState = Literal["not_installed", "installed", "in_use", "ended", "deleted"]

# Putting it on a phone.
_PUT = r"(?:install(?:ed)?|scan(?:ned)?|set (?:it |this |the e-?sim )?up)"
_NOT = r"(?:not|never|haven['’]?t|hasn['’]?t|didn['’]?t|isn['’]?t|wasn['’]?t|nothing(?: is| was)?)"
_NOT_YET = re.compile(
    rf"\b{_NOT}(?: \w+){{0,2}}? {_PUT}(?! to\b)\b"
    r"|\b(?:an?|the|my|your|this|still|yet|is|are|its|it['’]s) (?:uninstalled|un-?scanned)\b"
    r"|\bnot (?:on|in) (?:my|the) phone\b"
    r"|\bbefore (?:i |we |even |ever )*(?:install|scann?|sett?|putt?)(?:ing|ed)?(?: it| this)?\b(?! on the way)"
    r"|\b(?:code|qr)(?: is| was|['’]s)?(?: still| completely)? (?:unused|untouched|not used)\b|\bunused (?:qr|code)\b"
    r"|码(?:还|一直|都)(?:没用|没动|未用)|码(?:没用|没动|未用)过|(?<!到)(?:安?装|扫码?)之?前"
    r"|(?:[没未冇](?!有添)|尚未|从未)(?:有|来得及)?(?:把它|去)?(?:安?装(?![好备得成上完])|扫(?![到出上]))"
    r"|(?:还没|尚未|未)(?:有|来得及)?(?:加进|添加)"
)
# A try that failed put nothing on the phone.
_BROKE = r"(?:failed|broke off|crashed|was interrupted|didn['’]?t work|stopped|went wrong)"
_FAILED = re.compile(
    rf"\b(?:scan(?:ning)?|install(?:ation|ing)?|attempt|try|setup|set-up)(?: it)?(?: has| just| once)* {_BROKE}"
    r"|\b(?:failed|unsuccessful|interrupted) (?:to )?(?:scan|install|attempt|try)\w*\b"
    rf"|\bfirst (?:scan|attempt|try)\b.*\b{_BROKE}"
    r"|(?:扫|安?装|添加)(?:码|了|过|的时候|到一半)*(?:一次|两次|一半)?(?:都|就|又)?(?:失败|报错|出错|断了)"
    r"|没(?:扫|安?装)(?:上|成|好)"
)
# Who did it, before the verb.
_BY = (
    r"(?:i|we|he|she|they|it|mum|mom|dad|kids?|son|daughter|wife|husband|who|and|just|accidentally|already|have|has|had"
    r"|ve|was|been|got|is)"
)
_DELETED = r"(?:deleted|erased|removed|wiped|uninstalled|formatted)"
_RESET_SINCE = r"(?=.*\b(?:by mistake|gone|yesterday|today|already|and now|vanished|accident)\b)"
_GONE = re.compile(
    rf"\b(?:{_BY}['’]?(?:ve)?\s+)(?:\w+ly\s+)?{_DELETED}\b(?P<what>[^,.;?!]*)"
    rf"|^(?:accidentally |oops,? )?{_DELETED}\b(?P<first>[^,.;?!]*)"
    r"|\b(?:did|done|had|after) (?:a |the )?(?:factory|full|hard) reset\b|\b(?:has been|was) reset\b"
    rf"|\b(?:factory )?reset (?:my|the|his|her|our) (?:phone|iphone|mobile)\b{_RESET_SINCE}"
    r"|(?P<zh>.{0,8})(?:(?:误|已经?|不小心|手滑|刚)(?:删|移除|抹)(?!卡)"
    r"|(?:删|移除|抹|格式化|重置|恢复出厂(?:设置)?|还原出厂(?:设置)?|刷机)(?:掉了?|了|咗|过|之?后))(?P<zh_after>.{0,6})"
)
# Not done yet: asked whether or how to do it.
_NOT_DONE = re.compile(r"要不要|要先|先把|想删|打算|可以|能|会|怎么(?!办)|请|算了|重装|重新|从头|叫我|让我")
# What is deleted without any harm to the eSIM itself.
_OTHER_THING = re.compile(
    r"\b(?:e-?mails?|mails?|messages?|pictures?|photos?|images?|screenshots?|qr|codes?|pdf|files?|apps?|chats?|accounts?"
    r"|vpn|passwords?|cards?|stuff)\b|邮件|信箱|邮箱|信件|短信|图|照片|相片|截|码|信(?!号)|软件|应用|账号|app|记录|聊"
)
_SHARE = r"(?:half|some|part|a (?:bit|little|third|quarter|few|tenth)|most|\d+(?:\.\d+)? ?(?:gb|gigs?|mb|%|percent))"
_MUCH_LEFT = r"(?:half|most|some|\d+ ?(?:gb|gigs?)|(?:a )?lot|plenty|two thirds|a third)"
_PART = re.compile(
    r"\b(?:used|burn(?:ed|t)|went through|gone through)(?: up)?"
    rf"(?: only| just| about| around| maybe| already| nearly| almost)* {_SHARE}\b"
    r"|\b(?:half|part(?:ly|ially)?|some)(?: of (?:it|the data|my data|the plan))?"
    r"(?: is| was|-| already| has been)* ?used\b"
    r"|\bonly used\b|\balready using\b"
    rf"|\b{_MUCH_LEFT}(?: of (?:it|the data|my data|my plan|the plan|\w+ ?gb))?"
    r" (?:is |are |still )*(?:left|remain\w*|unused|over)\b"
    r"|用[了掉咗]了?(?:快|大概|大约|差不多|将近|不到|才)?"
    r"(?:一?大?半|一点|一些|少少|啲|几[个天g]|两|三|[\d.]+ ?(?:g|m|个|%|天))"
    r"|还?[剩余](?:了|下|低|着)?(?:一?大半|一?半|很多|好多|不少|[\d.]+ ?个?g)|[只才]用了"
)
_OVER = re.compile(
    r"\b(?:plan|esim|it)(?:['’]s| is| has)(?: already| just)? (?:expired|ended|finished)\b"
    r"|\bexpired (?:plan|esim|yesterday|last|on)\b|(?:已经?|刚刚?|早就?|昨天|前天)就?(?:过期|到期|结束)"
)
_ON_IT = re.compile(
    r"\b(?:already|have|['’]ve|has|is|it['’]?s|was|been|once|fully|successfully) (?:been )?(?:already |all )?"
    r"(?:installed|scanned|set up)\b|^installed\b"
    r"|\b(?:i|we) installed (?:it|the|mine|this|my|everything|both|them|all)\b"
    r"|\balready (?:on|in) (?:my|the|his|her) (?:phone|iphone)\b"
    r"|\binstalled (?:it )?(?:already|at home|yesterday|fine)\b"
    r"|(?:已经?|早就?|都)(?:在家|提前|先)?(?:安?装(?:好|完|上|进)?了?|扫过?了?|加(?:好|进))(?![吗行不才的])"
    r"|安?装[好完](?:了|咗|之?后|以后)(?![吗行不没])|装咗(?!未)"
)


@lru_cache(maxsize=256)
def named_state(text: str) -> NamedState | None:
    """The state a text tells; None when it tells none.

    What is not installed yet counts before what happened to its e-mail; a used part before that it is installed.
    """
    text = aligned(text)
    if _NOT_YET.search(text) or _FAILED.search(text):
        return "not_installed"
    if any(_of_esim(match) for match in _GONE.finditer(text)):
        return "deleted"
    if _PART.search(text):
        return "in_use"
    if _OVER.search(text):
        return "ended"
    return "installed" if _ON_IT.search(text) else None


def _of_esim(match: re.Match[str]) -> bool:
    """Whether what was deleted is the eSIM or the phone, not the e-mail or the picture."""
    around = " ".join(value for value in match.groupdict().values() if value)
    return not _OTHER_THING.search(around) and not _NOT_DONE.search(around)
