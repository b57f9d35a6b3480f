"""Sends the answers of a turn: responses and texts with what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.history import History
from actions.messages import Choice, Picture, PlanCard
from actions.offers import INTENT_OF
from actions.wording import Wording
from aftercare.base.language import Language
from aftercare.base.settings import DATA, settings
from aftercare.base.voice import Voice
from aftercare.base.yaml_data import read_yaml


@lru_cache(maxsize=1)
def intent_names() -> dict[str, dict[str, str]]:
    """Names of intents for travellers, by intent and language."""
    return dict(read_yaml(DATA / "intent_names.yml"))


@dataclass(eq=False)
class Answers(History):
    """What is sent in answer to a message, in the conversation's language."""

    dispatcher: CollectingDispatcher
    """Collects the answers."""
    language: Language = field(init=False)
    """The language to answer in."""
    voice: Voice = field(init=False)
    """Language and script of the conversation; answers are put into the script after the action."""
    words: Wording = field(init=False)
    """Writes values in that language."""

    def speak(self, voice: Voice) -> None:
        """Answer in this language from now on."""
        self.voice, self.language = voice, voice.language
        self.words = Wording(voice.language, settings().support_timezone)

    def choice(self, title: str, payload: str) -> Choice:
        """A choice whose title is in the traveller's language, Chinese in Simplified."""
        return Choice(title, payload)

    def choice_of_intent(self, intent: str) -> Choice:
        """A choice that starts an intent, named as a traveller would."""
        return self.choice(intent_names()[intent][self.language], f"/{intent}")

    def choice_of_offer(self, offer: str) -> Choice:
        """A choice that takes up an offer of `actions.offers`."""
        return self.choice(self.words.phrase(f"offer_{offer}"), f"/{INTENT_OF[offer]}")

    def say(
        self,
        response: str,
        choices: Sequence[Choice] = (),
        *,
        image: Picture | None = None,
        cards: Sequence[PlanCard] = (),
        remind: bool = False,
        handoff_ticket: int | None = None,
        leave_line: bool = False,
        **values: Any,
    ) -> None:
        """Send a response of data/responses; `values` fill its placeholders, the rest is as in `_send`."""
        self._send(
            response,
            choices,
            image,
            cards=cards,
            remind=remind,
            handoff_ticket=handoff_ticket,
            leave_line=leave_line,
            response=response,
            **values,
        )

    def say_text(
        self, text: str, meaning: str, choices: Sequence[Choice] = (), *, remind: bool = False, leave_line: bool = False
    ) -> None:
        """Send a text, Chinese in Simplified; `meaning` is its name for tests and reviewers."""
        self._send(meaning, choices, remind=remind, leave_line=leave_line, text=text)

    def _send(
        self,
        meaning: str,
        choices: Sequence[Choice],
        image: Picture | None = None,
        *,
        cards: Sequence[PlanCard] = (),
        remind: bool = False,
        handoff_ticket: int | None = None,
        leave_line: bool = False,
        **content: Any,
    ) -> None:
        """Give a message to Rasa.

        The desk draws `cards`, asks again after a while when `remind`, takes the conversation to the staff's inbox with
        `handoff_ticket`, and out of the line for a person with `leave_line`.
        """
        custom: dict[str, Any] = {}
        if image is not None:
            custom["image_alt"] = image.alt
        if cards:
            custom["cards"] = [card.as_json() for card in cards]
        if remind:
            custom["remind"] = True
        if handoff_ticket is not None:
            custom |= {"handoff": True, "ticket": handoff_ticket}
        if leave_line:
            custom["leave_line"] = True
        self.dispatcher.utter_message(
            buttons=[choice.as_button() for choice in choices],
            image=image.url if image else None,
            json_message=custom,
            meaning=meaning,
            **content,
        )
