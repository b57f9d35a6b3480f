"""`python -m aftercare.desk` serves the desk on DESK_HOST and DESK_PORT."""

import sys

from aftercare.desk.app import run
from aftercare.settings import SettingsError, settings

if __name__ == "__main__":
    try:
        run(settings())
    except SettingsError as error:
        sys.exit(str(error))
