"""Coming back to a matter, and words that ask for nothing."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.understanding.order_references import comes_back_to_own

_FORM_OF = {"refund": "refund_form", "exchange": "refund_form", "withdraw": "refund_form"}


class ActionResume(AftercareAction):
    """ "Where were we": the open matter goes on; without one, what can be done."""

    action_name = "action_resume"

    def handle(self, turn: Turn) -> list[Event]:
        """An open diagnosis first, then a refund that was being talked about, then what was told of an order last."""
        left = set((turn.slot("focus") or {}).get("left") or {}) - {self._current(turn)}
        if left and comes_back_to_own(turn.text):
            return [FollowupAction("action_other_order")]
        if turn.diagnosis_open:
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form")]
        goal = str(turn.slot("goal") or "")
        if goal in _FORM_OF and turn.slot("order_verified"):
            return [FollowupAction(_FORM_OF[goal])]
        if goal == "diagnose":
            return [FollowupAction("diagnosis_form" if turn.slot("order_verified") else "order_form")]
        if last := turn.last_order_answer():
            return [FollowupAction(last)]
        turn.say("utter_resume_nothing")
        return [FollowupAction("action_listen")]

    @staticmethod
    def _current(turn: Turn) -> str | None:
        with turn.orders() as session:
            return turn.verified_order(session)


class ActionAcknowledge(AftercareAction):
    """Thanks, "OK", "later": one short line; whatever waits keeps waiting, and is asked again after small talk."""

    action_name = "action_acknowledge"

    def handle(self, turn: Turn) -> list[Event]:
        """By what was said; listening on keeps the form as it is."""
        has = turn.reading.has
        small_talk = False
        if has("pause") and turn.reading.chance("pause") > turn.reading.chance("goodbye"):
            turn.say("utter_pause")
        elif has("goodbye"):
            turn.say("utter_goodbye")
        elif has("thank"):
            turn.say("utter_take_your_time" if turn.form else "utter_thank")
        elif has("challenge"):
            small_talk = True
            turn.say("utter_bot_challenge")
        elif has("greet"):
            turn.say("utter_greet_again" if turn.form else "utter_greet")
        elif has("chat"):
            small_talk = True
            turn.say("utter_out_of_scope")
        else:
            turn.say("utter_acknowledged")
        if turn.form and small_talk:
            return []  # the form comes back to what waits
        return [SlotSet("requested_slot", turn.slot("requested_slot")), FollowupAction("action_listen")]
