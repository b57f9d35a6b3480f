"""The hook adapts Rasa wherever it is imported, and leaves every other program alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from rasa_compat import hook


def run(code: str) -> str:
    """What a new Python of this environment prints for `code`."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_program_without_rasa_gets_the_hook_and_nothing_else() -> None:
    loaded = run("import sys, json; print(*(name for name in sys.modules if name.startswith('rasa')))")
    assert loaded.split() == ["rasa_compat", "rasa_compat.hook"]


def test_the_hook_imports_nothing_of_its_own() -> None:
    code = "import sys; before = set(sys.modules); import rasa_compat.hook; print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) <= {"__future__", "rasa_compat", "rasa_compat.hook"}


def test_other_programs_find_the_libraries_as_they_are() -> None:
    code = """
import rasa.shared.utils.validation, rasa.core.tracker_store, rasa.engine.training.fingerprinting
import importlib.util, numpy, packaging.version
absent = ("pkg_resources", "boto3", "pymongo", "botocore", "dask", "structlog_sentry", "sentry_sdk")
print([name for name in absent if importlib.util.find_spec(name)])
print(hasattr(numpy, "VisibleDeprecationWarning"), hasattr(packaging.version, "LegacyVersion"))
"""
    assert run(code).splitlines()[-2:] == ["[]", "False False"]


def test_it_is_registered_once() -> None:
    hook.install()
    hook.install()
    assert sum(isinstance(finder, hook.Hook) for finder in sys.meta_path) == 1


def test_another_version_of_rasa_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: "3.7.0")
    with pytest.raises(ImportError, match=r"rasa 3\.7\.0 is installed, but rasa_compat adapts rasa 3\.6\.21"):
        hook.Hook().find_spec("rasa")


def test_what_is_not_adapted_is_left_to_python() -> None:
    assert hook.Hook().find_spec("numpy") is None
    assert hook.Hook().find_spec("rasa.version") is None
    assert hook.Hook().find_spec("rasa_compat.hook") is None


def test_an_adapted_module_is_found_with_its_own_source() -> None:
    import rasa.engine.runner.dask as adapted

    assert adapted.__file__ is not None
    assert adapted.__file__.endswith("rasa/engine/runner/dask.py")
    assert adapted.__spec__ is not None
    assert "class DaskGraphRunner" in adapted.__spec__.loader.get_source(adapted.__name__)  # type: ignore[union-attr]
