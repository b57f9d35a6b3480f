"""Rasa has what our patches need; what moved is named; nobody else uses a private name of Rasa's."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import rasa.shared.utils.io
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.engine.storage.resource import Resource
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain
from rasa.shared.core.slot_mappings import SlotMapping

from aftercare.base.foreign import Foreign, ForeignNameMoved, moved
from aftercare.base.settings import ROOT
from aftercare.rasa_components import patches
from aftercare.understanding import chinese_words, dictionary_words

FOLDERS = (
    "aftercare/articles",
    "aftercare/rasa_components",
    "aftercare/run",
    "aftercare/training",
    "aftercare/understanding",
    "actions",
)
PLACES = {"aftercare/rasa_components/patches.py"}
MODULES = [
    path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in str(path)
]


@pytest.fixture(autouse=True)
def verify_anew() -> Iterator[None]:
    patches.verify.cache_clear()
    yield
    patches.verify.cache_clear()


@pytest.mark.parametrize(
    "name",
    [*patches.USED, *patches.USED_BY_BROKER, *chinese_words.USED, *dictionary_words.USED],
    ids=lambda name: name.place,
)
def test_the_library_has_what_we_use(name: Foreign) -> None:
    assert moved([name]) == []


def test_a_renamed_method_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RemoteAction, "_check_action_result", RemoteAction._validate_action_result, raising=False)
    monkeypatch.delattr(RemoteAction, "_validate_action_result")
    with pytest.raises(ForeignNameMoved, match=r"RemoteAction\._validate_action_result is gone"):
        patches.patch_classes(lambda _agent: None)
    assert not hasattr(RemoteAction, "_validate_action_result")


def test_a_changed_signature_stops_the_start_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run_action(self: Any, action: Any, tracker: Any, output_channel: Any, nlg: Any) -> None: ...

    monkeypatch.setattr(MessageProcessor, "_run_action", run_action)
    fault = r"MessageProcessor\._run_action takes \(self, .*, nlg\) instead of \(self, .*, nlg, prediction\)"
    with pytest.raises(ForeignNameMoved, match=fault):
        patches.verify()


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def own_names(tree: ast.AST) -> set[str]:
    """Private names that a module itself defines: functions, classes, variables, attributes of `self`."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return names | {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_private_names_of_others_are_used_in_one_place(path: Path) -> None:
    if str(path.relative_to(ROOT)) in PLACES:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = own_names(tree) | {
        "_asdict",
        "_exit",
        "_mapping",
        "_replace",
    }  # promised by namedtuple, os and SQLAlchemy
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and private(node.attr)}
    assert used <= allowed, f"{sorted(used - allowed)} belong to another library"
    assert not any(isinstance(node, ast.Attribute) and node.attr in ("__new__", "__dict__") for node in ast.walk(tree))


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "aftercare/rasa_components").glob("*.py")),
    ids=lambda path: path.stem,
)
def test_no_class_of_ours_replaces_a_private_method_elsewhere(path: Path) -> None:
    if str(path.relative_to(ROOT)) in PLACES:
        return
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for _, kind in inspect.getmembers(module, inspect.isclass):
        if kind.__module__ != module.__name__:
            continue
        foreign = [base for base in kind.__mro__ if base.__module__.partition(".")[0] == "rasa"]
        replaced = {name for name in vars(kind) if private(name) and any(name in vars(base) for base in foreign)}
        assert not replaced - {"_abc_impl"}, f"{kind.__name__} replaces {sorted(replaced)}"


def test_a_models_domain_is_read_once_and_is_the_one_rasa_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Domain.load(str(ROOT / "domain.yml")).persist(tmp_path / "domain.yml")

    class Stored:
        @contextmanager
        def read_from(self, _resource: Resource) -> Iterator[Path]:
            yield tmp_path

    rasas = DomainProvider.load({}, Stored(), Resource("domain"), None)
    for owner, name in (
        (Agent, "load_model"),
        (RemoteAction, "_validate_action_result"),
        (SlotMapping, "_get_active_loop_ignored_intents"),
        (DomainProvider, "load"),
    ):
        monkeypatch.setattr(owner, name, vars(owner)[name])  # is put back
    patches.patch_classes(lambda _agent: None)
    texts: list[str] = []
    parse = rasa.shared.utils.io.read_yaml
    monkeypatch.setattr(rasa.shared.utils.io, "read_yaml", lambda text: texts.append(text) or parse(text))
    ours = DomainProvider.load({}, Stored(), Resource("domain"), None)
    assert len(texts) == 1
    assert ours.provide_inference().as_dict() == rasas.provide_inference().as_dict()
    assert ours.provide_inference().fingerprint() == rasas.provide_inference().fingerprint()
