"""What two slots keep between turns as JSON: a refund or exchange being worked on, and where a diagnosis stands.

Conversations outlive releases: content that is missing or of an older form is read as far as it goes, and never raises.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aftercare.troubleshooting.situation import PlayerState

Kind = Literal["refund", "exchange", "withdraw"]
_KINDS: tuple[Kind, ...] = ("refund", "exchange", "withdraw")


@dataclass(frozen=True)
class RefundDraft:
    """A refund, an exchange or a withdrawal being talked about; the slot `refund_draft`."""

    kind: Kind | None = None
    """None while only the order is known."""
    number: str | None = None
    """The order it is about."""
    ready: bool = False
    """Whether everything is said and only a yes is missing."""
    duplicate: bool = False
    """Whether the order is the second charge of a double one: the first is the one that is verified."""
    plan: str | None = None
    """The id of the plan to exchange for."""
    request: int | None = None
    """The id of the request to withdraw."""
    then: Kind | None = None
    """What is wanted instead of the request to withdraw, and comes right after it."""

    @classmethod
    def from_slot(cls, value: Any) -> RefundDraft:
        """The draft of a slot's value; an empty one when there is none."""
        if not isinstance(value, Mapping):
            return cls()
        kind, number, plan, request = (value.get(name) for name in ("kind", "number", "plan", "request"))
        return cls(
            kind=next((known for known in _KINDS if known == kind), None),
            number=number if isinstance(number, str) else None,
            ready=value.get("ready") is True,
            duplicate=value.get("duplicate") is True,
            plan=plan if isinstance(plan, str) else None,
            request=request if isinstance(request, int) else None,
            then=next((known for known in _KINDS if known == value.get("then")), None),
        )

    def as_slot(self) -> dict[str, Any]:
        """The slot's value, without what is not known."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


@dataclass(frozen=True)
class DiagnosisState:
    """Where a diagnosis stands; the slot `diagnosis`."""

    current: str
    """The id of the advice that waits for an answer: "step.roaming", "question.phone", "solved", "exhausted"."""
    playbook: str | None = None
    """The symptom whose steps it follows; None while that is not known."""
    waiting: str | None = None
    """The advice that comes once the phone is known."""
    general: bool = False
    """Whether the step is told in its general form, because its menu was not found."""
    failed: int = 0
    """How many steps did not help."""
    done: tuple[str, ...] = ()
    """Ids of the advice given, in order."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What was chosen, by question."""

    @classmethod
    def from_slot(cls, value: Any) -> DiagnosisState | None:
        """The state of a slot's value; None when no diagnosis has begun."""
        if not isinstance(value, Mapping) or not isinstance(value.get("current"), str):
            return None
        playbook, waiting, failed = (value.get(name) for name in ("playbook", "waiting", "failed"))
        done, answers = value.get("done"), value.get("answers")
        return cls(
            current=value["current"],
            playbook=playbook if isinstance(playbook, str) else None,
            waiting=waiting if isinstance(waiting, str) else None,
            general=value.get("general") is True,
            failed=failed if isinstance(failed, int) else 0,
            done=tuple(map(str, done)) if isinstance(done, (list, tuple)) else (),
            answers={str(name): str(chosen) for name, chosen in answers.items()}
            if isinstance(answers, Mapping)
            else {},
        )

    def as_slot(self) -> PlayerState:
        """The slot's value, in the form that the player of playbooks takes and gives."""
        return {
            "playbook": self.playbook,
            "current": self.current,
            "waiting": self.waiting,
            "general": self.general,
            "failed": self.failed,
            "done": list(self.done),
            "answers": dict(self.answers),
        }

    @property
    def is_open(self) -> bool:
        """Whether the diagnosis is under way: begun, and not yet solved."""
        return self.current != "solved"

    @property
    def at_step(self) -> bool:
        """Whether a step waits for its outcome."""
        return self.current.startswith("step.")
