"""bench/load.py in small: travellers on bad networks while desk and rasa are killed, with nothing lost or doubled."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from tests.support.running_stack import running_stack

ROOT = Path(__file__).parents[2]


def load_bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_load", ROOT / "bench" / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


def test_every_message_is_answered_once_and_in_order(tmp_path: Path) -> None:
    bench = load_bench()
    with running_stack(tmp_path, **bench.LIMITS) as stack:
        result = asyncio.run(bench.load(stack, clients=8, messages=10, seed=1, seconds=300))
    assert result["faults"] == 0, result["first faults"]
    assert result["messages sent"] == 80
    assert result["answers seen"] >= 80
    assert result["duplicated posts"] > 0
    assert result["posts repeated"] > 0
