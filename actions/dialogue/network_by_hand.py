"""How the network is chosen by hand: the menu of the phone asked about, and the networks of the plan."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.dialogue import knowledge
from actions.menus import menu
from actions.plans.incidents import networks_to_choose
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.understanding.network_choice import asks_back_to_automatic, asks_by_hand, misses_list
from aftercare.understanding.which_phone import phones_of_line

_MENU = "manual_network"
_CHOSEN, _BACK = ("step.manual_network", "explain.step.manual_network"), "coverage.back-to-automatic"
_SAY_MENU, _AGAIN = "utter_network_by_hand", "utter_network_by_hand_search"
# Tells the menu as well.
_SHOWN_BEFORE = (_SAY_MENU, "utter_incident_switch", "finding.incident")


def answer(turn: Turn) -> list[Event] | None:
    """The menu of each phone named, else of the one at hand; once told, how to find it. None for other questions."""
    if turn.called_by_action:
        return None
    chosen = any(map(turn.was_sent, _CHOSEN)) or any(map(turn.was_sent, _SHOWN_BEFORE))
    if chosen and asks_back_to_automatic(turn.text) and knowledge.tell(turn, _BACK):
        return []
    asks = asks_by_hand(turn.text, names_operator=bool(turn.entity("operator")))
    if not asks and not (misses_list(turn.text) and any(map(turn.was_sent, _SHOWN_BEFORE))):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    paths = _paths_named(turn) or menu(turn, _MENU, facts)
    operators = turn.words.listing(networks_to_choose(turn, facts)) if facts else turn.words.phrase("network_of_plan")
    written = turn.voice.write(paths)
    if any(written in str(event.get("text") or "") for event in turn.answers_backwards()):
        search = load_playbooks().menus[_MENU].search
        turn.say(_AGAIN, [turn.choice_of_offer("person")], menu=paths, search=turn.words.pick(search.en, search.zh))
        return [SlotSet("offer", "human_handoff")]
    turn.say(_SAY_MENU, menu=paths, operators=operators)
    return []


def _paths_named(turn: Turn) -> str:
    """The menu paths of the phones that the message names, a line each; "" when it names none."""
    named = phones_of_line(turn.text, turn.tracker.latest_message.get("entities") or []).named
    devices = {device.id: device for device in load_catalogue().devices}
    path = load_playbooks().menus[_MENU].path
    found = [(devices[name], path(devices[name].menu_family)) for name in named if name in devices]
    paths = [(device.name(turn.language), turn.words.pick(each.en, each.zh)) for device, each in found]
    if len(paths) == 1:
        return paths[0][1]
    return "".join(f"\n- {name}: {words}" for name, words in paths)
