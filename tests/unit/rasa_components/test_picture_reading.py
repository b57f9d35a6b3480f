"""What a picture beside the words, or alone, does to how a message is read."""

from __future__ import annotations

from aftercare.rasa_components.decide import decide
from aftercare.rasa_components.picture_reading import of_picture, only_a_picture, with_picture, words_to_read
from aftercare.rasa_components.turn_state import Decision, State
from tests.support.readings import reading

ALONE = {"typed": "", "seen": ["vpn_symbol"]}
BESIDE = {"typed": "why is it slow", "seen": ["old_network"]}


def labels(found: object) -> list[str]:
    return [str(read.command) for read in found.commands]  # type: ignore[attr-defined]


def test_without_a_picture_nothing_changes() -> None:
    read = reading("ask", "observe:no_data@0.3")
    assert with_picture(read, {"language": "en"}, {"error_message"}) is read
    assert words_to_read("hello", {}) == "hello"
    assert not only_a_picture({})


def test_a_picture_alone_asks_nothing() -> None:
    read = reading("ask", "chat", "start:report_no_data@0.6", "start:request_refund", units="vpn.allowed@0.9")
    found = with_picture(read, ALONE, set())
    assert labels(found) == ["observe:vpn_symbol", "start:report_no_data"]
    assert found.units == ()
    assert found.chance("observe:vpn_symbol") > 0.9


def test_an_error_message_is_seen_first() -> None:
    found = with_picture(reading("ask"), {"typed": "", "seen": ["emergency_only"]}, {"error_message"})
    assert labels(found) == ["observe:error_shown", "observe:emergency_only"]


def test_beside_words_the_facts_are_added_and_unknown_ones_are_not() -> None:
    read = reading("start:report_slow_data", "observe:old_network@0.2")
    found = with_picture(read, {**BESIDE, "seen": ["old_network", "sunshine"]}, set())
    assert labels(found) == ["start:report_slow_data", "observe:old_network"]
    assert found.chance("observe:old_network") > 0.9


def test_words_that_only_point_at_an_error_message_leave_it_to_the_diagnosis() -> None:
    shown = {"typed": "what is this", "seen": []}
    found = with_picture(reading("ask", "greet", units="carrier-lock.means@0.4"), shown, {"error_message"})
    assert (labels(found), found.units) == (["greet", "observe:error_shown"], ())
    assert decide(found, State("", 0.0)).intent == "report_activation_failure"
    clear = with_picture(reading("ask", units="refund.used@0.9"), shown, {"error_message"})
    assert (labels(clear), len(clear.units)) == (["ask", "observe:error_shown"], 1)


def test_beside_words_of_their_own_only_these_are_read() -> None:
    assert words_to_read("why is it slow\n3G", BESIDE) == "why is it slow"
    assert words_to_read("3G", {"typed": ""}) == "3G"


def test_signs_without_a_fault_are_kept_and_the_fault_is_asked_for() -> None:
    read, state = with_picture(reading("ask"), ALONE, set()), State("", 0.0)
    decision = of_picture(decide(read, state), read, state, ["slow"])
    assert decision == Decision("utter_which_problem", (("goal", "diagnose"), ("observed", ["slow", "vpn_symbol"])))
    off = with_picture(reading("ask"), {"typed": "", "seen": ["vpn_symbol", "data_off"]}, set())
    assert of_picture(decide(off, state), off, state, ()).intent == "report_no_data"
    fault = with_picture(reading("ask"), {"typed": "", "seen": ["no_service"]}, set())
    assert of_picture(decide(fault, state), fault, state, ()).intent == "report_no_service"


def test_an_order_and_a_form_that_waits_go_their_way() -> None:
    read = with_picture(reading("inform"), {"typed": "", "seen": []}, {"order_number"})
    order = State("", 0.0, frozenset({"order_number"}))
    assert of_picture(decide(read, order), read, order, ()).action == "action_inform"
    form = State("", 0.0, loop="diagnosis_form")
    seen = with_picture(reading("ask"), {"typed": "", "seen": ["roaming_off"]}, set())
    assert of_picture(decide(seen, form), seen, form, ()).action == "diagnosis_form"
