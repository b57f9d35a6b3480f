"""Why a refund was decided as it was: the rules that decided it, with their figures, and nothing else."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.refunds.about_request import about_request
from actions.refunds.argued import argued
from actions.refunds.wording import alternatives, provider_name
from actions.turn import Event, Turn
from aftercare.documents.refund_rules import rule_line
from aftercare.orders import authority
from aftercare.orders.refunds.decide import Kind, decide
from aftercare.orders.refunds.load import facts_for


def told_reasons(turn: Turn) -> list[Event] | None:
    """Tell what stood in the way or what is kept; None without a verified order."""
    draft = turn.refund_draft
    if draft.kind == "withdraw":
        turn.say("utter_withdraw_why", number=draft.number)
        return []
    with turn.orders() as session:
        number = draft.number or turn.verified_order(session)
        if number is None or turn.verified_order(session) is None:
            return None
        loaded = facts_for(session, number, turn.now, fault_reported=turn.fault_reported)
        if loaded is None:
            return None
        facts, terms = loaded
        kind: Kind = "exchange" if turn.slot("goal") == "exchange" else "refund"
        decision = authority.bounded(session, number, decide(facts, terms, kind), turn.now)
    provider = provider_name(turn, terms)
    if decision.failed and decision.outcome == "declined" and not turn.form and (answered := argued(turn)) is not None:
        return answered
    if decision.failed and decision.outcome in ("declined", "review"):
        protests = turn.reading.has("object") or turn.was_told("utter_refund_why_declined")
        if protests and not turn.was_told("utter_refund_law"):  # the rule itself was told with the decision
            turn.say("utter_refund_law", [turn.choice_of_offer("person")], provider=provider)
            return [] if turn.form else [SlotSet("offer", "human_handoff")]
        if protests:
            return [FollowupAction("action_handoff")] if not turn.form else []
        lines = [rule_line(rule, decision.currency, turn.language, terms) for rule in decision.failed]
        turn.say("utter_refund_why_declined", provider=provider, rules=turn.words.listing(lines))
        if not turn.form:
            turn.say("utter_refund_why_objection", alternatives(turn, decision))
            return [SlotSet("offer", "human_handoff")]
        return []
    if kind == "refund" and decision.amount_minor < facts.paid_minor:
        kept = turn.words.money(facts.paid_minor - decision.amount_minor, decision.currency)
        rules = [rule for rule in decision.rules if rule.name in ("fee", "data_limit") and rule.figure]
        lines = [rule_line(rule, decision.currency, turn.language, terms) for rule in rules]
        turn.say(
            "utter_refund_why_less",
            provider=provider,
            amount=turn.words.money(decision.amount_minor, decision.currency),
            paid=turn.words.money(facts.paid_minor, decision.currency),
            kept=kept,
            rules=turn.words.listing(lines),
        )
        return []
    if not turn.form:
        return about_request(turn)
    turn.say("utter_exchange_why" if kind == "exchange" else "utter_refund_why_full", provider=provider)
    return []
