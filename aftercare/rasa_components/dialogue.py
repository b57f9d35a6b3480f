"""DialogueManager: reads each message once, in its context, and decides what comes next.

A message is read into commands (`aftercare.understanding.commands`); the slot `reading` keeps them for the actions and
for staff. What holds in every state (emergencies, questions, undoing, another order, a person, languages) is decided
by `decide`. What begins or goes on with a matter is decided by the stories, by the intent that was read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.articles.files import ARTICLES
from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.base.language import LANGUAGES, to_simplified, written
from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.decide import EMERGENCIES, PLANS_SHOWN, decide
from aftercare.rasa_components.dialogue_training import SENTENCES, train_dialogue
from aftercare.rasa_components.matters import goal_slots, offered_reading, typed_title
from aftercare.rasa_components.message_kind import (
    LIKELY,
    OF_A_REQUEST,
    QUESTIONS,
    SURE,
    settled,
    unless_it_says_nothing,
)
from aftercare.rasa_components.picture_reading import of_picture, only_a_picture, with_picture, words_to_read
from aftercare.rasa_components.policies import StoryPolicy
from aftercare.rasa_components.question_context import (
    CLEAR_ALONE,
    LONGEST,
    best_of_part,
    by_question,
    fused,
    subject,
)
from aftercare.rasa_components.turn_context import answers_before, context_of, name_of, slot_before
from aftercare.rasa_components.turn_state import Decision, State
from aftercare.understanding.case_questions import asks_ticket_state, drops_ticket
from aftercare.understanding.choices import named_item
from aftercare.understanding.commands import Command
from aftercare.understanding.contact_requests import asks_for_person, asks_for_person_beside
from aftercare.understanding.danger import out_of_danger
from aftercare.understanding.encoder import encoder
from aftercare.understanding.entities import Entity, EntityFinder
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.invoice_requests import gives_company
from aftercare.understanding.main_part import corrects, main_part
from aftercare.understanding.network_choice import asks_by_hand, misses_list
from aftercare.understanding.order_questions import asks_data_left, tries_again
from aftercare.understanding.order_references import (
    asks_which_order,
    comes_back_to_first,
    comes_back_to_own,
    means_other,
    names_place,
    order_by_ending,
    order_reference,
    owner_named,
)
from aftercare.understanding.other_languages import other_language
from aftercare.understanding.questions import SURELY_ASKED, only_question, split
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading, Read, TurnReader
from aftercare.understanding.refund_requests import asks_for_refund
from aftercare.understanding.refund_topics import asks_what_stays
from aftercare.understanding.repair_ends import ends_repair
from aftercare.understanding.second_intent import parts
from aftercare.understanding.segmentation import Word, segmenter
from aftercare.understanding.shopping import not_bought_yet
from aftercare.understanding.statements import places, with_statements
from aftercare.understanding.trip import tells_of_trip
from aftercare.understanding.which_phone import tells_which_phone
from aftercare.understanding.yes_no import after_yes

TURNS = DATA / "turns"
# A message longer than this, in characters, tells a story: each sentence of it is read as well.
_STORY = 160
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")
# Here an outcome or a choice is waited for; so many clauses, of so many characters, are read alone for it.
_WAITS_FOR_OUTCOME = ("step", "question", "exchange_choice")
_OUTCOMES = ("step", "choose")
_MOST_CLAUSES, _CLAUSE, _TOLD_IN_CLAUSE = 4, 60, 0.8
# What is said of a matter that is dropped for another one.
_DROPS = ("decline", "cancel", "no_person")
# What is said to a message that was not understood.
_NOT_UNDERSTOOD = ("utter_not_understood", "utter_did_you_mean")
# After these the menu of the networks may be missed.
_MENU_OF_NETWORKS = ("utter_incident_switch", "utter_network_by_hand", "utter_network_by_hand_search")
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

# What waits here is a request for one order.
_TO_CONFIRM = ("refund_confirm", "withdraw_confirm")
# Done before what waits is agreed to, whatever else a message says.
_BEFORE_A_YES = frozenset(
    {"action_emergency", "action_speak_language", "action_start_over", "action_handoff", "action_other_order"}
)
# Tells what would come back, and that a word begins it.
_REFUND_TOLD = "utter_refund_of_order"
# These show plans for a trip; after so many messages they are no longer what is talked about.
_SHOW_PLANS = ("action_price_plans", "action_crossborder_pack", "action_nothing_bought")
_LATELY = 3


def _likeliest(parsed: Mapping[str, Any]) -> tuple[str, float]:
    """The likeliest intent and its confidence, also where neither is enough to act on it alone."""
    for entry in parsed.get("intent_ranking") or (parsed.get("intent") or {},):
        if entry.get("name") not in (None, DEFAULT_NLU_FALLBACK_INTENT_NAME):
            return str(entry["name"]), float(entry.get("confidence") or 0.0)
    return "", 0.0


def _offered(tracker: DialogueStateTracker) -> list[tuple[str, str]]:
    """Title and intent of each choice shown last."""
    return [
        (str(button.get("title", "")), str(button.get("payload", "")).removeprefix("/"))
        for message in answers_before(tracker)
        for button in message.data.get("buttons") or ()
    ]


def _of_emergency(tracker: DialogueStateTracker) -> bool:
    """Whether the last answer was about danger, also one from the articles."""
    told = str((tracker.get_slot("focus") or {}).get("unit") or "")
    names = [name_of(each) for each in answers_before(tracker)]
    by_article = "utter_article" in names and told.startswith(EMERGENCIES)
    return by_article or any(name.startswith("utter_emergency") for name in names)


def _emergencies(tracker: DialogueStateTracker) -> int:
    """How many of the last answers in a row were about danger."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            if not name_of(event).startswith("utter_emergency"):
                break
            count += 1
    return count


def _missed(tracker: DialogueStateTracker) -> int:
    """How many messages in a row before the last one were not understood."""
    count, of_turn, seen = 0, False, 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and seen:
            of_turn = of_turn or name_of(event).startswith(_NOT_UNDERSTOOD)
        elif isinstance(event, UserUttered):
            seen += 1
            if seen > 1 and not of_turn:
                break
            count += of_turn
            of_turn = False
    return count


def _asks_network_by_hand(tracker: DialogueStateTracker, context: Context, text: str, brought: frozenset[str]) -> bool:
    """Whether the menu of the networks is asked for; where its step waits, for another phone only."""
    if context.asked == "manual_network" and not ("device" in brought and asks_something(text)):
        return False
    told = any(name_of(message) in _MENU_OF_NETWORKS for message in answers_before(tracker))
    return asks_by_hand(text, names_operator="operator" in brought) or (told and misses_list(text))


def _did(tracker: DialogueStateTracker, action: str) -> bool:
    """Whether an action ran in this conversation, as far back as the tracker reaches."""
    return any(isinstance(event, ActionExecuted) and event.action_name == action for event in tracker.events)


def _points_back(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether a message means another order of this conversation: the own one, or one told apart by what it is."""
    focus = tracker.get_slot("focus") or {}
    situation, at = context_of(tracker).situation, focus.get("at")
    left = {*(focus.get("left") or {}), *(focus.get("orders") or ())} - {tracker.get_slot("order_number"), at}
    if not left or situation in PLANS_SHOWN or _points_at_hand(tracker, text):
        return False
    named = order_reference(text) is not None and not asks_which_order(text)
    owner, owners = owner_named(text), focus.get("owners") or {}
    of_another = owner is not None and owner in owners.values() and owners.get(focus.get("at")) not in (None, owner)
    by_place = _order_by_place(tracker, text) not in (None, at)
    back = comes_back_to_first(text) or (comes_back_to_own(text) and not owners)
    return named or by_place or of_another or means_other(text) or back


def _order_by_place(tracker: DialogueStateTracker, text: str) -> str | None:
    """The order that a message means by its place among those that came up; None when it means none."""
    context, came_up = context_of(tracker), list((tracker.get_slot("focus") or {}).get("orders") or ())
    of_orders = context.situation in _TO_CONFIRM or names_place(text, choices_shown=bool(context.options))
    place = named_item(text, came_up) if of_orders and len(came_up) > 1 else None
    return None if place is None else str(came_up[place])


def _wants_other_back(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether money is asked back for another order of this conversation, named by the end of its number."""
    focus = tracker.get_slot("focus") or {}
    came_up = {*(focus.get("left") or {}), *(focus.get("orders") or ()), focus.get("at")} - {None}
    return order_by_ending(text, came_up) not in (None, focus.get("at")) and asks_for_refund(text)


def _points_at_hand(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether a message means the order at hand by its place among those that came up."""
    focus, context = tracker.get_slot("focus") or {}, context_of(tracker)
    at = focus.get("at")
    if (
        (context.situation, context.asked) in OF_A_REQUEST
        and len(focus.get("orders") or ()) < 2
        and asks_what_stays(text)
    ):
        return True  # "the first one, can I keep it?": of two charges, of which one is given back
    return at is not None and _order_by_place(tracker, text) == at


def _of_companion(tracker: DialogueStateTracker, text: str) -> bool:
    """Whether a message names a companion's order, and the order at hand was not said to be theirs."""
    focus = tracker.get_slot("focus") or {}
    at_hand = (focus.get("owners") or {}).get(focus.get("at"))
    return owner_named(text) == "companion" and at_hand != "companion"


def _numbers_named(tracker: DialogueStateTracker) -> set[str]:
    """The order numbers of all messages so far."""
    messages = (event for event in tracker.events if isinstance(event, UserUttered))
    found = (entity for message in messages for entity in message.entities or ())
    return {str(entity.get("value")) for entity in found if entity.get("entity") == "order_number"}


def _plans_lately(tracker: DialogueStateTracker) -> bool:
    """Whether plans were shown for a trip since the third message before this one."""
    said = 0
    for event in reversed(tracker.events):
        said += isinstance(event, UserUttered)
        if said > _LATELY:
            return False
        if isinstance(event, ActionExecuted) and event.action_name in _SHOW_PLANS:
            return True
    return False


def _names_other_order(tracker: DialogueStateTracker) -> bool:
    """Whether the last message has an order number, and not that of the order at hand."""
    entities = tracker.latest_message.entities if tracker.latest_message else ()
    named = {str(entity.get("value")) for entity in entities if entity.get("entity") == "order_number"}
    return bool(named) and _named_before(tracker) not in {None, *named}


def _named_before(tracker: DialogueStateTracker) -> str | None:
    """The order number given last before this message; the slot itself is empty again once an order is proven."""
    events = iter(reversed(tracker.events))
    for event in events:
        if isinstance(event, UserUttered):
            break
    given = (event.value for event in events if isinstance(event, SlotSet) and event.key == "order_number")
    return next((str(value) for value in given if value), None)


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
                policy._reader = TurnReader(ReaderModel.load(folder))
            if (folder / "units.json").is_file():
                policy._retriever = Retriever.load(folder)
        return policy

    def read(self, text: str, context: Context, focus: Mapping[str, Any] | None = None) -> CommandReading:
        """The commands of a message in its context; none when no reader was trained.

        `focus` is the slot of what was answered last.
        """
        if self._reader is None:
            return CommandReading(context.situation, context.asked)
        words = segmenter().words(text)
        found = self._finder.find(text)
        vector = self._vector(text)
        commands = self._reader.read(words, found, context, vector)
        if context.situation == "question" and not any(read.command.name == "observe" for read in commands):
            # what a choice says in its own words is a fact as well; without the choices it is read as one
            apart = self._reader.read(words, found, Context("step"), vector)
            commands += [read for read in apart if read.command.name == "observe" and read.probability >= SURE]
        if len(text) > _STORY:
            commands += self._read_by_sentence(text, context, commands)
        elif context.situation in _WAITS_FOR_OUTCOME:
            commands += self._told_in_clauses(text, context, commands)
        if (main := main_part(text)) != text:
            kept = [] if corrects(text) else [read for read in commands if read.command.name in _DROPS]
            text, words, found, vector = main, segmenter().words(main), self._finder.find(main), self._vector(main)
            commands = [*self._reader.read(words, found, context, vector), *kept]
        units = self._units_asked(text, words, found, vector)
        if context.situation not in ("step", "finding") or any(read.command.name in QUESTIONS for read in commands):
            units = self._units_in_context(text, units, context, focus)  # there what is no question asks of nothing
        single = tuple(self._units_of_parts(text, units))
        return CommandReading(context.situation, context.asked, tuple(commands), tuple(units), single)

    def _units_of_parts(self, text: str, whole: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
        """The best unit of each question of a message that asks two or three, by what the message tells besides."""
        found = split(text)
        for each in found.questions:
            alone = self._units_of(each)
            told = self._units_of(f"{found.told}, {each}") if found.told else alone
            if best := best_of_part(alone, told, whole):
                yield best

    def _read_by_sentence(self, text: str, context: Context, read: Sequence[Read]) -> list[Read]:
        """What single sentences of a long message surely begin or report, and the whole of it does not tell."""
        assert self._reader is not None
        found: dict[str, Read] = {}
        for sentence in filter(None, map(str.strip, _SENTENCE.split(text))):
            words = segmenter().words(sentence)
            for each in self._reader.read(words, self._finder.find(sentence), context, self._vector(sentence)):
                label = str(each.command)
                if each.command.name in ("start", "observe") and each.probability >= LIKELY:
                    found[label] = max(each, found.get(label, each), key=lambda one: one.probability)
        known = {str(each.command) for each in read}
        return sorted((each for label, each in found.items() if label not in known), key=lambda one: -one.probability)

    def _told_in_clauses(self, text: str, context: Context, read: Sequence[Read]) -> list[Read]:
        """What a clause beside a question surely tells of what waits: "the second one, but do I need a new code?".

        None where the whole tells it, or where clauses contradict one another.
        """
        assert self._reader is not None
        whole = {each.command.name for each in read if each.probability >= SURE}
        if not whole & {"ask", "ask_how", "ask_why"} or whole & set(_OUTCOMES):
            return []
        found: dict[str, Read] = {}
        clauses = [text[start:end].strip() for start, end in parts(text)]
        told = [clause for clause in clauses if clause and len(clause) <= _CLAUSE and not asks_something(clause)]
        for clause in told[:_MOST_CLAUSES]:
            words = segmenter().words(clause)
            for each in self._reader.read(words, self._finder.find(clause), context, self._vector(clause)):
                if each.command.name in _OUTCOMES and each.probability >= _TOLD_IN_CLAUSE:
                    found[str(each.command)] = each
        return list(found.values()) if len(found) == 1 else []

    def _units_asked(
        self, text: str, words: Sequence[Word], found: Sequence[Entity], vector: npt.NDArray[np.float32] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles by the whole text, or by the one question in it where that is surer."""
        units = self._units(text, words, found, vector)
        asked = only_question(text)
        if asked is None or not units or units[0][1] >= SURELY_ASKED:
            return units
        of_question = self._units_of(asked)
        if len(text) > _STORY:
            return of_question  # so much is told around it that the whole resembles nothing
        return by_question(units, of_question)

    def _units_in_context(
        self, text: str, alone: list[tuple[str, float]], context: Context, focus: Mapping[str, Any] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles, also by what was talked about where the message alone leaves them open."""
        if not alone or alone[0][1] >= CLEAR_ALONE or len(text) > LONGEST:
            return alone
        about = subject(context, focus, "zh" if written(text).language == "zh" else "en")
        if about is None:
            return alone
        return fused(alone, self._units_of(f"{about}, {text}"), (focus or {}).get("unit"))

    def _units_of(self, text: str) -> list[tuple[str, float]]:
        return self._units(text, segmenter().words(text), self._finder.find(text), self._vector(text))

    def _units(
        self, text: str, words: Sequence[Word], found: Sequence[Entity], vector: npt.NDArray[np.float32] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles that a text may ask, best first; none when no retriever was trained."""
        if self._retriever is None:
            return []
        simplified = to_simplified(text)
        if simplified != text:  # articles are asked in Simplified, and the encoder takes 熱點 (hotspot) for heat
            vector = self._vector(simplified)
        return self._retriever.rank(compared_words(words, found), vector, written(text).language or "en")

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
        read = settled(self.read(words, context, tracker.get_slot("focus")), intent, confidence, words)
        read = with_statements(read, words, typed=not only_a_picture(metadata))
        reading = with_picture(read, metadata, brought)
        if only_a_picture(metadata) and not intent.startswith("report_"):
            intent, confidence = "", 0.0
        whereabouts, missed = places(words, message.entities), _missed(tracker)
        state = State(
            intent=intent,
            confidence=confidence,
            entities=brought,
            loop=loop,
            verified=bool(tracker.get_slot("order_verified")),
            after_emergency=_of_emergency(tracker),
            emergencies=_emergencies(tracker),
            out_of_danger=out_of_danger(words),
            offer=bool(tracker.get_slot("offer"))
            or (context.situation == "told" and bool(context.options) and not missed),
            diagnosing=slot_before(tracker, "goal") == "diagnose" and bool(tracker.get_slot("diagnosis")),
            repair_open=(tracker.get_slot("diagnosis") or {}).get("current", "solved") != "solved",
            tries_again=tries_again(words),
            asks_data_left=asks_data_left(words),
            ends_repair=ends_repair(words),
            handed_off=_did(tracker, "action_handoff"),
            asks_money_back=asks_for_refund(message.text),
            written_in=other_language(str(metadata.get("typed", message.text))),
            points_back=_points_back(tracker, message.text),
            points_at_hand=_points_at_hand(tracker, message.text),
            wants_other_back=_wants_other_back(tracker, message.text),
            of_companion=_of_companion(tracker, message.text),
            of_ticket=asks_ticket_state(words) or drops_ticket(words),
            names_person_beside=asks_for_person_beside(words),
            names_person=asks_for_person(words),
            refund_told=_REFUND_TOLD in map(name_of, answers_before(tracker)),
            names_other_order=_names_other_order(tracker),
            other_email="email" in brought and "order_number" not in brought and len(_numbers_named(tracker)) > 1,
            tells_of_trip=_plans_lately(tracker) and tells_of_trip(words),
            tells_place=bool(whereabouts.stated or whereabouts.denied),
            waiting=bool((metadata.get("line") or {}).get("waiting")),
            gives_company=gives_company(words) and _did(tracker, "action_invoice"),
            missed=missed,
            tells_which_phone=tells_which_phone(context.asked, words, message.entities),
            asks_network_by_hand=_asks_network_by_hand(tracker, context, words, brought),
            not_bought=not_bought_yet(words),
            asks_in_form=asks_something(words),
        )
        reading = unless_it_says_nothing(reading, state)
        offered = _offered(tracker)
        chosen = typed_title(message.text, offered) or offered_reading(reading, message.text, offered)
        decision = Decision(slots=goal_slots(chosen), intent=chosen) if chosen else decide(reading, state)
        if not chosen and decision.action not in _BEFORE_A_YES and (agreed := self._agreed(words, context, tracker)):
            reading, decision = agreed, Decision(loop)
        if only_a_picture(metadata):
            decision = of_picture(decision, reading, state, tracker.get_slot("observed") or ())
        action = decision.action or self.story_action(tracker, domain, decision.intent)
        beside = action in _BESIDE_THE_MATTER or state.tells_which_phone
        kept = list(_matter_kept(tracker, decision)) if beside else []
        understood = loop is None and not state.missed and tracker.get_slot("misunderstandings")
        anew = [SlotSet("misunderstandings", 0)] if understood else []
        return self.predicted(action, domain, loop, [*kept, *anew, *self._events(reading, decision)])

    def _agreed(self, text: str, context: Context, tracker: DialogueStateTracker) -> CommandReading | None:
        """A plain yes to what waits, with the reading of the question that follows it; None when it is none."""
        if context.situation not in _TO_CONFIRM:
            return None
        rest = after_yes(text, of_money=context.situation != "withdraw_confirm")
        if rest is None:
            return None
        read = self.read(rest, Context("told"), tracker.get_slot("focus"))
        return replace(read, situation=context.situation, commands=(Read(Command("confirm"), 1.0), *read.commands))

    @staticmethod
    def _events(reading: CommandReading, decision: Decision) -> Iterator[Event]:
        yield SlotSet(READING_SLOT, reading.as_slot())
        for name, value in decision.slots:
            yield SlotSet(name, value)
