"""Reads YAML files whose places need no telling: with libyaml, about ten times as fast as PyYAML's own loader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path) -> Any:
    """What the file holds; None when it is empty.

    Raises:
        yaml.YAMLError: it is not valid YAML.
    """
    with path.open(encoding="utf-8") as stream:
        return yaml.load(stream, Loader=yaml.CSafeLoader)
