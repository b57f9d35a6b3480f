"""Which messages staff are asked to look at, and what a conversation adds to the figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.conversations.transcript import TranscriptMessage
from aftercare.staff.analytics.facts import facts_of
from aftercare.staff.teaching.queue import worth_a_look

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
AUCKLAND = ZoneInfo("Pacific/Auckland")


class Talk:
    """Builds a conversation line by line, a minute apart."""

    def __init__(self) -> None:
        self.events: list[TranscriptMessage] = []

    def _add(self, sender: str, text: str = "", kind: str = "message", **columns: Any) -> Talk:
        seq = len(self.events) + 1
        self.events.append(TranscriptMessage(seq, START + timedelta(minutes=seq), kind, sender, text, **columns))
        return self

    def says(self, text: str, intent: str = "inform", confidence: float = 0.9, **turn: Any) -> Talk:
        ranking = turn.pop("ranking", [{"name": intent, "confidence": confidence}])
        understood = {"intent": intent, "confidence": confidence, "ranking": ranking, "entities": [], **turn}
        return self._add("traveller", text, status="answered", turn=understood)

    def chooses(self, title: str, payload: str) -> Talk:
        return self._add("traveller", title, status="answered", payload=payload, turn={"intent": "x", "ranking": []})

    def answers(self, *names: str) -> Talk:
        for name in names:
            self._add("assistant", "…", name=name)
        return self

    def becomes(self, state: str) -> Talk:
        return self._add("system", kind="state", state=state)

    def person(self, text: str = "Kia ora") -> Talk:
        return self._add("agent", text)


def unsure(*ranking: tuple[str, float]) -> dict[str, Any]:
    return {
        "ranking": [{"name": "nlu_fallback", "confidence": 0.6}, *({"name": n, "confidence": c} for n, c in ranking)]
    }


def test_a_choice_after_did_you_mean_corrects_the_message_before() -> None:
    talk = Talk().says("钱退哪去", "nlu_fallback", 0.6, **unsure(("request_refund", 0.3), ("ask_invoice", 0.2)))
    talk.answers("utter_did_you_mean").chooses("退款到哪了", "/check_refund_status")
    (row,) = worth_a_look(talk.events, None, "zh")
    assert (row["reason"], row["suggestion"], row["intent"], row["confidence"]) == (
        "corrected", "check_refund_status", "request_refund", 0.3,
    )  # fmt: skip
    assert row["language"] == "zh"


def in_context(*commands: tuple[str, float]) -> dict[str, Any]:
    return {"situation": "step", "asked": "roaming", "commands": [list(each) for each in commands], "units": []}


def test_what_is_read_unsurely_in_its_situation_is_queued_with_it() -> None:
    talk = Talk().says("no internet", "report_no_data")
    talk.events.append(
        TranscriptMessage(
            2, START, "message", "assistant", "Turn on roaming, Anna. Order NZ31245678.", name="step.roaming"
        )
    )
    talk.says("hm still", "deny", in_context=in_context(("step:failed", 0.4), ("ask", 0.1)))
    talk.says("works", "affirm", in_context=in_context(("step:works", 0.9)))
    (row,) = worth_a_look(talk.events, None, "en")
    assert (row["seq"], row["reason"], row["situation"], row["asked"]) == (3, "low_confidence", "step", "roaming")
    assert row["read_commands"] == [["step:failed", 0.4], ["ask", 0.1]]
    assert row["prompt"] == "Turn on roaming, Anna. Order NZ10000001."


def test_what_nothing_read_in_its_situation_has_none() -> None:
    (row,) = worth_a_look(Talk().says("hm maybe apn", "ask_apn", 0.45).events, None, "en")
    assert (row["situation"], row["asked"], row["prompt"], row["read_commands"]) == (None, None, None, None)


def test_asking_for_a_person_instead_corrects_nothing() -> None:
    talk = Talk().says("钱退哪去", "nlu_fallback", 0.6, **unsure(("request_refund", 0.3)))
    talk.answers("utter_did_you_mean").chooses("找人工客服", "/human_handoff")
    (row,) = worth_a_look(talk.events, None, "zh")
    assert (row["reason"], row["suggestion"]) == ("low_confidence", None)


def test_reasons() -> None:
    talk = (
        Talk()
        .says("sure thing", "ask_apn", 0.97)
        .says("hm maybe apn", "ask_apn", 0.45)
        .says("tell me a joke", "out_of_scope")
    )
    talk.says("ok", "affirm", 0.41).chooses("Yes", "/affirm")
    assert [(row["seq"], row["reason"]) for row in worth_a_look(talk.events, 5, "en")] == [
        (2, "low_confidence"),
        (3, "out_of_scope"),
    ]
    assert [(row["seq"], row["reason"]) for row in worth_a_look(talk.events, 1, "en")] == [
        (1, "rated_bad"),
        (2, "rated_bad"),
        (3, "rated_bad"),
    ]


def test_a_question_whose_answer_did_not_help() -> None:
    talk = Talk().says("what is an esim", "ask_what_is_esim").answers("utter_esim")
    talk.says("which apn do i use", "ask_apn").answers("utter_apn")
    talk.chooses("👎", '/rate_answer{"helpful": "no", "about": "utter_apn"}')
    talk.events[-1].turn.update(slots={"feedback": {"about": "utter_apn", "helpful": False}})
    assert [(row["text"], row["reason"]) for row in worth_a_look(talk.events, None, "en")] == [
        ("which apn do i use", "not_helped")
    ]
    talk.events[-1].turn.update(slots={"feedback": {"about": "utter_apn", "helpful": True}})
    assert worth_a_look(talk.events, None, "en") == []


def test_rows_are_masked_with_their_entities() -> None:
    found = [{"entity": "order_number", "start": 8, "end": 18}, {"entity": "language", "start": 0, "end": 30}]
    talk = Talk().says("问一下 订单号 NZ12345678 我叫王小明 13812345678", "ask_apn", 0.4, entities=found)
    (row,) = worth_a_look(talk.events, None, "zh")
    assert row["text"] == "问一下 订单号 NZ10000001 我叫小王 021 555 0100"
    assert row["spans"] == [["order_number", 8, 18]]


def test_a_number_alone_or_a_long_story_teaches_nothing() -> None:
    talk = Talk().says("12345678901", "ask_apn", 0.3).says("why " * 100, "ask_apn", 0.3)
    assert worth_a_look(talk.events, 1, "en") == []


def test_a_conversation_without_a_person_is_contained_when_its_last_message_was_answered() -> None:
    asked = Talk().says("hi", "greet").answers("utter_greet").says("which apn", "ask_apn").answers("utter_apn")
    assert facts_of(asked.events, AUCKLAND).outcome == "contained"
    assert (
        facts_of(asked.says("thanks", "thank").answers("utter_not_understood").events, AUCKLAND).outcome == "contained"
    )
    assert facts_of(Talk().says("hi", "greet").answers("utter_greet").events, AUCKLAND).outcome is None
    assert facts_of(Talk().says("asdf").answers("utter_not_understood").events, AUCKLAND).outcome == "unanswered"
    assert facts_of(Talk().answers("utter_greet").events, AUCKLAND).outcome is None


def test_times_of_a_hand_off() -> None:
    talk = Talk().says("slow", "report_slow_data").answers("exhausted").says("person", "human_handoff")
    talk.answers("utter_handoff_open").becomes("waiting").becomes("agent").person().person().becomes("closed")
    facts = facts_of(talk.events, AUCKLAND)
    assert (facts.outcome, facts.handoff_reason) == ("person", "steps_exhausted")
    assert facts.handoff_at == START + timedelta(minutes=5)
    assert (facts.first_reply_seconds, facts.resolution_seconds) == (120, 240)


def test_why_a_person_was_wanted() -> None:
    talk = Talk().says("refund!", "request_refund").says("thanks", "thank").says("a person", "human_handoff")
    talk.becomes("waiting")
    assert facts_of(talk.events, AUCKLAND).handoff_reason == "request_refund"
    assert facts_of(talk.events, AUCKLAND, ticket="handoff").handoff_reason == "request_refund"
    assert facts_of(talk.events, AUCKLAND, ticket="reissue").handoff_reason == "reissue"
    assert (
        facts_of(Talk().says("a person", "human_handoff").becomes("waiting").events, AUCKLAND).handoff_reason == "asked"
    )


def test_intents_are_counted_by_the_day_of_support() -> None:
    talk = (
        Talk()
        .says("a", "ask_apn", 0.8)
        .says("b", "ask_apn", 0.6)
        .says("c", "nlu_fallback", 0.6, **unsure(("greet", 0.2)))
    )
    assert facts_of(talk.events, AUCKLAND).intents == {
        (date(2026, 3, 1), "ask_apn"): (2, 1.4),
        (date(2026, 3, 1), "nlu_fallback"): (1, 0.2),
    }


def test_whether_a_step_worked() -> None:
    talk = (
        Talk()
        .says("no data", "report_no_data")
        .answers("step.roaming_on")
        .says("no", "deny")
        .answers("step.apn.general")
    )
    talk.says("which apn?", "ask_apn").answers("utter_apn", "step.apn.general").says("works!").answers("utter_solved")
    talk.says("no signal").answers("step.restart")
    steps = {step: outcome for step, (_, outcome) in facts_of(talk.events, AUCKLAND).steps.items()}
    assert steps == {"roaming_on": "failed", "apn": "worked", "restart": "unknown"}
