"""What a question about money back or a swap is about: amount, deadline, fee, where and when, the code."""

from __future__ import annotations

import re
from typing import Literal

from actions.turn import Turn

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
_AMOUNT = re.compile(
    r"\bhow much\b|\b(?:full|whole|total|entire) (?:price|amount|sum"
    r"|refund)\b|\b(?:all|everything|part|half|some) of (?:it|the|my)\b"
    r"|\b(?:in full|anything|something|some money) back\b|\b(?:get"
    r"|have|want|receive|see)\b.{0,25}\b(?:money|refund\w*|back)\b"
    r"|多少|几多|幾多|全[额額部]|一部分|退(?:一点|一點|一些|[不唔]退|得|[唔不]到)|(?:能|可以|可唔可以|得唔得|会|會).{0,6}退",
    re.IGNORECASE,
)
# The question of an article, where the words name none of the subjects above.
_TOPIC_OF_UNIT: dict[str, Topic] = {
    "refund-decision.installed-not-used": "installed",
    "refund-money.fee": "fee",
    "refund-decision.how-many-days": "until",
    "refund-decision.counted-from-when": "until",
    "refund-decision.after-refund-esim": "code",
    "refund-decision.refund-while-in-use": "code",
    "exchange.old-esim-after-exchange": "code",
    "refund-money.which-card": "payout",
    "refund-money.wallet-refund": "payout",
    "refund-money.shop-credit": "payout",
    "refund-money.how-long": "payout",
    "refund-decision.partial-refund": "amount",
    "refund-decision.amount-before-confirm": "amount",
    "refund-decision.data-used-limit": "amount",
    "refund-reasons.too-slow-refund": "amount",
    "refund-reasons.poor-coverage": "amount",
    "refund-reasons.bought-local-sim": "amount",
    "refund-reasons.changed-mind": "amount",
}
_PLAN_QUESTIONS = (
    "ask_plan_start", "check_data_usage", "recover_usage_records", "ask_topup", "ask_hotspot", "ask_calls_sms",
    "ask_coverage",
)  # fmt: skip
# From this probability on a unit's subject is meant, whatever words the message has.
_SURE, _LIKELY = 0.7, 0.3


_BACK = re.compile(
    r"\b(?:swap|change|switch|turn|go) (?:it |this )?back\b|\bchanged my mind\b|\bregret\b|换回|換回|改回|后悔|後悔",
    re.IGNORECASE,
)


def wants_back(text: str) -> bool:
    """Whether a text regrets what was done: "can we swap it back", "我后悔了"."""
    return bool(_BACK.search(text))


def asks_condition(text: str) -> bool:
    """Whether a text asks if money back is possible once the eSIM is installed: "if I install it, can I still ...?"."""
    return bool(_INSTALLS.search(text) and _CONDITION.search(text) and _MONEY_BACK.search(text))


def _of_the_plan(turn: Turn) -> bool:
    """Whether the words alone surely ask for data, days or features of the plan: "how much" is no sum of money then."""
    intent, confidence = turn.likeliest
    return intent in _PLAN_QUESTIONS and confidence >= _SURE


def names_topic(turn: Turn) -> bool:
    """Whether an article about a refund or a swap likely answers the message."""
    return any(name in _TOPIC_OF_UNIT and chance >= _LIKELY for name, chance in turn.reading.units[:1])


def topic_of(turn: Turn, *, of_request: bool) -> Topic | None:
    """What of a refund a message asks about; None when it is about something else.

    `of_request`: a refund or swap is what was spoken of last, so that "and which card?" needs no word for it.
    """
    text = turn.text
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    named = None if _of_the_plan(turn) else _TOPIC_OF_UNIT.get(unit)
    conditional = of_request and _INSTALLS.search(text) and _CONDITION.search(text)
    if conditional or asks_condition(text) or (named == "installed" and chance >= _LIKELY):
        return "installed"
    of_money = of_request and _TOPIC_OF_UNIT.get(unit) == "payout" and chance >= _LIKELY  # "how many days is that?"
    if of_money:
        return "payout"
    if _of_the_plan(turn) and not _MONEY_BACK.search(text):
        return None
    if not of_request and not _MONEY_BACK.search(text) and not (named and chance >= _SURE):
        return None
    if _FEE.search(text):
        return "fee"
    if _UNTIL.search(text):
        return "until"
    if of_request and _CODE.search(text):
        return "code"
    if _WHERE.search(text) or (_WHEN.search(text) and (of_request or _MONEY_BACK.search(text))):
        return "payout"
    if named and chance >= _LIKELY:
        return named
    return "amount" if _AMOUNT.search(text) else None
