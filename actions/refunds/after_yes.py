"""What is asked beside a plain yes, answered once what was agreed to is done."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction
from sqlalchemy.orm import Session

from actions.dialogue import knowledge
from actions.dialogue.subjects import OF_THE_ORDER
from actions.plans import days_fit
from actions.refunds.about_request import usable
from actions.turn import Event, Turn
from aftercare.understanding.follow_ups import asks_if_usable
from aftercare.understanding.refund_topics import named_topic
from aftercare.understanding.yes_no import after_yes

# From this probability on a matter that is named beside the yes is begun.
_SURELY_BEGUN = 0.6
# From here on an article answers it: what was agreed to is done, and nothing shows a wrong answer up.
_ANSWERED = 0.4


def answer_rest(turn: Turn, session: Session, number: str, kind: str | None) -> list[Event]:
    """Answer what follows the yes; what nothing answers is asked for once more."""
    rest = None if turn.pressed else after_yes(turn.text, of_money=kind != "withdraw")
    if rest is None:
        return []
    if asks_if_usable(rest) or named_topic(rest, of_request=True) == "code":
        return usable(turn, session, number)
    if (answered := days_fit.answer(turn, rest)) is not None:
        return answered
    if (answered := knowledge.answer(turn, _ANSWERED)) is not None:
        return answered
    begun = next((each for each in turn.reading.values("start") if each in OF_THE_ORDER), None)
    if begun and turn.reading.chance(f"start:{begun}") >= _SURELY_BEGUN:
        return [FollowupAction(OF_THE_ORDER[begun])]
    turn.say("utter_rest_once_more")
    return []
