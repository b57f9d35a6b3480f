"""What a message says of the step, question or finding that waits for an answer."""

from __future__ import annotations

from collections.abc import Mapping

from actions.history import meaning_of
from actions.screen import screen_words
from actions.turn import Turn
from aftercare.base.language import LANGUAGES
from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import after_own_repair, is_fixed_by_pending
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.choices import named_item, typed_choice
from aftercare.understanding.eid import shows_eid
from aftercare.understanding.screen_words import says_none
from aftercare.understanding.statements import statements
from aftercare.understanding.which_phone import phones_of_line

# An outcome told beside a question counts from this probability on.
SURE_BESIDE_A_QUESTION = 0.6
# Where a step asks something else, a yes reads like success: "it works now" is surer than this.
_SURE_IT_WORKS = 0.95
_OF_SOMETHING_ELSE = ("step:works_but", "step:not_mine")
# Asks whether the phone shows an EID.
_LOOKS_FOR_EID = "step.eid"
# The choice that none of the signs asked about is there.
PLAIN = "plain"
# The choice that the eSIM is on no phone, of findings that ask on which it is.
_NOWHERE = "nowhere"
# That it is on the phone in use, and that it is on the one of the record.
HERE, _THERE = "here", "there"
# That it is on the phone of the record, beside which another one is used: "it's on my iPhone, the S24 only shares it".
RECORDED = "recorded"
# The playbooks in which it counts how the line does.
_OF_LINE = ("no_service", "no_data", "slow")
# What a command says of the step that waits, by the outcome the playbooks know.
OUTCOME_OF: Mapping[str, str] = {
    "works": "works",
    "failed": "failed",
    "done": "unclear",
    "done_before": "already",
    "cannot_find": "cannot",
    "not_mine": "already",
}
_AROUND_TITLES = " .!。！,，"


def last_of(advice: Advice) -> Advice:
    """What is said last of an advice: that is what waits for an answer."""
    while advice.then is not None:
        advice = advice.then
    return advice


def is_look(waits: Advice) -> bool:
    """Whether what waits asks what the screen shows."""
    return waits.id.removeprefix("question.") in {look.question for look in load_playbooks().looks}


def chance_of_outcome(turn: Turn) -> float:
    """How surely the message says something of the step that waits."""
    reading = turn.reading
    return max((reading.chance(f"step:{value}") for value in reading.values("step")), default=0.0)


def signs_of(turn: Turn, waits: Advice, state: PlayerState) -> frozenset[str]:
    """The signs that the words name, of the screen or of how the line does."""
    if turn.pressed:
        return frozenset()
    return screen_words().signs_named(turn.text, asked=is_look(waits), line=state["playbook"] in _OF_LINE)


def amiss_in(turn: Turn, waits: Advice, named: frozenset[str]) -> frozenset[str]:
    """What is said to be amiss with a step that helped: "there is internet now, only slow"."""
    return screen_words().still_amiss(turn.text) if waits.kind == "step" and named else frozenset()


def choice_in(turn: Turn, waits: Advice, named: frozenset[str]) -> str | None:
    """The outcome of the choice that was pressed, typed or pointed at; of a look, also that nothing of it is there."""
    if pressed := turn.entity("step_outcome"):
        return str(pressed)
    if turn.pressed:
        return None
    for language in (turn.language, *LANGUAGES):
        offered = [{"title": each.text[language], "payload": each.outcome} for each in waits.choices]
        if outcome := typed_choice(turn.text, offered):
            return outcome
    if is_look(waits) and named:
        return None  # the signs say more than a choice
    if turn.reading.chance("choose") > chance_of_outcome(turn):
        place = named_item(turn.text, [choice.text[turn.language] for choice in waits.choices])
        if place is not None:
            return waits.choices[place].outcome
        typed = turn.text.casefold().strip(_AROUND_TITLES)
        for choice in waits.choices:
            titles = [title.casefold() for title in choice.text.values()]
            if typed and any(title in typed or typed in title for title in titles):
                return choice.outcome
    if is_look(waits) and (statements(turn.text).denied or (says_none(turn.text) and _offers(waits, PLAIN))):
        return PLAIN  # what is denied is not there
    return "understood" if _is_not_there_yet(turn, waits) else None


def where_it_is(turn: Turn, waits: Advice, situation: Situation) -> str | None:
    """The choice that the phones named, or an objection, stand for where a finding asks which phone has the eSIM."""
    if turn.pressed or not _offers(waits, HERE, _THERE):
        return None
    phones = phones_of_line(turn.text, turn.tracker.latest_message.get("entities") or [])
    recorded = situation.facts.device_family if situation.facts else None
    families = {device.id: device.menu_family for device in load_catalogue().devices}
    named = {families.get(name) for name in phones.named}
    if phones.neither:
        return _NOWHERE
    if phones.here and recorded in named:  # "the Galaxy is mine"
        return RECORDED
    if phones.here or recorded in {families.get(name) for name in phones.denied} - named:
        return HERE
    if turn.reading.has("decline"):
        return None
    if recorded in named:
        return _THERE if len(named) == 1 else RECORDED
    return HERE if named or turn.reading.has("object") else None  # what is objected to is that it is elsewhere


def outcome_in(turn: Turn, waits: Advice) -> str:
    """What the message says of what waits, by its reading; "unclear" changes nothing."""
    reading = turn.reading
    if waits.id == _LOOKS_FOR_EID and not turn.pressed and (there := shows_eid(turn.text)) is not None:
        return "works" if there else "failed"  # "there is an EID, but adding it still fails": what was looked for
    if turn.entities("tried") and not reading.has("step:works", "step:works_but"):
        return "already"
    if _offers(waits, PLAIN) and (reading.has("decline", "observe:no_service") or statements(turn.text).denied):
        return PLAIN
    # "done, and it works": what came of it, not that it was done
    for value in sorted(reading.values("step"), key=lambda value: value == "done"):
        if outcome := OUTCOME_OF.get(value):
            return outcome
    if reading.has("step:works_but") or reading.has("object", "complain"):
        return "unclear" if _offers(waits, _NOWHERE) else "failed"  # against the record: it names no place
    arrived = reading.has("observe:arrived") or (reading.has("choose") and turn.entity("location"))
    if _offers(waits, "understood", "landed") and arrived:
        return "landed"
    if turn.entities("tried"):
        return "already"
    if reading.has("confirm") or says_yes_of_phone(turn, waits):
        return "works"
    return "failed" if reading.has("decline") else "unclear"


def outcome_beside(turn: Turn) -> str | None:
    """The outcome of the step that the reading tells beside whatever else."""
    return next((OUTCOME_OF[value] for value in turn.reading.values("step") if value in OUTCOME_OF), None)


def disputes_record(turn: Turn) -> bool:
    """Whether the traveller says to have installed before what the record has as unused."""
    reading = turn.reading
    if reading.has("step:works", "step:failed", "observe:error_shown"):
        return False
    before = reading.has("object") or (reading.has("step:done_before") and "installed" in turn.seen_now())
    return before and reading.asked in ("install_qr", "manual_code", "stable_wifi")


def works_anyway(turn: Turn, waits: Advice) -> bool:
    """Whether it is said to work where something else was asked, rather than yes to that."""
    reading = turn.reading
    answered = max(reading.chance("confirm"), reading.chance("choose"))
    least = max(answered, _SURE_IT_WORKS) if says_yes_of_phone(turn, waits) else answered
    asked_else = waits.kind == "question" or not _offers(waits, "works")
    return asked_else and bool(waits.choices) and reading.has("step:works") and reading.chance("step:works") >= least


def says_yes_of_phone(turn: Turn, waits: Advice) -> bool:
    """Whether the message sounds like yes to a step that asks something else than whether it works."""
    asks_else = waits.kind == "step" and bool(waits.choices) and not _offers(waits, "works")
    return asks_else and turn.intent == "affirm"


def answers_too(turn: Turn) -> bool:
    """Whether a message that was a question surely says something of what waits as well.

    "It works, but …" about something else than the connection was answered; what "I share it with my tablet" asks
    about is no reason to leave the step.
    """
    of_it = [
        read.probability
        for read in turn.reading.commands
        if read.command.name in ("step", "observe", "choose") and str(read.command) not in _OF_SOMETHING_ELSE
    ]
    return max(of_it, default=0.0) >= SURE_BESIDE_A_QUESTION


def put_right(turn: Turn, state: PlayerState, situation: Situation) -> PlayerState | None:
    """The state after a fault that the message names as mended: "roaming was off, it's on now"."""
    undone = statements(turn.text).undone if turn.answers_form and not turn.pressed else frozenset()
    return after_own_repair(state, situation, undone) if undone else None


def is_cause(turn: Turn, state: PlayerState, situation: Situation, seen: frozenset[str]) -> bool:
    """Whether what is seen is what the step that waits puts right, and that was not said yet."""
    return not turn.was_sent("utter_change_it") and is_fixed_by_pending(state, situation, seen)


def is_under_way(turn: Turn) -> bool:
    """Whether a step is being tried, put off or carried out, and what came of it is not said."""
    reading = turn.reading
    goes_on = reading.has("step:will_try", "step:done", "step:not_now", "acknowledge")
    return goes_on and not turn.entities("tried") and not reading.has("step:works", "step:failed", "step:works_but")


def only_tells(turn: Turn) -> bool:
    """Whether a message gives data that is none of the step: a name, a place, a date."""
    return {read.command.name for read in turn.reading.commands} == {"inform"} and not turn.entity("device")


def was_paused(turn: Turn) -> bool:
    """Whether the last answer was that there is no hurry."""
    return meaning_of(next(turn.answers_backwards(), {})) == "utter_pause"


def names_phone(turn: Turn) -> bool:
    """Whether the message says which phone it is rather than what came of the step."""
    if not turn.entity("device"):
        return False
    return outcome_beside(turn) is None or turn.reading.chance("inform") > chance_of_outcome(turn)


def _is_not_there_yet(turn: Turn, waits: Advice) -> bool:
    """Whether the question after a finding before the trip is answered by being elsewhere."""
    if not _offers(waits, "understood", "landed"):
        return False
    here = (None, "NZ", *turn.places.denied)
    return turn.reading.has("observe:not_arrived") or turn.entity("destination") not in here


def _offers(waits: Advice, *outcomes: str) -> bool:
    return {choice.outcome for choice in waits.choices} >= set(outcomes)
