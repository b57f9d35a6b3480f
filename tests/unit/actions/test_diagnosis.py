"""What a reading does to the step or question that waits, and what is said when it does nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from actions.diagnosis import named_phone
from actions.diagnosis.form import ValidateDiagnosisForm
from actions.drafts import DiagnosisState
from actions.stop import ActionCancel
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.player import answer, begin, dispute
from aftercare.troubleshooting.situation import PlayerState, Situation
from aftercare.understanding.entities import EntityFinder
from tests.support.order_samples import order, unused
from tests.support.turns import did, leaves_form, next_action, prove, said, slots, told, turn

SITUATION = Situation(symptom="no_data", device_id="apple-iphone-15")
Given = tuple[Turn, list[Event]]


def reached(current: str, situation: Situation = SITUATION) -> PlayerState:
    """The state in which `current` waits, with every step before it failed."""
    _, state = begin(situation)
    for _ in range(20):
        if state["current"] == current:
            return state
        _, state = answer(state, situation, "failed")
    raise AssertionError(f"{current} was not reached")


FIRST = begin(SITUATION)[1]
FINDER = EntityFinder(load_catalogue())
assert FIRST["current"].startswith("step.")


def after(outcome: str, state: PlayerState = FIRST) -> str:
    """What comes after an outcome, by the playbooks."""
    return answer(state, SITUATION, outcome)[1]["current"]


def waiting(*labels: str, state: PlayerState = FIRST, **more: Any) -> Given:
    """A turn while `state` waits for an answer, and the events of the form."""
    kind, _, name = state["current"].partition(".")
    here = turn(
        *labels,
        **{
            "situation": kind,
            "asked": name,
            "form": "diagnosis_form",
            "diagnosis": state,
            "symptom": "no_data",
            "device": "apple-iphone-15",
            "requested_slot": "step_outcome",
            **more,
        },
    )
    return here, ValidateDiagnosisForm().handle(here)


def current(events: list[Event]) -> str | None:
    """What waits after the events; None when they leave the diagnosis as it is."""
    state = DiagnosisState.from_slot(slots(events).get("diagnosis"))
    return state.current if state else None


pytestmark = pytest.mark.usefixtures("orders")


def test_the_outcomes_tell_steps_apart() -> None:
    """What the tests below compare with is not the same for every outcome."""
    assert len({after("works"), after("failed"), FIRST["current"]}) == 3


@pytest.mark.parametrize(
    ("labels", "outcome"),
    [
        (["step:works"], "works"),
        (["step:failed"], "failed"),
        (["step:done_before"], "already"),
        (["step:done_before@0.9", "step:failed@0.5"], "already"),  # the surest counts
        (["step:failed@0.9", "step:done_before@0.5"], "failed"),
        (["step:not_mine"], "already"),
        (["confirm"], "works"),
        (["decline"], "failed"),
        (["complain"], "failed"),
        (["step:works_but"], "failed"),  # online but slow is not solved
        (["step:failed", "complain", "thank"], "failed"),
    ],
)
def test_a_reading_is_an_outcome(labels: list[str], outcome: str) -> None:
    _, events = waiting(*labels)
    assert current(events) == after(outcome)
    assert slots(events)["misunderstandings"] == 0


def test_whatever_the_words_are_the_reading_counts() -> None:
    _, events = waiting("step:failed", text="great, it is online again")
    assert current(events) == after("failed")


def test_solved_is_said_and_ends_the_form() -> None:
    here, events = waiting("step:works")
    assert said(here) == ["utter_solved", "cause.other_data_line"]
    assert slots(events)["requested_slot"] is None
    assert slots(events)["observed"] is None


@pytest.mark.parametrize(
    ("labels", "response", "reminds"),
    [
        (["step:will_try"], "utter_try_it", True),
        (["acknowledge"], "utter_try_it", True),
        (["step:done"], "utter_did_it_work", True),
        (["step:not_now"], "utter_pause", False),
    ],
)
def test_a_step_that_is_under_way_keeps_waiting(labels: list[str], response: str, reminds: bool) -> None:
    here, events = waiting(*labels)
    assert said(here) == [response]
    assert here.dispatcher.messages[0]["custom"] == ({"remind": True} if reminds else {})
    assert current(events) is None
    assert slots(events) == {"step_outcome": None, "requested_slot": "step_outcome"}


def test_steps_named_as_tried_are_not_asked_for() -> None:
    _, events = waiting("step:will_try", entities={"tried": "restart"})
    assert current(events) == after("already")
    assert slots(events)["steps_tried"] == ["restart"]


def test_a_typed_title_and_a_pressed_button_are_the_choice_itself() -> None:
    here, _ = waiting("unclear@0.1")
    buttons = here.dispatcher.messages[0]["buttons"]
    outcomes = [button for button in buttons if "step_outcome" in button["payload"]]
    failed = next(button for button in outcomes if '"failed"' in button["payload"])
    _, typed = waiting("unclear@0.1", text=f"{failed['title'].upper()}!")
    _, pressed = waiting(text=failed["payload"], entities={"step_outcome": "failed"})
    _, pointed = waiting("choose", text=f"number {outcomes.index(failed) + 1}")
    assert current(typed) == current(pressed) == current(pointed) == after("failed")


# what was seen


@pytest.mark.parametrize(
    ("fact", "step"),
    [("airplane_symbol", "step.airplane_off"), ("vpn_symbol", "step.vpn_off"), ("old_network", "step.lte_mode")],
)
def test_what_is_seen_leads_to_what_explains_it(fact: str, step: str) -> None:
    for labels in ([f"observe:{fact}"], [f"observe:{fact}", "step:failed"]):
        here, events = waiting(*labels)
        assert current(events) == step
        assert step in said(here)


def test_a_switch_said_to_be_mended_waits_for_its_own_outcome() -> None:
    here, events = waiting("step:done", text="data roaming was off, I turned it on")
    assert said(here) == ["utter_did_it_work"]
    assert current(events) == "step.roaming"
    assert slots(events)["requested_slot"] == "step_outcome"
    _, events = waiting("step:failed", text="data roaming was off, it's on now and nothing changed")
    assert current(events) == FIRST["current"]  # of that step nothing was said
    here, _ = waiting("step:works", text="漫游本来没开，打开就好了", language="zh")
    assert said(here) == ["utter_solved", "cause.roaming_off"]


def test_a_sign_of_the_step_that_waits_is_called_the_cause_once() -> None:
    assert FIRST["current"] == "step.data_line"
    here, events = waiting("observe:home_line_data", text="always ask is chosen there")
    assert said(here) == ["utter_change_it"]
    assert "misunderstandings" not in slots(events)
    again, _ = waiting("observe:home_line_data", before=[told("utter_change_it")])
    assert said(again) == [f"explain.{FIRST['current']}"]


def test_a_phone_named_at_a_step_is_told_its_own_menu() -> None:
    here, events = waiting("inform", device="huawei-p40", entities={"device": "huawei-p40"})
    assert said(here) == ["step.data_line"]
    assert "SIM management" in here.dispatcher.messages[0]["text"]
    assert "misunderstandings" not in slots(events)
    text = here.dispatcher.messages[0]["text"]
    same, events = waiting(
        "inform",
        device="huawei-p40",
        entities={"device": "huawei-p40"},
        before=[{**told("step.data_line"), "text": text}],
    )
    assert said(same) == ["remind.step.data_line"]
    assert "misunderstandings" not in slots(events)


def at_place(text: str, *labels: str, **more: Any) -> Turn:
    """A turn in a diagnosis with the places that the text names."""
    here = turn(*labels, text=text, situation="finding", diagnosis=FIRST, **more)
    here.tracker.latest_message["entities"] = [each._asdict() for each in FINDER.named(text)]
    return here


@pytest.mark.parametrize("text", ["not in Fiji, I am in New Zealand", "我没去过斐济，我在新西兰"])
def test_of_two_places_the_one_that_is_not_denied_counts(text: str) -> None:
    here = at_place(text, "object", "observe:abroad@0.9", destination="FJ")
    assert here.seen_now() == {"arrived"}
    assert here.whereabouts() == (None, "NZ")
    assert slots(here.remembered())["destination"] == "NZ"


def test_a_place_outside_the_plan_is_abroad(orders: Engine) -> None:
    assert at_place("we are in Fiji now", "observe:arrived@0.9").seen_now() == {"abroad"}
    assert at_place("is it in Fiji?", "observe:arrived@0.9").seen_now() == {"arrived"}


def test_who_is_still_to_travel_has_not_arrived() -> None:
    assert at_place("我们后天才到新西兰", "choose", asked="before_arrival").seen_now() == {"not_arrived"}
    assert not at_place("we go to Fiji tomorrow", "inform", asked="outside_coverage").seen_now()


def test_what_was_seen_before_is_remembered() -> None:
    here, _ = waiting("observe:vpn_symbol", observed=["no_data"])
    assert here.observed() == ["no_data", "vpn_symbol"]
    assert slots(here.remembered()) == {"observed": ["no_data", "vpn_symbol"]}


def test_a_protest_is_no_outcome_of_the_step_alone() -> None:
    here, events = waiting("object")
    assert said(here)[0] == "utter_record_may_lag"
    assert current(events) == after("failed")
    both, _ = waiting("object", "step:failed")
    assert "utter_record_may_lag" not in said(both)


def test_bought_elsewhere_is_said_and_the_step_goes_on(orders: Engine) -> None:
    here, events = waiting("observe:other_shop")
    assert said(here) == ["utter_order_other_shop", f"remind.{FIRST['current']}"]
    assert slots(events)["requested_slot"] == "step_outcome"
    prove(orders, "NZ10000003")
    ours, _ = waiting("observe:other_shop")
    assert "utter_order_other_shop" not in said(ours)


def test_one_step_back() -> None:
    second = answer(FIRST, SITUATION, "failed")[1]
    _, events = waiting("back", state=second)
    assert current(events) == FIRST["current"]


# nothing that answers


def test_what_is_not_understood_is_explained_and_counted() -> None:
    first, events = waiting("unclear@0.1")
    again, later = waiting("unclear@0.1", misunderstandings=1)
    assert said(first) == said(again) == [f"explain.{FIRST['current']}"]
    assert first.dispatcher.messages[0]["text"] != again.dispatcher.messages[0]["text"]
    assert (slots(events)["misunderstandings"], slots(later)["misunderstandings"]) == (1, 2)
    assert current(events) is None


def test_a_person_is_offered_beside_the_step_after_several() -> None:
    here, _ = waiting("step:failed", misunderstandings=2)
    step = next(message for message in here.dispatcher.messages if message["meaning"].startswith("step."))
    assert "/human_handoff" in [button["payload"] for button in step["buttons"]]


def test_after_a_question_the_step_comes_back_in_a_short_line_and_not_twice_alike() -> None:
    answered = [did("action_answer_question")]
    here, events = waiting("ask", since=answered)
    assert said(here) == [f"remind.{FIRST['current']}"]
    assert slots(events) == {"step_outcome": None, "requested_slot": "step_outcome"}
    again, _ = waiting("ask", since=answered, before=[told(f"remind.{FIRST['current']}")])
    assert said(again) == ["utter_did_it_work"]
    assert again.dispatcher.messages[0]["buttons"] == here.dispatcher.messages[0]["buttons"]


def test_a_step_is_told_in_full_again_when_that_is_asked_for() -> None:
    here, _ = waiting("ask", since=[did("action_answer_question")])
    show = here.dispatcher.messages[0]["buttons"][-1]
    assert show == {"title": "Show the step again", "payload": '/inform{"step_outcome": "show"}'}
    pressed = {"text": show["payload"], "entities": {"step_outcome": "show"}}
    full, events = waiting(**pressed)
    assert said(full) == [f"explain.{FIRST['current']}"]
    assert (slots(events)["requested_slot"], current(events)) == ("step_outcome", None)
    twice, _ = waiting(**pressed, before=[told(f"explain.{FIRST['current']}")])
    assert said(twice) == [FIRST["current"]]


def test_a_question_that_waits_comes_back_in_a_short_line_and_then_in_other_words() -> None:
    asks = {"symptom": None, "device": None, "situation": "question"}
    _, state = begin(Situation())
    assert state["current"].startswith("question.")
    answered = [did("action_answer_question")]
    here, _ = waiting("ask", state=state, since=answered, **asks)
    again, _ = waiting("ask", state=state, since=answered, before=[told(f"remind.{state['current']}")], **asks)
    assert (said(here), said(again)) == ([f"remind.{state['current']}"], [f"explain.{state['current']}"])


def test_an_outcome_beside_the_question_counts_after_the_answer() -> None:
    _, events = waiting("step:failed", "ask", since=[did("action_answer_question")])
    assert current(events) == after("failed")


def test_what_was_just_explained_is_not_asked_again() -> None:
    shown = [told(f"explain.{FIRST['current']}"), did("action_answer_question")]
    here, events = waiting("ask_how", since=shown)
    assert (said(here), current(events)) == ([], None)


@pytest.mark.parametrize("situation", ["question", "finding"])
def test_thanks_that_choose_nothing_are_welcome_and_what_waits_is_asked_in_a_line(situation: str) -> None:
    _, state = begin(Situation())
    here, events = waiting(
        "thank", "choose@0.5", text="谢啦", state=state, symptom=None, device=None, situation=situation
    )
    assert said(here) == ["utter_welcome", f"remind.{state['current']}"]
    assert slots(events)["requested_slot"] == "step_outcome"
    assert "misunderstandings" not in slots(events)


# the end of the steps


def ended(text: str, **more: Any) -> Given:
    here = turn("unclear@0.1", text=text, form="diagnosis_form", situation="step", diagnosis=FIRST, **more)
    return here, ActionCancel().handle(here)


@pytest.mark.parametrize(
    ("text", "replies", "then"),
    [
        ("my phone can't do eSIM, stop asking me", ["utter_article"], "action_listen"),
        ("别再问了，这手机不支持 eSIM", ["utter_article"], "action_listen"),
        ("I'm not fixing anything, I only want to buy a plan", [], "action_price_plans"),
        ("我不修了，想买个套餐", [], "action_price_plans"),
        ("no more steps please", ["utter_cancelled"], None),
    ],
)
def test_a_repair_that_is_to_end_ends(text: str, replies: list[str], then: str | None) -> None:
    here, events = ended(text)
    assert (said(here), next_action(events), leaves_form(events)) == (replies, then, True)
    assert slots(events)["diagnosis"] is None


def test_of_an_order_the_ways_out_are_told_when_the_phone_cannot() -> None:
    here, events = ended("it has no eSIM, stop asking", order_verified=True)
    assert (said(here), slots(events)["offer"]) == (["utter_ways_out"], "human_handoff")


@pytest.mark.parametrize("text", ["an iPhone XR from mainland China, does that do", "国行 iPhone XR"])
def test_no_step_follows_for_a_phone_that_its_market_sold_without_esim(text: str) -> None:
    named = {"entities": {"device": "apple-iphone-xr"}, "text": text, "device": "apple-iphone-xr"}
    here, events = waiting("inform", **named)
    assert said(here)
    assert not any(name.startswith(("step.", "remind.")) for name in said(here))
    assert (current(events), slots(events)["requested_slot"]) == ("finding.device_without_esim", None)
    told_before, _ = waiting("ask", **named, since=[did("action_device_compatibility")], order_verified=True)
    assert said(told_before) == ["utter_ways_out"]


def test_a_question_about_the_step_is_answered_for_the_phone_named_against_another() -> None:
    text = "which menu, it's a Pixel 8 not a Samsung"
    spans = [
        {"entity": "device", "value": "google-pixel-8", "start": 18, "end": 25},
        {"entity": "device", "value": "samsung-galaxy", "start": 32, "end": 39},
    ]
    here = turn("ask", text=text, form="diagnosis_form", situation="step", diagnosis=FIRST, device="samsung-galaxy")
    here.tracker.latest_message["entities"] = spans
    events = named_phone.answer(here) or []
    assert said(here) == [f"explain.{FIRST['current']}"]
    assert slots(events) == {"device": "google-pixel-8"}
    here.tracker.latest_message["entities"] = spans[:1]
    assert named_phone.answer(here) is None


# begin, and after the end


def test_a_diagnosis_begins_with_its_first_step() -> None:
    here = turn("start:report_no_data", intent="report_no_data", symptom="no_data", device="apple-iphone-15")
    events = ValidateDiagnosisForm().handle(here)
    assert current(events) == FIRST["current"]
    assert slots(events)["requested_slot"] == "step_outcome"


def test_a_fault_that_is_back_after_it_was_solved_goes_on_where_it_was() -> None:
    solved = answer(FIRST, SITUATION, "works")[1]
    here = turn("step:failed", situation="solved", diagnosis=solved, symptom="no_data", device="apple-iphone-15")
    events = ValidateDiagnosisForm().handle(here)
    assert current(events) not in (None, "solved", FIRST["current"])


def test_a_yes_to_a_person_when_nothing_is_left() -> None:
    here, events = waiting("confirm", state={**FIRST, "current": "exhausted"})
    assert (said(here), next_action(events)) == ([], "action_handoff")


LOOK = reached("question.screen_data", Situation(symptom="no_data", device_id="apple-iphone-15"))


@pytest.mark.parametrize(
    ("text", "next_one"),
    [
        ("three bars and a VPN badge up there", "step.vpn_off"),
        ("the little plane", "step.airplane_off"),
        ("nothing of that kind", answer(LOOK, SITUATION, "plain")[1]["current"]),
        ("None of these", answer(LOOK, SITUATION, "plain")[1]["current"]),
    ],
)
def test_symbols_named_in_words_the_reader_does_not_know_answer_a_look(text: str, next_one: str) -> None:
    state = {**LOOK, "done": [done for done in LOOK["done"] if done != "step.vpn_off"]}
    _, events = waiting("choose@0.4", state=state, text=text)
    assert current(events) == next_one


def test_online_but_slow_is_not_success_whatever_was_read() -> None:
    here, events = waiting("step:works", text="改过来了，有网了，就是慢吞吞的")
    assert "utter_solved" not in said(here)
    assert slots(events)["diagnosis"]["playbook"] == "slow"


def test_how_the_line_does_is_an_outcome_where_none_was_read() -> None:
    _, events = waiting("unclear", text="that didn't do the trick, signal is strong, all bars")
    assert current(events) == after("failed")


def test_an_excuse_beside_a_question_is_no_reason_to_leave_the_step() -> None:
    """ "I share it with my tablet by hotspot": answered, and the step comes back."""
    asked = [did("action_answer_question")]
    here, events = waiting("step:not_mine@0.66", "ask@0.66", since=asked)
    assert current(events) is None
    assert said(here) == [f"remind.{FIRST['current']}"]


def test_but_it_is_installed_has_the_numbers_compared() -> None:
    state = begin(Situation(facts=unused(), symptom="activation", device_id="apple-iphone-15"))[1]
    assert state["current"] == "step.install_qr"
    advice, after_dispute = dispute(state, Situation(facts=unused(), symptom="activation")) or (None, None)
    assert advice is not None
    assert advice.id == "finding.record_differs"
    assert dispute(after_dispute, Situation(facts=unused(), symptom="activation")) is None


def test_it_works_is_no_yes_to_what_was_asked() -> None:
    situation = Situation(symptom="no_data", device_id="apple-iphone-15")
    state = {**FIRST, "current": "step.work_profile", "done": [*FIRST["done"], "step.work_profile"]}
    assert answer(state, situation, "online")[0].id == "question.test"
    _, events = waiting("step:works", state=state)
    assert current(events) == "question.test"


@pytest.mark.parametrize(
    ("reads", "then"),
    [
        ("step:works@0.8", "finding.managed_phone"),
        ("inform@0.2", "finding.managed_phone"),
        ("step:works@0.99", "question.test"),
    ],
)
def test_yes_to_whether_the_phone_is_managed_is_no_success(reads: str, then: str) -> None:
    state = {**FIRST, "current": "step.work_profile", "done": [*FIRST["done"], "step.work_profile"]}
    _, events = waiting(reads, state=state, text="yes, by my company", intent="affirm", confidence=0.98)
    assert current(events) == then


@pytest.mark.parametrize(
    ("finding", "reads", "then"),
    [
        ("other_phone", "object", "step"),
        ("other_phone", "decline", "finding.vanished"),
        ("record_says_installed", "decline", "finding.vanished"),
    ],
)
def test_no_and_an_objection_name_no_other_phone(finding, reads, then):
    _, events = waiting(reads, state={**FIRST, "current": f"finding.{finding}"}, text="no such thing")
    assert (current(events) or "").startswith(then)


@pytest.mark.parametrize(("named", "then"), [("samsung-galaxy", "finding.changed_phone"), ("apple-iphone", "step")])
def test_a_phone_named_says_where_the_esim_is(named, then, monkeypatch):
    facts = order(device_family="samsung", device_model="Galaxy S22")
    monkeypatch.setattr("actions.diagnosis.form.situation_of", lambda _: Situation(facts=facts, symptom="no_data"))
    state = {**FIRST, "current": "finding.other_phone", "done": ["finding.other_phone"]}
    _, events = waiting("inform", state=state, text="on that one", entities={"device": named}, device=named)
    assert (current(events) or "").startswith(then)
