"""Who answers a question first: what was told, what was shown, the order, the articles, the catalogue, a way out."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import of_situation
from actions.dialogue.answering import ActionAnswerQuestion
from actions.turn import Turn
from tests.support.article_units import APN, ROAMING, SHARE, SIZES, TODAY, UNITS, VOLTE, unit
from tests.support.order_rows import add_plan
from tests.support.turns import did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"
STEP = {"current": "step.roaming", "playbook": "no_data", "done": ["step.roaming"]}
CARDS = told("utter_text", custom={"cards": [{"title": "New Zealand 5 GB"}, {"title": "Kiwi 9 GB"}]})


def answered(here: Turn) -> tuple[list[str], str | None]:
    """What was said, and the action that goes on."""
    events = ActionAnswerQuestion().handle(here)
    return said(here), next_action(events)


@pytest.fixture
def plans(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session)
        add_plan(session, "kiwi-9", name_en="Kiwi 9 GB", name_zh="奇异 9 GB", price_minor=3900)


# the order of those who answer: each case would be answered by the later ones as well


@pytest.mark.usefixtures("plans")
def test_what_was_told_comes_before_what_was_shown() -> None:
    here = turn(
        "ask_why", "refer", text="why the second one", situation="order_number", form="order_form", before=[CARDS]
    )
    assert answered(here) == (["utter_why_order"], None)


@pytest.mark.usefixtures("plans")
def test_what_is_pointed_at_comes_before_the_articles() -> None:
    here = turn(
        "refer", "ask", text="the second, hotspot?", situation="plan_list", before=[CARDS], units=f"{SHARE}@0.9"
    )
    events = ActionAnswerQuestion().handle(here)
    assert said(here) == ["utter_plan_detail"]
    assert slots(events)["focus"] == {"plan": "kiwi-9", "shown": ["kiwi-nz-5", "kiwi-9"]}
    assert next_action(events) == "action_listen"


@pytest.mark.usefixtures("plans")
def test_the_plan_in_focus_comes_before_the_articles() -> None:
    here = turn("ask", text="and hotspot?", before=[CARDS], units=f"{SHARE}@0.9", focus={"plan": "kiwi-9"})
    assert answered(here)[0] == ["utter_plan_detail"]
    assert here.dispatcher.messages[0]["plan"] == "Kiwi 9 GB"


def test_the_other_order_comes_before_this_one(orders: Engine) -> None:
    prove(orders, "NZ10000002", NUMBER)
    here = turn(
        "switch_order",
        "ask",
        before=[did("action_data_usage")],
        order_number=NUMBER,
        intent="check_order_status",
        confidence=0.9,
    )
    assert answered(here) == ([], "action_data_usage")


@pytest.mark.parametrize(
    ("intent", "confidence", "units", "expected"),
    [
        ("check_data_usage", 0.5, "", "action_data_usage"),
        ("ask_hotspot", 0.5, "", "action_hotspot"),
        ("ask_hotspot", 0.8, f"{SHARE}@0.9", "utter_article"),  # articles know the features of the order
        ("ask_hotspot", 0.96, f"{SHARE}@0.3", "action_hotspot"),
        ("check_data_usage", 0.9, f"{SHARE}@0.9", "utter_article"),  # the article answers something else
        ("request_refund", 0.5, "", "refund_form"),
        ("request_exchange", 0.5, f"{SHARE}@0.9", "refund_form"),
    ],
)
def test_data_of_the_order(orders: Engine, intent: str, confidence: float, units: str, expected: str) -> None:
    prove(orders, NUMBER)
    here = turn("ask", intent=intent, confidence=confidence, units=units, order_number=NUMBER)
    spoken, action = answered(here)
    assert expected in (*spoken, action)
    assert action == (expected if expected.startswith(("action", "refund")) else "action_listen")


def test_data_of_an_order_that_is_not_proven_is_not_told() -> None:
    here = turn("ask", intent="check_data_usage", confidence=0.9, order_number=NUMBER, order_verified=True)
    assert answered(here)[1] not in ("action_data_usage", "refund_form")


def test_a_refund_decision_is_not_begun_again_while_a_form_waits(orders: Engine) -> None:
    prove(orders, NUMBER)
    waits = {"form": "refund_form", "situation": "refund_confirm", "requested_slot": "refund_confirmed"}
    here = turn("ask", intent="request_refund", confidence=0.9, order_number=NUMBER, **waits)
    assert answered(here)[1] is None
    status = turn("ask", intent="check_refund_status", confidence=0.9, order_number=NUMBER, **waits)
    assert answered(status) == ([], "action_refund_status")


@pytest.mark.parametrize(("chance", "expected"), [(0.4, "utter_refund_why_"), (0.9, "utter_article")])
def test_what_is_asked_of_a_decision_is_answered_from_it(orders: Engine, chance: float, expected: str) -> None:
    prove(orders, NUMBER)
    waits = {"form": "refund_form", "situation": "refund_confirm", "requested_slot": "refund_confirmed"}
    here = turn("ask", units=f"{SHARE}@{chance}", order_number=NUMBER, **waits)
    replies, goes_on = answered(here)
    assert (replies[0].startswith(expected), goes_on) == (True, None)


def test_money_asked_for_again_after_a_request_is_where_the_request_stands(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("ask", intent="request_refund", situation="done", asked="refund", order_number=NUMBER)
    assert answered(here) == ([], "action_refund_status")


def test_what_happens_with_the_order_after_a_finding_is_the_way_out(orders: Engine) -> None:
    prove(orders, NUMBER)
    asks = {"intent": "check_order_status", "confidence": 0.9, "order_number": NUMBER}
    assert answered(turn("ask", situation="finding", asked="locked", **asks))[0] == ["utter_ways_out"]
    assert answered(turn("ask", situation="told", asked="article", **asks)) == ([], "action_order_status")


def test_countries_are_looked_for_in_the_plan_one_has(orders: Engine) -> None:
    prove(orders, NUMBER)
    abroad = {"intent": "ask_price_plans", "confidence": 0.4, "entities": {"destination": "AU"}}
    assert answered(turn("ask", order_number=NUMBER, **abroad)) == ([], "action_coverage")


@pytest.mark.parametrize(
    ("intent", "confidence", "units", "entities", "expected"),
    [
        ("ask_price_plans", 0.8, "", {}, ([], "action_price_plans")),
        ("ask_price_plans", 0.8, f"{SIZES}@0.9", {}, (["utter_article"], "action_price_plans")),
        ("ask_price_plans", 0.8, f"{SHARE}@0.9", {}, (["utter_article"], "action_listen")),  # of another subject
        ("ask_price_plans", 0.8, f"{TODAY}@0.9", {}, ([], "action_promotions")),
        ("ask_support_hours", 0.9, f"{SHARE}@0.9", {}, ([], "action_support_hours")),
        ("ask_support_hours", 0.8, f"{SHARE}@0.9", {}, (["utter_article"], "action_listen")),
        ("ask_device_compatibility", 0.8, f"{SHARE}@0.6", {"device": "s21"}, (["utter_article"], "action_listen")),
        ("ask_device_compatibility", 0.8, f"{SHARE}@0.4", {"device": "s21"}, ([], "action_device_compatibility")),
        ("ask_device_compatibility", 0.8, "", {"device": "apple-iphone-15"}, ([], "action_device_compatibility")),
        ("ask_device_compatibility", 0.8, f"{SHARE}@0.9", {}, (["utter_article"], "action_listen")),
        ("ask_price_plans", 0.7, f"{SHARE}@0.9", {}, (["utter_article"], "action_listen")),
        ("ask_price_plans", 0.5, "", {}, ([], "action_price_plans")),
        ("ask_apn", 0.5, f"{APN}@0.3", {}, (["utter_article"], "action_listen")),
        ("ask_apn", 0.5, f"{APN}@0.1", {}, ([], "action_apn")),
        ("ask_dual_sim", 0.97, f"{SHARE}@0.44", {}, ([], "action_dual_sim")),  # surely of another subject
        ("ask_dual_sim", 0.97, f"{SHARE}@0.6", {}, (["utter_article"], "action_listen")),
    ],
)
def test_articles_and_what_is_computed(
    intent: str, confidence: float, units: str, entities: dict[str, Any], expected: tuple[list[str], str]
) -> None:
    here = turn("ask", intent=intent, confidence=confidence, units=units, entities=entities)
    assert answered(here) == expected


def test_in_a_form_the_answer_leaves_the_form_waiting() -> None:
    here = turn("ask", units=f"{SHARE}@0.9", form="order_form", situation="order_number")
    assert answered(here) == (["utter_article"], None)
    assert here.dispatcher.messages[0]["buttons"] == []  # the form asks something itself


# a few words after an answer, and features that fail


@pytest.mark.parametrize(
    ("text", "known", "action"),
    [
        ("how long?", {"goal": "resend_qr", "order_verified": True}, "action_resend_qr"),
        ("还要多久", {"goal": "refund", "order_verified": True}, "action_refund_status"),
        ("why not?", {"goal": "refund", "order_verified": True}, "refund_form"),
        (
            "and the S21?",
            {"offer": "ask_device_compatibility", "entities": {"device": "s21"}},
            "action_device_compatibility",
        ),
        ("with the company's name", {"goal": "invoice", "before": [did("action_invoice")]}, "action_invoice"),
        ("how long?", {"form": "refund_form", "situation": "refund_confirm"}, "action_refund_status"),
    ],
)
def test_a_few_words_are_about_what_was_answered_last(text: str, known: dict[str, Any], action: str) -> None:
    asks = {"text": text, "units": f"{SHARE}@0.9", **known}
    assert answered(turn("ask", **asks)) == ([], action)
    assert answered(turn("ask", **asks, since=[did("action_other_order")])) != ([], action)  # that chose the topic


@pytest.mark.parametrize(
    ("text", "said_of"),
    [
        ("my laptop can't connect to the hotspot", (["utter_article"], "action_hotspot")),
        ("can I share it", (["utter_article"], "action_listen")),
    ],
)
def test_a_feature_that_fails_has_steps_of_its_own(text: str, said_of: tuple[list[str], str]) -> None:
    here = turn("ask", text=text, intent="ask_hotspot", confidence=0.6, units=f"{SHARE}@0.9")
    assert answered(here) == said_of


@pytest.mark.parametrize(
    ("text", "confidence", "said_of"),
    [
        ("打不了电话", 0.99, ([], "action_calls_sms")),
        ("打不了电话", 0.8, (["utter_article"], "action_listen")),
        ("my home SIM can't make calls", 0.99, (["utter_article"], "action_listen")),
    ],
)
def test_calls_that_fail_are_looked_at_before_how_calls_work(
    text: str, confidence: float, said_of: tuple[list[str], str]
) -> None:
    here = turn("ask", text=text, intent="ask_calls_sms", confidence=confidence, units=f"{VOLTE}@0.9")
    assert answered(here) == said_of


@pytest.mark.parametrize(("proven", "form"), [(True, "diagnosis_form"), (False, "order_form")])
def test_a_sure_fault_that_reads_like_a_question_is_looked_at(orders: Engine, proven: bool, form: str) -> None:
    if proven:
        prove(orders, NUMBER)
    here = turn("ask", intent="report_activation_failure", confidence=0.99, order_number=NUMBER)
    events = ActionAnswerQuestion().handle(here)
    assert (slots(events)["goal"], slots(events)["symptom"]) == ("diagnose", "activation")
    assert next_action(events) == form
    unsure = turn("ask", intent="report_activation_failure", confidence=0.9, order_number=NUMBER)
    assert answered(unsure)[1] == "action_listen"


def test_plans_are_surely_asked_for_where_two_intents_for_them_share_the_probability() -> None:
    ranking = [("ask_crossborder_pack", 0.6), ("ask_price_plans", 0.39), ("inform", 0.01)]
    here = turn("ask", intent="ask_crossborder_pack", confidence=0.6)
    here.tracker.latest_message["intent_ranking"] = [{"name": name, "confidence": value} for name, value in ranking]
    assert here.confidence_in("ask_price_plans", "ask_crossborder_pack") == pytest.approx(0.99)
    with_article = turn("ask", intent="ask_crossborder_pack", confidence=0.6, units=f"{SHARE}@0.9")
    assert answered(with_article) == (["utter_article"], "action_listen")
    assert answered(here) == ([], "action_crossborder_pack")


def test_an_order_given_after_a_general_answer_is_answered_about() -> None:
    here = turn("ask", intent="ask_hotspot", confidence=0.6, units=f"{SHARE}@0.9")
    events = ActionAnswerQuestion().handle(here)
    assert slots(events)["offer"] == "with_order:action_hotspot"
    waiting = turn("ask", intent="ask_hotspot", confidence=0.6, units=f"{SHARE}@0.9", form="order_form")
    assert slots(ActionAnswerQuestion().handle(waiting))["offer"] is None


def test_a_hotline_asked_for_is_told_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    found = unit("talking-to-us.phone-number", "Some have a hotline.")
    monkeypatch.setitem(UNITS, found.id, found)
    here = turn("ask", text="hotline?", intent="human_handoff", confidence=0.96, units=f"{found.id}@0.97")
    assert answered(here) == (["utter_article", "utter_text"], "action_listen")
    assert "+61" in str(here.dispatcher.messages[-1])


# ways out


def test_what_now_after_a_finding_is_about_the_way_out_of_it() -> None:
    asks = {"situation": "finding", "asked": "carrier_locked", "intent": "ask_how_to_install", "confidence": 0.96}
    here = turn("ask", text="so what do I do now?", units=f"{SHARE}@0.3", **asks)
    assert answered(here) == (["utter_ways_out"], "action_listen")
    here = turn("ask", text="how is it installed?", units=f"{SHARE}@0.3", **asks)
    assert answered(here) == ([], "action_how_to_install")


def test_what_now_without_an_order_number() -> None:
    first = turn("ask", form="order_form", situation="order_number", goal="diagnose")
    assert answered(first) == (["utter_order_help"], None)
    again = turn("ask", form="order_form", situation="order_number", goal="diagnose", before=[told("utter_order_help")])
    assert answered(again) == ([], "diagnosis_form")
    status = turn(
        "ask", form="order_form", situation="order_number", goal="order_status", before=[told("utter_order_help")]
    )
    assert answered(status) == (["utter_order_needed"], "action_listen")


@pytest.mark.parametrize(
    ("situation", "asked", "diagnosis", "offers"),
    [
        ("finding", "no_eid", None, ["request_refund", "request_exchange", "human_handoff"]),
        ("told", "refund_decision", None, ["human_handoff"]),
        (
            "question",
            "eid",
            {"current": "step.eid"},
            ["request_refund", "request_exchange", "human_handoff"],
        ),
        ("told", "article", {"current": "solved", "done": ["finding.locked"]}, ["human_handoff"]),
    ],
)
def test_what_now_after_a_dead_end(
    situation: str, asked: str, diagnosis: dict[str, Any] | None, offers: list[str]
) -> None:
    here = turn("ask", situation=situation, asked=asked, diagnosis=diagnosis)
    events = ActionAnswerQuestion().handle(here)
    assert said(here) == ["utter_ways_out"]
    assert [button["payload"] for button in here.dispatcher.messages[0]["buttons"]] == [f"/{offer}" for offer in offers]
    assert slots(events)["offer"] == "human_handoff"


@pytest.mark.parametrize("asked", [("done", "refund"), ("done", "exchange"), ("told", "refund_status")])
def test_what_now_after_a_request_is_where_it_stands(asked: tuple[str, str]) -> None:
    here = turn("ask", situation=asked[0], asked=asked[1], order_verified=True)
    assert answered(here) == ([], "action_refund_status")
    unproven = turn("ask", situation=asked[0], asked=asked[1])
    assert answered(unproven)[1] == "action_listen"


# nothing fits


def test_an_article_that_comes_near_is_better_than_nothing() -> None:
    assert answered(turn("unclear@0.1", units=f"{SHARE}@0.35")) == (["utter_article"], "action_listen")
    far = turn("unclear@0.1", units=f"{SHARE}@0.25", intent="ask_hotspot", confidence=0.3)
    assert answered(far)[0] == ["utter_did_you_mean"]


def test_what_nobody_can_answer() -> None:
    assert answered(turn("chat", "unclear@0.1", intent="unknown")) == (["utter_out_of_scope"], "action_listen")
    lost = turn("unclear@0.1", intent="unknown")
    events = ActionAnswerQuestion().handle(lost)
    assert (said(lost), slots(events)["misunderstandings"]) == (["utter_not_understood"], 1)
    third = turn("unclear@0.1", intent="unknown", misunderstandings=2)
    events = ActionAnswerQuestion().handle(third)
    assert (said(third), slots(events)["offer"]) == (["utter_not_understood_person"], "human_handoff")
    waiting = turn("unclear@0.1", intent="unknown", form="diagnosis_form", situation="step", diagnosis=STEP)
    assert answered(waiting) == (["utter_not_sure_form"], None)


# what was said beside the question


def test_an_order_that_is_brought_is_proven_before_it_is_answered_about() -> None:
    here = turn("ask", entities={"order_number": NUMBER}, units=f"{SHARE}@0.9")
    events = ActionAnswerQuestion().handle(here)
    assert (said(here), next_action(events)) == ([], "order_form")
    assert slots(events) == {"offer": "with_order:action_answer_question", "goal": "order_status"}


@pytest.mark.parametrize("proven", [True, False])
def test_a_fault_told_beside_the_question_is_looked_at_after_the_answer(orders: Engine, proven: bool) -> None:
    if proven:
        prove(orders, NUMBER)
    both = {"text": "can I share it? no page loads", "units": f"{SHARE}@0.9", "goal": "diagnose"}
    here = turn("ask", "start:report_no_data@0.5", order_number=NUMBER, **both)
    assert answered(here) == (["utter_article"], "diagnosis_form" if proven else "order_form")
    under_way = turn("ask", "start:report_no_data@0.5", diagnosis=STEP, **both)
    assert answered(under_way)[1] == "action_listen"


def test_one_question_in_the_words_of_a_fault_reports_none() -> None:
    here = turn("ask", "start:report_slow_data", text="is it slowed down", units=f"{SHARE}@0.9", goal="diagnose")
    assert answered(here) == (["utter_article"], "action_listen")


def test_two_questions_are_both_answered() -> None:
    parts = f"{SHARE}@0.8 {ROAMING}@0.8"
    here = turn("ask", intent="ask_hotspot", confidence=0.97, units=f"{SHARE}@0.3 {ROAMING}@0.1", parts=parts)
    assert answered(here) == (["utter_article"], "action_listen")
    assert here.dispatcher.messages[0]["body"] == "Most plans can be shared.\nRoaming costs nothing."


@pytest.mark.parametrize("told_before", [True, False])
def test_an_order_proven_for_a_phone_that_cannot_leads_to_the_ways_out(orders: Engine, told_before: bool) -> None:
    prove(orders, NUMBER)
    question = turn("ask", text="how can I tell", intent="ask_device_compatibility", confidence=0.97).tracker
    asked_then = [
        {**question.events[-1], "parse_data": question.latest_message},
        {"event": "slot", "name": "reading", "value": question.get_slot("reading")},
        *([told("utter_device_no")] if told_before else []),
    ]
    here = turn(
        "inform",
        text=f"it is {NUMBER}",
        before=asked_then,
        since=[did("action_order_status")],
        entities={"order_number": NUMBER},
        device="samsung-galaxy-a14",
        order_verified=True,
    )
    assert answered(here) == ([*([] if told_before else ["utter_device_no"]), "utter_ways_out"], "action_listen")


@pytest.mark.parametrize(
    ("before", "known", "words"),
    [
        (told("utter_device_no"), {}, "hotspot"),
        (told("utter_article"), {"focus": {"unit": "mainland-china-phones.huawei-mate-pura"}}, "hotspot"),
        (told("utter_device_yes"), {}, None),
    ],
)
def test_what_now_after_a_phone_that_cannot_is_what_there_is_instead(
    before: dict[str, Any], known: dict[str, Any], words: str | None
) -> None:
    here = turn("ask", text="so what can I do", situation="told", before=[before], **known)
    of_situation.what_now(here)
    assert (words is None) == (said(here) == [])
    assert words is None or words in here.dispatcher.messages[0]["body"]


@pytest.mark.parametrize(
    ("text", "told_of"),
    [
        ("新的要不要另外付钱", True),
        ("does the new one cost me anything?", True),
        ("多久能好", False),
        ("how much is a bigger plan", False),
        ("how much of a refund would I get", False),
    ],
)
def test_what_the_new_esim_costs_is_told_of_it(text: str, told_of: bool) -> None:
    here = turn("ask", text=text, before=[told("utter_reissue_ticket")])
    assert (of_situation.cost_of_replacement(here) is not None) is told_of
    assert said(here) == (["utter_article"] if told_of else [])
    unasked = turn("ask", text=text)
    assert of_situation.cost_of_replacement(unasked) is None
