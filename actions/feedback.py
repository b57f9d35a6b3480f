"""Whether an answer to a question helped: asked beside it, kept for the statistics, made good when it did not."""

from __future__ import annotations

import json
from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import AftercareAction
from actions.messages import Choice
from actions.turn import Event, Turn, intent_names
from aftercare.articles.index import search

INTENT = "/rate_answer"
# Below this a further article has as good as nothing to do with the question.
WORTH_SHOWING = 0.12


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
    other = _another_article(turn, about)
    if other is None:
        turn.say("utter_not_helpful")
    else:
        turn.say("utter_not_helpful_article", article=other)
    return [kept, SlotSet("offer", "human_handoff")]


def _another_article(turn: Turn, about: str) -> str | None:
    """Title and answer of the best article the traveller has not just read."""
    asked = _question(turn)
    for hit in search(asked, turn.language, limit=3) if asked else ():
        if about != f"article.{hit.article_id}" and hit.score >= WORTH_SHOWING:
            return turn.words.labelled(hit.title, hit.answer)
    return None


def _question(turn: Turn) -> str | None:
    """What the traveller had asked, in their words or in those of the button."""
    answered = False
    for event in reversed(turn.tracker.events):
        answered = answered or event.get("event") == "bot"
        if answered and event.get("event") == "user":
            text = str(event.get("text") or "")
            if not text.startswith("/"):
                return text
            names = intent_names().get(text.removeprefix("/").partition("{")[0])
            return names[turn.language] if names else None
    return None


class ActionRateAnswer(AftercareAction):
    """Thumbs up or down."""

    action_name = "action_rate_answer"

    def handle(self, turn: Turn) -> list[Event]:
        """Only buttons lead here: a typed yes or no is a yes or no."""
        return take(turn, str(turn.entity("about") or ""), turn.entity("helpful") == "yes")
