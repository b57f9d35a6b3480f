"""The list of licences is what is installed, and holds none that nobody has looked at."""

from __future__ import annotations

import importlib.util

import pytest

from aftercare.base.settings import ROOT

_spec = importlib.util.spec_from_file_location("licences", ROOT / "scripts" / "licences.py")
assert _spec is not None
assert _spec.loader is not None
licences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(licences)


def test_every_licence_is_of_a_known_family() -> None:
    assert licences.by_family().get("other", []) == []


def test_the_page_lists_what_is_installed() -> None:
    listed = set(licences.PAGE.read_text(encoding="utf-8").splitlines())
    missing = [row for row in licences.table().splitlines() if row not in listed]
    assert not missing, "run: .venv/bin/python scripts/licences.py --write"


@pytest.mark.parametrize(
    ("licence", "family"),
    [
        ("MIT License; Public Domain", "MIT"),
        ("BSD-3-Clause AND TCL", "BSD"),
        ("Apache-2.0 AND MIT", "Apache 2.0"),
        ("MPL-2.0 AND MIT", "MPL 2.0"),
        ("GNU Library or Lesser General Public License (LGPL)", "LGPL"),
        ("GNU General Public License v3 (GPLv3)", "other"),
        ("", "other"),
    ],
)
def test_the_strictest_licence_counts(licence: str, family: str) -> None:
    assert licences.family_of(licence) == family
