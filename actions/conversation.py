"""Manners: not understood, yes and no outside a form, stopping, starting over, another language, a person."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import feedback
from actions.base import WITH_ORDER, AftercareAction, Event, Turn, intent_names
from actions.diagnosis import GO_BACK, REMINDER, is_open, still_not
from actions.follow_up import names_another_phone, told_before
from actions.orders import COMPANY
from actions.wording import Wording
from aftercare.articles.index import CONFIDENT_SCORE, search
from aftercare.base.language import written
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Provider
from aftercare.orders import support_hours, tickets
from aftercare.troubleshooting.player import step_back
from aftercare.understanding.unspecified_fault import is_vague

FAULT_PREFIX = "report_"
# Readings less likely than this are not worth offering.
WORTH_OFFERING = 0.08
MAX_READINGS = 3
_REQUEST = re.compile(r"request|refund|exchange|swap|申请|申請|退款|退钱|退錢|更换|更換|换套餐", re.IGNORECASE)
_WORDS = re.compile(r"\w", re.UNICODE)
_CHINESE = re.compile(r"中文|普通话|國語|国语|汉语|华语|chinese|mandarin", re.IGNORECASE)
_ENGLISH = re.compile(r"英文|英语|英語|english", re.IGNORECASE)


class ActionClarify(AftercareAction):
    """Not sure what was meant: offer the likeliest readings, never a guess."""

    action_name = "action_clarify"

    def handle(self, turn: Turn) -> list[Event]:
        """Answer, then wait: Rasa would ask its policies again, and none of them knows more the second time."""
        answered = self._answer(turn)
        goes_on = turn.form or any(event.get("event") == "followup" for event in answered)
        return answered if goes_on else [*answered, FollowupAction("action_listen")]

    def _answer(self, turn: Turn) -> list[Event]:
        """Nothing written, a vague fault, two or three readings, or a plain question back."""
        if not _WORDS.search(turn.text):
            turn.say("utter_empty")
            return []
        ranking: list[dict[str, Any]] = turn.tracker.latest_message.get("intent_ranking") or []
        likely = [
            entry["name"]
            for entry in ranking
            if entry.get("name") in intent_names() and float(entry.get("confidence") or 0) >= WORTH_OFFERING
        ][:MAX_READINGS]
        faults = [name for name in likely if name.startswith(FAULT_PREFIX)]
        if _names_an_order(turn) and not turn.form:
            return _read_as_told(turn)
        if is_vague(turn.text) or len(faults) > 1:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if goes_on := self._follow_up(turn):
            return [FollowupAction(goes_on)]
        found = search(turn.text, turn.language, limit=1)
        if found and found[0].score >= CONFIDENT_SCORE:
            body = f"{found[0].title}{turn.words.pick(': ', '：')}{found[0].answer}"
            asked = feedback.buttons(turn, f"article.{found[0].article_id}")
            buttons = [*asked, *(turn.reading(name) for name in likely[:1])]
            turn.say("utter_article", body=turn.in_script(body), buttons=buttons)
            return [SlotSet("offer", None)]
        if not likely:
            turn.say("utter_not_understood")
            return [SlotSet("offer", None)]
        buttons = [turn.reading(name) for name in likely]
        if "human_handoff" not in likely:
            buttons.append(turn.button("Talk to a person", "找人工客服", "/human_handoff"))
        turn.say("utter_did_you_mean", buttons=buttons)
        return [SlotSet("offer", likely[0] if len(likely) == 1 else None)]

    @staticmethod
    def _follow_up(turn: Turn) -> str | None:
        """The action that a short question after the last answer means."""
        if turn.form:
            return None
        if names_another_phone(turn):
            return "action_device_compatibility"
        if turn.did("action_invoice") and turn.slot("goal") == "invoice" and COMPANY.search(turn.text):
            return "action_invoice"
        return told_before(turn)


class ActionTwoMatters(AftercareAction):
    """One message asks two things: ask which comes first, and remember the other."""

    action_name = "action_two_matters"

    def handle(self, turn: Turn) -> list[Event]:
        """Offer both; `AftercareAction.second_matter` comes back to the one that is left."""
        second = str(turn.entity("second_intent"))
        matters = [name for name in (turn.intent, second) if name in intent_names()]
        turn.say("utter_two_matters", buttons=[turn.reading(name) for name in matters])
        return [SlotSet("second_matter", matters), FollowupAction("action_listen")]


# What a plain "yes" takes up again, by the payload that was offered.
_TAKES_UP = {
    "human_handoff": ("action_handoff", None),
    "request_refund": ("refund_form", "refund"),
    "check_order_status": ("order_form", "order_status"),
    "ask_crossborder_pack": ("action_crossborder_pack", None),
    "ask_topup": ("action_topup", None),
    "ask_price_plans": ("action_price_plans", None),
    "recover_usage_records": ("action_usage_records", "usage_records"),
    "resend_qr": ("action_resend_qr", "resend_qr"),
    "request_exchange": ("refund_form", "exchange"),
    "withdraw_request": ("refund_form", "withdraw"),
}


_REFUND = re.compile(r"退(?!出|回上|到上|房|票|税|稅)|\brefund|money back", re.IGNORECASE)
_REFUSES = re.compile(r"不|别|別|\bno\b|\bnot\b|n't|\bnever\b", re.IGNORECASE)


def _names_an_order(turn: Turn) -> bool:
    return bool(turn.entity("order_number") or turn.entity("email"))


def _read_as_told(turn: Turn) -> list[Event]:
    """A yes or no that says more than that: an order is looked up, "it does not work" gets its question."""
    if _names_an_order(turn):
        goal = "refund" if wishes_refund(turn.text) else turn.slot("goal") or "order_status"
        return [SlotSet("goal", goal), FollowupAction("order_form")]
    turn.say("utter_which_problem")
    return [SlotSet("goal", "diagnose")]


def wishes_refund(text: str) -> bool:
    """Whether a yes or no asks for the money after all: "actually yes, refund it", "还是退吧"."""
    return bool(_REFUND.search(text)) and not _REFUSES.search(text)


def _refund_after_all(turn: Turn) -> list[Event]:
    form = "refund_form" if turn.slot("order_verified") else "order_form"
    return [SlotSet("offer", None), SlotSet("goal", "refund"), FollowupAction(form)]


class ActionAffirm(AftercareAction):
    """A yes outside any form: it takes what was offered last."""

    action_name = "action_affirm"

    def handle(self, turn: Turn) -> list[Event]:
        """Continue with the offer, or ask what else."""
        if is_vague(turn.text) or _names_an_order(turn):
            return _read_as_told(turn)
        if wishes_refund(turn.text):
            return _refund_after_all(turn)
        if about := feedback.asked_about(turn):
            return feedback.take(turn, about, helpful=True)
        offer = str(turn.slot("offer") or "")
        if offer.startswith(WITH_ORDER):
            return [SlotSet("goal", "order_status"), FollowupAction("order_form")]
        action, goal = _TAKES_UP.get(offer, (None, None))
        if action is None:
            turn.say("utter_anything_else")
            return []
        if goal in ("refund", "exchange", "withdraw") and not turn.slot("order_verified"):
            action = "order_form"
        return [SlotSet("offer", None), *([SlotSet("goal", goal)] if goal else []), FollowupAction(action)]


class ActionDeny(AftercareAction):
    """A no outside any form."""

    action_name = "action_deny"

    def handle(self, turn: Turn) -> list[Event]:
        """An open diagnosis goes on; otherwise nothing happens."""
        if wishes_refund(turn.text):
            return _refund_after_all(turn)
        state = turn.slot("diagnosis")
        if _names_an_order(turn) or (is_vague(turn.text) and not state):
            return _read_as_told(turn)
        if about := feedback.asked_about(turn):
            return feedback.take(turn, about, helpful=False)
        if still_not(turn.text) and not (turn.slot("symptom") or state):
            return _read_as_told(turn)
        if still_not(turn.text):
            known = turn.slot("order_verified") or state
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form" if known else "order_form")]
        if is_open(state) and turn.slot("offer") is None:
            return [FollowupAction("diagnosis_form")]
        turn.say("utter_anything_else")
        return [SlotSet("offer", None)]


class ActionInform(AftercareAction):
    """Facts without a question: an order number, a phone, a place."""

    action_name = "action_inform"

    def handle(self, turn: Turn) -> list[Event]:
        """An order number is looked up; an open diagnosis takes the facts; else ask what it is about."""
        if turn.entity("step_outcome") == REMINDER:  # the diagnosis ended meanwhile
            return []
        if turn.entity("problem"):
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if names_another_phone(turn):
            return [FollowupAction("action_device_compatibility")]
        if turn.entity("order_number") or turn.entity("email") or turn.entity("order_help"):
            offer = str(turn.slot("offer") or "")
            meant = "refund" if offer == "request_refund" else "order_status" if offer.startswith(WITH_ORDER) else None
            goal = meant or turn.slot("goal") or "order_status"
            return [SlotSet("goal", goal), FollowupAction("order_form")]
        if is_open(turn.slot("diagnosis")) or turn.entity("error_message"):
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form")]
        turn.say("utter_which_problem")
        return [SlotSet("steps_tried", turn.steps_tried())]


class ActionCancel(AftercareAction):
    """Stop what is going on; nothing is changed."""

    action_name = "action_cancel"

    def handle(self, turn: Turn) -> list[Event]:
        """Leaves any form; "go back" in a diagnosis only goes back one step.

        With no form open, "cancel my request" is about the refund that was requested.
        """
        if turn.form and is_open(turn.slot("diagnosis")) and GO_BACK.search(turn.text):
            return [SlotSet("diagnosis", step_back(turn.slot("diagnosis")))]
        if not turn.form and _REQUEST.search(turn.text) and turn.slot("order_verified"):
            return [SlotSet("goal", "withdraw"), FollowupAction("refund_form")]
        turn.say("utter_cancelled")
        return [
            SlotSet("diagnosis", None),
            SlotSet("refund_draft", None),
            SlotSet("offer", None),
            SlotSet("requested_slot", None),
            ActiveLoop(None),
        ]


class ActionStartOver(AftercareAction):
    """Forget what was said, not what was proven: the order stays verified."""

    action_name = "action_start_over"
    forgotten = (
        "goal", "symptom", "device", "destination", "location", "operator", "plan", "error_message", "amount_of_time",
        "steps_tried", "diagnosis", "offer", "second_matter", "refund_draft", "misunderstandings", "language_pin",
        "requested_slot",
    )  # fmt: skip

    def handle(self, turn: Turn) -> list[Event]:
        """Clears every slot of the conversation's content; "the last step again" only goes back one step."""
        if turn.form and is_open(turn.slot("diagnosis")) and GO_BACK.search(turn.text):
            return [SlotSet("diagnosis", step_back(turn.slot("diagnosis")))]
        turn.say("utter_started_over")
        return [*(SlotSet(name, None) for name in self.forgotten), ActiveLoop(None)]


class ActionSwitchLanguage(AftercareAction):
    """Answer in the language asked for, also while the traveller writes in the other one."""

    action_name = "action_switch_language"

    def handle(self, turn: Turn) -> list[Event]:
        """Named language, else the other one. The pin falls once the traveller writes in it (see `Turn`)."""
        if _CHINESE.search(turn.text):
            wanted = "zh"
        elif _ENGLISH.search(turn.text):
            wanted = "en"
        else:
            wanted = "en" if turn.language == "zh" else "zh"
        turn.language = wanted  # type: ignore[assignment]
        turn.say_text({"en": "Sure, English it is.", "zh": "好的，我们用中文。"}, "utter_language_switched")
        pinned = wanted if written(turn.text).language not in (None, wanted) else None
        return [SlotSet("language_pin", pinned), SlotSet("language", wanted)]


class ActionComplain(AftercareAction):
    """Anger: one apology, and a person."""

    action_name = "action_complain"

    def handle(self, turn: Turn) -> list[Event]:
        """A vague "it does not work" gets the forced choice; anything else an apology and the offer of a person."""
        if is_vague(turn.text):
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        turn.say("utter_complain_again" if turn.did(self.action_name) else "utter_complain")
        return [SlotSet("offer", "human_handoff")]


_CALLS = re.compile(r"hotline|phone|\bcall\b|video|热线|熱線|电话|電話|视频|視頻|視訊", re.IGNORECASE)


def ways_to_call(words: Wording, provider: Provider) -> str:
    """Hotline and video call of a provider, as far as it has them."""
    ways = [
        words.pick(f"hotline {provider.hotline}", f"热线 {provider.hotline}") if provider.hotline else "",
        words.pick(f"video call {provider.video_call_url}", f"视频通话 {provider.video_call_url}")
        if provider.video_call_url
        else "",
    ]
    return words.pick(" or ", "，或").join(way for way in ways if way)


class ActionHandoff(AftercareAction):
    """A person, from any point, with the whole story attached."""

    action_name = "action_handoff"

    def handle(self, turn: Turn) -> list[Event]:
        """Make the ticket, say when it is read, name hotline and video call of the provider."""
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            number = facts.number if facts else None
            summary = {
                "order": number,
                "plan": facts.plan_en if facts else None,
                "device": turn.slot("device") or (facts.device_model if facts else None),
                "place": turn.slot("location") or turn.slot("destination") or (facts.last_country if facts else None),
                "symptom": turn.slot("symptom"),
                "goal": turn.slot("goal"),
                "steps_tried": turn.steps_tried(),
                "steps_given": (turn.slot("diagnosis") or {}).get("done", []),
                "language": turn.language,
            }
            ticket, _ = tickets.open_ticket(
                session, turn.conversation_id, "handoff", turn.language, summary, turn.now, number
            )
            identifier, read_by, place = ticket.id, ticket.read_by, tickets.queue_position(session, ticket)
        response = "utter_handoff_open" if support_hours.is_open(turn.now) else "utter_handoff_closed"
        turn.say(
            response,
            ticket=turn.words.ticket(identifier),
            queue=turn.in_script(self._queue(turn, place)),
            read_by=turn.words.time(read_by),
            custom={"handoff": True, "ticket": identifier},
        )
        self._contacts(turn, facts.provider_id if facts else turn.slot("provider"))
        return [SlotSet("offer", None), SlotSet("requested_slot", None), ActiveLoop(None)]

    @staticmethod
    def _queue(turn: Turn, place: int) -> str:
        """Where in the line the ticket stands."""
        if place == 1:
            return turn.words.pick("you're next in line", "前面没有人排队")
        return turn.words.pick(f"you're number {place} in line", f"前面还有 {place - 1} 位")

    @staticmethod
    def _contacts(turn: Turn, provider_id: str | None) -> None:
        """How to reach the provider's people at once; all of them when a call is asked for and no order is known."""
        providers = load_catalogue().providers
        ways = {provider: ways_to_call(turn.words, provider) for provider in providers}
        names = {provider: turn.words.pick(provider.name_en, provider.name_zh) for provider in providers}
        own = next((provider for provider in providers if provider.id == provider_id), None)
        if own is not None and ways[own]:
            turn.say("utter_handoff_contacts", provider=turn.in_script(names[own]), ways=turn.in_script(ways[own]))
        elif own is None and _CALLS.search(turn.text):
            colon = turn.words.pick(": ", "：")
            lines = [f"{names[provider]}{colon}{ways[provider]}" for provider in providers if ways[provider]]
            turn.say("utter_text", body=turn.in_script("\n".join(lines)))
