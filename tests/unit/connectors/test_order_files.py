"""Orders from CSV files and shop databases; every fault is named with its place."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.connectors.order_csv import read_csv
from aftercare.connectors.order_pull import pull, take_all
from aftercare.connectors.order_rows import to_minor
from aftercare.connectors.order_sql import SqlMapping, SqlOrders, SqlSourceError, read_mapping
from aftercare.orders.tables import Purchase
from tests.support.order_rows import add_plan
from tests.support.shop_database import ICCIDS, MAPPING, make_shop

HEADER = "number,email,currency,bought_at,status,plan,amount,iccid\n"
GOOD = f"SHOP-4711,ana@example.com,NZD,2026-11-20T09:30:00+13:00,delivered,kiwi-nz-5,22.90,{ICCIDS[0]}\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("plans")
def test_a_dry_run_changes_nothing_and_the_import_does(session: Session, tmp_path: Path) -> None:
    second = GOOD.replace("kiwi-nz-5", "kiwi-au-3").replace(ICCIDS[0], ICCIDS[1])
    orders, faults = read_csv(written(tmp_path, "\ufeff" + HEADER + GOOD + second))
    assert faults == []
    engine = session.get_bind()
    for dry_run, rows in ((True, 0), (False, 2)):
        report = take_all(engine, orders, "csv", dry_run=dry_run)
        assert (report.added, report.faults) == (1, [])
        assert session.execute(sa.select(sa.func.count()).select_from(Purchase)).scalar_one() == rows
        session.rollback()


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    lines = [
        GOOD,
        GOOD.replace("SHOP-4711", "4711-X"),
        GOOD.replace("SHOP-4711", "SHOP-4712").replace("22.90", "22,90"),
        GOOD.replace("SHOP-4711", "SHOP-4713").replace("ana@example.com", ""),
        GOOD.replace("SHOP-4711", "SHOP-4714").replace("2026-11-20T09:30:00+13:00", "yesterday"),
        "SHOP-4715,ana@example.com\n",
        GOOD.replace("SHOP-4711", "SHOP-4716"),
        GOOD.replace("SHOP-4711", "SHOP-4716").replace("ana@", "ben@"),
    ]
    orders, faults = read_csv(written(tmp_path, HEADER + "".join(lines)))
    assert [placed.order.number for placed in orders] == ["SHOP-4711"]
    told = [str(fault) for fault in faults]
    assert [line.partition(" ")[0] for line in told] == [f"orders.csv:{n}:" for n in (3, 4, 5, 6, 7, 9)]
    for line, says in zip(
        told,
        ("does not look like SHOP-4711", "values", "email is empty", "bought_at", "values", "email differs"),
        strict=True,
    ):
        assert says in line


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ana@example.com", "ana", "email: write one e-mail address"),
        ("NZD", "nzd", "currency: write a currency's code of ISO 4217, like NZD or CNY"),
        ("2026-11-20T09:30:00+13:00", "20/11/2026", "bought_at: write the time like 2026-11-20T09:30:00+13:00"),
        ("delivered", "done", "status: write 'paid', 'delivered', 'refunded', 'cancelled' or 'payment_failed'"),
        (ICCIDS[0], "8964", "items.0.esim.iccid: write the 18 to 20 digits of the eSIM, which begin with 89"),
    ],
)
def test_a_fault_says_what_to_write(tmp_path: Path, old: str, new: str, says: str) -> None:
    _, (fault,) = read_csv(written(tmp_path, HEADER + GOOD.replace(old, new)))
    assert str(fault) == f"orders.csv:2: {says}"


def test_all_faults_of_a_line_are_told_and_nothing_that_was_sent(tmp_path: Path) -> None:
    line = GOOD.replace("ana@example.com", "ana-of-mount-eden").replace("NZD", "nzd").replace("delivered", "done")
    _, (fault,) = read_csv(written(tmp_path, HEADER + line))
    assert [part.partition(":")[0] for part in fault.problem.split("; ")] == ["email", "currency", "status"]
    assert "eden" not in str(fault)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("number,colour\n", "no such column: colour"),
        ("number,email\n", "columns are missing: currency"),
        ("", "missing"),
    ],
)
def test_a_wrong_header_is_named(tmp_path: Path, text: str, says: str) -> None:
    orders, faults = read_csv(written(tmp_path, text))
    assert orders == []
    assert says in str(faults[0])


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("29.00", "NZD", 2900), (29, "NZD", 2900), ("1200", "JPY", 1200)]
)
def test_amounts_are_read_exactly(amount: object, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(("amount", "currency"), [("29.001", "NZD"), ("free", "NZD"), ("12.5", "JPY"), ("NaN", "NZD")])
def test_what_is_no_amount_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        to_minor(amount, currency)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    make_shop(tmp_path / "shop.db", "kiwi-nz-5", "kiwi-au-3")
    return tmp_path / "shop.db"


@pytest.mark.usefixtures("plans")
def test_a_shop_database_is_pulled_and_then_only_what_changed(session: Session, shop: Path) -> None:
    source = SqlOrders(f"sqlite:///{shop}", SqlMapping.model_validate(MAPPING))
    engine = session.get_bind()
    report = pull(engine, source)
    assert (report.added, report.faults) == (2, [])
    rows = {row.number: row for row in session.scalars(sa.select(Purchase))}
    assert set(rows) == {"SHOP-4711", "SHOP-4711/2", "SHOP-4712"}
    assert rows["SHOP-4711/2"].amount_minor == 3900
    assert rows["SHOP-4712"].status == "cancelled"
    # times of the shop are those of Berlin
    assert abs(rows["SHOP-4711"].bought_at - (datetime.now(UTC) - timedelta(days=1))) < timedelta(minutes=1)
    assert len(source.changed_since(datetime.now(UTC))[0]) == 0
    assert [each.order.number for each in source.by_number("SHOP-4711")[0]] == ["SHOP-4711"]
    assert [each.order.number for each in source.by_email("ana.lopez@example.com")[0]] == ["SHOP-4711"]
    again = pull(engine, source)
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    source.close()


@pytest.mark.usefixtures("plans")
def test_an_order_that_could_not_be_taken_is_tried_again_though_it_has_not_changed(
    session: Session, shop: Path
) -> None:
    with sqlite3.connect(shop) as database:
        database.execute("UPDATE bestellung SET geaendert = '2026-01-01 10:00:00' WHERE nr = 'SHOP-4711'")
        database.execute("UPDATE position SET artikel = 'soon' WHERE bestell_nr = 'SHOP-4711'")
    source = SqlOrders(f"sqlite:///{shop}", SqlMapping.model_validate(MAPPING))
    engine = session.get_bind()
    report = pull(engine, source, "missing")
    assert (report.added, [str(fault).partition(":")[0] for fault in report.faults]) == (1, ["order SHOP-4711"])
    add_plan(session, "soon")
    session.commit()
    assert pull(engine, source).added == 0  # it has not changed since
    again = pull(engine, source, "missing")
    assert (again.added, again.same, again.faults) == (1, 1, [])
    source.close()


def test_the_shop_database_is_only_read(shop: Path) -> None:
    source = SqlOrders(f"sqlite:///{shop}", SqlMapping.model_validate(MAPPING))
    with source._engine.connect() as connection, pytest.raises(sa.exc.OperationalError, match="readonly"):
        connection.execute(sa.text("DELETE FROM bestellung"))
    source.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"table": "orders"}, "there is no table orders; there are: bestellung, position"),
        ({"columns": {**MAPPING["columns"], "email": "mail"}}, "mail: no such column; bestellung has nr, kunde_mail"),  # type: ignore[dict-item]
        ({"columns": {**MAPPING["columns"], "plan": "ware.artikel"}}, "ware is neither"),  # type: ignore[dict-item]
    ],
)
def test_a_mapping_that_does_not_fit_says_what_there_is(shop: Path, change: dict[str, object], says: str) -> None:
    source = SqlOrders(f"sqlite:///{shop}", SqlMapping.model_validate({**MAPPING, **change}))
    with pytest.raises(SqlSourceError, match=says):
        source.changed_since(None)
    source.close()


def test_a_state_without_translation_is_a_fault_of_its_order(shop: Path) -> None:
    values = {"status": {"geliefert": "delivered"}}
    source = SqlOrders(f"sqlite:///{shop}", SqlMapping.model_validate({**MAPPING, "values": values}))
    orders, faults = source.changed_since(None)
    assert [each.order.number for each in orders] == ["SHOP-4711"]
    assert str(faults[0]) == "order SHOP-4712: status: storniert is not among `values` of status"
    source.close()


def test_a_wrong_mapping_file_is_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "shop.yml"
    path.write_text("table: orders\ncolumns:\n  number: nr\n  colour: c\n")
    with pytest.raises(CatalogueError, match=r"shop\.yml:2: columns: no such field: colour"):
        read_mapping(path)
