"""The catalogue loads, is rich enough, and every kind of fault is named with its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base import settings
from aftercare.base.language import HAN, to_simplified
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Catalogue
from aftercare.catalogue.yaml_file import CatalogueError


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the catalogue to spoil."""
    return shutil.copytree(settings.CATALOGUE, tmp_path / "catalogue")


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first `old`; the number of the line it begins in."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_catalogue_covers_what_it_must(catalogue: Catalogue) -> None:
    assert len(catalogue.providers) >= 5
    assert len(catalogue.plans) >= 24
    assert {plan.kind for plan in catalogue.plans} == {"nz_travel", "nz_long_stay", "nz_au", "asia_pacific", "global"}
    assert any(plan.data_mb is None for plan in catalogue.plans)
    assert len(catalogue.devices) >= 80
    assert len(catalogue.destinations) >= 40
    assert len(catalogue.regions) >= 20
    assert {"Spark", "Skinny", "One NZ", "2degrees"} <= {o.name for o in catalogue.operators if o.country == "NZ"}
    assert all(plan.networks for plan in catalogue.plans)


def test_a_seller_adds_a_kind_of_plans(folder: Path) -> None:
    line = spoil(folder / "plans.yml", "kind: nz_travel", "kind: europe")
    with pytest.raises(CatalogueError, match=rf"plans.yml:{line}: .*europe is not in plan_kinds.yml"):
        load_catalogue(folder)
    with (folder / "plan_kinds.yml").open("a", encoding="utf-8") as file:
        file.write("  - {id: europe, use: several, name_en: Europe plans, name_zh: 欧洲套餐}\n")
    assert load_catalogue(folder).plans[0].kind == "europe"


def test_refund_terms_differ_visibly(catalogue: Catalogue) -> None:
    policies = [provider.refund_policy for provider in catalogue.providers]
    assert len(set(policies)) == len(policies)
    assert any((p.window_days, p.data_limit_mb) == (7, 500) for p in policies)
    assert any(p.window_days == 30 and not p.installed_refundable for p in policies)
    assert any(p.window_days >= 180 and p.fee_minor for p in policies)
    assert any(p.paid_to == "credit" for p in policies)
    assert any(p.window_days == 0 and p.window_from == "delivery" for p in policies)
    assert {p.exchange_allowed for p in policies} == {True, False}


def test_names_exist_in_both_languages_and_chinese_is_simplified(catalogue: Catalogue) -> None:
    for device in catalogue.devices:
        assert device.esim != "depends" or "EID" in str(device.note_en)
        assert device.esim != "depends" or "EID" in str(device.note_zh)
    for entry in (*catalogue.destinations, *catalogue.regions, *catalogue.operators, *catalogue.devices):
        for alias in entry.aliases:
            assert to_simplified(alias) == alias
    for place in catalogue.destinations:
        assert HAN.search(place.name_zh)
        assert not HAN.search(place.name_en)
    assert sum(any(HAN.search(alias) for alias in device.aliases) for device in catalogue.devices) >= 80


def test_norway_and_no_are_texts(catalogue: Catalogue) -> None:
    assert "NO" in {destination.country for destination in catalogue.destinations}
    assert {device.esim for device in catalogue.devices} == {"yes", "no", "depends"}


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "plans",
            "price_minor: 1490",
            "price_minor: cheap",
            "plans[0].price_minor: Input should be a valid integer (expected a whole number, 0 or more)",
        ),
        (
            "plans",
            "price_minor: 1490",
            "price_minor: 14.90",
            "plans[0].price_minor: Input should be a valid integer (expected a whole number, 0 or more)",
        ),
        (
            "plans",
            "days: 7",
            "days: 0",
            "plans[0].days: Input should be greater than 0 (expected a whole number above 0)",
        ),
        ("plans", "kind: nz_travel", "kind: moon", "plans[0].kind: moon is not in plan_kinds.yml"),
        (
            "plans",
            "hotspot: true",
            "hotspot: maybe",
            "plans[0].hotspot: Input should be a valid boolean (expected true or false)",
        ),
        (
            "plans",
            "name_en: New Zealand 3 GB, 7 days",
            "nome_en: typo",
            "plans[0].nome_en: Extra inputs are not permitted",
        ),
        (
            "plans",
            "provider_id: kiwi-roam",
            "provider_id: nobody",
            "plans[0].provider_id: nobody is not in providers.yml",
        ),
        ("plans", "operator: One NZ", "operator: Two NZ", "plans[0].networks[0]: Two NZ in NZ is not in operators.yml"),
        ("plans", "data_mb: 3072", "throttle_kbps: 100", "plans[0]: a plan without data_mb is unlimited"),
        (
            "providers",
            "email: help@kiwiroam.example.com",
            "email: nobody",
            "providers[0].email: String should match pattern",
        ),
        (
            "providers",
            "window_days: 7",
            "window_days: -7",
            "providers[0].refund_policy.window_days: Input should be greater than or equal to 0",
        ),
        ("providers", "id: longcloud", "id: kiwi-roam", "providers[1]: 'kiwi-roam' already names kiwi-roam"),
        ("devices", "    esim: yes", "    esim: perhaps", "devices[0].esim: Input should be "),
        (
            "promotions",
            "plan_id: kiwi-nz-5gb-15d",
            "plan_id: globe-nz-10gb-15d",
            "promotions[0].plan_id: kiwi-roam has no plan globe-nz-10gb-15d",
        ),
        ("promotions", "ends: 25", "ends: -25", "promotions[0]: ends must be after starts"),
        (
            "promotions",
            "ends: 25",
            "ends: soon",
            "promotions[0].ends: Input should be a valid number, unable to parse string as a number "
            "(expected days from today, or a date such as 2026-12-01)",
        ),
        ("incidents", "region: Queenstown", "region: Atlantis", "incidents[0].region: Atlantis is not in regions.yml"),
        ("operators", "name: Skinny", "name: Spark", "operators[1]: 'Spark' already names Spark"),
        ("regions", "name: Waiheke Island", "colour: blue", "regions[1].name: Field required"),
    ],
)
def test_a_fault_is_named_with_its_line(folder: Path, file: str, old: str, new: str, message: str) -> None:
    path = folder / f"{file}.yml"
    line = spoil(path, old, new)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    told = str(caught.value).splitlines()
    matching = [fault for fault in told if message in fault]
    assert matching, told
    named = int(matching[0].removeprefix(f"{path}:").split(":")[0])
    # a fault of a whole entry is told at its first line
    assert 0 <= line - named <= 9
    assert named == line or not message.split(":")[0].count(".")


def test_the_path_is_told_from_the_projects_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(settings, "ROOT", folder.parent)
    line = spoil(folder / "plans.yml", "price_minor: 1490", "price_minor: cheap")
    with pytest.raises(CatalogueError, match=rf"^catalogue/plans\.yml:{line}: plans\[0\]\.price_minor: "):
        load_catalogue(folder)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("plans:\n  - {id: a\n", "not valid YAML"),
        ("plans: 3\n", "one list named plans"),
        ("", "one list named plans"),
        ("tarifs: []\n", "one list named plans"),
        ("plans:\n  - id: a\n    id: b\n", "plans.yml:3: plans[0].id: is given twice"),
    ],
)
def test_a_file_that_is_no_list_is_told(folder: Path, text: str, problem: str) -> None:
    (folder / "plans.yml").write_text(text)
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    assert problem in str(caught.value)


def test_every_fault_is_told_at_once(folder: Path) -> None:
    spoil(folder / "plans.yml", "price_minor: 1490", "price_minor: cheap")
    spoil(folder / "devices.yml", "menu_family: iphone", "menu_family: abacus")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(folder)
    assert {line.rsplit("/", 1)[1].split(":")[0] for line in str(caught.value).splitlines()} == {
        "plans.yml",
        "devices.yml",
    }


def test_a_missing_file_is_told_except_the_optional_ones(folder: Path) -> None:
    for name in ("error_messages", "tried_steps"):
        (folder / f"{name}.yml").unlink(missing_ok=True)
    catalogue = load_catalogue(folder)
    assert catalogue.error_messages == ()
    assert catalogue.tried_steps == ()
    load_catalogue.cache_clear()
    (folder / "regions.yml").unlink()
    with pytest.raises(CatalogueError, match=r"regions\.yml:1: the file is missing"):
        load_catalogue(folder)


def test_offers_may_have_calendar_dates(folder: Path) -> None:
    spoil(folder / "promotions.yml", "starts: -20, ends: 25", "starts: 2026-12-01, ends: 2027-01-31")
    assert str(load_catalogue(folder).promotions[0].ends) == "2027-01-31"
    load_catalogue.cache_clear()
    spoil(folder / "promotions.yml", "ends: 2027-01-31", "ends: 3")
    with pytest.raises(CatalogueError, match="must both be"):
        load_catalogue(folder)


@given(st.text(max_size=200))
def test_no_text_breaks_the_loader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "operators.yml").write_text(text, encoding="utf-8", errors="replace")
    with pytest.raises(CatalogueError):
        load_catalogue(folder)
