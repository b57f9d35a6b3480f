"""Questions answered from catalogue and clock: plans, prices, phones, opening hours."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.dialogue import knowledge
from actions.dialogue.of_order import beside_an_offer
from actions.dialogue.subjects import CHOOSING, COMPUTED, OF_PLANS, SURE, SURER, SUREST
from actions.plans.needs import LONG_STAY_DAYS, need_of
from actions.turn import Event, Turn
from aftercare.understanding.choices import pointed_superlative
from aftercare.understanding.on_board import on_board
from aftercare.understanding.plan_requirements import plan_attribute
from aftercare.understanding.shopping import asks_which_plan

# Of what actions answer: looked up in the catalogue or computed at this moment, so no article can say it.
_CALCULATED = frozenset(
    {
        "ask_promotions",
        "ask_price_plans",
        "ask_crossborder_pack",
        "ask_local_plan",
        "ask_support_hours",
        "ask_device_compatibility",
        "ask_refund_policy",
    }
)
# In general what the plans shown for the days that were told say in particular.
_OF_LENGTH = ("choose-a-plan.days-needed", "choose-a-plan.kind-of-plans", "choose-a-plan.how-to-order")
_HOLIDAYS = "talking-to-us.holidays"
_OF_LONG_STAYS = "long-stay."
# Refund questions in general, by the state that the eSIM is said to be in.
_REFUND_IN_STATE = {
    "installed": "refund-decision.installed-not-used",
    "in_use": "refund-decision.partial-refund",
    "ended": "refund-reasons.expired-plan",
    "deleted": "refund-decision.deleted-refund",
}
# Where the article alone is enough: the computed answer would only add length.
_BY_ARTICLES = ("ask_promotions", "ask_refund_policy")


def calculated(turn: Turn) -> list[Event] | None:
    """What is computed from catalogue and clock, when that is surely asked; what an article says goes before it."""
    intent, confidence = turn.likeliest
    if beside_an_offer(turn):
        return None
    which = asks_which_plan(turn.text) and not turn.entity("device")
    if which and plan_attribute(turn.text) in ("hotspot", "calls"):
        return [FollowupAction("action_price_plans")]  # "which plans have hotspot?"
    need = need_of(turn)
    sure = knowledge.best(turn, knowledge.SURE)
    short = need.total > 0 and (need.days or 0) < LONG_STAY_DAYS
    if which and short and (sure is None or sure.id.startswith(_OF_LONG_STAYS)):
        return [FollowupAction("action_price_plans")]  # "which plan for 14 of us, 3 to 12 February?"
    if (
        intent == "ask_coverage"
        and confidence >= SURE
        and turn.entity("destination")
        and not turn.entity("location")
        and not (turn.entity("destination") == "NZ" and _of_another(turn))
        and not (on_board(turn.text) and _of_another(turn))
    ):
        return [FollowupAction("action_coverage")]  # of a country as such; articles know places
    if intent in OF_PLANS:  # both list plans: between them nothing is unsure
        confidence = turn.confidence_in(*OF_PLANS)
    action = COMPUTED.get(intent) if intent in _CALCULATED else None
    needed = (
        SURE if turn.entity("device") or pointed_superlative(turn.text) else SURER
    )  # whether the phone named can use a plan comes first
    if action is None or confidence < needed:
        return None
    if intent == "ask_device_compatibility":
        named = turn.entity("device")
        return [FollowupAction(action)] if named and not _article_is_better(turn) else None
    if intent == "ask_price_plans" and turn.entity("device"):
        return [FollowupAction(action)]  # whether the phone named can use one comes first
    if intent == "ask_refund_policy" and (of_state := _refund_in_state(turn)) is not None:
        return of_state
    found = knowledge.particular(turn)
    unlikely = confidence >= SUREST and knowledge.best(turn, knowledge.OTHER) is None
    of_calls = found is not None and plan_attribute(turn.text) == "calls" and "ask_calls_sms" in found.intents
    if found is not None and intent not in found.intents and unlikely and not of_calls:
        found = None  # "what would a new plan cost?" is no question about an exchange
    holidays = sure is not None and sure.id == _HOLIDAYS  # told by the calendar, not by the clock
    if found is None or (intent == "ask_support_hours" and confidence >= knowledge.CERTAIN and not holidays):
        return [FollowupAction(action)]  # by the clock, or the place in the line
    unanswered = sure is None  # "the longest plan" has an answer
    compares = unanswered and intent == "ask_price_plans" and pointed_superlative(turn.text)
    days_named = bool(turn.entity("amount_of_time")) and found.id in _OF_LENGTH
    reckoned = intent in OF_PLANS and (found.id.startswith(CHOOSING) or (which and unanswered))
    reckoned = reckoned and (need.total > 0 or days_named)
    answered = [] if compares or reckoned else knowledge.answer(turn, knowledge.FAINT) or []
    lists = intent in OF_PLANS and found.id.startswith(CHOOSING) and confidence >= SUREST
    of_another = intent not in found.intents and not (lists and turn.entity("destination"))
    priced = intent == "ask_price_plans" and confidence >= SUREST and plan_attribute(turn.text) == "price"
    general = not priced and (found.action or intent in _BY_ARTICLES or of_another)
    enough = answered and (general or (not unanswered and intent not in found.intents and not lists))
    return [*answered, *([] if enough else [FollowupAction(action)])]


def _refund_in_state(turn: Turn) -> list[Event] | None:
    """Whether money comes back for an eSIM in the state that is told, when the articles don't surely say otherwise.

    None when no state is told, or the order is proven and its own terms say it.
    """
    name = _REFUND_IN_STATE.get(knowledge.state_of_message(turn) or "")
    best = knowledge.best(turn, knowledge.OTHER)
    if name is None or turn.slot("order_verified") or turn.form or (best is not None and best.id != name):
        return None
    return [SlotSet("offer", "request_refund")] if knowledge.tell(turn, name) else None


def computed(turn: Turn) -> list[Event] | None:
    intent, confidence = turn.likeliest
    action = None if beside_an_offer(turn) else COMPUTED.get(intent)
    if action is None or confidence < (SURER if turn.form else SURE):
        return None
    return [FollowupAction(action)]


def _of_another(turn: Turn, least: float = knowledge.OTHER) -> bool:
    """Whether an article answers, and one of another subject than the words alone are of: "is your NZ plan 5G?"."""
    found = knowledge.best(turn, least)
    return found is not None and turn.likeliest[0] not in found.intents


def _article_is_better(turn: Turn) -> bool:
    """Whether an article answers a question about a phone that is named better than a look at the phone."""
    if turn.phone is not None and turn.phone.generic:
        return _of_another(turn, knowledge.LIKELY)
    of_another = _of_another(turn)
    surely = knowledge.best(turn, knowledge.CERTAIN) is not None
    return (surely and of_another) if turn.likeliest[1] >= SUREST else (surely or of_another)
