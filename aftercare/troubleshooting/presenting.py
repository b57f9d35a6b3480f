"""The advice that waits in words: as it is given, again, shorter, with its reason and its choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from aftercare.base.language import LANGUAGES
from aftercare.troubleshooting.entries import BilingualText
from aftercare.troubleshooting.next_steps import NextSteps
from aftercare.troubleshooting.playbooks import Finding, PlaybookChoice, PlaybookStep, Question
from aftercare.troubleshooting.situation import Advice, AdviceChoice, TextByLanguage
from aftercare.troubleshooting.wording import fill, menus_in

# After so many steps in a row that changed nothing, a person is offered beside the next one.
MAX_FAILED = 5
# Offers that are carried out when the advice is given.
_PASSED_ON = ("show_qr", "reissue")
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


class Presenting(NextSteps):
    """Words and choices of the present advice."""

    def phone_to_ask(self) -> str:
        """The question about the phone that comes before a step with menus; "" when they can be named."""
        if self.holds(("in_hand_differs",)):
            return "question.phone_in_hand"
        return "" if self.situation.menu_family else "question.phone"

    def is_assumed(self, current: str) -> bool:
        """Whether this step is the first with the menus of the phone in hand, which one tap corrects."""
        situation, answers = self.situation, self.state["answers"]
        if situation.named_family or not situation.in_hand or not self.needs_phone(current):
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

    def choice_seen(self, current: str, facts: Collection[str]) -> PlaybookChoice | None:
        """The one choice of what is pending that the facts stand for; none when more than that was reported."""
        chosen = [choice for choice in self.choices_of(current) if facts and set(facts) <= set(choice.seen)]
        return chosen[0] if len(chosen) == 1 else None

    def is_answer(self, outcome: str) -> bool:
        """Whether the outcome, or what became known meanwhile, answers what is pending."""
        current = self.state["current"]
        if current == "question.phone" and self.situation.named_family:
            return True
        if current == "question.symptom" and self.situation.symptom:
            return True
        return self.choice_for(current, outcome) is not None

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
        return self.reworded(advice, words)

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
        return self.reworded(self.show(), self.other_words("reminder"))

    def reworded(self, advice: Advice, words: BilingualText | None) -> Advice:
        """The advice in other words, without what was already handed over with it."""
        offers = tuple(offer for offer in advice.offers if offer not in _PASSED_ON)
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

    @staticmethod
    def joined(texts: Sequence[TextByLanguage]) -> TextByLanguage:
        """Texts one after the other."""
        return {"en": " ".join(text["en"] for text in texts), "zh": "".join(text["zh"] for text in texts)}
