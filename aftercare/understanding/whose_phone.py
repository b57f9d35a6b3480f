"""Whose phone a text names, and on which other phone the step that waits is asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aftercare.understanding.segmentation import aligned

_PERSON = (
    r"(?:dad|father|mum|mom|mother|wife|husband|partner|brother|sister|son|daughter|kid|friend|mate|boyfriend|girlfriend"
    r"|colleague|grandma|grandpa|nan|uncle|aunt)"
)
_PERSON_ZH = (
    r"(?:爸爸?|妈妈?|父亲|母亲|老公|老婆|先生|太太|男友|女友|男朋友|女朋友|哥哥?|弟弟?|姐姐?|妹妹?|儿子|女儿|孩子|朋友"
    r"|同事|同伴|爷爷|奶奶|他|她)"
)
# Right before a phone: that it is somebody else's.
_THEIRS = re.compile(
    rf"\b(?:{_PERSON}(?:'?s)?|his|hers?|their|theirs|he|she|they)(?: (?:old|new|own))?(?: (?:phone|one|mobile))?"
    r"(?: (?:is|has|have|got|uses|was))?(?: (?:just|only))?(?: (?:a|an|some|the|on a|on an))?\s*$"
    rf"|{_PERSON_ZH}(?:的|那|这)*(?:一?[部台个支])?(?:手机|电话)?(?:是|用的?是?|也是)?(?:一?[部台个支])?\s*$"
)
# Around a phone: that the same is asked for it.
_ASKED_BEFORE = re.compile(
    r"\b(?:what'?s (?:it|that|this)|what is (?:it|that)|how (?:is|about|do|does)(?: (?:it|that|i|you|we))?(?: \w+)?"
    r"|where(?:'s| is| do)?(?: (?:it|that|i|you|we))?(?: \w+)?|what about|how about|and|then)"
    r"(?: (?:on|for|with|in))?(?: (?:the|an?|my|his|her|our))?\s*$"
)
_ASKED_BEFORE_OTHER = re.compile(
    rf"\b(?:what about|how about|and|then|now)(?: for)?(?: (?:my|his|her|our|the))?(?: {_PERSON}'?s?)?\s*$"
)
_ASKED_AFTER = re.compile(r"^\s*(?:手机)?(?:上面?|里|度|嗰部|那部|那台)?\s*(?:呢|怎么|咋|在哪|是哪|哪里|又|then\b)")


def _plain(text: str) -> str:
    return aligned(text).replace("’", "'")


def _named(entities: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in entities if each.get("entity") == "device" and "start" in each]


def phone_at_hand(slot: str | None, messages: Sequence[tuple[str, Iterable[Mapping[str, Any]]]]) -> str | None:
    """The phone of who writes: `slot` is the one named last, which may be that of somebody else.

    `messages` are the texts with their entities, the newest last. Theirs replaces only a phone that was theirs as well.
    """
    if not slot or not messages:
        return slot
    text, entities = messages[-1]
    now = _named(entities)
    if not now or not all(_is_theirs(text, each) for each in now) or slot not in {each["value"] for each in now}:
        return slot
    for earlier, found in reversed(messages[:-1]):
        for each in reversed(_named(found)):
            if not _is_theirs(earlier, each):
                return str(each["value"])
    return slot


def _is_theirs(text: str, phone: Mapping[str, Any]) -> bool:
    return bool(_THEIRS.search(_plain(text)[: int(phone["start"])]))


def asked_for_phone(text: str, entities: Iterable[Mapping[str, Any]]) -> str | None:
    """The phone for which the same is asked: "what's it on iPhone", "三星上呢"; None when it is for none."""
    plain = _plain(text)
    for each in reversed(_named(entities)):
        before, after = plain[: int(each["start"])], plain[int(each["end"]) :]
        if _ASKED_BEFORE.search(before) or _ASKED_BEFORE_OTHER.search(before) or _ASKED_AFTER.match(after):
            return str(each["value"])
    return None
