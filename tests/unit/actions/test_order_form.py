"""What a reading does to the question for order number and e-mail, and what is told only to who proves the order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from rasa_sdk.events import SlotSet, UserUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions import email_code, order_form
from actions.order_form import ValidateOrderForm
from actions.turn import Event, Turn
from aftercare.base.settings import settings
from aftercare.orders import ownership
from aftercare.orders.tables import OutboxRow
from tests.support.order_rows import NOW, add_order
from tests.support.turns import CONVERSATION, EMAIL, about, did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"


def asked(*labels: str, **more: Any) -> tuple[Turn, list[Event]]:
    here = turn(
        *labels,
        **{
            "form": "order_form",
            "situation": "order_number",
            "requested_slot": "order_number",
            "goal": "order_status",
            **more,
        },
    )
    return here, ValidateOrderForm().handle(here)


@pytest.fixture
def order(orders: Engine) -> Engine:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER)
    return orders


def message_at(minutes: int, **entities: str) -> Event:
    """A message of the traveller so many minutes ago."""
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    at = (NOW - timedelta(minutes=minutes)).timestamp()
    return dict(UserUttered("…", parse_data={"entities": found}, timestamp=at))


def proven(orders: Engine) -> bool:
    with Session(orders, future=True) as session:
        return NUMBER in ownership.verified_orders(session, CONVERSATION, NOW)


# proof


def test_number_and_mail_of_its_buyer_prove_an_order(order: Engine) -> None:
    here, events = asked("inform", entities={"order_number": NUMBER, "email": EMAIL})
    assert (said(here), proven(order)) == ([], True)
    done = {"order_number": None, "email": None, "order_verified": True, "requested_slot": None}
    assert done.items() <= slots(events).items()
    assert about(order) == NUMBER


@pytest.mark.parametrize("labels", [["inform"], ["confirm"], ["decline"], ["ask"], ["observe:no_order_mail"]])
def test_the_wrong_mail_proves_nothing_whatever_the_reading(order: Engine, labels: list[str]) -> None:
    here, events = asked(*labels, entities={"order_number": NUMBER, "email": "liam@example.com"})
    assert (said(here), proven(order)) == (["utter_order_mismatch"], False)
    assert slots(events)["requested_slot"] == "order_number"
    assert "order_verified" not in slots(events)


def test_what_was_said_long_ago_proves_nothing(order: Engine) -> None:
    """Number and e-mail still stand in the chat; whoever writes now brings neither."""
    for minutes in (11, 61):
        said_then = [message_at(minutes, email=EMAIL), message_at(0)]
        here = turn("start:request_refund", form="order_form", before=said_then, order_number=NUMBER, email=EMAIL)
        events = ValidateOrderForm().handle(here)
        assert (said(here), proven(order)) == (["utter_email_wanted"], False)
        assert slots(events)["email"] is None


def test_what_was_said_just_now_is_not_asked_for_again(order: Engine) -> None:
    just_now = [message_at(2, email=EMAIL), message_at(0)]
    here = turn("start:request_refund", form="order_form", before=just_now, order_number=NUMBER, email=EMAIL)
    assert slots(ValidateOrderForm().handle(here))["order_verified"] is True


@pytest.mark.parametrize(("minutes", "proves"), [(2, True), (11, False)])
def test_the_mail_of_who_had_no_number_waits_for_it(order: Engine, minutes: int, proves: bool) -> None:
    without, events = asked("observe:no_order_mail", before=[told("utter_email_alone")], email=EMAIL)
    assert (said(without), slots(events)["order_verified"], "email" in slots(events)) == ([], False, False)
    just_now = [message_at(minutes, email=EMAIL), message_at(1), message_at(0, order_number=NUMBER)]
    found = {"entities": {"order_number": NUMBER}, "order_number": NUMBER, "email": EMAIL}
    ValidateOrderForm().handle(turn("inform", form="order_form", before=just_now, **found))
    assert proven(order) is proves


@pytest.mark.parametrize(("idle", "proves"), [(9, True), (11, False)])
def test_the_first_half_of_a_pair_does_not_outlive_a_pause(order: Engine, idle: int, proves: bool) -> None:
    here, _ = asked("inform", entities={"order_number": NUMBER}, email=EMAIL, before=[message_at(idle)])
    here.tracker.events[-1]["timestamp"] = NOW.timestamp()
    ValidateOrderForm().handle(here)
    assert proven(order) is proves


def test_another_order_of_the_same_buyer_needs_no_mail_while_the_proof_is_fresh(order: Engine) -> None:
    prove(order, "NZ10000001")
    here = turn("inform", entities={"order_number": NUMBER}, order_number=NUMBER, form="order_form")
    assert slots(ValidateOrderForm().handle(here))["order_verified"] is True
    assert about(order) == NUMBER


def test_the_mail_is_asked_for_after_the_number(order: Engine) -> None:
    here, events = asked("inform", entities={"order_number": NUMBER})
    assert said(here) == ["utter_email_wanted"]
    assert {"order_number": NUMBER, "requested_slot": "email"}.items() <= slots(events).items()


def test_what_is_proven_already_is_not_asked_for(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("start:check_order_status", form="order_form", goal="order_status")
    events = ValidateOrderForm().handle(here)
    assert (said(here), slots(events)["order_verified"]) == ([], True)


# what is said instead of a number


@pytest.mark.parametrize("label", ["observe:no_order_mail", "dont_know", "step:cannot_find"])
def test_not_at_hand_is_helped_with_once_and_then_it_goes_on_without(label: str) -> None:
    first, events = asked(label)
    assert said(first) == ["utter_order_help"]
    assert slots(events)["requested_slot"] == "order_number"
    again, events = asked(label, before=[told("utter_order_help")])
    assert said(again) == []
    assert {"order_verified": False, "requested_slot": None, "goal": "order_status"}.items() <= slots(events).items()


def test_a_no_goes_on_without_an_order() -> None:
    here, events = asked("decline", goal="diagnose")
    assert said(here) == []
    assert {"order_verified": False, "requested_slot": None, "goal": "diagnose"}.items() <= slots(events).items()


def test_cancelling_drops_the_matter() -> None:
    here, events = asked("cancel")
    assert (said(here), next_action(events)) == (["utter_cancelled"], "action_listen")
    assert slots(events)["goal"] is None


@pytest.mark.parametrize(
    ("goal", "kept", "told"),
    [("diagnose", "diagnose", "utter_order_other_shop"), ("order_status", None, "utter_order_theirs")],
)
def test_of_another_seller_only_a_fault_is_looked_at(goal: str, kept: str | None, told: str) -> None:
    here, events = asked("observe:other_shop", goal=goal)
    assert said(here) == [told]
    assert (slots(events)["goal"], slots(events)["order_verified"]) == (kept, False)


def test_a_number_that_is_brought_counts_whatever_else_is_said(order: Engine) -> None:
    for label in ("cancel", "decline", "observe:other_shop", "dont_know"):
        here, events = asked(label, entities={"order_number": NUMBER})
        assert said(here) == ["utter_email_wanted"]
        assert slots(events)["order_number"] == NUMBER


@pytest.mark.parametrize(
    ("text", "slot", "response"),
    [
        ("NZ 12345", "order_number", "utter_order_number_invalid"),
        ("emma at gmail", "email", "utter_email_invalid"),
        ("my cat is ill", "order_number", "utter_order_number_wanted"),
    ],
)
def test_what_was_meant_as_one_is_called_unreadable(text: str, slot: str, response: str) -> None:
    here, events = asked(
        "unclear@0.1", text=text, requested_slot=slot, order_number=NUMBER if slot == "email" else None
    )
    assert said(here) == [response]
    assert slots(events)["misunderstandings"] == 1


def test_after_an_answer_it_is_asked_again_in_other_words() -> None:
    here, events = asked("ask", since=[did("action_answer_question")])
    assert said(here) == ["utter_order_number_again"]
    assert slots(events)["requested_slot"] == "order_number"
    assert "misunderstandings" not in slots(events)


def test_the_second_message_that_brings_nothing_is_told_where_to_find_it() -> None:
    here, events = asked("unclear@0.1", misunderstandings=1)
    assert (said(here), slots(events)["misunderstandings"]) == (["utter_order_help"], 2)


# another order than the proven one


def test_another_order_that_is_wanted_is_asked_for(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = asked(requested_slot=None, focus={"wants_other": True, "unit": "a.b"}, goal="diagnose")
    assert (said(here), slots(events)["requested_slot"]) == (["utter_order_number_wanted"], "order_number")


def test_of_another_order_the_mail_is_asked_for_by_its_number(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, _ = asked(requested_slot=None, focus={"wants_other": True}, order_number="NZ10000008")
    assert said(here) == ["utter_email_of_other_wanted"]
    assert here.dispatcher.messages[0]["number"] == "NZ10000008"


def test_another_order_once_proven_is_no_longer_wanted(orders: Engine) -> None:
    prove(orders, NUMBER)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, "NZ10000008", email="yuki@example.com")
    brought = {"order_number": "NZ10000008", "email": "yuki@example.com"}
    _, events = asked("inform", entities=brought, focus={"wants_other": True, "unit": "a.b"})
    assert (slots(events)["order_verified"], slots(events)["focus"]) == (True, {"unit": "a.b", "at": "NZ10000008"})
    assert about(orders) == "NZ10000008"


def test_without_another_order_the_proven_one_stays(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = asked("decline", focus={"wants_other": True}, goal="diagnose")
    assert (said(here), next_action(events)) == (["utter_other_order_needed"], "action_listen")
    assert (slots(events)["order_verified"], slots(events)["goal"], slots(events)["focus"]) == (True, None, {})


# an e-mail alone, and none at all


def test_an_email_without_a_number_is_kept_and_told_what_it_is_good_for(order: Engine) -> None:
    here, events = asked("inform", requested_slot=None, entities={"email": EMAIL})
    assert (said(here), slots(events)["email"]) == (["utter_email_alone"], EMAIL)


def test_an_email_of_who_has_no_number_at_hand(order: Engine) -> None:
    here, events = asked("observe:no_order_mail", requested_slot=None, entities={"email": EMAIL})
    assert (said(here), slots(events)["email"]) == (["utter_email_alone"], EMAIL)


def test_who_does_not_know_the_mail_hears_which_it_is_then_what_can_be_done_without(order: Engine) -> None:
    known = {"requested_slot": "email", "situation": "email", "order_number": NUMBER}
    first, events = asked("dont_know", **known)
    assert (said(first), slots(events)["requested_slot"]) == (["utter_email_help"], "email")
    again, events = asked("dont_know", before=[told("utter_email_help")], **known)
    assert (said(again), slots(events)["order_verified"], slots(events)["requested_slot"]) == ([], False, None)


def test_mail_and_number_nowhere_to_be_found_goes_on_without(order: Engine) -> None:
    here, events = asked("observe:no_order_mail", before=[told("utter_email_alone")])
    assert (said(here), slots(events)["order_verified"]) == ([], False)


def test_of_a_phone_that_is_gone_a_person_is_offered(order: Engine) -> None:
    before = [dict(UserUttered("…", parse_data={})), SlotSet("focus", {"unit": "phone-lost-or-reset.stolen-phone-now"})]
    here, events = asked("inform", before=before, entities={"order_number": NUMBER, "email": EMAIL})
    assert (said(here), next_action(events)) == (["utter_phone_gone_order"], "action_listen")
    assert (slots(events)["goal"], slots(events)["offer"]) == (None, "human_handoff")


# a code by mail


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
    monkeypatch.setattr(settings(), "mail_from", "help@shop.example.com")


def choices(here: Turn) -> list[str]:
    return [button["payload"] for button in here.dispatcher.messages[-1]["buttons"]]


def code_of(orders: Engine) -> str:
    with Session(orders, future=True) as session:
        return str(session.scalars(sa.select(OutboxRow.payload)).all()[-1]["code"])


def test_without_mail_no_code_is_offered_or_read(order: Engine) -> None:
    here, _ = asked("inform", requested_slot=None, entities={"email": EMAIL})
    assert choices(here) == []
    here, _ = asked("inform", text="123456")
    assert said(here) == ["utter_order_number_invalid"]


@pytest.mark.usefixtures("buyers_take_mail")
def test_who_has_only_the_email_is_offered_a_code_and_proves_the_order_by_it(order: Engine, mails: None) -> None:
    here, events = asked("inform", requested_slot=None, entities={"email": EMAIL})
    assert choices(here) == ['/inform{"order_help": "code"}']
    here, events = asked(text="/inform", entities={"order_help": "code"}, email=EMAIL)
    assert (said(here), slots(events)["email"], slots(events)["requested_slot"]) == (
        ["utter_code_sent"], EMAIL, "order_number",
    )  # fmt: skip
    here, events = asked(text="code: 12", email=EMAIL)
    assert "utter_code_wrong" not in said(here)
    wrong = f"{(int(code_of(order)) + 1) % 10**6:06d}"
    here, events = asked(text=wrong, email=EMAIL)
    assert (said(here), proven(order)) == (["utter_code_wrong"], False)
    here, events = asked(text=code_of(order), email=EMAIL)
    assert (said(here), slots(events)["order_verified"], proven(order)) == ([], True, True)


def test_a_code_without_an_address_asks_for_it_first(order: Engine, mails: None) -> None:
    here, events = asked(text="send me a code")
    assert (said(here), slots(events)["requested_slot"]) == (["utter_code_email_wanted"], "email")
    here, events = asked("inform", requested_slot="email", entities={"email": EMAIL}, focus=slots(events)["focus"])
    assert (said(here), slots(events)["focus"]) == (["utter_code_sent"], {})
    here, events = asked("inform", entities={"email": "other@example.com"}, email=EMAIL)
    assert said(here) == ["utter_code_sent"]  # another address while the code is awaited
    here, events = asked("observe:no_order_mail", email=EMAIL, before=[told("utter_order_help")])
    assert said(here) == ["utter_code_missing"]


def test_a_qr_code_is_not_a_code_by_mail(order: Engine, mails: None) -> None:
    here, _ = asked(text="send me the QR code")
    assert "utter_code_email_wanted" not in said(here)


def test_six_digits_that_can_be_an_order_number_are_tried_as_one(
    order: Engine, mails: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(text="/inform", entities={"order_help": "code"}, email=EMAIL)
    wrong = f"{(int(code_of(order)) + 1) % 10**6:06d}"
    for module in (email_code, order_form):
        monkeypatch.setattr(module, "normalise_order_number", lambda text: text)
    here, _ = asked(text=wrong, entities={"order_number": wrong}, email=EMAIL)
    assert said(here) == ["utter_order_mismatch"]
