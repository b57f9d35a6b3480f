"""Rasa is the version that vendor/rasa_compat adapts, and what is adapted still stands in its source."""

from __future__ import annotations

import ast
import inspect
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
import rasa.cli.scaffold
import rasa.core.tracker_store
import rasa.nlu.test
import rasa.telemetry
import rasa_compat.hook
from rasa_compat.adaptations import ADAPTATIONS
from rasa_compat.hook import VERSIONS
from rasa_compat.loading import Adaptation

from aftercare.base.settings import ROOT

SITE = Path(rasa_compat.hook.__file__).parents[1]
REPLACED = {
    rasa.cli.scaffold: ["create_initial_project"],
    rasa.core.tracker_store: [
        "ensure_schema_exists",
        "SQLTrackerStore.get_db_url",
        "SQLTrackerStore._create_database_and_update_engine",
        "SQLTrackerStore._create_database",
    ],
    rasa.nlu.test: ["_calculate_report"],
    rasa.telemetry: ["initialize_error_reporting"],
}


def source(adaptation: Adaptation) -> str:
    return (SITE / f"{adaptation.module.replace('.', '/')}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", VERSIONS)
def test_the_version_is_the_adapted_one(name: str) -> None:
    assert version(name) == VERSIONS[name], f"{name}: go through vendor/rasa_compat line by line, then change VERSIONS"


def test_the_package_has_the_version_of_rasa() -> None:
    assert version("rasa-compat") == VERSIONS["rasa"]


def test_what_is_installed_is_what_lies_here() -> None:
    for here in [*(ROOT / "vendor/rasa_compat/rasa_compat").glob("*.py"), ROOT / "vendor/rasa_compat/rasa_compat.pth"]:
        installed = SITE / here.relative_to(ROOT / "vendor/rasa_compat")
        assert installed.read_bytes() == here.read_bytes(), "reinstall it: uv sync --reinstall-package rasa-compat"


@pytest.mark.parametrize("adaptation", ADAPTATIONS, ids=lambda each: each.module)
def test_each_line_that_made_it_necessary_is_still_there(adaptation: Adaptation) -> None:
    lines = source(adaptation).splitlines()
    gone = [line for line in adaptation.lines if line not in lines]
    assert not gone, f"{adaptation.module} has changed: what does Rasa do there now?"
    assert adaptation.lines
    assert adaptation.reason


@pytest.mark.parametrize("adaptation", ADAPTATIONS, ids=lambda each: each.module)
def test_each_reply_answers_an_import_of_the_module(adaptation: Adaptation) -> None:
    asked: set[str] = set()
    for node in ast.walk(ast.parse(source(adaptation))):
        if isinstance(node, ast.Import):
            asked |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            asked.add(node.module or "")
    assert set(adaptation.imports) <= asked


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in REPLACED.items() for name in names], ids=str
)
def test_a_replaced_function_takes_what_rasa_s_own_takes(module: object, name: str) -> None:
    *_, wanted = [
        [argument.arg for argument in node.args.args]
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8")))  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef) and node.name == name.rpartition(".")[2]
    ]
    ours = module
    for part in name.split("."):
        ours = getattr(ours, part)
    assert list(inspect.signature(ours).parameters) == wanted  # type: ignore[arg-type]
    assert "rasa_compat" in inspect.getsourcefile(ours)  # type: ignore[arg-type, operator]


def test_every_adapted_module_is_explained_in_the_documentation() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    missing = [each.module for each in ADAPTATIONS if f"`{each.module}`" not in page]
    assert not missing


def test_packages_that_stand_ins_replace_are_absent() -> None:
    """A stand-in that nobody gets would not be tested by anything."""
    wanted = {each.unless_installed for each in ADAPTATIONS}
    wanted |= {reply.unless_installed for each in ADAPTATIONS for reply in each.imports.values()}
    assert [name for name in wanted - {""} if find_spec(name)] == []
