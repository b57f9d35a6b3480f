"""Messages that say nothing: what only resembles an answer, where nothing was asked."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.dialogue import _missed
from aftercare.rasa_components.message_kind import unless_it_says_nothing
from aftercare.rasa_components.turn_state import State
from aftercare.understanding.reader.reader import CommandReading
from tests.support.readings import reading


def state(intent: str = "nlu_fallback", confidence: float = 0.3, **known: Any) -> State:
    return State(intent, confidence, **known)


UNCLEAR, KEPT = True, False


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
    assert _missed(DialogueStateTracker.from_events("t", [*events, UserUttered("hm")])) == missed
