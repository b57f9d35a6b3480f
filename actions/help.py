"""How-to questions whose answer depends on the order or the phone."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk.events import SlotSet

from actions.base import AftercareAction, Event, Turn
from actions.orders import plan_name
from aftercare.catalogue import Device, load_catalogue
from aftercare.orders import support_hours
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.wording import country_name, plan_apn


def verified_facts(turn: Turn) -> OrderFacts | None:
    """Facts of the verified order, if there is one."""
    with turn.orders() as session:
        return turn.verified_facts(session)


def device_in_hand(turn: Turn) -> Device | None:
    """The phone the traveller named."""
    named = turn.slot("device")
    return next((device for device in load_catalogue().devices if device.id == named), None)


def menu(turn: Turn, name: str, facts: OrderFacts | None) -> str:
    """A menu path for the phone in hand; for an unknown phone iPhone's and the general one."""
    device = device_in_hand(turn)
    family = device.menu_family if device else (facts.device_family if facts else None)
    path = load_playbooks().menus[name].path
    if family:
        found = path(family)
        return turn.in_script(turn.words.pick(found.en, found.zh))
    iphone, other = path("iphone"), path("other")
    return turn.in_script(
        turn.words.pick(f"iPhone: {iphone.en}\nAndroid: {other.en}", f"iPhone：{iphone.zh}\n安卓：{other.zh}")
    )


class ActionApn(AftercareAction):
    """The APN, read from the order and never guessed."""

    action_name = "action_apn"

    def handle(self, turn: Turn) -> list[Event]:
        """For the country the phone is in."""
        facts = verified_facts(turn)
        if facts is None:
            turn.say("utter_apn_general")
            return [SlotSet("offer", "check_order_status")]
        here = "NZ" if turn.slot("location") else facts.last_country
        country = here if here in facts.countries else "NZ"
        apn = plan_apn(facts, country)
        if apn is None:
            turn.say("utter_apn_general")
            return []
        name = turn.in_script(country_name(country, turn.language) or country)
        turn.say("utter_apn_order", country=name, apn=apn, menu=menu(turn, "apn", facts))
        return []


class ActionRoamingSetting(AftercareAction):
    """Whether and where to switch roaming on."""

    action_name = "action_roaming_setting"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone."""
        turn.say("utter_roaming", menu=menu(turn, "roaming", verified_facts(turn)))
        return []


class ActionHowToInstall(AftercareAction):
    """Installing, on the phone in hand."""

    action_name = "action_how_to_install"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone."""
        turn.say("utter_install", menu=menu(turn, "add_esim", verified_facts(turn)))
        return []


class PlanFeatureAction(AftercareAction, ABC):
    """Whether a feature is part of the plan: by the verified order, in general without one."""

    in_general = with_it = without_it = ""  # responses

    @abstractmethod
    def included(self, facts: OrderFacts) -> bool:
        """Whether the order's plan has it."""

    def handle(self, turn: Turn) -> list[Event]:
        """By the plan of the verified order."""
        facts = verified_facts(turn)
        if facts is None:
            turn.say(self.in_general)
        else:
            turn.say(self.with_it if self.included(facts) else self.without_it, plan=plan_name(turn, facts))
        return []


class ActionHotspot(PlanFeatureAction):
    """Whether hotspot is allowed."""

    action_name = "action_hotspot"
    in_general, with_it, without_it = "utter_hotspot", "utter_hotspot_yes", "utter_hotspot_no"

    def included(self, facts: OrderFacts) -> bool:
        """As the plan says."""
        return facts.hotspot


class ActionCallsSms(PlanFeatureAction):
    """Whether calls and texts are included."""

    action_name = "action_calls_sms"
    in_general, with_it, without_it = "utter_calls_sms", "utter_calls_sms_yes", "utter_calls_sms_no"

    def included(self, facts: OrderFacts) -> bool:
        """As the plan says."""
        return facts.calls_sms


class ActionDeviceCompatibility(AftercareAction):
    """Whether a phone takes an eSIM."""

    action_name = "action_device_compatibility"

    def handle(self, turn: Turn) -> list[Event]:
        """By the catalogue; what is not certain says so and asks for the EID test."""
        device = device_in_hand(turn)
        if device is None:
            turn.say("utter_device_general")
            return [SlotSet("offer", "ask_device_compatibility")]
        note = turn.words.pick(device.note_en or "", device.note_zh or "")
        turn.say(f"utter_device_{device.esim}", device=device.model, note=turn.in_script(note))
        return []


class ActionSupportHours(AftercareAction):
    """When people answer."""

    action_name = "action_support_hours"

    def handle(self, turn: Turn) -> list[Event]:
        """Computed for this moment, in New Zealand time."""
        if support_hours.is_open(turn.now):
            hours = support_hours.opening(turn.now.astimezone(support_hours.timezone()).date())
            turn.say("utter_support_hours_open", until=turn.words.clock(hours[1]) if hours else "")
        else:
            turn.say("utter_support_hours_closed", next_open=turn.words.time(support_hours.next_open(turn.now)))
        return []
