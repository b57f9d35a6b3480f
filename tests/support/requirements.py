"""What a test does when something it needs is not installed."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test with the reason; where everything has to run (CI_REQUIRE_ALL=1), fail it."""
    if os.environ.get("CI_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)
