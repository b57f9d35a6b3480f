"""Where plans work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.orders.about import plan_name
from actions.plans import own_plan
from actions.plans.offers import MAX_PLANS
from actions.plans.recommend import recommend, wanted_countries
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.facts import OrderFacts
from aftercare.orders.plans import plans_for
from aftercare.troubleshooting.wording import country_name


def nz_operators(turn: Turn, operators: Iterable[str]) -> str:
    """Operator names as one listing."""
    return turn.words.listing(sorted(set(operators)))


class ActionCoverage(AftercareAction):
    """Where it works."""

    action_name = "action_coverage"

    def handle(self, turn: Turn) -> list[Event]:
        """For a named country, for the verified order's plan, or for New Zealand in general."""
        if checked := order_brought_for(turn, self.action_name):
            return checked
        goes_on = turn.reading.has("refer", "switch_order")  # "and the other one?": the country asked about before
        countries = wanted_countries(turn) if goes_on or turn.entities("destination") else set()
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            abroad = sorted(countries - {"NZ"})
            if own_plan.asks_for_several(turn) and (offers := plans_for(session, countries)):
                return recommend(turn, offers)
            if abroad and facts is not None:
                named = set(turn.entities("destination"))
                self._of_order(turn, facts, [*abroad, *(["NZ"] if "NZ" in named else [])])
                if set(abroad) <= facts.countries or own_plan.asks_of_own(turn):
                    return []
            if abroad and own_plan.asks_of_own(turn):
                if not own_plan.tell_without_order(turn, abroad[:MAX_PLANS]):
                    return []
                turn.say("utter_coverage_order_wanted")
                return order_wanted_for(self.action_name)
            together = plans_for(session, set(abroad) | (countries & {"NZ"})) if len(abroad) > 1 else ()
            if together:
                return recommend(turn, together)  # one plan for all of them
            if abroad:
                return self._countries(turn, session, abroad)
            if facts is not None:
                turn.say(
                    "utter_coverage_plan",
                    plan=plan_name(turn, facts),
                    countries=turn.words.listing(
                        [country_name(c, turn.language) or c for c in sorted(facts.countries)]
                    ),
                    operators=nz_operators(turn, (n.operator for n in facts.networks if n.country == "NZ")) or "–",
                )
                return []
            operators = {
                network.operator
                for plan in load_catalogue().plans
                for network in plan.networks
                if network.country == "NZ"
            }
            turn.say("utter_coverage_general", operators=nz_operators(turn, operators))
        return []

    @staticmethod
    def _of_order(turn: Turn, facts: OrderFacts, abroad: Sequence[str]) -> None:
        """Whether the plan of the order works there: yes or no first."""
        for code in abroad[:MAX_PLANS]:
            covered = code in facts.countries
            turn.say(
                "utter_coverage_order_yes" if covered else "utter_coverage_order_no",
                plan=plan_name(turn, facts),
                country=country_name(code, turn.language) or code,
                countries=turn.words.listing([country_name(c, turn.language) or c for c in sorted(facts.countries)]),
            )

    def _countries(self, turn: Turn, session: Session, countries: Sequence[str]) -> list[Event]:
        for code in countries[:MAX_PLANS]:
            name = country_name(code, turn.language) or code
            offers = plans_for(session, {code})
            if offers:
                names = [turn.words.pick(o.name_en, o.name_zh) for o in offers[:MAX_PLANS]]
                turn.say("utter_coverage_country_yes", country=name, plans=turn.words.listing(names))
            else:
                turn.say("utter_coverage_country_no", country=name)
        return []
