"""What is said around an emergency: that it is over, what help costs, where somebody comes from."""

from __future__ import annotations

import re

from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.segmentation import aligned

# Help is there or on its way, or nobody is in danger any more.
_OVER = re.compile(
    r"\b(?:police|ambulance|paramedics?|doctors?|medics?|rescue(?:rs)?|help|helicopter|fire ?(?:brigade|fighters?)"
    r"|rangers?|they)(?:'s| is| are|'re| has| have|'ve)?(?: just| now| already| all)*"
    r" (?:here|there|coming|on (?:the|its|their) way|with us|arrived|came|come|taking care|looking after)\b"
    r"|\b(?:we|i|everyone|everybody|he|she|they|all|everything|it)(?:'s|'re|'m| is| are| am)?(?: all| now| both)*"
    r" (?:fine|ok|okay|safe|all right|alright|under control|sorted|good)(?: now| again)?\b"
    r"|\bno (?:one|body) is (?:hurt|in danger)\b|\bnot (?:an|in) (?:emergency|danger)\b|\bno emergency\b"
    r"|\b(?:false alarm|out of danger|(?:got|getting) help|in (?:the )?hospital|at the hospital)\b"
    r"|(?:警察|救护车|救护人员|救援|医生|直升机|消防|帮手|有人|他们|人家|人)(?:员|队|都|已经?|现在|也)*"
    r"(?:到了|来了|在了|在这|在路上|赶来|过来了|来紧)"
    r"|没有?事了|没什么事了|没有?事啦|都没事|没有?危险了?|安全了|都安全|脱离危险|获救了|得救了|送到?医院|在医院|搞定|安全啦"
    r"|(?:人|大家|我们?|他|她)(?:都|已经|现在)*(?:很好|好了|平安|还好)"
    r"|不是(?:紧急|危险)|没有?人受伤|误会|虚惊一场"
)
# The connection is wanted now, and nothing else.
_BACK = re.compile(
    r"\bjust (?:help|fix|get|sort|give)\b.*\b(?:internet|data|esim|network|online|connection)\b"
    r"|\b(?:back to|now|only|just|but|still) (?:i |we )?(?:need|want) (?:the |my |to get )?"
    r"(?:internet|data|esim|online|connection)\b"
    r"|(?:先|只|就)(?:要|想|帮|需要)[^。！？]{0,8}(?:上网|网络|流量|联网|连网|网)"
)
_QUESTION = re.compile(r"[^.!,。！，?？]*(?:[?？]|[吗么]\s*$)")
# What says the opposite beside it.
_NOT_OVER = re.compile(
    r"\b(?:not|isn'?t|aren'?t|n'?t|never|nobody|no one|until|when|if|is (?:anyone|somebody|help)|will)\b[^.!?,]{0,24}"
    r"\b(?:here|there|coming|way|fine|ok|okay|safe|arrived|come|alright)\b"
    r"|\b(?:bleeding|unconscious|not breathing|dying|trapped|worse)\b"
    r"|(?:没有?人|还没|没|不|未)(?:有)?(?:到|来|安全|好)|什么时候|会不会|(?:来|到)了?[吗么没]"
    r"|流血|昏迷|没醒|没有?呼吸|快死"
)
_COST = re.compile(
    r"\b(?:cost|costs|pay|paying|price|expensive|afford|free|charge|charged|bill|insurance cover\w*|how much)\b"
    r"|多少钱|几多钱|几钱|收费|要钱|付钱|付费|费用|贵|免费|自费|付得起|保险(?:包|赔|付)"
)
_THING = re.compile(
    r"^(?:oh no|omg|help|shit|damn|hi|so)?[,! ]*(?:and )?(?:my|our|the|his|her)"
    r" (?:phone|iphone|mobile|handset|tablet|ipad|laptop|camera|bag|wallet|passport|car)\b"
    r"|^[^，。！]{0,6}(?:手机|平板|电脑|相机|包|钱包|护照)(?:掉|摔|泡|进水|丢|被偷|被抢|坏)"
)
_FROM = re.compile(r"\b(?:from|citizen of|live in|home in)(?: the)? ?$|(?:来自|从|家在|住在)$")


def out_of_danger(text: str) -> bool:
    """Whether the words say that help is there or that nobody is in danger, and nothing against it."""
    plain = _plain(text)
    if _NOT_OVER.search(plain):
        return False
    return bool(_BACK.search(plain) or _OVER.search(_QUESTION.sub("", plain)))


def asks_cost(text: str) -> bool:
    """Whether what help costs is asked or worried about."""
    return bool(_COST.search(_plain(text)))


def happened_to_thing(text: str) -> bool:
    """Whether it is a thing that fell, broke or was taken, as far as the words tell: "my phone fell into the sea"."""
    return bool(_THING.search(_plain(text)))


def comes_from(before: str) -> bool:
    """Whether the place that follows these words is where somebody comes from."""
    return bool(_FROM.search(_plain(before)))


def _plain(text: str) -> str:
    return as_mandarin(aligned(text)).replace("’", "'")
