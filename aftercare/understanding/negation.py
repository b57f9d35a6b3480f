"""A wish that is named only to be refused, "I don't want a refund, I want it to work"; and words of what is amiss."""

from __future__ import annotations

import re

from aftercare.understanding.refund_requests import names_request

_NO_REFUND = re.compile(
    r"(?:don'?t|do not|not|n't|never) (?:want|need|ask(?:ing)?|looking|after|here)(?: for| to)?(?: a| my| any| the)?"
    r" (?:refund|money back|exchange|swap)"
    r"|(?:不(?:是)?|别)(?:给我|要|想|需要|用|打算)?(?:申请|办|来)?(?:退款|退钱|退费|退錢|退貨|退货|换套餐|換套餐)(?![了吗嗎么行])",
    re.IGNORECASE,
)
# A request that runs is to be dropped.
_DROPS = re.compile(
    r"(?:don'?t|do not|no need to|stop|cancel|forget|drop|scrap|call off)\b[^.?!]{0,20}"
    r"\b(?:refund|money back|exchange|swap)|\btake (?:it|that|this) back\b|\bwithdraw (?:it|that|my)\b"
    r"|\bno refund\b|\bwithout (?:the |a )?refund"
    r"|(?<![能可还還])不(?:想|用|要|打算)?退(?:款|钱|錢|费|費)?了|(?:别|別|先不|不用|不要)(?:给我|給我|帮我|幫我|再)?退(?!房|票)",
    re.IGNORECASE,
)
# A swap that is offered is not wanted: "算了先不换".
_DROPS_SWAP = re.compile(
    r"(?:算了|还是|還是|那|先|就)(?:就|先)?(?:不|别|別)[换換](?![手卡号號])|(?:不|别|別|不用|不想)[换換]了"
    r"|\b(?:leave|skip|drop|forget(?: about)?|no) (?:the |that |this |your )?(?:swap|exchange)\b",
    re.IGNORECASE,
)
_MENDED = re.compile(
    r"\b(?:to|just|simply) (?:be )?(?:work|working|fixed|use)\b|\bfix|能用|能上网|能上網|用得了|修好|弄好|解决", re.I
)

_AMISS = re.compile(
    r"\b(?:no|not|none|nothing|never|nowhere|without|still|but|hours?|days?|slow|dead|fail\w*|wast\w+|lost|ruin\w*)\b"
    r"|n't\b|\b(?:do|does|did|ca|wo|is)nt\b|[没沒不无無害]|(?<!能)(?:还|還)|白(?:花|等|买|買)|[小半整]时|小時|天|慢|坏|壞",
    re.IGNORECASE,
)


def tells_amiss(text: str) -> bool:
    """Whether a text has words of what is missing, late or broken: "thanks, three hours without net"."""
    return bool(_AMISS.search(text.replace("’", "'")))


def refuses_refund(text: str) -> bool:
    """Whether a refund or exchange is what the traveller does not want."""
    return bool(_NO_REFUND.search(text.replace("’", "'")))


def only_refuses_refund(text: str) -> bool:
    """Whether it is refused and named no more: not in "no exchange, I want a refund"."""
    rest, refusals = _NO_REFUND.subn(" ", text.replace("’", "'"))
    return refusals > 0 and not names_request(rest)


def drops_request(text: str) -> bool:
    """Whether a refund or exchange that runs is to be dropped: "please don't refund it after all", "还是别退了"."""
    return bool(_DROPS.search(text.replace("’", "'")))


def drops_swap(text: str) -> bool:
    """Whether a swap that is offered is to be dropped: "forget the swap", "算了先不换"."""
    return drops_request(text) or bool(_DROPS_SWAP.search(text))


def wants_it_mended(text: str) -> bool:
    """Whether the text says that the eSIM shall work: "I just want it to work", "我只想能用"."""
    return bool(_MENDED.search(text))


_DENIES_REQUEST = re.compile(
    r"\b(?:i|we) (?:never|did ?n[o']?t|have ?n[o']?t|haven'?t)(?: \w+)? (?:ask(?:ed)?|request(?:ed)?|appl(?:y|ied)"
    r"|file[d]?|want(?:ed)?|refund(?:ed)?|ma[dk]e)\b"
    r"|\bwho (?:asked|requested|applied|filed|made|did|put)\b.{0,24}(?:refund|request|this|that|it)\b"
    r"|\b(?:was ?n[o']?t|wasn't|not) (?:by )?me\b"
    r"|我?(?:没|沒|冇|从没|從沒)(?:有)?\s*(?:申请|申請|退|要求|提|refund|request)\s*(?:过(?!来)|過(?!來)|款|了)|(?:谁|誰|邊個)(?:帮我|幫我|给我|給我|替我)?(?:申请|申請|提|退|弄)|不是我(?:申请|申請|提|弄|退)",
    re.IGNORECASE,
)
_TAKES_REQUEST_BACK = re.compile(
    r"\b(?:take (?:it|that) back|withdraw|cancel (?:it|that|the)|undo)\b|撤|取消",
    re.IGNORECASE,
)


def denies_request(text: str) -> bool:
    """Whether a text says that a request was not made by the traveller: "I never asked for a refund", "谁申请的"."""
    return bool(_DENIES_REQUEST.search(text.replace("’", "'")))


def takes_request_back(text: str) -> bool:
    """Whether a text wants a request taken back, of which it is said already: "then cancel it", "那撤了"."""
    return bool(_TAKES_REQUEST_BACK.search(text.replace("’", "'")))
