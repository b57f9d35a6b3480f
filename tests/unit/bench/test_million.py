"""The desk after a year, made small: what goes as another conversation went is about its own order."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from aftercare.base.database import open_engine
from aftercare.base.settings import ROOT
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.seed import seed
from aftercare.run.migrations.schema import migrate


def test_conversations_after_the_drawn_ones_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    from million import filling, sample

    monkeypatch.setattr(sample, "DRAWN", 20)
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("desk", "orders")]
    desk, orders = (open_engine(url) for url in urls)
    migrate(desk)
    migrate_orders(urls[1])
    seed(urls[1], demo=False)
    with desk.connect() as connection:
        indexes = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'index'").scalar_one()
    assert "in 120 conversations" in filling.fill(desk, orders, 120, 1800)
    with desk.connect() as connection:
        count = "SELECT count(*) FROM "
        assert connection.exec_driver_sql(count + "conversation").scalar_one() == 120
        assert connection.exec_driver_sql(count + "sqlite_master WHERE type = 'index'").scalar_one() == indexes
        assert connection.exec_driver_sql(count + "event WHERE at > '2026-11-01 02:00:00'").scalar_one() == 0
        named = connection.execute(
            sa.text("SELECT conversation_id, text, turn FROM event WHERE text LIKE 'NZ3%' ORDER BY conversation_id")
        ).all()
        assert len(named) > 60
        for conversation, text, turn in named:
            number = f"NZ{30_000_000 + int(conversation, 16)}"
            assert text == f"{number}, traveller{number}@example.com"
            assert number in turn
            found = sa.text(
                "SELECT 1 FROM posting JOIN term ON term.id = term_id"
                " WHERE kind = 'word' AND value = :word AND number = :n"
            )
            assert connection.execute(found, {"word": number.lower(), "n": int(conversation, 16)}).scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    with orders.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
