"""Messages that say nothing: what only resembles an answer, where nothing was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.decide import decide
from aftercare.rasa_components.matters import offered_reading
from aftercare.rasa_components.message_kind import unless_it_says_nothing
from aftercare.rasa_components.message_reader import MessageReader
from aftercare.rasa_components.turn_facts import missed_before
from aftercare.rasa_components.turn_state import Decision, State
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.reader import CommandReading, Read
from aftercare.understanding.segmentation import Word
from tests.support.readings import reading


def state(intent: str = "nlu_fallback", confidence: float = 0.3, **known: Any) -> State:
    return State(intent, confidence, **known)


UNCLEAR, KEPT = True, False
TRIED = frozenset({"tried", "language"})
SPEAKS, DANGER = Decision("action_speak_language"), Decision("action_emergency")


@pytest.mark.parametrize(
    ("read", "known", "unclear"),
    [
        (reading("confirm@0.3"), state(), UNCLEAR),
        (reading("resume@0.4", situation="told"), state(), UNCLEAR),
        (reading("confirm@0.3", "choose@0.2", situation="choices"), state(offer=True), UNCLEAR),
        (reading("confirm@0.3"), state("affirm", 0.97), KEPT),  # the words alone are a yes
        (reading("confirm@0.6"), state(), KEPT),
        (reading("confirm@0.3", situation="refund_confirm"), state(loop="refund_form"), KEPT),  # a yes is awaited
        (reading("confirm@0.3"), state(entities=frozenset({"device"})), KEPT),
        (reading("confirm@0.3", "start:request_refund@0.3"), state(), KEPT),
        (reading("confirm@0.3", units="hotspot.share@0.8"), state(), KEPT),
        # once a message was not understood, what comes next must be read surely
        (reading("confirm@0.9"), state(missed=1), UNCLEAR),
        (reading("confirm@0.96"), state(missed=1), KEPT),
        (reading("confirm@0.6", situation="choices"), state(missed=1, offer=True), KEPT),  # takes what was offered
        (reading("confirm@0.6", situation="choices"), state(missed=2, offer=True), UNCLEAR),
        (reading("chat@0.9"), state(missed=1), KEPT),
        (reading("chat@0.9"), state(missed=2), UNCLEAR),
        (reading("step:works@0.7"), state(missed=2), UNCLEAR),
        (reading("start:report_no_data@0.5"), state(missed=2), KEPT),
        (reading("complain@0.5"), state(missed=2), KEPT),
    ],
)
def test_a_faint_answer_where_nothing_was_asked_is_unclear(read: CommandReading, known: State, unclear: bool) -> None:
    labels = [str(each.command) for each in unless_it_says_nothing(read, known).commands]
    assert labels == (["unclear"] if unclear else [str(each.command) for each in read.commands])


def answered(*names: str) -> list[Event]:
    return [UserUttered("that thing"), *(BotUttered("…", metadata={"meaning": name}) for name in names)]


@pytest.mark.parametrize(
    ("turns", "missed"),
    [
        ([], 0),
        ([["utter_not_understood"]], 1),
        ([["utter_did_you_mean"], ["utter_not_understood_again"]], 2),
        ([["utter_not_understood"], ["utter_article"]], 0),
        ([["utter_not_understood"], ["utter_article"], ["utter_did_you_mean"]], 1),
    ],
)
def test_messages_that_were_not_understood_count_in_a_row(turns: list[list[str]], missed: int) -> None:
    events = [event for names in turns for event in answered(*names)]
    assert missed_before(DialogueStateTracker.from_events("t", [*events, UserUttered("hm")])) == missed


ANSWER = Decision("action_answer_question")
IN_FORM, LINE = Decision("diagnosis_form"), "no-service.sos-only@0.9"


@pytest.mark.parametrize(
    ("read", "known", "decision"),
    [
        # what is said of the step is for the form, whatever question its words resemble
        (reading("ask@0.3"), state("ask_roaming_setting", 0.99, entities=TRIED, loop="diagnosis_form"), IN_FORM),
        (
            reading("ask@0.8"),
            state("ask_roaming_setting", 0.99, entities=TRIED, loop="diagnosis_form", asks_in_form=True),
            ANSWER,
        ),
        (reading("step:done@0.6", "ask@0.4"), state("ask_apn", 0.9, loop="diagnosis_form"), IN_FORM),
        # "it works, but …" something that an article is about
        (reading("step:works_but@0.7", units=LINE), state(loop="diagnosis_form"), ANSWER),
        (reading("step:works_but@0.7", "observe:slow", units=LINE), state(loop="diagnosis_form"), IN_FORM),
        # the order number is not given
        (reading("ask", "decline@0.6"), state(loop="order_form"), Decision("order_form")),
        # a word that says nothing is not out of scope; a greeting with a name is one
        (reading("unclear@0.9"), state("out_of_scope", 1.0), ANSWER),
        (reading("greet"), state("out_of_scope", 0.9), Decision(intent="greet")),
        # a language that is spoken of
        (reading("speak:fr@0.33", situation="step"), state("out_of_scope", 0.7, loop="diagnosis_form"), ANSWER),
        (reading("step:failed@0.38"), state("switch_language", 0.98, loop="diagnosis_form"), SPEAKS),
        # a guess at a person while something else is said
        (reading("person@0.55"), state("out_of_scope", 0.6, loop="diagnosis_form"), ANSWER),
        # what is asked next about the danger
        (reading("ask"), state("ask_refund_policy", 0.96, after_emergency=True, emergencies=2), DANGER),
    ],
)
def test_what_a_message_is(read: CommandReading, known: State, decision: Decision) -> None:
    assert decide(read, known) == decision


def test_one_of_two_readings_is_not_taken_without_naming_it() -> None:
    offered = [("Calls", "ask_calls_sms"), ("Bars, but no internet", "report_no_data"), ("A person", "human_handoff")]
    chosen = reading("thank", "choose@0.41", situation="choices")
    assert offered_reading(chosen, "through, thanks", offered) is None
    assert offered_reading(chosen, "that one, thanks", offered[1:]) == "report_no_data"


class SentenceReader:
    """Reads a fault in the one sentence that tells it, and nothing in the whole."""

    def read(self, words: Sequence[Word], _entities: object, _context: Context, _vector: object = None) -> list[Read]:
        text = " ".join(word.text for word in words).casefold()
        told = "loads" in text and len(words) < 12
        return list(reading("start:report_no_data" if told else "inform@0.7").commands)


def test_a_long_story_is_read_sentence_by_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftercare.rasa_components.message_reader.encoder", lambda: None)
    manager = MessageReader(SentenceReader())  # type: ignore[arg-type]
    around = "We came over the hills with the whole family and had a look at the lake before dinner. " * 2
    story = manager.read(f"{around}Not a single page loads here. {around}", Context())
    assert [str(each.command) for each in story.commands] == ["inform", "start:report_no_data"]
    assert not manager.read(around[:80], Context()).has("start")
