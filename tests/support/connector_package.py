"""A package of somebody else's that brings connectors: built into a wheel and installed into a folder, as pip does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

# an order source that reads a file, and a bank that writes what it pays to one; both find their own settings in the
# environment, where `.env` is as well
OUR_CONNECTORS = """
import json
import os
from datetime import datetime
from pathlib import Path

from aftercare.connectors.order_rows import orders_of
from aftercare.connectors.ports import NotGenuine, RefundState


class OurShop:
    name = "ourshop"

    def __init__(self, settings):
        self._file = Path(os.environ["OURSHOP_FILE"])

    def _read(self, wanted):
        rows = json.loads(self._file.read_text())
        return orders_of((f"order {row['number']}", row) for row in rows if wanted(row))

    def changed_since(self, moment):
        return self._read(lambda row: moment is None or datetime.fromisoformat(row["updated_at"]) >= moment)

    def by_number(self, number):
        return self._read(lambda row: row["number"] == number)

    def by_email(self, email):
        return self._read(lambda row: row["email"] == email)

    def close(self):
        pass


class OurBank:
    name = "ourbank"

    def __init__(self, settings):
        self._file = Path(os.environ["OURBANK_FILE"])

    def refund(self, order):
        with self._file.open("a") as paid:
            paid.write(json.dumps([order.key, order.payment, order.amount_minor, order.currency]) + "\\n")
        return RefundState("transfer-1", "sent", key=order.key)

    def status(self, reference):
        return RefundState(reference, "sent")

    def webhook(self, body, headers):
        if headers.get("X-Bank") != "genuine":
            raise NotGenuine
        news = json.loads(body)
        return RefundState(news["reference"], "paid", key=news["key"])
"""


def install(folder: Path, package: str, code: str, entries: Mapping[str, Mapping[str, str]]) -> Path:
    """Build `package` with a module of the same name and these entry points by group; the folder it is installed in."""
    project = folder / f"{package}-project"
    project.mkdir(parents=True)
    (project / f"{package}.py").write_text(dedent(code))
    lines = ["[build-system]", 'requires = ["setuptools"]', 'build-backend = "setuptools.build_meta"', "[project]"]
    lines += [
        f'name = "{package.replace("_", "-")}"',
        'version = "1.0"',
        "[tool.setuptools]",
        f"py-modules = ['{package}']",
    ]
    for group, points in entries.items():
        lines += [f'[project.entry-points."{group}"]', *(f"{name} = {json.dumps(at)}" for name, at in points.items())]
    (project / "pyproject.toml").write_text("\n".join(lines))
    build = "import setuptools.build_meta as backend; print(backend.build_wheel('.'))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=project, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    target = folder / "installed"
    for wheel in project.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(target)
    return target
