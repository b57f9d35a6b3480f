"""What a reading leads to in every state, what it is read against, and what the policy makes of a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.base.settings import ROOT
from aftercare.rasa_components.decide import decide
from aftercare.rasa_components.dialogue import DialogueManager
from aftercare.rasa_components.matters import offered_reading
from aftercare.rasa_components.message_kind import settled
from aftercare.rasa_components.message_reader import MessageReader
from aftercare.rasa_components.turn_context import answers_before, context_of
from aftercare.rasa_components.turn_state import Decision, State
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading, Read
from tests.support.readings import reading

ANSWER = Decision("action_answer_question")
ACKNOWLEDGE = Decision("action_acknowledge")
TO_STORIES = Decision()
FAULT = Decision("utter_which_problem", (("goal", "diagnose"),))
ARTICLE = "hotspot.share@0.8"
UNSURE_ARTICLE = "hotspot.share@0.4"


def state(intent: str = "inform", confidence: float = 0.5, *entities: str, **known: Any) -> State:
    return State(intent, confidence, frozenset(entities), **known)


def started(intent: str, goal: str, symptom: str | None = None) -> Decision:
    slots = (("goal", goal), *((("symptom", symptom),) if symptom else ()))
    return Decision(slots=slots, intent=intent)


FORMS = ("order_form", "diagnosis_form", "refund_form")
# what is done in every state, whether a form waits or not
EVERYWHERE = [
    ("danger", reading("emergency"), state(), "action_emergency"),
    ("danger that is only likely", reading("emergency@0.3", "start:report_no_service"), state(), "action_emergency"),
    ("what follows danger", reading("observe:no_service"), state(after_emergency=True), "action_emergency"),
    ("a question after danger", reading("ask"), state(after_emergency=True), "action_emergency"),
    ("no signal after danger", reading("start:report_no_service"), state(after_emergency=True), "action_emergency"),
    (
        "help is there, and somebody is no longer in danger",
        reading("acknowledge"),
        state(after_emergency=True, out_of_danger=True, emergencies=2),
        "action_emergency",
    ),
    ("one of our languages", reading("speak:en"), state(), "action_speak_language"),
    ("a third language", reading("speak:ko"), state(), "action_speak_language"),
    ("once more in English", reading("speak:en", "repeat", "ask"), state(), "action_speak_language"),
    ("words in no language we know", reading("unclear@0.1"), state("switch_language", 0.7), "action_speak_language"),
    ("starting over", reading("start_over"), state(), "action_start_over"),
    ("no person any more, while one is waited for", reading("no_person"), state(waiting=True), "action_leave_line"),
    (
        "no person any more, and nobody tells of the line",
        reading("no_person"),
        state(person_wanted=True),
        "action_leave_line",
    ),
    (
        "no person any more, in words that resemble a wish for one",
        reading("no_person", "person@0.3"),
        state("human_handoff", 0.9, waiting=True),
        "action_leave_line",
    ),
    ("a person", reading("person"), state(), "action_handoff"),
    ("a person, in words alone", reading("unclear@0.2"), state("human_handoff", 0.85), "action_handoff"),
    ("a person surely, beside an article", reading("person", units=ARTICLE), state(), "action_handoff"),
    (
        "a person, beside the article on how to reach one",
        reading("person@0.67", "pause@0.44", units="talking-to-us.reach-a-person@0.95"),
        state("human_handoff", 0.97),
        "action_handoff",
    ),
    ("taking back", reading("undo"), state(), "action_undo"),
    ("no to a request that was sent", reading("decline", situation="done", asked="refund"), state(), "action_undo"),
    ("cancelling what was sent", reading("cancel", situation="done", asked="exchange"), state(), "action_undo"),
    (
        "withdrawing what was just sent",
        reading("start:withdraw_request", situation="done", asked="refund"),
        state(),
        "action_undo",
    ),
    ("the other order", reading("switch_order"), state(verified=True), "action_other_order"),
    (
        "a number corrected",
        reading("correct"),
        state("inform", 0.9, "order_number", verified=True),
        "action_other_order",
    ),
]


@pytest.mark.parametrize("loop", [None, *FORMS])
@pytest.mark.parametrize(("read", "known", "action"), [case[1:] for case in EVERYWHERE], ids=[c[0] for c in EVERYWHERE])
def test_what_holds_in_every_state(read: CommandReading, known: State, action: str, loop: str | None) -> None:
    known = State(**{**vars(known), "loop": loop})
    assert decide(read, known) == Decision(action)


@pytest.mark.parametrize("loop", [None, *FORMS])
def test_the_connection_asked_about_again_leaves_the_danger(loop: str | None) -> None:
    after = state("report_no_data", 0.9, loop=loop, after_emergency=True)
    assert decide(reading("start:report_no_data@0.7"), after).action != "action_emergency"
    assert decide(reading("emergency", "start:report_no_data"), after).action == "action_emergency"
    told_twice = state(loop=loop, after_emergency=True, emergencies=2)
    assert decide(reading("unclear"), told_twice).action != "action_emergency"
    assert decide(reading("emergency"), told_twice).action == "action_emergency"


def test_a_fault_told_when_help_is_there_is_the_matter() -> None:
    over = state("report_no_data", 0.9, after_emergency=True, out_of_danger=True)
    assert decide(reading("inform"), over) == Decision(
        "action_emergency", (("goal", "diagnose"), ("symptom", "no_data"))
    )


def test_what_is_more_urgent_comes_first() -> None:
    everything = ["emergency", "speak:ja", "start_over", "person", "undo", "switch_order", "start:request_refund"]
    done = []
    while everything:
        done.append(decide(reading(*everything), state(verified=True)))
        # a language is no longer asked for beside a matter that begins
        everything.pop(0)
    assert [each.action or each.intent for each in done] == [
        "action_emergency",
        "action_start_over",
        "action_start_over",
        "action_handoff",
        "action_undo",
        "action_other_order",
        "request_refund",
    ]


# no danger, no language, no person: a form waits or not, the message is a question
NOT_THAT = [
    ("what follows danger that is no question", reading("thank"), state(after_emergency=True)),
    ("a language, of menus", reading("speak:ja", "ask_how"), state()),
    ("a language, that an article answers", reading("speak:ja", "ask", units=ARTICLE), state()),
    ("staff, that an article answers", reading("ask", "person@0.7", units=ARTICLE), state("human_handoff", 0.9)),
    ("staff asked about", reading("ask"), state("human_handoff", 0.9)),
    ("the other order, none proven", reading("switch_order", "ask"), state()),
    ("a correction without number or e-mail", reading("correct", "ask"), state(verified=True)),
    ("a no after something else was done", reading("decline@0.5", "ask", situation="done", asked="qr_sent"), state()),
]


@pytest.mark.parametrize(("read", "known"), [case[1:] for case in NOT_THAT], ids=[case[0] for case in NOT_THAT])
def test_what_only_resembles_it_is_not_done(read: CommandReading, known: State) -> None:
    urgent = {action for *_, action in EVERYWHERE}
    for loop in (None, *FORMS):
        assert decide(read, State(**{**vars(known), "loop": loop})).action not in urgent


OUTSIDE = [
    # what the words are in, whose order it is, who is waited for
    (
        "another language, whatever it resembles",
        reading("speak:es", "start:report_no_data"),
        state(written_in="es"),
        Decision("action_speak_language", (("goal", "diagnose"), ("symptom", "no_data"))),
    ),
    ("menus in another language", reading("speak:de@0.6", "ask@0.8"), state("ask_roaming_setting", 0.9), ANSWER),
    (
        "an order that is not the one at hand",
        reading("start:report_no_data@0.45"),
        state("check_order_status", 0.6, "order_number", verified=True, names_other_order=True),
        Decision("action_other_order", (("goal", "diagnose"), ("symptom", "no_data"))),
    ),
    (
        "the older one, to be refunded",
        reading("start:request_refund@0.23"),
        state("request_refund", 0.95, verified=True, points_back=True),
        Decision("action_other_order", (("goal", "refund"),)),
    ),
    ("no person after all", reading("person", "cancel@0.6"), state(person_wanted=True), Decision("action_cancel")),
    ("out of the line", reading("cancel", situation="waiting"), state(waiting=True), Decision("action_leave_line")),
    ("is anyone there", reading("greet", situation="waiting"), state("greet", 0.9), Decision("action_support_hours")),
    ("stop", reading("cancel"), state(), Decision("action_cancel")),
    ("stop, in words alone", reading("unclear@0.1"), state("cancel", 0.7), Decision("action_cancel")),
    ("one step back", reading("back"), state(), Decision("action_resume")),
    (
        "anger with an order",
        reading("complain"),
        state("complain", 0.9, "order_number", "email"),
        Decision("order_form", (("goal", "diagnose"), ("symptom", None))),
    ),
    (
        "anger that an article explains",
        reading("complain", "object@0.6", units="speed.unlimited@0.5"),
        state("complain", 0.9),
        ANSWER,
    ),
    (
        "two matters, both sure",
        reading("start:ask_invoice", "start:report_slow_data@0.7"),
        state(),
        Decision("action_two_matters", (("second_matter", ["ask_invoice", "report_slow_data"]),)),
    ),
    (
        "a fault, in words that are only a guess at a question",
        reading("observe:bars@0.45", "ask@0.4", situation="waiting"),
        state("report_no_data", 0.99),
        started("report_no_data", "diagnose", "no_data"),
    ),
    ("a fault asked about", reading("ask@0.6"), state("report_no_data", 0.99), ANSWER),
    (
        "a fault, and its order to look at",
        reading("start:report_no_data", "start:check_order_status@0.7"),
        state("report_no_data", 1.0),
        started("report_no_data", "diagnose", "no_data"),
    ),
    (
        "a phone without eSIM",
        reading("observe:no_eid"),
        state(),
        Decision("diagnosis_form", (("goal", "diagnose"), ("symptom", "activation"))),
    ),
    ("bought elsewhere", reading("observe:other_shop", "ask"), state(), Decision("order_form")),
    (
        "a fact against the record",
        reading("object", "observe:unlocked"),
        state(diagnosing=True, verified=True),
        Decision("diagnosis_form"),
    ),
    (
        "the signal again after danger",
        reading("ask"),
        state("inform", 0.5, "order_number", after_emergency=True),
        ANSWER,
    ),
    # a matter begins
    ("a refund", reading("start:request_refund"), state(), started("request_refund", "refund")),
    ("not surely a refund", reading("start:request_refund@0.35", "ask@0.3"), state(), ANSWER),
    ("a fault of a kind", reading("start:report_slow_data"), state(), started("report_slow_data", "diagnose", "slow")),
    ("a fault of no kind", reading("start:report_fault"), state(), FAULT),
    (
        "a fault of no kind, order proven",
        reading("start:report_fault"),
        state(verified=True),
        Decision("order_form", (("goal", "diagnose"), ("symptom", None))),
    ),
    (
        "a fault of no kind with a number",
        reading("start:report_fault", "inform"),
        state("inform", 0.5, "order_number"),
        Decision("order_form", (("goal", "diagnose"), ("symptom", None))),
    ),
    (
        "a fault of no kind whose words are surer",
        reading("start:report_fault"),
        state("report_no_service", 0.7),
        started("report_no_service", "diagnose", "no_service"),
    ),
    (
        "a fault of no kind that is surely one of payment",
        reading("start:report_fault"),
        state("payment_issue", 0.99),
        started("payment_issue", "payment"),
    ),
    ("a fault of no kind, perhaps of payment", reading("start:report_fault"), state("payment_issue", 0.9), FAULT),
    (
        "something seen is a fault",
        reading("observe:emergency_only"),
        state(),
        started("report_no_service", "diagnose", "no_service"),
    ),
    (
        "something seen is surer than the words",
        reading("start:report_fault", "observe:slow"),
        state("report_no_service", 0.9),
        started("report_slow_data", "diagnose", "slow"),
    ),
    (
        "a fault in words alone",
        reading("unclear@0.2"),
        state("report_no_data", 0.85),
        started("report_no_data", "diagnose", "no_data"),
    ),
    ("a fault in words alone, unsure", reading("unclear@0.2"), state("report_no_data", 0.6), ANSWER),
    ("something seen that is no fault", reading("observe:arrived", "inform"), state(), TO_STORIES),
    (
        "something surely seen that resembles an article",
        reading("observe:arrived@0.96", units=ARTICLE),
        state("nlu_fallback", 0.4, diagnosing=True),
        Decision("diagnosis_form"),
    ),
    (
        "something seen, no diagnosis",
        reading("observe:arrived@0.96", units=ARTICLE),
        state("nlu_fallback", 0.4),
        ANSWER,
    ),
    (
        "of two matters the one the words name",
        reading("start:check_order_status", "start:resend_qr@0.7"),
        state("resend_qr", 0.6),
        started("resend_qr", "resend_qr"),
    ),
    (
        "of two matters the surer",
        reading("start:check_order_status", "start:resend_qr@0.7"),
        state("ask_apn", 0.6),
        started("check_order_status", "order_status"),
    ),
    (
        "money back, asked of this very order",
        reading("ask"),
        state("ask_refund_policy", 0.6, "order_number"),
        started("request_refund", "refund"),
    ),
    (
        "few words beside number and e-mail",
        reading("inform", "start:ask_invoice@0.3"),
        state("inform", 0.9, "order_number", "email"),
        started("ask_invoice", "invoice"),
    ),
    # a question, and the matter beside it
    ("a question", reading("ask"), state(), ANSWER),
    ("why", reading("ask_why"), state(), ANSWER),
    ("a protest", reading("object"), state(), ANSWER),
    ("once more", reading("repeat"), state(), ANSWER),
    ("not known", reading("dont_know"), state(), ANSWER),
    ("one of those shown", reading("refer", situation="plan_list"), state(), ANSWER),
    (
        "a question beside a refund",
        reading("ask", "start:request_refund@0.6"),
        state(),
        Decision("action_answer_question", (("goal", "refund"),)),
    ),
    (
        "a question beside a fault",
        reading("ask", "start:report_no_data@0.45"),
        state(),
        Decision("action_answer_question", (("goal", "diagnose"), ("symptom", "no_data"))),
    ),
    (
        "a question beside something seen",
        reading("ask", "observe:slow"),
        state(),
        Decision("action_answer_question", (("goal", "diagnose"), ("symptom", "slow"))),
    ),
    ("a question with a number", reading("ask"), state("inform", 0.5, "order_number"), ANSWER),
    # an article
    ("an article answers", reading("unclear@0.2", units=ARTICLE), state(), ANSWER),
    (
        "an article answers what was taken for a matter",
        reading("start:resend_qr@0.7", units=ARTICLE),
        state(),
        Decision("action_answer_question", (("goal", "resend_qr"),)),
    ),
    (
        "a request in the words of a question, as which both read it",
        reading("ask@0.96", "start:resend_qr@0.95"),
        state("resend_qr", 0.99),
        started("resend_qr", "resend_qr"),
    ),
    (
        "the same where an article answers the question",
        reading("ask@0.96", "start:resend_qr@0.85", units=ARTICLE),
        state("resend_qr", 0.99),
        Decision("action_answer_question", (("goal", "resend_qr"),)),
    ),
    (
        "surely a matter, whatever an article says",
        reading("start:resend_qr", units=ARTICLE),
        state(),
        started("resend_qr", "resend_qr"),
    ),
    (
        "an order with what an article nearly answers",
        reading("inform", units=UNSURE_ARTICLE),
        state("inform", 1.0, "order_number"),
        ANSWER,
    ),
    ("what happens with the order now", reading("start:check_order_status", situation="finding"), state(), ANSWER),
    # yes and no, choices
    ("yes", reading("confirm"), state(), Decision(intent="affirm")),
    ("no", reading("decline"), state(), Decision(intent="deny")),
    ("yes, whatever an article says", reading("confirm", units=ARTICLE), state(), Decision(intent="affirm")),
    ("yes with a question", reading("confirm", "ask"), state(), ANSWER),
    ("no with a protest", reading("decline", "object"), state(), ANSWER),
    ("a choice", reading("choose", situation="choices"), state(), TO_STORIES),
    ("a choice rather than a question", reading("choose", "ask@0.5", situation="choices"), state(), TO_STORIES),
    ("a plan of the list", reading("choose", situation="plan_list"), state(), ANSWER),
    ("a question rather than a choice", reading("choose@0.5", "ask", situation="plan_list"), state(), ANSWER),
    # an order alone
    ("an order alone", reading("inform"), state("inform", 1.0, "order_number"), Decision("action_inform")),
    (
        "an order with a greeting",
        reading("greet", "inform"),
        state("greet", 0.9, "email"),
        Decision("action_inform", (("goal", "order_status"),)),
    ),
    ("an order with a clear question", reading("inform"), state("ask_apn", 0.9, "order_number"), ANSWER),
    # what the words alone say surely
    (
        "a fault that resembles a question surely asked",
        reading("start:report_no_data"),
        state("ask_dual_sim", 0.96),
        TO_STORIES,
    ),
    (
        "a fault that is surer than the question",
        reading("start:report_no_data@0.96"),
        state("ask_dual_sim", 0.96),
        started("report_no_data", "diagnose", "no_data"),
    ),
    ("a feature that fails", reading("start:report_no_data"), state("ask_hotspot", 0.85), ANSWER),
    (
        "the terms of refunds",
        reading("start:request_refund", "ask@0.4"),
        state("ask_refund_policy", 0.9),
        Decision("action_answer_question", (("goal", "refund"),)),
    ),
    (
        "a fault told surely beside a protest",
        reading("object"),
        state("report_no_service", 0.96),
        started("report_no_service", "diagnose", "no_service"),
    ),
    ("staff, clearly asked about", reading("person@0.7", "ask"), state("ask_support_hours", 0.9), ANSWER),
    # what was offered, and what is being looked at
    ("understood, and nothing offered", reading("acknowledge"), state("affirm", 0.9), ACKNOWLEDGE),
    ("good, to an offer", reading("acknowledge"), state("affirm", 0.9, offer=True), Decision(intent="affirm")),
    ("understood, to an offer", reading("acknowledge"), state("thank", 0.9, offer=True), ACKNOWLEDGE),
    ("seen while a fault is looked at", reading("observe:bars"), state(diagnosing=True), Decision("diagnosis_form")),
    ("seen while none is", reading("observe:bars", "inform"), state(), TO_STORIES),
    (
        "seen, rather than a dispute of the record",
        reading("observe:arrived", "object@0.4", situation="finding"),
        state(diagnosing=True),
        Decision("diagnosis_form"),
    ),
    (
        "it works, said to a finding that offers something",
        reading("step:works", situation="finding"),
        state("affirm", 0.9, offer=True, diagnosing=True),
        Decision("diagnosis_form"),
    ),
    (
        "what is to stand on an invoice",
        reading("unclear@0.1"),
        state("out_of_scope", 0.9, verified=True, gives_company=True),
        Decision("action_invoice", (("goal", "invoice"),)),
    ),
    (
        "another order",
        reading("inform"),
        state("inform", 1.0, "order_number", verified=True, names_other_order=True),
        Decision("action_other_order"),
    ),
    (
        "another order with its matter",
        reading("inform", "start:request_refund"),
        state("request_refund", 1.0, "order_number", verified=True, names_other_order=True),
        Decision("action_other_order", (("goal", "refund"),)),
    ),
    ("no person, and none is waited for", reading("no_person"), state("human_handoff", 0.9), TO_STORIES),
    (
        "it is back after it was solved",
        reading("step:failed", situation="solved"),
        state(),
        Decision("diagnosis_form", (("goal", "diagnose"),)),
    ),
    # coming back, leaving, and small talk
    ("back again", reading("resume"), state(), Decision("action_resume")),
    ("anger", reading("complain"), state(), Decision("action_complain")),
    (
        "money asked back in anger",
        reading("complain"),
        state("complain", 0.95, asks_money_back=True),
        started("request_refund", "refund", None),
    ),
    ("anger with a fault", reading("complain", "start:report_fault"), state(), FAULT),
    (
        "anger whose words resemble a fault",
        reading("complain@0.9", "start:report_fault@0.6"),
        state("complain", 0.85),
        Decision("action_complain"),
    ),
    (
        "a fault surely told, what to do about it asked in passing",
        reading("ask@0.74", "observe:arrived@0.55", units="airport-wifi.no-internet-at-all@0.32"),
        state("report_no_data", 0.99),
        started("report_no_data", "diagnose", "no_data"),
    ),
    (
        "a fault surely told, that an article likely explains",
        reading("ask@0.74", units=UNSURE_ARTICLE),
        state("report_no_data", 0.99),
        ANSWER,
    ),
    ("later", reading("pause"), state(), ACKNOWLEDGE),
    ("understood", reading("acknowledge"), state(), ACKNOWLEDGE),
    ("goodbye", reading("goodbye"), state(), ACKNOWLEDGE),
    ("off topic", reading("chat"), state(), Decision(intent="out_of_scope")),
    ("off topic, nearly answered", reading("chat", units=UNSURE_ARTICLE), state(), ANSWER),
    ("off topic after an answer", reading("chat", situation="told", asked="article"), state(), ANSWER),
    ("thanks", reading("thank"), state(), TO_STORIES),
    ("a greeting", reading("greet"), state(), TO_STORIES),
    ("a bot?", reading("challenge"), state(), TO_STORIES),
    # nothing was read
    ("unclear, the words are clear", reading("unclear@0.1"), state("ask_apn", 0.9), TO_STORIES),
    ("unclear", reading("unclear@0.1"), state("ask_apn", 0.7), ANSWER),
    ("nothing", reading(), state("", 0.0), ANSWER),
]


@pytest.mark.parametrize(("read", "known", "decision"), [c[1:] for c in OUTSIDE], ids=[case[0] for case in OUTSIDE])
def test_outside_any_form(read: CommandReading, known: State, decision: Decision) -> None:
    assert decide(read, known) == decision


def in_form(loop: str) -> Decision:
    return Decision(loop)


IN_A_FORM = [
    # questions are answered, whatever is beside them
    *((f"{asks} in {loop}", loop, reading(asks), ANSWER) for loop in FORMS for asks in ("ask", "ask_why", "ask_how")),
    ("it works meanwhile", "order_form", reading("step:works", situation="email"), Decision("action_works_now")),
    (
        "it works, but not all",
        "order_form",
        reading("step:works@0.9", "observe:some_apps_only", situation="order_number"),
        in_form("order_form"),
    ),
    ("other words", "diagnosis_form", reading("rephrase", situation="step"), ANSWER),
    ("not known", "order_form", reading("dont_know", situation="order_number"), ANSWER),
    ("a protest", "refund_form", reading("object", situation="refund_confirm"), ANSWER),
    ("yes, but a question", "refund_form", reading("confirm", "ask", situation="refund_confirm"), ANSWER),
    ("an outcome and a question", "diagnosis_form", reading("step:failed", "ask", situation="step"), ANSWER),
    ("of the second", "refund_form", reading("refer", "ask", situation="exchange_choice"), ANSWER),
    # answers go to the form
    *(
        (f"{label} in {loop}", loop, reading(label), in_form(loop))
        for loop in FORMS
        for label in ("confirm", "decline", "choose", "acknowledge", "inform", "correct", "observe:no_data")
    ),
    ("what is wanted, wanted again", "refund_form", reading("start:request_refund@0.4"), in_form("refund_form")),
    ("no person, while a step waits", "diagnosis_form", reading("no_person"), ACKNOWLEDGE),
    ("an outcome", "diagnosis_form", reading("step:works", situation="step"), in_form("diagnosis_form")),
    ("the fault again", "diagnosis_form", reading("start:report_fault", situation="step"), in_form("diagnosis_form")),
    (
        "another fault",
        "diagnosis_form",
        reading("start:report_slow_data", situation="step"),
        in_form("diagnosis_form"),
    ),
    (
        "the plan pointed at is taken",
        "refund_form",
        reading("refer", situation="exchange_choice"),
        in_form("refund_form"),
    ),
    ("one step back", "diagnosis_form", reading("back", situation="step"), in_form("diagnosis_form")),
    ("on with it", "order_form", reading("resume", situation="order_number"), in_form("order_form")),
    ("a step later", "diagnosis_form", reading("pause", "step:not_now", situation="step"), in_form("diagnosis_form")),
    # stopping
    ("no order after all", "order_form", reading("cancel"), Decision("action_cancel")),
    ("no diagnosis after all", "diagnosis_form", reading("cancel"), Decision("action_cancel")),
    ("no refund after all", "refund_form", reading("cancel", situation="refund_confirm"), in_form("refund_form")),
    # another matter
    ("a refund amid steps", "diagnosis_form", reading("start:request_refund"), started("request_refund", "refund")),
    ("a refund amid an order", "order_form", reading("start:request_refund"), started("request_refund", "refund")),
    (
        "a fault amid an order",
        "order_form",
        reading("start:report_slow_data"),
        started("report_slow_data", "diagnose", "slow"),
    ),
    ("an exchange instead", "refund_form", reading("start:request_exchange"), started("request_exchange", "exchange")),
    ("a matter asked about is a question", "refund_form", reading("ask", "start:check_refund_status@0.6"), ANSWER),
    # words that answer nothing: what waits keeps waiting
    *(
        (f"{label} in {loop}", loop, reading(label), ACKNOWLEDGE)
        for loop in FORMS
        for label in ("pause", "greet", "thank", "challenge", "goodbye", "chat")
    ),
    *((f"anger in {loop}", loop, reading("complain"), Decision("action_complain")) for loop in FORMS),
    ("a fault in anger", "diagnosis_form", reading("complain", "step:failed@0.9"), in_form("diagnosis_form")),
    ("anger with an outcome", "diagnosis_form", reading("complain", "step:failed"), in_form("diagnosis_form")),
    *((f"unclear in {loop}", loop, reading("unclear@0.1"), ANSWER) for loop in FORMS),
    *((f"nothing in {loop}", loop, reading(), ANSWER) for loop in FORMS),
]  # fmt: skip


@pytest.mark.parametrize(("loop", "read", "decision"), [c[1:] for c in IN_A_FORM], ids=[case[0] for case in IN_A_FORM])
def test_in_a_form(loop: str, read: CommandReading, decision: Decision) -> None:
    assert decide(read, state(loop=loop)) == decision


@pytest.mark.parametrize("situation", ["refund_confirm", "exchange_confirm"])
def test_a_fault_surely_told_where_a_yes_is_awaited_is_no_yes(situation: str) -> None:
    """ "Nothing to return if it can be fixed: bars but no internet"."""
    known = state("report_no_data", 0.99, loop="refund_form")
    assert decide(reading("confirm@0.45", situation=situation), known) == started(
        "report_no_data", "diagnose", "no_data"
    )
    assert decide(reading("confirm", situation=situation), known) == in_form("refund_form")
    assert decide(reading("confirm@0.45", situation="refund_reason"), known) == in_form("refund_form")


@pytest.mark.parametrize("label", ["ask", "decline", "observe:no_order_mail", "start:report_fault"])
def test_the_number_that_was_asked_for_goes_to_the_form_whatever_else_is_said(label: str) -> None:
    known = state("inform", 0.9, "order_number", loop="order_form")
    assert decide(reading(label, situation="order_number"), known) == in_form("order_form")


@pytest.mark.parametrize(
    ("read", "intent", "confidence", "decision"),
    [
        (reading("observe:no_data"), "ask_hotspot", 0.85, ANSWER),  # the hotspot has steps of its own
        (reading("observe:no_data"), "ask_hotspot", 0.7, in_form("diagnosis_form")),
        (reading("step:works"), "ask_hotspot", 0.85, in_form("diagnosis_form")),
        (reading("chat@0.6", "ask@0.5"), "out_of_scope", 0.85, ACKNOWLEDGE),
        (reading("chat@0.5", "ask@0.6"), "out_of_scope", 0.85, ANSWER),
        (reading("complain", "step:failed@0.7"), "complain", 0.96, Decision("action_complain")),
        (reading("complain", "step:failed@0.85"), "complain", 0.96, in_form("diagnosis_form")),
        (reading("complain", "ask"), "complain", 0.96, ANSWER),
    ],
)
def test_in_a_form_what_the_words_alone_say_surely(
    read: CommandReading, intent: str, confidence: float, decision: Decision
) -> None:
    assert decide(read, state(intent, confidence, loop="diagnosis_form")) == decision


# What the words alone say against a reading


@pytest.mark.parametrize(
    ("read", "intent", "confidence", "labels"),
    [
        # nothing is confirmed against a clear no
        (reading("confirm", situation="refund_confirm"), "deny", 0.85, ["decline"]),
        (reading("confirm", situation="refund_confirm"), "cancel", 0.85, ["decline"]),
        (reading("confirm", situation="refund_confirm"), "withdraw_request", 0.85, ["decline"]),
        (reading("confirm", situation="refund_confirm"), "deny", 0.7, ["confirm"]),
        (reading("confirm", situation="refund_confirm"), "affirm", 0.9, ["confirm"]),
        (reading("confirm", "decline"), "deny", 0.9, ["confirm", "decline"]),
        # "yes, take it back" confirms a withdrawal
        (reading("confirm", situation="withdraw_confirm"), "withdraw_request", 0.9, ["confirm"]),
        (reading("confirm", situation="withdraw_confirm"), "deny", 0.9, ["decline"]),
        # nothing is awaited against a clear no
        (reading("step:will_try", "complain", situation="step"), "deny", 0.9, ["decline", "complain"]),
        (reading("step:will_try", "step:failed", situation="step"), "deny", 0.9, ["step:will_try", "step:failed"]),
        # no case is closed on a guess, or while the fault is told of again
        (reading("step:works", "complain", situation="step"), "report_no_data", 0.9, ["step:failed", "complain"]),
        (reading("step:works", "step:failed@0.5", situation="step"), "thank", 0.9, ["step:failed"]),
        (reading("step:works@0.4", situation="step"), "affirm", 0.9, ["acknowledge"]),
        (reading("step:works@0.4", situation="step"), "start_over", 0.4, ["unclear"]),
        (reading("step:works@0.25", situation="step"), "deny", 1.0, ["decline"]),
        (reading("step:works", situation="step"), "affirm", 0.9, ["step:works"]),
        (reading("step:works@0.7", situation="step"), "affirm", 0.9, ["step:done"]),
        (reading("step:works@0.7", situation="step"), "thank", 0.7, ["step:works"]),  # who thanks doubts nothing
        (reading("step:works@0.7", situation="step"), "thank", 0.5, ["step:done"]),
        (reading("step:works@0.4", "observe:bars", situation="step"), "inform", 0.9, ["observe:bars"]),
        (reading("step:works@0.6", situation="step"), "report_no_data", 0.9, ["step:failed"]),
        # a guess at nothing in particular is none
        (reading("thank@0.15"), "inform", 0.3, ["unclear"]),
        (reading("thank@0.15", situation="step"), "inform", 0.3, ["thank"]),
        (reading("thank@0.25"), "inform", 0.3, ["thank"]),
        (reading(), "inform", 0.3, ["unclear"]),
        (reading("acknowledge@0.28", situation="told"), "inform", 0.4, ["unclear"]),
        (reading("acknowledge@0.28", situation="told"), "affirm", 0.6, ["acknowledge"]),
        (reading("acknowledge@0.4", situation="told"), "inform", 0.4, ["acknowledge"]),
        (reading("observe:signal_elsewhere@0.23", situation="step"), "inform", 0.8, ["unclear"]),
        (reading("observe:signal_elsewhere@0.4", situation="step"), "inform", 0.8, ["observe:signal_elsewhere"]),
    ],
)
def test_what_is_read_against_the_words_is_settled(
    read: CommandReading, intent: str, confidence: float, labels: list[str]
) -> None:
    found = settled(read, intent, confidence)
    assert [str(each.command) for each in found.commands] == labels
    assert (found.situation, found.asked, found.units) == (read.situation, read.asked, read.units)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("oh lovely, thank you, that was a real help", ["thank"]),
        ("太好了，谢谢你帮了大忙", ["thank"]),
        ("thank you so much, two hours and still no bars", ["thank", "complain"]),
        ("真是谢谢了，到现在都没网", ["thank", "complain"]),
    ],
)
def test_words_that_surely_thank_and_tell_nothing_bad_are_thanks(text: str, labels: list[str]) -> None:
    read = reading("thank", "complain@0.45", situation="finding")
    assert [str(each.command) for each in settled(read, "thank", 1.0, text).commands] == labels
    angry = reading("thank@0.4", "complain@0.8", situation="finding")
    assert settled(angry, "thank", 1.0, text).has("complain")


def test_trying_again_after_a_refund_was_decided_takes_the_repair_up() -> None:
    read = reading("object@0.3", situation="told", asked="refund_decision")
    known = state("ask_hotspot", 0.85, verified=True, repair_open=True, tries_again=True)
    assert decide(read, known) == Decision("action_resume")
    asks = reading("ask", situation="told", asked="refund_decision")
    assert decide(asks, known) != Decision("action_resume")
    assert decide(read, state("ask_hotspot", 0.85, verified=True, tries_again=True)) != Decision("action_resume")


@pytest.mark.parametrize("label", ["unclear@0.1", "step:not_mine@0.2", "start:ask_price_plans"])
def test_words_that_end_the_steps_end_them_whatever_else_they_resemble(label: str) -> None:
    read = reading(label, situation="step")
    assert decide(read, state(loop="diagnosis_form", ends_repair=True)) == Decision("action_cancel")
    assert decide(read, state(loop="refund_form", ends_repair=True)) != Decision("action_cancel")


@pytest.mark.parametrize("situation", ["step", "question"])
def test_the_data_left_is_told_beside_a_success(situation: str) -> None:
    read = reading("step:works", situation=situation)
    known = state("check_data_usage", 0.6, loop="diagnosis_form", verified=True, asks_data_left=True)
    assert decide(read, known) == started("check_data_usage", "data_usage")
    assert decide(read, state("check_data_usage", 0.6, loop="diagnosis_form", verified=True)) == Decision(
        "diagnosis_form"
    )


def test_an_order_number_found_during_general_steps_is_looked_at() -> None:
    given = reading("inform", situation="step")
    found = state("inform", 0.9, "order_number", loop="diagnosis_form")
    assert decide(given, found) == Decision("order_form")
    proven = state("inform", 0.9, "order_number", loop="diagnosis_form", verified=True)
    assert decide(given, proven) == Decision("diagnosis_form")


def test_a_refund_that_is_only_refused_is_not_begun() -> None:
    read = reading("start:request_refund", "start:report_no_data@0.4", situation="told", asked="status")
    text = "no need, I don't want a refund, I want it to work"
    assert [str(each.command) for each in settled(read, "report_no_data", 0.9, text).commands] == [
        "start:report_no_data"
    ]
    mended = settled(reading("start:request_refund@0.6", "decline"), "request_refund", 0.8, "我不想退款，我只想能用")
    assert [str(each.command) for each in mended.commands] == ["start:report_fault"]
    alone = settled(reading("start:request_refund"), "request_refund", 0.9, "I don't want a refund")
    assert [str(each.command) for each in alone.commands] == ["decline"]
    other = settled(reading("start:request_refund"), "request_refund", 0.9, "不想换套餐，我要退款")
    assert [str(each.command) for each in other.commands] == ["start:request_refund"]


def test_a_question_that_an_article_answers_solves_nothing() -> None:
    read = reading("step:works@0.85", situation="step", units="speed.back-when@0.9")
    asked = settled(read, "report_slow_data", 0.9, "back to mine, can I get full speed today")
    told = settled(read, "report_slow_data", 0.9, "switched it off and everything loads")
    assert [str(each.command) for each in asked.commands] == ["ask"]
    assert [str(each.command) for each in told.commands] == ["step:works"]


def test_who_despairs_is_told_the_helpline_before_a_place_in_the_line() -> None:
    helpline = "emergency.need-to-talk"
    assert decide(reading("person", units=f"{helpline}@0.8"), state()) == ANSWER
    assert decide(reading("person", units=f"{helpline}@0.5"), state()) == Decision("action_handoff")


def test_words_of_stopping_that_an_article_answers_end_nothing() -> None:
    assert decide(reading("cancel", units=ARTICLE), state()).action == "action_answer_question"
    assert decide(reading("cancel", units=UNSURE_ARTICLE), state()).action == "action_cancel"


def test_two_matters_that_an_article_surely_answers_are_one() -> None:
    both = ("start:request_refund@0.7", "start:ask_invoice@0.7")
    assert decide(reading(*both), state()).action == "action_two_matters"
    assert decide(reading(*both, units=ARTICLE), state()).action != "action_two_matters"


def test_only_a_goal_has_its_slots() -> None:
    """Questions and small talk change what nothing is about."""
    assert decide(reading("start:ask_apn"), state()) == Decision(intent="ask_apn")


# What a message is read against


DOMAIN = Domain.load(str(ROOT / "domain.yml")).merge(
    Domain.from_dict({"responses": {name: [{"text": "…"}] for name in ("utter_which_problem", "utter_thank")}})
)


def said(meaning: str = "", *titles: str, cards: bool = False, response: str = "") -> Event:
    buttons = [{"title": title, "payload": "/affirm"} for title in titles]
    data: dict[str, Any] = {"buttons": buttons} if buttons else {}
    if cards:
        data["custom"] = {"cards": [{"title": "New Zealand 5 GB"}]}
    metadata = {"meaning": meaning} if meaning else {"utter_action": response}
    return BotUttered("…", data, metadata)


def wrote(text: str, intent: str = "inform", *entities: str, confidence: float = 0.5) -> UserUttered:
    found = {"name": intent, "confidence": confidence}
    return UserUttered(
        text,
        found,
        [{"entity": name, "value": "x"} for name in entities],
        {"intent": found, "intent_ranking": [found], "text": text},
    )


def tracker(*events: Event, **slots: Any) -> DialogueStateTracker:
    """A conversation whose last event is the message, unless something came after it."""
    begin = [ActionExecuted("action_listen"), *(SlotSet(name, value) for name, value in slots.items())]
    return DialogueStateTracker.from_events("t", [*begin, *events], slots=DOMAIN.slots)


HELLO = wrote("hello")


@pytest.mark.parametrize(
    ("answers", "situation"),
    [
        ([], ("idle", "")),
        ([said("utter_greet")], ("idle", "")),
        ([said("utter_cancelled")], ("idle", "")),
        ([said("utter_article")], ("told", "article")),
        ([said(response="utter_article")], ("told", "article")),
        ([said("utter_plans_intro")], ("plan_list", "")),
        ([said("utter_plans_border", cards=True)], ("plan_list", "")),
        ([said("utter_which_problem")], ("question", "symptom")),
        ([said("utter_did_you_mean")], ("choices", "")),
        ([said("utter_refund_requested")], ("done", "refund")),
        ([said("utter_exchange_requested")], ("done", "exchange")),
        ([said("utter_qr")], ("done", "qr_sent")),
        ([said("utter_refund_declined")], ("told", "refund_decision")),
        ([said("utter_exchange_declined")], ("told", "refund_decision")),
        ([said("utter_refund_status")], ("told", "refund_status")),
        ([said("utter_usage_left")], ("told", "usage")),
        ([said("utter_coverage")], ("told", "coverage")),
        ([said("utter_handoff_open")], ("waiting", "")),
        ([said("utter_solved")], ("solved", "")),
        ([said("finding.no_eid")], ("finding", "no_eid")),
        ([said("utter_article"), said("utter_which_problem")], ("question", "symptom")),
        ([said("utter_which_problem"), said("utter_thank")], ("question", "symptom")),
        ([said("step.roaming")], ("idle", "")),  # no form waits for its outcome any more
    ],
)
def test_without_a_form_the_answers_before_the_message_say_where_it_stands(
    answers: list[Event], situation: tuple[str, str]
) -> None:
    found = context_of(tracker(HELLO, *answers, wrote("and now?")))
    assert (found.situation, found.asked) == situation


@pytest.mark.parametrize(
    ("loop", "slots", "situation"),
    [
        ("order_form", {"requested_slot": "order_number"}, ("order_number", "")),
        ("order_form", {"requested_slot": "email"}, ("email", "")),
        ("order_form", {}, ("order_number", "")),
        ("diagnosis_form", {"diagnosis": {"current": "step.roaming"}}, ("step", "roaming")),
        ("diagnosis_form", {"diagnosis": {"current": "question.phone"}}, ("question", "phone")),
        ("diagnosis_form", {"diagnosis": {"current": "finding.no_eid"}}, ("finding", "no_eid")),
        ("diagnosis_form", {"diagnosis": {"current": "exhausted"}}, ("finding", "exhausted")),
        ("refund_form", {"refund_draft": {"kind": "refund", "ready": True}}, ("refund_confirm", "")),
        ("refund_form", {"refund_draft": {"kind": "withdraw"}}, ("withdraw_confirm", "")),
        ("refund_form", {"refund_draft": {"kind": "exchange"}}, ("exchange_choice", "")),
        ("refund_form", {"refund_draft": {"kind": "exchange", "ready": True}}, ("exchange_confirm", "")),
        ("refund_form", {}, ("refund_confirm", "")),
    ],
)
def test_a_form_that_waits_says_where_it_stands(loop: str, slots: dict[str, Any], situation: tuple[str, str]) -> None:
    found = context_of(tracker(HELLO, ActiveLoop(loop), said("utter_article"), wrote("well"), **slots))
    assert (found.situation, found.asked) == situation


def test_the_choices_shown_last_are_known_in_order() -> None:
    seen = tracker(HELLO, said("a", "One", "Two"), said("b", "Three", "Four"), said("c"), wrote("the second"))
    assert context_of(seen).options == ("Three", "Four")


def test_what_was_said_earlier_or_since_does_not_count() -> None:
    earlier, since = said("utter_which_problem", "Old"), said("utter_late")
    seen = tracker(HELLO, earlier, wrote("thanks"), said("utter_thank"), wrote("and?"), since)
    assert [each.metadata["meaning"] for each in answers_before(seen)] == ["utter_thank"]
    assert context_of(seen) == Context("idle", "", ())


# What the policy makes of it


class StubReader:
    """Reads every message as it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.commands: list[Read] = []
        self.asked: list[Context] = []

    def read(self, words: object, entities: object, context: Context, vector: object = None) -> list[Read]:
        self.asked.append(context)
        return self.commands


@pytest.fixture
def reader() -> StubReader:
    return StubReader()


@pytest.fixture
def policy(tmp_path: Path, reader: StubReader, monkeypatch: pytest.MonkeyPatch) -> DialogueManager:
    """The policy with decisions of its own, and a reader that reads what a test says."""
    monkeypatch.setattr("aftercare.rasa_components.message_reader.encoder", lambda: None)
    return DialogueManager(
        DialogueManager.get_default_config(),
        LocalModelStorage.create(tmp_path),
        Resource("policy"),
        ExecutionContext(GraphSchema({})),
        reader=reader,  # type: ignore[arg-type]
        decisions={
            '["request_refund", "action_listen", null, []]': "order_form",
            '["ask_apn", "action_listen", null, []]': "action_apn",
            '["affirm", "action_listen", null, []]': "action_affirm",
            '["human_handoff", "action_listen", null, []]': "action_handoff",
        },
    )


def predicted(
    policy: DialogueManager, reader: StubReader, labels: list[str], seen: DialogueStateTracker
) -> tuple[str | None, dict[str, Any], bool]:
    """The action with certainty, the slots set before it, and whether the form's own extraction is passed over."""
    reader.commands = list(reading(*labels).commands)
    prediction = policy.predict_action_probabilities(seen, DOMAIN)
    best = max(prediction.probabilities)
    action = DOMAIN.action_names_or_texts[prediction.probabilities.index(best)] if best else None
    assert best in (0.0, 1.0)
    assert prediction.policy_priority == 7
    slots = {event.key: event.value for event in prediction.events or []}
    return action, slots, prediction.is_no_user_prediction


def test_the_reading_is_kept_with_its_context(policy: DialogueManager, reader: StubReader) -> None:
    seen = tracker(HELLO, said("utter_article", "Yes", "No"), wrote("but why"))
    action, slots, _ = predicted(policy, reader, ["ask_why@0.8"], seen)
    assert action == "action_answer_question"
    assert reader.asked == [Context("told", "article", ("Yes", "No"))]
    assert slots == {
        READING_SLOT: {
            "situation": "told",
            "asked": "article",
            "commands": [["ask_why", 0.8]],
            "units": [],
            "parts": [],
        }
    }


def test_a_matter_that_begins_sets_its_goal_and_goes_by_its_story(policy: DialogueManager, reader: StubReader) -> None:
    """Whatever intent the classifier gave the words."""
    seen = tracker(wrote("give it back", "ask_apn", confidence=0.6))
    action, slots, _ = predicted(policy, reader, ["start:request_refund"], seen)
    assert (action, slots["goal"]) == ("order_form", "refund")


def test_what_is_left_to_the_stories_goes_by_the_intent_of_the_words(
    policy: DialogueManager, reader: StubReader
) -> None:
    seen = tracker(wrote("apn", "ask_apn", confidence=0.9))
    assert predicted(policy, reader, ["unclear@0.1"], seen)[0] == "action_apn"
    assert predicted(policy, reader, ["confirm"], tracker(wrote("sure", "ask_apn")))[0] == "action_affirm"


@pytest.mark.parametrize(("number", "action"), [("NZ10000005", "action_other_order"), ("NZ10000002", "action_inform")])
def test_a_number_is_set_against_the_one_given_before_though_its_slot_is_empty_again(
    policy: DialogueManager, reader: StubReader, number: str, action: str
) -> None:
    again = UserUttered(
        f"also {number}",
        {"name": "inform", "confidence": 0.99},
        [{"entity": "order_number", "value": number}, {"entity": "email", "value": "a@example.com"}],
    )
    proven = [SlotSet("order_number", "NZ10000002"), SlotSet("order_number", None), SlotSet("order_verified", True)]
    seen = tracker(wrote("NZ10000002"), *proven, again, SlotSet("order_number", number))
    assert predicted(policy, reader, ["inform@0.6"], seen)[0] == action


def test_two_matters_in_one_message_are_asked_about(policy: DialogueManager, reader: StubReader) -> None:
    seen = tracker(wrote("refund, and my APN?", "request_refund", "second_intent"))
    assert predicted(policy, reader, ["start:request_refund"], seen)[0] == "action_two_matters"


@pytest.mark.parametrize("loop", [None, "diagnosis_form"])
def test_a_pressed_button_is_not_read_and_clears_what_was(
    policy: DialogueManager, reader: StubReader, loop: str | None
) -> None:
    before = reading("ask").as_slot()
    seen = tracker(HELLO, ActiveLoop(loop), wrote("/human_handoff", "human_handoff", confidence=1.0), reading=before)
    action, slots, _ = predicted(policy, reader, ["emergency"], seen)
    assert action == "action_handoff"
    assert slots == {READING_SLOT: None}
    assert reader.asked == []


def test_a_message_without_text_is_left_to_the_stories(policy: DialogueManager, reader: StubReader) -> None:
    assert predicted(policy, reader, ["ask"], tracker(wrote("", "affirm"))) == ("action_affirm", {}, False)
    assert reader.asked == []


@pytest.mark.parametrize(
    ("loop", "slots", "labels", "action"),
    [
        ("diagnosis_form", {"diagnosis": {"current": "step.roaming"}}, ["step:failed"], "diagnosis_form"),
        ("diagnosis_form", {"diagnosis": {"current": "step.roaming"}}, ["ask"], "action_answer_question"),
        ("order_form", {"requested_slot": "email"}, ["cancel"], "action_cancel"),
        ("refund_form", {"refund_draft": {"kind": "refund", "ready": True}}, ["thank"], "action_acknowledge"),
    ],
)
def test_in_a_form_the_decision_passes_over_the_form(
    policy: DialogueManager, reader: StubReader, loop: str, slots: dict[str, Any], labels: list[str], action: str
) -> None:
    """A form asked to run by anything but its own rule must not be taken for having got what it asked for."""
    seen = tracker(HELLO, ActiveLoop(loop), wrote("well"), **slots)
    found, kept, no_user_prediction = predicted(policy, reader, labels, seen)
    assert (found, no_user_prediction) == (action, True)
    assert kept[READING_SLOT]["commands"] == [[labels[0], 0.9]]


def test_a_form_that_refused_the_message_is_left_to_the_rules(policy: DialogueManager, reader: StubReader) -> None:
    seen = tracker(HELLO, ActiveLoop("order_form"), wrote("well"))
    seen.update(ActionExecuted("order_form"))
    seen.update(ActionExecutionRejected("order_form"))
    assert predicted(policy, reader, ["ask"], seen)[0] is None
    assert reader.asked == []


@pytest.mark.parametrize("done", ["utter_which_problem", "action_complain"])
def test_what_was_decided_here_ends_the_turn(policy: DialogueManager, reader: StubReader, done: str) -> None:
    seen = tracker(wrote("broken"), ActionExecuted(done))
    assert predicted(policy, reader, ["ask"], seen)[0] == "action_listen"
    in_a_form = tracker(ActiveLoop("order_form"), wrote("broken"), ActionExecuted(done))
    assert predicted(policy, reader, ["ask"], in_a_form)[0] is None  # the form goes on
    assert reader.asked == []


def test_after_an_emergency_what_is_asked_is_about_it(policy: DialogueManager, reader: StubReader) -> None:
    seen = tracker(HELLO, said("utter_emergency"), wrote("no bars here", "report_no_service"))
    assert predicted(policy, reader, ["observe:no_service"], seen)[0] == "action_emergency"


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("可以開熱點嗎？", "可以开热点吗？"),
        ("可以开热点吗？", "可以开热点吗？"),
        ("Is a hotspot allowed?", "Is a hotspot allowed?"),
    ],
)
def test_articles_are_compared_in_the_script_they_are_asked_in(
    policy: DialogueManager, monkeypatch: pytest.MonkeyPatch, text: str, compared: str
) -> None:
    class StubRetriever:
        def rank(self, _words: object, vector: object, _language: str) -> list[tuple[str, float]]:
            return [(str(vector), 1.0)]

    monkeypatch.setattr(MessageReader, "_vector", staticmethod(lambda text: text))
    policy.messages.questions = StubRetriever()  # type: ignore[assignment]
    assert policy.messages.read(text, Context()).units == ((compared, 1.0),)


def test_without_a_trained_reader_a_message_is_answered_as_a_question(policy: DialogueManager) -> None:
    policy.messages.turns = None
    seen = tracker(wrote("hm"))
    prediction = policy.predict_action_probabilities(seen, DOMAIN)
    assert DOMAIN.action_names_or_texts[prediction.probabilities.index(1.0)] == "action_answer_question"


def test_another_order_is_no_choice_of_what_was_offered() -> None:
    offered = [("No signal", "report_no_service")]
    chosen = reading("choose@0.4", situation="choices")
    assert offered_reading(chosen, "that one", offered) == "report_no_service"
    of_friend = reading("switch_order@0.7", "choose@0.4", situation="choices")
    assert offered_reading(of_friend, "that of my friend", offered) is None


def test_who_waits_and_asks_for_a_person_again_stays_in_line() -> None:
    misread = reading("no_person@0.6", situation="order_number")
    assert decide(misread, state("human_handoff", 0.97, waiting=True)).action != "action_leave_line"
    assert decide(reading("no_person@0.6"), state("inform", 0.4, waiting=True)).action == "action_leave_line"
