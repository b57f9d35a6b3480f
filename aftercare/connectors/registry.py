"""Finds connectors that other packages bring, by their entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from aftercare.base.settings import Settings
from aftercare.connectors.ports import ConnectorError


def plugin(group: str, name: str, settings: Settings) -> Any | None:
    """What the entry point `name` of `group` makes of the settings; None when no package has one of this name.

    Raises:
        ConnectorError: it cannot be loaded or refuses the settings.
    """
    for found in entry_points(group=group, name=name):
        try:
            return found.load()(settings)
        except ConnectorError:
            raise
        except Exception as error:
            raise ConnectorError(f"{name} of {group} ({found.value}) failed: {type(error).__name__}") from error
    return None


def named_or_fail(group: str, name: str, settings: Settings, variable: str, own: tuple[str, ...]) -> Any:
    """The plug-in that a setting names.

    Raises:
        ConnectorError: there is none; the message lists what there is.
    """
    made = plugin(group, name, settings)
    if made is None:
        known = sorted({*own, *(found.name for found in entry_points(group=group))})
        raise ConnectorError(f"{variable}: there is no {name}; there are: {', '.join(known)}")
    return made
