"""Why a refund was decided as it was: the rules that decided it, with their figures, and nothing else."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.refunds.about_request import about_request
from actions.refunds.argued import argued
from actions.refunds.view import decisive_text, view_of
from actions.refunds.wording import alternatives, provider_name
from actions.turn import Event, Turn
from aftercare.orders.refunds.decide import Kind


def give_reasons(turn: Turn) -> list[Event] | None:
    """Tell what stood in the way or what is kept; None without a verified order."""
    draft = turn.refund_draft
    if draft.kind == "withdraw":
        turn.say("utter_withdraw_why", number=draft.number)
        return []
    kind: Kind = "exchange" if turn.slot("goal") == "exchange" else "refund"
    with turn.orders() as session:
        verified = turn.verified_order(session)
        view = view_of(turn, session, draft.number or verified, kind) if verified else None
    if view is None:
        return None
    facts, decision = view.facts, view.decision
    provider = provider_name(turn, view.terms)
    if decision.failed and decision.outcome == "declined" and not turn.form and (answered := argued(turn)) is not None:
        return answered
    if decision.failed and decision.outcome in ("declined", "review"):
        protests = turn.reading.has("object") or turn.was_sent("utter_refund_why_declined")
        if protests and not turn.was_sent("utter_refund_law"):  # the rule itself was told with the decision
            turn.say("utter_refund_law", [turn.choice_of_offer("person")], provider=provider)
            return [] if turn.form else [SlotSet("offer", "human_handoff")]
        if protests:
            return [FollowupAction("action_handoff")] if not turn.form else []
        turn.say("utter_refund_why_declined", provider=provider, rules=decisive_text(turn, view))
        if not turn.form:
            turn.say("utter_refund_why_objection", alternatives(turn, decision))
            return [SlotSet("offer", "human_handoff")]
        return []
    if kind == "refund" and view.less:
        kept = turn.words.money(facts.paid_minor - decision.amount_minor, decision.currency)
        turn.say(
            "utter_refund_why_less",
            provider=provider,
            amount=turn.words.money(decision.amount_minor, decision.currency),
            paid=turn.words.money(facts.paid_minor, decision.currency),
            kept=kept,
            rules=decisive_text(turn, view),
        )
        return []
    if not turn.form:
        return about_request(turn)
    turn.say("utter_exchange_why" if kind == "exchange" else "utter_refund_why_full", provider=provider)
    return []
