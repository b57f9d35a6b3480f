"""Runs the desk's migrations on the connection that `aftercare.desk.schema` opened."""

from __future__ import annotations

from alembic import context

from aftercare.desk.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
