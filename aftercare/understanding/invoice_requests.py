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
