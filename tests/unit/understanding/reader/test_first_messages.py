"""Of a single message only what its intent tells is known."""

from __future__ import annotations

from aftercare.understanding.reader.first_messages import MOST_OF_AN_INTENT, first_messages


def test_an_intent_tells_of_some_commands_only() -> None:
    (fault,) = first_messages([("en", "report_no_data", "no internet")])
    assert fault.labels == ("start:report_no_data",)
    assert {"start:report_no_data", "start:request_refund", "chat"} <= fault.judged
    assert not any(label.startswith("observe:") for label in fault.judged)
    (question,) = first_messages([("en", "ask_apn", "which apn")])
    assert question.labels == ("ask",)
    (yes,) = first_messages([("en", "affirm", "yes")])
    assert (yes.labels, "chat" in yes.judged) == ((), True)
    assert list(first_messages([("en", "check_order_status", "where is my order")])) == []


def test_what_is_held_out_is_not_learnt_and_no_intent_outweighs() -> None:
    many = [("en", "greet", f"hello {number}") for number in range(5 * MOST_OF_AN_INTENT)]
    assert len(list(first_messages(many))) == MOST_OF_AN_INTENT
    assert list(first_messages([("en", "greet", "hello")], {"hello"})) == []
