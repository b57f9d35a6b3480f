"""How-to questions whose answer depends on the order or the phone."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk.events import FollowupAction, SlotSet

from actions import eid, feedback, phones
from actions.base import AftercareAction
from actions.diagnosis.situation import situation_of
from actions.menus import menu
from actions.orders.about import plan_name
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.player import answer
from aftercare.troubleshooting.wording import country_name, plan_apn
from aftercare.understanding.feature_faults import has_deleted, has_no_internet, is_fault


def verified_facts(turn: Turn) -> OrderFacts | None:
    """Facts of the verified order, if there is one."""
    with turn.orders() as session:
        return turn.verified_facts(session)


class ActionApn(AftercareAction):
    """The APN, read from the order and never guessed."""

    action_name = "action_apn"

    def handle(self, turn: Turn) -> list[Event]:
        """For the country the phone is in."""
        facts = verified_facts(turn)
        if facts is None:
            if checked := order_brought_for(turn, self.action_name):
                return checked
            turn.say("utter_apn_general")
            return order_wanted_for(self.action_name)
        here = "NZ" if turn.slot("location") else facts.last_country
        country = here if here in facts.countries else "NZ"
        apn = plan_apn(facts, country)
        if apn is None:
            turn.say("utter_apn_general")
            return []
        name = country_name(country, turn.language) or country
        feedback.answer(turn, "utter_apn_order", country=name, apn=apn, menu=menu(turn, "apn", facts))
        return []


class ActionRoamingSetting(AftercareAction):
    """Whether and where to switch roaming on."""

    action_name = "action_roaming_setting"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone."""
        feedback.answer(turn, "utter_roaming", menu=menu(turn, "roaming", verified_facts(turn)))
        return []


class ActionHowToInstall(AftercareAction):
    """Installing, on the phone in hand."""

    action_name = "action_how_to_install"

    def handle(self, turn: Turn) -> list[Event]:
        """With the menu path of the phone. "First time with an eSIM, just landed, no internet" is a fault to repair."""
        if has_no_internet(turn.text):
            return begin_diagnosis(turn, "no_data")
        facts = verified_facts(turn)
        if facts is not None and (facts.carrier_locked or facts.profile_state == "deleted"):
            return begin_diagnosis(turn, "activation")  # no steps that cannot help
        if useless := phones.cannot(turn):
            phones.tell(turn, useless)
            return []
        feedback.answer(turn, "utter_install", menu=menu(turn, "add_esim", facts))
        return []


def begin_diagnosis(turn: Turn, symptom: str) -> list[Event]:
    """Go on with the repair of a fault that a question turned out to be."""
    begun = [SlotSet("goal", "diagnose"), SlotSet("symptom", symptom), SlotSet("diagnosis", None)]
    if turn.form in ("order_form", "diagnosis_form"):
        return begun
    with turn.orders() as session:
        known = turn.verified_order(session) is not None
    return [*begun, FollowupAction("diagnosis_form" if known else "order_form")]


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
            if checked := order_brought_for(turn, self.action_name):
                return checked
            feedback.answer(turn, self.in_general)
            return order_wanted_for(self.action_name)
        response = self.with_it if self.included(facts) else self.without_it
        feedback.answer(turn, response, plan=plan_name(turn, facts))
        return []

    def _repair(self, turn: Turn) -> list[Event]:
        state = turn.diagnosis
        if turn.form == "diagnosis_form" and state and state.is_open and turn.slot("symptom") == self.symptom:
            return [SlotSet("diagnosis", answer(state.as_slot(), situation_of(turn), "failed")[1])]
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
        """By the order's record, then the market and model of the catalogue; then the EID test."""
        if answered := eid.answer(turn):
            return answered
        named = phones.named_phones(turn)
        if not named and (meant := phones.phone_meant(turn)):
            named = [meant]
        if not named:
            turn.say("utter_device_general")
        for phone in named:
            if phone.market is None and phones.installed_on(turn, phone):
                turn.say("utter_device_installed", device=phone.device.name(turn.language))
                return []
            phones.tell(turn, phone)
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


class ActionDeleteReinstall(AftercareAction):
    """Whether to delete the eSIM and install it again."""

    action_name = "action_delete_reinstall"

    def handle(self, turn: Turn) -> list[Event]:
        """Better not; and when it is done already, see what the order says of it."""
        if has_deleted(turn.text):
            return begin_diagnosis(turn, "activation")
        turn.say("utter_delete_reinstall")
        return []
