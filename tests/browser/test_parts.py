"""The widget's modules by themselves, in the browser that runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from aftercare.base.settings import DATA
from aftercare.web.widget import FOLDER, widget_assets

MODULES = {Path(path).name: path for path in widget_assets()}


@pytest.fixture(scope="module")
def call(browser: Browser, desk: Any) -> Iterator[Callable[..., Any]]:
    """`call(module, expression, argument)`: evaluates an expression of `m` (the module) and `a` (the argument)."""
    page: Page = browser.new_page()
    page.goto(f"{desk.url}/shop")

    def run(module: str, expression: str, argument: Any = None) -> Any:
        return page.evaluate(
            f"async (a) => {{ const m = await import('{MODULES[module]}'); return {expression}; }}", argument
        )

    yield run
    page.close()


LANGUAGES = [path.stem for path in sorted((FOLDER / "texts").glob("*.js"))]


def test_every_text_exists_in_every_language_with_the_same_placeholders(call: Callable[..., Any]) -> None:
    assert sorted(call("texts.js", "m.NAMES")) == LANGUAGES
    texts = {language: call(f"{language}.js", "m.default") for language in LANGUAGES}

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items()}
        if isinstance(value, list):
            return [shape(each) for each in value]
        assert value.strip()
        return sorted(part.split("}")[0] for part in value.split("{")[1:])

    assert {language: shape(each) for language, each in texts.items()} == dict.fromkeys(texts, shape(texts["en"]))


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("ja", ("英語", "中国語")),
        ("ko", ("영어", "중국어")),
        ("de", ("Englisch", "Chinesisch")),
        ("fr", ("anglais", "chinois")),
        ("es", ("inglés", "chino")),
    ],
)
def test_a_language_of_the_frame_says_which_ones_the_assistant_speaks(
    call: Callable[..., Any], language: str, spoken: tuple[str, str]
) -> None:
    assert all(name in call(f"{language}.js", "m.default.welcome") for name in spoken)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("fr", "fr"),
        ("de-AT", "de"),
        ("ja-JP", "ja"),
        ("ko_KR", "ko"),
        ("es-419", "es"),
        ("it", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_tag(call: Callable[..., Any], tag: str, language: str) -> None:
    assert call("language.js", "m.fromTag(a)", tag) == language


def test_no_regular_expression_looks_behind() -> None:
    """Safari before 16.4 refuses the whole module of such a literal."""
    found = [path.name for path in FOLDER.rglob("*.js") if re.search(r"\(\?<[=!]", path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6 GB left, 1.5 gb used", "6\u00a0GB left, 1.5\u00a0gb used"),
        ("套餐还有 512 MB。", "套餐还有 512\u00a0MB。"),
        ("Settings > Connections > SIM manager", "Settings\u00a0> Connections\u00a0> SIM manager"),
        ("30 days, 2 gbps, a GB", "30 days, 2 gbps, a GB"),
    ],
)
def test_where_a_line_may_not_break(call: Callable[..., Any], text: str, shown: str) -> None:
    assert call("dom.js", "m.linked(a)", text) == [shown]


def test_links_are_web_addresses_without_the_punctuation_after_them(call: Callable[..., Any]) -> None:
    links = "m.linked(a).filter((part) => part.href).map((part) => part.href)"
    assert call("dom.js", links, "看这里：https://a.example/x，或 http://b.example/?q=1.") == [
        "https://a.example/x",
        "http://b.example/?q=1",
    ]
    assert (
        call("dom.js", links, "javascript:alert(1) data:text/html,x ftp://c.example https:// file:///etc/passwd") == []
    )


def test_a_long_address_is_shown_short_and_leads_to_all_of_it(call: Callable[..., Any]) -> None:
    address = "https://desk.example/media/" + "a" * 120 + "." + "b" * 22
    shown, href = call(
        "dom.js", "m.linked(a).filter((part) => part.href).map((p) => [p.textContent, p.href])[0]", address
    )
    assert len(shown) == 48
    assert shown.startswith("desk.example/media/aaa")
    assert shown.endswith("…")
    assert href == address


def test_a_file_of_the_desk_is_named_and_one_elsewhere_is_not(call: Callable[..., Any]) -> None:
    text = "https://desk.example/media/a.b https://other.example/media/a.b https://desk.example/shop"
    linked = "m.linked(a, 'https://desk.example', 'The file').filter((part) => part.href).map((p) => p.textContent)"
    assert call("dom.js", linked, text) == ["The file", "https://other.example/media/a.b", "https://desk.example/shop"]


def test_the_link_that_installs_is_a_button_and_not_a_cut_address(call: Callable[..., Any]) -> None:
    address = (
        "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA:1$smdp.kiwiroam.example.com$KA0E6-A16A3"
    )
    linked = "m.linked(a, '', '', 'Install').filter((part) => part.href).map((p) => [p.textContent, p.href])"
    assert call("dom.js", linked, f"Tap here: {address}") == [["Install", address]]


def test_pictures_come_from_the_desk_or_inline_only(call: Callable[..., Any]) -> None:
    url = "m.pictureUrl(a, 'https://desk.example')"
    assert call("dom.js", url, "/media/abc-1") == "https://desk.example/media/abc-1"
    assert call("dom.js", url, "data:image/png;base64,AAAA") == "data:image/png;base64,AAAA"
    for image in (
        "//evil.example/x",
        "https://evil.example/x",
        "data:text/html;base64,AAAA",
        "/media/../api",
        "javascript:1",
    ):
        assert call("dom.js", url, image) is None


def test_the_colour_gets_a_text_that_can_be_read_on_it(call: Callable[..., Any]) -> None:
    assert call("style.js", "m.accentOf(a)", "#ffcc00")["onAccent"] == "#000000"
    navy = "rgb(0, 0, 128)"
    rings = {
        "light": navy,
        "dark": None,
    }  # its lines cannot be seen on the dark paper, so the widget's own colour stays
    assert call("style.js", "m.accentOf(a)", "navy") == {"accent": navy, "onAccent": "#ffffff", "rings": rings}
    assert call("style.js", "m.accentOf(a).rings", "#ffffcc") == {"light": None, "dark": "rgb(255, 255, 204)"}
    for wrong in ("", "red; background: url(x)", "no colour"):
        assert call("style.js", "m.accentOf(a)", wrong) is None


def test_the_shop_shows_the_demo_orders_that_exist() -> None:
    shown = json.loads((FOLDER / "shop" / "orders.json").read_text(encoding="utf-8"))
    seeded = yaml.safe_load((DATA / "demo" / "orders.yml").read_text(encoding="utf-8"))["orders"]
    known = {order["number"]: order["email"] for order in seeded}
    assert len(shown) == 14
    for order in shown:
        assert known[order["number"]] == order["email"]
        assert all(order[key].strip() for key in ("en", "zh", "ask_en", "ask_zh"))


def test_the_entry_asks_for_all_parts_at_once() -> None:
    entry = (FOLDER / "widget.js").read_text(encoding="utf-8")
    parts = {path.relative_to(FOLDER).as_posix() for part in ("sdk", "ui") for path in (FOLDER / part).glob("*.js")}
    assert len(parts) > 13
    assert set(re.findall(r'"\./([^"]+)"', entry)) == parts  # one found later comes a round trip later
