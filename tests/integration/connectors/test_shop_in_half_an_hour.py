"""A shop with a database of its own shape gets real answers by following docs/connectors/orders.md, step by step."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from aftercare.base.settings import ROOT
from aftercare.catalogue.load import load_catalogue
from tests.support.running_stack import Stack, running_stack, stack_environment
from tests.support.shop_database import make_shop, place_order

PAGE = (ROOT / "docs" / "connectors" / "orders.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's code blocks of one language, without their indentation in a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def settings_of(folder: Path) -> dict[str, str]:
    """What the page has an engineer write into .env, with the places of this machine."""
    env = folder / "env"
    lines = [block for block in blocks("sh") if re.match(r"[A-Z_]+=", block)]
    env.write_text("\n".join(lines))
    values = {name: value or "" for name, value in dotenv_values(env).items()}
    assert set(values) == {"DEMO_ORDERS", "ORDER_NUMBER_PATTERNS", "ORDERS_SQL", "ORDERS_SQL_URL"}
    return values | {
        "ORDERS_SQL": str(folder / values["ORDERS_SQL"]),
        "ORDERS_SQL_URL": values["ORDERS_SQL_URL"].replace("/srv/shop", str(folder)),
    }


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Stack, dict[str, str], Path]]:
    plans = [plan for plan in load_catalogue().plans if plan.data_mb]
    with tempfile.TemporaryDirectory(prefix="aftercare-shop-") as name:
        folder = Path(name)
        make_shop(folder / "shop.db", plans[0].id, plans[1].id)
        mapping = blocks("yaml")[0]
        assert yaml.safe_load(mapping)["table"] == "bestellung"
        settings = settings_of(folder)
        (folder / "shop.yml").write_text(mapping)
        with running_stack(folder / "var", **settings) as running:
            yield running, settings, folder


def command(stack: Stack, settings: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aftercare.run.cli", *words],
        cwd=ROOT,
        env=stack_environment(stack.var, ROOT, settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told(stack: Stack, sender: str, text: str) -> str:
    return "\n".join(str(message.get("text") or "") for message in stack.turn(sender, text)["messages"])


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_find_the_orders(shop: tuple[Stack, dict[str, str], Path]) -> None:
    stack, settings, _ = shop
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("aftercare orders p")]
    commands += [line for block in blocks("sh") for line in block.splitlines() if line.startswith("aftercare orders f")]
    assert commands == ["aftercare orders pull", "aftercare orders find SHOP-4711"]
    pulled, found = (command(stack, settings, *line.split()[1:]) for line in commands)
    assert "2 added" in pulled or "2 as they were" in pulled  # the desk may have been faster
    assert [line.split()[0] for line in found.splitlines()] == ["SHOP-4711", "SHOP-4711/2"]
    assert "NZ10000001" not in (stack.var / "up.log").read_text()  # no demo order is recommended where there are none


@pytest.mark.timeout(300)
def test_a_traveller_gets_answers_about_their_order(shop: tuple[Stack, dict[str, str], Path]) -> None:
    stack, _, _ = shop
    asked = told(stack, "ana", "Where is my order?")
    assert "SHOP-4711" in asked  # the example of what a number looks like
    assert "NZ1" not in asked
    proven = told(stack, "ana", "It's shop 4711, ana.lopez@example.com")
    assert "SHOP-4711/2" in proven
    assert "2 eSIMs" in proven
    answered = told(stack, "ana", "How much data do I have left?")
    data = next(plan for plan in load_catalogue().plans if plan.data_mb).data_mb
    assert data is not None
    assert f"{data / 1024:.1f}".removesuffix(".0") in answered
    assert "SHOP-4711/2" in told(stack, "ana", "And SHOP-4711/2?")


@pytest.mark.timeout(300)
def test_a_traveller_is_answered_in_chinese_too(shop: tuple[Stack, dict[str, str], Path]) -> None:
    stack, _, _ = shop
    told(stack, "ana-zh", "我想退款")
    proven = told(stack, "ana-zh", "订单号ＳＨＯＰ４７１１，邮箱 ana.lopez@example.com")
    assert "2 个 eSIM" in proven
    assert "NZ$" in proven  # a decision with its amount


@pytest.mark.timeout(300)
def test_an_order_placed_a_moment_ago_is_found(shop: tuple[Stack, dict[str, str], Path]) -> None:
    stack, _, folder = shop
    plan = next(plan for plan in load_catalogue().plans if plan.data_mb)
    place_order(folder / "shop.db", "SHOP-4790", "mia@example.com", plan.id)  # the desk looks every 60 s
    proven = told(stack, "mia", "Where is my order SHOP-4790? My e-mail is mia@example.com")
    assert plan.name_en in proven
