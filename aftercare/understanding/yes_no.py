"""A message that is nothing but a no, and a yes that another question follows."""

from __future__ import annotations

import re

from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.refund_topics import named_topic, names_money

_BARE_YES = re.compile(
    r"\W*(?:yes|yep|yeah|yup)(?: it did| it does)?\W*|\W*(?:是的?|对的?|對的?|嗯+|有的)\W*", re.IGNORECASE
)
_JUST_NO = re.compile(r"\W*(?:no+|nope|nah|否|不|没|沒)\W*", re.IGNORECASE)

_DONE_TO_IT = (
    r"(?:please|(?:please )?(?:do (?:it|that|so)|go ahead|withdraw(?: (?:it|that|my request|the request))?"
    r"|(?:refund|cancel|swap|exchange) (?:it|that))(?: please)?|that'?s right|of course)"
)
_YES_FIRST = re.compile(
    rf"\W*(?:(?:ok(?:ay)?|oh)[\s,]+)?(?:yes|yep|yeah|yup|sure)(?P<what>[\s,]+{_DONE_TO_IT})?"
    r"\s*(?:[.!;,\n–—-]+\s*|(?=\band\b))(?:(?:and|also|then|so)\b[\s,]*)*"
    r"|\W*(?:好的?|是的?|对的?|對的?|可以|行|嗯|确认|確認)(?:[，,\s]*(?P<what_zh>(?:请|請|帮我|幫我|就)?"
    r"(?:撤回|撤销|撤銷|撤了|退款|退吧|退了|办吧|辦吧|换吧|換吧)(?:吧|它|申请|申請)*))?"
    r"[。.！!；;，,\s]+(?:那|然后|然後|还有|還有|另外|对了|對了)*[，,\s]*",
    re.IGNORECASE,
)
# A yes and what it agrees to in other words, before what is asked: "yes that's what I said, withdraw. And …".
_HEAD = re.compile(
    r"\W*(?P<head>[^.!;\n。！；]{2,60}?)(?:[.!;\n。！；]+\s*|,?\s+(?=and\b)|[，,]\s*(?=那|然后|还有|另外))(?:and\s+)?"
)
_TAKES_BACK = re.compile(
    r"\b(?:withdraw|undo|take (?:it|that|the request) back|cancel (?:it|that|the (?:request|refund)))\b"
    r"|撤回|撤销|撤銷|撤了|收回|取消(?:申请|申請|退款)",
    re.IGNORECASE,
)
_YES = re.compile(r"\b(?:yes|yep|yeah|yup|sure)\b|好|是的|对|對|可以|行|嗯", re.IGNORECASE)
_BEGINS_WITH_YES = re.compile(
    r"\W*(?:(?:ok(?:ay)?|oh)[\s,]+)?(?:yes|yep|yeah|yup|sure)\b|\W*(?:好|是的|对|對|可以|行)", re.IGNORECASE
)
_ONLY_ON_CONDITION = re.compile(
    r"^\W*(?:but|if|unless|only|however|although|though|wait|hold|not?|actually|first)\b"
    r"|\b(?:unless|only if|only when|as long as|provided|but (?:only|first|wait)|before you|not sure|don'?t)\b"
    r"|^\W*(?:但|不过|不過|可是|如果|要是|除非|只要|先|等|不)|除非|只要|前提|的话再|的話再|先别|先別",
    re.IGNORECASE,
)
# A yes that moves money stands for itself, with nothing asked of the money or of what would hold in another case.
_DOUBTS = re.compile(
    r"\b(?:if|suppose|what happens|later|change my mind)\b|如果|要是|万一|萬一|以后|以後|之后|之後|反悔|后悔|後悔",
    re.IGNORECASE,
)


def after_yes(text: str, *, of_money: bool) -> str | None:
    """What is asked after a plain yes: "yes, withdraw it. Is the code still good?"; None without such a yes.

    A yes on a condition is none ("yes but …", "好，如果…"). `of_money`: it must say what it agrees to, and what is
    asked after it is neither about the money nor about what would hold in another case.
    """
    found = _YES_FIRST.match(text.replace("’", "'"))
    if found is None and not of_money:
        return _after_taking_back(text)
    rest = text[found.end() :].strip() if found else ""
    if found is None or not asks_something(rest) or _ONLY_ON_CONDITION.search(rest.replace("’", "'")):
        return None
    says_what = found["what"] or found["what_zh"]
    about_it = _DOUBTS.search(rest) or names_money(rest) or named_topic(rest, of_request=False)
    return None if of_money and (about_it or not says_what) else rest


def _after_taking_back(text: str) -> str | None:
    """What is asked after words that take a request back with a yes: "withdraw yes. And when do the days start?"."""
    found = _HEAD.match(text)
    if found is None:
        return None
    head, rest = found["head"], text[found.end() :].strip()
    agrees = _YES.search(head) and _TAKES_BACK.search(head) and not asks_something(head)
    doubts = _ONLY_ON_CONDITION.search(head.replace("’", "'")) or _ONLY_ON_CONDITION.search(rest.replace("’", "'"))
    return rest if agrees and not doubts and asks_something(rest) else None


def begins_with_yes(text: str) -> bool:
    """Whether a text begins with a yes, on whatever condition: "yes but …"."""
    return bool(_BEGINS_WITH_YES.match(text))


def is_bare_yes(text: str) -> bool:
    """Whether a text is nothing but a yes: "yes", "yep!", "是的"."""
    return bool(_BARE_YES.fullmatch(text))


def is_just_no(text: str) -> bool:
    """Whether a text is nothing but a no: "no", "nope", "不"."""
    return bool(_JUST_NO.fullmatch(text))
