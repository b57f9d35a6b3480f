"""What a message asks the assistant to do, as typed commands: the only thing the dialogue decides on.

A command is written as a label, `name` or `name:value`, in training data, in the turn that is stored and on the staff's
pages: `parse` and `str` turn one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass

OUTCOMES = (
    "works", "works_but", "failed", "done", "done_before", "cannot_find", "not_mine", "not_now", "will_try",
)  # fmt: skip
"""What came of a step: it helped; helped in part; did not help; carried out now, its effect not said; was done before;
the menu is not there; it does not apply to this phone or plan; cannot be done now; is about to be tried."""

PHONE_CANNOT = ("no_eid", "no_esim_menu", "locked")
"""Facts by which a phone cannot take the eSIM at all."""
FACTS = (
    # the status bar
    "airplane_symbol", "vpn_symbol", "old_network", "no_service", "emergency_only", "data_saver", "roaming_symbol",
    "wifi_symbol", "searching", "no_sim", "other_network", "home_line_data", "bars",
    # the connection
    "no_data", "slow", "some_apps_only", "drops", "signal_elsewhere",
    # the eSIM and its line
    "installed", "not_installed", "vanished", "line_on", "line_off", "roaming_on", "roaming_off", "data_on", "data_off",
    "activating", "code_used", "code_missing", "error_shown", "no_eid", "locked", "unlocked", "no_esim_menu",
    # the phone otherwise
    "other_esim", "managed", "updated", "date_wrong", "private_dns",
    # the trip and the order
    "abroad", "arrived", "not_arrived", "new_phone", "used_up", "expired", "paid_twice", "other_shop", "no_order_mail",
    "one_device", "crowd",
)  # fmt: skip
"""What a traveller reports to see or to know."""

SIMPLE = (
    "confirm", "decline", "acknowledge", "dont_know", "choose", "refer", "ask", "ask_why", "ask_how", "rephrase",
    "repeat", "correct", "switch_order", "cancel", "undo", "pause", "resume", "back", "start_over", "emergency",
    "person", "no_person", "object", "thank", "complain", "greet", "goodbye", "challenge", "chat", "inform", "unclear",
)  # fmt: skip
"""Commands without a value in the training data. What `choose` and `refer` mean is found among what was shown, what
`ask` asks for in the help articles and the order, what `correct` sets among the entities of the message."""

ALONE = "acknowledge"
"""Beside another command it says nothing."""

EXCLUSIVE = (
    frozenset({"confirm", "decline", "cancel"}),
    frozenset({"step:works", "step:works_but", "step:failed"}),
    frozenset({"step:done", "step:done_before"}),
)
"""Labels of which a message means one at most."""


class UnknownCommand(ValueError):
    """A label names no command."""


@dataclass(frozen=True)
class Command:
    """One command.

    `value` is the intent of `start`, the outcome of `step`, the fact of `observe`, the ISO 639-1 code of `speak`, and
    empty otherwise.
    """

    name: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.value}" if self.value else self.name


def parse(label: str) -> Command:
    """The command of a label.

    Raises:
        UnknownCommand: there is none of this name, or it has a value it does not take.
    """
    name, _, value = label.partition(":")
    if name in SIMPLE and not value:
        return Command(name)
    if name == "step" and value in OUTCOMES:
        return Command(name, value)
    if name == "observe" and value in FACTS:
        return Command(name, value)
    if name == "speak" and len(value) == 2 and value.isalpha():
        return Command(name, value)
    if name == "start" and value:
        return Command(name, value)
    raise UnknownCommand(label)
