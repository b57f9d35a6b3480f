"""Orders bought through another shop: which number is meant, and who refunds."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from actions.dialogue import knowledge
from actions.turn import Event, Turn
from aftercare.catalogue.marketplaces import Marketplace, marketplace, marketplace_named
from aftercare.orders.tables import Purchase


def refunds_elsewhere(turn: Turn, session: Session, number: str) -> bool:
    """Say who refunds an order where that is a marketplace; whether it is one."""
    bought_at = session.execute(sa.select(Purchase.marketplace).where(Purchase.number == number)).scalar_one_or_none()
    shop = marketplace(bought_at)
    if shop is None or shop.refunds != "marketplace":
        return False
    turn.say("utter_marketplace_refunds", [turn.choice_of_offer("person")], number=number, **_words(turn, shop))
    return True


def asks_number(turn: Turn) -> bool:
    """Ask for the number of a marketplace on which the seller sells; whether the message names one."""
    shop = marketplace_named(turn.text)
    if shop is None or not shop.sold_here:
        return False
    number = turn.words.pick(shop.number_en, shop.number_zh)
    turn.say("utter_marketplace_number", shop=_words(turn, shop)["shop"], number=number)
    return True


def names_other_shop(turn: Turn) -> bool:
    """Whether a message that is no pressed button names a marketplace on which the seller does not sell."""
    shop = None if turn.pressed else marketplace_named(turn.text)
    return shop is not None and not shop.sold_here


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for a wish that only the marketplace it names can meet; not for what an article surely answers."""
    if turn.form or turn.slot("order_verified") or not names_other_shop(turn) or knowledge.best(turn, knowledge.SURE):
        return None
    tell_theirs(turn, "utter_order_theirs")
    return []


def tell_theirs(turn: Turn, otherwise: str, *, person: bool = False) -> None:
    """Say that an order is another shop's: the one that is named with where to ask, else the response `otherwise`."""
    choices = [turn.choice_of_offer("person")] if person else []
    shop = marketplace_named(turn.text)
    if shop is None:
        turn.say(otherwise, choices)
    else:
        turn.say("utter_order_of_marketplace", choices, **_words(turn, shop))


def _words(turn: Turn, shop: Marketplace) -> dict[str, Any]:
    return {
        "shop": turn.words.pick(shop.name_en, shop.name_zh),
        "where": turn.words.pick(shop.where_en, shop.where_zh),
    }
