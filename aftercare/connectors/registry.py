"""Finds connectors that other packages bring, by their entry points, and checks them before they are used."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from aftercare.base.logs import error_location
from aftercare.base.settings import Settings
from aftercare.connectors import ports
from aftercare.connectors.ports import ConnectorError

LONGEST_NAME = 40


class Port(NamedTuple):
    """What a setting names: the group of its entry points, what they have to do, and what they may do besides."""

    group: str
    must: type
    may: tuple[type, ...] = ()


PORTS = {
    "ORDERS_SQL": Port("aftercare.order_sources", ports.OrderSource),
    "PAYMENT_PROVIDER": Port("aftercare.payment_providers", ports.PaymentProvider, (ports.PaymentCheckout,)),
    "MAILER": Port("aftercare.mailers", ports.Mailer),
    "ESIM_PROVIDER": Port(
        "aftercare.esim_providers",
        ports.EsimProvider,
        (ports.EsimReissuer, ports.EsimTopUps, ports.EsimExchanges, ports.EsimPlanList),
    ),
}


def plugin(variable: str, name: str, settings: Settings) -> Any | None:
    """What the entry point that a setting names makes of the settings; None when no package has one of this name.

    Raises:
        ConnectorError: several packages have one, or it cannot be loaded, refuses the settings or lacks something.
    """
    port = PORTS[variable]
    found = tuple(entry_points(group=port.group, name=name))
    if not found:
        return None
    if len(found) > 1:
        packages = ", ".join(sorted(_package(each) for each in found))
        raise ConnectorError(f"{variable}: several packages have a connector {name}: {packages}; keep one of them")
    which = f"{variable}: {name} ({found[0].value} of {_package(found[0])})"
    made = _made(found[0], which, settings)
    faults = list(_faults(made, port.must))
    for optional in port.may:
        if getattr(made, _members(optional)[0], None):  # it says that it can
            faults += _faults(made, optional)
    if faults:
        listed = "; ".join(faults)
        raise ConnectorError(f"{which} is no {port.must.__name__}: {listed}. See aftercare/connectors/ports.py")
    return made


def named_or_fail(variable: str, name: str, settings: Settings, own: tuple[str, ...] = ()) -> Any:
    """The plug-in that a setting names.

    Raises:
        ConnectorError: there is none; the message lists what there is. Or as `plugin`.
    """
    made = plugin(variable, name, settings)
    if made is None:
        known = ", ".join(sorted({*own, *names(variable)})) or "none"
        raise ConnectorError(f"{variable}: there is no {name}; there are: {known}")
    return made


def refuse_twin(variable: str, name: str) -> None:
    """A package must not have a connector by the name of one that is built in: which is meant cannot be told.

    Raises:
        ConnectorError: one has.
    """
    if found := tuple(entry_points(group=PORTS[variable].group, name=name)):
        raise ConnectorError(
            f"{variable}: {name} is built in, and {_package(found[0])} has one of this name; rename that"
        )


def names(variable: str) -> set[str]:
    """The plug-ins that are installed for a setting."""
    return {found.name for found in entry_points(group=PORTS[variable].group)}


def _package(found: EntryPoint) -> str:
    return f"{found.dist.name} {found.dist.version}" if found.dist else "an unknown package"


def _made(found: EntryPoint, which: str, settings: Settings) -> Any:
    try:
        factory = found.load()
    except (ImportError, AttributeError) as error:  # they name modules and attributes
        raise ConnectorError(f"{which} cannot be loaded: {type(error).__name__}: {error}") from error
    except Exception as error:
        raise ConnectorError(f"{which} cannot be loaded: {type(error).__name__} at {error_location(error)}") from error
    if not callable(factory):
        raise ConnectorError(f"{which} cannot be called: name a class, or a function that makes a connector")
    try:
        return factory(settings)
    except ConnectorError as error:
        raise ConnectorError(f"{which}: {error}") from error
    except Exception as error:  # its message may quote a secret
        raise ConnectorError(f"{which} cannot be made: {type(error).__name__} at {error_location(error)}") from error


def _members(port: type) -> list[str]:
    methods = [name for name, value in vars(port).items() if inspect.isfunction(value) and not name.startswith("_")]
    return [*inspect.get_annotations(port), *methods]


def _faults(made: Any, port: type) -> Iterator[str]:
    for name in _members(port):
        theirs, ours = getattr(made, name, None), vars(port).get(name)
        if ours is None:
            if name == "name" and not (isinstance(theirs, str) and 0 < len(theirs) <= LONGEST_NAME):
                yield f"`name` must be a text of at most {LONGEST_NAME} characters"
            elif theirs is None:
                yield f"`{name}` is missing"
            continue
        given = list(inspect.signature(ours).parameters)[1:]
        call = f"{name}({', '.join(given)})"
        if not callable(theirs):
            yield f"{call} is missing"
        elif inspect.iscoroutinefunction(theirs) != inspect.iscoroutinefunction(ours):
            yield f"{call} must {'' if inspect.iscoroutinefunction(ours) else 'not '}be async"
        elif not _takes(theirs, given):
            yield f"{call} takes other arguments: {name}{inspect.signature(theirs)}"


def _takes(method: Any, given: list[str]) -> bool:
    try:
        inspect.signature(method).bind(*given)
    except TypeError:
        return False
    except ValueError:  # written in C: its parameters are not known
        return True
    return True
