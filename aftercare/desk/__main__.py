"""`python -m aftercare.desk` serves the desk on DESK_HOST and DESK_PORT."""

import sys

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from aftercare.desk.app import run
from aftercare.settings import SettingsError, settings


def main() -> None:
    """Serve; what the operator can put right is said in one line."""
    try:
        run(settings())
    except SettingsError as error:
        sys.exit(str(error))
    except SQLAlchemyError as error:
        database = make_url(settings().desk_database_url).render_as_string(hide_password=True)
        sys.exit(f"The desk cannot use its database {database} (DESK_DATABASE_URL): {type(error).__name__}")
    except OSError as error:
        sys.exit(f"The desk cannot listen on {settings().bind_host}:{settings().desk_port}: {error.strerror}")


if __name__ == "__main__":
    main()
