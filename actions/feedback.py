"""Whether an answer to a question helped: asked beside it, kept for the statistics, made good when it did not."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import AftercareAction
from actions.messages import Choice
from actions.turn import Event, Turn
from aftercare.articles.units import unit

INTENT = "/rate_answer"


def choices(turn: Turn, about: str) -> list[Choice]:
    """Thumbs up and down about an answer; none while a form waits, which asks something itself."""
    if turn.form:
        return []
    return [
        turn.choice(turn.words.phrase(title), f'{INTENT}{{"helpful": "{helpful}", "about": "{about}"}}')
        for title, helpful in (("choice_helpful", "yes"), ("choice_not_helpful", "no"))
    ]


def answer(turn: Turn, response: str, **values: Any) -> None:
    """Say the answer to a how-to question, with the question whether it helped."""
    turn.say(response, choices(turn, response), **values)


def asked_about(turn: Turn) -> str | None:
    """The answer whose helpfulness the assistant's last message asked about."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot":
            for button in (event.get("data") or {}).get("buttons") or []:
                if button.get("payload", "").startswith(INTENT):
                    return str(json.loads(button["payload"].removeprefix(INTENT))["about"])
            return None
    return None


def take(turn: Turn, about: str, helpful: bool) -> list[Event]:
    """Thank, or show the next best article and offer a person. The slot goes with the turn into the desk's database."""
    kept = SlotSet("feedback", {"about": about, "helpful": helpful})
    if helpful:
        turn.say("utter_glad_it_helped")
        return [kept]
    other, answered = _another_article(turn) if about.startswith("article.") else (None, [])
    if other is None:
        turn.say("utter_not_helpful")
    else:
        turn.say("utter_not_helpful_article", article=other)
    return [kept, *answered, SlotSet("offer", "human_handoff")]


def _another_article(turn: Turn) -> tuple[str | None, list[Event]]:
    """Title and answer of the next best unit, and what is left after it; none when every fitting one was told."""
    focus = turn.slot("focus") or {}
    left = list(focus.get("next") or ())
    if not left:
        return None, []
    found = unit(str(left[0]), turn.language)
    about = found.asked[0] if found else None
    kept = SlotSet("focus", {**focus, "unit": left[0], "about": about, "next": left[1:]})
    return (turn.words.labelled(found.title, found.answer) if found else None), [kept]


class ActionRateAnswer(AftercareAction):
    """Thumbs up or down."""

    action_name = "action_rate_answer"

    def handle(self, turn: Turn) -> list[Event]:
        """Only buttons lead here: a typed yes or no is a yes or no."""
        return take(turn, str(turn.entity("about") or ""), turn.entity("helpful") == "yes")
