"""The refund terms, before any order is known or for the order at hand."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.follow_up import answered_before_by
from actions.plans.offers import currency_of_seller
from actions.refunds.wording import terms_text
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Provider
from aftercare.orders.refunds.load import terms_for
from aftercare.understanding.provider_names import provider_named
from aftercare.understanding.refund_requests import asks_for_terms


class ActionRefundPolicy(AftercareAction):
    """The terms, before any order is known or for the order at hand."""

    action_name = "action_refund_policy"

    def handle(self, turn: Turn) -> list[Event]:
        """The provider of the order or the one named; else all of them, in short unless terms are asked for."""
        if again := answered_before_by(turn):
            return [FollowupAction(again)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            providers = load_catalogue().providers
            from_text = provider_named(turn.text)
            named = from_text or turn.seller_of(facts)
            chosen = [provider for provider in providers if provider.id == named] or list(providers)
            in_short = len(chosen) > 1 and not turn.text.startswith("/") and not asks_for_terms(turn.text)
            if in_short and not turn.was_sent("utter_refund_policy_short"):
                return self._in_short(turn, session, providers)
            if len(chosen) > 1:
                turn.say("utter_refund_policy_intro")
            lines = []
            for provider in chosen:
                terms = terms_for(session, provider.id)
                if terms is None:
                    continue
                name = turn.words.pick(provider.name_en, provider.name_zh)
                of_order = facts.currency if facts and facts.provider_id == provider.id else None
                currency = of_order or currency_of_seller(provider.id)
                lines.append(turn.words.labelled(name, terms_text(turn.words, terms, currency)))
        body = "\n".join(lines)
        turn.say("utter_text", body=body)
        known = [SlotSet("provider", from_text)] if from_text else []
        if turn.form:  # it asks its own question next
            return known
        turn.say("utter_refund_policy_check" if facts else "utter_refund_policy_outro")
        return [*known, SlotSet("offer", "request_refund")]

    @staticmethod
    def _in_short(turn: Turn, session: Session, providers: Sequence[Provider]) -> list[Event]:
        """Between which limits the terms lie, and who gives nothing back; each seller's terms are a button away."""
        terms = [(each, found) for each in providers if (found := terms_for(session, each.id))]
        windows = [found.window_days for _, found in terms if found.window_days]
        none = [turn.words.pick(each.name_en, each.name_zh) for each, found in terms if not found.window_days]
        never = turn.words.phrase("refund_terms_none_of", names=turn.words.listing(none)) if none else ""
        turn.say("utter_refund_policy_short", shortest=min(windows), longest=max(windows), never=never)
        return [SlotSet("offer", "request_refund")]
