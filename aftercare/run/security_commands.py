"""`aftercare audit verify` and `aftercare keys rotate`."""

from __future__ import annotations

from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.sealing import reseal
from aftercare.run.migrations.schema import migrate as migrate_desk
from aftercare.staff.access.audit_chain import verify


class AuditBroken(Exception):
    """The audit log was changed behind our back; the message names the entry."""


def verify_audit() -> str:
    """What the chain of the audit log says.

    Raises:
        AuditBroken: an entry does not continue the one before it.
    """
    engine = open_engine(settings().desk_database_url, settings().database_timeout)
    migrate_desk(engine)
    found = verify(engine)
    if found.broken_at is not None:
        raise AuditBroken(
            f"The audit log is broken at entry {found.broken_at}: it, or the one before it, was changed or removed."
        )
    return f"{found.entries} entries, unbroken. Keep elsewhere: entry {found.last_number}, {found.last_hash}"


def rotate_keys() -> str:
    """Encrypt all activation codes with the newest key."""
    migrate_orders(settings().orders_database_url)
    with open_engine(settings().orders_database_url, 60).begin() as connection:
        number = reseal(connection)
    return f"{number} activation codes are encrypted with the first of ACTIVATION_CODE_KEYS; older keys can go."
