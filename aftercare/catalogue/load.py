"""Reads data/catalogue/*.yml: sellers edit plans, devices and policies as data and learn which line is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from aftercare.base import settings
from aftercare.catalogue.consistency import contradictions
from aftercare.catalogue.models import (
    Catalogue,
    Destination,
    Device,
    EmergencyNumbers,
    Entry,
    ErrorMessage,
    Incident,
    Market,
    MarketVerdict,
    Operator,
    Plan,
    PlanKind,
    PlanUse,
    Promotion,
    Provider,
    Region,
    TriedStep,
)
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

_SECTIONS: dict[str, type[Entry]] = {
    "operators": Operator,
    "regions": Region,
    "destinations": Destination,
    "devices": Device,
    "providers": Provider,
    "plan_kinds": PlanKind,
    "plans": Plan,
    "promotions": Promotion,
    "incidents": Incident,
    "error_messages": ErrorMessage,
    "tried_steps": TriedStep,
    "emergency_numbers": EmergencyNumbers,
    "markets": Market,
    "market_verdicts": MarketVerdict,
}
_OPTIONAL = {"error_messages", "tried_steps", "emergency_numbers", "markets", "market_verdicts"}


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
    catalogue = Catalogue.model_validate(sections)
    faults = [files[section].fault(path, problem) for section, path, problem in contradictions(catalogue)]
    if faults:
        raise CatalogueError("\n".join(faults))
    return catalogue


def kinds_for(use: PlanUse) -> tuple[str, ...]:
    """The kinds of plans that are recommended for it."""
    return tuple(kind.id for kind in load_catalogue().plan_kinds if kind.use == use)


def _entries(file: YamlFile, section: str, model: type[Entry], faults: list[str]) -> Iterator[Entry]:
    if not isinstance(file.data, dict) or list(file.data) != [section] or not isinstance(file.data[section], list):
        raise CatalogueError(f"{file.name}:1: the file must be one list named {section}")
    for index, data in enumerate(file.data[section]):
        try:
            yield file.validate(model, data, (section, index))
        except CatalogueError as error:
            faults.append(str(error))
