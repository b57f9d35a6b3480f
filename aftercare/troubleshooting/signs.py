"""What the traveller reports to see, in the order reported: a newer sign cancels those it excludes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from aftercare.troubleshooting.playbooks import Playbooks, SignRule

_CANCELLED = "-"


class Signs:
    """The signs of one diagnosis, newest last; kept as text between turns."""

    def __init__(self, kept: str, books: Playbooks) -> None:
        self._books = books
        self._known: dict[str, bool] = {word.removeprefix("-"): not word.startswith("-") for word in kept.split()}

    def __str__(self) -> str:
        return " ".join(sign if holds else _CANCELLED + sign for sign, holds in self._known.items())

    @property
    def holding(self) -> tuple[str, ...]:
        """Those that no newer one has cancelled, oldest first."""
        return tuple(sign for sign, holds in self._known.items() if holds)

    def learn(self, conversation: Collection[str]) -> None:
        """Take in what the whole conversation has reported; only what was not known yet is newer."""
        self.report(sign for sign in conversation if sign not in self._known)

    def report(self, signs: Iterable[str]) -> None:
        """Take in what is reported now; signs of one message do not cancel each other."""
        now = sorted(set(signs))
        for excluded in {other for sign in now for other in self._books.opposites.get(sign, ())} - set(now):
            if excluded in self._known:
                self._known[excluded] = False
        for sign in now:
            self._known.pop(sign, None)
            self._known[sign] = True

    def clear(self, signs: Iterable[str]) -> None:
        """What showed them was put right: none of them holds until it is reported again."""
        self._known |= dict.fromkeys(self._known.keys() & set(signs), False)

    def settle(self) -> None:
        """The fault is solved: what called for a fix is gone, what the traveller knows otherwise stays."""
        fixed = {sign for rule in self._books.signs if rule.then or rule.symptom for sign in rule.signs}
        self._known = {sign: holds and sign not in fixed for sign, holds in self._known.items()}

    def call_for(self, rule: SignRule, new: Collection[str]) -> bool:
        """Whether one of the `new` signs is of the rule, and nothing seen speaks against it."""
        seen = any(sign in new and self._known.get(sign) for sign in rule.signs)
        return seen and not any(self._known.get(sign) for sign in rule.unless)

    def conditions(self) -> Mapping[str, bool]:
        """The conditions that the signs settle, by name."""
        holding = self.holding
        rules = (rule for rule in self._books.signs if rule.means and self.call_for(rule, holding))
        return {name.removeprefix("not "): not name.startswith("not ") for rule in rules for name in rule.means}

    def needless(self) -> frozenset[str]:
        """Steps that the signs show to be done."""
        holding = self.holding
        rules = (rule for rule in self._books.signs if rule.done and self.call_for(rule, holding))
        return frozenset(step for rule in rules for step in rule.done)
