"""What a message leads to in every state, in order of urgency: docs/dialogue.md."""

from __future__ import annotations

from typing import Any

from aftercare.rasa_components.matters import begun_by, goal_slots, kept_slots, two_begun
from aftercare.rasa_components.message_kind import (
    LIKELY,
    OF_A_REQUEST,
    QUESTIONS,
    SURE,
    answered,
    article_answers,
    asks_for_language,
    certainly_answered,
    is_question,
    nearly_answered,
    only_complains,
    surely_answered,
    wants_person,
)
from aftercare.rasa_components.turn_state import CERTAIN, CLEAR, Decision, State
from aftercare.understanding.commands import PHONE_CANNOT
from aftercare.understanding.goals import FAULTS
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT
from aftercare.understanding.reader.reader import CommandReading

# Features of a plan: that one fails is told in the words of a question about it.
_FEATURES = ("ask_hotspot", "ask_calls_sms")
# Beside these "it works" does not end the matter that an order is asked for.
_NOT_ONLY_WORKS = (*QUESTIONS, "observe", "start", "step:failed", "step:works_but", "inform", "person", "complain")
# What the message does to the step, question or confirmation that waits: the form takes it.
_ANSWERS = ("step", "choose", "confirm", "decline", "observe")
# Anger that disputes something is answered from this probability of an article on.
EXPLAINED = 0.4
# The article about danger.
EMERGENCIES = "emergency."
# Words of despair: told from this probability on, which is that of an answer to no question.
_SOMEBODY_TO_TALK_TO, LEAST_TO_TALK = "emergency.need-to-talk", 0.7
_WHICH_NUMBER = "emergency.which-emergency-number"
# The question of the articles about an address in the order that is wrong.
_WRONG_EMAIL = "finding-your-order.email-typo"
# The article about the reasons for a refund.
_REFUND_REASONS = "refund-reasons."
# What is read this faintly counts where the words alone are certain.
_FAINTLY = 0.3
# A bare yes or no reaches this confidence; what resembles one does not.
_PLAIN = 0.98
# What is said of a trip may be read as these.
_TELLING = frozenset({"inform", "unclear", "observe", "acknowledge", "greet", "chat"})
# Anger about one of these is looked into, not only regretted.
_ASKED_IN_ANGER = ("check_refund_status", "check_order_status", "resend_qr")
_REFUND_WAITS = ("refund_confirm",)
# Here what is pointed at is a plan.
PLANS_SHOWN = ("plan_list", "exchange_choice", "exchange_confirm")
# What a message may bring that a form takes without a command for it.
_FACTS = frozenset({"device", "location", "operator", "error_message", "tried"})


def decide(reading: CommandReading, state: State) -> Decision:
    """What holds in every state, in order of urgency; no action leaves the turn to the stories and forms."""
    has = reading.has
    where = (reading.situation, reading.asked)
    if _is_emergency(reading, state):
        over = state.after_emergency and state.out_of_danger and not state.loop
        return Decision("action_emergency", _reported_fault(reading, state) if over else ())
    if asks_for_language(reading, state):
        # what was wrong is not asked again once we have a language in common
        return Decision("action_speak_language", kept_slots(reading, state) if state.written_in else ())
    taken_back = max(reading.chance("undo"), reading.chance("cancel"))
    if has("start_over") and reading.chance("start_over") >= taken_back:
        return Decision("action_start_over")
    of_line = has("person") or reading.situation == "waiting"
    wants = state.intent == "human_handoff" and state.confidence >= CLEAR and reading.chance("no_person") < CLEAR
    unwanted = has("no_person") and (state.waiting or state.person_wanted) and not (wants or state.demands_person)
    if unwanted or (state.waiting and has("cancel") and of_line and not wants):
        return Decision("action_leave_line", goal_slots(next(iter(reading.values("start")), "")))
    if state.person_wanted and not state.loop and has("person") and has("cancel"):
        return Decision("action_cancel")
    if reading.units and reading.units[0][0] == _SOMEBODY_TO_TALK_TO and reading.units[0][1] >= LEAST_TO_TALK:
        return Decision("action_answer_question")  # the helpline first; a person of ours is no counsellor
    if state.gives_promised and max(map(reading.chance, ("undo", "cancel", "no_person"))) < CLEAR:
        return Decision("action_answer_question")
    if (
        state.of_ticket
        and not (state.names_person or state.tells_which_phone)
        and (state.loop != "order_form" or not state.brings_order)
    ):
        return Decision("action_answer_question")
    if state.of_double_charge or state.of_hotline:
        return Decision("action_answer_question")
    if wants_person(reading, state):
        return Decision("action_handoff")
    if state.wants_steps and not state.verified and not state.brings_order and state.of_fault:
        return Decision("order_form" if state.loop == "order_form" else "diagnosis_form", (("goal", "diagnose"),))
    if state.wants_other_back and state.verified:
        return Decision("action_other_order", goal_slots("request_refund"))  # "refund 13 instead": no way back of 15
    if has("undo") or (where in OF_A_REQUEST and has("cancel", "decline", "start:withdraw_request")):
        return Decision("action_undo")
    if where in OF_A_REQUEST and state.intent == "cancel" and state.confidence >= CLEAR and not is_question(reading):
        return Decision("action_undo")
    if reading.situation == "done" and state.intent == "withdraw_request" and state.confidence >= CERTAIN:
        return Decision("action_undo")
    asks_rather = reading.chance("ask") > reading.chance("switch_order") and answered(reading)
    switches = has("switch_order") and not asks_rather
    if reading.chance("switch_order") < SURE and state.confidence >= CERTAIN:
        switches = False  # "check my order": a guess against certain words
    if has("switch_order") and state.of_companion and not asks_rather:
        switches = True  # "how much data has my mum left"
    if reading.situation in PLANS_SHOWN or state.points_at_hand:
        switches = False  # "the other one" is one of the plans, "the first one" the order at hand
    of_other = state.names_other_order or state.points_back or switches or state.other_email
    wrong_email = has("correct") and reading.units and reading.units[0][0] == _WRONG_EMAIL
    if state.verified and wrong_email and not state.names_other_order and "order_number" not in state.entities:
        return Decision("action_answer_question")
    if state.verified and (of_other or (has("correct") and state.brings_order)):
        return Decision("action_other_order", _matter_of_other(reading, state, begun_by(reading, state)))
    if state.gives_company and not state.loop and reading.chance("complain") < CLEAR:
        return Decision("action_invoice", (("goal", "invoice"),))
    if not state.loop and has("back") and not has("ask", "ask_how"):
        return Decision("action_resume")
    fails_again = max(map(reading.chance, ("step:failed", "observe:no_data"))) >= SURE
    if not state.loop and reading.situation == "solved" and fails_again:
        return Decision("diagnosis_form", (("goal", "diagnose"),))
    goes_on = state.repair_open and state.tries_again and not has("ask", "start", "confirm")
    if where == ("told", "refund_decision") and not state.loop and goes_on:
        return Decision("action_resume")
    if (
        where == ("told", "refund_decision")
        and not state.loop
        and (reading.chance("object") >= SURE or state.blames_us)
    ):
        return Decision("action_answer_question")  # held against the refusal, whatever fault it names
    if state.tells_of_trip and not state.loop and _only_tells(reading, state):
        return Decision("action_price_plans")
    if state.not_bought and not (state.verified or state.brings_order) and state.loop in (None, "order_form"):
        return Decision("action_nothing_bought")
    begun = begun_by(reading, state) or ("request_refund" if _demands_refund(reading, state) else None)
    if begun and begun.startswith("report_") and state.intent in _FEATURES and state.asks_clearly:
        return Decision("action_answer_question")  # a feature that fails: its own steps
    if state.tells_which_phone:
        return Decision("diagnosis_form")
    if state.asks_network_by_hand and not has("step:works", "step:failed", "step:done_before"):
        return Decision("action_answer_question")
    if state.loop:
        return _in_form(reading, begun, state, state.loop)
    if reading.chance("observe:other_shop") >= LIKELY and not state.verified and not state.brings_order:
        return Decision("order_form", kept_slots(reading, state))
    if reading.situation == "waiting" and has("greet") and not has("inform", "start", "ask"):
        return Decision("action_support_hours")  # "anyone there?"
    if state.brings_order and has("complain") and not begun and not has("ask", "ask_how", "undo"):
        return Decision("order_form", (("goal", "diagnose"), ("symptom", None)))  # the order tells what is wrong
    if (pair := two_begun(reading)) and not state.brings_second and not answered(reading):
        return Decision("action_two_matters", (("second_matter", list(pair)),))
    if _phone_cannot(reading) and not state.verified and not is_question(reading):
        return Decision("diagnosis_form", (("goal", "diagnose"), ("symptom", "activation")))
    if begun == UNSPECIFIED_FAULT:
        if state.brings_order or state.verified:
            return Decision("order_form", (("goal", "diagnose"), ("symptom", None)))
        return Decision("utter_which_problem", (("goal", "diagnose"),))
    cancels = has("cancel") and reading.chance("cancel") >= LIKELY and not begun and not is_question(reading)
    if cancels and not answered(reading):  # "stop sending me newsletters" ends nothing here
        return Decision("action_cancel")
    if begun and begun.startswith("report_") and _tells_why_refund(reading) and not state.brings_order:
        return Decision("action_answer_question")  # "suddenly ill, we can't go": no fault of the eSIM
    if begun == "check_order_status" and reading.situation == "finding":
        return Decision("action_answer_question")  # what happens with the order now, not where it stands
    if begun:
        return Decision(slots=goal_slots(begun), intent=begun)
    if reading.situation == "plan_list" and has("choose", "refer", "confirm", "correct"):
        return Decision("action_answer_question")  # one of the plans is taken
    if reading.chance("step:works") >= CERTAIN and state.diagnosing:
        return Decision("diagnosis_form")  # whatever else is said with it
    answers_anger = (has("ask", "object") and _explained(reading)) or article_answers(reading)
    if (
        only_complains(reading, state)
        and not answers_anger
        and reading.chance("complain") > max(map(reading.chance, QUESTIONS))
    ):
        return Decision("action_complain")
    if has("object") and has("observe") and state.diagnosing:
        return Decision("diagnosis_form")  # both are said, and what the traveller sees counts
    if state.diagnosing and not is_question(reading) and (state.tells_place or _sees(reading)):
        return Decision("diagnosis_form")  # "I'm back in Auckland": seen, whatever article it resembles
    guessed = max(map(reading.chance, ("confirm", "decline", "choose"))) < SURE and certainly_answered(reading)
    nods = has("confirm", "decline", "choose") and not guessed
    if answered(reading) and not nods and not _only_data(reading):
        return Decision("action_answer_question", kept_slots(reading, state))
    takes_up = state.offer and reading.chance("acknowledge") > 0 and state.intent == "affirm"
    if (has("confirm", "decline") or takes_up) and not is_question(reading):
        return Decision(intent="deny" if has("decline") and not has("confirm") else "affirm")
    if has("resume"):
        return Decision("action_resume")
    if is_question(reading) or (state.brings_order and (state.asks_clearly or nearly_answered(reading))):
        return Decision("action_answer_question", kept_slots(reading, state))
    if has("unclear") and state.intent == "cancel" and state.confidence >= LIKELY:
        return Decision("action_cancel")
    if has("observe", "step") and state.diagnosing:
        return Decision("diagnosis_form")
    if state.brings_order:
        return Decision("action_inform", (("goal", "order_status"),) if has("greet") else ())
    if has("complain") and state.intent in _ASKED_IN_ANGER and state.confidence >= CERTAIN:
        return Decision(slots=goal_slots(state.intent), intent=state.intent)
    if has("complain") and not _rather_chats(reading, state):
        return Decision("action_answer_question" if article_answers(reading) else "action_complain")
    if has("pause", "acknowledge", "goodbye") and not has("observe"):
        return Decision("action_acknowledge")
    if has("chat") and reading.situation in ("idle", "solved", "done") and not state.asks_surely:
        return Decision(intent="out_of_scope") if not nearly_answered(reading) else Decision("action_answer_question")
    if has("switch_order") and not state.verified:
        # there is no order yet to go to another from: "it's about my wife's eSIM"
        return Decision("utter_which_problem", (("goal", "diagnose"),))
    doubtful = state.intent == "out_of_scope" or (state.intent in ("affirm", "deny") and state.confidence < _PLAIN)
    surely_unclear = doubtful and reading.chance("unclear") >= SURE
    guess = surely_unclear or (state.intent in ("affirm", "deny") and state.confidence < CERTAIN)
    if has("unclear") and guess and (not state.offer or state.intent == "deny"):
        return Decision("action_answer_question")  # nothing was asked that a yes or a no could answer
    names_phone = has("inform") and "device" in state.entities
    if (names_phone or reading.chance("inform") >= CERTAIN) and state.intent == "out_of_scope":
        return Decision("action_inform")
    if reading.chance("greet") >= CLEAR and state.intent == "out_of_scope":
        return Decision(intent="greet")
    if has("inform", "thank", "greet", "challenge", "choose"):
        return Decision()
    return Decision(None if state.confidence >= CLEAR else "action_answer_question")


def _demands_refund(reading: CommandReading, state: State) -> bool:
    """Whether the money is asked back in anger or beside an outcome, while a fault is looked at or nothing waits."""
    here = state.loop == "diagnosis_form" or (state.loop is None and reading.situation in ("idle", "finding", "solved"))
    clearly = state.intent == "request_refund" and state.confidence >= CLEAR
    wants = reading.has("complain") or clearly or state.refund_explained
    return here and wants and state.asks_money_back and not is_question(reading)


def _only_tells(reading: CommandReading, state: State) -> bool:
    """Whether a message neither asks nor begins nor takes anything; what has no form of a question asks nothing."""
    telling = _TELLING if state.asks_in_form else _TELLING | {"ask"}
    return max((read.probability for read in reading.commands if read.command.name not in telling), default=0.0) < SURE


def _sees(reading: CommandReading) -> bool:
    """Whether something is clearly reported to be seen, more clearly than an article answers."""
    best = reading.units[0][1] if reading.units else 0.0
    return any(reading.chance(f"observe:{fact}") >= max(CLEAR, best) for fact in reading.values("observe"))


def _matter_of_other(reading: CommandReading, state: State, begun: str | None) -> tuple[tuple[str, Any], ...]:
    """The slots of what is wanted of another order; none when it is what is wanted of the one at hand."""
    if begun and begun != UNSPECIFIED_FAULT:
        return goal_slots(begun)
    if state.confidence >= CLEAR and state.intent not in ("inform", "check_order_status") and not is_question(reading):
        return goal_slots(state.intent)
    return kept_slots(reading, state)


def _is_emergency(reading: CommandReading, state: State) -> bool:
    """Danger, and what follows at once; who gives an order is back to the connection."""
    chance = reading.chance("emergency")
    if state.after_emergency and state.brings_order:
        return chance >= CLEAR
    surely = bool(reading.units) and reading.units[0][1] >= (LIKELY if state.out_of_danger else CLEAR)
    of_danger = bool(reading.units) and reading.units[0][0].startswith(EMERGENCIES)
    matters = [value for value in reading.values("start") if not value.startswith("report_")]
    begins = max((reading.chance(f"start:{value}") for value in matters), default=0.0) >= LIKELY
    faint = chance < (LIKELY if state.out_of_danger else LIKELY / 2)
    best, certainty = reading.units[0] if reading.units else ("", 0.0)
    if best == _WHICH_NUMBER and certainty >= CERTAIN and chance < LIKELY:
        return False  # asked in no danger
    if state.after_emergency and faint and (begins or (surely and not of_danger)):
        return False  # help is coming, and the connection is asked about again
    if state.after_emergency and (faint or not reading.has("emergency")) and state.out_of_danger:
        return True  # which the answer takes up, and goes on with the matter
    if state.after_emergency and faint and not of_danger and _reported_fault(reading, state):
        return False
    goes_on = reading.has("ask", "object", "observe", "unclear", "step", *FAULTS) or not reading.commands
    goes_on = goes_on and state.emergencies < 2
    goes_on = goes_on or (reading.has("complain") and state.emergencies < 3)  # "still waiting for them"
    goes_on = goes_on or (reading.has("ask", "ask_how") and state.emergencies < 4 and not answered(reading))
    return not faint or (state.after_emergency and goes_on)


def _reported_fault(reading: CommandReading, state: State) -> tuple[tuple[str, Any], ...]:
    """The slots of a fault of the connection that is surely told; not of one that keeps a call from going through."""
    reported = [*reading.values("start"), *([state.intent] if state.confidence >= CLEAR else [])]
    faults = [each for each in reported if each.startswith("report_")]
    return () if "report_no_service" in faults or not faults else goal_slots(faults[0])


def _phone_cannot(reading: CommandReading) -> bool:
    """Whether the traveller has found out that the phone takes no eSIM: no order is needed to tell what that means."""
    least = CLEAR if reading.has("start:report_activation_failure") else LIKELY
    return max(reading.chance(f"observe:{fact}") for fact in PHONE_CANNOT) >= least


def _in_form(reading: CommandReading, begun: str | None, state: State, loop: str) -> Decision:
    has = reading.has
    if loop == "diagnosis_form" and state.asks_data_left and state.verified and has("step:works", "confirm", "choose"):
        return Decision(slots=goal_slots("check_data_usage"), intent="check_data_usage")  # what it said is taken after
    if loop == "diagnosis_form" and state.ends_repair and not has("step:works"):
        return Decision("action_cancel")
    if begun == "resend_qr" and reading.situation in _REFUND_WAITS and reading.chance("start:resend_qr") < CERTAIN:
        return Decision(loop)  # "the code was never opened": no code is shown for what is about to be given back
    brings_same = loop == "refund_form" and state.brings_order and not state.names_other_order
    if (loop == "order_form" and state.brings_order) or (brings_same and not is_question(reading)):
        return Decision(loop)
    works = SURE if state.intent in ("affirm", "thank") else CLEAR
    if state.intent == "affirm" and state.confidence >= CERTAIN:
        works = _FAINTLY  # the words alone are a yes, and to nothing that was asked
    if loop == "order_form" and reading.chance("step:works") >= works and not has(*_NOT_ONLY_WORKS):
        return Decision("action_works_now")
    if loop == "diagnosis_form" and "order_number" in state.entities and not state.verified:
        return Decision("order_form")  # general steps end where the order can be looked at
    if begun and begun != UNSPECIFIED_FAULT and not (loop == "diagnosis_form" and begun.startswith("report_")):
        return Decision(slots=goal_slots(begun), intent=begun)
    reports = state.intent.startswith("report_") and state.confidence >= CLEAR
    if loop == "order_form" and reports and not begun and not answered(reading) and reading.chance("ask_why") < CLEAR:
        return Decision(slots=goal_slots(state.intent), intent=state.intent)  # not asked about the order number
    if has("cancel") and loop != "refund_form":
        return Decision("action_cancel")
    of_else = CLEAR if has("step:works_but") else CERTAIN
    if has("step:works_but", "step:done") and not has("observe") and reading.units and reading.units[0][1] >= of_else:
        return Decision("action_answer_question")  # "it works, but the battery drains": that is asked about
    if loop == "diagnosis_form" and "tried" in state.entities and not state.asks_in_form and not has("ask_why"):
        return Decision(loop)  # "roaming is on" is said of the step, whatever question its words resemble
    if loop == "order_form" and reading.chance("decline") >= SURE and not surely_answered(reading):
        return Decision(loop)  # "must I? just tell me what to do"
    top = max((read.probability for read in reading.commands), default=0.0)
    sees = has("observe") and not is_question(reading)  # what is seen may have the words of a question
    if state.asks_surely and not sees and (top < SURE or (answered(reading) and top < LIKELY)):
        return Decision("action_answer_question")
    if has("resume", "back"):
        return Decision(loop)
    if state.intent in _FEATURES and state.asks_clearly and not has("step:works", "step:failed", "choose"):
        return Decision("action_answer_question")
    if state.intent == "ask_topup" and state.asks_surely and reading.situation == "finding" and has("choose"):
        return Decision("action_answer_question")  # what another answer offered is none of the choices here
    only_chats = state.intent == "out_of_scope" and reading.chance("chat") >= reading.chance("ask")
    if only_chats and state.confidence >= CLEAR and has("chat"):
        return Decision("action_acknowledge")
    only_angry = state.intent == "complain" and state.confidence >= CERTAIN and has("complain")
    outcome = max(reading.chance("step:failed"), reading.chance("step:works"))
    if only_angry and not has("ask", "ask_why", "ask_how") and outcome < CLEAR:
        return Decision("action_complain")
    if has("pause") and not has(*_ANSWERS):
        return Decision("action_acknowledge")
    if reading.chance("greet") >= CERTAIN and not nearly_answered(reading):
        return Decision("action_acknowledge")
    outcomes = [read.probability for read in reading.commands if read.command.name in ("step", "observe")]
    outcome = max(outcomes, default=0.0)
    tells = loop == "diagnosis_form" and not state.asks_in_form and outcome >= SURE
    tells = tells and outcome > max(map(reading.chance, QUESTIONS))
    asks_beside = reading.chance("ask") >= LIKELY and bool(reading.units) and reading.units[0][1] >= CLEAR
    tells = tells and not asks_beside  # "still nothing, is my data used up?": both are taken, the question first
    if is_question(reading) and not tells:
        # money back asked for before the order is known is looked at once it is
        kept = kept_slots(reading, state) if loop == "order_form" else ()
        return Decision("action_answer_question", kept)
    if reading.situation in PLANS_SHOWN and has("switch_order"):
        return Decision(loop)  # "no, the other one": of the plans
    wanted_again = loop == "refund_form" and has("start")  # what waits for a yes: it is asked once more
    if has(*_ANSWERS, "acknowledge", "inform", "correct", "refer", "cancel", *FAULTS) or wanted_again:
        return Decision(loop)
    if has("complain"):
        return Decision("action_complain")
    if has("chat", "greet", "challenge", "thank", "goodbye", "no_person"):
        return Decision("action_acknowledge")
    if state.entities & _FACTS:
        return Decision(loop)  # nothing was asked, and the form may know what to do with it
    return Decision("action_answer_question")


def _rather_chats(reading: CommandReading, state: State) -> bool:
    """Whether a message that may be angry is rather one about something else: "tell me a joke"."""
    return reading.chance("chat") > reading.chance("complain") and state.intent == "out_of_scope"


def _tells_why_refund(reading: CommandReading) -> bool:
    """Whether the message certainly is one of the reasons for which money is wanted back."""
    return bool(reading.units) and reading.units[0][0].startswith(_REFUND_REASONS) and reading.units[0][1] >= CERTAIN


def _explained(reading: CommandReading) -> bool:
    """Whether an article explains what a protest is about."""
    return bool(reading.units) and reading.units[0][1] >= EXPLAINED


def _only_data(reading: CommandReading) -> bool:
    """Whether a message surely gives data and asks nothing."""
    return reading.chance("inform") >= CERTAIN and not is_question(reading)
