"""Another language, asked for."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue.explaining import tell_again
from actions.messages import Choice
from actions.turn import Event, Turn
from aftercare.base.language import LANGUAGES, Language
from aftercare.base.responses import all_responses, phrase
from aftercare.base.voice import pin_for
from aftercare.understanding.language_requests import language_named
from aftercare.understanding.other_languages import other_language

# From this probability on words that look like another language are a question about it.
ASKED_ABOUT = 0.6
# The classifier's confidence from which on a wish to switch is one, though it is put as a question.
SURE_WISH = 0.95


class ActionSwitchLanguage(AftercareAction):
    """Answer in the language asked for, also while the traveller writes in the other one."""

    action_name = "action_switch_language"

    def handle(self, turn: Turn) -> list[Event]:
        """Named language, else the other one. The pin falls once the traveller writes in it (see `Turn`)."""
        chosen = turn.entity("language") if turn.text.startswith("/") else None
        wanted: Language = chosen or language_named(turn.text) or ("en" if turn.language == "zh" else "zh")
        turn.language = wanted
        # a phrase: a response would be said in the language that the slot still has
        turn.say_text(phrase("language_switched", wanted), "utter_language_switched")
        return [SlotSet("language_pin", pin_for(wanted, turn.text)), SlotSet("language", wanted)]


class ActionSpeakLanguage(AftercareAction):
    """A language is asked for or written in: ours are switched to, any other is told of kindly, in that language."""

    action_name = "action_speak_language"

    def handle(self, turn: Turn) -> list[Event]:
        """The last answer follows in the new language; a form that waits asks again in it."""
        spoken = turn.reading.values("speak")
        written_in = other_language(turn.text)
        in_another = bool(spoken) and spoken[0] not in LANGUAGES
        about = turn.reading.chance("ask") >= ASKED_ABOUT if in_another else turn.reading.has("ask")
        intent, confidence = turn.likeliest
        wish = intent == "switch_language" and confidence >= SURE_WISH and turn.reading.chance("ask") < ASKED_ABOUT
        about = about and written_in is None and not wish  # "can you answer in English?" asks for it
        if about and not turn.reading.has("repeat"):
            turn.say("utter_languages_spoken")  # a question about languages: nothing is switched
            return [] if turn.form else [FollowupAction("action_listen")]
        wanted = written_in or language_named(turn.text) or (spoken[0] if spoken else "")
        if wanted not in LANGUAGES:
            texts = all_responses()["en"].phrases
            turn.say_text(
                texts.get(f"language_unsupported_{wanted}", texts["language_unsupported"]),
                "utter_language_unsupported",
                [
                    Choice("English", '/switch_language{"language": "en"}'),
                    Choice("中文", '/switch_language{"language": "zh"}'),
                    turn.choice_of_offer("person"),
                ],
            )
            return [] if turn.form else [FollowupAction("action_listen")]
        language: Language = "zh" if wanted == "zh" else "en"
        turn.language = language
        turn.say_text(phrase("language_switched", language), "utter_language_switched")
        events: list[Event] = [SlotSet("language_pin", pin_for(language, turn.text)), SlotSet("language", language)]
        last = turn.last_answer()
        if not turn.form and last and last != self.action_name:
            events.append(FollowupAction("action_tell_again"))
        elif not turn.form:
            events.append(FollowupAction("action_listen"))
        return events


class ActionTellAgain(AftercareAction):
    """The last answer once more, in the language of now."""

    action_name = "action_tell_again"

    def handle(self, turn: Turn) -> list[Event]:
        """Nothing when nothing was told."""
        return tell_again(turn) or [FollowupAction("action_listen")]
