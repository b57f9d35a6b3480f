"""The conditions of playbooks, by name (`when: [registered, not no_traffic]`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.situation import Situation

LOCK_MESSAGES = frozenset({"carrier_cannot_be_added", "no_sim_restrictions_missing"})
MAINLAND_IPHONE = "apple-iphone-mainland-china"
# From the first of these hours of New Zealand up to the last many people share its networks.
BUSY_HOURS = range(17, 22)
ON_PHONE = frozenset({"downloaded", "installed", "enabled", "disabled"})


_NOTHING_SEEN: Mapping[str, bool] = MappingProxyType({})


def _fact(test: Callable[[OrderFacts], bool]) -> Callable[[Situation], bool]:
    return lambda s: s.facts is not None and test(s.facts)


def _status(status: str) -> Callable[[Situation], bool]:
    return _fact(lambda f: f.status == status)


def _abroad(s: Situation) -> bool:
    """The phone was last seen where the plan does not reach, and the traveller did not say to be back."""
    if s.facts is None or s.here is None or s.destination in s.facts.countries:
        return False
    return s.here not in s.facts.countries


def _named_country_outside(s: Situation) -> bool:
    """The traveller named a country the plan does not cover; a phone without coverage there is never seen there."""
    return (
        s.facts is not None and not s.location and s.destination is not None and s.destination not in s.facts.countries
    )


def _before_arrival(s: Situation) -> bool:
    """Installed and never used: either seen outside the plan's countries or not seen since it was installed there."""
    if s.facts is None or s.facts.profile_state not in ON_PHONE or s.facts.first_use_at is not None:
        return False
    place = s.here or s.facts.installed_country
    return place is not None and place not in s.facts.countries


def _esim(s: Situation, answer: str) -> bool:
    if s.device:
        return s.device.esim == answer
    return s.facts is not None and s.facts.device_esim == answer


def _old_phone(s: Situation) -> bool:
    if s.device:
        return not s.device.lte
    return s.facts is not None and s.facts.device_lte is False


def _other_phone(s: Situation) -> bool:
    """The profile is on one make of phone and the traveller holds another; models are too easily misnamed."""
    known = s.facts.device_family if s.facts and s.facts.profile_state in ON_PHONE else None
    return _are_two(known, s.named_family)


def _in_hand_differs(s: Situation) -> bool:
    """The traveller writes from one make of phone, and the profile is on another: they may hold both."""
    known = s.facts.device_family if s.facts and s.facts.profile_state in ON_PHONE else None
    return s.named_family is None and _are_two(known, s.in_hand)


def _are_two(known: str | None, reported: str | None) -> bool:
    return known is not None and reported is not None and "other" not in (known, reported) and known != reported


def _busy_hour(s: Situation) -> bool:
    return s.local_time is not None and s.local_time.hour in BUSY_HOURS


def other_operators(s: Situation) -> tuple[str, ...]:
    """Operators of the plan where the phone is that have no open incident, in the plan's order."""
    if s.facts is None:
        return ()
    country = s.here if s.here in s.facts.countries else "NZ"
    bad = s.facts.incident.operator if s.facts.incident else None
    names = [n.operator for n in s.facts.networks if n.country == country and n.operator != bad]
    return tuple(dict.fromkeys(names))


CONDITIONS: dict[str, Callable[[Situation], bool]] = {
    "order_known": lambda s: s.facts is not None,
    "payment_failed": _status("payment_failed"),
    "cancelled": _status("cancelled"),
    "refunded": _status("refunded"),
    "exchanged": _status("exchanged"),
    "not_delivered": _fact(lambda f: not f.delivered),
    "delivery_late": _fact(lambda f: not f.delivered and f.delivery_due_at <= f.now),
    "carrier_locked": _fact(lambda f: f.carrier_locked),
    "lock_message": lambda s: s.error in LOCK_MESSAGES,
    "released": _fact(lambda f: f.profile_state == "released"),
    "on_phone": _fact(lambda f: f.profile_state in ON_PHONE),
    "profile_off": _fact(lambda f: f.profile_state in {"downloaded", "installed", "disabled"}),
    "enabled": _fact(lambda f: f.profile_state == "enabled"),
    "deleted": _fact(lambda f: f.profile_state == "deleted"),
    "device_without_esim": lambda s: _esim(s, "no"),
    "device_with_esim": lambda s: _esim(s, "yes"),
    "device_maybe_esim": lambda s: _esim(s, "depends"),
    "device_3g_only": _old_phone,
    "mainland_iphone": lambda s: s.device_id == MAINLAND_IPHONE,
    "other_phone": _other_phone,
    "in_hand_differs": _in_hand_differs,
    "expired": _fact(lambda f: f.expired),
    "expiry_known": _fact(lambda f: f.expires_at is not None),
    "used_up": _fact(lambda f: f.data_left_mb == 0),
    "topped_up": lambda s: "top_up_done" in s.tried,
    "top_up_possible": _fact(lambda f: f.top_up),
    "before_arrival": _before_arrival,
    "outside_coverage": _abroad,
    "last_seen_outside": _fact(lambda f: f.outside_coverage),
    "named_country_outside": _named_country_outside,
    "incident": _fact(lambda f: f.incident is not None),
    "other_network": lambda s: bool(other_operators(s)),
    "throttled": _fact(lambda f: f.throttled),
    "registered": _fact(lambda f: f.registered),
    # the record's view, until the traveller reports signal
    "has_signal": _fact(lambda f: f.registered),
    "no_traffic": _fact(lambda f: f.data_used_mb == 0),
    # the hour, or what the traveller says of the crowd around
    "busy_hour": _busy_hour,
    # what only the traveller's own words tell
    "managed": lambda s: False,
    "updated": lambda s: False,
    "hotspot_allowed": _fact(lambda f: f.hotspot),
    "calls_allowed": _fact(lambda f: f.calls_sms),
    "iphone": lambda s: s.menu_family == "iphone",
    "esim_takes_second_slot": lambda s: s.menu_family in {"xiaomi", "huawei"},
    "android": lambda s: s.menu_family not in {None, "iphone"},
}


def holds(conditions: Iterable[str], situation: Situation, seen: Mapping[str, bool] = _NOTHING_SEEN) -> bool:
    """Whether every condition is true of the situation; `not x` asks for the opposite.

    `seen` are conditions that the traveller's own observations settle, whatever the record says.
    """
    for condition in conditions:
        name = condition.removeprefix("not ")
        if (seen[name] if name in seen else CONDITIONS[name](situation)) == condition.startswith("not "):
            return False
    return True
