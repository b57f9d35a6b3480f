"""Whether a phone takes an eSIM: by its model, the market it was sold in, and what the order knows of it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rasa_sdk.events import FollowupAction

from actions import feedback
from actions.dialogue import knowledge
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.markets import MAINLAND, MAINLAND_IPHONE, Verdict, market_named, verdict, without_market
from aftercare.catalogue.models import Device, Market
from aftercare.troubleshooting.conditions import ON_PHONE
from aftercare.understanding.entities import EntityFinder

# Of these there are models with a modem and models without one.
_TABLETS = ("apple-ipad", "android-tablet")
_ASKS, _INSTALLS = "ask_device_compatibility", "ask_how_to_install"
# How sure it must be that this is asked.
_SURE = 0.45


class Phone(NamedTuple):
    """A phone that is talked about, where it was sold when that was said, and whether it takes an eSIM."""

    device: Device
    market: Market | None
    esim: Verdict


@lru_cache(maxsize=1)
def finder() -> EntityFinder:
    return EntityFinder(load_catalogue())


def named_phone(turn: Turn) -> Phone | None:
    """The phone that this message names by model or market; a market alone is said of the phone named before."""
    if turn.pressed:
        return None
    market = market_named(turn.text)
    named = turn.entity("device")
    if market is None and named is None:
        return None
    devices = {device.id: device for device in load_catalogue().devices}
    device = devices.get(str(named)) if named else turn.phone
    if market is not None:  # "国行" hides the model: "国行 iPhone 14"
        models = [each.value for each in finder().find(without_market(turn.text)) if each.entity == "device"]
        device = devices.get(str(models[-1])) if models else device
    if device is None:
        return None
    if market is None and device.id == MAINLAND_IPHONE:
        market = next((each for each in load_catalogue().markets if each.id == MAINLAND), None)
    return Phone(device, market, verdict(device, market))


def cannot(turn: Turn) -> Phone | None:
    """The phone at hand when it certainly takes no eSIM."""
    phone = named_phone(turn)
    if phone is None and turn.phone is not None:
        phone = Phone(turn.phone, None, verdict(turn.phone, None))
    return phone if phone is not None and phone.esim == "no" else None


def tell(turn: Turn, phone: Phone) -> None:
    """The verdict first, then how to make sure."""
    device, market, esim = phone
    name = device.name(turn.language)
    if market is not None and esim != device.esim and device.id != MAINLAND_IPHONE:
        sold = turn.words.pick(market.name_en, market.name_zh)
        feedback.answer(turn, f"utter_device_market_{esim}", device=name, market=sold)
        return
    check = turn.words.phrase("device_check")
    note = turn.words.pick(device.note_en or check, device.note_zh or check)
    feedback.answer(turn, f"utter_device_{device.esim}", device=name, note=note)


def tell_if_useless(turn: Turn) -> None:
    """Before an order is asked for: that the phone just named takes no eSIM, or most likely none."""
    phone = named_phone(turn)
    if phone is None or (phone.esim != "no" and not (phone.market and phone.esim == "mostly_no")):
        return
    tell(turn, phone)


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for questions about a phone: what the catalogue is sure of goes before what articles say."""
    phone = named_phone(turn)
    if phone is None or turn.called_by_action:
        return None
    intent, confidence = turn.likeliest
    asks = intent == _ASKS and confidence >= _SURE
    if asks and (phone.market is not None or phone.esim == "no" or installed_on(turn, phone)):
        return [FollowupAction("action_device_compatibility")]
    found = knowledge.best(turn)
    surely = asks and confidence >= knowledge.SUREST and not phone.device.generic
    if surely and found is not None and _ASKS not in found.intents:
        return [FollowupAction("action_device_compatibility")]  # "does the Pixel 8 take it?", not where its menu is
    if asks and phone.device.id in _TABLETS and (found is None or not _names_kind(turn)):
        return [FollowupAction("action_device_compatibility")]
    installs = (intent == _INSTALLS and confidence >= _SURE) or (found is not None and found.steps is not None)
    if not installs or asks:
        return None
    if phone.esim in ("no", "mostly_no"):
        tell(turn, phone)
        return []
    if phone.esim == "depends" and not phone.device.generic and not turn.slot("order_verified"):
        tell(turn, phone)  # the steps come after the test
    return None


def _names_kind(turn: Turn) -> bool:
    plain = turn.text.casefold()
    return any(
        word in plain for word in ("wifi", "wi-fi", "cellular", "lte", "5g", "4g", "sim", "蜂窝", "蜂窩", "插卡")
    )


def installed_on(turn: Turn, phone: Phone) -> bool:
    """Whether the proven order's eSIM is on a phone of this model already."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    return facts is not None and facts.profile_state in ON_PHONE and facts.device_id == phone.device.id
