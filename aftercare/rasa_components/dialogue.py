"""DialogueManager: reads each message once, in its context, and decides what comes next.

A message is read into commands (`aftercare.understanding.commands`); the slot `reading` keeps them for the actions and
for staff. What holds in every state (emergencies, questions, undoing, another order, a person, languages) is decided
here. What begins or goes on with a matter is decided by the stories, by the intent that was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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
from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.retrieval_training import train_retriever
from aftercare.base.language import LANGUAGES, written
from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.policies import StoryPolicy
from aftercare.rasa_components.turn_context import answers_before, context_of, name_of
from aftercare.understanding.choices import named_item
from aftercare.understanding.commands import Command
from aftercare.understanding.encoder import encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import read_examples
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading, Read, TurnReader
from aftercare.understanding.segmentation import segmenter

TURNS = DATA / "turns"
SENTENCES = DATA / "nlu"
# A matter that is read this surely is begun, whatever the classifier of single messages makes of the words.
_SURE = 0.5
# From this confidence on the classifier is believed against a reading that is not sure.
_CLEAR = 0.8
_CERTAIN = 0.95
_LIKELY = 0.6
_GUESS = 0.2
# From this probability on an article surely answers a message.
_ANSWERED = 0.65
# A fault named beside a question is kept from this probability on.
_KEPT = 0.4
_FEW_WORDS = 0.25

_FAULTS = (
    "start:report_fault",
    "start:report_no_service",
    "start:report_no_data",
    "start:report_slow_data",
    "start:report_stopped_working",
    "start:report_activation_failure",
)
# Features of a plan: that one fails is told in the words of a question about it.
_FEATURES = ("ask_hotspot", "ask_calls_sms")
_QUESTIONS = ("ask", "ask_why", "ask_how", "rephrase", "repeat", "object", "dont_know")
# What the message does to the step, question or confirmation that waits: the form takes it.
_ANSWERS = ("step", "choose", "confirm", "decline", "observe")
_GOAL_OF = {
    "report_activation_failure": ("diagnose", "activation"),
    "report_no_service": ("diagnose", "no_service"),
    "report_no_data": ("diagnose", "no_data"),
    "report_slow_data": ("diagnose", "slow"),
    "report_stopped_working": ("diagnose", "stopped"),
    "request_refund": ("refund", None),
    "request_exchange": ("exchange", None),
    "check_refund_status": ("refund_status", None),
    "withdraw_request": ("withdraw", None),
    "payment_issue": ("payment", None),
    "ask_invoice": ("invoice", None),
    "check_order_status": ("order_status", None),
    "resend_qr": ("resend_qr", None),
    "check_data_usage": ("data_usage", None),
    "recover_usage_records": ("usage_records", None),
}
# A fault that is told as something seen, by the intent that reports it.
_FAULT_SEEN = {
    "no_data": "report_no_data",
    "some_apps_only": "report_no_data",
    "slow": "report_slow_data",
    "no_service": "report_no_service",
    "emergency_only": "report_no_service",
    "searching": "report_no_service",
    "drops": "report_stopped_working",
    "activating": "report_activation_failure",
    "error_shown": "report_activation_failure",
    "code_used": "report_activation_failure",
    "vanished": "report_activation_failure",
}
# Decided on here rather than by a story, so no story says that the turn ends after them.
_ANSWER_AND_LISTEN = frozenset({"utter_which_problem", "action_complain"})
# Done and told of a request: taking back means this request.
_REQUESTED = {("done", "refund"), ("done", "exchange")}


@dataclass(frozen=True)
class Decision:
    """An action, and the slots to set before it runs; no action leaves the turn to the stories and forms."""

    action: str | None = None
    slots: tuple[tuple[str, Any], ...] = ()
    intent: str | None = None
    """The intent the stories decide by, when it is another than the classifier's."""


@dataclass(frozen=True)
class State:
    """What the decision needs to know besides the reading.

    `intent` and `confidence` are those of the message read alone, the likeliest intent even when it is not sure.
    """

    intent: str
    confidence: float
    entities: frozenset[str] = frozenset()
    """The names of what the message brings."""
    loop: str | None = None
    """The form that waits."""
    verified: bool = False
    """Whether an order was proven in this conversation."""
    after_emergency: bool = False
    """Whether the last answer was about an emergency."""
    offer: bool = False
    """Whether the last answer offered something, or had choices, that a yes could take up."""
    diagnosing: bool = False
    """Whether a fault is the matter at hand."""

    @property
    def asks_clearly(self) -> bool:
        """Whether the words alone are clearly a question of a known subject."""
        return self.intent.startswith("ask_") and self.confidence >= _CLEAR

    @property
    def asks_surely(self) -> bool:
        """The same without any doubt."""
        return self.asks_clearly and self.confidence >= _CERTAIN

    @property
    def brings_order(self) -> bool:
        """Whether the message has an order number or an e-mail."""
        return bool(self.entities & {"order_number", "email"})


def decide(reading: CommandReading, state: State) -> Decision:
    """What holds in every state, in order of urgency; no action leaves the turn to the stories and forms."""
    has = reading.has
    where = (reading.situation, reading.asked)
    if reading.chance("emergency") >= _LIKELY / 2 or (
        state.after_emergency and has("ask", "object", "observe", *_FAULTS)
    ):
        return Decision("action_emergency")
    if _asks_for_language(reading, state):
        return Decision("action_speak_language")
    if has("start_over"):
        return Decision("action_start_over")
    if _wants_person(reading, state):
        return Decision("action_handoff")
    if has("undo") or (where in _REQUESTED and has("cancel", "decline", "start:withdraw_request")):
        return Decision("action_undo")
    if state.verified and (has("switch_order") or (has("correct") and state.brings_order)):
        return Decision("action_other_order")
    if not state.loop and reading.situation == "solved" and has("step:failed", "observe:no_data"):
        return Decision("diagnosis_form", (("goal", "diagnose"),))
    begun = _begun(reading, state)
    if begun and begun.startswith("report_") and state.intent in _FEATURES and state.asks_clearly:
        return Decision("action_answer_question")  # a feature that fails: its own steps
    if state.loop:
        return _in_form(reading, begun, state, state.loop)
    if begun == UNSPECIFIED_FAULT:
        if state.brings_order or state.verified:
            return Decision("order_form", (("goal", "diagnose"), ("symptom", None)))
        return Decision("utter_which_problem", (("goal", "diagnose"),))
    if begun == "check_order_status" and reading.situation == "finding":
        return Decision("action_answer_question")  # what happens with the order now, not where it stands
    if begun:
        return Decision(slots=_goal(begun), intent=begun)
    if _only_complains(reading, state) and reading.chance("complain") > max(map(reading.chance, _QUESTIONS)):
        return Decision("action_complain")
    if _answered(reading) and not has("confirm", "decline", "choose"):
        return Decision("action_answer_question", _kept(reading, state))
    takes_up = state.offer and has("acknowledge") and state.intent == "affirm"
    if (has("confirm", "decline") or takes_up) and not _is_question(reading):
        return Decision(intent="deny" if has("decline") and not has("confirm") else "affirm")
    if has("resume"):
        return Decision("action_resume")
    if _is_question(reading) or (state.brings_order and (state.asks_clearly or _nearly_answered(reading))):
        return Decision("action_answer_question", _kept(reading, state))
    if has("observe") and state.diagnosing:
        return Decision("diagnosis_form")
    if state.brings_order:
        return Decision("action_inform", (("goal", "order_status"),) if has("greet") else ())
    if has("complain"):
        return Decision("action_complain")
    if has("pause", "acknowledge", "goodbye") and not has("observe"):
        return Decision("action_acknowledge")
    if has("chat") and reading.situation in ("idle", "solved", "done"):
        return Decision(intent="out_of_scope") if not _nearly_answered(reading) else Decision("action_answer_question")
    if has("inform", "thank", "greet", "challenge", "choose"):
        return Decision()
    return Decision(None if state.confidence >= _CLEAR else "action_answer_question")


def _asks_for_language(reading: CommandReading, state: State) -> bool:
    """A wish to be answered in a language, or words in one of the others; no question about languages."""
    if reading.has("speak"):
        return reading.has("repeat") or not (reading.has("ask_how", "start") or _answered(reading))
    top = max((read.probability for read in reading.commands), default=0.0)
    return state.intent == "switch_language" and state.confidence >= _LIKELY and top < _LIKELY


def _wants_person(reading: CommandReading, state: State) -> bool:
    """A wish for a person; words about staff that an article answers are a question."""
    if _answered(reading) or (reading.has("ask") and state.asks_clearly):
        return reading.chance("person") >= _CLEAR
    return reading.has("person") or (
        state.intent == "human_handoff" and state.confidence >= _CLEAR and not reading.has("ask")
    )


def _answered(reading: CommandReading) -> bool:
    """Whether an article surely answers the message."""
    return bool(reading.units) and reading.units[0][1] >= _ANSWERED


def _nearly_answered(reading: CommandReading) -> bool:
    """Whether an article may answer the message."""
    return bool(reading.units) and reading.units[0][1] >= _FEW_WORDS


def _begun(reading: CommandReading, state: State) -> str | None:
    """The intent of the matter a message begins; `report_fault` when nothing tells which fault."""
    if state.loop is None and state.intent == "ask_refund_policy" and "order_number" in state.entities:
        return "request_refund"  # asked of this very order
    if _only_complains(reading, state) or (
        reading.has("start:request_refund") and state.intent == "ask_refund_policy" and state.asks_clearly
    ):
        return None
    starts = [value for value in reading.values("start") if reading.chance(f"start:{value}") >= _SURE]
    if not starts and state.brings_order and state.loop is None and not _is_question(reading):
        # beside number and e-mail few words are left to tell the matter
        starts = [value for value in reading.values("start") if reading.chance(f"start:{value}") >= _FEW_WORDS]
    if len(starts) > 1 and state.intent in starts:
        starts = [state.intent]  # what the words alone say decides between two readings
    begun = starts[0] if starts else None
    if state.loop is None and begun and _answered(reading) and reading.chance(f"start:{begun}") < _CLEAR:
        return None
    if begun and begun.startswith("report_") and state.asks_surely and reading.chance(f"start:{begun}") < _CERTAIN:
        return None
    asks = reading.chance("ask") > (reading.chance(f"start:{begun}") if begun else 0.0)
    if begun and begun != UNSPECIFIED_FAULT:
        return None if asks else begun
    if state.loop is not None:
        return begun if begun and not asks else None
    seen = next((_FAULT_SEEN[fact] for fact in reading.values("observe") if fact in _FAULT_SEEN), None)
    fault = state.intent if state.intent.startswith("report_") and state.confidence >= _SURE else None
    if fault and state.confidence >= _CERTAIN and not reading.has("ask", "ask_why", "ask_how"):
        return seen or fault
    if begun or not _is_question(reading):
        return seen or (fault if begun or state.confidence >= _CLEAR else None) or begun
    return None


def _only_complains(reading: CommandReading, state: State) -> bool:
    """Anger without a matter, though its words resemble one: "terrible service"."""
    starts = max((reading.chance(f"start:{value}") for value in reading.values("start")), default=0.0)
    return state.intent == "complain" and state.confidence >= _CLEAR and reading.chance("complain") > starts


def _kept(reading: CommandReading, state: State) -> tuple[tuple[str, Any], ...]:
    """The slots of a matter that a question stands beside: it goes on after the answer."""
    least = _SURE if state.asks_clearly else _KEPT
    started = next((value for value in reading.values("start") if reading.chance(f"start:{value}") >= least), None)
    seen = next((_FAULT_SEEN[fact] for fact in reading.values("observe") if fact in _FAULT_SEEN), None)
    return _goal(started or seen or "")


def _is_question(reading: CommandReading) -> bool:
    """Whether a message asks something; pointing at a thing to take it is no question."""
    if reading.has("refer") and not reading.has("ask", "choose"):
        return reading.situation != "exchange_choice"
    return reading.has(*_QUESTIONS) and not reading.chance("choose") > reading.chance("ask") > 0


def settled(reading: CommandReading, intent: str, confidence: float) -> CommandReading:
    """The reading, with a no where the words alone clearly are one: nothing is confirmed or awaited against them.

    A case is not closed on a guess either, and a guess at nothing in particular is none.
    """
    top = max((read.probability for read in reading.commands), default=0.0)
    if top < _GUESS and reading.situation in ("idle", "told", "done", "solved"):
        return replace(reading, commands=(Read(Command("unclear"), top),))
    told_again = intent.startswith("report_") and confidence >= _CLEAR and reading.has("complain")
    if reading.has("step:works") and (told_again or reading.has("step:failed")):  # "works great, not a page loads"
        kept = tuple(read for read in reading.commands if str(read.command) not in ("step:works", "step:failed"))
        return replace(reading, commands=(Read(Command("step", "failed"), top), *kept))
    if reading.has("step:works") and top < _SURE and intent == "affirm":
        return replace(reading, commands=(Read(Command("acknowledge"), top),))
    against = {"deny"} if reading.situation == "withdraw_confirm" else {"deny", "cancel", "withdraw_request"}
    misread = ("confirm", "step:will_try")
    if (
        intent not in against
        or confidence < _CLEAR
        or not reading.has(*misread)
        or reading.has("decline", "step:failed")
    ):
        return reading
    kept = tuple(read for read in reading.commands if str(read.command) not in misread)
    return replace(reading, commands=(Read(Command("decline"), confidence), *kept))


def _in_form(reading: CommandReading, begun: str | None, state: State, loop: str) -> Decision:
    has = reading.has
    if loop == "order_form" and state.brings_order:
        return Decision(loop)
    if begun and begun != UNSPECIFIED_FAULT and not (loop == "diagnosis_form" and begun.startswith("report_")):
        return Decision(slots=_goal(begun), intent=begun)
    if has("cancel") and loop != "refund_form":
        return Decision("action_cancel")
    if has("resume", "back"):
        return Decision(loop)
    if state.intent in _FEATURES and state.asks_clearly and not has("step:works", "step:failed", "choose"):
        return Decision("action_answer_question")
    only_chats = state.intent == "out_of_scope" and reading.chance("chat") >= reading.chance("ask")
    if only_chats and state.confidence >= _CLEAR and has("chat"):
        return Decision("action_acknowledge")
    only_angry = state.intent == "complain" and state.confidence >= _CERTAIN and has("complain")
    if only_angry and not has("ask", "ask_why", "ask_how") and reading.chance("step:failed") < _CLEAR:
        return Decision("action_complain")
    if has("pause") and not has(*_ANSWERS):
        return Decision("action_acknowledge")
    if _is_question(reading):
        return Decision("action_answer_question")
    if has(*_ANSWERS, "acknowledge", "inform", "correct", "refer", "cancel") or has(*_FAULTS):
        return Decision(loop)
    if has("complain"):
        return Decision("action_complain")
    if has("chat", "greet", "challenge", "thank", "goodbye"):
        return Decision("action_acknowledge")
    return Decision("action_answer_question")


def _likeliest(parsed: Mapping[str, Any]) -> tuple[str, float]:
    """The likeliest intent and its confidence, also where neither is enough to act on it alone."""
    for entry in parsed.get("intent_ranking") or (parsed.get("intent") or {},):
        if entry.get("name") not in (None, DEFAULT_NLU_FALLBACK_INTENT_NAME):
            return str(entry["name"]), float(entry.get("confidence") or 0.0)
    return "", 0.0


def _chosen(tracker: DialogueStateTracker, reading: CommandReading, text: str) -> str | None:
    """The intent of the reading that was offered and is taken in words: by its place or name, or as the only one."""
    if reading.situation != "choices" or not reading.has("choose") or reading.has("ask"):
        return None
    offered = [
        (str(button.get("title", "")), str(button.get("payload", "")).removeprefix("/"))
        for message in answers_before(tracker)
        for button in message.data.get("buttons") or ()
    ]
    offered = [(title, intent) for title, intent in offered if intent in _GOAL_OF]
    place = named_item(text, [title for title, _ in offered])
    if place is None and len(offered) == 1:
        place = 0
    return None if place is None else offered[place][1]


def _goal(intent: str) -> tuple[tuple[str, Any], ...]:
    goal, symptom = _GOAL_OF.get(intent, (None, None))
    slots: list[tuple[str, Any]] = [("goal", goal)] if goal else []
    return (*slots, ("symptom", symptom)) if symptom else tuple(slots)


def no_questions() -> Iterator[tuple[str, str, str]]:
    """Language, intent and text of the training sentences that no article answers."""
    from aftercare.rasa_components.lint import read_sentences  # imports what only training needs

    for path in sorted(SENTENCES.rglob("*.yml")):
        for each in read_sentences(path, SENTENCES):
            if not each.intent.startswith("ask_"):
                yield each.folder, each.intent, each.text


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
        folders = (Path(config.get("turns") or TURNS), *(ARTICLES / language for language in LANGUAGES))
        for path in sorted(path for folder in folders for path in folder.rglob("*.yml")):
            digest.update(path.read_bytes())
        found = encoder()
        digest.update((found.identity if found else "no encoder").encode())
        return digest.hexdigest()

    def __init__(self, *args: Any, reader: TurnReader | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader
        self._retriever: Retriever | None = None
        self._finder = EntityFinder(load_catalogue())

    def train(self, training_trackers: list[Any], domain: Domain, **kwargs: Any) -> Resource:
        """Learn decisions from the stories and the reader from the turns.

        Raises:
            ContradictingStories: two stories differ on the action in one state.
            TurnsError: a file of turns is malformed.
        """
        resource = super().train(training_trackers, domain, **kwargs)
        taught = [example for example in read_examples(Path(self.config["turns"])) if not example.held_out]
        if taught:
            cut = segmenter()
            words = [masked_words(cut.words(each.text), self._finder.find(each.text)) for each in taught]
            found = encoder()
            vectors = found.encode_kept([each.text for each in taught]) if found else None
            model = ReaderModel.fit(words, [each.context for each in taught], [each.labels for each in taught], vectors)
            retriever = train_retriever(no_questions(), self._finder, found)
            with self.storage.write_to(self.resource) as folder:
                model.save(folder)
                retriever.save(folder)
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
                policy._reader = TurnReader(ReaderModel.load(folder))
            if (folder / "units.json").is_file():
                policy._retriever = Retriever.load(folder)
        return policy

    def read(self, text: str, context: Context) -> CommandReading:
        """The commands of a message in its context; none when no reader was trained."""
        if self._reader is None:
            return CommandReading(context.situation, context.asked)
        words = segmenter().words(text)
        found = self._finder.find(text)
        vector = self._vector(text)
        commands = self._reader.read(words, found, context, vector)
        units: list[tuple[str, float]] = []
        if self._retriever is not None:
            units = self._retriever.rank(compared_words(words, found), vector, written(text).language or "en")
        return CommandReading(context.situation, context.asked, tuple(commands), tuple(units))

    @staticmethod
    def _vector(text: str) -> npt.NDArray[np.float32] | None:
        found = encoder()
        return None if found is None else found.encode([text])[0]

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
        if not unanswered and tracker.active_loop_name is None and tracker.latest_action_name in _ANSWER_AND_LISTEN:
            scores = [0.0] * domain.num_actions
            scores[domain.index_for_action(ACTION_LISTEN_NAME)] = 1.0
            return PolicyPrediction(scores, type(self).__name__, self.priority)
        if not unanswered or tracker.is_active_loop_rejected or not message.text:
            return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        if message.text.startswith("/"):
            prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
            prediction.events = [*(prediction.events or []), SlotSet(READING_SLOT, None)]
            return prediction
        loop = tracker.active_loop_name
        intent, confidence = _likeliest(message.parse_data)
        context = context_of(tracker)
        reading = settled(self.read(message.text, context), intent, confidence)
        state = State(
            intent,
            confidence,
            frozenset(str(entity.get("entity")) for entity in message.entities),
            loop,
            bool(tracker.get_slot("order_verified")),
            any(name_of(each).startswith("utter_emergency") for each in answers_before(tracker)),
            bool(tracker.get_slot("offer")) or (context.situation == "told" and bool(context.options)),
            tracker.get_slot("goal") == "diagnose" and bool(tracker.get_slot("diagnosis")),
        )
        chosen = _chosen(tracker, reading, message.text)
        decision = Decision(slots=_goal(chosen), intent=chosen) if chosen else decide(reading, state)
        events = list(self._events(reading, decision))
        action = decision.action
        if action is None:
            action = self.story_action(tracker, domain, decision.intent)
        scores = [0.0] * domain.num_actions
        if action in domain.action_names_or_texts:
            scores[domain.index_for_action(action)] = 1.0
        return PolicyPrediction(
            scores,
            type(self).__name__,
            self.priority,
            events=events,
            is_no_user_prediction=loop is not None and any(scores),
        )

    @staticmethod
    def _events(reading: CommandReading, decision: Decision) -> Iterator[Event]:
        yield SlotSet(READING_SLOT, reading.as_slot())
        for name, value in decision.slots:
            yield SlotSet(name, value)
