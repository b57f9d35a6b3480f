"""What the sentences of single messages tell the reader: how matters are begun when nothing was said before.

They are labelled with intents, not with commands: of some commands an intent says whether the message means it, of the
others nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

_BEGUN = (
    "report_activation_failure",
    "report_no_service",
    "report_no_data",
    "report_slow_data",
    "report_stopped_working",
    "request_refund",
    "request_exchange",
    "withdraw_request",
    "payment_issue",
    "resend_qr",
    "ask_invoice",
    "recover_usage_records",
)
_COMMAND_OF = {
    **{intent: f"start:{intent}" for intent in _BEGUN},
    "out_of_scope": "chat",
    "human_handoff": "person",
    "bot_challenge": "challenge",
    "complain": "complain",
    "greet": "greet",
    "thank": "thank",
    "goodbye": "goodbye",
    "cancel": "cancel",
    "start_over": "start_over",
    "inform": "inform",
    "deny": "decline",
}
# Of these only what they do not begin is known.
_BEGIN_NOTHING = ("affirm",)
_BEGINNINGS = frozenset({*(f"start:{intent}" for intent in _BEGUN), "chat"})
# More of an intent in a language would outweigh the turns, and take their time in training.
MOST_OF_AN_INTENT = 120


class FirstMessage(NamedTuple):
    """A message with nothing before it, what it means, and of which commands that is known."""

    text: str
    labels: tuple[str, ...]
    judged: frozenset[str]


def first_messages(sentences: Iterable[tuple[str, str, str]], held_out: Collection[str] = ()) -> Iterator[FirstMessage]:
    """Of language, intent and text, those whose intent tells of commands; so many of each, evenly from the first on.

    None of the texts `held_out`, which the reader is measured on.
    """
    by_intent: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for language, intent, text in sentences:
        by_intent[language, intent].append(text)
    for (_, intent), texts in by_intent.items():
        step = max(1, len(texts) // MOST_OF_AN_INTENT)
        for text in texts[::step][:MOST_OF_AN_INTENT]:
            if text not in held_out:
                yield from _first_message(intent, text)


def _first_message(intent: str, text: str) -> Iterator[FirstMessage]:
    question = intent.startswith("ask_") and intent not in _COMMAND_OF
    command = "ask" if question else _COMMAND_OF.get(intent)
    if command is not None:
        judged = _BEGINNINGS if intent != "complain" else frozenset({"chat"})
        yield FirstMessage(text, (command,), judged | {command})
    elif intent in _BEGIN_NOTHING:
        yield FirstMessage(text, (), _BEGINNINGS)
