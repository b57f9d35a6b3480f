"""The migrations make exactly the schema of tables.py, once, however many processes start together."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import ROOT
from aftercare.orders.migrations import migrate
from aftercare.orders.tables import metadata

VERSIONS = ROOT / "aftercare" / "orders" / "migrations" / "versions"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


def schema(engine: Engine) -> dict[str, Any]:
    """Everything the database knows of our tables, in an order that does not depend on how they were made."""
    inspector = sa.inspect(engine)

    def plain(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(str(sorted((k, str(v)) for k, v in row.items() if k != "dialect_options")) for row in rows)

    return {
        table: {
            "columns": plain(inspector.get_columns(table)),
            "primary key": plain([inspector.get_pk_constraint(table)]),
            "foreign keys": plain(inspector.get_foreign_keys(table)),
            "unique": plain(inspector.get_unique_constraints(table)),
            "checks": plain(inspector.get_check_constraints(table)),
            "indexes": plain(inspector.get_indexes(table)),
        }
        for table in sorted(set(inspector.get_table_names()) - {"alembic_version"})
    }


def partial_indexes(engine: Engine) -> list[str]:
    """Definitions of the indexes with a condition, which the inspector does not show on SQLite."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %' AND schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return sorted(connection.execute(sa.text(query)).scalars())


def test_migrations_make_what_the_tables_say(empty_url: str) -> None:
    migrate(empty_url)
    migrated = open_engine(empty_url)
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    found, conditions = schema(migrated), partial_indexes(migrated)
    with migrated.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert found == schema(migrated)
    assert conditions == partial_indexes(migrated)
    assert len(conditions) == 2
    assert set(found) == set(metadata.tables)
    migrated.dispose()


def test_migrating_again_changes_nothing_and_keeps_rows(empty_url: str) -> None:
    migrate(empty_url)
    engine = open_engine(empty_url)
    before = schema(engine)
    with engine.begin() as connection:
        connection.execute(metadata.tables["customer"].insert().values(email="a@example.com", name="A", language="en"))
    migrate(empty_url)
    assert schema(engine) == before
    with engine.connect() as connection:
        assert connection.execute(sa.select(metadata.tables["customer"].c.email)).scalars().all() == ["a@example.com"]
    engine.dispose()


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    newest = max(path.name[:4] for path in VERSIONS.glob("0*.py"))
    spawn = multiprocessing.get_context("spawn")
    rivals = [spawn.Process(target=migrate, args=(empty_url,), daemon=True) for _ in range(2)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()  # the timeout of the test ends them too
    assert [rival.exitcode for rival in rivals] == [0, 0]
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]
    engine.dispose()
