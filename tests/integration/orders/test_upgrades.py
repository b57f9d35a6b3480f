"""An order database of an earlier release is brought to today's schema with what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.base.migrations import alembic_config
from aftercare.base.sql import exclusive_transaction
from aftercare.orders import ownership, tables
from aftercare.orders.locking import MIGRATING_OR_SEEDING
from aftercare.orders.migrations import migrate
from tests.integration.orders.test_migrations import VERSIONS

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
# One order with its eSIM, a proof of it and a failed one, as the release before guarded proofs kept them.
ROWS = {
    "customer": {"email": "emma@example.com", "name": "Emma", "language": "en"},
    "provider": {"id": "kiwi", "name_en": "KiwiRoam", "name_zh": "奇异漫游", "email": "help@example.com"},
    "plan": {
        **{"id": "nz-5", "provider_id": "kiwi", "name_en": "NZ 5 GB", "name_zh": "新西兰 5 GB", "kind": "nz_travel"},
        **{"data_mb": 5000, "days": 15, "price_minor": 2900, "currency": "NZD", "starts_at": "first_use"},
        **{"hotspot": True, "calls_sms": False, "top_up": True, "on_sale": True},
    },
    "purchase": {
        **{"number": "NZ10000003", "customer_id": 1, "plan_id": "nz-5", "status": "delivered", "amount_minor": 2900},
        **{"currency": "NZD", "bought_at": NOW, "delivery_due_at": NOW},
    },
    "esim": {
        **{"purchase_id": 1, "iccid": "8964010000000000003", "smdp_address": "smdp.example", "matching_id": "KR-4242"},
        **{"profile_state": "released", "carrier_locked": False, "registered": False},
        **{"data_used_mb": 0, "used_today_mb": 0},
    },
    "verification": {
        **{"conversation_id": "web-one", "purchase_id": 1, "how": "email", "verified_at": NOW},
        **{"until": NOW + timedelta(hours=1)},
    },
    "verification_failure": {"conversation_id": "web-two", "order_number": "NZ10000003", "at": NOW},
}


def fill(connection: Connection) -> None:
    known = sa.MetaData()
    known.reflect(connection)
    for name, row in ROWS.items():
        connection.execute(known.tables[name].insert().values(**row))


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/old.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with exclusive_transaction(url, MIGRATING_OR_SEEDING) as connection:
        command.upgrade(alembic_config(VERSIONS.parent, connection), "0003")
        fill(connection)
    migrate(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_a_proof_of_before_holds_but_opens_no_code(upgraded: Engine) -> None:
    with Session(upgraded, future=True) as session:
        assert ownership.verified_order(session, "web-one", NOW) == "NZ10000003"
        assert not ownership.is_fresh(session, "web-one", "NZ10000003", NOW)


def test_failures_of_before_make_nobody_wait(upgraded: Engine) -> None:
    with Session(upgraded, future=True) as session:
        assert session.execute(sa.select(tables.VerificationFailure)).all() == []


def test_the_activation_code_is_kept(upgraded: Engine) -> None:
    with Session(upgraded, future=True) as session:
        assert session.execute(sa.select(tables.Esim.matching_id)).scalars().all() == ["KR-4242"]
