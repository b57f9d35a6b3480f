"""The project is installed from its checkout, in place, and in no other way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT


def test_the_installed_project_is_the_checkout() -> None:
    installed = distribution("esim-aftercare")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    assert origin["dir_info"] == {"editable": True}
    assert Path(origin["url"].removeprefix("file://")) == ROOT
    (command,) = (entry for entry in installed.entry_points if entry.group == "console_scripts")
    assert (command.name, command.value) == ("aftercare", "aftercare.run.cli:main")


def test_the_command_starts() -> None:
    command = Path(sysconfig.get_path("scripts")) / "aftercare"
    shown = subprocess.run([command, "--help"], capture_output=True, text=True, check=True, cwd="/")
    assert "train" in shown.stdout


BUILDS = """
import sys, types
interface = types.ModuleType("hatchling.builders.hooks.plugin.interface")
interface.BuildHookInterface = object
sys.modules[interface.__name__] = interface
import checkout_only
checkout_only.CheckoutOnly().initialize(sys.argv[1], {})
"""


@pytest.mark.parametrize(("version", "message"), [("editable", ""), ("standard", "runs from its checkout")])
def test_only_an_installation_in_place_is_built(version: str, message: str) -> None:
    """hatchling itself is only there while a package is built, so the hook meets a stand-in of its interface."""
    built = subprocess.run(
        [sys.executable, "-c", BUILDS, version],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )
    assert (built.returncode == 0) == (version == "editable")
    assert message in built.stderr
