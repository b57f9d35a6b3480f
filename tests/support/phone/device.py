"""A phone with a travel eSIM as a state machine: its switches, what surrounds it, and what comes of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["5g", "4g", "3g", "2g"]
Outcome = Literal["works", "slow", "no_data", "no_service"]
FAMILIES = ("iphone", "samsung", "pixel", "xiaomi", "huawei")
OLD_MODES: tuple[Mode, ...] = ("3g", "2g")


@dataclass
class Surroundings:
    """What the traveller cannot switch: the country, the networks there, and the plan."""

    country: str = "NZ"
    networks: tuple[str, ...] = ("One NZ", "2degrees")
    """The operators of the plan, in the order a phone prefers them."""
    down: frozenset[str] = frozenset()
    """Operators with an incident here."""
    coverage: Literal["good", "indoors", "none"] = "good"
    old_networks: bool = False
    """Whether 3G and 2G are still on the air; in New Zealand they are not."""
    weak_5g: bool = False
    crowded: bool = False
    """Whether so many people share the network here at this hour that everyone is slow."""
    plan: Literal["fine", "used_up", "throttled"] = "fine"


@dataclass
class Phone:
    """The switches of one phone, and its eSIM."""

    family: str
    around: Surroundings = field(default_factory=Surroundings)
    airplane: bool = False
    installed: bool = True
    line_on: bool = True
    mobile_data: bool = True
    data_line: Literal["travel", "home"] = "travel"
    switches_line: bool = False
    """Whether it goes back to the home line for data by itself."""
    roaming: bool = True
    data_saver: bool = False
    vpn: Literal["off", "fine", "slow", "blocking"] = "off"
    mode: Mode = "5g"
    apn_right: bool = True
    chosen_network: str | None = None
    """The operator chosen by hand; None is automatic."""
    private_dns_bad: bool = False
    clock_right: bool = True
    wifi: Literal["off", "fine", "login_page"] = "off"
    login: Literal["fresh", "stuck", "stuck_hard"] = "fresh"
    """A stuck log-in goes with airplane mode, a hard one only with a restart."""
    locked: bool = False
    second_card: bool = False
    """Whether a card in slot 2 takes the place of the eSIM."""

    def network(self) -> str | None:
        """The operator that the travel line is on."""
        around = self.around
        if self.airplane or not self.installed or not self.line_on or self.locked or self.second_card:
            return None
        if around.coverage != "good" or self.login != "fresh":
            return None
        if self.mode in OLD_MODES and not around.old_networks:
            return None
        wanted = self.chosen_network or around.networks[0]
        return wanted if wanted in around.networks and wanted not in around.down else None

    def internet(self) -> Literal["none", "slow", "good"]:
        """What the travel line carries, Wi-Fi left aside."""
        if self.network() is None or not self.mobile_data or self.data_line != "travel":
            return "none"
        if self.switches_line:
            return "none"
        if not self.roaming or not self.apn_right or self.vpn == "blocking":
            return "none"
        if self.private_dns_bad or not self.clock_right or self.around.plan == "used_up":
            return "none"
        held_back = self.vpn == "slow" or self.around.crowded or self.data_saver or self.around.plan == "throttled"
        old = self.mode in OLD_MODES
        return "slow" if held_back or old or (self.around.weak_5g and self.mode == "5g") else "good"

    def page(self) -> Outcome:
        """What happens when a page is opened as the phone is, over Wi-Fi if that is on."""
        if self.wifi == "fine" and not self.private_dns_bad and self.clock_right and self.vpn != "blocking":
            return "works"
        if self.wifi == "login_page":
            return "no_data"
        return self.line()

    def line(self) -> Outcome:
        """What the travel line does with Wi-Fi off: the truth that "solved" is held against."""
        if self.network() is None:
            return "no_service"
        carried = self.internet()
        return "works" if carried == "good" else "slow" if carried == "slow" else "no_data"

    def symbols(self) -> tuple[str, ...]:
        """What the top of the screen shows, as names of facts (aftercare/understanding/commands.py)."""
        if self.airplane:
            return ("airplane_symbol", *self._wifi())
        shown: list[str] = []
        if not self.installed or not self.line_on or self.second_card:
            shown.append("no_sim")
        elif self.locked or (self.chosen_network and self.chosen_network not in self.around.networks):
            shown.append("emergency_only")
        elif self.network() is None:
            shown.append("searching" if self.login != "fresh" else "no_service")
        else:
            shown.append("bars")
            if self.mode in OLD_MODES:
                shown.append("old_network")
        if self.vpn != "off":
            shown.append("vpn_symbol")
        if self.data_saver and self.family != "iphone":
            shown.append("data_saver")
        return (*shown, *self._wifi())

    def _wifi(self) -> tuple[str, ...]:
        return () if self.wifi == "off" else ("wifi_symbol",)
