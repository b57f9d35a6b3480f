"""Several orders that one message names, each with the e-mail address that stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class NamedOrder(NamedTuple):
    """A number, its e-mail address, and the words of the message around both: whose it is."""

    number: str
    email: str
    words: str


def orders_with_emails(text: str, entities: Iterable[Mapping[str, Any]]) -> list[NamedOrder]:
    """The orders of a message that names as many e-mail addresses as numbers, in its order; none of a single pair.

    `entities` are those found in the text, with their places.
    """
    placed = sorted((each for each in entities if "start" in each and "end" in each), key=lambda each: each["start"])
    numbers = [each for each in placed if each.get("entity") == "order_number"]
    emails = [each for each in placed if each.get("entity") == "email"]
    if len({str(each["value"]) for each in numbers}) < 2 or len(numbers) != len(emails):
        return []
    pairs = list(zip(numbers, emails, strict=True))
    starts = [min(number["start"], email["start"]) for number, email in pairs]
    ends = [max(number["end"], email["end"]) for number, email in pairs]
    ahead = bool(text[: starts[0]].strip(" ,，、:："))  # "mine is A, hers is B", or "A is mine, B is hers"
    around = [
        text[before:end] if ahead else text[start:after]
        for before, start, end, after in zip([0, *ends[:-1]], starts, ends, [*starts[1:], len(text)], strict=True)
    ]
    return [
        NamedOrder(str(number["value"]), str(email["value"]).lower(), words)
        for (number, email), words in zip(pairs, around, strict=True)
    ]
