"""Where a diagnosis stands: its state, the situation with what was answered, and the signs that hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import cast

from aftercare.troubleshooting.conditions import holds
from aftercare.troubleshooting.playbooks import SignRule, load_playbooks
from aftercare.troubleshooting.signs import Signs
from aftercare.troubleshooting.situation import PlayerState, Situation, Symptom

# The faults of an installed eSIM, the slightest first: each step may turn one into another.
OF_INSTALLED: tuple[Symptom, ...] = ("slow", "no_data", "no_service")


def causes_found(state: PlayerState) -> tuple[tuple[str, str], ...]:
    """The symptom and the cause behind it, for each step that helped."""
    return tuple(
        (pair.partition(":")[0], pair.partition(":")[2]) for pair in state["answers"].get("causes", "").split()
    )


class Position:
    """The state of a diagnosis and what holds in it; nothing is advised here."""

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

    def is_better(self, symptom: str | None) -> bool:
        """Whether the symptom is a slighter one than that of the playbook."""
        ranks: dict[str | None, int] = {name: place for place, name in enumerate(OF_INSTALLED)}
        now = self.state["playbook"]
        return symptom in ranks and now in ranks and ranks[symptom] < ranks[now]

    def fault_seen(self) -> Symptom | None:
        """Which fault of an installed eSIM the newest sign shows, or the traveller named."""
        for sign in reversed(self.signs.holding):
            for rule in self.books.signs:
                if sign in rule.signs and rule.symptom in OF_INSTALLED:
                    return rule.symptom
        return self.situation.symptom if self.situation.symptom in OF_INSTALLED else None

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
