"""Runs the desk's migrations on the connection that `aftercare.desk.schema` opened."""

from __future__ import annotations

from alembic import context

# imported so that their tables are in the metadata
from aftercare.desk.review.analytics import tables as _analytics  # noqa: F401
from aftercare.desk.review.inbox import tables as _inbox  # noqa: F401
from aftercare.desk.review.people import tables as _people  # noqa: F401
from aftercare.desk.review.teaching import tables as _teaching  # noqa: F401
from aftercare.desk.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
