"""What to do when it is not clear what was meant, or when two things were meant."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import feedback
from actions.answers import go_by_content
from actions.base import AftercareAction
from actions.follow_up import answered_before_by, names_another_phone
from actions.turn import Event, Turn, intent_names
from aftercare.articles.index import CONFIDENT_SCORE, search
from aftercare.understanding.invoice_requests import names_company
from aftercare.understanding.unspecified_fault import is_vague

FAULT_PREFIX = "report_"
# Readings less likely than this are not worth offering.
WORTH_OFFERING = 0.08
MAX_READINGS = 3


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
        if not re.search(r"\w", turn.text):
            turn.say("utter_empty")
            return []
        ranking: list[dict[str, Any]] = turn.tracker.latest_message.get("intent_ranking") or []
        likely = [
            entry["name"]
            for entry in ranking
            if entry.get("name") in intent_names() and float(entry.get("confidence") or 0) >= WORTH_OFFERING
        ][:MAX_READINGS]
        faults = [name for name in likely if name.startswith(FAULT_PREFIX)]
        if turn.names_order and not turn.form:
            return go_by_content(turn)
        if is_vague(turn.text) or len(faults) > 1:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if goes_on := self._follow_up(turn):
            return [FollowupAction(goes_on)]
        found = search(turn.text, turn.language, limit=1)
        if found and found[0].score >= CONFIDENT_SCORE:
            body = turn.words.labelled(found[0].title, found[0].answer)
            asked = feedback.choices(turn, f"article.{found[0].article_id}")
            choices = [*asked, *(turn.choice_of_intent(name) for name in likely[:1])]
            turn.say("utter_article", choices, body=body)
            return [SlotSet("offer", None)]
        if not likely:
            turn.say("utter_not_understood")
            return [SlotSet("offer", None)]
        choices = [turn.choice_of_intent(name) for name in likely]
        if "human_handoff" not in likely:
            choices.append(turn.choice_of_offer("person"))
        turn.say("utter_did_you_mean", choices)
        return [SlotSet("offer", likely[0] if len(likely) == 1 else None)]

    @staticmethod
    def _follow_up(turn: Turn) -> str | None:
        """The action that a short question after the last answer means."""
        if turn.form:
            return None
        if names_another_phone(turn):
            return "action_device_compatibility"
        if turn.did("action_invoice") and turn.slot("goal") == "invoice" and names_company(turn.text):
            return "action_invoice"
        return answered_before_by(turn)


class ActionTwoMatters(AftercareAction):
    """One message asks two things: ask which comes first, and remember the other."""

    action_name = "action_two_matters"

    def handle(self, turn: Turn) -> list[Event]:
        """Offer both; `AftercareAction.second_matter` comes back to the one that is left."""
        second = str(turn.entity("second_intent"))
        matters = [name for name in (turn.intent, second) if name in intent_names()]
        turn.say("utter_two_matters", [turn.choice_of_intent(name) for name in matters])
        return [SlotSet("second_matter", matters), FollowupAction("action_listen")]
