"""Invoices: what they add up to, and that they are readable PDFs in every language."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.documents.invoice import Invoice, InvoiceLine, invoice_of, invoice_pdf
from aftercare.documents.locales import LOCALES, Locale
from aftercare.orders import tables
from tests.support.requirements import missing

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 23 November in Auckland
BOUGHT = NOW - timedelta(days=3)
ZONE = ZoneInfo("Pacific/Auckland")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path}/orders.db")
    tables.metadata.create_all(engine)
    with Session(engine, future=True) as session:
        yield session
    engine.dispose()


def add_order(session: Session, status: str = "delivered") -> tables.Purchase:
    session.add_all(
        [
            tables.Provider(id="kiwi", name_en="KiwiRoam", name_zh="奇异漫游", email="help@kiwi.example.com"),
            tables.Customer(id=1, email="li@example.com", name="李雷", language="zh"),
        ]
    )
    session.flush()
    session.add(
        tables.Plan(
            id="nz-5", provider_id="kiwi", name_en="New Zealand 5 GB", name_zh="新西兰 5 GB", kind="nz_travel",
            data_mb=5120, days=15, price_minor=3900, currency="NZD", starts_at="first_use", hotspot=True,
            calls_sms=False, top_up=True,
        )
    )  # fmt: skip
    session.flush()
    purchase = tables.Purchase(
        number="NZ10000002", customer_id=1, plan_id="nz-5", status=status, amount_minor=2900, currency="NZD",
        bought_at=BOUGHT, delivery_due_at=BOUGHT,
    )  # fmt: skip
    session.add(purchase)
    session.flush()
    return purchase


def add_refund(session: Session, purchase: tables.Purchase, state: str, kind: str = "refund") -> None:
    session.add(
        tables.RefundRequest(
            purchase_id=purchase.id, kind=kind, state=state, amount_minor=2900, currency="NZD", decision="approve",
            reasons=[], requested_at=NOW - timedelta(days=1), target_plan_id="nz-5" if kind == "exchange" else None,
        )
    )  # fmt: skip
    session.flush()


def test_the_price_is_what_was_paid_and_top_ups_are_lines(session: Session) -> None:
    purchase = add_order(session)
    session.add(
        tables.TopUp(purchase_id=purchase.id, data_mb=1024, days=1, amount_minor=900, currency="NZD", bought_at=NOW)
    )
    session.add(
        tables.TopUp(purchase_id=purchase.id, data_mb=0, days=3, amount_minor=500, currency="AUD", bought_at=NOW)
    )
    session.flush()
    invoice = invoice_of(session, "NZ10000002", NOW)
    assert invoice is not None
    assert [(line.text_en, line.text_zh, line.amount_minor) for line in invoice.lines] == [
        ("New Zealand 5 GB", "新西兰 5 GB", 2900),
        ("Top-up: 1 GB of data, 1 day", "加油包：1 GB 流量、1 天", 900),
        ("Top-up: 3 days", "加油包：3 天", 500),
    ]
    assert invoice.totals == {"NZD": 3800, "AUD": 500}
    assert (invoice.buyer, invoice.buyer_email) == ("李雷", "li@example.com")


@pytest.mark.parametrize(("state", "total"), [("paid", 0), ("approved", 2900), ("requested", 2900), ("declined", 2900)])
def test_only_money_that_went_back_is_taken_off(session: Session, state: str, total: int) -> None:
    add_refund(session, add_order(session, "refunded" if state == "paid" else "delivered"), state)
    invoice = invoice_of(session, "NZ10000002", NOW)
    assert invoice is not None
    assert invoice.totals == {"NZD": total}


def test_an_exchange_is_no_refund(session: Session) -> None:
    add_refund(session, add_order(session, "exchanged"), "paid", "exchange")
    invoice = invoice_of(session, "NZ10000002", NOW)
    assert invoice is not None
    assert len(invoice.lines) == 1


def test_what_was_never_paid_has_no_invoice(session: Session) -> None:
    add_order(session, "payment_failed")
    assert invoice_of(session, "NZ10000002", NOW) is None
    assert invoice_of(session, "NZ99999999", NOW) is None


def invoice(lines: int = 1, buyer: str = "李雷") -> Invoice:
    line = InvoiceLine(BOUGHT, "New Zealand 5 GB", "新西兰 5 GB", 2900, "NZD")
    return Invoice(
        "NZ10000002", "KiwiRoam", "奇异漫游", "help@kiwi.example.com", buyer, "li@example.com", NOW, (line,) * lines
    )


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("locale", LOCALES)
def test_an_invoice_is_one_page_with_its_font_inside(locale: Locale) -> None:
    pdf = invoice_pdf(invoice(), locale, ZONE)
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert pages(pdf) == 1
    assert b"/FontFile2" in pdf
    assert len(pdf) < 60_000


def test_many_lines_go_on_over_the_page() -> None:
    assert pages(invoice_pdf(invoice(lines=60), "en", ZONE)) >= 2


@pytest.mark.parametrize("buyer", ["", "x" * 80, "あい Ōtara Žižek Ñ", "김철수 👋", "a\nb\tc", "<b>**bold**"])
def test_any_name_can_be_on_an_invoice(buyer: str) -> None:
    assert pages(invoice_pdf(invoice(buyer=buyer), "en", ZONE)) == 1


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["Invoice and receipt", "KiwiRoam", "New Zealand 5 GB", "23 Nov 2026", "20 Nov 2026", "Total paid"]),
        ("zh-Hans", ["账单收据", "奇异漫游", "新西兰 5 GB", "2026年11月23日", "2026年11月20日", "实付合计"]),
        ("zh-Hant", ["帳單收據", "奇異漫遊", "紐西蘭 5 GB", "2026年11月23日", "2026年11月20日", "實付合計"]),
    ],
)
def test_an_invoice_can_be_read_and_searched(locale: Locale, words: list[str], tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        missing("reading PDFs needs poppler-utils")
    (tmp_path / "invoice.pdf").write_bytes(invoice_pdf(invoice(), locale, ZONE))
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "invoice.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    for word in [*words, "NZ10000002", "NZ$29.00", "李雷", "li@example.com"]:
        assert word in text
