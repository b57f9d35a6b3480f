"""What goes wrong with phones abroad, alone and together, and what ends it: a switch, or the right conclusion."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from tests.support.phone.device import Phone, Surroundings

FOREIGN = {"NZ": "Spark", "FJ": "Digicel"}
"""An operator of each country that the plan of these runs does not use."""
MOST = 4
"""At most so many faults at once."""


@dataclass(frozen=True)
class Fault:
    """One fault. `ends_in` are findings that end it rightly when no setting can; `only` limits it to families."""

    name: str
    breaks: Callable[[Phone], None]
    ends_in: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    not_on: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    needs_order: bool = False
    """Only the order's record can tell it."""


def _set(**values: object) -> Callable[[Phone], None]:
    def breaks(phone: Phone) -> None:
        for name, value in values.items():
            setattr(phone, name, value)

    return breaks


def _around(**values: object) -> Callable[[Phone], None]:
    def breaks(phone: Phone) -> None:
        phone.around = replace(phone.around, **values)  # type: ignore[arg-type]

    return breaks


def _other_network(phone: Phone) -> None:
    phone.chosen_network = FOREIGN[phone.around.country]


def _first_network_down(phone: Phone) -> None:
    phone.around = replace(phone.around, down=frozenset({phone.around.networks[0]}))


_NO_NETWORK = ("dead_zone", "indoors", "carrier_lock", "other_phone")
FAULTS: tuple[Fault, ...] = (
    Fault("airplane_mode", _set(airplane=True)),
    Fault("line_off", _set(line_on=False)),
    Fault("data_off", _set(mobile_data=False)),
    Fault("wrong_data_line", _set(data_line="home")),
    Fault("roaming_off", _set(roaming=False)),
    Fault("data_saver", _set(data_saver=True)),
    Fault("vpn_blocking", _set(vpn="blocking"), excludes=("vpn_slow",)),
    Fault("vpn_slow", _set(vpn="slow"), excludes=("vpn_blocking",)),
    Fault("old_mode_3g", _set(mode="3g"), excludes=("old_mode_2g", "weak_5g")),
    Fault("old_mode_2g", _set(mode="2g"), excludes=("old_mode_3g", "weak_5g")),
    Fault("apn_wrong", _set(apn_right=False)),
    Fault("other_network_chosen", _other_network, excludes=("incident",)),
    Fault("private_dns", _set(private_dns_bad=True)),
    Fault("date_wrong", _set(clock_right=False)),
    Fault("wifi_login_page", _set(wifi="login_page")),
    Fault("login_stuck", _set(login="stuck"), excludes=("login_stuck_hard",)),
    Fault("login_stuck_hard", _set(login="stuck_hard"), excludes=("login_stuck",)),
    Fault("line_switches", _set(switches_line=True)),
    Fault("crowd", _around(crowded=True)),
    Fault("indoors", _around(coverage="indoors"), excludes=_NO_NETWORK),
    Fault("weak_5g", _around(weak_5g=True), excludes=("old_mode_3g", "old_mode_2g")),
    Fault("second_card", _set(second_card=True), only=("xiaomi", "huawei")),
    Fault("incident", _first_network_down, excludes=("other_network_chosen",), needs_order=True),
    # no setting helps
    Fault("carrier_lock", _set(locked=True), ("finding.carrier_locked", "finding.locked"), excludes=_NO_NETWORK),
    Fault("used_up", _around(plan="used_up"), ("finding.used_up",), excludes=("throttled",), needs_order=True),
    Fault(
        "throttled", _around(plan="throttled"), ("finding.throttled", "finding.throttled_no_data"),
        excludes=("used_up",), needs_order=True,
    ),
    Fault("dead_zone", _around(coverage="none"), ("exhausted", "finding.no_coverage"), excludes=_NO_NETWORK),
    Fault(
        "other_phone", _set(installed=False),
        ("finding.other_phone", "finding.changed_phone", "finding.vanished"), excludes=_NO_NETWORK, needs_order=True,
    ),
)  # fmt: skip
SWITCHES = (
    "airplane_mode", "line_off", "data_off", "wrong_data_line", "roaming_off", "data_saver", "vpn_blocking", "vpn_slow",
    "old_mode_3g", "old_mode_2g", "apn_wrong",
)  # fmt: skip
"""What a traveller can see in the settings and put right."""
BY_NAME: Mapping[str, Fault] = {fault.name: fault for fault in FAULTS}


def draw(
    chance: random.Random, family: str, number: int, *, with_order: bool, among: Collection[str] = ()
) -> tuple[Fault, ...]:
    """So many faults that can occur together on this phone and do show; what no setting helps with comes alone.

    `among` names those to draw from; empty means all.
    """
    while True:
        fitting = [
            fault
            for fault in FAULTS
            if (not among or fault.name in among)
            and (not fault.only or family in fault.only)
            and family not in fault.not_on
            and (with_order or not fault.needs_order)
            and (number == 1 or not fault.ends_in)
        ]
        drawn: list[Fault] = []
        while fitting and len(drawn) < number:
            fault = chance.choice(fitting)
            drawn.append(fault)
            fitting = [
                other
                for other in fitting
                if other is not fault and other.name not in fault.excludes and fault.name not in other.excludes
            ]
        if len(drawn) == number:
            return tuple(drawn)


def broken_phone(chance: random.Random, faults: tuple[Fault, ...], family: str) -> Phone:
    """A phone with these faults; now and then with a VPN that does no harm, and where 3G is still on the air."""
    abroad = chance.random() < 0.2 and not any(fault.name == "crowd" for fault in faults)
    country = "FJ" if abroad else "NZ"
    networks = ("One NZ", "2degrees") if country == "NZ" else ("Vodafone Fiji", "Inkk")
    phone = Phone(family, Surroundings(country=country, networks=networks, old_networks=country != "NZ"))
    if chance.random() < 0.15:
        phone.vpn = "fine"
    if chance.random() < 0.15:
        phone.wifi = "fine"
    for fault in faults:
        fault.breaks(phone)
    return phone
