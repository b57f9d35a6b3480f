"""Words that end the steps of a repair: the phone cannot do it, something is to be bought instead, or simply enough."""

from __future__ import annotations

import re

_ENDS = re.compile(
    r"\bstop (?:asking|telling me|sending|with the|the|these|all this)\b(?! (?:data|roaming|vpn))"
    r"|\b(?:not|no longer|stopped) (?:fixing|repairing|troubleshooting|trying to fix)\b"
    r"|\b(?:no more|enough(?: of)?)(?: (?:the|these|your))? (?:steps|questions|troubleshooting|fixing)\b"
    r"|\b(?:forget|leave|drop|skip) (?:about )?(?:the|this|these) (?:repair|fix|fixing|steps|troubleshooting)\b"
    r"|\b(?:don'?t|do not) (?:want|need) (?:to fix|it fixed|any more steps|more steps|the steps)\b"
    r"|没在[修弄]|沒在[修弄]|不(?:用|想|要|再|是在)?修了?(?!改)|[别別]修了|[别別](?:再)?(?:问|問)了?|不(?:要|用)再(?:问|問)",
    re.IGNORECASE,
)
_PHONE_CANNOT = re.compile(
    r"\b(?:ca(?:n'?|nno)t|does ?n[o']?t|doesnt|won'?t)\b(?: \w+){0,2}"
    r" (?:do |support |take |have |use )?(?:an? )?e-?sims?\b"
    r"|\b(?:no|without|hasn'?t got) (?:an? )?e-?sim\b"
    r"|(?:不(?:支持|能用|能装|能裝)|没有?|沒有?|用不了|装不了|裝不了) ?e-?sim"
    r"|e-?sim ?(?:不(?:支持|能用)|用不了|装不了|裝不了)",
    re.IGNORECASE,
)
_BUYS = re.compile(
    r"\b(?:buy|get|purchase|order) (?:a|an|one|another|new|some)\b|\bjust (?:want to )?buy\b|买|買", re.IGNORECASE
)


def ends_repair(text: str) -> bool:
    """Whether a text says that the steps are to end: "it can't do eSIM, so stop asking", "我没在修了"."""
    return bool(_ENDS.search(text.replace("’", "'")))


def says_phone_cannot(text: str) -> bool:
    """Whether a text says that the phone takes no eSIM."""
    return bool(_PHONE_CANNOT.search(text.replace("’", "'")))


def wants_to_buy(text: str) -> bool:
    """Whether a text that ends the steps says that a plan is to be bought instead."""
    return bool(_BUYS.search(text))
