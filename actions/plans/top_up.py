"""More data or days for the order at hand."""

from __future__ import annotations

from actions.base import AftercareAction
from actions.orders.about import plan_name
from actions.plans.offers import fitting, reasons_for, show_plans, spread
from actions.plans.recommend import recommend
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.orders.plans import plans_for, top_ups_for


class ActionTopup(AftercareAction):
    """More data or days for the order at hand."""

    action_name = "action_topup"

    def handle(self, turn: Turn) -> list[Event]:
        """For a verified order what fits it; otherwise how it works."""
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            if facts is None:
                if checked := order_brought_for(turn, self.action_name):
                    return checked
                turn.say("utter_topup_general")
                return order_wanted_for(self.action_name)
            offers = top_ups_for(session, facts.number, turn.now)
            if offers:
                turn.say("utter_topup", plan=plan_name(turn, facts))
                shown = spread(fitting(turn, offers))
                show_plans(turn, shown, reasons_for(turn, shown))
                return []
            turn.say("utter_topup_none")
            return recommend(turn, plans_for(session, facts.countries & {"NZ"} or facts.countries))
