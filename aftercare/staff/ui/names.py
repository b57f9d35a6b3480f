"""What staff read instead of internal names: intents, entities, channels, providers."""

from __future__ import annotations

from functools import lru_cache

from aftercare.base.language import Language
from aftercare.base.settings import DATA, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.catalogue.load import load_catalogue
from aftercare.staff.ui.texts import texts

# What training sentences annotate; the other entities describe a message or fill forms.
ENTITIES = (
    "order_number", "email", "iccid", "eid", "device", "destination", "operator", "plan", "error_message",
    "amount_of_time",
)  # fmt: skip


@lru_cache(maxsize=1)
def intents() -> tuple[str, ...]:
    """All intents of the domain, in its order."""
    listed = read_yaml(ROOT / "domain.yml")["intents"]
    return tuple(each if isinstance(each, str) else next(iter(each)) for each in listed)


@lru_cache(maxsize=1)
def _readable() -> dict[str, dict[Language, str]]:
    return dict(read_yaml(DATA / "intent_names.yml"))


def readable(intent: str | None, language: Language) -> str:
    """An intent as a traveller would say it, or as staff call it; its name where it has no other."""
    return _readable().get(intent or "", {}).get(language) or _named("intent", intent or "", language)


def entity_name(entity: str, language: Language) -> str:
    """An entity in words; its name where it has none."""
    return _named("entity", entity, language)


def channel_name(channel: str, language: Language) -> str:
    """A channel in words; one that is none of ours keeps its name."""
    return _named("channel", channel, language)


def providers(language: Language) -> list[tuple[str, str]]:
    """Id and name of each provider of the catalogue."""
    return [(each.id, each.name_zh if language == "zh" else each.name_en) for each in load_catalogue().providers]


def provider_name(provider_id: str, language: Language) -> str:
    """A provider as the catalogue names it; one that is gone from there keeps its id."""
    return next((title for each, title in providers(language) if each == provider_id), provider_id)


def _named(kind: str, name: str, language: Language) -> str:
    return texts().get(f"names.{kind}_{name}", {}).get(language) or name
