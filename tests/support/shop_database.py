"""A shop's own database, made long before this project: its own names, numbers and states, two eSIMs in one order."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

BUYER = "Ana.Lopez@Example.com"
ICCIDS = ("8964050087654321094", "8964050012345678905", "8964050055555555551")
MAPPING: dict[str, Any] = {
    "table": "bestellung",
    "joins": [{"table": "position", "on": "bestell_nr", "to": "nr"}],
    "columns": {
        "number": "nr", "email": "kunde_mail", "currency": "waehrung", "bought_at": "angelegt",
        "updated_at": "geaendert", "status": "stand", "plan": "position.artikel", "amount": "position.brutto",
        "iccid": "position.iccid", "activation_code": "position.code",
    },
    "values": {"status": {"bezahlt": "paid", "geliefert": "delivered", "storniert": "cancelled"}},
    "timezone": "Europe/Berlin",
}  # fmt: skip


def make_shop(path: Path, sku: str, other_sku: str) -> None:
    """Order SHOP-4711 of two eSIMs, bought yesterday, and SHOP-4712 of one, cancelled."""
    berlin = ZoneInfo("Europe/Berlin")
    bought = (datetime.now(UTC) - timedelta(days=1)).astimezone(berlin).replace(tzinfo=None, microsecond=0)
    with sqlite3.connect(path) as shop:
        shop.executescript(
            """
            CREATE TABLE bestellung (nr TEXT PRIMARY KEY, kunde_mail TEXT, kunde_name TEXT, waehrung TEXT,
              angelegt TIMESTAMP, geaendert TIMESTAMP, stand TEXT, zahlung TEXT);
            CREATE TABLE position (id INTEGER PRIMARY KEY, bestell_nr TEXT REFERENCES bestellung (nr), artikel TEXT,
              brutto NUMERIC(10, 2), iccid TEXT, code TEXT);
            """
        )
        times = (str(bought), str(bought + timedelta(minutes=2)))
        shop.executemany(
            "INSERT INTO bestellung VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ("SHOP-4711", BUYER, "Ana López", "NZD", *times, "geliefert", "pi_shop4711"),
                ("SHOP-4712", "ben@example.com", "Ben", "NZD", *times, "storniert", None),
            ],
        )
        shop.executemany(
            "INSERT INTO position (bestell_nr, artikel, brutto, iccid, code) VALUES (?, ?, ?, ?, ?)",
            [
                ("SHOP-4711", sku, 22.9, ICCIDS[0], "LPA:1$smdp.example.com$AB-12"),
                ("SHOP-4711", other_sku, 39, ICCIDS[1], "LPA:1$smdp.example.com$AB-13"),
                ("SHOP-4712", sku, 22.9, ICCIDS[2], None),
            ],
        )
    shop.close()


def shop_settings(folder: Path, sku: str, every: float) -> dict[str, Any]:
    """A shop of two orders in a folder, and the settings of a desk that reads it again after so many seconds."""
    make_shop(folder / "shop.db", sku, sku)
    (folder / "shop.yml").write_text(json.dumps(MAPPING))
    return {
        "ORDER_NUMBER_PATTERNS": "SHOP-d{4,6}=SHOP-4711",
        "ORDERS_SQL": folder / "shop.yml",
        "ORDERS_SQL_URL": f"sqlite:///{folder / 'shop.db'}",
        "ORDERS_PULL_EVERY": every,
    }


def place_order(path: Path, number: str, email: str, sku: str) -> None:
    """Somebody has just bought one eSIM, which is paid and not delivered yet."""
    bought = str(datetime.now(ZoneInfo("Europe/Berlin")).replace(tzinfo=None, microsecond=0))
    with sqlite3.connect(path) as shop:
        values = (number, email, "Mia", "NZD", bought, bought, "bezahlt", "pi_new")
        shop.execute("INSERT INTO bestellung VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        shop.execute("INSERT INTO position (bestell_nr, artikel, brutto) VALUES (?, ?, ?)", (number, sku, 22.9))
    shop.close()
