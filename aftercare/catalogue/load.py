"""Reads data/catalogue/*.yml: sellers edit plans, devices and policies as data and learn which line is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConstrainedInt, ConstrainedStr, StrictBool, ValidationError, root_validator
from pydantic.fields import ModelField
from pydantic.typing import display_as_type, is_literal_type, is_union

from aftercare.base import settings


class CatalogueError(Exception):
    """The catalogue is wrong; the message has one line per fault: `file:line: field: what is wrong (expected …)`."""


class Count(ConstrainedInt):
    """a whole number, 0 or more"""

    strict = True
    ge = 0


class Positive(ConstrainedInt):
    """a whole number above 0"""

    strict = True
    gt = 0


class Text(ConstrainedStr):
    """a text that is not empty, in quotes when it looks like a number"""

    strict = True
    strip_whitespace = True
    min_length = 1


class Identifier(ConstrainedStr):
    """small letters, digits and hyphens"""

    strict = True
    regex = r"^[a-z0-9]+(-[a-z0-9]+)*$"  # type: ignore[assignment]


class Key(ConstrainedStr):
    """small letters, digits and underscores"""

    strict = True
    regex = r"^[a-z][a-z0-9_]*$"  # type: ignore[assignment]


class Country(ConstrainedStr):
    """a country code of ISO 3166, two capitals"""

    strict = True
    regex = r"^[A-Z]{2}$"  # type: ignore[assignment]


class Currency(ConstrainedStr):
    """a currency code of ISO 4217, three capitals"""

    strict = True
    regex = r"^[A-Z]{3}$"  # type: ignore[assignment]


class Email(ConstrainedStr):
    """an e-mail address in small letters"""

    strict = True
    regex = r"^[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"  # type: ignore[assignment]


class Entry(BaseModel):
    """An entry of a catalogue file: unknown fields are faults, and it cannot be changed after loading."""

    class Config:
        frozen = True
        extra = "forbid"


class RefundPolicy(Entry):
    """A provider's written terms, as the columns of `refund_policy`; a missing `data_limit_mb` means no limit."""

    window_days: Count
    window_from: Literal["purchase", "delivery", "expiry"]
    data_limit_mb: Count | None = None
    installed_refundable: StrictBool
    deleted_refundable: StrictBool
    promotion_refundable: StrictBool
    partial_refund: StrictBool
    fault_window_days: Count
    fee_minor: Count
    exchange_allowed: StrictBool
    exchange_window_days: Count
    paid_to: Literal["card", "credit"]
    paid_within_days: Count


class Provider(Entry):
    """A seller or issuer of plans and how to reach its people."""

    id: Identifier
    name_en: Text
    name_zh: Text
    email: Email
    hotline: Text | None = None
    video_call_url: Text | None = None
    refund_policy: RefundPolicy


class PlanNetwork(Entry):
    """A network a plan uses in a country, with the issuer's APN there."""

    country: Country
    operator: Text
    apn: Text


class Plan(Entry):
    """A product. Data in MB; no `data_mb` means unlimited, then `fair_use_mb` is the full-speed part of a day."""

    id: Identifier
    provider_id: Identifier
    name_en: Text
    name_zh: Text
    kind: Literal["nz_travel", "nz_long_stay", "nz_au", "asia_pacific", "global"]
    data_mb: Positive | None = None
    fair_use_mb: Positive | None = None
    throttle_kbps: Positive | None = None
    days: Positive
    price_minor: Count
    currency: Currency
    starts_at: Literal["purchase", "install", "first_use"]
    hotspot: StrictBool
    calls_sms: StrictBool
    top_up: StrictBool
    on_sale: StrictBool = True
    networks: tuple[PlanNetwork, ...]

    @root_validator(skip_on_failure=True)
    def _data_or_fair_use(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values["data_mb"] is None and (values["fair_use_mb"] is None or values["throttle_kbps"] is None):
            raise ValueError("a plan without data_mb is unlimited and needs fair_use_mb and throttle_kbps")
        if not values["networks"]:
            raise ValueError("a plan needs at least one network")
        return values


def _check_period(starts: float | date, ends: float | date | None) -> None:
    if ends is None:
        return
    if isinstance(starts, date) != isinstance(ends, date):
        raise ValueError("starts and ends must both be days from today or both be dates")
    if ends <= starts:  # type: ignore[operator]
        raise ValueError("ends must be after starts")


class Promotion(Entry):
    """An offer: `value` in MB (bonus_data), days (longer_validity) or percent (discount).

    `starts` and `ends` are days from today, or dates.
    """

    id: Identifier
    provider_id: Identifier
    plan_id: Identifier | None = None
    kind: Literal["bonus_data", "longer_validity", "discount"]
    value: Positive
    title_en: Text
    title_zh: Text
    starts: float | date
    ends: float | date

    @root_validator(skip_on_failure=True)
    def _period(cls, values: dict[str, Any]) -> dict[str, Any]:
        _check_period(values["starts"], values["ends"])
        if values["kind"] == "discount" and values["value"] > 100:
            raise ValueError("a discount is at most 100 percent")
        return values


class Incident(Entry):
    """A disturbance an operator reported; times as days from today or dates, no `ends` while it is open."""

    id: Identifier
    operator: Text
    country: Country
    region: Text
    summary_en: Text
    summary_zh: Text
    starts: float | date
    ends: float | date | None = None

    @root_validator(skip_on_failure=True)
    def _period(cls, values: dict[str, Any]) -> dict[str, Any]:
        _check_period(values["starts"], values["ends"])
        return values


class Device(Entry):
    """A phone model, with the names travellers give it in both languages; `model` names it by itself ("OnePlus 12")."""

    id: Identifier
    brand: Text
    model: Text
    aliases: tuple[Text, ...] = ()
    esim: Literal["yes", "no", "depends"]
    menu_family: Literal["iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other"]
    lte: StrictBool = True
    note_en: Text | None = None
    note_zh: Text | None = None

    @root_validator(skip_on_failure=True)
    def _both_notes(cls, values: dict[str, Any]) -> dict[str, Any]:
        if (values["note_en"] is None) != (values["note_zh"] is None):
            raise ValueError("a note needs both note_en and note_zh")
        if values["esim"] == "depends" and values["note_en"] is None:
            raise ValueError("esim: depends needs a note that says how to find out")
        return values


class Destination(Entry):
    """A country travellers name, directly or by one of its cities."""

    country: Country
    name_en: Text
    name_zh: Text
    aliases: tuple[Text, ...] = ()
    continent: Literal["oceania", "asia", "europe", "north_america", "south_america", "africa"]


class Region(Entry):
    """A place in New Zealand, as incidents and last-seen records name it."""

    name: Text
    name_zh: Text
    at: tuple[float, float]  # latitude and longitude, degrees
    aliases: tuple[Text, ...] = ()


class Operator(Entry):
    """A mobile network and the names people call it."""

    name: Text
    country: Country
    aliases: tuple[Text, ...] = ()


class ErrorMessage(Entry):
    """A message phones show, with its wordings in both languages."""

    key: Key
    aliases: tuple[Text, ...]


class Patterns(Entry):
    """Ways to say the same thing, per language."""

    en: tuple[Text, ...]
    zh: tuple[Text, ...]


class TriedStep(Entry):
    """A step travellers say they have already done."""

    key: Key
    patterns: Patterns


class Catalogue(Entry):
    """Everything in data/catalogue, validated."""

    providers: tuple[Provider, ...]
    plans: tuple[Plan, ...]
    promotions: tuple[Promotion, ...]
    incidents: tuple[Incident, ...]
    devices: tuple[Device, ...]
    destinations: tuple[Destination, ...]
    regions: tuple[Region, ...]
    operators: tuple[Operator, ...]
    error_messages: tuple[ErrorMessage, ...] = ()
    tried_steps: tuple[TriedStep, ...] = ()


_SECTIONS: dict[str, type[Entry]] = {
    "operators": Operator,
    "regions": Region,
    "destinations": Destination,
    "devices": Device,
    "providers": Provider,
    "plans": Plan,
    "promotions": Promotion,
    "incidents": Incident,
    "error_messages": ErrorMessage,
    "tried_steps": TriedStep,
}
_OPTIONAL = {"error_messages", "tried_steps"}
NATIONWIDE = "*"  # the region of an incident that concerns the whole country
_Model = TypeVar("_Model", bound=BaseModel)
_Path = tuple[str | int, ...]


class _Loader(yaml.CSafeLoader):
    """YAML in which only `true` and `false` are booleans: `esim: no` and the country code `NO` stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class YamlFile:
    """A YAML file's data with the line of every value, to tell the editor of the file where a fault is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[_Path, int] = {(): 1}
        self._faults: list[str] = []
        try:
            with path.open(encoding="utf-8") as stream:
                loader = _Loader(stream)
                try:
                    node = loader.get_single_node()
                    self.data = self._read(node, (), loader) if node else None
                finally:
                    loader.dispose()
        except FileNotFoundError:
            raise CatalogueError(f"{self.name}:1: the file is missing") from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise CatalogueError(f"{self.name}:{line}: not valid YAML: {error.problem or error.context}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{self.name}:1: not valid YAML: {error}") from None
        if self._faults:
            raise CatalogueError("\n".join(self._faults))

    @property
    def name(self) -> str:
        """The path as the editor knows it: from the project's folder."""
        return str(self.path.relative_to(settings.ROOT) if self.path.is_relative_to(settings.ROOT) else self.path)

    def fault(self, path: _Path, problem: str) -> str:
        """`file:line: field: problem`; a field that is missing is reported at the line of its entry."""
        known = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self._lines)
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return f"{self.name}:{self._lines[known]}: {dotted}: {problem}"

    def validate(self, model: type[_Model], data: Any, path: _Path) -> _Model:
        """`data` as `model`.

        Raises:
            CatalogueError: with the line of every fault.
        """
        try:
            return model.parse_obj(data)
        except ValidationError as error:
            raise CatalogueError(
                "\n".join(self._explain(model, path, e["loc"], e["msg"]) for e in error.errors())
            ) from None

    def _explain(self, model: type[BaseModel], path: _Path, location: tuple[str | int, ...], message: str) -> str:
        location = tuple(part for part in location if part != "__root__")
        expected = _expected(model, location)
        return self.fault((*path, *location), message + (f" (expected {expected})" if expected else ""))

    def _read(self, node: yaml.Node, path: _Path, loader: _Loader) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [self._read(child, (*path, index), loader) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            data: dict[str, Any] = {}
            for key_node, child in node.value:
                key = str(key_node.value)
                here = (*path, key)
                value = self._read(child, here, loader)
                self._lines[here] = key_node.start_mark.line + 1
                if key in data:
                    self._faults.append(self.fault(here, "is given twice"))
                data[key] = value
            return data
        return loader.construct_object(node)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4)
def load_catalogue(folder: Path = settings.CATALOGUE) -> Catalogue:
    """Everything in `folder`, validated; read once per folder.

    Raises:
        CatalogueError: naming file, line and what is expected, one line per fault.
    """
    files: dict[str, YamlFile] = {}
    sections: dict[str, tuple[Entry, ...]] = {}
    faults: list[str] = []
    for section, model in _SECTIONS.items():
        path = folder / f"{section}.yml"
        if section in _OPTIONAL and not path.exists():
            continue
        try:
            files[section] = YamlFile(path)
            sections[section] = tuple(_entries(files[section], section, model, faults))
        except CatalogueError as error:
            faults.append(str(error))
    if faults:
        raise CatalogueError("\n".join(faults))
    catalogue = Catalogue.parse_obj(sections)
    faults = [files[section].fault(path, problem) for section, path, problem in _contradictions(catalogue)]
    if faults:
        raise CatalogueError("\n".join(faults))
    return catalogue


def _entries(file: YamlFile, section: str, model: type[Entry], faults: list[str]) -> Iterator[Entry]:
    if not isinstance(file.data, dict) or list(file.data) != [section] or not isinstance(file.data[section], list):
        raise CatalogueError(f"{file.name}:1: the file must be one list named {section}")
    for index, data in enumerate(file.data[section]):
        try:
            yield file.validate(model, data, (section, index))
        except CatalogueError as error:
            faults.append(str(error))


def _expected(model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    """In words, what the field at `location` takes; empty when there is nothing to add to the message."""
    field: ModelField | None = None
    for part in location:
        if isinstance(part, int):
            continue
        field = model.__fields__.get(part)
        if field is None:
            return "one of " + ", ".join(model.__fields__)
        if isinstance(field.type_, type) and issubclass(field.type_, BaseModel):
            model = field.type_
    if field is None:
        return ""
    kind = field.type_
    if is_union(getattr(kind, "__origin__", None)):
        kind = next(choice for choice in kind.__args__ if choice is not type(None))
    if is_literal_type(kind):
        return "one of " + ", ".join(str(value) for value in kind.__args__)
    if isinstance(kind, type) and issubclass(kind, ConstrainedInt | ConstrainedStr | timedelta):
        return kind.__doc__ or ""
    names = {StrictBool: "true or false", float: "days from today, or a date such as 2026-12-01"}
    return names.get(kind, display_as_type(kind))


def _contradictions(catalogue: Catalogue) -> Iterator[tuple[str, _Path, str]]:
    """Faults no single entry shows: names used twice and references to what does not exist."""
    yield from _repeated_names(catalogue)
    providers = {provider.id for provider in catalogue.providers}
    countries = {destination.country for destination in catalogue.destinations}
    operators = {(operator.name, operator.country) for operator in catalogue.operators}
    regions = {region.name for region in catalogue.regions}
    plans = {plan.id: plan for plan in catalogue.plans}

    for index, operator in enumerate(catalogue.operators):
        if operator.country not in countries:
            yield "operators", ("operators", index, "country"), f"{operator.country} is not in destinations.yml"
    for index, plan in enumerate(catalogue.plans):
        if plan.provider_id not in providers:
            yield "plans", ("plans", index, "provider_id"), f"{plan.provider_id} is not in providers.yml"
        seen: set[tuple[str, str]] = set()
        for position, network in enumerate(plan.networks):
            place = (network.operator, network.country)
            path: _Path = ("plans", index, "networks", position)
            if place not in operators:
                yield "plans", path, f"{network.operator} in {network.country} is not in operators.yml"
            if place in seen:
                yield "plans", path, f"{network.operator} in {network.country} is given twice"
            seen.add(place)
    for index, promotion in enumerate(catalogue.promotions):
        if promotion.provider_id not in providers:
            yield "promotions", ("promotions", index, "provider_id"), f"{promotion.provider_id} is not in providers.yml"
        promoted = plans.get(promotion.plan_id) if promotion.plan_id else None
        if promotion.plan_id and (promoted is None or promoted.provider_id != promotion.provider_id):
            yield (
                "promotions",
                ("promotions", index, "plan_id"),
                f"{promotion.provider_id} has no plan {promotion.plan_id}",
            )
    for index, incident in enumerate(catalogue.incidents):
        if (incident.operator, incident.country) not in operators:
            problem = f"{incident.operator} in {incident.country} is not in operators.yml"
            yield "incidents", ("incidents", index, "operator"), problem
        if incident.country == "NZ" and incident.region not in regions | {NATIONWIDE}:
            yield "incidents", ("incidents", index, "region"), f"{incident.region} is not in regions.yml"


_NAME = {
    "providers": "id", "plans": "id", "promotions": "id", "incidents": "id", "devices": "id", "destinations": "country",
    "regions": "name", "operators": "name", "error_messages": "key", "tried_steps": "key",
}  # fmt: skip


def _repeated_names(catalogue: Catalogue) -> Iterator[tuple[str, _Path, str]]:
    for section, field in _NAME.items():
        entries = getattr(catalogue, section)
        owners: dict[str, int] = {}
        for index, entry in enumerate(entries):
            for name in sorted({getattr(entry, field), *getattr(entry, "aliases", ()), *_other_names(entry)}):
                owner = owners.setdefault(name.casefold(), index)
                if owner != index:
                    yield section, (section, index), f"{name!r} already names {getattr(entries[owner], field)}"


def _other_names(entry: Entry) -> tuple[str, ...]:
    if isinstance(entry, Destination):
        return (entry.name_en, entry.name_zh)
    if isinstance(entry, Region):
        return (entry.name_zh,)
    if isinstance(entry, Device):
        return (entry.model,)
    return ()
