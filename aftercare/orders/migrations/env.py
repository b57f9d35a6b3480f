"""What Alembic runs: on the connection `migrate` hands over, or for developers on the configured order database."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from aftercare.base.database import UtcDateTime, open_engine
from aftercare.base.settings import settings
from aftercare.orders.tables import metadata


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations outlive our own types: they name the plain ones."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def _run(connection: sa.engine.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=True,
        render_item=_render,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with open_engine(settings().orders_database_url).begin() as own:
        _run(own)
