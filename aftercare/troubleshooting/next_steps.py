"""Which steps are left and which of them is worth giving next."""

from __future__ import annotations

from collections.abc import Collection

from aftercare.troubleshooting.playbooks import SignRule
from aftercare.troubleshooting.position import OF_INSTALLED, Position
from aftercare.troubleshooting.ranking import Likelihoods
from aftercare.troubleshooting.situation import Symptom


class NextSteps(Position):
    """What could be advised next, the likeliest first."""

    def looks(self) -> list[str]:
        """The questions about the screen."""
        return [look.question for look in self.books.looks]

    def look(self) -> str | None:
        """The question about the screen that is worth asking now, once, and never straight after another question."""
        if self.state["current"].startswith("question."):
            return None
        done = self.state["done"]
        of_installed = frozenset[str]().union(*(self.books.steps_for(symptom) for symptom in OF_INSTALLED))
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

    def new_target(self, rule: SignRule) -> str | None:
        """The first place a rule leads to that is still open."""
        return next((target for target in rule.then if self.is_new(target)), None)

    def is_new(self, target: str) -> bool:
        """Whether a finding was not told yet, or a step is still to be tried."""
        kind, _, name = target.partition(".")
        return self.is_open(name) if kind == "step" else target not in self.state["done"]

    def is_pending_fix(self, rule: SignRule) -> bool:
        """Whether what waits is the first of the rule's fixes that is still to be made."""
        waits = {self.state["current"], self.state["waiting"]}
        first = next((target for target in rule.then if target in waits or self.is_new(target)), None)
        return first is not None and first in waits

    def is_fixed_by_pending(self, facts: Collection[str]) -> bool:
        """Whether a rule leads from one of the facts to the step that waits."""
        rules = [rule for rule in self.books.signs if set(rule.signs) & set(facts) and not rule.symptom]
        return self.state["current"].startswith("step.") and any(self.state["current"] in rule.then for rule in rules)

    def overriding_finding(self) -> str | None:
        """A finding that makes everything else needless, wherever the diagnosis stands."""
        for finding in self.books.findings.values():
            given = f"finding.{finding.id}" in self.state["done"]
            if finding.at_once and finding.when is not None and not given and self.holds(finding.when):
                return f"finding.{finding.id}"
        return None

    def reported_symptom(self) -> Symptom | None:
        """The slighter fault that was reported, where the record led to another playbook whose steps did not help."""
        symptom = self.situation.symptom
        return symptom if symptom in OF_INSTALLED and self.is_better(symptom) else None

    def before_person(self) -> list[str]:
        """Steps of the playbook that come before a person is offered, the most worthwhile first."""
        playbook = self.books.symptoms.get(self.state["playbook"] or "")
        return [step for step in self.steps_left() if playbook and step in playbook.before_person]
