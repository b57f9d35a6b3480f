"""The refund terms, before any order is known or for the order at hand."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.follow_up import answered_before_by
from actions.refunds.wording import terms_text
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.refunds.load import terms_for
from aftercare.understanding.provider_names import provider_named


class ActionRefundPolicy(AftercareAction):
    """The terms, before any order is known or for the order at hand."""

    action_name = "action_refund_policy"

    def handle(self, turn: Turn) -> list[Event]:
        """The provider of the verified order or the one named; else all of them."""
        if again := answered_before_by(turn):
            return [FollowupAction(again)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            providers = load_catalogue().providers
            from_text = provider_named(turn.text)
            named = from_text or (facts.provider_id if facts else turn.slot("provider"))
            chosen = [provider for provider in providers if provider.id == named] or list(providers)
            if len(chosen) > 1:
                turn.say("utter_refund_policy_intro")
            lines = []
            for provider in chosen:
                terms = terms_for(session, provider.id)
                if terms is None:
                    continue
                name = turn.words.pick(provider.name_en, provider.name_zh)
                lines.append(turn.words.labelled(name, terms_text(turn.words, terms)))
        body = "\n".join(lines)
        turn.say("utter_text", body=body)
        known = [SlotSet("provider", from_text)] if from_text else []
        if turn.form:  # it asks its own question next
            return known
        turn.say("utter_refund_policy_check" if facts else "utter_refund_policy_outro")
        return [*known, SlotSet("offer", "request_refund")]
