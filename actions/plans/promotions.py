"""Promotions valid today."""

from __future__ import annotations

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.orders.plans import promotions_today


class ActionPromotions(AftercareAction):
    """Promotions valid today."""

    action_name = "action_promotions"

    def handle(self, turn: Turn) -> list[Event]:
        """Each with its end."""
        with turn.orders() as session:
            offers = promotions_today(session, turn.now)
        if not offers:
            turn.say("utter_promotions_none")
            return []
        turn.say("utter_promotions_intro")
        lines = [
            turn.words.phrase(
                "promotion_line",
                provider=turn.words.pick(o.provider_en, o.provider_zh),
                title=turn.words.pick(o.title_en, o.title_zh),
                day=turn.words.day(o.ends),
            )
            for o in offers[:5]
        ]
        turn.say("utter_text", body="\n".join(lines))
        return []
