"""Who may import whom: actions and desk → troubleshooting → orders; the assistant knows none of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercare.settings import ROOT

# modules anybody may import
LEAVES = {
    f"aftercare.{name}"
    for name in (
        "amounts",
        "settings",
        "database",
        "prepared",
        "language",
        "catalogue",
        "identifiers",
        "negation",
        "training",
    )
}
BELOW = {"aftercare.troubleshooting", "aftercare.orders", "aftercare.articles", "aftercare.documents"}
ALLOWED = {
    "aftercare/orders": {"aftercare.orders"},
    "aftercare/troubleshooting": {"aftercare.troubleshooting", "aftercare.orders"},
    "aftercare/articles": {"aftercare.articles"},
    "aftercare/documents": {"aftercare.documents", "aftercare.orders"},
    "aftercare/assistant": {"aftercare.assistant"},
    "aftercare/desk": {"aftercare.desk", *BELOW},
    "actions": {"actions", *BELOW},
}
# third parties that would tie a part to something it must not know
FORBIDDEN = {
    "aftercare/orders": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba"},
    "aftercare/troubleshooting": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sqlalchemy"},
    "aftercare/articles": {"rasa", "rasa_sdk", "aiohttp", "sanic"},
    "aftercare/documents": {"rasa", "rasa_sdk", "aiohttp", "sanic"},
    "aftercare/assistant": {"rasa_sdk", "tensorflow"},
    "aftercare/desk": {"rasa", "rasa_sdk", "sanic", "spacy", "jieba", "sklearn"},
    "actions": {"rasa", "aiohttp", "sanic", "spacy", "jieba", "sklearn"},
}


def modules_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, also those inside functions; `from aftercare import x` counts as aftercare.x."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            levels = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*levels, *([node.module] if node.module else [])])
            if source in ("aftercare", "actions"):
                yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, source


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_part_imports_only_what_it_may_know(folder: str) -> None:
    assert modules_of(folder)
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in modules_of(folder)
        for line, module in imports(path)
        if within(module, {"aftercare", "actions"}) and not within(module, LEAVES | ALLOWED[folder])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_part_is_not_tied_to_a_foreign_library(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in modules_of(folder)
        for line, module in imports(path)
        if within(module, FORBIDDEN[folder])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("leaf", sorted(LEAVES))
def test_a_leaf_imports_only_leaves(leaf: str) -> None:
    path = ROOT / f"{leaf.replace('.', '/')}.py"
    wrong = [module for _, module in imports(path) if within(module, {"aftercare", "actions"}) and module not in LEAVES]
    assert not wrong


def test_every_folder_with_code_has_its_rules() -> None:
    packages = {path.name for path in (ROOT / "aftercare").iterdir() if any(path.glob("*.py"))}
    tools = {"evaluation", "bench"}  # run by hand, imported by nobody
    assert {f"aftercare/{name}" for name in packages - tools} | {"actions"} == set(ALLOWED)


@pytest.mark.parametrize("path", [*modules_of("aftercare"), *modules_of("actions")], ids=str)
def test_a_module_says_why_it_exists(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not tree.body:
        return  # an empty __init__.py
    docstring = ast.get_docstring(tree)
    assert docstring, f"{path.relative_to(ROOT)} has no docstring"
    assert docstring.splitlines()[0].endswith((".", ":", "?")), docstring


def test_no_tensorflow_component_is_configured() -> None:
    config = (ROOT / "config.yml").read_text(encoding="utf-8")
    for name in (
        "DIETClassifier",
        "TEDPolicy",
        "ResponseSelector",
        "UnexpecTEDIntentPolicy",
        "LanguageModelFeaturizer",
    ):
        assert name not in config
