"""DialogueManager: reads each message once, in its context, and decides what comes next.

A message is read into commands (`aftercare.understanding.commands`); the slot `reading` keeps them for the actions and
for staff. What holds in every state (emergencies, questions, undoing, another order, a person, languages) is decided
by `decide`. What begins or goes on with a matter is decided by the stories, by the intent that was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.articles.files import ARTICLES
from aftercare.articles.retrieval import Retriever
from aftercare.base.language import LANGUAGES
from aftercare.base.settings import DATA
from aftercare.rasa_components.decide import decide
from aftercare.rasa_components.dialogue_training import SENTENCES, train_dialogue
from aftercare.rasa_components.matters import goal_slots, offered_reading, typed_title
from aftercare.rasa_components.message_kind import settled, unless_it_says_nothing
from aftercare.rasa_components.message_reader import MessageReader
from aftercare.rasa_components.order_meant import TO_CONFIRM
from aftercare.rasa_components.picture_reading import of_picture, only_a_picture, with_picture, words_to_read
from aftercare.rasa_components.policies import StoryPolicy
from aftercare.rasa_components.turn_context import context_of, offered, slot_before
from aftercare.rasa_components.turn_facts import state_of
from aftercare.rasa_components.turn_state import Decision
from aftercare.understanding.commands import Command
from aftercare.understanding.encoder import encoder
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading, Read, TurnReader
from aftercare.understanding.statements import with_statements
from aftercare.understanding.yes_no import after_yes

TURNS = DATA / "turns"
# What these do is no new matter, whatever goal the words of the message alone would set.
_BESIDE_THE_MATTER = frozenset(
    {
        "action_answer_question",
        "action_complain",
        "action_acknowledge",
        "action_handoff",
        "action_emergency",
        "action_speak_language",
        "action_other_order",
        "action_resume",
    }
)

# Done before what waits is agreed to, whatever else a message says.
_BEFORE_A_YES = frozenset(
    {"action_emergency", "action_speak_language", "action_start_over", "action_handoff", "action_other_order"}
)


def _likeliest(parsed: Mapping[str, Any]) -> tuple[str, float]:
    """The likeliest intent and its confidence, also where neither is enough to act on it alone."""
    for entry in parsed.get("intent_ranking") or (parsed.get("intent") or {},):
        if entry.get("name") not in (None, DEFAULT_NLU_FALLBACK_INTENT_NAME):
            return str(entry["name"]), float(entry.get("confidence") or 0.0)
    return "", 0.0


def _matter_kept(tracker: DialogueStateTracker, decision: Decision) -> Iterator[Event]:
    """The matter at hand, where the intent of the message alone has set another one."""
    if slot_before(tracker, "goal") is None:
        return
    for name in ("goal", "symptom"):
        before = slot_before(tracker, name)
        if before != tracker.get_slot(name) and name not in dict(decision.slots):
            yield SlotSet(name, before)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class DialogueManager(StoryPolicy):
    """Stories, and what holds in every state; trained on data/stories, data/rules, data/turns and data/articles."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Priority as of StoryPolicy."""
        return {**StoryPolicy.get_default_config(), "turns": str(TURNS)}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What the reader learns from besides the training data Rasa knows."""
        digest = hashlib.sha256()
        folders = (Path(config.get("turns") or TURNS), SENTENCES, *(ARTICLES / language for language in LANGUAGES))
        for path in sorted(path for folder in folders for path in folder.rglob("*.yml")):
            digest.update(path.read_bytes())
        found = encoder()
        digest.update((found.identity if found else "no encoder").encode())
        return digest.hexdigest()

    def __init__(self, *args: Any, reader: TurnReader | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messages = MessageReader(reader)

    def train(self, training_trackers: list[Any], domain: Domain, **kwargs: Any) -> Resource:
        """Learn decisions from the stories and the reader from the turns.

        Raises:
            ContradictingStories: two stories differ on the action in one state.
            TurnsError: a file of turns is malformed.
        """
        resource = super().train(training_trackers, domain, **kwargs)
        with self.storage.write_to(self.resource) as folder:
            train_dialogue(Path(self.config["turns"]), folder)
        return resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DialogueManager:
        """Loads the decisions and the reader of a trained model."""
        policy = super().load(config, model_storage, resource, execution_context, **kwargs)
        with model_storage.read_from(resource) as folder:
            if (folder / "turns.json").is_file():
                policy.messages.turns = TurnReader(ReaderModel.load(folder))
            if (folder / "units.json").is_file():
                policy.messages.questions = Retriever.load(folder)
        return policy

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Reads an unanswered message and decides; otherwise, and for pressed buttons, the stories decide."""
        message = tracker.latest_message
        unanswered = message is not None and tracker.latest_action_name == ACTION_LISTEN_NAME
        if not unanswered and tracker.active_loop_name is None and self.story_action(tracker, domain) is None:
            return self.predicted(ACTION_LISTEN_NAME, domain)  # no story goes on: the turn ends
        if not unanswered or tracker.is_active_loop_rejected or not message.text:
            return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        if message.text.startswith("/"):
            prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
            prediction.events = [*(prediction.events or []), SlotSet(READING_SLOT, None)]
            return prediction
        loop = tracker.active_loop_name
        intent, confidence = _likeliest(message.parse_data)
        context = context_of(tracker)
        metadata, brought = message.metadata or {}, frozenset(str(each.get("entity")) for each in message.entities)
        words = words_to_read(message.text, metadata)
        read = self.messages.read(words, context, tracker.get_slot("focus"))
        read = settled(read, intent, confidence, words)
        read = with_statements(read, words, typed=not only_a_picture(metadata))
        reading = with_picture(read, metadata, brought)
        if only_a_picture(metadata) and not intent.startswith("report_"):
            intent, confidence = "", 0.0
        state = state_of(tracker, context, words, intent, confidence)
        reading = unless_it_says_nothing(reading, state)
        choices = offered(tracker)
        chosen = typed_title(message.text, choices) or offered_reading(reading, message.text, choices)
        decision = Decision(slots=goal_slots(chosen), intent=chosen) if chosen else decide(reading, state)
        if not chosen and decision.action not in _BEFORE_A_YES and (agreed := self._agreed(words, context, tracker)):
            reading, decision = agreed, Decision(loop)
        if only_a_picture(metadata):
            decision = of_picture(decision, reading, state, tracker.get_slot("observed") or ())
        action = decision.action or self.story_action(tracker, domain, decision.intent)
        beside = action in _BESIDE_THE_MATTER or state.tells_which_phone
        kept = list(_matter_kept(tracker, decision)) if beside else []
        clear_again = loop is None and not state.missed and tracker.get_slot("misunderstandings")
        anew = [SlotSet("misunderstandings", 0)] if clear_again else []
        return self.predicted(action, domain, loop, [*kept, *anew, *self._events(reading, decision)])

    def _agreed(self, text: str, context: Context, tracker: DialogueStateTracker) -> CommandReading | None:
        """A plain yes to what waits, with the reading of the question that follows it; None when it is none."""
        if context.situation not in TO_CONFIRM:
            return None
        rest = after_yes(text, of_money=context.situation != "withdraw_confirm")
        if rest is None:
            return None
        read = self.messages.read(rest, Context("told"), tracker.get_slot("focus"))
        return replace(read, situation=context.situation, commands=(Read(Command("confirm"), 1.0), *read.commands))

    @staticmethod
    def _events(reading: CommandReading, decision: Decision) -> Iterator[Event]:
        yield SlotSet(READING_SLOT, reading.as_slot())
        for name, value in decision.slots:
            yield SlotSet(name, value)
