"""Which of several desks answers a conversation, the notice of what one of them stores, and a row to try writing on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the trigger."""
    op.add_column("conversation", sa.Column("answered_by", sa.String(32)))
    op.add_column("conversation", sa.Column("answered_until", UtcDateTime()))
    op.create_table(
        "readiness",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readiness")),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    # the connections of a desk are called after it, so that it knows its own news; one notice per conversation and
    # transaction, since PostgreSQL drops the same notice within one
    op.execute(
        "CREATE FUNCTION notify_stored() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_notify('aftercare_stored', current_setting('application_name') || ' ' || NEW.conversation_id); "
        "RETURN NULL; END $$"
    )
    op.execute("CREATE TRIGGER event_stored AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION notify_stored()")


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER event_stored ON event")
        op.execute("DROP FUNCTION notify_stored()")
    op.drop_table("readiness")
    op.drop_column("conversation", "answered_until")
    op.drop_column("conversation", "answered_by")
