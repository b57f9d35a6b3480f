"""Another language, asked for."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.base.responses import phrase
from aftercare.base.voice import pin_for
from aftercare.understanding.language_requests import language_named


class ActionSwitchLanguage(AftercareAction):
    """Answer in the language asked for, also while the traveller writes in the other one."""

    action_name = "action_switch_language"

    def handle(self, turn: Turn) -> list[Event]:
        """Named language, else the other one. The pin falls once the traveller writes in it (see `Turn`)."""
        wanted = language_named(turn.text) or ("en" if turn.language == "zh" else "zh")
        turn.language = wanted
        # a phrase: a response would be said in the language that the slot still has
        turn.say_text(phrase("language_switched", wanted), "utter_language_switched")
        return [SlotSet("language_pin", pin_for(wanted, turn.text)), SlotSet("language", wanted)]
