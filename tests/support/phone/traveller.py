"""A traveller with a broken phone, talking to the player of playbooks: does what is said, and reports what is seen."""

from __future__ import annotations

import copy
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

from aftercare.troubleshooting.playbooks import PlaybookChoice, load_playbooks
from aftercare.troubleshooting.player import answer, begin, explain, observe, way_back
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation, Symptom
from tests.support.phone.actions import follow, left_worse, seen_after, take_back
from tests.support.phone.device import FAMILIES, Outcome, Phone
from tests.support.phone.faults import MOST, Fault, broken_phone, draw
from tests.support.phone.order_of import record_of

Kind = Literal["literal", "chatty", "observant"]
KINDS: tuple[Kind, ...] = ("literal", "chatty", "observant")
PATIENCE = 60
NOON, EVENING = datetime(2026, 11, 16, 23, 0, tzinfo=UTC), datetime(2026, 11, 17, 6, 30, tzinfo=UTC)
"""Both by the clock of New Zealand: 12:00 and 19:30."""
FACTS_OF: dict[Outcome, frozenset[str]] = {
    "works": frozenset(),
    "slow": frozenset({"slow"}),
    "no_data": frozenset({"bars", "no_data"}),
    "no_service": frozenset({"no_service"}),
}


@dataclass(frozen=True)
class Reply:
    """What a traveller has to say: a choice, or facts beside an outcome.

    `seen` is what came of a step; `look` whether the choice is of something on the screen.
    """

    choice: str
    facts: frozenset[str] = frozenset()
    outcome: str | None = None
    seen: str | None = None
    look: bool = False


@dataclass
class Run:
    """One conversation and how it ended."""

    kind: Kind
    family: str
    language: str
    faults: tuple[Fault, ...]
    said: list[str] = field(default_factory=list)
    verdict: str = "no end"
    """fixed, concluded (rightly), false solved, gave up, wrong end, no end."""
    worse: list[str] = field(default_factory=list)
    first_symptom: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the faults."""
        return tuple(fault.name for fault in self.faults)

    @property
    def right(self) -> bool:
        """Whether the phone works, or the reason why it cannot was told."""
        return self.verdict in {"fixed", "concluded"}

    @property
    def instructions(self) -> int:
        """How many things the traveller was asked to do."""
        return sum(name.startswith("step.") and not name.endswith(".general") for name in self.said)

    @property
    def questions(self) -> int:
        """How many questions the traveller was asked."""
        return sum(name.startswith("question.") for name in self.said)

    @property
    def loops(self) -> int:
        """Instructions given more than once."""
        steps = [name for name in self.said if name.startswith("step.")]
        return len(steps) - len(set(steps))


class Traveller:
    """One conversation; `talk` holds it."""

    def __init__(
        self,
        seed: int,
        *,
        number: int | None = None,
        kind: Kind | None = None,
        with_order: bool | None = None,
        family: str | None = None,
        among: Collection[str] = (),
        most: int = MOST,
    ) -> None:
        self.chance = random.Random(seed)
        self.kind: Kind = kind or self.chance.choice(KINDS)
        family = family or self.chance.choice(FAMILIES)
        with_order = self.chance.random() < 0.75 if with_order is None else with_order
        faults = draw(self.chance, family, number or self.chance.randint(1, most), with_order=with_order, among=among)
        while (phone := broken_phone(self.chance, faults, family)).line() == "works" == _first_look(phone):
            faults = draw(
                self.chance, family, number or self.chance.randint(1, most), with_order=with_order, among=among
            )
        self.phone, self.original = phone, copy.deepcopy(phone)
        self.run = Run(self.kind, family, self.chance.choice(["en", "zh"]), faults)
        self.last_seen: Outcome = _first_look(phone)
        self.run.first_symptom = self.last_seen
        self.situation = Situation(
            facts=record_of(self.chance, phone, faults) if with_order else None,
            symptom=cast("Symptom", self.last_seen),
            family=family if with_order or self.chance.random() < 0.5 else None,
            observed=frozenset(phone.symbols()) if self.kind == "observant" else frozenset(),
            now=EVENING if phone.around.crowded else NOON,
        )

    def talk(self) -> Run:
        """Hold the conversation to its end."""
        advice, state = begin(self.situation)
        for _ in range(PATIENCE):
            pieces = list(_pieces(advice))
            self.run.said += [piece.id for piece in pieces]
            for piece in pieces:
                for step in piece.undo:
                    self.take_back(step)
            last = pieces[-1]
            if self.ends(pieces, last):
                if last.kind == "exhausted" and (found := way_back(state, self.situation)):
                    self.run.said.append(found[0].id)  # told to who takes the person that is offered here
                    for step in found[0].undo:
                        self.take_back(step)
                break
            advice, state = self.reply(last, state)
        self.run.worse = left_worse(self.phone, self.original)
        return self.run

    def take_back(self, step: str) -> None:
        """Take back what a step changed; what then stops working is left as it was, as the words say."""
        before, now = copy.deepcopy(self.phone), self.phone.line()
        take_back(self.phone, step, self.original)
        if now == "works" != self.phone.line():
            self.phone = before

    def ends(self, pieces: list[Advice], last: Advice) -> bool:
        """Whether the conversation is over with this; sets the verdict."""
        rightly = {end for fault in self.run.faults for end in fault.ends_in}
        told = {piece.id for piece in pieces}
        if any(piece.kind == "solved" for piece in pieces):
            self.run.verdict = "fixed" if self.phone.line() == "works" else "false solved"
            return True
        if rightly & told and not last.id.startswith("step."):
            self.run.verdict = "concluded"
            return True
        if last.choices:
            return False
        self.run.verdict = "gave up" if last.kind == "exhausted" else "wrong end"
        return True

    def reply(self, advice: Advice, state: PlayerState) -> tuple[Advice, PlayerState]:
        """Answer the advice, and what comes of it."""
        if self.kind == "chatty" and self.chance.random() < 0.2:
            self.run.said.append(explain(state, self.situation, 1).id + " (in other words)")
        said = self.respond(advice)
        if said.facts and (found := observe(state, self.situation, said.facts, said.outcome)):
            return found
        return answer(state, self.situation, said.choice)

    def respond(self, advice: Advice) -> Reply:
        """Do what the advice asks for, and what there is to say then."""
        if advice.kind == "step" and (seen := self.of_step(advice)) is not None:
            return self.report(seen, advice)
        return Reply(self.choose(advice), look=self.seen_choice(advice.id) is not None)

    def of_step(self, advice: Advice) -> Outcome | None:
        """Do what a step says, and look; None for a step that asks something of its own."""
        step = advice.id.removeprefix("step.").removesuffix(".general")
        if not {"works", "failed"} <= {choice.outcome for choice in advice.choices}:
            return None
        if step in {
            "carrier_lock",
            "eid",
            "check_sim_list",
            "find_used_code",
            "vanished",
            "number_in_plan",
            "work_profile",
        }:
            return None
        self.changed = follow(self.phone, step)
        return seen_after(self.phone, step)

    def report(self, seen: Outcome, advice: Advice) -> Reply:
        """What came of a step: a choice that says it, else in words."""
        offered = {choice.outcome for choice in advice.choices}
        before, self.last_seen = self.last_seen, seen
        if seen == "works":
            return Reply("works", seen="works")
        outcome = "already" if not self.changed and "already" in offered and self.chance.random() < 0.4 else "failed"
        has_bars = seen == "no_data" and self.phone.network() is not None  # which "bars now" tells better than "failed"
        changed = seen if seen in offered and (seen != before or has_bars) else outcome
        new = seen if seen != before else outcome
        if self.kind == "observant" and self.chance.random() < 0.6:
            return Reply(changed, FACTS_OF[seen] | set(self.phone.symbols()), outcome, new)
        facts = FACTS_OF[seen] if seen != before and seen not in offered else frozenset()
        return Reply(changed, facts, "failed", new)

    def choose(self, advice: Advice) -> str:
        """The honest choice among those offered."""
        offered = [choice.outcome for choice in advice.choices]
        phone, name = self.phone, advice.id.removesuffix(".general")
        if name == "question.phone":
            return self.run.family
        if name == "question.test":
            phone.wifi = "off"
            self.last_seen = phone.line()
            return self.last_seen if self.last_seen in offered else "failed"
        if name in {"question.symptom", "question.signal", "question.stopped"}:
            return self.last_seen if self.last_seen in offered else offered[-1]
        if name == "step.work_profile":
            return "own"
        if name == "step.carrier_lock":
            return "failed" if phone.locked else "works"
        if name in {"step.check_sim_list", "step.find_used_code", "step.vanished"}:
            return "works" if phone.installed else "failed"
        if name == "finding.record_says_installed":
            return "found" if phone.installed else "other_phone"
        if name == "finding.throttled_no_data":
            return "understood" if phone.around.plan == "throttled" else "nothing_loads"
        if "no_bars" in offered and phone.network() is None:
            return "no_bars"
        by_sign = self.seen_choice(name)
        if by_sign:
            return by_sign
        return next((choice for choice in ("more", "skip", "plain") if choice in offered), offered[0])

    def seen_choice(self, name: str) -> str | None:
        """The first choice of a question that stands for something on the screen."""
        books = load_playbooks()
        kind, _, key = name.partition(".")
        entry = {"question": books.questions, "finding": books.findings}.get(kind, {}).get(key)
        choices: tuple[PlaybookChoice, ...] = entry.choices if entry else ()
        shown = self.phone.symbols()
        return next((choice.id for choice in choices if set(choice.seen) & set(shown)), None)


def _first_look(phone: Phone) -> Outcome:
    """What made the traveller write: the line without a Wi-Fi that works."""
    return phone.line() if phone.wifi == "fine" else phone.page()


def _pieces(advice: Advice) -> Iterator[Advice]:
    piece: Advice | None = advice
    while piece is not None:
        yield piece
        piece = piece.then
