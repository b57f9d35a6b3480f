"""Whether a phone takes an eSIM: by its model, the market it was sold in, and what the order knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rasa_sdk.events import FollowupAction

from actions import feedback
from actions.dialogue import knowledge
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.markets import MAINLAND, MAINLAND_IPHONE, Verdict, market_named, verdict, without_market
from aftercare.catalogue.models import Device, Market
from aftercare.troubleshooting.conditions import ON_PHONE
from aftercare.understanding.eid import asks_of_phone
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.phone_words import asks_which_to_get, rest_of_name, words_of_name

# Of these there are models with a modem and models without one.
_TABLETS = ("apple-ipad", "android-tablet")
_ASKS, _INSTALLS = "ask_device_compatibility", "ask_how_to_install"
_ANY_ANDROID = "Android"
_OF_ANY_PHONE = "phone-compatibility.how-to-check-eid-dial"
# In the slot `focus`: the phone that shows an EID; empty when none was named.
EID = "eid"
# A message that is no longer than this may name a phone by a part of its name ("and the XR?").
_SHORT = 40
# How sure it must be that this is asked.
_SURE = 0.45


class Phone(NamedTuple):
    """A phone that is talked about, where it was sold when that was said, and whether it takes an eSIM."""

    device: Device
    market: Market | None
    esim: Verdict
    called: str | None = None
    """How it was written, when it is a model of this make that the catalogue does not have."""


@lru_cache(maxsize=1)
def finder() -> EntityFinder:
    return EntityFinder(load_catalogue())


def named_phone(turn: Turn) -> Phone | None:
    """The phone that this message names last; see `named_phones`."""
    phones = named_phones(turn)
    return phones[-1] if phones else None


def named_phones(turn: Turn) -> list[Phone]:
    """The phones that this message names by model, market or a part of a name that was told before.

    A market alone is said of the phone named before, and a make alone ("the Huawei") of its model that was named; a
    phone keeps the market it was said to be sold in.
    """
    if turn.pressed:
        return []
    markets, latest = _phones_before(turn)
    entities = turn.tracker.latest_message.get("entities") or []
    dropped = {each.get("value") for each in entities if each.get("entity") == "device"} - set(turn.entities("device"))
    named = _phones_in(turn.text, [each for each in entities if each.get("value") not in dropped])
    if not named and len(turn.text) <= _SHORT and (part := _by_part_of_name(turn.text, markets)):
        named = [(part, None)]
    phones = []
    for device, market in named:
        found = _device(device) or _device(latest) or turn.phone
        if found is None:
            continue
        found = _model_of_make(found, markets)
        sold = market or markets.get(found.id)
        if sold is None and found.id == MAINLAND_IPHONE:
            sold = next((each for each in load_catalogue().markets if each.id == MAINLAND), None)
        phones.append(Phone(found, sold, verdict(found, sold), _called(turn.text, found, entities)))
    return phones


def _called(text: str, make: Device, entities: Sequence[Mapping[str, Any]]) -> str | None:
    """The name as written of a model whose make alone the catalogue knows: "OPPO reno6 5g"."""
    if not _is_make(make) or text.isupper():
        return None
    ends = [int(each.get("end") or 0) for each in entities if each.get("value") == make.id]
    rest = next((rest for end in ends if (rest := rest_of_name(text, end))), "")
    return f"{make.brand} {rest}" if rest else None


def _device(device_id: str | None) -> Device | None:
    return next((device for device in load_catalogue().devices if device.id == device_id), None)


def _phones_in(text: str, entities: Sequence[Mapping[str, Any]]) -> list[tuple[str | None, Market | None]]:
    """Each phone of a message and the market said of it, in order; None for a phone of which the market alone is said.

    The words up to the next phone are of this one. "国行" hides the model: "国行 iPhone 14".
    """
    named = sorted(
        (each for each in entities if each.get("entity") == "device"), key=lambda e: int(e.get("start") or 0)
    )
    if len({each.get("value") for each in named}) < 2:
        market = market_named(text)
        device = str(named[-1]["value"]) if named else None
        if market is not None:
            models = [each.value for each in finder().find(without_market(text)) if each.entity == "device"]
            device = str(models[-1]) if models else device
        return [(device, market)] if device or market else []
    ends = [int(each.get("start") or 0) for each in named[1:]] + [len(text)]
    starts = [0, *ends[:-1]]
    found = {
        str(each["value"]): market_named(text[start:end]) for each, start, end in zip(named, starts, ends, strict=True)
    }
    phones = [phone for phone in map(_device, found) if phone is not None]
    brands = {phone.brand for phone in phones if not _is_make(phone)}
    for make in filter(_is_make, phones):  # "my iPhone is from Hong Kong, a 15 Pro"
        model = next((phone.id for phone in phones if phone.brand == make.brand and not _is_make(phone)), None)
        if model is not None:
            found[model] = found[model] or found[make.id]
    if brands - {"Apple"}:
        brands |= {_ANY_ANDROID}  # "her Android, an S23"
    left = [phone.id for phone in phones if not (_is_make(phone) and phone.brand in brands)]  # "the Samsung, an S24"
    return [(each, found[each]) for each in left]


def _phones_before(turn: Turn) -> tuple[dict[str, Market | None], str | None]:
    """The phones of the messages before this one, each with the market said of it, and the one named last."""
    markets: dict[str, Market | None] = {}
    latest: str | None = None
    messages = [event for event in turn.tracker.events if event.get("event") == "user"][:-1]
    for event in messages:
        text = str(event.get("text") or "")
        if text.startswith("/"):
            continue
        for device, market in _phones_in(text, (event.get("parse_data") or {}).get("entities") or ()):
            named = _device(device or latest)
            if named is None:
                continue
            latest = _model_of_make(named, markets).id
            markets[latest] = market or markets.get(latest)
    return markets, latest


def _is_make(device: Device) -> bool:
    """Whether it stands for every phone of a make: "Samsung", "iPhone"."""
    return device.generic and not any(map(str.isdigit, device.model))


def _model_of_make(device: Device, named_before: dict[str, Market | None]) -> Device:
    """The model of this make that was told before; the device itself when it is one or none was told."""
    if not _is_make(device):
        return device
    models = (_device(each) for each in reversed(named_before))
    return next((each for each in models if each and each.brand == device.brand and not _is_make(each)), device)


def _by_part_of_name(text: str, named_before: dict[str, Market | None]) -> str | None:
    """The phone told before whose own part of a name stands in a text: "and the XR?"."""
    words = words_of_name(text)
    for device_id in reversed(named_before):
        device = _device(device_id)
        own = words_of_name(device.model) if device else set()
        if own & words:
            return device_id
    return None


def phone_meant(turn: Turn) -> Phone | None:
    """The phone that a message without any other is about: named here or before, rather one that may take an eSIM."""
    named = named_phones(turn)
    if not named:
        markets, latest = _phones_before(turn)
        device = _device(latest) or turn.phone
        market = markets.get(device.id) if device else None
        named = [Phone(device, market, verdict(device, market))] if device else []
    return next((phone for phone in reversed(named) if phone.esim != "no"), named[-1] if named else None)


def cannot(turn: Turn) -> Phone | None:
    """The phone at hand when it certainly takes no eSIM; never one that shows an EID."""
    phone = named_phone(turn)
    if phone is None and turn.phone is not None:
        phone = Phone(turn.phone, None, verdict(turn.phone, None))
    return phone if phone is not None and phone.esim == "no" and not shows_eid(turn, phone) else None


def shows_eid(turn: Turn, phone: Phone) -> bool:
    """Whether the traveller said that this phone shows an EID."""
    return (turn.slot("focus") or {}).get(EID) == phone.device.id


def tell(turn: Turn, phone: Phone) -> None:
    """The verdict first, then how to make sure; what shows an EID needs no more of that."""
    device, market, esim, called = phone
    name = called or device.name(turn.language)
    if shows_eid(turn, phone) and not needs_more(phone):
        turn.say("utter_device_eid", [turn.choice_of_intent(_INSTALLS)], device=name)
        return
    check = turn.words.phrase("device_check")
    note = turn.words.pick(device.note_en or check, device.note_zh or check)
    if market is not None and device.id != MAINLAND_IPHONE and (esim != device.esim or esim in ("yes", "depends")):
        sold = turn.words.pick(market.name_en, market.name_zh)
        kind = "open" if esim == "depends" and market.id != MAINLAND else esim
        if called is None or kind != "open":
            feedback.answer(turn, f"utter_device_market_{kind}", device=name, market=sold, note=note)
            return
    if called is not None:
        feedback.answer(turn, "utter_device_unlisted", device=called)
        return
    if _is_make(device) and turn.was_sent("utter_device_depends"):
        note = check  # the model was asked for once
    feedback.answer(turn, f"utter_device_{device.esim}", device=name, note=note)


def needs_more(phone: Phone) -> bool:
    """Whether an EID is not all that this phone needs: of mainland phones that show one, sources disagree."""
    return phone.market is not None and phone.market.id == MAINLAND and phone.esim == "depends"


def tell_if_useless(turn: Turn) -> None:
    """Before an order is asked for: that the phone just named takes no eSIM, or most likely none."""
    phone = named_phone(turn)
    if phone is None or (phone.esim != "no" and not (phone.market and phone.esim == "mostly_no")):
        return
    tell(turn, phone)


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for questions about a phone: what the catalogue is sure of goes before what articles say."""
    phone = named_phone(turn)
    if turn.called_by_action:
        return None
    if asks_which_to_get(turn.text) and turn.form != "order_form":
        turn.say("utter_device_wanted")
        return []
    if phone is None:
        return _of_known(turn)
    intent, confidence = turn.likeliest
    by_part = not turn.entity("device") and market_named(turn.text) is None and turn.reading.has("ask")  # "and the XR?"
    if by_part and not turn.form:
        return [FollowupAction("action_device_compatibility")]
    asks = intent == _ASKS and confidence >= _SURE
    if asks and (phone.market is not None or phone.called or phone.esim == "no" or installed_on(turn, phone)):
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
    if shows_eid(turn, phone):
        return None
    if phone.esim in ("no", "mostly_no"):
        tell(turn, phone)
        return []
    if phone.esim == "depends" and not phone.device.generic and not turn.slot("order_verified"):
        tell(turn, phone)  # the steps come after the test
    return None


def _of_known(turn: Turn) -> list[Event] | None:
    """ "Does my phone support it?": the phone that was told before, rather than how any phone is tested."""
    intent, confidence = turn.likeliest
    best = turn.reading.units[0][0] if turn.reading.units else ""
    asks = intent == _ASKS and confidence >= _SURE and best == _OF_ANY_PHONE and not turn.form
    known = phone_meant(turn) if asks else None
    if known is None or not asks_of_phone(turn.text):
        return None
    return [FollowupAction("action_device_compatibility")]


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
