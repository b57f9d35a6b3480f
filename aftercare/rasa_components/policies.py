"""StoryPolicy: what to do next, learned from the stories, from the present state alone.

Rasa's memoization knows only the paths it has seen, and a real conversation wanders. This policy reads each story as
pairs of state and action without the path to the state, so a digression leads to no unknown state.
The intents a form lists under `ignored_intents` are digressions: they run their own action first, and RulePolicy then
returns to the form, which comes back to what it asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

FILE = "story_policy.json"
# Runs when one message asks two things: neither may be ignored, whatever the stories say of the first.
TWO_MATTERS = "action_two_matters"


class ContradictingStories(RasaException):  # type: ignore[misc]
    """Two stories ask for different actions in the same state."""


def _influential_slots(domain: Domain) -> list[str]:
    return sorted(slot.name for slot in domain.slots if slot.influence_conversation and slot.name != "requested_slot")


def _key(intent: str | None, previous: str | None, loop: str | None, slots: dict[str, Any]) -> str:
    """A state as text; the intent counts only while it is unanswered."""
    asked = intent if previous == ACTION_LISTEN_NAME else None
    return json.dumps([asked, previous, loop, sorted(slots.items())], ensure_ascii=False)


def _generalisations(slots: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The slots from the most to the least specific: all of them, each alone, none."""
    yield slots
    if len(slots) > 1:
        for name in slots:
            yield {name: slots[name]}
    yield {}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class StoryPolicy(Policy):  # type: ignore[misc]
    """Predicts the next action from intent, last action, active form and the slots that influence the conversation."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Priority above RulePolicy's 6, so that a digression wins over the form that is waiting."""
        return {"priority": 7}

    @staticmethod
    def supported_data() -> SupportedData:
        """Rules matter too: they say how a digression is answered."""
        return SupportedData.ML_AND_RULE_DATA

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: Any = None,
        decisions: dict[str, str] | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self.storage, self.resource = model_storage, resource
        self.decisions = decisions or {}

    def train(self, training_trackers: list[Any], domain: Domain, **kwargs: Any) -> Resource:
        """Reads every story and rule.

        Raises:
            ContradictingStories: two of them differ on the action in one state.
        """
        slots = _influential_slots(domain)
        exact: dict[str, tuple[str, str]] = {}
        general: dict[str, set[str]] = {}
        for tracker in training_trackers:
            if getattr(tracker, "is_augmented", False):
                continue
            for intent, previous, loop, values, action in _decisions_of(tracker, slots):
                if not tracker.is_rule_tracker:
                    key = _key(intent, previous, loop, values)
                    known, story = exact.setdefault(key, (action, tracker.sender_id))
                    if known != action:
                        raise ContradictingStories(
                            f"In the state {key} the story '{story}' does '{known}', but '{tracker.sender_id}' does "
                            f"'{action}'. Tell them apart by a slot, or make them agree."
                        )
                elif loop is not None or previous != ACTION_LISTEN_NAME:
                    continue  # of a rule, only the answer to an intent is of use here
                for fewer in _generalisations(values):
                    general.setdefault(_key(intent, previous, loop, fewer), set()).add(action)
        self.decisions = {key: next(iter(actions)) for key, actions in general.items() if len(actions) == 1}
        self.decisions |= {key: action for key, (action, _) in exact.items()}
        self.persist()
        return self.resource

    def persist(self) -> None:
        """Writes the decisions as JSON."""
        with self.storage.write_to(self.resource) as path:
            (path / FILE).write_text(json.dumps(self.decisions, ensure_ascii=False, indent=0, sort_keys=True))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> StoryPolicy:
        """Loads the decisions of a trained model."""
        with model_storage.read_from(resource) as path:
            decisions = json.loads((path / FILE).read_text())
        return cls(config, model_storage, resource, execution_context, decisions=decisions)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """The stories' decision with confidence 1, or none at all."""
        loop = tracker.active_loop_name
        action = self.story_action(tracker, domain)
        return self.predicted(action, domain, loop)

    def predicted(
        self, action: str | None, domain: Domain, loop: str | None = None, events: list[Event] | None = None
    ) -> PolicyPrediction:
        """A prediction of one action with confidence 1, or of none; `loop` is the form that waits."""
        scores = [0.0] * domain.num_actions
        known = action in domain.action_names_or_texts
        if known:
            scores[domain.index_for_action(action)] = 1.0
        return PolicyPrediction(
            scores,
            type(self).__name__,
            self.priority,
            events=events,
            is_no_user_prediction=known and loop is not None,
        )

    def story_action(self, tracker: DialogueStateTracker, domain: Domain, intent: str | None = None) -> str | None:
        """What the stories do in this state; `intent` takes the place of the one that the message alone was given."""
        loop = tracker.active_loop_name
        return self._in_form(tracker, domain, loop, intent) if loop else self._outside(tracker, domain, intent)

    def _outside(self, tracker: DialogueStateTracker, domain: Domain, intent: str | None) -> str | None:
        message = tracker.latest_message
        unanswered = message is not None and tracker.latest_action_name == ACTION_LISTEN_NAME
        if unanswered and any(entity.get("entity") == "second_intent" for entity in message.entities):
            return TWO_MATTERS
        return self._decide(tracker, domain, None, intent)

    def _in_form(
        self, tracker: DialogueStateTracker, domain: Domain, loop: str, instead: str | None = None
    ) -> str | None:
        """The action of a digression; None leaves the turn to the form."""
        if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.is_active_loop_rejected:
            return None
        intent = instead or (tracker.latest_message.intent.get("name") if tracker.latest_message else None)
        if intent not in domain.forms.get(loop, {}).get("ignored_intents", []):
            return None
        return self._decide(tracker, domain, loop, instead) or self._decide(tracker, domain, None, instead)

    def _decide(
        self, tracker: DialogueStateTracker, domain: Domain, loop: str | None, instead: str | None
    ) -> str | None:
        intent = instead or (tracker.latest_message.intent.get("name") if tracker.latest_message else None)
        slots = {name: tracker.get_slot(name) for name in _influential_slots(domain)}
        for fewer in _generalisations(slots):
            action = self.decisions.get(_key(intent, tracker.latest_action_name, loop, fewer))
            if action is not None:
                return action
        return None


def _decisions_of(
    tracker: DialogueStateTracker, slot_names: Iterable[str]
) -> Iterator[tuple[str | None, str | None, str | None, dict[str, Any], str]]:
    """(intent, previous action, active form, slots, action) for every action a story or rule takes."""
    slots: dict[str, Any] = {name: tracker.slots[name].initial_value for name in slot_names}
    intent = previous = loop = None
    for event in tracker.events:
        if isinstance(event, UserUttered):
            intent = event.intent_name
        elif isinstance(event, SlotSet):
            if event.key in slots:
                slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
        elif isinstance(event, ActionExecuted) and event.action_name:
            if previous is not None:
                yield intent, previous, loop, dict(slots), event.action_name
            previous = event.action_name
