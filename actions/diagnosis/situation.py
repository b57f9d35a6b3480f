"""What is known of a fault at a turn, and how a diagnosis ended."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from actions.plans.incidents import at_place
from actions.turn import Turn
from aftercare.orders import diagnoses, requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.position import causes_found
from aftercare.troubleshooting.situation import PlayerState, Situation
from aftercare.understanding.unspecified_fault import is_unspecified

SYMPTOM_OF = {
    "report_activation_failure": "activation",
    "report_no_service": "no_service",
    "report_no_data": "no_data",
    "report_slow_data": "slow",
    "report_stopped_working": "stopped",
}

# Recorded cases of so long count for what is likely; they are read again after so many seconds.
_EXPERIENCE_OF = timedelta(days=180)
_EXPERIENCE_KEPT = 600.0
_experience: tuple[float, dict[tuple[str, str], int]] = (-_EXPERIENCE_KEPT, {})


def experience_of(turn: Turn) -> dict[tuple[str, str], int]:
    """How often each cause was behind a symptom lately."""
    global _experience
    read_at, known = _experience
    if time.monotonic() - read_at >= _EXPERIENCE_KEPT:
        with turn.orders() as session:
            known = diagnoses.experience(session, (turn.now - _EXPERIENCE_OF).date())
        _experience = (time.monotonic(), known)
    return known


def situation_of(turn: Turn) -> Situation:
    """What is known of the fault at this turn."""
    turn.refresh_esim()
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        location, destination = turn.whereabouts()
        facts = at_place(session, facts, location) if facts else None
    vague = (turn.intent or "") in SYMPTOM_OF and is_unspecified(turn.text)
    return Situation(
        facts=facts,
        symptom=None if vague else turn.slot("symptom"),
        device_id=turn.device_id,
        in_hand=turn.phone_in_hand,
        error=turn.slot("error_message"),
        tried=frozenset(turn.steps_tried()),
        observed=frozenset(turn.observed()),
        location=location,
        destination=destination,
        now=turn.now,
        experience=experience_of(turn),
    )


def is_being_returned(turn: Turn, situation: Situation) -> bool:
    """Whether a refund or exchange of the order is under way: then its code must not be installed any more."""
    with turn.orders() as session:
        request = requests.latest_request(session, situation.facts.number) if situation.facts else None
        return request is not None and request.state in OPEN_REQUEST_STATES


def record_end(turn: Turn, state: PlayerState) -> None:
    """Keep how the diagnosis ended for the figures, under a key of its own that tells nobody's name."""
    case = state["answers"].setdefault("case", uuid.uuid4().hex)
    situation = situation_of(turn)
    facts = situation.facts
    ended = diagnoses.Ended(
        case=case,
        day=turn.now.date(),
        outcome="solved" if state["current"] == "solved" else "open",
        symptom=state["playbook"],
        causes=causes_found(state),
        device_family=situation.menu_family or state["answers"].get("family"),
        operator=facts.last_operator if facts else None,
        country=situation.here,
        steps=sum(name.startswith("step.") for name in state["done"]),
    )
    with turn.orders() as session:
        diagnoses.record(session, ended)
