"""What an exchange costs, asked while its plans are shown or one of them waits for a yes."""

from __future__ import annotations

from actions.dialogue.narrowing import superlative
from actions.dialogue.shown import OF_EXCHANGE, plan_pointed_at
from actions.refunds.view import view_of
from actions.refunds.wording import price_difference
from actions.turn import Event, Turn
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.understanding.plan_requirements import plan_attribute
from aftercare.understanding.refund_topics import names_money


def price_of_exchange(turn: Turn) -> list[Event] | None:
    """The plan's price and what is paid or given back; None when something else is asked."""
    if turn.reading.situation not in OF_EXCHANGE or turn.form != "refund_form":
        return None
    reckons = turn.reading.has("ask_why") and names_money(turn.text)
    if plan_attribute(turn.text) != "price" and not reckons:
        return None
    if superlative(turn.text):
        return None  # "the cheapest of these": which one, rather than what the one at hand costs
    wanted = plan_pointed_at(turn) or turn.refund_draft.plan
    with turn.orders() as session:
        number = turn.verified_order(session)
        options = exchange_options(session, number, turn.now) if number else ()
        view = view_of(turn, session, number, "exchange") if number else None
        option = next((each for each in options if each.plan_id == wanted), None)
    if view is None:
        return None
    credit = view.decision.amount_minor
    if option is None and turn.reading.has("ask_why"):
        money, currency = turn.words.money, view.facts.currency
        turn.say("utter_exchange_credit", credit=money(credit, currency), paid=money(view.facts.paid_minor, currency))
        return []
    if option is None:
        return None
    turn.say(
        "utter_exchange_price",
        plan=turn.words.pick(option.name_en, option.name_zh),
        price=turn.words.money(option.price_minor, option.currency),
        credit=turn.words.money(credit, option.currency),
        difference=price_difference(turn.words, option),
    )
    return []
