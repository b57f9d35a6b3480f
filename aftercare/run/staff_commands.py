"""What `aftercare staff …` and `aftercare up` do about the staff, beside the running desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.run.migrations.schema import migrate
from aftercare.staff.access.permissions import add_audit_entry
from aftercare.staff.people import accounts
from aftercare.staff.people.accounts import AccountError
from aftercare.staff.ui.texts import LANGUAGES, translate

_ACTOR = "command line"


class StaffError(Exception):
    """A command that cannot be carried out; the message says why."""


@contextmanager
def _database() -> Iterator[Engine]:
    engine = open_engine(settings().desk_database_url, settings().database_timeout)
    try:
        migrate(engine)
        yield engine
    except AccountError as error:
        raise StaffError(translate("en", error.key)) from None
    finally:
        engine.dispose()


def first_admin_link() -> str | None:
    """The address at which the first administrator is made; None when there is one."""
    with _database() as engine:
        return accounts.first_admin_link(engine, settings())


def add(email: str, role: str, language: str) -> str:
    """Add an account; the address of its one-time link.

    Raises:
        StaffError: the address, role or language cannot be used.
    """
    if language not in LANGUAGES:
        raise StaffError(f"The language is one of {', '.join(LANGUAGES)}.")
    with _database() as engine:
        staff_id, secret = accounts.add(engine, email, role, language)
        add_audit_entry(engine, "staff.invited", f"staff:{staff_id}", {"role": role}, actor=_ACTOR)
    return accounts.link_address(settings(), secret)


def reset(email: str) -> str:
    """Remove the authenticator of an account and end its sessions; the address of a link that sets a new password.

    Raises:
        StaffError: there is no such account.
    """
    with _database() as engine:
        account = accounts.by_email(engine, email)
        if account is None:
            raise StaffError(f"There is no active account of {email}.")
        accounts.change(engine, account.id, totp_secret=None, totp_step=None)
        secret = accounts.new_link(engine, account.id)
        add_audit_entry(engine, "staff.reset", f"staff:{account.id}", actor=_ACTOR)
    return accounts.link_address(settings(), secret)


def everybody() -> list[str]:
    """A line for each account."""
    with _database() as engine:
        people = accounts.everybody(engine)
    return [
        f"{person.email}  {person.role}"
        + ("  disabled" if person.disabled_at else "" if person.password_hash else "  invited")
        for person in people
    ]
