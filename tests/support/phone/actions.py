"""What a traveller who does exactly what a step says does to the phone; steps are known by their ids."""

from __future__ import annotations

from dataclasses import replace

from tests.support.phone.device import OLD_MODES, Outcome, Phone

# Steps whose words ask to turn Wi-Fi off and open a page: only after these is "it works" said of the eSIM itself.
TESTED = frozenset(
    {
        *("after_install", "data_line", "roaming", "apn", "apn_from_email", "lte_mode", "manual_network"),
        *("wifi_off", "vpn_off", "date_time", "data_saver", "other_esim_off", "data_switching"),
    }
)


def follow(phone: Phone, step: str) -> bool | None:
    """Do what the step says. Whether it changed anything; None when the phone has no such setting."""
    before = dict(vars(phone))
    if step == "airplane_off":
        phone.airplane = False
    elif step == "airplane":
        _outdoors(phone)
        phone.airplane = False
        _log_in_anew(phone)
    elif step == "restart":
        phone.login = "fresh"
    elif step == "line_on":
        phone.line_on = True
        _log_in_anew(phone)
    elif step == "roaming":
        phone.roaming = True
    elif step == "after_install":
        phone.line_on = phone.roaming = True
    elif step == "data_line":
        phone.mobile_data = True
        phone.data_line = "travel" if phone.installed else phone.data_line
        phone.roaming = True
        phone.switches_line = False
    elif step == "data_switching":
        phone.switches_line = False
    elif step == "less_busy":
        phone.around = replace(phone.around, crowded=False)
    elif step in {"apn", "apn_from_email"}:
        phone.apn_right = True
    elif step == "vpn_off":
        phone.vpn, phone.private_dns_bad = "off", False
    elif step == "data_saver":
        phone.data_saver = False
    elif step == "lte_mode":
        phone.mode = "5g" if phone.mode in OLD_MODES else phone.mode
    elif step == "four_g":
        phone.mode = "4g"
    elif step == "date_time":
        phone.clock_right = True
    elif step == "open_place":
        _outdoors(phone)
    elif step == "manual_network":
        _each_network(phone)
    elif step == "second_slot":
        phone.second_card = False
    elif step == "wifi_off":
        phone.wifi = "off"
    if step in TESTED:
        phone.wifi = "off"
    return dict(vars(phone)) != before


def _outdoors(phone: Phone) -> None:
    if phone.around.coverage == "indoors":
        phone.around = replace(phone.around, coverage="good")


def _log_in_anew(phone: Phone) -> None:
    phone.login = "fresh" if phone.login == "stuck" else phone.login


def _each_network(phone: Phone) -> None:
    """Try the plan's networks one after another, stay on the first that connects, else on the last."""
    for operator in phone.around.networks:
        phone.chosen_network = operator
        if phone.network():
            return


def take_back(phone: Phone, step: str, original: Phone) -> None:
    """Do what the way back of a step says."""
    if step == "four_g":
        phone.mode = original.mode
    elif step == "manual_network":
        phone.chosen_network = None
    elif step == "vpn_off" and original.vpn != "off":
        phone.vpn = original.vpn
    elif step == "data_saver":
        phone.data_saver = original.data_saver
    elif step == "wifi_off":
        phone.wifi = original.wifi
    elif step == "second_slot":
        phone.second_card = original.second_card


def seen_after(phone: Phone, step: str) -> Outcome:
    """What the traveller sees after a step: with Wi-Fi off only where the step says so."""
    return phone.line() if step in TESTED else phone.page()


def left_worse(phone: Phone, original: Phone) -> list[str]:
    """Settings that were right before, differ now and need not: put back, the line does as well as now."""
    right_before = {
        "mode": original.mode not in OLD_MODES,
        "chosen_network": original.chosen_network is None,
        "vpn": original.vpn in {"off", "fine"},
        "data_line": original.data_line == "travel",
    }
    now, changed = phone.line(), []
    for name, right in right_before.items():
        kept = getattr(phone, name)
        if not right or kept == getattr(original, name):
            continue
        setattr(phone, name, getattr(original, name))
        if phone.line() == now:
            changed.append(name)
        setattr(phone, name, kept)
    return changed
