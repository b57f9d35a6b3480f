"""What a message is read against: what the assistant asked or told last, and what is under way."""

from __future__ import annotations

from dataclasses import dataclass

SITUATIONS = (
    "idle", "order_number", "email", "step", "question", "finding", "refund_confirm", "exchange_confirm",
    "withdraw_confirm", "exchange_choice", "plan_list", "choices", "told", "done", "waiting", "solved",
)  # fmt: skip
"""What the assistant asked or told last; data/turns/README.md says what each means."""


@dataclass(frozen=True)
class Context:
    """The situation a message is said in.

    `situation` is one of SITUATIONS; `asked` is the id of the step, question, finding or subject, "" if none; `options`
    are the titles of the choices shown, in order.
    """

    situation: str = "idle"
    asked: str = ""
    options: tuple[str, ...] = ()
