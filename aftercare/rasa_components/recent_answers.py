"""What the last answers promised or named, of which the next message may be: a case passed on, a ticket, a hotline."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.turn_context import name_of
from aftercare.understanding.invoice_requests import asks_currency
from aftercare.understanding.promises import HELD, promises
from aftercare.understanding.ticket_talk import names_ticket, takes_promise_up, wanted_of_ticket

# A ticket is talked about, and a hotline, for so many messages.
_LATELY, _NAMED = 2, 3
_INVOICE = "utter_invoice"
_PASSED_ON, _CONTACTS = "utter_passed_on", ("utter_handoff_contacts", "utter_hotline")


def _answers(tracker: DialogueStateTracker) -> Iterator[tuple[int, BotUttered]]:
    """The assistant's messages, latest first, each with how many messages of the traveller came since."""
    seen = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            seen += 1
        elif isinstance(event, BotUttered) and seen:
            yield seen, event


def holds_to_promise(tracker: DialogueStateTracker, text: str, brought: Collection[str]) -> bool:
    """Whether a message tells what we asked for and promised to pass on, or reminds of that promise."""
    for since, message in _answers(tracker):
        if since > HELD or name_of(message) == _PASSED_ON:
            return False
        if promises(answer := str(message.text or "")):
            return takes_promise_up(text, answer, since, brought)
    return False


def wants_of_ticket(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether a message wants something of a ticket of this conversation, or of one that it names."""
    named = [since for since, message in _answers(tracker) if names_ticket(str(message.text or ""))]
    return wanted_of_ticket(text, has=bool(named), lately=bool(named) and min(named) <= _LATELY) is not None


def wants_other_currency(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether an invoice that was shown lately is wanted in another currency."""
    shown = any(name_of(message).startswith(_INVOICE) for since, message in _answers(tracker) if since <= _LATELY)
    return shown and asks_currency(text, "")


def hotline_named(tracker: DialogueStateTracker) -> bool:
    """Whether one of the last answers named a seller's hotline."""
    return any(name_of(message) in _CONTACTS for since, message in _answers(tracker) if since <= _NAMED)
