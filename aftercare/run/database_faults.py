"""Says what an operator can do about a database that cannot be used."""

from __future__ import annotations

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import open_engine
from aftercare.base.settings import settings

_VARIABLES = ("ORDERS_DATABASE_URL", "DESK_DATABASE_URL", "TRACKER_DATABASE_URL")


def explained(error: SQLAlchemyError) -> str:
    """The databases that cannot be read, by address and variable, without passwords and without what was stored."""
    own = settings()
    urls = (own.orders_database_url, own.desk_database_url, own.tracker_database_url)
    faults = [line for variable, url in zip(_VARIABLES, urls, strict=True) if (line := _fault(variable, url))]
    return "\n".join(faults) or f"A database refused what was asked: {type(error).__name__}. Please try again."


def _fault(variable: str, url: str) -> str:
    shown = make_url(url).render_as_string(hide_password=True)
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM sqlite_master" if engine.dialect.name == "sqlite" else "SELECT 1")
            if engine.dialect.name == "sqlite":
                (verdict,) = connection.exec_driver_sql("PRAGMA quick_check(1)").one()
                if verdict != "ok":
                    return _damaged(shown, variable)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", "") or "").strip().splitlines()
        words = reason[0] if reason else type(error).__name__
        if "not a database" in words or "malformed" in words:
            return _damaged(shown, variable)
        return f"The database {shown} ({variable}) cannot be used: {words}"
    except OSError as error:
        return f"The database {shown} ({variable}) cannot be used: {error.strerror}"
    finally:
        engine.dispose()
    return ""


def _damaged(shown: str, variable: str) -> str:
    return (
        f"The database {shown} ({variable}) is damaged. Put the latest backup in its place (docs/operating.md), or "
        "move the file away to begin with an empty one."
    )
