"""What a text about money back or a swap names: amount, deadline, fee, where and when, the code, the way back."""

from __future__ import annotations

import re
from typing import Literal

Topic = Literal["installed", "fee", "until", "code", "payout", "amount"]

_INSTALLS = re.compile(
    r"\b(?:(?:re)?install\w*|scan\w*|activat\w+|set (?:it|this) up|add(?:ed)? it|use[ds]? it)\b"
    r"|[装裝]|安[装裝]|[扫掃](?:了|過|过|码|碼)|激活|用(?:了|过|過)",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|once|after|when|first|before|suppose|in case|and then|already)\b"
    r"|如果|要是|万一|萬一|假如|倘若|先|[装裝扫掃用][上好完]?(?:了|過|过|的话|的話)|之后|之後|以后|以後|後|还没用|沒用",
    re.IGNORECASE,
)
_MONEY_BACK = re.compile(
    r"\b(?:refund\w*|money|return(?:ed|able)?|(?:come|comes|get"
    r"|got|give) (?:it |this |some )?back|send it back)\b|退|还钱|還錢",
    re.IGNORECASE,
)
_FEE = re.compile(
    r"\b(?:fees?|deduct\w*|charge for)\b|手[续續]费|手[续續]費|服务费|服務費|扣(?:的|掉|了|我|走|多少|钱|錢)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:deadline|time limit|until when|by when|last day|latest|how (?:long|many days) (?:do|have|can|would) (?:i|we)"
    r"|(?:return|refund) (?:window|period))\b"
    r"|期限|截止|(?:几|幾|多少)天(?:之内|之內|内|內)|(?:什么时候|什麼時候|几号|幾號|哪天|多久)(?:之前|以前|前|内|內|之内|之內)",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\b(?:qr|codes?|e-?sim|profile|line)\b.{0,40}\b(?:happens?|works?|working|usable|valid|stops?|dead|void|scan|used?|still|gone)"
    r"|\b(?:happens?|becomes?|works?|use|keep|scan|which)\b.{0,30}\b(?:qr|codes?|e-?sims?|old one|profile|line)\b"
    r"|(?:码|碼|qr|那张|那張|卡).{0,10}(?:怎么样|怎麼樣|怎么办|怎麼辦|会|會|还|還|能用|可以用|[能可].{0,8}[扫掃]|失效|作废|作廢|有效|没用|沒用)"
    r"|(?:能|可以|还|還|用).{0,5}用?.{0,8}(?:码|碼|qr|这张卡|這張卡|那张卡|那張卡)",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\bwhere (?:will|would|does|is|do|did) (?:it|the|my)\b.{0,25}\b(?:go|end up|come|paid|sent|land|arrive)"
    r"|\b(?:which|what|my|another|a different|same|new|old|as|to the) (?:\w+ )?(?:card|account|credit|wallet|paypal)\b"
    r"|\b(?:paypal|apple pay|google pay|alipay|wechat|shop credit|bank account)\b"
    r"|退(?:到|回|去|给|給|返)?.{0,4}(?:哪|边度|邊度|边|邊)|原路|信用卡|银行卡|銀行卡|支付宝|支付寶|微信|(?:账|帳)[户戶号號]|余额|餘額",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:how (?:long|soon|fast|many days)|when (?:will|would|do|does"
    r"|can)|(?:so|that|this|too) long|takes? (?:so|that|this|ages))\b"
    r"|多久|几天|幾天|多少天|几时|幾時|什么时候(?:能|会|会|才)?(?:到|退|收)|什麼時候(?:能|會|才)?(?:到|退|收)|[这這那咁](?:么|麼)?(?:久|慢|耐)",
    re.IGNORECASE,
)
# When the money comes, with no word for the place it goes to.
_WHEN_PAID = re.compile(
    r"\b(?:when|how (?:soon|long))\b.{0,40}\b(?:back|refund\w*|paid|arrives?|money|double charge|overcharge\w*)\b"
    r"|(?:什么时候|什麼時候|几时|幾時|几号|幾號|哪天|哪一天|啥时候|多久).{0,4}(?:到|退|收|还|還|返)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\bhow much\b|\b(?:full|whole|total|entire) (?:price|amount|sum"
    r"|refund)\b|\b(?:all|everything|part|half|some) of (?:it|the|my)\b"
    r"|\b(?:in full|anything|something|some money) back\b|\b(?:get"
    r"|have|want|receive|see)\b.{0,25}\b(?:money|refund\w*|back)\b"
    r"|多少|几多|幾多|全[额額部]|一部分|退(?:一点|一點|一些|[不唔]退|得|[唔不]到)|(?:能|可以|可唔可以|得唔得|会|會).{0,6}退",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:swap|change|switch|turn|go) (?:it |this )?back\b|\bchanged my mind\b|\bregret\b|换回|換回|改回|后悔|後悔",
    re.IGNORECASE,
)
_NEW = re.compile(r"\bnew\b|\bnext\b|新", re.IGNORECASE)
_OLD = re.compile(r"\b(?:old|first|original|previous)\b|旧|舊|原来|原來|之前", re.IGNORECASE)
_OF_CODE = re.compile(r"\b(?:qr|code|e-?sim)\b|码|碼|qr", re.IGNORECASE)
_OF_TIME = re.compile(
    r"\b(?:when|where|how (?:long|soon|will)|by mail|e-?mail)\b"
    r"|什么时候|什麼時候|几时|幾時|多久|哪里|哪裡|邮|郵|寄|(?<![转轉])[发發]",
    re.IGNORECASE,
)
_WHICH_CHARGE = re.compile(
    r"\bwhich (?:one|charge|payment|order|of (?:them|the two))\b"
    r"|\b(?:both|the other (?:one|order|plan)|the first one)\b"
    r"|哪(?:一)?[笔筆单單张張个個]|(?:也|都|一起|同时|同時).{0,4}退",
    re.IGNORECASE,
)
_PAYS = re.compile(r"\bpay\b|\bpaid\b|付|缴|繳|补多少|補多少", re.IGNORECASE)
_PLACES = re.compile(
    r"\b(?:card|credit|wallet|paypal|account|where)\b|信用卡|银行|銀行|支付宝|支付寶|微信|余额|餘額|哪", re.IGNORECASE
)
_MONEY = re.compile(r"\b(?:pay|paid|back|less|more|difference|money|amount)\b|[钱錢差退补補付]", re.IGNORECASE)
_BLAMES = re.compile(
    r"\b(?:your|ur) (?:own )?(?:fault|problem|mistake|responsibility)\b"
    r"|(?:你们|你們|您们|贵司|平台)(?:自己)?的(?:问题|問題|错|錯|责任|責任)",
    re.IGNORECASE,
)


def is_conditional(text: str) -> bool:
    """Whether a text asks what holds once the eSIM is installed: "if I install it first, ...?"."""
    return bool(_INSTALLS.search(text) and _CONDITION.search(text))


def asks_condition(text: str) -> bool:
    """Whether a text asks if money back is possible once the eSIM is installed: "if I install it, can I still ...?"."""
    return is_conditional(text) and names_money_back(text)


def names_money_back(text: str) -> bool:
    """Whether a text names money back or giving something back."""
    return bool(_MONEY_BACK.search(text))


def named_topic(text: str, *, of_request: bool) -> Topic | None:
    """The fee, the deadline, the code, or where and when the money comes; None when a text names none of them.

    `of_request`: a refund or swap is what was spoken of last, so that "and which card?" needs no word for it.
    """
    if _FEE.search(text):
        return "fee"
    if _UNTIL.search(text):
        return "until"
    if of_request and _CODE.search(text):
        return "code"
    if _WHERE.search(text) or (_WHEN.search(text) and (of_request or names_money_back(text))):
        return "payout"
    return None


def asks_amount(text: str) -> bool:
    """Whether a text asks how much comes back, or whether anything does."""
    return bool(_AMOUNT.search(text))


def asks_when_paid(text: str) -> bool:
    """Whether a text asks when money that is on its way arrives: "when do I get it back", "几号到账"."""
    return bool(_WHEN_PAID.search(text)) and not names_place_of_money(text) and not _UNTIL.search(text)


def names_place_of_money(text: str) -> bool:
    """Whether a text names where money goes: a card, a wallet, an account."""
    return bool(_PLACES.search(text))


def names_money(text: str) -> bool:
    """Whether a text names money that is paid or given back."""
    return bool(_MONEY.search(text))


def wants_back(text: str) -> bool:
    """Whether a text regrets what was done: "can we swap it back", "我后悔了"."""
    return bool(_BACK.search(text))


def asks_when_new_code(text: str) -> bool:
    """Whether a text asks when or how the code of a swap comes: "when do I get the new QR", "新的码发到哪里"."""
    return bool(_OF_CODE.search(text) and _OF_TIME.search(text) and (_NEW.search(text) or not _OLD.search(text)))


def names_old_code(text: str) -> bool:
    """Whether a text names what was there before a swap: "the old code", "原来的码"."""
    return bool(_OLD.search(text))


def asks_which_charge(text: str) -> bool:
    """Whether a text asks which of two charges is given back: "is the other one kept?", "退哪一笔"."""
    return bool(_WHICH_CHARGE.search(text))


def asks_what_is_paid(text: str) -> bool:
    """Whether a text asks what is still to be paid for a swap."""
    return bool(_PAYS.search(text))


_KEEPS = re.compile(
    r"\b(?:(?:can|could|may|do) (?:i|we)|(?:i|we) can) (?:still |just |then )?(?:keep|go on|continue|use|stay)\b"
    r"|\b(?:the )?first (?:one|order|e-?sim|code|mail)\b.{0,40}\b(?:keep|stays?|works?|use|mine|good|valid)\b"
    r"|(?:第一|头一|頭一|前)(?:张|張|单|單|个|個|笔|筆).{0,12}(?:用|留|有效)|(?:接着|继续|繼續).{0,3}用",
    re.IGNORECASE,
)


def asks_what_stays(text: str) -> bool:
    """Whether a text asks which of two orders is kept: "the first one, I can keep using it?"."""
    return bool(_KEEPS.search(text))


def blames_us(text: str) -> bool:
    """Whether a text says that it is our fault: "that's your problem", "这是你们的问题"."""
    return bool(_BLAMES.search(text))
