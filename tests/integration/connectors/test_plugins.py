"""Connectors that another package brings by its entry points: used by the running desk, or refused in clear words."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import ROOT, Settings, settings
from aftercare.catalogue.load import load_catalogue
from aftercare.connectors.esim_rest import esim_provider
from aftercare.connectors.mail_smtp import configured_mailer
from aftercare.connectors.order_pull import order_source
from aftercare.connectors.payments import payment_provider
from aftercare.connectors.ports import ConnectorError
from aftercare.connectors.registry import PORTS
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Payout, Purchase
from tests.support.connector_package import OUR_CONNECTORS, install
from tests.support.waiting import eventually

OURS = {
    "aftercare.order_sources": {"ourshop": "our_connectors:OurShop"},
    "aftercare.payment_providers": {"ourbank": "our_connectors:OurBank"},
}
BUYER = "ana@example.com"


def order(number: str, **more: str) -> dict[str, str]:
    bought = (utc_now() - timedelta(hours=1)).isoformat()
    plan = next(plan.id for plan in load_catalogue().plans if plan.data_mb)
    return {
        "number": number, "email": BUYER, "currency": "NZD", "bought_at": bought, "updated_at": bought,
        "status": "delivered", "payment_reference": "transfer-in-1", "plan": plan, "amount": "22.90", **more,
    }  # fmt: skip


class Desk:
    """A desk in a process of its own, in whose environment the package is installed."""

    def __init__(self, var: Path, installed: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.shop, self.bank = var / "shop.json", var / "bank.txt"
        self.shop.write_text(json.dumps([order("SHOP-4711")]))
        self.bank.touch()
        self.environment = os.environ | {
            "PYTHONPATH": str(installed), "AFTERCARE_VAR": str(var), "DESK_PORT": str(port), "DEMO_ORDERS": "false",
            "RASA_URL": "http://127.0.0.1:9", "ORDER_NUMBER_PATTERNS": "SHOP-d{4,6}=SHOP-4711",
            "ORDERS_SQL": "ourshop", "OURSHOP_FILE": str(self.shop), "ORDERS_PULL_EVERY": "0.3",
            "PAYMENT_PROVIDER": "ourbank", "OURBANK_FILE": str(self.bank),
        }  # fmt: skip
        self.orders = open_engine(f"sqlite:///{var}/orders.db")

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "aftercare.run.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "aftercare.run.desk"],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stderr=subprocess.PIPE,
        )


def known(engine: Engine, number: str) -> str | None:
    with Session(engine, future=True) as session:
        return session.execute(sa.select(Purchase.source).where(Purchase.number == number)).scalar_one_or_none()


def approve(engine: Engine, number: str) -> str:
    """The key of the payout of its approved refund."""
    with Session(engine, future=True) as session:
        loaded = facts_for(session, number, utc_now())
        assert loaded is not None
        request, made = open_request(session, number, "refund", decide(*loaded, "refund"), "c1", utc_now())
        assert made
        session.commit()
        return f"payout:{session.execute(sa.select(Payout.id).where(Payout.request_id == request.id)).scalar_one()}"


def payout_state(engine: Engine) -> str:
    with Session(engine, future=True) as session:
        return str(session.execute(sa.select(Payout.state)).scalar_one())


async def test_the_desk_pulls_and_pays_by_connectors_of_another_package(
    tmp_path: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, install(tmp_path, "our_connectors", OUR_CONNECTORS, OURS))
    assert "1 added" in await asyncio.to_thread(desk.command, "orders", "pull")
    assert "from ourshop" in await asyncio.to_thread(desk.command, "orders", "find", "SHOP-4711")
    process = desk.serve()
    try:
        desk.shop.write_text(json.dumps([order("SHOP-4711"), order("SHOP-4712", email="ben@example.com")]))
        assert await eventually(lambda: known(desk.orders, "SHOP-4712")) == "ourshop"
        monkeypatch.setenv("PAYMENT_PROVIDER", "ourbank")  # here too, so that the refund goes to it
        settings.cache_clear()
        key = await asyncio.to_thread(approve, desk.orders, "SHOP-4711")
        await eventually(lambda: payout_state(desk.orders) == "sent")
        (paid,) = map(json.loads, desk.bank.read_text().splitlines())
        assert paid == [key, "transfer-in-1", 2290, "NZD"]
        address, news = f"{desk.url}/hooks/payments/ourbank", {"reference": "transfer-1", "key": key}
        async with http.post(address, json=news) as refused:
            assert refused.status == 401
        async with http.post(address, json=news, headers={"X-Bank": "genuine"}) as taken:
            assert (taken.status, await taken.json()) == (200, {"result": "taken"})
        assert payout_state(desk.orders) == "paid"
    finally:
        process.terminate()
        _, said = await asyncio.to_thread(process.communicate, timeout=30)
        desk.orders.dispose()
        settings.cache_clear()
    assert process.returncode == 0, said
    assert "Traceback" not in said


def test_a_connector_that_cannot_be_used_ends_the_start_in_one_line(tmp_path: Path) -> None:
    code = OUR_CONNECTORS.replace("def status(", "def state(")
    process = Desk(tmp_path, install(tmp_path, "our_connectors", code, OURS)).serve()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.strip().splitlines()[-1] == (
        "PAYMENT_PROVIDER: ourbank (our_connectors:OurBank of our-connectors 1.0) is no PaymentProvider: "
        "status(reference) is missing. See aftercare/connectors/ports.py"
    )
    assert "Traceback" not in said


Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package into this process's path: its name, its code, and entry points by group."""
    modules: list[str] = []

    def put(package: str, code: str, **entries: str) -> None:
        groups = {PORTS[variable].group: dict([entry.split("=", 1)]) for variable, entry in entries.items()}
        monkeypatch.syspath_prepend(str(install(tmp_path / package, package, code, groups)))
        modules.append(package)
        importlib.invalidate_caches()

    yield put
    for module in modules:
        sys.modules.pop(module, None)


# what is changed in the package, what its entry point names, and what is said
WRONG = {
    "import": ("import json", "import nothing_such", "OurBank", "cannot be loaded: .*: No module named 'nothing_such'"),
    "error": ("import json", "1 / 0", "OurBank", r"cannot be loaded: ZeroDivisionError at .*our_connectors\.py:2"),
    "syntax": ("import json", "def (", "OurBank", r"cannot be loaded: SyntaxError at .*our_connectors\.py:2"),
    "attribute": ("", "", "TheirBank", "cannot be loaded: AttributeError: .*TheirBank"),
    "module": ("", "", "", "cannot be called: name a class"),
    "setting": ('["OURBANK_FILE"]', '["OURBANK_KEY"]', "OurBank", r"cannot be made: KeyError at .*connectors\.py:\d+$"),
    "name": ('name = "ourbank"', "", "OurBank", "no PaymentProvider: `name` must be a text"),
    "arguments": (
        "(self, order)",
        "(self, order, to)",
        "OurBank",
        r"refund\(order\) takes other .*: refund\(order, to\)",
    ),
    "async": ("def refund(", "async def refund(", "OurBank", r"refund\(order\) must not be async"),
    "optional": ('"ourbank"', '"ourbank"; can_checkout = True', "OurBank", r"checkout\(order\) is missing; paid_ch"),
    "nothing": ("class OurBank:", "def OurBank(settings): ...\n\nclass B:", "OurBank", r"refund\(order\) is missing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_connector_is_said(
    installed: Install,
    desk_settings: Callable[..., Settings],
    tmp_path: Path,
    case: str,
) -> None:
    before, after, at, says = WRONG[case]
    code = OUR_CONNECTORS.strip().replace(before, after) if before else OUR_CONNECTORS
    installed("our_connectors", "\n" + code, PAYMENT_PROVIDER=f"ourbank=our_connectors{':' * bool(at)}{at}")
    with pytest.raises(ConnectorError, match=rf"^PAYMENT_PROVIDER: ourbank \(our_connectors.*{says}"):
        payment_provider(desk_settings(PAYMENT_PROVIDER="ourbank", OURBANK_FILE=tmp_path / "bank.txt"))


def test_the_words_of_a_connector_that_refuses_the_settings_are_kept(
    installed: Install, desk_settings: Callable[..., Settings]
) -> None:
    code = """
    from aftercare.connectors.ports import ConnectorError

    def issuer(settings):
        raise ConnectorError("OURISSUER_KEY is empty; ask the issuer for one")
    """
    installed("our_issuer", code, ESIM_PROVIDER="ourissuer=our_issuer:issuer")
    with pytest.raises(ConnectorError, match=r"ESIM_PROVIDER: ourissuer .*: OURISSUER_KEY is empty; ask"):
        esim_provider(desk_settings(ESIM_PROVIDER="ourissuer"))


def test_a_mailer_has_to_be_async(installed: Install, desk_settings: Callable[..., Settings]) -> None:
    code = """
    class OurMail:
        def __init__(self, settings): ...
        def send(self, mail): ...
    """
    installed("our_mail", code, MAILER="ourmail=our_mail:OurMail")
    with pytest.raises(ConnectorError, match=r"MAILER: ourmail .*send\(mail\) must be async"):
        configured_mailer(desk_settings(MAILER="ourmail", MAIL_FROM="help@shop.example.com"))


def test_two_packages_with_a_connector_of_one_name_are_told(
    installed: Install, desk_settings: Callable[..., Settings]
) -> None:
    for package in ("our_connectors", "their_connectors"):
        installed(package, OUR_CONNECTORS, PAYMENT_PROVIDER=f"ourbank={package}:OurBank")
    with pytest.raises(ConnectorError, match=r"several packages .*: our-connectors 1\.0, their-connectors 1\.0; keep"):
        payment_provider(desk_settings(PAYMENT_PROVIDER="ourbank"))


@pytest.mark.parametrize(
    ("variable", "name", "make"),
    [("PAYMENT_PROVIDER", "stripe", payment_provider), ("ESIM_PROVIDER", "esimaccess", esim_provider)],
)
def test_a_connector_with_the_name_of_one_that_is_built_in_is_told(
    installed: Install, desk_settings: Callable[..., Settings], variable: str, name: str, make: Callable[..., Any]
) -> None:
    installed("our_connectors", OUR_CONNECTORS, **{variable: f"{name}=our_connectors:OurBank"})
    with pytest.raises(ConnectorError, match=rf"{variable}: {name} is built in, and our-connectors 1\.0 has one"):
        make(desk_settings(**{variable: name}))


def test_a_name_that_nobody_has_lists_those_there_are(
    installed: Install, desk_settings: Callable[..., Settings]
) -> None:
    installed("our_connectors", OUR_CONNECTORS, PAYMENT_PROVIDER="ourbank=our_connectors:OurBank")
    with pytest.raises(ConnectorError, match=r"PAYMENT_PROVIDER: there is no bank; there are: manual, ourbank, stripe"):
        payment_provider(desk_settings(PAYMENT_PROVIDER="bank"))
    with pytest.raises(ConnectorError, match=r"ORDERS_SQL: there is no file .*shop\.yml, and no connector of"):
        order_source(desk_settings(ORDERS_SQL="shop.yml"))
