"""A new eSIM in place of one that cannot be installed any more: by the issuer where it does that, else by a person."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.orders.about import ticket_for
from actions.turn import Turn
from aftercare.connectors.esims import can_reissue
from aftercare.orders import reissues


def reissue(turn: Turn, session: Session, number: str, otherwise: str, **summary: object) -> None:
    """Have it replaced and say so; or open a ticket and say the response `otherwise` with its number.

    The caller has checked ownership.
    """
    if can_reissue() and reissues.ask(session, number, turn.conversation_id, turn.language, turn.now):
        turn.say("utter_reissue_begun", number=number)
    else:
        turn.say(otherwise, **ticket_for(turn, session, number, "reissue", **summary))
