"""Picks what a screen says of the traveller's matter: error messages, signs, order number and e-mail.

The rest of a long screen would be nonsense as a message, and is nobody's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from aftercare.base.identifiers import order_numbers
from aftercare.screenshots.lines import TextBox
from aftercare.screenshots.phrases import Phrases, folded, weight
from aftercare.screenshots.signs import ScreenSigns

_MOST_TEXT = 400  # characters that are told on
_MOST_SHOWN = 140  # characters that are shown back
_MOST_UNKNOWN = 3  # texts shown back of a screen that says nothing known
# Of the texts in which a phrase stands, the part it is to take: otherwise a sentence mentions it.
_LEAST_PART = 0.6
# A wording of this weight (letters; a Chinese character counts twice) is an error message wherever it stands,
_LONG_WORDING = 12
# unless a screen has more text than a phone's own page: an article or a chat quotes it.
_MUCH_TEXT = 900
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63} ?@ ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
# Addresses of shops, in the header and the foot of an order mail; the buyer's is another one.
_OF_A_SHOP = re.compile(
    r"(?:no-?reply|do-?not-?reply|support|help|service|services|hello|info|orders?|sales|care|contact|admin|team"
    r"|billing|notifications?|mailer|esim)(?:[.+_-].*)?",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?:LPA ?:|1 ?\$)[!-~]+(?: ?\$[!-~]+)*", re.IGNORECASE)
# Numbers of cards, phones and eSIMs; an order number has fewer digits.
_LONG_NUMBER = re.compile(r"(?<![A-Za-z0-9])\+?[0-9](?:[ .()-]{0,2}[0-9]){8,}")
_CLOCK = re.compile(r"[0-9:.%\W]*(?:AM|PM|上午|下午)?", re.IGNORECASE)


@dataclass(frozen=True)
class ScreenText:
    """What a picture says: `text` as if typed (empty when nothing known was found), `facts` of FACTS,
    `shown` for one line that is shown back, and whether it has a QR code or an activation code.
    """

    text: str
    facts: tuple[str, ...]
    shown: str
    code: bool


def select(boxes: Sequence[TextBox], qr_code: bool, signs: ScreenSigns) -> ScreenText:
    """What is known among the boxes, which are in reading order."""
    code = qr_code or any(_CODE.search(box.text) for box in boxes)
    errors, going_on = _errors(boxes, signs)
    texts: dict[int, str] = {}
    facts: dict[str, None] = {}
    for place, box in enumerate(boxes):
        for fact, text in _facts(box, signs):
            if fact not in facts:
                facts[fact] = None
                texts[place] = f"{texts[place]} {text}" if place in texts else text
    texts |= {place: boxes[place].text for place in errors} | _order(boxes)
    if texts:
        parts = [texts[place] for place in sorted(texts)]
        shown = _unwrapped(texts, going_on)
        return ScreenText(_joined(parts, "\n", _MOST_TEXT), tuple(facts), _joined(shown, " · ", _MOST_SHOWN), code)
    return ScreenText("", (), _joined(_beginning(boxes), " · ", _MOST_SHOWN), code)


def _errors(boxes: Sequence[TextBox], signs: ScreenSigns) -> tuple[set[int], set[int]]:
    """The places of the boxes that hold an error message, and of those among them in which one goes on."""
    parts = ["" if signs.menus.exactly(box.text) else folded(box.text) for box in boxes]
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    whole = "".join(parts)
    much = weight(whole) > _MUCH_TEXT
    found: set[int] = set()
    going_on: set[int] = set()
    for match in signs.errors.find(whole):
        held = [n for n in range(len(parts)) if starts[n] < match.end and match.start < starts[n + 1]]
        taken = weight(whole[match.start : match.end])
        share = taken / max(1, weight("".join(parts[n] for n in held)))
        begins = match.start == starts[held[0]] or taken >= _LONG_WORDING
        if begins and (share >= _LEAST_PART or (taken >= _LONG_WORDING and not much)):
            found.update(held)
            going_on.update(held[1:])
    return found, going_on


def _unwrapped(texts: Mapping[int, str], going_on: Collection[int]) -> list[str]:
    """What is told, in reading order; lines of one message are joined, Chinese ones without a space."""
    parts: list[str] = []
    for place in sorted(texts):
        if place in going_on and place - 1 in texts:
            chinese = all(east_asian_width(side) in ("W", "F") for side in (parts[-1][-1], texts[place][0]))
            parts[-1] += ("" if chinese else " ") + texts[place]
        else:
            parts.append(texts[place])
    return parts


def _facts(box: TextBox, signs: ScreenSigns) -> Iterator[tuple[str, str]]:
    """The facts that a text shows, each with the words that show it; in the status bar several may stand together."""
    whole = signs.status_bar.exactly(box.text) if box.in_status_bar else None
    if whole := whole or _most(box, signs.anywhere):
        yield whole, box.text
    elif box.in_status_bar:
        for word in re.split(r"[\s|·,]+", box.text):
            if fact := signs.status_bar.exactly(word):
                yield fact, word


def _most(box: TextBox, phrases: Phrases) -> str | None:
    """The meaning of the phrase that takes most of a text."""
    text = folded(box.text)
    for match in phrases.find(text):
        if weight(text[match.start : match.end]) >= _LEAST_PART * weight(text):
            return match.meaning
    return None


def _order(boxes: Sequence[TextBox]) -> dict[int, str]:
    """Order numbers and the buyer's e-mail address, by place; no address when it is not clear which is the buyer's."""
    found: dict[int, str] = {}
    addresses: dict[str, int] = {}
    for place, box in enumerate(boxes):
        if named := next(order_numbers().find(box.text), None):
            found[place] = named.number
        for written in _EMAIL.findall(box.text):
            address = written.replace(" ", "").lower()
            if not _OF_A_SHOP.fullmatch(address.partition("@")[0]):
                addresses.setdefault(address, place)
    if len(addresses) == 1:
        address, place = next(iter(addresses.items()))
        found[place] = f"{found[place]} {address}" if place in found else address
    return found


def _beginning(boxes: Iterable[TextBox]) -> Iterator[str]:
    """The first texts that say something, for a screen with nothing known."""
    left = _MOST_UNKNOWN
    for box in boxes:
        if left and not box.in_status_bar and not _CLOCK.fullmatch(box.text) and weight(folded(box.text)) > 1:
            left -= 1
            yield box.text


def _joined(parts: Iterable[str], between: str, most: int) -> str:
    """The parts without codes and long numbers, cut to `most` characters."""
    clean = (_LONG_NUMBER.sub("…", _CODE.sub("…", part)).strip() for part in parts)
    text = between.join(dict.fromkeys(part for part in clean if part.strip("… ")))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
