"""What the conversation scripts have reached of playbooks, stories, rules and responses, and what they have not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from aftercare.base.responses import all_responses, as_domain
from aftercare.base.yaml_data import read_yaml
from aftercare.troubleshooting.playbooks import load_playbooks

ROOT = Path(__file__).resolve().parents[2]
BAR = 0.95
# Said only where more than the words of one conversation is needed.
NEEDS_MORE_THAN_WORDS = frozenset(
    {
        "utter_apology",  # a server that does not answer: integration/rasa_components/test_channel.py
        "utter_apology_plain",  # the order database away: unit/actions/test_base.py
        "utter_restart",  # said by Rasa itself
        "utter_promotions_none",  # a catalogue without promotions
        "utter_support_hours_day_off",  # a day without people tomorrow
        "utter_handoff_limit",  # more hand-offs than one address may make
        # a mailer: integration/orders/test_email_codes.py, unit/actions/test_order_form.py
        "utter_code_email_wanted",
        "utter_code_sent",
        "utter_code_missing",
        "utter_code_wrong",
        "utter_code_over",
        "utter_code_wait",
        "utter_reissue_begun",  # an issuer that replaces eSIMs: integration/connectors/test_reissues.py
        "utter_topup_by_link",  # a payment provider: integration/connectors/test_top_ups.py
        "utter_exchange_pay",  # a payment provider: integration/connectors/test_exchange_payments.py
        "utter_exchange_pay_open",
        "utter_exchange_paid",
        "utter_exchange_when_paid",
        "utter_marketplace_refunds",  # a seller on a marketplace: unit/actions
        "utter_marketplace_number",
        "utter_plan_buy_seller",  # a catalogue without addresses of plans
        "utter_device_market_yes",  # a market that sells a model with eSIM that others sell without
        "utter_qr_prove_again",  # ten minutes without a message: unit/actions/test_qr_code.py
    }
)
# Of these pairs the time of day decides which is said.
BY_THE_CLOCK = ("_open", "_closed")

SCRIPTS = ROOT / "tests" / "conversations"


def all_scripts() -> Iterator[tuple[Path, dict[str, Any], str]]:
    """File, script and language of everything that is played."""
    for path in sorted(SCRIPTS.rglob("*.yml")):
        for script in read_yaml(path):
            for language in script.get("languages", ["en", "zh"]):
                yield path, script, language


class Decision(NamedTuple):
    """One action of a story: on which intent (None: on whatever came) and with which slots it is taken."""

    intent: str | None
    slots: Mapping[str, Any]
    action: str


class Turn(NamedTuple):
    """One turn as the channel reports it, with all slots that were set so far."""

    intent: str
    slots: Mapping[str, Any]
    actions: Sequence[str]


@dataclass
class Reached:
    """What was reached, gathered turn by turn."""

    names: set[str] = field(default_factory=set)
    conversations: dict[str, list[Turn]] = field(default_factory=dict)

    def add(self, sender: str, answer: Mapping[str, Any]) -> None:
        """Take in what the channel answered to one message."""
        turns = self.conversations.setdefault(sender, [])
        known = turns[-1].slots if turns else {}
        turn = answer["turn"]
        turns.append(Turn(turn["intent"], {**known, **turn["slots"]}, turn["actions"]))
        self.names |= {message["name"] for message in answer["messages"] if message["name"]}


@dataclass(frozen=True)
class Part:
    """One kind of thing: how many there are and which were not reached."""

    kind: str
    total: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return 1 - len(self.missing) / self.total if self.total else 1.0

    def __str__(self) -> str:
        line = f"{self.kind}: {self.total - len(self.missing)} of {self.total} ({self.share:.1%})"
        return line + "".join(f"\n    not reached: {name}" for name in self.missing)


def follows(turns: Sequence[Turn], story: Sequence[Decision]) -> bool:
    """Whether a conversation takes the story's actions in its order, on its intents and with its slots."""
    place = (0, 0)
    for decision in story:
        found = next(
            (
                (number, at)
                for number, turn in enumerate(turns)
                for at, action in enumerate(turn.actions)
                if (number, at) >= place
                and action == decision.action
                and (decision.intent is None or (at == 0 and turn.intent == decision.intent))
                and all(turn.slots.get(name) == value for name, value in decision.slots.items())
            ),
            None,
        )
        if found is None:
            return False
        place = (found[0], found[1] + 1)
    return True


def decisions(steps: Sequence[Mapping[str, Any]]) -> list[Decision]:
    """A story or rule as decisions."""
    slots: dict[str, Any] = {}
    intent: str | None = None
    found = []
    for step in steps:
        if "intent" in step:
            intent = step["intent"]
        for told in step.get("slot_was_set", ()):
            slots.update(told)
        if "action" in step:
            found.append(Decision(intent, dict(slots), step["action"]))
            intent = None
    return found


def _without_clock(name: str) -> str:
    return next((name[: -len(ending)] for ending in BY_THE_CLOCK if name.endswith(ending)), name)


def _written(kind: str, key: str) -> Iterator[tuple[str, list[Decision]]]:
    for path in sorted((ROOT / "data" / kind).glob("*.yml")):
        for entry in read_yaml(path)[kind]:
            yield entry[key], decisions(entry["steps"])


def _playbook_names() -> list[str]:
    books = load_playbooks()
    kinds = (("step", books.steps), ("finding", books.findings), ("question", books.questions))
    return [f"{kind}.{name}" for kind, entries in kinds for name in entries] + ["exhausted"]


def parts(reached: Reached) -> list[Part]:
    """Playbooks, stories, rules, responses."""

    names = {_without_clock(name) for name in reached.names}

    def of_names(kind: str, wanted: Iterable[str]) -> Part:
        each = list(dict.fromkeys(_without_clock(name) for name in wanted))
        return Part(kind, len(each), tuple(name for name in each if name not in names))

    def of_paths(kind: str, key: str) -> Part:
        written = list(_written(kind, key))
        turns = reached.conversations.values()
        missing = (name for name, path in written if not any(follows(each, path) for each in turns))
        return Part(kind, len(written), tuple(missing))

    responses = as_domain(all_responses())
    return [
        of_names("playbook steps, findings and questions", _playbook_names()),
        of_paths("stories", "story"),
        of_paths("rules", "rule"),
        of_names("responses", [name for name in responses if name not in NEEDS_MORE_THAN_WORDS]),
    ]
