"""What a traveller wants on an invoice."""

from __future__ import annotations

import re

# Said of an invoice, these ask for a company's name on it.
_COMPANY = re.compile(
    r"公司|抬头|抬頭|税号|稅號|统一编号|統一編號|统编|統編"
    r"|\b(?:company|business|employer|firm|tax invoice|gst (?:number|no)|abn|nzbn|vat)\b",
    re.IGNORECASE,
)
# What stands on it: the name of a company, or a tax number.
_DETAILS = re.compile(
    r"(?i:(?:^\W*|\b(?:my|our|the|a) )(?:company|business|firm|employer)(?:'s)?(?: name)?(?: is|:| =)"
    r"\s*(?!(?:an?|so|not|very|really|no)\b)\w)"
    r"|(?i:\b(?:gst|abn|nzbn|vat|uen|tax (?:id|number|no)|company (?:id|number|no))\b[^\d\n?]{0,20}\d[\d \-]{4,})"
    r"|\b[A-Z]\w+,? (?:Ltd|LTD|ltd|Limited|LLC|Inc|Pty|GmbH|Corp|PLC|plc|B\.?V|S\.?A\.?R\.?L)\b"
    r"|(?:公司|抬头|抬頭|企业|企業|单位|單位)(?:的)?(?:名称|名稱|名字|全称|全稱|名)?\s?(?:是|叫|为|為|[:：])\s*\w{2,}"
    r"|\w{2,}(?:有限公司|有限责任公司|有限責任公司|股份公司|集团|集團|事务所|事務所)"
    r"|(?:税号|稅號|信用代码|信用代碼|统编|統編|统一编号|統一編號)\W{0,3}(?:是|为|為)?\s*[0-9A-Za-z]{6,}"
)
_ASKS = re.compile(r"[?？]|[吗嗎]")
_LONGEST = 200


def gives_company(text: str) -> bool:
    """Whether a text tells what is to stand on an invoice: "company is Kiwi Ltd", "税号 9144…"; a question does not."""
    return len(text) <= _LONGEST and bool(_DETAILS.search(text)) and not _ASKS.search(text)


def names_company(text: str) -> bool:
    """Whether a text asks for a company's name or tax number: "for my business", "公司抬头"."""
    return bool(_COMPANY.search(text))


_CURRENCIES = {
    "NZD": r"\bnzd?\b|\bnz\$|\b(?:nz|new zealand|kiwi) dollars?\b|纽币|紐幣|新西兰元|紐西蘭元|纽元",
    "AUD": r"\baud\b|\bau?\$|\b(?:australian|aussie) dollars?\b|澳元|澳币|澳幣",
    "USD": r"\busd?\b|\bus\$|\b(?:us|american) dollars?\b|\bdollars us\b|美元|美金",
    "CNY": r"\b(?:cny|rmb|yuan|renminbi)\b|人民币|人民幣",
    "EUR": r"\b(?:eur|euros?)\b|欧元|歐元",
    "GBP": r"\b(?:gbp|pounds?|sterling)\b|英镑|英鎊",
    "HKD": r"\bhkd\b|\bhk\$|\bhk dollars?\b|港币|港幣|港元",
    "TWD": r"\b(?:twd|ntd)\b|\bnt\$|台币|台幣|新台幣",
    "JPY": r"\b(?:jpy|yen)\b|日元|日圆|日圓",
    "SGD": r"\bsgd\b|新加坡元|新币|新幣",
}
_NAMED_CURRENCIES = tuple((code, re.compile(pattern, re.IGNORECASE)) for code, pattern in _CURRENCIES.items())
_CURRENCY = re.compile(r"\bcurrenc(?:y|ies)\b|币种|幣種|货币|貨幣|外币|外幣", re.IGNORECASE)
_PDF = re.compile(
    r"\b(?:again|link|download|pdf|re-?send|expired|receipt|get (?:my|the|an) invoice|invoice (?:for|of))\b"
    r"|再(?:发|開|开|要|来|來)|链接|連結|下载|下載|收据|收據|过期|過期",
    re.IGNORECASE,
)


def asks_currency(text: str, paid_in: str) -> bool:
    """Whether a text wants an invoice in another currency than it was paid in: "can it be in NZD?", "币种能改吗"."""
    named = {code for code, pattern in _NAMED_CURRENCIES if pattern.search(text)}
    return bool(named - {paid_in}) or bool(_CURRENCY.search(text))


def asks_for_pdf(text: str) -> bool:
    """Whether a text asks for the receipt itself once more: "the link expired", "再发一次"."""
    return bool(_PDF.search(text))
