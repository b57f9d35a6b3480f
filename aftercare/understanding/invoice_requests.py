"""What a traveller wants on an invoice."""

from __future__ import annotations

import re

# Said of an invoice, these ask for a company's name on it.
_COMPANY = re.compile(
    r"公司|抬头|抬頭|税号|稅號|统一编号|統一編號|统编|統編"
    r"|\b(?:company|business|employer|firm|tax invoice|gst (?:number|no)|abn|nzbn|vat)\b",
    re.IGNORECASE,
)


def names_company(text: str) -> bool:
    """Whether a text asks for a company's name or tax number: "for my business", "公司抬头"."""
    return bool(_COMPANY.search(text))
