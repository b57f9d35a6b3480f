"""Plays a playbook: findings from facts first, then one step at a time, the likeliest first, none of them twice."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast

from aftercare.base.language import LANGUAGES
from aftercare.troubleshooting.conditions import holds
from aftercare.troubleshooting.entries import BilingualText
from aftercare.troubleshooting.playbooks import (
    FAMILIES,
    Finding,
    PlaybookChoice,
    PlaybookStep,
    Question,
    SignRule,
    load_playbooks,
)
from aftercare.troubleshooting.ranking import Likelihoods
from aftercare.troubleshooting.signs import Signs
from aftercare.troubleshooting.situation import Advice, AdviceChoice, PlayerState, Situation, Symptom, TextByLanguage
from aftercare.troubleshooting.wording import fill, menus_in

# After so many steps in a row that changed nothing, a person is offered beside the next one; and when no step left is
# likelier to help than this, before it.
MAX_FAILED = 5
LEAST_WORTH = 0.02
# Answers that stay when a diagnosis begins anew.
_LASTING = ("family", "seen")
# The faults of an installed eSIM, the slightest first: each step may turn one into another.
_OF_INSTALLED: tuple[Symptom, ...] = ("slow", "no_data", "no_service")
# Facts that tell how the line does, as somebody sees it who has done the step.
_SEEN_AFTERWARDS = frozenset({"bars", "no_data", "no_service", "slow"})
# Offers that are carried out when the advice is given.
_HANDED_OVER = ("show_qr", "reissue")
USUAL = tuple(
    PlaybookChoice.model_validate({"id": outcome, "then": then})
    for outcome, then in (("works", "solved"), ("failed", "next"), ("already", "next"), ("cannot", "general"))
)
# What a step may also have come to: a symptom that is not the one before.
_CHANGED: dict[str, tuple[PlaybookChoice, ...]] = {
    "no_service": (PlaybookChoice(id="no_data", then="diagnose", seen=("bars", "no_data")),),
    "no_data": (PlaybookChoice(id="slow", then="diagnose", seen=("slow",)),),
}
_MORE = PlaybookChoice.model_validate({"id": "more", "then": "next"})
_CHANGE_PHONE = PlaybookChoice.model_validate({"id": "change_phone", "then": "question.phone"})
_NEXT = PlaybookChoice.model_validate({"id": "failed", "then": "next"})


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
    player = _Player(situation, state)
    return player.diagnose(), player.state


def answer(state: PlayerState, situation: Situation, outcome: str) -> tuple[Advice, PlayerState]:
    """What to say after `outcome`: the id of a choice that was offered, or works, failed, already, cannot, online.

    "online" is that it works, whatever was asked. To a finding with choices, works means its first and failed its
    second. Any other outcome that was not offered changes nothing: what is pending is said again, unless the situation
    now answers the question (the traveller named the phone or the symptom in their own words). A state that today's
    playbooks no longer know begins anew.
    """
    player = _Player(situation, copy.deepcopy(state))
    if not player.knows_state():
        return begin(situation, state)
    decisive = player.found_at_once() if outcome not in {"works", "online"} else None
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
    player = _Player(situation, copy.deepcopy(state))
    if not player.knows_state():
        return None
    advice = player.take_signs(frozenset(facts), outcome)
    return (advice, player.state) if advice else None


def dispute(state: PlayerState, situation: Situation) -> tuple[Advice, PlayerState] | None:
    """What to say to "but it is installed" while the record has the code as unused; None where it does not differ."""
    player = _Player(situation, copy.deepcopy(state))
    target = "finding.record_differs"
    told = {target, "step.after_install"} & set(state["done"])
    if not player.knows_state() or told or not holds(("released",), situation):
        return None
    return player.follow(target), player.state


def is_fixed_by_pending(state: PlayerState, situation: Situation, facts: Collection[str]) -> bool:
    """Whether one of the `facts` that the traveller reports is what the step that waits puts right."""
    player = _Player(situation, copy.deepcopy(state))
    return player.knows_state() and player.is_fixed_by_pending(facts)


def handled(state: PlayerState, situation: Situation, facts: Collection[str]) -> PlayerState | None:
    """The state after the traveller put right what the `facts` report; None when no step does that.

    The step of the first fact then waits for its outcome as if it had been given.
    """
    player = _Player(situation, copy.deepcopy(state))
    return player.state if player.knows_state() and player.handle(facts) else None


def pending(state: PlayerState, situation: Situation) -> Advice:
    """What is waiting for an answer, to say again after an interruption."""
    player = _Player(situation, copy.deepcopy(state))
    return player.show() if player.knows_state() else begin(situation, state)[0]


def explain(state: PlayerState, situation: Situation, level: int) -> Advice:
    """What is waiting in other words: 1 differently, 2 one action at a time, from 3 on a person or another way.

    The state stays; the outcome `skip`, offered from 3 on, leaves a step for the next one.
    """
    player = _Player(situation, copy.deepcopy(state))
    return player.in_other_words(level) if player.knows_state() else begin(situation, state)[0]


def remind(state: PlayerState, situation: Situation) -> Advice:
    """What is waiting in one short line, with its choices, after something else was talked about."""
    player = _Player(situation, copy.deepcopy(state))
    return player.reminder() if player.knows_state() else begin(situation, state)[0]


def why(state: PlayerState, situation: Situation) -> TextByLanguage:
    """What the thing that is waiting is good for, in plain words."""
    player = _Player(situation, copy.deepcopy(state))
    if not player.knows_state():
        return why(begin(situation, state)[1], situation)
    return player.reason()


def way_back(state: PlayerState, situation: Situation) -> tuple[Advice, PlayerState] | None:
    """What was traded away in vain so far, to be taken back when somebody else goes on; None when nothing was."""
    player = _Player(situation, copy.deepcopy(state))
    advice = player.way_back(player.state["answers"].pop("traded", "").split())
    return (advice, player.state) if advice else None


def was_left(state: PlayerState) -> bool:
    """Whether the step that waits was told before and left without an answer."""
    return state["current"].removeprefix("step.") in state["answers"].get("left", "").split()


def causes_found(state: PlayerState) -> tuple[tuple[str, str], ...]:
    """The symptom and the cause behind it, for each step that helped."""
    return tuple(
        (pair.partition(":")[0], pair.partition(":")[2]) for pair in state["answers"].get("causes", "").split()
    )


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


class _Player:
    """Plays one turn of a diagnosis; changes `state`."""

    def __init__(self, situation: Situation, state: PlayerState) -> None:
        self.books = load_playbooks()
        self.state = state
        self.given = situation
        self.interrupted: tuple[str, str | None, bool] | None = None
        self.signs = Signs(state["answers"].get("seen", ""), self.books)
        self.signs.learn(situation.observed | ({"arrived"} if situation.location else frozenset()))
        self.keep_signs()

    def keep_signs(self) -> None:
        """Keep the signs for later turns; the situation is what it is with them."""
        if str(self.signs):
            self.state["answers"]["seen"] = str(self.signs)
        self.seen = self.signs.conditions()
        self.situation = self.with_answers()

    def report(self, signs: Collection[str]) -> None:
        """Take in what the traveller reports now."""
        self.signs.report(signs)
        self.keep_signs()

    def holds(self, conditions: Collection[str]) -> bool:
        """Whether the conditions are true; what the traveller sees counts before the record."""
        return holds(conditions, self.situation, self.seen)

    def with_answers(self) -> Situation:
        """The situation with what the traveller chose during this diagnosis; their newest words count first."""
        answers = self.state["answers"]
        return replace(
            self.given,
            symptom=cast("Symptom | None", answers.get("seen_symptom") or self.given.symptom or answers.get("symptom")),
            family=self.given.family or (None if self.given.device else answers.get("family")),
        )

    def record_answer(self, name: str, chosen: str) -> None:
        """Keep what the traveller chose, for the rest of this diagnosis."""
        self.state["answers"][name] = chosen
        self.situation = self.with_answers()

    def diagnose(self) -> Advice:
        """From the start: a finding, else the symptom's playbook, else ask for the symptom."""
        situation = self.situation
        self.state["playbook"] = situation.symptom
        symptom = situation.symptom or ("activation" if situation.error else None) or self.symptom_of_signs()
        self.state["playbook"] = symptom
        seen = {self.new_target(rule) for rule in self.fitting()}
        for finding in self.books.findings.values():
            target = f"finding.{finding.id}"
            if target in self.state["done"] or any(step in self.state["done"] for step in finding.not_after):
                continue
            of_record = finding.when is not None and self.holds(finding.when)
            if finding.symptoms and (symptom or "unknown") not in finding.symptoms:
                of_record = False
            if of_record or target in seen:
                return self.follow(target)
        return self.follow(f"playbook.{symptom}" if symptom else "question.symptom")

    def fitting(self, facts: Collection[str] | None = None) -> Iterator[SignRule]:
        """The rules to follow for the `facts` reported now; without `facts`, for any sign that holds."""
        new = self.signs.holding if facts is None else facts
        done = self.state["done"]
        symptom = self.state["playbook"] or self.situation.symptom or "unknown"
        for rule in self.books.signs:
            if not (rule.then or rule.symptom) or not self.signs.call_for(rule, new):
                continue
            if rule.symptoms and symptom not in rule.symptoms:
                continue
            if rule.after and (facts is None or not any(target in done for target in rule.after)):
                continue
            if any(target in done for target in rule.not_after):
                continue
            if holds(rule.record, self.situation) and self.holds(rule.when):
                yield rule

    def symptom_of_signs(self) -> Symptom | None:
        """The fault that the signs show, when the traveller has not said it."""
        return next((rule.symptom for rule in self.fitting() if rule.symptom), None)

    def take_signs(self, facts: frozenset[str], outcome: str | None) -> Advice | None:
        """The advice after facts reported now, and an outcome beside them; None when the facts change nothing."""
        self.report(facts)
        current = self.state["current"]
        if decisive := self.found_at_once():
            return self.follow(decisive)
        if choice := self.choice_seen(current, facts):
            return self.take_answer(choice.id)
        if current.startswith("step.") and current[5:] in self.signs.needless() and not any(self.fitting(facts)):
            return self.take_answer("already")
        self.interrupted = (current, self.state["waiting"], self.state["general"])
        if current[9:] in self.looks() and facts & self.books.offered_signs(current[9:]):
            self.state["answers"][current] = "named"
        step = self.books.steps.get(current.removeprefix("step.")) if current.startswith("step.") else None
        turned = next((rule.symptom for rule in self.fitting(facts) if rule.symptom), None)
        better = self.is_better(turned)
        if (
            step and not outcome and self.state["playbook"] in _OF_INSTALLED and facts & _SEEN_AFTERWARDS
        ):  # how the line does now is what came of the step
            outcome = "failed"
        if step and (outcome == "failed" or (outcome and better)):
            self.keep_outcome(step, "failed", turned)
        worse = turned in _OF_INSTALLED and self.state["playbook"] in _OF_INSTALLED and turned != self.state["playbook"]
        if turned and (better or worse):  # whatever else the signs call for first
            self.record_answer("seen_symptom", turned)
            self.state["playbook"] = turned
        advice = self.turn_to(facts) or (self.diagnose() if better or worse else None)
        if advice and step and not outcome and not step.covers and self.state["current"] != current:
            self.leave(current)
        return advice

    def leave(self, step: str) -> None:
        """A step left without an answer may still be what helps; it was told, and comes again in other words."""
        self.state["done"] = [target for target in self.state["done"] if target != step]
        left = self.state["answers"].get("left", "").split()
        self.state["answers"]["left"] = " ".join(dict.fromkeys([*left, step.removeprefix("step.")]))

    def is_fixed_by_pending(self, facts: Collection[str]) -> bool:
        """Whether a rule leads from one of the facts to the step that waits."""
        rules = [rule for rule in self.books.signs if set(rule.signs) & set(facts) and not rule.symptom]
        return self.state["current"].startswith("step.") and any(self.state["current"] in rule.then for rule in rules)

    def handle(self, facts: Collection[str]) -> bool:
        """Make the step pending that the facts call for, as given; False when they call for none."""
        current = self.state["current"]
        rules = [rule for rule in self.books.signs if set(rule.signs) & set(facts)]
        steps = [target for rule in rules for target in rule.then[:1] if target.startswith("step.")]
        if not steps:
            return False
        if current in steps:
            return True
        interrupted = self.books.steps.get(current.removeprefix("step.")) if current.startswith("step.") else None
        if interrupted and not interrupted.covers:
            self.leave(current)
        self.state["current"], self.state["waiting"], self.state["general"] = steps[0], None, False
        self.state["done"] += [steps[0], *(f"step.{name}" for name in self.books.steps[steps[0][5:]].covers)]
        return True

    def is_better(self, symptom: str | None) -> bool:
        """Whether the symptom is a slighter one than that of the playbook."""
        ranks: dict[str | None, int] = {name: place for place, name in enumerate(_OF_INSTALLED)}
        now = self.state["playbook"]
        return symptom in ranks and now in ranks and ranks[symptom] < ranks[now]

    def keep_outcome(self, step: PlaybookStep, outcome: str, turned: str | None = None) -> None:
        """Keep what came of a step; `turned` is the symptom seen since.

        One that helped, wholly or in part, tells a cause. Of one that did not, what it traded away is taken back.
        """
        answers = self.state["answers"]
        if outcome == "works" or self.is_better(turned):
            self.state["failed"] = 0
            cause = self.likelihoods(without=step.id).behind(step.id)
            if cause:
                pair = f"{self.state['playbook']}:{cause}"
                answers["causes"] = " ".join(dict.fromkeys([*answers.get("causes", "").split(), pair]))
        else:
            self.state["failed"] += 1
            if step.undo and outcome == "failed" and not (step.keep_when is not None and self.holds(step.keep_when)):
                kept = "undo" if step.take_back == "at_once" else "traded"
                answers[kept] = " ".join([*answers.get(kept, "").split(), step.id])
        if outcome in {"cannot", "skip"}:
            answers[f"step.{step.id}"] = outcome
        else:
            self.signs.clear(step.clears)
            self.keep_signs()

    def turn_to(self, facts: frozenset[str]) -> Advice | None:
        """What the facts lead to instead of what is pending; None when that is right."""
        current = self.state["current"]
        for rule in self.fitting(facts):
            if current == "solved" and not rule.symptom:
                continue
            if self.is_pending_fix(rule):
                return None  # the fix that waits is the right one
            if advice := self.take_sign(rule):
                return advice
        finding = self.books.findings.get(current[8:]) if current.startswith("finding.") else None
        if finding and finding.when and not self.holds(finding.when):
            return self.diagnose()
        return None

    def is_pending_fix(self, rule: SignRule) -> bool:
        """Whether what waits is the first of the rule's fixes that is still to be made."""
        waits = {self.state["current"], self.state["waiting"]}
        first = next((target for target in rule.then if target in waits or self.is_new(target)), None)
        return first is not None and first in waits

    def take_sign(self, rule: SignRule) -> Advice | None:
        """Go where a rule leads, if that is anywhere new."""
        target = self.new_target(rule)
        if rule.symptom and rule.symptom != self.state["playbook"]:
            self.record_answer("seen_symptom", rule.symptom)
            if target is None:
                return self.diagnose()
            self.state["playbook"] = rule.symptom
        elif target is None:
            return self.next_step() if self.state["current"] == "solved" else None
        return self.follow(target)

    def new_target(self, rule: SignRule) -> str | None:
        """The first place a rule leads to that is still open."""
        return next((target for target in rule.then if self.is_new(target)), None)

    def is_new(self, target: str) -> bool:
        """Whether a finding was not told yet, or a step is still to be tried."""
        kind, _, name = target.partition(".")
        return self.is_open(name) if kind == "step" else target not in self.state["done"]

    def found_at_once(self) -> str | None:
        """A finding that makes everything else needless, wherever the diagnosis stands."""
        for finding in self.books.findings.values():
            told = f"finding.{finding.id}" in self.state["done"]
            if finding.at_once and finding.when is not None and not told and self.holds(finding.when):
                return f"finding.{finding.id}"
        return None

    def choice_seen(self, current: str, facts: Collection[str]) -> PlaybookChoice | None:
        """The one choice of what is pending that the facts stand for; none when more than that was reported."""
        chosen = [choice for choice in self.choices_of(current) if facts and set(facts) <= set(choice.seen)]
        return chosen[0] if len(chosen) == 1 else None

    def is_answer(self, outcome: str) -> bool:
        """Whether the outcome, or what became known meanwhile, answers what is pending."""
        current = self.state["current"]
        if current == "question.phone" and self.situation.said_family:
            return True
        if current == "question.symptom" and self.situation.symptom:
            return True
        return self.choice_for(current, outcome) is not None

    def take_answer(self, outcome: str) -> Advice:
        """The advice after the traveller's answer to the current one."""
        current = self.state["current"]
        answers = self.state["answers"]
        if current == "question.phone_in_hand" and outcome in ("this_phone", "recorded"):
            facts = self.situation.facts
            known = facts.device_family if facts and outcome == "recorded" else self.situation.in_hand
            self.record_answer("family", known or "other")
            waiting = self.state["waiting"]
            # the phone in hand changes what is found; of the recorded one nothing is new
            return self.follow(waiting if waiting and outcome == "recorded" else "diagnose")
        if outcome == "change_phone" and (current.startswith("step.") or current == "question.phone_in_hand"):
            waiting = self.state["waiting"] or current
            self.state["done"] = [done for done in self.state["done"] if done != waiting]
            self.state["general"], self.state["waiting"] = False, waiting if waiting.startswith("step.") else None
            return self.set_current("question.phone")
        if current == "question.phone" and (outcome in FAMILIES or self.situation.said_family):
            answers.pop("undo", None)
            if outcome in FAMILIES:
                self.record_answer("family", outcome)
            return self.follow(self.state["waiting"] or "next")
        if current == "question.symptom" and self.situation.symptom:
            return self.diagnose()
        chosen = self.choice_for(current, outcome)
        if chosen is None:
            return self.show()
        answers.pop("undo", None)
        self.report(chosen.seen)
        if current == "question.symptom":
            self.record_answer("symptom", outcome)
        if current == "exhausted":
            self.state["failed"] = 0
        if chosen.then == "general" and not self.state["general"]:
            self.state["general"] = True
            return self.show()
        step = self.books.steps[current[5:]] if current.startswith("step.") else None
        turned = chosen.id if chosen.id in _OF_INSTALLED else None
        if step:
            helped = chosen.then.startswith(("solved", "step."))
            self.keep_outcome(step, "works" if helped else outcome, turned)
        if current[9:] in self.looks():
            if chosen not in self.choices_of(current):
                answers[current] = "unanswered"
            elif chosen.seen:
                answers[current] = "named"
        if turned and (step or current == "question.test"):
            self.record_answer("seen_symptom", turned)
        playbook = self.books.symptoms.get(self.state["playbook"] or "")
        if step and chosen.then == "solved":
            if playbook and playbook.works and self.is_new(playbook.works):
                return self.follow(playbook.works)
            if not step.tests and playbook and playbook.id in _OF_INSTALLED:
                return self.set_current("question.test")
        return self.follow(chosen.then)

    def choice_for(self, current: str, outcome: str) -> PlaybookChoice | None:
        """The choice an outcome stands for."""
        offered = self.choices_of(current)
        by_id: dict[str, PlaybookChoice] = {choice.id: choice for choice in offered}
        if outcome in by_id:
            return by_id[outcome]
        if current == "question.test" and outcome == "failed":
            return by_id["no_data"]
        asks_else = current[9:] in self.looks() or (current.startswith("finding.") and not offered)
        if outcome == "online" or (outcome == "works" and asks_else):
            return by_id.get("works") or self.works_anyway(current)
        if current[9:] in self.looks() and outcome in {"failed", "already", "cannot", "skip"}:
            return _NEXT
        if current == "solved" and outcome == "failed":  # it worked only for a moment: on with the steps left
            return _NEXT
        if current.startswith("step.") and outcome in {"already", "cannot", "skip"}:
            failed = by_id.get("failed")
            return failed if failed and not failed.then.startswith("finding.") else _NEXT
        if outcome == "failed" and "nowhere" in by_id:  # "no" to where the eSIM is names no place
            return by_id["nowhere"]
        if current.startswith(("finding.", "step.")) and len(offered) > 1 and outcome in {"works", "failed"}:
            return offered[outcome == "failed"]  # "yes" and "no" to what asks something
        return None

    def works_anyway(self, current: str) -> PlaybookChoice | None:
        """Where "it works" leads when something else was asked; None after a conclusion that has nothing to add."""
        finding = self.books.findings.get(current.removeprefix("finding.")) if current.startswith("finding.") else None
        if finding and finding.works:
            return PlaybookChoice(id="online", then=finding.works)
        ended = current in {"solved", "exhausted"} or (finding and not finding.choices)
        return None if ended else PlaybookChoice(id="online", then="question.test")

    def knows_state(self) -> bool:
        """Whether what the state names still exists: playbooks may be edited while conversations are open."""
        known: dict[str, Collection[str]] = {
            "step": self.books.steps,
            "question": self.books.questions,
            "finding": self.books.findings,
        }
        targets = [self.state["current"], *([self.state["waiting"]] if self.state["waiting"] else [])]
        return (self.state["playbook"] is None or self.state["playbook"] in self.books.symptoms) and all(
            target in {"solved", "exhausted"} or target.partition(".")[2] in known.get(target.partition(".")[0], ())
            for target in targets
        )

    def follow(self, target: str) -> Advice:
        """Go to a target that a playbook names (`solved`, `next`, `step.x`, `question.x`, …)."""
        self.state["general"], self.state["waiting"] = False, None
        if target == "diagnose":
            return self.diagnose()
        if target == "solved":
            return self.set_current("solved")
        if target == "resume":
            return self.resume()
        if target == "seen":
            symptom = self.fault_seen()
            return self.follow(f"playbook.{symptom}" if symptom else "question.signal")
        kind, _, name = target.partition(".")
        if kind == "playbook":
            self.state["playbook"] = name
            opening = self.books.symptoms[name].opening
            if opening and self.steps_left():  # what the traveller sees or was told calls for a step already
                return self.next_step()
            return self.follow(f"question.{opening}") if opening else self.next_step()
        if kind == "step":
            return self.set_current(target) if self.is_open(name) else self.next_step()
        if kind == "question":
            asked = target in self.state["done"] and target != "question.test"
            return self.next_step() if asked else self.set_current(target)
        return self.set_current(target) if kind == "finding" else self.next_step()

    def resume(self) -> Advice:
        """Back to what a finding interrupted, in one line; without that, the playbook."""
        current, waiting, general = self.interrupted or ("", None, False)
        if current and current != "solved" and self.choices_of(current):
            self.state["current"], self.state["waiting"], self.state["general"] = current, waiting, general
            return self.reminder()
        if self.state["playbook"]:
            return self.follow(f"playbook.{self.state['playbook']}")
        return self.next_step()

    def fault_seen(self) -> Symptom | None:
        """Which fault of an installed eSIM the newest sign shows, or the traveller named."""
        for sign in reversed(self.signs.holding):
            for rule in self.books.signs:
                if sign in rule.signs and rule.symptom in _OF_INSTALLED:
                    return rule.symptom
        return self.situation.symptom if self.situation.symptom in _OF_INSTALLED else None

    def set_current(self, current: str) -> Advice:
        """Make `current` the pending advice; ask for the phone first when its text depends on it."""
        if current.startswith("step.") and self.needs_phone(current) and self.phone_to_ask():
            self.state["waiting"], current = current, self.phone_to_ask()
        elif current not in {"solved", "exhausted"}:
            self.state["done"].append(current)
            if current.startswith("step."):
                self.state["done"] += [f"step.{name}" for name in self.books.steps[current[5:]].covers]
        self.state["current"] = current
        finding = self.books.findings.get(current.removeprefix("finding.")) if current.startswith("finding.") else None
        # with steps left, what was traded away may still be what hides or helps
        if (current == "exhausted" and not self.steps_left()) or (finding and not finding.then and not finding.choices):
            self.show_traded()
        advice = self.show()
        if current == "solved":
            return replace(advice, then=self.afterword())
        if finding:
            self.state["done"] += [f"finding.{name}" for name in finding.covers]
        if finding and finding.then:
            self.state["answers"].pop("undo", None)
            return replace(advice, then=self.follow(finding.then))
        return advice

    def show_traded(self) -> None:
        """Take back with the present advice what was kept until the end."""
        answers = self.state["answers"]
        if traded := answers.pop("traded", ""):
            answers["undo"] = f"{answers.get('undo', '')} {traded}".strip()

    def afterword(self) -> Advice | None:
        """What follows "solved": the cause, and the way back from steps that were not what helped."""
        answers = self.state["answers"]
        found = [self.books.causes.get(cause) for _, cause in causes_found(self.state)]
        told = [cause for cause in found if cause and cause.told]
        undone = answers.pop("traded", "").split()
        undone += [cause.gives_back for cause in told[:-1] if cause.gives_back and cause.gives_back not in undone]
        note = self.way_back(undone)
        if told and told[-1].told:
            back = (told[-1].gives_back,) if told[-1].gives_back else ()
            return Advice("note", f"cause.{told[-1].id}", self.words(told[-1].told), then=note, undo=back)
        return note

    def way_back(self, steps: Sequence[str]) -> Advice | None:
        """How to take back what these steps changed; None when nothing needs it."""
        words = [step.undo for name in steps if (step := self.books.steps.get(name)) and step.undo]
        text = self.joined([self.words(each) for each in words])
        return Advice("note", ".".join(["undo", *steps]), text, undo=tuple(steps)) if words else None

    @staticmethod
    def joined(texts: Sequence[TextByLanguage]) -> TextByLanguage:
        """Texts one after the other."""
        return {"en": " ".join(text["en"] for text in texts), "zh": "".join(text["zh"] for text in texts)}

    def next_step(self) -> Advice:
        """The likeliest step that is left, or the end of what can be tried here."""
        name = self.state["playbook"]
        if not name:
            return (
                self.follow("question.symptom")
                if "question.symptom" not in self.state["done"]
                else self.set_current("exhausted")
            )
        playbook = self.books.symptoms[name]
        if (
            not self.books.steps_for(name)
            and playbook.opening
            and f"question.{playbook.opening}" not in self.state["done"]
        ):
            return self.set_current(f"question.{playbook.opening}")  # a symptom that only splits into others
        steps = self.steps_left()
        error = self.situation.error or ""
        if name == "activation" and error in self.books.error_ends and not set(self.books.errors[error]) & set(steps):
            return self.set_current(f"finding.{self.books.error_ends[error]}")
        if not steps:
            if told := self.told_instead():
                return self.follow(f"playbook.{told}")
            ends = playbook.ends if self.situation.facts else None
            return self.set_current(f"finding.{ends}" if ends else "exhausted")
        if steps[0] not in self.called_for():
            if look := self.look():
                return self.set_current(f"question.{look}")
            likelihoods = self.likelihoods()
            worth = likelihoods.worth(steps[0]) * likelihoods.left
            if self.state["failed"] >= MAX_FAILED and worth < LEAST_WORTH and self.state["current"] != "exhausted":
                if owed := self.before_person():
                    return self.set_current(f"step.{owed[0]}")
                told = self.told_instead()
                return self.follow(f"playbook.{told}") if told else self.set_current("exhausted")
        return self.set_current(f"step.{steps[0]}")

    def before_person(self) -> list[str]:
        """Steps of the playbook that come before a person is offered, the most worthwhile first."""
        playbook = self.books.symptoms.get(self.state["playbook"] or "")
        return [step for step in self.steps_left() if playbook and step in playbook.before_person]

    def told_instead(self) -> Symptom | None:
        """The slighter fault that the traveller told, where the record led to another playbook, now tried in vain."""
        told = self.situation.symptom
        return told if told in _OF_INSTALLED and self.is_better(told) else None

    def look(self) -> str | None:
        """The question about the screen that is worth asking now, once, and never straight after another question."""
        if self.state["current"].startswith("question."):
            return None
        done = self.state["done"]
        of_installed = frozenset[str]().union(*(self.books.steps_for(symptom) for symptom in _OF_INSTALLED))
        given = sum(f"step.{step}" in done for step in of_installed)
        for look in self.likelihoods().looks():
            if f"question.{look.question}" in done or given < look.after:
                continue
            if look.follows and not self.has_led_on(look.follows):
                continue
            return look.question
        return None

    def has_led_on(self, look: str) -> bool:
        """Whether the answer to this question about the screen named a sign, and a step was given since."""
        done, asked = self.state["done"], f"question.{look}"
        named = self.state["answers"].get(asked) == "named"
        return named and any(target.startswith("step.") for target in done[done.index(asked) :])

    def looks(self) -> list[str]:
        """The questions about the screen."""
        return [look.question for look in self.books.looks]

    def called_for(self) -> dict[str, int]:
        """Steps that a sign or an error message calls for, with their rank."""
        targets = dict.fromkeys(target for rule in self.fitting() for target in rule.then if target.startswith("step."))
        ranks = {target[5:]: 900 - place for place, target in enumerate(targets)}
        if self.state["playbook"] == "activation":
            errors = self.books.errors.get(self.situation.error or "", ())
            ranks |= {step: 1000 - place for place, step in enumerate(errors)}
        return ranks

    def likelihoods(self, without: str | None = None) -> Likelihoods:
        """How likely each cause is now; `without` is a step not to be counted as done."""
        answers, symptom = self.state["answers"], self.state["playbook"] or ""
        given = {target[5:] for target in self.state["done"] if target.startswith("step.")}
        tried = {name for name, step in self.books.steps.items() if step.tried_key in self.situation.tried}
        not_done = {name[5:] for name in answers if name.startswith("step.")}
        asked = [name for name in self.looks() if f"question.{name}" in self.state["done"]]
        return Likelihoods(
            self.books,
            symptom,
            self.holds,
            place=self.situation.place,
            done=(given | tried | self.signs.needless()) - not_done - {without},
            given=given,
            looked=[name for name in asked if f"question.{name}" not in answers],
            signs=self.signs.holding,
            experience=self.given.experience,
        )

    def steps_left(self) -> list[str]:
        """Steps for the symptom that are still open: those called for first, then the most worthwhile."""
        if not self.state["playbook"]:
            return []
        called = self.called_for()
        ranked = self.likelihoods().steps()
        steps = [*sorted(called, key=lambda step: -called[step]), *(step for step in ranked if step not in called)]
        return [step for step in steps if self.is_open(step)]

    def is_open(self, step: str) -> bool:
        """Whether a step applies and was neither given in this diagnosis nor done by the traveller before."""
        entry = self.books.steps[step]
        tried = entry.tried_key is not None and entry.tried_key in self.situation.tried
        done = f"step.{step}" in self.state["done"] or step in self.signs.needless()
        return not tried and not done and self.holds(entry.when)

    def phone_to_ask(self) -> str:
        """The question about the phone that comes before a step with menus; "" when they can be named."""
        if self.holds(("in_hand_differs",)):
            return "question.phone_in_hand"
        return "" if self.situation.menu_family else "question.phone"

    def is_assumed(self, current: str) -> bool:
        """Whether this step is the first with the menus of the phone in hand, which one tap corrects."""
        situation, answers = self.situation, self.state["answers"]
        if situation.said_family or not situation.in_hand or not self.needs_phone(current):
            return False
        return answers.setdefault("assumed_at", current) == current

    def needs_phone(self, current: str) -> bool:
        """Whether the step reads differently from phone to phone."""
        step = self.books.steps[current.removeprefix("step.")]
        return step.iphone is not None or bool(menus_in(step.text))

    def choices_of(self, current: str) -> tuple[PlaybookChoice, ...]:
        """What may be answered to the advice with this id."""
        kind, _, name = current.partition(".")
        if kind == "step":
            step = self.books.steps[name]
            usual = USUAL if self.needs_phone(current) else USUAL[:-1]
            changed = _CHANGED.get(self.state["playbook"] or "", ())
            corrects = (_CHANGE_PHONE,) if self.is_assumed(current) else ()
            return (*(step.choices or (*usual[:2], *changed, *usual[2:])), *corrects)
        if kind == "question":
            return self.books.questions[name].choices
        if kind == "finding":
            return self.books.findings[name].choices
        if kind == "exhausted" and self.steps_left():
            return (_MORE,)
        return ()

    def show(self) -> Advice:
        """The current advice in words; after a step that is to be undone, with the way back before it."""
        advice = self.show_current()
        undo = [name for name in self.state["answers"].get("undo", "").split() if name in self.books.steps]
        back = [self.words(words) for name in undo if (words := self.books.steps[name].undo)]
        return replace(advice, text=self.joined([*back, advice.text]), undo=tuple(undo)) if back else advice

    def show_current(self) -> Advice:
        """The current advice in words."""
        current = self.state["current"]
        kind, _, name = current.partition(".")
        choices = tuple(AdviceChoice(entry.id, self.label(entry)) for entry in self.choices_of(current))
        if kind == "finding":
            finding = self.books.findings[name]
            return Advice("finding", current, self.words(finding.text), choices, finding.offers)
        if kind == "question":
            return Advice("question", current, self.words(self.books.questions[name].text), choices)
        if kind == "step":
            return self.show_step(current, choices)
        if kind == "exhausted":
            text = self.words(self.books.phrases["exhausted_more" if choices else "exhausted"])
            return Advice(
                "exhausted", current, text, choices, ("person", "refund") if self.given.facts else ("person",)
            )
        return Advice("solved", "solved", self.words(self.books.phrases["solved"]))

    def show_step(self, current: str, choices: tuple[AdviceChoice, ...]) -> Advice:
        """A step for the phone in hand or, when its menu was not found, in its general form."""
        step = self.books.steps[current.removeprefix("step.")]
        family = self.situation.menu_family
        words = step.iphone if step.iphone and family == "iphone" else step.text
        offers = tuple(offer for offer in step.offers if offer != "show_qr" or self.holds(("released",)))
        owed = [step for step in self.before_person() if f"step.{step}" != current]
        if self.state["failed"] >= MAX_FAILED and "person" not in offers and not owed:
            offers = (*offers, "person")
        if not self.state["general"]:
            return Advice("step", current, self.words(words), choices, offers)
        menu = self.books.menus[min(menus_in(words))]
        path = menu.path("iphone" if family == "iphone" else "other")
        text = {
            language: getattr(self.books.phrases["general"], language).format(
                search=getattr(menu.search, language), path=getattr(path, language)
            )
            for language in LANGUAGES
        }
        return Advice("step", f"{current}.general", text, choices, offers)

    def in_other_words(self, level: int) -> Advice:
        """The current advice explained differently; when that did not help, a person or another way."""
        advice = self.show()
        simpler = self.other_words("simpler")
        if advice.kind in {"step", "question", "finding"} and level > (2 if simpler else 1):
            return self.stuck(advice)
        words = simpler if simpler and level > 1 else self.other_words("again")
        return self.said_again(advice, words)

    def stuck(self, advice: Advice) -> Advice:
        """Beside `advice`, which explaining did not help: a person, and for a step the way around it."""
        if advice.kind != "step":
            text = self.words(self.books.phrases["stuck_choice"])
            return Advice("exhausted", "stuck", text, advice.choices, ("person",))
        works = tuple(choice for choice in advice.choices if choice.outcome == "works")
        skip = AdviceChoice("skip", self.words(self.books.phrases["skip"]))
        return Advice("exhausted", "stuck", self.words(self.books.phrases["stuck"]), (*works, skip), ("person",))

    def reminder(self) -> Advice:
        """The current advice in one short line."""
        return self.said_again(self.show(), self.other_words("reminder"))

    def said_again(self, advice: Advice, words: BilingualText | None) -> Advice:
        """The advice in other words, without what was already handed over with it."""
        offers = tuple(offer for offer in advice.offers if offer not in _HANDED_OVER)
        return replace(advice, text=self.words(words) if words else advice.text, offers=offers)

    def reason(self) -> TextByLanguage:
        """Why the current advice is given."""
        return self.words(self.other_words("why") or self.books.phrases["finding_why"])

    def other_words(self, form: Literal["again", "simpler", "reminder", "why"]) -> BilingualText | None:
        """The current advice in another form, if it has that."""
        kind, _, name = self.state["current"].partition(".")
        entries: dict[str, Mapping[str, Finding | Question | PlaybookStep]] = {
            "finding": self.books.findings,
            "question": self.books.questions,
            "step": self.books.steps,
        }
        if kind not in entries:
            return self.books.phrases.get(f"{kind}_{form}")
        found: BilingualText | None = getattr(entries[kind][name], form, None)
        return found

    def words(self, words: BilingualText) -> TextByLanguage:
        """Filled in for this situation."""
        return fill(words, self.situation, self.situation.menu_family, self.books)

    def label(self, entry: PlaybookChoice) -> TextByLanguage:
        """The words on a button."""
        return self.words(entry.text or self.books.phrases[entry.id])
