"""How likely each cause is, and which step is therefore worth trying next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from aftercare.troubleshooting.causes import Cause, Look
from aftercare.troubleshooting.playbooks import Playbooks

MINUTES = 2
"""What a step takes that `efforts` does not name."""
EQUALLY_GOOD = 10
"""A step of this many minutes more must be twice as likely to help."""
WITHOUT_ITS_SYMBOL = 0.15
"""How much of its weight a cause keeps when the screen was looked at and shows none of its symbols."""

Holds = Callable[[Collection[str]], bool]


class Likelihoods:
    """The weight of every cause for a symptom, given what is known and what was done.

    Args:
        symptom: a playbook's name.
        holds: whether conditions are true of the situation.
        place: the region of New Zealand, if known.
        done: steps that were carried out without ending the fault.
        given: those of them that were given here, with all that their words ask for.
        looked: questions about the screen that were answered with none of the signs they offer.
        signs: what they said to see.
        experience: recorded cases by symptom and cause (`aftercare.orders.diagnoses`).
    """

    def __init__(
        self,
        books: Playbooks,
        symptom: str,
        holds: Holds,
        *,
        place: str | None = None,
        done: Collection[str] = (),
        given: Collection[str] = (),
        looked: Collection[str] = (),
        signs: Collection[str] = (),
        experience: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        self._books, self._symptom, self._holds = books, symptom, holds
        self._place, self._signs = place, frozenset(signs)
        self._done, self._given = frozenset(done), frozenset(given)
        self._ruled_out = frozenset(sign for name in looked for sign in books.offered_signs(name)) - self._signs
        self._priors = _priors(books, symptom, experience or {})
        self.weights: dict[str, float] = {
            cause.id: weight for cause in books.causes.values() if (weight := self._weight(cause)) > 0
        }

    def _weight(self, cause: Cause) -> float:
        prior = self._priors.get(cause.id, 0.0)
        if not prior or not self._holds(cause.when):
            return 0.0
        for adjust in cause.adjust:
            if (not adjust.places or self._place in adjust.places) and self._holds(adjust.when):
                prior *= adjust.times
        unseen = self._ruled_out.intersection(cause.symbols) and not self._signs.intersection(cause.symbols)
        if unseen and self._holds(cause.symbols_when):
            prior *= WITHOUT_ITS_SYMBOL
        for step in self._done:
            prior *= 1 - (_share(cause, step) if step in self._given else cause.cured_by.get(step, 0) / 100)
        return prior

    def help_of(self, step: str) -> float:
        """The share of cases left, 0 to 1, in which the step helps."""
        total = sum(self.weights.values())
        cured = sum(_share(self._books.causes[name], step) * weight for name, weight in self.weights.items())
        return cured / total if total else 0.0

    def worth(self, step: str) -> float:
        """That share, less for steps that take long or may leave the phone worse off."""
        effort = self._books.efforts.get(step)
        minutes, risk = (effort.minutes, effort.risk) if effort else (MINUTES, 0)
        return self.help_of(step) * (1 - risk / 100) / (1 + (minutes - MINUTES) / EQUALLY_GOOD)

    @property
    def left(self) -> float:
        """The share of cases, 0 to 1, that the steps done so far leave open."""
        priors = sum(self._priors.get(name, 0.0) for name in self.weights)
        return sum(self.weights.values()) / priors if priors else 0.0

    def steps(self) -> list[str]:
        """Every step that may help with the symptom, the most worthwhile first."""
        named = dict.fromkeys(step for name in self.weights for step in self._books.causes[name].cured_by)
        ranked = [step for step in named if step not in self._books.called_only]
        return sorted(ranked, key=lambda step: (-self.worth(step), step))

    def looks(self) -> list[Look]:
        """The questions about the screen that may name the cause."""
        total = sum(self.weights.values())
        found = []
        for look in self._books.looks:
            offered = self._books.offered_signs(look.question)
            on_screen = sum(
                weight
                for name, weight in self.weights.items()
                if offered.intersection(self._books.causes[name].symbols)
                and self._holds(self._books.causes[name].symbols_when)
            )
            if self._symptom in look.symptoms and total and on_screen / total * 100 >= look.least:
                found.append(look)
        return found

    def probable_cause(self, step: str) -> str | None:
        """The cause that a step which helped has most probably ended, when it is likelier than all others together."""
        ended = {
            name: self._books.causes[name].cured_by.get(step, 0) / 100 * weight for name, weight in self.weights.items()
        }
        best = max(ended, key=lambda name: ended[name], default=None)
        return best if best is not None and ended[best] > sum(ended.values()) / 2 else None


def _share(cause: Cause, step: str) -> float:
    """In how many cases, 0 to 1, a step given here ends the cause."""
    return max(cause.cured_by.get(step, 0), cause.helped_by.get(step, 0)) / 100


def _priors(books: Playbooks, symptom: str, experience: Mapping[tuple[str, str], int]) -> dict[str, float]:
    """How much each cause weighs for a symptom, per 100, by judgement and by the cases recorded."""
    judged = {cause.id: cause.prior * cause.shows.get(symptom, 0) / 100 for cause in books.causes.values()}
    total = sum(judged.values())
    cases = {name: experience.get((symptom, name), 0) for name in judged}
    seen = sum(cases.values())
    if not total:
        return {}
    return {
        name: 100 * (weight / total * books.experience + cases[name]) / (books.experience + seen)
        for name, weight in judged.items()
    }
