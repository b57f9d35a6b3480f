"""How-to questions whose answer depends on the order or the phone."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from rasa_sdk.events import FollowupAction, SlotSet

from actions import feedback
from actions.base import AftercareAction, Event, Turn
from actions.diagnosis import is_open, situation_of
from actions.orders import plan_name
from aftercare.orders import support_hours
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import answer
from aftercare.troubleshooting.wording import country_name, plan_apn


def verified_facts(turn: Turn) -> OrderFacts | None:
    """Facts of the verified order, if there is one."""
    with turn.orders() as session:
        return turn.verified_facts(session)


def menu(turn: Turn, name: str, facts: OrderFacts | None) -> str:
    """A menu path for the phone in hand; for an unknown phone iPhone's and the general one."""
    family = turn.phone.menu_family if turn.phone else (facts.device_family if facts else None)
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
            if checked := turn.brings_order_for(self.action_name):
                return checked
            turn.say("utter_apn_general")
            return turn.asks_order_for(self.action_name)
        here = "NZ" if turn.slot("location") else facts.last_country
        country = here if here in facts.countries else "NZ"
        apn = plan_apn(facts, country)
        if apn is None:
            turn.say("utter_apn_general")
            return []
        name = turn.in_script(country_name(country, turn.language) or country)
        feedback.answer(turn, "utter_apn_order", country=name, apn=apn, menu=menu(turn, "apn", facts))
        return []


class ActionRoamingSetting(AftercareAction):
    """Whether and where to switch roaming on."""

    action_name = "action_roaming_setting"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone."""
        feedback.answer(turn, "utter_roaming", menu=menu(turn, "roaming", verified_facts(turn)))
        return []


_NO_INTERNET = re.compile(
    r"no (?:internet|data|connection)|(?:没|沒)[有]?[网網]|上不了[网網]|[连連]不上[网網]", re.IGNORECASE
)


class ActionHowToInstall(AftercareAction):
    """Installing, on the phone in hand."""

    action_name = "action_how_to_install"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone. "First time with an eSIM, just landed, no internet" is a fault to repair."""
        if _NO_INTERNET.search(turn.text):
            return begin_diagnosis(turn, "no_data")
        feedback.answer(turn, "utter_install", menu=menu(turn, "add_esim", verified_facts(turn)))
        return []


def begin_diagnosis(turn: Turn, symptom: str) -> list[Event]:
    """Go on with the repair of a fault that a question turned out to be."""
    begun = [SlotSet("goal", "diagnose"), SlotSet("symptom", symptom), SlotSet("diagnosis", None)]
    if turn.form in ("order_form", "diagnosis_form"):
        return begun
    with turn.orders() as session:
        known = turn.verified_order(session) is not None
    return [*begun, FollowupAction("diagnosis_form" if known else "order_form")]


_FAILS = re.compile(
    r"n'?t\b|\bnot\b|cannot|\bfail|no (?:internet|signal|sound)|unable|problem|broken|nothing"
    r"|不了|不上|不到|不通|不出|不能用|没网|沒網|没反应|沒反應|没声音|失败|失敗|不行|无法|無法",
    re.IGNORECASE,
)
_ASKS_WHETHER = re.compile(r"^\W*(?:can|could|does|do|is|are|may|will|would)\b|(?:吗|嗎|么|麼|吧)\W*$", re.IGNORECASE)


def is_fault(text: str) -> bool:
    """Whether a question of hotspot or calls tells of a fault: "my laptop can't connect to the hotspot"."""
    plain = text.replace("’", "'")
    return bool(_FAILS.search(plain)) and not _ASKS_WHETHER.search(plain)


class PlanFeatureAction(AftercareAction, ABC):
    """Whether a feature is part of the plan: by the verified order, in general without one."""

    in_general = with_it = without_it = ""  # responses
    symptom = ""

    @abstractmethod
    def included(self, facts: OrderFacts) -> bool:
        """Whether the order's plan has it."""

    def handle(self, turn: Turn) -> list[Event]:
        """By the plan of the verified order; "my hotspot does not work" is a fault to repair instead."""
        if is_fault(turn.text):
            return self._repair(turn)
        facts = verified_facts(turn)
        if facts is None:
            if checked := turn.brings_order_for(self.action_name):
                return checked
            feedback.answer(turn, self.in_general)
            return turn.asks_order_for(self.action_name)
        response = self.with_it if self.included(facts) else self.without_it
        feedback.answer(turn, response, plan=plan_name(turn, facts))
        return []

    def _repair(self, turn: Turn) -> list[Event]:
        state = turn.slot("diagnosis")
        if turn.form == "diagnosis_form" and is_open(state) and turn.slot("symptom") == self.symptom:
            return [SlotSet("diagnosis", answer(state, situation_of(turn), "failed")[1])]
        return begin_diagnosis(turn, self.symptom)


class ActionHotspot(PlanFeatureAction):
    """Whether hotspot is allowed."""

    action_name = "action_hotspot"
    symptom = "hotspot"
    in_general, with_it, without_it = "utter_hotspot", "utter_hotspot_yes", "utter_hotspot_no"

    def included(self, facts: OrderFacts) -> bool:
        """As the plan says."""
        return facts.hotspot


class ActionCallsSms(PlanFeatureAction):
    """Whether calls and texts are included."""

    action_name = "action_calls_sms"
    symptom = "calls_sms"
    in_general, with_it, without_it = "utter_calls_sms", "utter_calls_sms_yes", "utter_calls_sms_no"

    def included(self, facts: OrderFacts) -> bool:
        """As the plan says."""
        return facts.calls_sms


class ActionDeviceCompatibility(AftercareAction):
    """Whether a phone takes an eSIM."""

    action_name = "action_device_compatibility"

    def handle(self, turn: Turn) -> list[Event]:
        """By the catalogue; what is not certain says so and asks for the EID test."""
        device = turn.phone
        if device is None:
            turn.say("utter_device_general")
            return [SlotSet("offer", "ask_device_compatibility")]
        note = turn.words.pick(device.note_en or "", device.note_zh or "")
        feedback.answer(turn, f"utter_device_{device.esim}", device=device.model, note=turn.in_script(note))
        return [SlotSet("offer", "ask_device_compatibility")]


class ActionWhatIsEsim(AftercareAction):
    """What an eSIM is."""

    action_name = "action_what_is_esim"

    def handle(self, turn: Turn) -> list[Event]:
        """The same for everybody."""
        feedback.answer(turn, "utter_what_is_esim")
        return []


class ActionDualSim(AftercareAction):
    """Using the travel eSIM beside the own SIM."""

    action_name = "action_dual_sim"

    def handle(self, turn: Turn) -> list[Event]:
        """The same for everybody."""
        feedback.answer(turn, "utter_dual_sim")
        return []


_DELETED = re.compile(
    r"\b(?:deleted|removed|erased)\b|(?:删|刪)(?:掉|除)?了|误删|誤刪|(?:删|刪)(?:掉|除)?(?:之后|以后)", re.IGNORECASE
)


class ActionDeleteReinstall(AftercareAction):
    """Whether to delete the eSIM and install it again."""

    action_name = "action_delete_reinstall"

    def handle(self, turn: Turn) -> list[Event]:
        """Better not; and when it is done already, see what the order says of it."""
        if _DELETED.search(turn.text) and not _ASKS_WHETHER.search(turn.text):
            return begin_diagnosis(turn, "activation")
        turn.say("utter_delete_reinstall")
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
