"""Orders from flat rows, one for each eSIM: what a CSV file and a query of a shop database have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aftercare.base.identifiers import normalise_order_number
from aftercare.base.money_and_dates import minor_units
from aftercare.orders.intake import ShopEsim, ShopItem, ShopOrder

ORDER_FIELDS = tuple(name for name in ShopOrder.model_fields if name != "items")
ITEM_FIELDS = tuple(f"item_{name}" if name == "status" else name for name in ShopItem.model_fields if name != "esim")
ESIM_FIELDS = (*ShopEsim.model_fields, "activation_code")
FIELDS = tuple("amount" if name == "amount_minor" else name for name in (*ORDER_FIELDS, *ITEM_FIELDS, *ESIM_FIELDS))
"""The columns a row may have; `amount` is decimal, as people write it: 29.00."""
NEEDED = ("number", "email", "currency", "bought_at", "plan", "amount")


class Untranslated(str):
    """What a mapping does not translate: the value with the reason, which is told as the fault of its row."""


@dataclass(frozen=True)
class RowFault:
    """A row that cannot be taken: where it is, and what to change."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class PlacedOrder:
    """An order with the place of its first row."""

    place: str
    order: ShopOrder


def to_minor(amount: Any, currency: str) -> int:
    """An amount as shops write it ("29.00", 29) in minor units.

    Raises:
        ValueError: it is no amount, or finer than the currency.
    """
    try:
        minor = Decimal(str(amount).strip()) * minor_units(currency)
    except InvalidOperation:
        raise ValueError(f"amount: {amount!r} is no amount; write it like 29.00") from None
    if not minor.is_finite() or minor != int(minor):
        raise ValueError(f"amount: {amount!r} is no amount in {currency}")
    return int(minor)


_MOMENT = "write the time like 2026-11-20T09:30:00+13:00"
# what to write instead, for fields whose rule is a pattern or a time; for other faults by their kind
_FIELD = {
    "email": "write one e-mail address",
    "iccid": "write the 18 to 20 digits of the eSIM, which begin with 89",
    "eid": "write the 32 digits of the phone's EID, or leave it out",
    "imei": "write the 15 digits of the phone's IMEI, or leave it out",
    **dict.fromkeys(
        ("bought_at", "updated_at", "delivered_at", "delivery_due_at", "installed_at", "first_use_at", "expires_at"),
        _MOMENT,
    ),
}
_KIND = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field (docs/connectors/orders.md lists them)",
    "string_type": "write it as text",
    "string_too_short": "it is empty",
    "too_short": "give at least one",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
}
_MOST_FAULTS = 8


def explained(error: ValidationError) -> str:
    """What is wrong, each with its field and what to write instead; what was sent is personal and not told."""
    faults = error.errors()
    # an item that is wrong is counted as one that is not there too
    inner = [each for each in faults if not any(_within(other["loc"], each["loc"]) for other in faults)]
    return "; ".join(dict.fromkeys(map(_explained, inner[:_MOST_FAULTS])))


def _within(place: tuple[int | str, ...], around: tuple[int | str, ...]) -> bool:
    return len(place) > len(around) and place[: len(around)] == around


def _explained(fault: ErrorDetails) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if isinstance(fault["input"], Untranslated):
        return f"{place}: {fault['input']}"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error" and fault["loc"][-1:] not in {(name,) for name in _FIELD}:
        return f"{place}: {message}".removeprefix(": ")
    if fault["input"] is None and fault["type"].endswith("_type"):
        return f"{place}: it is missing"
    if fault["type"] == "string_too_long":
        return f"{place}: write at most {fault['ctx']['max_length']} characters"
    in_words = _KIND.get(fault["type"]) or (_FIELD.get(str(fault["loc"][-1])) if fault["loc"] else None) or message
    return f"{place}: {in_words.replace('Input should be', 'write')}"


def orders_of(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[list[PlacedOrder], list[RowFault]]:
    """The orders of rows, those with the same number together, and the rows that are wrong.

    An order with a wrong row is left out as a whole: half an order would cancel its other eSIMs.
    """
    groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    faults: list[RowFault] = []
    incomplete: set[str] = set()
    for place, row in rows:
        given = {name: value for name, value in row.items() if value not in (None, "")}
        number = str(given.get("number") or "").strip()
        if missing := [name for name in NEEDED if name not in given]:
            faults.append(RowFault(place, f"{', '.join(missing)} is empty"))
            incomplete.add(normalise_order_number(number) or number)
        else:
            groups.setdefault(normalise_order_number(number) or number, []).append((place, given))
    orders: list[PlacedOrder] = []
    for number, group in groups.items():
        items: list[dict[str, Any]] = []
        bad = number in incomplete
        for place, row in group:
            try:
                items.append(_item(row))
                ShopOrder.model_validate(_order(row, items[-1:]))
            except ValidationError as error:
                faults.append(RowFault(place, explained(error)))
                bad = True
            except ValueError as error:
                faults.append(RowFault(place, str(error)))
                bad = True
        place, first = group[0]
        differing = [(at, name) for at, row in group[1:] for name in ORDER_FIELDS if row.get(name) != first.get(name)]
        if differing:
            at, name = differing[0]
            faults.append(RowFault(at, f"{name} differs from the first row of this order"))
        elif not bad:
            orders.append(PlacedOrder(place, ShopOrder.model_validate(_order(first, items))))
    return orders, faults


def _order(row: Mapping[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    return {**{name: _text(row[name], name) for name in ORDER_FIELDS if name in row}, "items": items}


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"amount_minor": to_minor(row["amount"], str(row["currency"]))}
    for name in ITEM_FIELDS:
        if name in row:
            item[name.removeprefix("item_")] = _text(row[name], name)
    if "iccid" in row:
        item["esim"] = {name: _text(row[name], name) for name in ESIM_FIELDS if name in row}
    return item


_AS_TEXT = ("number", "email", "name", "phone", "plan", "iccid", "eid", "imei", "payment_reference", "matching_id")


def _text(value: Any, name: str) -> Any:
    """Identifiers are texts, though a database may keep them as numbers."""
    if isinstance(value, str):
        return value if isinstance(value, Untranslated) else value.strip()
    return str(value) if name in _AS_TEXT else value
