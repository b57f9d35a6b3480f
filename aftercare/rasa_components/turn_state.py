"""What the decision about a message goes by beside its reading, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# From this confidence of the intent on the classifier is believed against a reading that is not sure.
CLEAR = 0.8
CERTAIN = 0.95


@dataclass(frozen=True)
class Decision:
    """An action, and the slots to set before it runs; no action leaves the turn to the stories and forms."""

    action: str | None = None
    slots: tuple[tuple[str, Any], ...] = ()
    intent: str | None = None
    """The intent the stories decide by, when it is another than the classifier's."""


@dataclass(frozen=True)
class State:
    """What the decision needs to know besides the reading.

    `intent` and `confidence` are those of the message read alone, the likeliest intent even when it is not sure.
    """

    intent: str
    confidence: float
    entities: frozenset[str] = frozenset()
    """The names of what the message brings."""
    loop: str | None = None
    """The form that waits."""
    verified: bool = False
    """Whether an order was proven in this conversation."""
    after_emergency: bool = False
    """Whether the last answer was about an emergency."""
    emergencies: int = 0
    """How many of the last answers in a row were about an emergency."""
    out_of_danger: bool = False
    """Whether the message says that help is there or that all is well."""
    offer: bool = False
    """Whether the last answer offered something, or had choices, that a yes could take up."""
    diagnosing: bool = False
    """Whether a fault is the matter at hand."""
    repair_open: bool = False
    """Whether a diagnosis was begun and not solved, whatever the matter at hand."""
    tries_again: bool = False
    """Whether the message goes on with trying, and names no refund."""
    asks_data_left: bool = False
    """Whether the message asks, beside whatever else, how much data is left."""
    ends_repair: bool = False
    """Whether the message says that the steps are to end."""
    person_wanted: bool = False
    """Whether a person was asked for in this conversation."""
    wants_other_back: bool = False
    """Money is asked back for another order of this conversation, named by the end of its number."""
    asks_money_back: bool = False
    """Whether the words of a refund are in the message, and no denial."""
    written_in: str | None = None
    """The code of the language of the message, when it is neither English nor Chinese."""
    points_back: bool = False
    """Whether the message means another order of this conversation, by what tells it from the one at hand."""
    points_at_hand: bool = False
    """Whether the message means the order at hand by its place among those that came up."""
    of_companion: bool = False
    """Whether the message names a companion's order, and the order at hand was not said to be theirs."""
    refund_explained: bool = False
    """Whether the last answer told what a refund would bring and how to begin it."""
    of_ticket: bool = False
    """Whether the message wants something of a ticket: its state, its content, an addition, its end."""
    gives_promised: bool = False
    """Whether the message tells what we asked for and promised to pass on, or holds us to it."""
    of_double_charge: bool = False
    """Whether the message is about the two orders of a double charge that was found."""
    of_hotline: bool = False
    """Whether the message asks about the seller's hotline that was named."""
    names_person_beside: bool = False
    """Whether a clause only wishes for a person, beside a question."""
    demands_person: bool = False
    """Whether a person is plainly demanded, whatever is asked beside it."""
    of_fault: bool = False
    """Whether a fault was told in this conversation, or is by this message."""
    wants_steps: bool = False
    """Whether steps are wanted although no order number is known."""
    names_person: bool = False
    """Whether the words of a wish for a person are in the message."""
    other_email: bool = False
    """Whether the message has an e-mail and no number, where a number was named that is not the one at hand."""
    tells_of_trip: bool = False
    """Whether the message tells people, days or use of a trip for which plans were shown lately."""
    names_other_order: bool = False
    """Whether the message has an order number, and not that of the order at hand."""
    tells_place: bool = False
    """Whether the message says where the traveller is or is not."""
    waiting: bool = False
    """Whether the traveller is in the line for a person."""
    gives_company: bool = False
    """Whether the message tells what is to stand on an invoice that was shown, or wants it in another currency."""
    missed: int = 0
    """How many messages in a row before this one were not understood."""
    tells_which_phone: bool = False
    """Whether the message tells which phone has the eSIM, where that was asked or concluded."""
    asks_network_by_hand: bool = False
    """Whether the message asks how a network is chosen by hand, other than of the step that waits."""
    blames_us: bool = False
    """Whether the message says that it is our fault."""
    not_bought: bool = False
    """Whether the message says that nothing was bought yet."""
    asks_in_form: bool = False
    """Whether the message has the form of a question."""

    @property
    def asks_clearly(self) -> bool:
        """Whether the words alone are clearly a question of a known subject."""
        return self.intent.startswith("ask_") and self.confidence >= CLEAR

    @property
    def asks_surely(self) -> bool:
        """The same without any doubt."""
        return self.asks_clearly and self.confidence >= CERTAIN

    @property
    def brings_second(self) -> bool:
        """Whether the classifier found a second matter in a part of the message."""
        return "second_intent" in self.entities

    @property
    def brings_order(self) -> bool:
        """Whether the message has an order number or an e-mail."""
        return bool(self.entities & {"order_number", "email"})
