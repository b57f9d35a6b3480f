"""A refund is requested by a yes alone; doubts, questions and other plans are no yes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.refunds.form import ValidateRefundForm
from actions.turn import Event, Turn
from aftercare.orders import ownership
from aftercare.orders.refunds.decide import Kind, decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from tests.support.order_rows import NOW, add_order, add_plan, days
from tests.support.turns import CONVERSATION, EMAIL, did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"
REFUND = {"kind": "refund", "number": NUMBER, "ready": True}


def waiting(*labels: str, draft: dict[str, Any] = REFUND, **more: Any) -> tuple[Turn, list[Event]]:
    here = turn(
        *labels,
        **{
            "form": "refund_form",
            "situation": "refund_confirm",
            "requested_slot": "refund_confirmed",
            "goal": draft["kind"],
            "refund_draft": draft,
            "order_number": NUMBER,
            **more,
        },
    )
    return here, ValidateRefundForm().handle(here)


def requested(orders: Engine) -> str | None:
    with Session(orders, future=True) as session:
        found = latest_request(session, NUMBER)
        return found.kind if found else None


def waits(events: list[Event]) -> bool:
    return bool(slots(events)["requested_slot"] == "refund_confirmed")


def test_it_is_decided_and_asked_first(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("start:request_refund", "confirm", goal="refund", order_number=NUMBER, form="refund_form")
    events = ValidateRefundForm().handle(here)
    assert "utter_refund_requested" not in said(here)
    assert (waits(events), requested(orders)) == (True, None)
    assert slots(events)["refund_draft"]["ready"] is True


@pytest.mark.parametrize(
    "labels",
    [
        ["confirm", "ask"],
        ["confirm", "ask_why"],
        ["confirm", "object"],
        ["confirm", "decline"],
        ["confirm", "cancel"],
        ["acknowledge"],
        ["complain"],
        ["inform"],
        ["step:works"],
        ["unclear@0.1"],
        ["confirm@0.55"],
        ["confirm", "chat"],
        ["confirm", "unclear@0.1"],
    ],
)
def test_what_is_no_yes_requests_nothing(orders: Engine, labels: list[str]) -> None:
    prove(orders, NUMBER)
    waiting(*labels, text="yes")
    assert requested(orders) is None


@pytest.mark.parametrize(("chance", "done"), [(0.65, None), (0.9, "refund")])
def test_a_yes_that_resembles_a_no_must_be_sure(orders: Engine, chance: float, done: str | None) -> None:
    prove(orders, NUMBER)
    waiting(f"confirm@{chance}", text="and should I think otherwise", intent="cancel", confidence=0.74)
    assert requested(orders) == done


@pytest.mark.parametrize("label", ["ask", "acknowledge", "unclear@0.1"])
def test_what_waits_comes_back_in_a_short_line(orders: Engine, label: str) -> None:
    prove(orders, NUMBER)
    here, events = waiting(label)
    assert said(here) == ["utter_refund_confirm_again"]
    assert waits(events)


def test_a_yes_requests_it_once(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = waiting("confirm", text="go on then")
    assert said(here) == ["utter_refund_requested"]
    assert requested(orders) == "refund"
    assert slots(events)["requested_slot"] is None
    again, _ = waiting("confirm")
    assert said(again) == ["utter_refund_already"]


def test_the_button_is_a_yes_without_a_reading(orders: Engine) -> None:
    prove(orders, NUMBER)
    waiting(text="/affirm", intent="affirm")
    assert requested(orders) == "refund"


def test_a_yes_said_before_the_question_was_answered_is_asked_for_again(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = waiting("confirm", since=[did("action_answer_question")])
    assert (said(here), waits(events), requested(orders)) == (["utter_refund_confirm_again"], True, None)


@pytest.mark.parametrize("label", ["decline", "cancel", "undo"])
def test_a_no_ends_it(orders: Engine, label: str) -> None:
    prove(orders, NUMBER)
    here, events = waiting(label)
    assert said(here) == ["utter_refund_not_now"]
    assert (slots(events)["requested_slot"], requested(orders)) == (None, None)


@pytest.mark.parametrize("text", ["not yet, I'd like to try it once more", "先不退，我再试试"])
def test_a_no_that_goes_on_trying_takes_the_repair_up(orders: Engine, text: str) -> None:
    prove(orders, NUMBER)
    open_repair = {"current": "step.stable_wifi", "playbook": "activation"}
    here, events = waiting("decline", text=text, diagnosis=open_repair)
    assert (said(here), next_action(events)) == (["utter_refund_not_now"], "action_resume")
    assert slots(events)["goal"] == "diagnose"
    _, alone = waiting("decline", text=text)
    assert next_action(alone) is None


def test_without_the_proof_nothing_is_told(orders: Engine) -> None:
    here, events = waiting("confirm")
    assert (said(here), next_action(events)) == ([], "order_form")
    assert slots(events)["order_verified"] is False


# exchange


@pytest.fixture
def larger(orders: Engine) -> Engine:
    with Session(orders, future=True) as session, session.begin():
        add_plan(
            session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", data_mb=10240, price_minor=3900
        )
        add_plan(
            session, "kiwi-nz-20", name_en="New Zealand 20 GB", name_zh="新西兰 20 GB", data_mb=20480, price_minor=4900
        )
    prove(orders, NUMBER)
    return orders


CHOICE = {"kind": "exchange", "number": NUMBER}
SHOWN = told(
    "utter_exchange_choose",
    *(f'/inform{{"exchange_plan": "{plan}"}}' for plan in ("kiwi-nz-10", "kiwi-nz-20")),
)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (["choose"], "the second"),
        (["refer"], "20 GB"),
        (["choose"], "最后一个"),
        (["choose"], "the most expensive one"),
    ],
)
def test_the_plan_pointed_at_is_confirmed_before_it_is_requested(larger: Engine, labels: list[str], text: str) -> None:
    here, events = waiting(*labels, text=text, draft=CHOICE, situation="exchange_choice", before=[SHOWN])
    assert said(here) == ["utter_exchange_confirm"]
    assert slots(events)["refund_draft"] == {**CHOICE, "ready": True, "duplicate": False, "plan": "kiwi-nz-20"}
    assert requested(larger) is None
    done, _ = waiting("confirm", draft={**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, situation="exchange_confirm")
    assert said(done) == ["utter_exchange_requested"]
    assert requested(larger) == "exchange"


def test_back_from_the_plan_to_the_choice(larger: Engine) -> None:
    here, events = waiting("back", draft={**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, situation="exchange_confirm")
    assert said(here) == ["utter_exchange_choose"]
    assert "plan" not in slots(events)["refund_draft"]
    assert requested(larger) is None


def test_after_a_question_about_one_plan_that_one_is_offered(larger: Engine) -> None:
    asked = {"draft": CHOICE, "situation": "exchange_choice", "since": [did("action_answer_question")]}
    here, _ = waiting("ask", focus={"plan": "kiwi-nz-10"}, **asked)
    assert said(here) == ["utter_exchange_confirm_again"]
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 10 GB"
    every, _ = waiting("ask", **asked)
    assert len(every.dispatcher.messages[0]["buttons"]) == 2


@pytest.mark.parametrize(
    ("draft", "labels", "response"),
    [
        (REFUND, ["start:request_exchange"], "utter_exchange_choose"),
        ({**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, ["start:request_refund"], "utter_refund_approved"),
    ],
)
def test_the_other_kind_is_offered_instead(
    larger: Engine, draft: dict[str, Any], labels: list[str], response: str
) -> None:
    other = "exchange" if draft["kind"] == "refund" else "refund"
    here, events = waiting(*labels, draft=draft, goal=other, intent=f"request_{other}")
    assert said(here) == [response]
    assert slots(events)["refund_draft"]["kind"] == other
    assert requested(larger) is None


def test_an_exchange_that_is_declined_is_not_called_a_refund(orders: Engine) -> None:
    prove(orders, NUMBER, bought_at=NOW - days(20))
    here = turn("start:request_exchange", goal="exchange", order_number=NUMBER, form="refund_form")
    events = ValidateRefundForm().handle(here)
    assert said(here) == ["utter_exchange_declined", "utter_refund_options"]
    assert slots(events)["offer"] == "human_handoff"


# withdrawal


def test_a_withdrawal_needs_its_own_yes_and_cancel_alone_is_asked_again(orders: Engine) -> None:
    prove(orders, NUMBER)
    waiting("confirm")
    begin = turn("undo", goal="withdraw", order_number=NUMBER, form="refund_form")
    draft = slots(ValidateRefundForm().handle(begin))["refund_draft"]
    asks = {"draft": draft, "situation": "withdraw_confirm"}
    cancel, events = waiting("cancel", **asks)
    assert (said(cancel), waits(events)) == (["utter_withdraw_confirm_again"], True)
    doubt, _ = waiting("confirm", "ask", **asks)
    assert said(doubt) == ["utter_withdraw_confirm_again"]
    kept, _ = waiting("decline", **asks)
    assert said(kept) == ["utter_withdraw_kept"]
    with Session(orders, future=True) as session:
        found = latest_request(session, NUMBER)
        assert found is not None
        assert found.state == "approved"
    done, _ = waiting("confirm", **asks)
    assert said(done) == ["utter_withdrawn"]


# one instead of the other


def run_for(goal: str, **more: Any) -> tuple[Turn, list[Event]]:
    here = turn(f"start:request_{goal}", goal=goal, order_number=NUMBER, form="refund_form", **more)
    return here, ValidateRefundForm().handle(here)


def open_now(orders: Engine, kind: Kind) -> None:
    prove(orders, NUMBER)
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", days=30, price_minor=3900)
        loaded = facts_for(session, NUMBER, NOW)
        assert loaded is not None
        open_request(
            session, NUMBER, kind, decide(*loaded, kind), "c1", NOW, "kiwi-nz-10" if kind == "exchange" else None
        )


@pytest.mark.parametrize(
    ("running", "wanted", "shown"),
    [("refund", "exchange", "utter_exchange_choose"), ("exchange", "refund", "utter_refund_approved")],
)
def test_one_yes_withdraws_what_runs_and_goes_on(orders: Engine, running: Kind, wanted: Kind, shown: str) -> None:
    open_now(orders, running)
    here, events = run_for(wanted)
    assert said(here) == [f"utter_withdraw_for_{wanted}"]
    draft = slots(events)["refund_draft"]
    assert (draft["kind"], draft["then"], waits(events)) == ("withdraw", wanted, True)
    after, events = waiting("confirm", draft=draft, situation="withdraw_confirm", goal=wanted)
    assert (said(after), slots(events)["goal"]) == (["utter_withdrawn", shown], wanted)


def test_a_no_keeps_what_runs(orders: Engine) -> None:
    open_now(orders, "refund")
    _, events = run_for("exchange")
    after, _ = waiting("decline", draft=slots(events)["refund_draft"], situation="withdraw_confirm")
    assert said(after) == ["utter_withdraw_kept"]


def test_a_refund_named_to_be_rid_of_it_is_offered_for_withdrawal(orders: Engine) -> None:
    open_now(orders, "refund")
    assert said(run_for("refund", text="oh don't refund it, take it back")[0]) == ["utter_withdraw_confirm"]
    assert said(run_for("refund", text="give me a refund")[0]) == ["utter_refund_already"]


CHOOSING = {"kind": "exchange", "number": NUMBER}


def choosing(orders: Engine, **entities: Any) -> list[str]:
    prove(orders, NUMBER)
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", days=30, price_minor=3900)
    return said(waiting("inform", draft=CHOOSING, situation="exchange_choice", entities=entities)[0])


def test_a_plan_named_by_its_days_is_taken(orders: Engine) -> None:
    assert choosing(orders, amount_of_time=30.0) == ["utter_exchange_confirm"]


@pytest.mark.parametrize("entities", [{"amount_of_time": 60.0}, {"plan": "long-60"}])
def test_a_plan_that_cannot_be_swapped_to_is_said_so(orders: Engine, entities: dict[str, Any]) -> None:
    assert choosing(orders, **entities) == ["utter_exchange_not_among"]


CONFIRM = {**CHOICE, "ready": True, "plan": "kiwi-nz-20"}


@pytest.mark.parametrize("labels", [["confirm"], ["confirm@0.4"], ["choose"]])
def test_another_plan_named_is_confirmed_and_never_the_one_before(larger: Engine, labels: list[str]) -> None:
    here, events = waiting(*labels, text="ok the 10 GB one then", draft=CONFIRM, situation="exchange_confirm")
    assert said(here) == ["utter_exchange_confirm"]
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 10 GB"
    assert slots(events)["refund_draft"]["plan"] == "kiwi-nz-10"
    assert requested(larger) is None


def test_not_that_one_shows_the_rest(larger: Engine) -> None:
    here, events = waiting("decline", text="no, not that one", draft=CONFIRM, situation="exchange_confirm")
    assert said(here) == ["utter_exchange_choose_again"]
    assert [button["payload"] for button in here.dispatcher.messages[0]["buttons"]] == [
        '/inform{"exchange_plan": "kiwi-nz-10"}'
    ]
    assert "plan" not in slots(events)["refund_draft"]


def test_what_is_asked_again_names_the_plan_and_the_money(larger: Engine) -> None:
    here, _ = waiting("unclear", draft=CONFIRM, situation="exchange_confirm", text="hm")
    assert said(here) == ["utter_exchange_confirm_again"]
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 20 GB"
    assert here.dispatcher.messages[0]["difference"]


def test_the_plan_named_in_the_wish_is_offered_at_once(larger: Engine) -> None:
    here = turn(
        "start:request_exchange",
        text="swap my 5 GB for the 10 GB 15 days please",
        intent="request_exchange",
        goal="exchange",
        order_number=NUMBER,
        form="refund_form",
    )
    ValidateRefundForm().handle(here)
    assert said(here) == ["utter_exchange_confirm"]
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 10 GB"


def test_a_phone_without_an_eid_is_taken_note_of(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = waiting("observe:no_eid", text="I dialled it and there is no EID")
    assert said(here) == ["utter_noted_then", "utter_refund_confirm_again"]
    assert waits(events)


def test_the_same_refusal_is_not_told_twice(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_order(session, NUMBER, bought_at=NOW - days(20))
        ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW)
    before = [dict(told("utter_refund_declined"), text=f"✗ {NUMBER}")]
    here = turn("start:request_refund", goal="refund", order_number=NUMBER, form="refund_form", before=before)
    ValidateRefundForm().handle(here)
    assert said(here) == ["utter_refund_law"]


def test_going_back_takes_up_what_the_other_order_was_about(orders: Engine) -> None:
    other = "NZ10000011"
    prove(orders, other, NUMBER)
    left = {"left": {other: {"goal": "diagnose", "symptom": "slow"}}}
    here, events = waiting("decline", text="leave it, back to the slow one", focus=left)
    assert said(here) == ["utter_refund_not_now"]
    assert next_action(events) == "action_other_order"
