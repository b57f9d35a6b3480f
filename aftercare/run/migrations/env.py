"""Runs the desk's migrations on the connection that `aftercare.run.migrations.schema` opened."""

from __future__ import annotations

from alembic import context

from aftercare.conversations.tables import metadata
from aftercare.staff.access import tables as _people  # noqa: F401

# imported so that their tables are in the metadata
from aftercare.staff.analytics import tables as _analytics  # noqa: F401
from aftercare.staff.inbox import tables as _inbox  # noqa: F401
from aftercare.staff.teaching import tables as _teaching  # noqa: F401
from aftercare.telegram import tables as _telegram  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
