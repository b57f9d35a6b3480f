"""An activation code is shown to a fresh proof only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from actions.orders.qr_code import ActionResendQr, show_qr
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.order_rows import NOW
from tests.support.turns import CONVERSATION, EMAIL, about, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"


def later(minutes: int) -> Turn:
    here = turn("start:resend_qr", goal="resend_qr")
    return Turn(here.tracker, here.dispatcher, NOW + timedelta(minutes=minutes))


@pytest.fixture
def proof(orders: Engine) -> Engine:
    prove(orders, NUMBER)
    return orders


def test_the_code_is_shown_while_the_traveller_writes(proof: Engine) -> None:
    for minute in (9, 18, 27):
        here = later(minute)
        ActionResendQr().handle(here)
        assert said(here) == ["utter_qr"]


@pytest.mark.parametrize(
    ("address", "responses"),
    [("ally@example.com", ["utter_qr_only_here", "utter_qr"]), (EMAIL.upper(), ["utter_qr"])],
)
@pytest.mark.usefixtures("proof")
def test_an_address_that_is_not_the_buyers_is_told_that_nothing_goes_there(address: str, responses: list[str]) -> None:
    here = turn("start:resend_qr", goal="resend_qr", entities={"email": address})
    ActionResendQr().handle(here)
    assert said(here) == responses


def test_after_a_pause_the_proof_is_asked_for_again(proof: Engine) -> None:
    here = later(11)
    events = ActionResendQr().handle(here)
    assert (said(here), next_action(events)) == (["utter_qr_prove_again"], "order_form")
    assert slots(events)["order_verified"] is False
    with here.orders() as session:
        assert not ownership.may_see(session, CONVERSATION, NUMBER, here.now)


def test_a_word_after_the_pause_does_not_freshen_it(proof: Engine) -> None:
    with later(11).orders():
        pass
    here = later(12)
    ActionResendQr().handle(here)
    assert said(here) == ["utter_qr_prove_again"]


def test_within_a_diagnosis_a_choice_leads_there(proof: Engine) -> None:
    here = later(11)
    with here.orders() as session:
        assert show_qr(here, session, NUMBER, ask_again=False) == []
    assert said(here) == ["utter_qr_prove_again"]
    assert [button["payload"] for button in here.dispatcher.messages[0]["buttons"]] == ["/resend_qr"]
    assert about(proof) == NUMBER


def test_a_code_that_is_not_made_yet_is_in_no_folder(orders: Engine) -> None:
    late = {"status": "paid", "delivered_at": None, "delivery_due_at": NOW + timedelta(hours=2)}
    prove(orders, NUMBER, **late)
    for text, before, response in (
        ("where is it", [], "utter_qr_not_delivered"),
        ("not in the spam either", [told("utter_qr_not_delivered")], "utter_qr_still_due"),
        ("how long?", [told("utter_qr_not_delivered")], "utter_qr_not_delivered"),
    ):
        here = turn("start:resend_qr", text=text, before=before, goal="resend_qr")
        ActionResendQr().handle(here)
        assert said(here) == [response]
