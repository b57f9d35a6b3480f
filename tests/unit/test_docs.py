"""Documentation stays true: every path, link, command, setting and order it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from typer.main import get_command

from aftercare.base.settings import ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.run.cli import app

DOCS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCS += sorted((ROOT / "data").rglob("README.md"))
# top-level names that make a backticked text a path of ours; what a running copy makes is not in the repository
TOP = {path.name for path in ROOT.iterdir()} - {".venv", "var", "models"}
MADE_WHILE_RUNNING = ("var/", ".venv/", "models/")

each = pytest.mark.parametrize("doc", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


def text(doc: Path) -> str:
    return doc.read_text(encoding="utf-8")


def quoted(doc: Path) -> list[str]:
    """What stands in backticks inside a line."""
    without_blocks = re.sub(r"```.*?```", "", text(doc), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", without_blocks)


def code(doc: Path) -> str:
    """Everything in backticks and code blocks."""
    return "\n".join([*re.findall(r"```.*?```", text(doc), flags=re.DOTALL), *quoted(doc)])


@each
def test_every_path_exists(doc: Path) -> None:
    places = (ROOT, doc.parent, ROOT / "data")
    missing = []
    for name in quoted(doc):
        if not re.fullmatch(r"[\w.*/-]+", name) or name.startswith(("/", *MADE_WHILE_RUNNING)):
            continue
        looks_like_a_path = name.split("/")[0] in TOP or re.search(r"\.(py|yml|yaml|md|toml|lock|sh)$", name)
        if looks_like_a_path and not any(list(place.glob(name.rstrip("/"))) for place in places):
            missing.append(name)
    assert not missing


@each
def test_every_link_leads_somewhere(doc: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(doc)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, heading = target.partition("#")
        found = (doc.parent / path).resolve() if path else doc
        assert found.is_file() or found.is_dir(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", text(found), flags=re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings}, target


@each
def test_every_make_target_exists(doc: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", code(doc))) <= targets


@each
def test_every_command_exists(doc: Path) -> None:
    command = get_command(app)
    for words in re.findall(r"\baftercare ((?:[a-z-]+)(?: [a-z-]+)?)", code(doc)):
        first, _, second = words.partition(" ")
        assert first in command.commands, f"aftercare {first}"
        nested = getattr(command.commands[first], "commands", None)
        if nested is not None and second:
            assert second in nested, f"aftercare {words}"


@each
def test_every_setting_exists(doc: Path) -> None:
    known = set(dotenv_values(ROOT / ".env.example"))
    upper = re.findall(r"(?<![\w/.])([A-Z]+(?:_[A-Z]+)+)(?![\w/])", code(doc))
    assert set(upper) <= known


def demo_orders() -> dict[str, str]:
    orders = read_yaml(ROOT / "data/demo/orders.yml")["orders"]
    return {order["number"]: order["email"] for order in orders}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_the_demo_orders(name: str) -> None:
    rows = re.findall(r"^\| (NZ\d{8}) \| (\S+) \|", text(ROOT / name), flags=re.MULTILINE)
    demo = demo_orders()
    assert len(rows) == 14
    assert {number: demo.get(number) for number, _ in rows} == dict(rows)


def test_both_readmes_name_the_same_things() -> None:
    english, chinese = (set(quoted(ROOT / name)) for name in ("README.md", "README.zh-CN.md"))
    assert english == chinese


def test_the_readme_is_short() -> None:
    assert len(text(ROOT / "README.md").splitlines()) < 120
