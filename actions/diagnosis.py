"""The diagnosis form: runs the playbooks of `aftercare.troubleshooting` one step a turn."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction, Event, Turn
from actions.orders import show_qr, ticket_for
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.player import answer, begin, pending, step_back
from aftercare.troubleshooting.situation import Advice, Situation
from aftercare.understanding.unspecified_fault import is_vague

SYMPTOM_OF = {
    "report_activation_failure": "activation",
    "report_no_service": "no_service",
    "report_no_data": "no_data",
    "report_slow_data": "slow",
    "report_stopped_working": "stopped",
}
# What the desk sends instead of an outcome when a step stays without an answer.
REMINDER = "reminder"
OUTCOME_OF = {"affirm": "works", "deny": "failed"}
# What the database found and offers to do about it, as a choice that starts it.
OFFERS: dict[str, tuple[str, str, str]] = {
    "crossborder": ("Plans for several countries", "看跨境套餐", "/ask_crossborder_pack"),
    "usage_records": ("My usage records", "查用量记录", "/recover_usage_records"),
    "top_up": ("Add data", "加购流量", "/ask_topup"),
    "plans": ("See plans", "看套餐", "/ask_price_plans"),
    "refund": ("Ask for a refund", "申请退款", "/request_refund"),
    "exchange": ("Swap the plan", "换套餐", "/request_exchange"),
    "person": ("Talk to a person", "找人工客服", "/human_handoff"),
    "refund_status": ("Where is my refund?", "退款到哪了", "/check_refund_status"),
    "resend": ("Send the QR code again", "重发二维码", "/resend_qr"),
}
_TRIED = re.compile(
    r"already|tried|did that|done that|试过|試過|弄过|弄過|做过|做過|已经|已經|过了|過了", re.IGNORECASE
)
_CANNOT = re.compile(
    r"can'?t find|cannot find|don'?t see|where is|no such|找不到|没有这个|沒有這個|没看到|沒看到|在哪", re.IGNORECASE
)
_WORKS = re.compile(
    r"works? now|working now|it works|(?:that|it|this|spark|2degrees|one nz) worked|worked!|that did it|fixed"
    r"|i.?m online"
    r"|好了|可以了|能用了"
    r"|(?:可以|能)上(?:网|網)|有网了|有網了|连上了|連上了|行了",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\bnot?\b|n't|still|\b(?:before|until|stopped|yesterday|earlier|then)\b|没|沒|不|未|之前|昨天|本来", re.IGNORECASE
)

_NOT_THERE_YET = re.compile(
    r"not (?:yet|there|arrived|landed|left)|haven'?t|still (?:at|in)|before|tomorrow|next week"
    r"|[还還][没沒]|[没沒]到|[没沒]出[发發]|明天|下周|下週",
    re.IGNORECASE,
)
_LANDED = re.compile(
    r"landed|arrived|i'?m (?:here|there)|already (?:here|there)|落地|到了|已[经經]到|下[飞飛]机", re.IGNORECASE
)

GO_BACK = re.compile(
    r"上一?[步个個]|previous (?:step|one|question)|last step|(?:one|a) step back|^\W*(?:go )?back\W*$", re.IGNORECASE
)
_NOT_YET = re.compile(
    r"still|(?:does|did|is|was)(?:n'?t| not) (?:work|help|fix|change)|no (?:luck|change|difference)"
    r"|还是(?:不|没)|還是(?:不|沒)|不行|没用|沒用|用不了|没变|沒變",
    re.IGNORECASE,
)


# "OK" to a step is not yet "it works": the traveller goes and tries.
_ACKNOWLEDGES = re.compile(
    r"[\W_]*(?:ok(?:ay|ey)?|kk?|al?l ?right|sure|got it|gotcha|roger(?: that)?|will do|fine|understood|noted"
    r"|哦*好(?:的|吧|滴|嘞)?|[嗯恩]+|行+|收到|明白了?|知道了|了解了?)?(?:[,， ]*(?:thanks|thank you|谢谢|謝謝))?[\W_]*",
    re.IGNORECASE,
)
_TRIES = re.compile(
    r"\b(?:try|trying|give it a (?:go|try)|hold on|hang on|wait|moment|let me|doing (?:it|that)|on it)\b"
    r"|\b(?:one|in a) (?:sec|moment|min)|[试試](?:[试試]|一?下)|我[试試]|稍等|等等|等一?下|[马馬]上|我去|正在",
    re.IGNORECASE,
)
_NOT_TRIED = re.compile(
    r"haven'?t (?:tried|done)|not (?:tried|done)(?: it| that)? yet|didn'?t try|[还還]?[没沒](?:来得及|有)?[试試弄做]",
    re.IGNORECASE,
)
_LONGEST_ACKNOWLEDGEMENT = 40


def is_open(state: Any) -> bool:
    """Whether a diagnosis is under way: begun, and not yet solved."""
    return bool(state) and state["current"] != "solved"


def still_not(text: str) -> bool:
    """Whether a text says that nothing has changed."""
    return bool(_NOT_YET.search(text)) and not _says_it_works(text)


def _goes_to_try(turn: Turn) -> bool:
    """Whether the message only says that the step was understood."""
    if turn.entity("step_outcome") or turn.intent in SYMPTOM_OF or len(turn.text) > _LONGEST_ACKNOWLEDGEMENT:
        return False
    if _NOT_TRIED.search(turn.text):
        return True
    if _says_it_works(turn.text) or _NOT_YET.search(turn.text) or turn.entities("tried") or _TRIED.search(turn.text):
        return False
    if not any(map(str.isalnum, turn.text)):  # emoji: a thumb up is an OK, a thumb down is not
        return turn.intent in ("affirm", "thank")
    return bool(turn.intent == "thank" or _ACKNOWLEDGES.fullmatch(turn.text) or _TRIES.search(turn.text))


def _says_it_works(text: str) -> bool:
    return bool(_WORKS.search(text)) and not _NOT.search(_WORKS.sub("", text))


def situation_of(turn: Turn) -> Situation:
    """What is known of the fault at this turn."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    vague = (turn.intent or "") in SYMPTOM_OF and is_vague(turn.text)
    return Situation(
        facts=facts,
        symptom=None if vague else turn.slot("symptom"),
        device_id=turn.slot("device"),
        error=turn.slot("error_message"),
        tried=frozenset(turn.steps_tried()),
        location=turn.slot("location"),
        destination=turn.slot("destination"),
    )


class ValidateDiagnosisForm(AftercareAction):
    """One turn of a diagnosis: the outcome of the last step in, the next step or the finding out."""

    action_name = "validate_diagnosis_form"

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot` when nothing waits for an answer."""
        state = turn.slot("diagnosis")
        situation = situation_of(turn)
        reported = SYMPTOM_OF.get(turn.intent or "")
        running = turn.form_waits and is_open(state)
        if running and state["current"] == "exhausted" and turn.intent == "affirm":
            return [SlotSet("requested_slot", None), FollowupAction("action_handoff")]
        if turn.entity("step_outcome") == REMINDER:
            if not (running and state["current"].startswith("step.")):
                return [SlotSet("step_outcome", None), SlotSet("requested_slot", turn.slot("requested_slot"))]
            turn.say("utter_did_it_work", buttons=self._buttons(turn, pending(state, situation)))
            return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]
        if running and state["current"].startswith("step.") and not turn.resumed_after_question and _goes_to_try(turn):
            buttons = self._buttons(turn, pending(state, situation))
            response = "utter_take_your_time" if turn.intent == "thank" else "utter_try_it"
            turn.say(response, buttons=buttons, custom={"remind": True})
            # Rasa takes a form that sets none of its slots for one that refuses the message, and thanks once more.
            return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]
        if running and GO_BACK.search(turn.text) and not turn.resumed_after_question:
            state = step_back(state)
            advice = pending(state, situation)
        elif running and turn.resumed_after_question:
            advice = pending(state, situation)
        elif running and (reported in (None, state["playbook"]) or _says_it_works(turn.text)):
            advice, state = answer(state, situation, self._outcome(turn, advice=pending(state, situation)))
        elif state and not is_open(state) and still_not(turn.text):
            advice, state = answer(state, situation, "failed")
        else:
            advice, state = begin(situation, state)
            if "show_qr" in advice.offers and self._being_returned(turn, situation):
                turn.say("utter_qr_refund_open")
                return [SlotSet("diagnosis", None), SlotSet("offer", "human_handoff"), SlotSet("requested_slot", None)]
        return [*self._say(turn, advice), *self._events(turn, advice, state)]

    @staticmethod
    def _being_returned(turn: Turn, situation: Situation) -> bool:
        """Whether a refund or exchange of the order is under way: then its code must not be installed any more."""
        with turn.orders() as session:
            request = requests.latest_request(session, situation.facts.number) if situation.facts else None
            return request is not None and request.state in OPEN_REQUEST_STATES

    def _outcome(self, turn: Turn, advice: Advice) -> str:
        """What the message says of the last step. An outcome nobody offered makes the engine ask again."""
        if chosen := turn.entity("step_outcome"):
            return str(chosen)
        outcomes = {choice.outcome for choice in self._last(advice).choices}
        if outcomes and not outcomes & {"works", "failed"}:
            return self._outcome_by_title(turn, advice)
        if _says_it_works(turn.text):
            return "works"
        if "cannot" in outcomes and _CANNOT.search(turn.text):
            return "cannot"
        if turn.intent in SYMPTOM_OF or turn.intent in ("complain", "thank"):  # "thanks, but still nothing"
            return "failed"
        if turn.entities("tried") or _TRIED.search(turn.text):
            return "already" if "already" in outcomes else "failed"
        return OUTCOME_OF.get(turn.intent or "", "unclear")

    def _outcome_by_title(self, turn: Turn, advice: Advice) -> str:
        said = turn.text.casefold().strip()
        for choice in self._last(advice).choices:
            if any(said and (said in title.casefold() or title.casefold() in said) for title in choice.text.values()):
                return choice.outcome
        if {choice.outcome for choice in self._last(advice).choices} >= {"understood", "landed"}:
            if _NOT_THERE_YET.search(turn.text) or (turn.entity("destination") not in (None, "NZ")):
                return "understood"
            if _LANDED.search(turn.text):
                return "landed"
        return OUTCOME_OF.get(turn.intent or "", "unclear")  # of a finding, its first choice and its second

    @staticmethod
    def _last(advice: Advice) -> Advice:
        while advice.then is not None:
            advice = advice.then
        return advice

    def _say(self, turn: Turn, advice: Advice) -> list[Event]:
        events: list[Event] = []
        shown = False
        piece: Advice | None = advice
        while piece is not None:
            if piece.kind == "solved":
                turn.say("utter_solved")
            else:
                # the desk asks about a step that stays without an answer
                asked_about = {"remind": True} if piece.kind == "step" else None
                turn.say_text(piece.text, piece.id, self._buttons(turn, piece), custom=asked_about)
            with turn.orders() as session:
                number = turn.verified_order(session)
                if number and "show_qr" in piece.offers and not shown:
                    shown = True
                    events += show_qr(turn, session, number)
                if number and "reissue" in piece.offers:
                    turn.say("utter_reissue_ticket", **ticket_for(turn, session, number, "reissue", finding=piece.id))
            piece = piece.then
        return events

    def _buttons(self, turn: Turn, advice: Advice) -> list[dict[str, str]]:
        buttons = [
            turn.button(c.text["en"], c.text["zh"], f'/inform{{"step_outcome": "{c.outcome}"}}') for c in advice.choices
        ]
        return buttons + [turn.button(*OFFERS[offer]) for offer in advice.offers if offer in OFFERS]

    def _events(self, turn: Turn, advice: Advice, state: Any) -> list[Event]:
        last = self._last(advice)
        waits = last.awaits_answer
        offers = [offer for offer in last.offers if offer in OFFERS]
        return [
            SlotSet("steps_tried", turn.steps_tried()),
            SlotSet("step_outcome", None),
            SlotSet("diagnosis", state),
            *([SlotSet("error_message", None)] if last.kind == "solved" else []),
            SlotSet("offer", OFFERS[offers[0]][2].removeprefix("/") if offers and not waits else None),
            SlotSet("requested_slot", "step_outcome" if waits else None),
        ]
