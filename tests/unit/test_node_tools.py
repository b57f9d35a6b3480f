"""Without Node the check of the browser code is skipped with the reason, unless everything is required."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from aftercare.base.settings import ROOT


@pytest.mark.parametrize(("required", "status"), [("", 0), ("1", 3)])
def test_without_node_the_step_says_what_is_missing(tmp_path: Path, required: str, status: int) -> None:
    for name in ("bash", "env", "dirname", "sed"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    somebody = tmp_path / "id"  # root would install Node
    somebody.write_text("#!/usr/bin/env bash\necho 1000\n")
    somebody.chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts" / "lint-browser-code.sh"],
        env={"PATH": str(tmp_path), "CI_REQUIRE_ALL": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "apt-get install nodejs npm" in done.stderr
    assert ("skipped" in done.stdout) == (status == 0)
