"""Plays a playbook: findings from facts first, then one step at a time, the likeliest first, none of them twice."""

from __future__ import annotations

import copy
from collections.abc import Collection

from aftercare.troubleshooting.conditions import holds
from aftercare.troubleshooting.moves import Moves
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.signs import Signs
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation, TextByLanguage

# Answers that stay when a diagnosis begins anew.
_LASTING = ("family", "seen")


def begin(situation: Situation, earlier: PlayerState | None = None) -> tuple[Advice, PlayerState]:
    """Diagnose. `earlier` is the state of a diagnosis in this conversation, so that no step of it comes again.

    Call it when a diagnosis starts and when something decisive changes (the order becomes known, another symptom).
    """
    kept: dict[str, str] = {}
    if earlier:
        kept = {name: chosen for name, chosen in earlier["answers"].items() if name in _LASTING}
        if earlier["current"] == "solved":
            signs = Signs(kept.get("seen", ""), load_playbooks())
            signs.settle()
            kept, earlier = ({"seen": str(signs)} if str(signs) else {}), None
    once = {f"finding.{finding.id}" for finding in load_playbooks().findings.values() if finding.once}
    state: PlayerState = {
        "playbook": None,
        "current": "",
        "waiting": None,
        "general": False,
        "failed": 0,
        "done": [done for done in earlier["done"] if done.startswith("step.") or done in once] if earlier else [],
        "answers": kept,
    }
    player = Moves(situation, state)
    return player.diagnose(), player.state


def answer(state: PlayerState, situation: Situation, outcome: str) -> tuple[Advice, PlayerState]:
    """What to say after `outcome`: the id of a choice that was offered, or works, failed, already, cannot, online.

    "online" is that it works, whatever was asked. To a finding with choices, works means its first and failed its
    second. Any other outcome that was not offered changes nothing: what is pending is said again, unless the situation
    now answers the question (the traveller named the phone or the symptom in their own words). A state that today's
    playbooks no longer know begins anew.
    """
    player = Moves(situation, copy.deepcopy(state))
    if not player.knows_state():
        return begin(situation, state)
    decisive = player.overriding_finding() if outcome not in {"works", "online"} else None
    if not decisive and not player.is_answer(outcome):
        return player.show(), state
    return (player.follow(decisive) if decisive else player.take_answer(outcome)), player.state


def observe(
    state: PlayerState, situation: Situation, facts: Collection[str], outcome: str | None = None
) -> tuple[Advice, PlayerState] | None:
    """What to say to the `facts` that the traveller reports now; None when they change nothing.

    A fact that a pending choice stands for makes that choice. Else the first rule of signs.yml with something new to
    say goes straight to its finding or step, or to the playbook of the fault it shows. What is known and done stays.
    `outcome` is what the same message says of the step that waits: one that failed is counted, and undone if need be;
    one of which nothing is said may come again later.
    """
    player = Moves(situation, copy.deepcopy(state))
    if not player.knows_state():
        return None
    advice = player.take_signs(frozenset(facts), outcome)
    return (advice, player.state) if advice else None


def dispute(state: PlayerState, situation: Situation) -> tuple[Advice, PlayerState] | None:
    """What to say to "but it is installed" while the record has the code as unused; None where it does not differ."""
    player = Moves(situation, copy.deepcopy(state))
    target = "finding.record_differs"
    passed = {target, "step.after_install"} & set(state["done"])
    if not player.knows_state() or passed or not holds(("released",), situation):
        return None
    return player.follow(target), player.state


def look_for_esim(state: PlayerState, situation: Situation) -> tuple[Advice, PlayerState] | None:
    """Where the eSIM can be at all, before any further step; None once that was asked.

    Of a code that is unused, whether the phone shows an EID; of one on a phone of another model, on which one it is.
    """
    player = Moves(situation, copy.deepcopy(state))
    installed = holds(("on_phone",), situation)
    target = "finding.other_phone" if installed else "step.eid"
    same = installed and situation.facts is not None and situation.facts.device_id == situation.device_id
    if not player.knows_state() or same or not player.is_new(target):
        return None
    return player.follow(target), player.state


def is_fixed_by_pending(state: PlayerState, situation: Situation, facts: Collection[str]) -> bool:
    """Whether one of the `facts` that the traveller reports is what the step that waits puts right."""
    player = Moves(situation, copy.deepcopy(state))
    return player.knows_state() and player.is_fixed_by_pending(facts)


def after_own_repair(state: PlayerState, situation: Situation, facts: Collection[str]) -> PlayerState | None:
    """The state after the traveller put right what the `facts` report; None when no step does that.

    The step of the first fact then waits for its outcome as if it had been given.
    """
    player = Moves(situation, copy.deepcopy(state))
    return player.state if player.knows_state() and player.handle(facts) else None


def pending(state: PlayerState, situation: Situation) -> Advice:
    """What is waiting for an answer, to say again after an interruption."""
    player = Moves(situation, copy.deepcopy(state))
    return player.show() if player.knows_state() else begin(situation, state)[0]


def explain(state: PlayerState, situation: Situation, level: int) -> Advice:
    """What is waiting in other words: 1 differently, 2 one action at a time, from 3 on a person or another way.

    The state stays; the outcome `skip`, offered from 3 on, leaves a step for the next one.
    """
    player = Moves(situation, copy.deepcopy(state))
    return player.in_other_words(level) if player.knows_state() else begin(situation, state)[0]


def remind(state: PlayerState, situation: Situation) -> Advice:
    """What is waiting in one short line, with its choices, after something else was talked about."""
    player = Moves(situation, copy.deepcopy(state))
    return player.reminder() if player.knows_state() else begin(situation, state)[0]


def why(state: PlayerState, situation: Situation) -> TextByLanguage:
    """What the thing that is waiting is good for, in plain words."""
    player = Moves(situation, copy.deepcopy(state))
    if not player.knows_state():
        return why(begin(situation, state)[1], situation)
    return player.reason()


def why_of(finding: str, situation: Situation) -> TextByLanguage:
    """What is behind a finding, whether or not it was told."""
    player = Moves(situation, {**begin(situation)[1], "current": f"finding.{finding}"})
    return player.reason()


def way_back(state: PlayerState, situation: Situation) -> tuple[Advice, PlayerState] | None:
    """The advice to take back what was given up without helping, and the state after it; None when nothing was."""
    player = Moves(situation, copy.deepcopy(state))
    advice = player.way_back(player.state["answers"].pop("traded", "").split())
    return (advice, player.state) if advice else None


def was_left(state: PlayerState) -> bool:
    """Whether the step that waits was told before and left without an answer."""
    return state["current"].removeprefix("step.") in state["answers"].get("left", "").split()


def step_back(state: PlayerState) -> PlayerState:
    """The state with the step before the present one pending again; unchanged at the first step."""
    steps, done = load_playbooks().steps, state["done"]
    present = done.index(state["current"]) if state["current"] in done else len(done)
    shown: list[int] = []
    covered: set[str] = set()
    for place, target in enumerate(done[:present]):
        if target.startswith("step.") and target not in covered and target[5:] in steps:
            shown.append(place)
            covered |= {f"step.{name}" for name in steps[target[5:]].covers}
    if not shown:
        return state
    back = copy.deepcopy(state)
    back["current"], back["waiting"], back["general"] = done[shown[-1]], None, False
    back["done"] = done[: shown[-1] + 1] + [f"step.{name}" for name in steps[done[shown[-1]][5:]].covers]
    back["failed"] = max(0, state["failed"] - 1)
    back["answers"].pop("undo", None)
    return back
