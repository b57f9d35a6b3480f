"""The widget's modules as files: who imports whom, how long they are, and how they are sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web

from aftercare.staff.ui.static_files import FOLDER as STAFF
from aftercare.web import widget
from aftercare.web.widget import FOLDER, widget_assets

SDK = sorted((FOLDER / "sdk").glob("*.js"))
UI = sorted((FOLDER / "ui").glob("*.js"))
TEXTS = sorted((FOLDER / "texts").glob("*.js"))
INBOX = sorted((STAFF / "inbox").glob("*.js"))
ASK = STAFF / "ask.js"  # of every page of the desk
NEWS_WORKER = STAFF / "inbox" / "news-worker.js"  # an entry of its own
IMPORT = re.compile(r'(?:^import|^\} from|^import .* from) "([^"]+)";', re.MULTILINE)
LONGEST = 360  # lines


def imports(path: Path) -> set[Path]:
    """The modules a module imports."""
    return {(path.parent / name).resolve() for name in IMPORT.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", SDK, ids=lambda path: path.name)
def test_the_sdk_knows_nothing_of_the_screen(path: Path) -> None:
    assert imports(path) <= set(SDK)
    assert not re.search(r"\.\./ui/|createElement|querySelector|HTMLElement", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*UI, *INBOX], ids=lambda path: path.name)
def test_a_module_imports_modules_that_exist(path: Path) -> None:
    assert imports(path) <= {*SDK, *UI} if path in UI else imports(path) <= {*INBOX, ASK}


@pytest.mark.parametrize(
    ("entry", "modules"),
    [(FOLDER / "widget.js", {*SDK, *UI}), (STAFF / "inbox" / "inbox.js", set(INBOX) - {NEWS_WORKER})],
    ids=["widget", "inbox"],
)
def test_an_entry_names_every_module(entry: Path, modules: set[Path]) -> None:
    assert len(modules) > 10
    assert imports(entry) == modules - {entry}  # one found later comes a round trip later


def test_modules_import_each_other_without_circles() -> None:
    left = {path: imports(path) for path in (*SDK, *UI, *INBOX)}
    while left:
        free = {path for path, needs in left.items() if not needs & left.keys()}
        assert free, sorted(path.name for path in left)
        left = {path: needs for path, needs in left.items() if path not in free}


@pytest.mark.parametrize("path", [*SDK, *UI, *INBOX], ids=lambda path: path.name)
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_what_is_sent_is_small_and_without_comments() -> None:
    assets = widget_assets()
    sizes = {path: len(asset.compressed) for path, asset in assets.items()}
    texts = [size for path, size in sizes.items() if "/texts/" in path]
    assert len(texts) == len(TEXTS)
    assert sum(sizes.values()) - sum(texts) + max(texts) <= 30_000  # a page loads the texts of its language only
    for path, asset in assets.items():
        text = re.sub(r"`[^`]*`", "``", asset.body.decode())
        assert not re.search(r"/\*\*|^\s*//|^ +|\n\n", text, re.MULTILINE), path


def test_the_modules_share_one_address_by_their_content() -> None:
    names = set(widget_assets()) - {"/widget.js"}
    assert len({name.split("/")[2] for name in names}) == 1
    sent = {Path(*Path(name).parts[3:]) for name in names}
    assert sent == {path.relative_to(FOLDER) for path in (*SDK, *UI, *TEXTS)}
    entry = widget_assets()["/widget.js"].body.decode()
    assert all(f'"./{name.removeprefix("/")}"' in entry for name in names if "/texts/" not in name)


def test_the_dictionaries_for_traditional_are_not_loaded_before_somebody_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    converted: list[str] = []
    monkeypatch.setattr(widget, "to_traditional", lambda text: converted.append(text) or text)
    widget.add_routes(web.Application())
    assert converted == []
