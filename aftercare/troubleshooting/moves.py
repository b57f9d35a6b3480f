"""How a diagnosis goes on: from what was answered or seen to the next finding, question or step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from aftercare.troubleshooting.playbooks import FAMILIES, PlaybookStep, SignRule
from aftercare.troubleshooting.position import OF_INSTALLED, causes_found
from aftercare.troubleshooting.presenting import MAX_FAILED, Presenting
from aftercare.troubleshooting.situation import Advice

# After as many, a person is offered before the next step when that is less likely to help than this.
LEAST_WORTH = 0.02
# The step that an incident of the record calls for; its way back is told with that cause.
NETWORK_BY_HAND = "manual_network"
# Facts that tell how the line does, as somebody sees it who has done the step.
_SEEN_AFTERWARDS = frozenset({"bars", "no_data", "no_service", "slow"})


class Moves(Presenting):
    """Plays one turn of a diagnosis; changes `state`."""

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

    def take_signs(self, facts: frozenset[str], outcome: str | None) -> Advice | None:
        """The advice after facts reported now, and an outcome beside them; None when the facts change nothing."""
        self.report(facts)
        current = self.state["current"]
        if decisive := self.overriding_finding():
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
            step and not outcome and self.state["playbook"] in OF_INSTALLED and facts & _SEEN_AFTERWARDS
        ):  # how the line does now is what came of the step
            outcome = "failed"
        if step and (outcome == "failed" or (outcome and better)):
            self.keep_outcome(step, "failed", turned)
        worse = turned in OF_INSTALLED and self.state["playbook"] in OF_INSTALLED and turned != self.state["playbook"]
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

    def keep_outcome(self, step: PlaybookStep, outcome: str, turned: str | None = None) -> None:
        """Keep what came of a step; `turned` is the symptom seen since.

        One that helped, wholly or in part, tells a cause. Of one that did not, what it traded away is taken back.
        """
        answers = self.state["answers"]
        if outcome == "works" or self.is_better(turned):
            self.state["failed"] = 0
            cause = self.cause_of_record() or self.likelihoods(without=step.id).probable_cause(step.id)
            if cause:
                pair = f"{self.state['playbook']}:{cause}"
                answers["causes"] = " ".join(dict.fromkeys([*answers.get("causes", "").split(), pair]))
            if step.undo and step.id != NETWORK_BY_HAND and self.cause_of_record():
                self.keep_traded("traded", step)  # the cause that is told names no way back from this step
        else:
            self.state["failed"] += 1
            if step.undo and outcome == "failed" and not (step.keep_when is not None and self.holds(step.keep_when)):
                self.keep_traded("undo" if step.take_back == "at_once" else "traded", step)
        if outcome in {"cannot", "skip"}:
            answers[f"step.{step.id}"] = outcome
        else:
            self.signs.clear(step.clears)
            self.keep_signs()

    def keep_traded(self, until: str, step: PlaybookStep) -> None:
        """Keep that a step is to be taken back: with the next words ("undo"), or at the end ("traded")."""
        answers = self.state["answers"]
        answers[until] = " ".join(dict.fromkeys([*answers.get(until, "").split(), step.id]))

    def cause_of_record(self) -> str | None:
        """The incident that was told, once another network was chosen: whatever step helped was no more than that."""
        done = self.state["done"]
        switched = "finding.incident" in done and f"step.{NETWORK_BY_HAND}" in done
        return "incident" if switched and self.holds(("incident", "other_network")) else None

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
        if current == "question.phone" and (outcome in FAMILIES or self.situation.named_family):
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
        turned = chosen.id if chosen.id in OF_INSTALLED else None
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
            if not step.tests and playbook and playbook.id in OF_INSTALLED:
                return self.set_current("question.test")
        return self.follow(chosen.then)

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
        named = [cause for cause in found if cause and cause.told]
        undone = answers.pop("traded", "").split()
        undone += [cause.gives_back for cause in named[:-1] if cause.gives_back and cause.gives_back not in undone]
        note = self.way_back(undone)
        if named and named[-1].told:
            back = (named[-1].gives_back,) if named[-1].gives_back else ()
            return Advice("note", f"cause.{named[-1].id}", self.words(named[-1].told), then=note, undo=back)
        return note

    def way_back(self, steps: Sequence[str]) -> Advice | None:
        """How to take back what these steps changed; None when nothing needs it."""
        words = [step.undo for name in steps if (step := self.books.steps.get(name)) and step.undo]
        text = self.joined([self.words(each) for each in words])
        return Advice("note", ".".join(["undo", *steps]), text, undo=tuple(steps)) if words else None

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
            if symptom := self.reported_symptom():
                return self.follow(f"playbook.{symptom}")
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
                symptom = self.reported_symptom()
                return self.follow(f"playbook.{symptom}") if symptom else self.set_current("exhausted")
        return self.set_current(f"step.{steps[0]}")
