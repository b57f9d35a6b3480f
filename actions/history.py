"""What happened in a conversation before and since the last message: forms, actions, and messages of the assistant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.latest_message import LatestMessage
from aftercare.understanding.goals import GOAL_OF

# Rasa's own actions that run within a turn.
_OF_RASA = ("action_listen", "action_extract_slots", "action_session_start")


# What each form asks for; while one takes the place of another, the slot still names what the other had asked.
_ASKED_BY = {
    "order_form": ("order_number", "email"),
    "diagnosis_form": ("step_outcome",),
    "refund_form": ("refund_confirmed",),
}
# Actions that tell data of one order, and may do so again for another one.
OF_ONE_ORDER = frozenset(
    {
        "action_order_status", "action_data_usage", "action_usage_records", "action_refund_status", "action_plan_start",
        "action_payment_issue", "action_invoice", "action_coverage", "action_hotspot", "action_calls_sms", "action_apn",
        "action_topup",
    }
)  # fmt: skip
# Actions whose answer may be told again on demand, in another language too.
REPEATABLE = OF_ONE_ORDER | {
    "action_answer_question", "action_price_plans", "action_crossborder_pack", "action_local_plan", "action_promotions",
    "action_support_hours", "action_refund_policy", "action_how_to_install", "action_roaming_setting",
    "action_device_compatibility", "action_dual_sim", "action_what_is_esim", "action_delete_reinstall",
}  # fmt: skip


def meaning_of(event: Mapping[str, Any]) -> str:
    """The name of a message of the assistant: its response, or the meaning that an action gave it."""
    metadata = event.get("metadata") or {}
    nested = metadata.get("metadata") or {}
    return str(metadata.get("meaning") or nested.get("meaning") or metadata.get("utter_action") or "")


class History(LatestMessage):
    """The events of the conversation, as far back as Rasa remembers it."""

    @property
    def form(self) -> str | None:
        """The active form; also set while it is only being activated."""
        name = (self.tracker.active_loop or {}).get("name")
        return str(name) if name else None

    @property
    def form_waits(self) -> bool:
        """Whether a form had asked something before this message; False while it is being activated."""
        return self.form is not None and self.slot("requested_slot") in _ASKED_BY.get(self.form, ())

    @property
    def resumed_after_question(self) -> bool:
        """Whether a form runs again because a question was answered meanwhile, not because of the message itself."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and event.get("name") not in (None, *_OF_RASA, self.form):
                return True
        return False

    @property
    def answers_form(self) -> bool:
        """Whether this message is for the form: it waited for an answer and no other question came between."""
        return self.form_waits and not self.resumed_after_question

    @property
    def explained_this_turn(self) -> bool:
        """Whether what waits was explained in this very turn, with its choices: then it is not asked once more."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if event.get("event") == "bot" and meaning_of(event).startswith("explain."):
                return True
        return False

    @property
    def is_first(self) -> bool:
        """Whether no action of ours has run since the message: nothing was said yet in this turn."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return True
            if event.get("event") == "bot":
                return False
            if event.get("event") == "action" and event.get("name") not in (*_OF_RASA, self.form):
                return False
        return True

    def ran(self, *actions: str) -> bool:
        """Whether one of these actions ran since the message."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and event.get("name") in actions:
                return True
        return False

    @property
    def called_by_action(self) -> bool:
        """Whether this action runs because another one of ours, which is no form, went on with it."""
        for event in reversed(self.tracker.events):
            name = str(event.get("name") or "")
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and name.startswith("action_") and name not in _OF_RASA:
                return True
        return False

    def answers_backwards(self) -> Iterator[dict[str, Any]]:
        """The assistant's messages before this turn, latest first."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "bot":
                yield event

    def last_answer(self) -> str | None:
        """The last action of ours before this message that told something worth telling again."""
        return next((name for name in self._actions_backwards() if name in REPEATABLE), None)

    def last_order_answer(self) -> str | None:
        """The last action before this message that told data of an order."""
        return next((name for name in self._actions_backwards() if name in OF_ONE_ORDER), None)

    def last_matter(self) -> str | None:
        """The last form, or action of one order, that ran before this message."""
        matters = OF_ONE_ORDER | {"diagnosis_form", "refund_form"}
        return next((name for name in self._actions_backwards() if name in matters), None)

    def _actions_backwards(self) -> Iterator[str]:
        for event in reversed(self.tracker.events):
            if event.get("event") == "action":
                yield str(event.get("name") or "")

    def was_sent(self, meaning: str) -> bool:
        """Whether a message of this meaning was sent in this conversation, as far back as Rasa remembers it."""
        return any(meaning_of(event) == meaning for event in self.answers_backwards())

    def answered_last(self, meaning: str) -> bool:
        """Whether a message of this meaning is among the answers to the message before this one."""
        seen = 0
        for event in reversed(self.tracker.events):
            seen += event.get("event") == "user"
            if seen > 1:
                return False
            if seen and event.get("event") == "bot" and meaning_of(event) == meaning:
                return True
        return False

    def did(self, action: str) -> bool:
        """Whether an action ran earlier in this conversation, as far back as Rasa remembers it."""
        return any(event.get("event") == "action" and event.get("name") == action for event in self.tracker.events)

    def pursues(self, intent: str) -> bool:
        """Whether the matter at hand is that of an intent: by the goal, for questions by the messages so far."""
        goal, symptom = GOAL_OF.get(intent, (None, None))
        if goal is not None:
            return goal == self.slot("goal") and symptom in (None, self.slot("symptom"))
        messages = (event.get("parse_data") or {} for event in self.tracker.events if event.get("event") == "user")
        return intent in [*[each.get("intent", {}).get("name") for each in messages][-2:], self.intent]

    def pursued_since_choice(self, intent: str) -> bool:
        """Whether the matter of an intent was taken up since the traveller was asked which of two comes first."""
        goal, _ = GOAL_OF.get(intent, (None, None))
        for event in reversed(self.tracker.events):
            kind, name = event.get("event"), event.get("name")
            if kind == "action" and name == "action_two_matters":
                return False
            if kind == "slot" and name == "goal" and goal is not None and event.get("value") == goal:
                return True
            if kind == "user" and ((event.get("parse_data") or {}).get("intent") or {}).get("name") == intent:
                return True
        return False
