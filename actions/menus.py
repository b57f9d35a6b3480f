"""Where a switch is, in the words of the phone at hand."""

from __future__ import annotations

from actions.turn import Turn
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.playbooks import load_playbooks


def menu(turn: Turn, name: str, facts: OrderFacts | None) -> str:
    """A menu path for the phone in hand; for an unknown phone iPhone's and the general one."""
    family = turn.menu_family(facts)
    path = load_playbooks().menus[name].path
    if family:
        found = path(family)
        return turn.words.pick(found.en, found.zh)
    iphone, other = path("iphone"), path("other")
    paths = {name: turn.words.pick(path.en, path.zh) for name, path in (("iphone", iphone), ("other", other))}
    return turn.words.phrase("menu_any_phone", **paths)
