"""What a traveller hears who waits for a person: place in the line, and the provider's own people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.people import ActionComplain, ActionHandoff, ActionLeaveLine, ActionSupportHours, Line, tell_contacts
from actions.turn import Turn
from aftercare.orders.tables import Ticket
from tests.support import turns
from tests.support.order_rows import NOW, days

READ_BY = datetime(2026, 11, 25, 20, 15, tzinfo=UTC)  # 09:15 in New Zealand


def turn(line: dict[str, Any] | None = None, **slots: Any) -> Turn:
    said = {"event": "user", "text": "a person please", "metadata": {"line": line} if line else {}}
    tracker = Tracker("c1", slots, {"text": "a person please"}, [said], False, None, {}, "action_listen")
    return Turn(tracker, CollectingDispatcher())


def told(place: int, *, waiting: bool = False, late: bool = False) -> dict[str, Any]:
    """The line as the desk tells it with a message."""
    return {"place": place, "read_by": READ_BY.isoformat(), "waiting": waiting, "late": late}


@pytest.mark.parametrize(
    ("place", "language", "words"),
    [
        (1, "en", "you're next in line"),
        (3, "en", "you're number 3 in line"),
        (1, "zh", "前面没有人排队"),
        (3, "zh", "前面还有 2 位"),
    ],
)
def test_the_place_in_the_line(place: int, language: str, words: str) -> None:
    here = turn(told(place), language=language)
    assert Line.of(here).queue(here.words) == words


def test_place_and_time_are_the_desks(orders: Engine) -> None:
    first = turn(told(3), language="en")
    ActionHandoff().handle(first)
    (said,) = first.dispatcher.messages
    assert said["response"] in ("utter_handoff_open", "utter_handoff_closed")
    assert (said["queue"], said["read_by"]) == ("you're number 3 in line", "26 Nov, 09:15")
    assert said["custom"]["handoff"] is True
    with Session(orders, future=True) as session:
        assert session.execute(sa.select(Ticket.read_by)).scalar_one() == READ_BY


@pytest.mark.parametrize(("late", "response"), [(False, "utter_handoff_again"), (True, "utter_handoff_late")])
def test_asked_again_place_and_time_are_told_in_other_words(orders: Engine, late: bool, response: str) -> None:
    ActionHandoff().handle(turn(told(3), language="en"))
    again = turn(told(2, waiting=True, late=late), language="en")
    ActionHandoff().handle(again)
    (said,) = again.dispatcher.messages
    assert (said["response"], said["queue"]) == (response, "you're number 2 in line")
    with Session(orders, future=True) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Ticket)).scalar_one() == 1


def test_without_the_desk_no_place_is_made_up(orders: Engine) -> None:
    names = []
    for _ in range(2):
        here = turn(language="en")
        ActionHandoff().handle(here)
        (said,) = here.dispatcher.messages
        assert said["queue"] == "you're in line"
        names.append(said["response"])
    assert names[0] in ("utter_handoff_open", "utter_handoff_closed")
    assert names[1] == "utter_handoff_again"


@pytest.mark.parametrize(
    ("line", "responses"),
    [
        (told(2, waiting=True), ("utter_line_status",)),
        (told(2, waiting=True, late=True), ("utter_handoff_late",)),
        (told(2), ("utter_support_hours_open", "utter_support_hours_closed")),
        (None, ("utter_support_hours_open", "utter_support_hours_closed")),
    ],
)
def test_who_waits_is_told_when_it_is_their_turn(line: dict[str, Any] | None, responses: tuple[str, ...]) -> None:
    here = turn(line, language="en")
    ActionSupportHours().handle(here)
    (said,) = here.dispatcher.messages
    assert said["response"] in responses


@pytest.mark.parametrize(
    ("provider", "there", "absent"),
    [
        ("kiwi-roam", ["hotline +61", " or video call https://"], []),
        ("pacifica", ["video call https://"], ["hotline"]),
        ("tasman-pass", ["hotline +61"], ["video"]),
    ],
)
def test_only_ways_that_the_provider_has(provider: str, there: list[str], absent: list[str]) -> None:
    here = turn(language="en")
    tell_contacts(here, provider, everyone=False)
    (said,) = here.dispatcher.messages
    assert said["response"] == "utter_handoff_contacts"
    assert all(words in said["ways"] for words in there)
    assert not any(words in said["ways"] for words in absent)


def test_no_provider_known_no_numbers_of_strangers() -> None:
    here = turn(language="en")
    tell_contacts(here, None, everyone=False)
    assert here.dispatcher.messages == []


@pytest.mark.parametrize(
    ("labels", "known", "goes_on"),
    [
        (["no_person"], {}, "action_listen"),
        (["no_person"], {"form": "diagnosis_form"}, None),
        (["no_person", "ask"], {}, "action_answer_question"),
        (["no_person", "resume"], {}, "action_resume"),
        (["no_person", "start:request_refund"], {"goal": "refund", "order_verified": True}, "refund_form"),
        (["no_person", "start:request_refund"], {"goal": "refund"}, "order_form"),
        (["no_person"], {"goal": "refund", "order_verified": True}, "action_listen"),
    ],
)
def test_out_of_the_line_and_on_with_what_else_is_said(
    labels: list[str], known: dict[str, Any], goes_on: str | None
) -> None:
    here = turns.turn(*labels, **known)
    events = ActionLeaveLine().handle(here)
    (said,) = here.dispatcher.messages
    assert (said["response"], said["custom"]) == ("utter_line_left", {"leave_line": True})
    assert turns.next_action(events) == goes_on


# anger and haste


def angry(text: str = "well", **more: Any) -> Turn:
    here = turns.turn("complain", **{"text": text, **more})
    ActionComplain().handle(here)
    return here


@pytest.mark.parametrize("known", [{"goal": "diagnose"}, {"order_verified": True}])
def test_what_was_told_is_not_asked_for_again_in_anger(known: dict[str, Any]) -> None:
    assert turns.said(angry(**known)) == ["utter_complain_known"]
    assert turns.said(angry()) == ["utter_complain"]


def test_a_refusal_that_is_disputed_gets_its_rule(orders: Engine) -> None:
    turns.prove(orders, "NZ10000003", bought_at=NOW - days(20))
    here = angry(situation="told", asked="refund_decision", goal="refund", order_verified=True)
    assert turns.said(here) == ["utter_refund_why_declined", "utter_refund_why_objection"]
    assert "20" in here.dispatcher.messages[0]["rules"]


@pytest.mark.parametrize("text", ["our ferry leaves soon!", "we board in 10 minutes", "来不及了，马上登机", "我很急"])
def test_haste_before_an_order_is_known(text: str) -> None:
    assert turns.said(angry(text)) == ["utter_urgent_order"]


def test_haste_with_an_order_that_is_not_delivered_gets_its_time(orders: Engine) -> None:
    late = {"status": "paid", "delivered_at": None, "delivery_due_at": NOW + days(1)}
    turns.prove(orders, "NZ10000003", **late)
    assert turns.said(angry("boarding now!", order_verified=True))[0] == "utter_urgent_delivery"


def test_haste_with_a_ticket_gets_the_time_it_is_read_by(orders: Engine) -> None:
    ActionHandoff().handle(turns.turn("person"))
    assert turns.said(angry("boarding now!"))[0] == "utter_urgent_ticket"
